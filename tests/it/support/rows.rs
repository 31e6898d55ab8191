//! Every row that programs outside know, as the database has it, with the rows that are parts of it: what a mirror has to
//! end up with.

use duban::domain::resource::Resource;
use duban::storage::Db;
use entity::{
    amendment, announced_year, appraisal, appraisal_score, ask_override, ask_override_unit,
    assignment, assignment_event, assignment_note, attachment, bulletin, completion, contact,
    cycle, decision, delegation, extension, extension_view, finding, finding_event, former_ask,
    former_day, holiday, indicator, indicator_target, indicator_value, inspection, inspection_file,
    inspection_inspector, inspection_item, inspector, mail, mail_file, membership, notice,
    notice_ask, notice_event, obligation, obligation_item, phase, plan, quality_result, reminder,
    report, report_evidence, report_item, round, round_summary, score_objection, score_rules,
    sending_deadline, task, task_party, term, token, unit, user, wall_link, warning, webhook,
    webhook_delivery,
};
use sea_orm::EntityTrait;
use std::collections::BTreeMap;
use std::fmt::Debug;
use uuid::Uuid;

/// Rows by id, each as text.
pub type Rows = BTreeMap<Uuid, Vec<String>>;

/// Adds rows of an entity to those they belong to.
async fn add<E>(db: &Db, rows: &mut Rows, owner: fn(&E::Model) -> Uuid) -> anyhow::Result<()>
where
    E: EntityTrait,
    E::Model: Debug,
{
    for row in E::find().all(db).await? {
        rows.entry(owner(&row))
            .or_default()
            .push(format!("{row:?}"));
    }
    Ok(())
}

/// All rows of a resource.
pub async fn rows_of(db: &Db, resource: Resource) -> anyhow::Result<Rows> {
    let mut rows = Rows::new();
    let all = &mut rows;
    match resource {
        Resource::Plans => {
            add::<plan::Entity>(db, all, |row| row.id).await?;
            add::<phase::Entity>(db, all, |row| row.plan_id).await?;
            add::<indicator::Entity>(db, all, |row| row.plan_id).await?;
            add::<sending_deadline::Entity>(db, all, |row| row.plan_id).await?;
        }
        Resource::Tasks => {
            add::<task::Entity>(db, all, |row| row.id).await?;
            add::<task_party::Entity>(db, all, |row| row.task_id).await?;
        }
        Resource::Assignments => {
            add::<assignment::Entity>(db, all, |row| row.id).await?;
            add::<assignment_note::Entity>(db, all, |row| row.assignment_id).await?;
            add::<former_day::Entity>(db, all, |row| row.assignment_id).await?;
        }
        Resource::AssignmentEvents => {
            add::<assignment_event::Entity>(db, all, |row| row.id).await?;
        }
        Resource::Amendments => add::<amendment::Entity>(db, all, |row| row.id).await?,
        Resource::Completions => add::<completion::Entity>(db, all, |row| row.id).await?,
        Resource::Extensions => {
            add::<extension::Entity>(db, all, |row| row.id).await?;
            add::<extension_view::Entity>(db, all, |row| row.extension_id).await?;
        }
        Resource::Notices => {
            add::<notice::Entity>(db, all, |row| row.id).await?;
            add::<notice_ask::Entity>(db, all, |row| row.notice_id).await?;
            add::<notice_event::Entity>(db, all, |row| row.notice_id).await?;
        }
        Resource::Units => add::<unit::Entity>(db, all, |row| row.id).await?,
        Resource::Contacts => add::<contact::Entity>(db, all, |row| row.id).await?,
        Resource::Calendars => {
            add::<holiday::Entity>(db, all, |_| Uuid::nil()).await?;
            add::<announced_year::Entity>(db, all, |_| Uuid::nil()).await?;
            add::<term::Entity>(db, all, |_| Uuid::nil()).await?;
        }
        Resource::Cycles => add::<cycle::Entity>(db, all, |row| row.id).await?,
        Resource::Rounds => {
            add::<round::Entity>(db, all, |row| row.id).await?;
            add::<round_summary::Entity>(db, all, |row| row.round_id).await?;
        }
        Resource::Decisions => add::<decision::Entity>(db, all, |row| row.id).await?,
        Resource::Indicators => {
            add::<indicator::Entity>(db, all, |row| row.id).await?;
            add::<indicator_target::Entity>(db, all, |row| row.indicator_id).await?;
        }
        Resource::ScoreRules => add::<score_rules::Entity>(db, all, |row| row.id).await?,
        Resource::Appraisals => {
            add::<appraisal::Entity>(db, all, |row| row.id).await?;
            add::<appraisal_score::Entity>(db, all, |row| row.appraisal_id).await?;
            add::<score_objection::Entity>(db, all, |row| row.appraisal_id).await?;
        }
        Resource::QualityResults => add::<quality_result::Entity>(db, all, |row| row.id).await?,
        Resource::Warnings => add::<warning::Entity>(db, all, |row| row.id).await?,
        Resource::Obligations => {
            add::<obligation::Entity>(db, all, |row| row.id).await?;
            add::<obligation_item::Entity>(db, all, |row| row.obligation_id).await?;
            add::<former_ask::Entity>(db, all, |row| row.obligation_id).await?;
        }
        Resource::Reports => {
            add::<report::Entity>(db, all, |row| row.id).await?;
            add::<report_item::Entity>(db, all, |row| row.report_id).await?;
            add::<indicator_value::Entity>(db, all, |row| row.report_id).await?;
            add::<report_evidence::Entity>(db, all, |row| row.report_id).await?;
        }
        Resource::Bulletins => add::<bulletin::Entity>(db, all, |row| row.id).await?,
        Resource::Reminders => add::<reminder::Entity>(db, all, |row| row.id).await?,
        Resource::Mails => {
            add::<mail::Entity>(db, all, |row| row.id).await?;
            add::<mail_file::Entity>(db, all, |row| row.mail_id).await?;
        }
        Resource::Attachments => add::<attachment::Entity>(db, all, |row| row.id).await?,
        Resource::AskOverrides => {
            add::<ask_override::Entity>(db, all, |row| row.id).await?;
            add::<ask_override_unit::Entity>(db, all, |row| row.override_id).await?;
        }
        Resource::Inspectors => add::<inspector::Entity>(db, all, |row| row.id).await?,
        Resource::Inspections => {
            add::<inspection::Entity>(db, all, |row| row.id).await?;
            add::<inspection_item::Entity>(db, all, |row| row.inspection_id).await?;
            add::<inspection_inspector::Entity>(db, all, |row| row.inspection_id).await?;
            let files = inspection_file::Entity::find().all(db).await?;
            for (owner, file) in files
                .iter()
                .filter_map(|row| Some((row.inspection_id?, row)))
            {
                all.entry(owner).or_default().push(format!("{file:?}"));
            }
        }
        Resource::Findings => {
            add::<finding::Entity>(db, all, |row| row.id).await?;
            add::<finding_event::Entity>(db, all, |row| row.finding_id).await?;
            let files = inspection_file::Entity::find().all(db).await?;
            for (owner, file) in files.iter().filter_map(|row| Some((row.finding_id?, row))) {
                all.entry(owner).or_default().push(format!("{file:?}"));
            }
        }
        Resource::Webhooks => {
            // Whose turn it is, is no change.
            for row in webhook::Entity::find().all(db).await? {
                let row = webhook::Model {
                    next_send_at: None,
                    ..row
                };
                all.entry(row.id).or_default().push(format!("{row:?}"));
            }
        }
        Resource::WebhookDeliveries => {
            // Nor is who is sending.
            for row in webhook_delivery::Entity::find().all(db).await? {
                let row = webhook_delivery::Model {
                    lease_id: None,
                    lease_until_at: None,
                    ..row
                };
                all.entry(row.id).or_default().push(format!("{row:?}"));
            }
        }
        Resource::Users => {
            add::<user::Entity>(db, all, |row| row.id).await?;
            add::<membership::Entity>(db, all, |row| row.user_id).await?;
        }
        Resource::Delegations => add::<delegation::Entity>(db, all, |row| row.id).await?,
        Resource::Tokens => {
            // When a token was last used is no change (design §5.7).
            for row in token::Entity::find().all(db).await? {
                let row = token::Model {
                    last_used_at: None,
                    ..row
                };
                all.entry(row.id).or_default().push(format!("{row:?}"));
            }
        }
        Resource::Walls => add::<wall_link::Entity>(db, all, |row| row.id).await?,
    }
    for parts in rows.values_mut() {
        parts.sort();
    }
    Ok(rows)
}

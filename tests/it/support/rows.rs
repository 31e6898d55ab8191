//! Every row that programs outside know, as the database has it, with the rows that are parts of it: what a mirror has to
//! end up with.

use duban::domain::resource::Resource;
use duban::storage::Db;
use entity::{
    announced_year, assignment, assignment_event, assignment_note, attachment, contact, cycle,
    extension, extension_view, holiday, indicator, indicator_target, indicator_value, mail,
    membership, obligation, obligation_item, phase, plan, reminder, report, report_item, round,
    sending_deadline, task, task_party, term, token, unit, user,
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
        }
        Resource::AssignmentEvents => {
            add::<assignment_event::Entity>(db, all, |row| row.id).await?;
        }
        Resource::Extensions => {
            add::<extension::Entity>(db, all, |row| row.id).await?;
            add::<extension_view::Entity>(db, all, |row| row.extension_id).await?;
        }
        Resource::Units => add::<unit::Entity>(db, all, |row| row.id).await?,
        Resource::Contacts => add::<contact::Entity>(db, all, |row| row.id).await?,
        Resource::Calendars => {
            add::<holiday::Entity>(db, all, |_| Uuid::nil()).await?;
            add::<announced_year::Entity>(db, all, |_| Uuid::nil()).await?;
            add::<term::Entity>(db, all, |_| Uuid::nil()).await?;
        }
        Resource::Cycles => add::<cycle::Entity>(db, all, |row| row.id).await?,
        Resource::Rounds => add::<round::Entity>(db, all, |row| row.id).await?,
        Resource::Indicators => {
            add::<indicator::Entity>(db, all, |row| row.id).await?;
            add::<indicator_target::Entity>(db, all, |row| row.indicator_id).await?;
        }
        Resource::Obligations => {
            add::<obligation::Entity>(db, all, |row| row.id).await?;
            add::<obligation_item::Entity>(db, all, |row| row.obligation_id).await?;
        }
        Resource::Reports => {
            add::<report::Entity>(db, all, |row| row.id).await?;
            add::<report_item::Entity>(db, all, |row| row.report_id).await?;
            add::<indicator_value::Entity>(db, all, |row| row.report_id).await?;
        }
        Resource::Reminders => add::<reminder::Entity>(db, all, |row| row.id).await?,
        Resource::Mails => add::<mail::Entity>(db, all, |row| row.id).await?,
        Resource::Attachments => add::<attachment::Entity>(db, all, |row| row.id).await?,
        Resource::Users => {
            add::<user::Entity>(db, all, |row| row.id).await?;
            add::<membership::Entity>(db, all, |row| row.user_id).await?;
        }
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
    }
    for parts in rows.values_mut() {
        parts.sort();
    }
    Ok(rows)
}

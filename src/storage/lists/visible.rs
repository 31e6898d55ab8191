//! Which of some rows a caller meets now: for the feed of changes, one query a kind of row.

use crate::domain::access::Reach;
use crate::domain::ids::UserId;
use crate::domain::resource::Resource;
use crate::storage::attachments;
use crate::storage::error::StorageError;
use crate::storage::lists::parts::of_reach;
use crate::storage::lists::{
    amendments, ask_overrides, assignment_events, assignments, bulletins, completions, decisions,
    extensions, findings, inspections, mails, notices, obligations, quality_results, reminders,
    reports, tasks, warnings,
};
use entity::{
    amendment, ask_override, assignment, assignment_event, attachment, bulletin, completion,
    contact, decision, delegation, extension, finding, inspection, mail, notice, obligation,
    quality_result, reminder, report, task, token, warning,
};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::HashSet;
use uuid::Uuid;

/// Whose rows a caller meets.
#[derive(Debug, Clone)]
pub enum Eyes {
    /// Everyone's, and what was taken away as well.
    Everyones,
    /// Those of units, and what somebody inspects under this address.
    Units {
        /// Of which units.
        reach: Reach,
        /// The caller's address.
        address: String,
    },
    /// Their own.
    User(UserId),
}

/// Those of `ids`, rows of `resource`, that these eyes see.
///
/// # Errors
/// [`StorageError`].
pub async fn visible(
    db: &impl ConnectionTrait,
    resource: Resource,
    ids: &HashSet<Uuid>,
    eyes: &Eyes,
) -> Result<HashSet<Uuid>, StorageError> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    match eyes {
        Eyes::Everyones => Ok(ids.clone()),
        Eyes::Units { reach, address } => of_units(db, resource, ids, (reach, address)).await,
        Eyes::User(user) => of_user(db, resource, ids, *user).await,
    }
}

async fn among_rows<E>(
    db: &impl ConnectionTrait,
    id: E::Column,
    ids: &HashSet<Uuid>,
    met: Condition,
) -> Result<HashSet<Uuid>, StorageError>
where
    E: EntityTrait,
{
    let rows: Vec<Uuid> = E::find()
        .select_only()
        .column(id)
        .filter(id.is_in(ids.iter().copied()))
        .filter(met)
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

async fn of_units(
    db: &impl ConnectionTrait,
    resource: Resource,
    ids: &HashSet<Uuid>,
    (reach, address): (&Reach, &str),
) -> Result<HashSet<Uuid>, StorageError> {
    macro_rules! among {
        ($table:ident, $met:expr) => {
            among_rows::<$table::Entity>(db, $table::Column::Id, ids, $met).await
        };
    }
    match resource {
        Resource::Tasks => among!(task, tasks::met(reach)),
        Resource::Assignments => among!(assignment, assignments::met(reach)),
        Resource::AssignmentEvents => among!(assignment_event, assignment_events::met(reach)),
        Resource::Amendments => among!(amendment, amendments::met(reach)),
        Resource::Completions => among!(completion, completions::met(reach)),
        Resource::Extensions => among!(extension, extensions::met(reach)),
        Resource::Notices => among!(notice, notices::met(reach)),
        Resource::Bulletins => among!(bulletin, bulletins::met(reach)),
        Resource::Decisions => among!(decision, decisions::met(reach)),
        Resource::Contacts => among!(contact, of_reach(contact::Column::UnitId, reach)),
        Resource::Obligations => among!(obligation, obligations::met(reach)),
        Resource::Reports => among!(report, reports::met(reach)),
        Resource::Reminders => among!(reminder, reminders::met(reach)),
        Resource::Mails => among!(mail, mails::met(reach)),
        Resource::Attachments => among!(attachment, attachments::met(reach, reach)),
        Resource::AskOverrides => among!(ask_override, ask_overrides::met(reach)),
        Resource::Inspections => among!(inspection, inspections::met(reach, address)),
        Resource::Findings => among!(finding, findings::met(reach, address)),
        Resource::QualityResults => among!(quality_result, quality_results::met(reach)),
        Resource::Warnings => among!(warning, warnings::met(reach)),
        // These are of no unit.
        Resource::Plans
        | Resource::ScoreRules
        | Resource::Appraisals
        | Resource::Units
        | Resource::Calendars
        | Resource::Cycles
        | Resource::Rounds
        | Resource::Indicators
        | Resource::Inspectors
        | Resource::Webhooks
        | Resource::WebhookDeliveries
        | Resource::Users
        | Resource::Tokens
        | Resource::Walls
        | Resource::Delegations => Ok(HashSet::new()),
    }
}

async fn of_user(
    db: &impl ConnectionTrait,
    resource: Resource,
    ids: &HashSet<Uuid>,
    user: UserId,
) -> Result<HashSet<Uuid>, StorageError> {
    match resource {
        Resource::Tokens => {
            let met = Condition::all().add(token::Column::UserId.eq(user.0));
            among_rows::<token::Entity>(db, token::Column::Id, ids, met).await
        }
        Resource::Delegations => {
            let met = Condition::all().add(super::delegations::met(user));
            among_rows::<delegation::Entity>(db, delegation::Column::Id, ids, met).await
        }
        Resource::Users => Ok(ids.iter().copied().filter(|id| *id == user.0).collect()),
        Resource::Plans
        | Resource::Tasks
        | Resource::Assignments
        | Resource::AssignmentEvents
        | Resource::Amendments
        | Resource::Completions
        | Resource::Extensions
        | Resource::Notices
        | Resource::Bulletins
        | Resource::Units
        | Resource::Walls
        | Resource::Contacts
        | Resource::Calendars
        | Resource::Cycles
        | Resource::Rounds
        | Resource::Decisions
        | Resource::Indicators
        | Resource::ScoreRules
        | Resource::Appraisals
        | Resource::QualityResults
        | Resource::Warnings
        | Resource::Obligations
        | Resource::Reports
        | Resource::Reminders
        | Resource::Mails
        | Resource::Attachments
        | Resource::AskOverrides
        | Resource::Inspectors
        | Resource::Inspections
        | Resource::Webhooks
        | Resource::WebhookDeliveries
        | Resource::Findings => Ok(HashSet::new()),
    }
}

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
    contact, decision, extension, finding, inspection, mail, notice, obligation, quality_result,
    reminder, report, task, token, warning,
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
    match resource {
        Resource::Tasks => {
            among_rows::<task::Entity>(db, task::Column::Id, ids, tasks::met(reach)).await
        }
        Resource::Assignments => {
            let met = assignments::met(reach);
            among_rows::<assignment::Entity>(db, assignment::Column::Id, ids, met).await
        }
        Resource::AssignmentEvents => {
            let met = assignment_events::met(reach);
            among_rows::<assignment_event::Entity>(db, assignment_event::Column::Id, ids, met).await
        }
        Resource::Amendments => {
            let met = amendments::met(reach);
            among_rows::<amendment::Entity>(db, amendment::Column::Id, ids, met).await
        }
        Resource::Completions => {
            let met = completions::met(reach);
            among_rows::<completion::Entity>(db, completion::Column::Id, ids, met).await
        }
        Resource::Extensions => {
            let met = extensions::met(reach);
            among_rows::<extension::Entity>(db, extension::Column::Id, ids, met).await
        }
        Resource::Notices => {
            among_rows::<notice::Entity>(db, notice::Column::Id, ids, notices::met(reach)).await
        }
        Resource::Bulletins => {
            let met = bulletins::met(reach);
            among_rows::<bulletin::Entity>(db, bulletin::Column::Id, ids, met).await
        }
        Resource::Decisions => {
            let met = decisions::met(reach);
            among_rows::<decision::Entity>(db, decision::Column::Id, ids, met).await
        }
        Resource::Contacts => {
            let met = of_reach(contact::Column::UnitId, reach);
            among_rows::<contact::Entity>(db, contact::Column::Id, ids, met).await
        }
        Resource::Obligations => {
            let met = obligations::met(reach);
            among_rows::<obligation::Entity>(db, obligation::Column::Id, ids, met).await
        }
        Resource::Reports => {
            among_rows::<report::Entity>(db, report::Column::Id, ids, reports::met(reach)).await
        }
        Resource::Reminders => {
            let met = reminders::met(reach);
            among_rows::<reminder::Entity>(db, reminder::Column::Id, ids, met).await
        }
        Resource::Mails => {
            among_rows::<mail::Entity>(db, mail::Column::Id, ids, mails::met(reach)).await
        }
        Resource::Attachments => {
            let met = attachments::met(reach, reach);
            among_rows::<attachment::Entity>(db, attachment::Column::Id, ids, met).await
        }
        Resource::AskOverrides => {
            let met = ask_overrides::met(reach);
            among_rows::<ask_override::Entity>(db, ask_override::Column::Id, ids, met).await
        }
        Resource::Inspections => {
            let met = inspections::met(reach, address);
            among_rows::<inspection::Entity>(db, inspection::Column::Id, ids, met).await
        }
        Resource::Findings => {
            let met = findings::met(reach, address);
            among_rows::<finding::Entity>(db, finding::Column::Id, ids, met).await
        }
        Resource::QualityResults => {
            let met = quality_results::met(reach);
            among_rows::<quality_result::Entity>(db, quality_result::Column::Id, ids, met).await
        }
        Resource::Warnings => {
            among_rows::<warning::Entity>(db, warning::Column::Id, ids, warnings::met(reach)).await
        }
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
        | Resource::Users
        | Resource::Tokens => Ok(HashSet::new()),
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
        | Resource::Findings => Ok(HashSet::new()),
    }
}

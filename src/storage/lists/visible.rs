//! Which of some rows a caller meets now: for the feed of changes, one query a kind of row.

use crate::domain::access::Reach;
use crate::domain::ids::UserId;
use crate::domain::resource::Resource;
use crate::storage::attachments;
use crate::storage::error::StorageError;
use crate::storage::lists::parts::of_reach;
use crate::storage::lists::{
    assignment_events, assignments, decisions, extensions, mails, obligations, reminders, reports,
    tasks,
};
use entity::{
    assignment, assignment_event, attachment, contact, decision, extension, mail, obligation,
    reminder, report, task, token,
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
    /// Those of units.
    Units(Reach),
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
        Eyes::Units(reach) => of_units(db, resource, ids, reach).await,
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
    reach: &Reach,
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
        Resource::Extensions => {
            let met = extensions::met(reach);
            among_rows::<extension::Entity>(db, extension::Column::Id, ids, met).await
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
        // These are of no unit.
        Resource::Plans
        | Resource::Units
        | Resource::Calendars
        | Resource::Cycles
        | Resource::Rounds
        | Resource::Indicators
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
        | Resource::Extensions
        | Resource::Units
        | Resource::Contacts
        | Resource::Calendars
        | Resource::Cycles
        | Resource::Rounds
        | Resource::Decisions
        | Resource::Indicators
        | Resource::Obligations
        | Resource::Reports
        | Resource::Reminders
        | Resource::Mails
        | Resource::Attachments => Ok(HashSet::new()),
    }
}

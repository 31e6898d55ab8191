//! The list of delegations, those that are over too. Whose a caller meets is told by `whose`.

use super::tokens::Whose;
use crate::domain::delegation::Delegation;
use crate::domain::ids::{DelegationId, UserId};
use crate::storage::delegations::delegation_of;
use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, page};
use chrono::NaiveDate;
use entity::{delegation, user};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Which delegations; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct DelegationFilter {
    /// Given by this user.
    pub user_id: Option<UserId>,
    /// Held by this user.
    pub delegate_id: Option<UserId>,
    /// That hold on this day.
    pub on: Option<NaiveDate>,
}

/// A delegation with the addresses of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationListed {
    /// The delegation.
    pub delegation: Delegation,
    /// Address of the absent user, as given.
    pub user_email: String,
    /// Address of the delegate, as given.
    pub delegate_email: String,
}

/// Those that a user has given or holds.
pub(super) fn met(user: UserId) -> Condition {
    Condition::any()
        .add(delegation::Column::UserId.eq(user.0))
        .add(delegation::Column::DelegateId.eq(user.0))
}

/// A page of delegations, by id.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &DelegationFilter,
    whose: Whose,
    wanted: &PageWanted,
) -> Result<Paged<DelegationListed>, StorageError> {
    use delegation::Column as C;
    let mut select = delegation::Entity::find();
    match whose {
        Whose::Everyones => {}
        Whose::Of(user) => select = select.filter(met(user)),
    }
    if let Some(user) = filter.user_id {
        select = select.filter(C::UserId.eq(user.0));
    }
    if let Some(user) = filter.delegate_id {
        select = select.filter(C::DelegateId.eq(user.0));
    }
    if let Some(day) = filter.on {
        select = select
            .filter(C::EndedAt.is_null())
            .filter(C::FromOn.lte(day))
            .filter(C::UntilOn.gte(day));
    }
    let paged = page(db, select, C::Id, |row| row.id, None, wanted).await?;
    let rows = told(db, paged.rows).await?;
    Ok(Paged {
        rows,
        next: paged.next,
    })
}

/// One delegation as the list shows it.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: DelegationId,
) -> Result<Option<DelegationListed>, StorageError> {
    let row = delegation::Entity::find_by_id(id.0).one(db).await?;
    Ok(told(db, row.into_iter().collect()).await?.pop())
}

async fn told(
    db: &impl ConnectionTrait,
    rows: Vec<delegation::Model>,
) -> Result<Vec<DelegationListed>, StorageError> {
    let ids: BTreeSet<Uuid> = rows
        .iter()
        .flat_map(|row| [row.user_id, row.delegate_id])
        .collect();
    let users = user::Entity::find().filter(user::Column::Id.is_in(ids));
    let emails: HashMap<Uuid, String> = users
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row.email))
        .collect();
    let email = |id: &Uuid| emails.get(id).cloned().unwrap_or_default();
    let listed = rows.into_iter().map(|row| DelegationListed {
        user_email: email(&row.user_id),
        delegate_email: email(&row.delegate_id),
        delegation: delegation_of(row),
    });
    Ok(listed.collect())
}

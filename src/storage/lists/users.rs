//! The list of users, each with all its roles. Only administrators read it, so it is bounded by nobody's reach.

use super::parts::{read_instant, tell_instant, unit_of_code};
use super::text_search::contains;
use super::units::named;
use crate::domain::ids::{UnitId, UserId};
use crate::domain::unit::Unit;
use crate::domain::user_role::UserRole;
use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use crate::storage::users::{StoredUser, memberships, user_of};
use entity::{membership, user};
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Value,
};
use std::collections::HashMap;

/// Which users; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    /// With this role.
    pub role: Option<UserRole>,
    /// With a role for the unit of this code.
    pub unit_code: Option<String>,
    /// Enabled, or disabled.
    pub enabled: Option<bool>,
    /// With this text in the address or the name.
    pub text: Option<String>,
}

/// The orders of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserSort {
    /// By normalised address.
    Address,
    /// By the instant of making.
    CreatedAt,
}

/// A user with its roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserListed {
    /// The user.
    pub user: StoredUser,
    /// Its roles, with the unit of a unit's role.
    pub roles: Vec<(UserRole, Option<Unit>)>,
}

/// A page of users.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &UserFilter,
    sort: UserSort,
    wanted: &PageWanted,
) -> Result<Paged<UserListed>, StorageError> {
    let mut select = user::Entity::find();
    if filter.role.is_some() || filter.unit_code.is_some() {
        let mut holders = membership::Entity::find()
            .select_only()
            .column(membership::Column::UserId);
        if let Some(role) = filter.role {
            holders = holders.filter(membership::Column::Role.eq(role.as_str()));
        }
        if let Some(code) = &filter.unit_code {
            holders = holders.filter(membership::Column::UnitId.in_subquery(unit_of_code(code)));
        }
        select = select.filter(user::Column::Id.in_subquery(holders.into_query()));
    }
    if let Some(enabled) = filter.enabled {
        select = select.filter(user::Column::Enabled.eq(enabled));
    }
    if let Some(text) = &filter.text {
        let anywhere = Condition::any()
            .add(contains(db, Expr::col(user::Column::Address), text))
            .add(contains(db, Expr::col(user::Column::Name), text));
        select = select.filter(anywhere);
    }
    let paged = page(
        db,
        select,
        user::Column::Id,
        |row| row.id,
        Some(key(sort)),
        wanted,
    );
    let paged = paged.await?;
    let rows = told(db, paged.rows.into_iter().map(user_of).collect()).await?;
    Ok(Paged {
        rows,
        next: paged.next,
    })
}

/// One user with its roles.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: UserId,
) -> Result<Option<UserListed>, StorageError> {
    let row = user::Entity::find_by_id(id.0).one(db).await?;
    let row = row.map(user_of).into_iter().collect();
    Ok(told(db, row).await?.pop())
}

async fn told(
    db: &impl ConnectionTrait,
    users: Vec<StoredUser>,
) -> Result<Vec<UserListed>, StorageError> {
    let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
    let held = memberships(db, &ids).await?;
    let units = named(db, held.iter().filter_map(|(_, one)| one.unit_id)).await?;
    let unit = |id: Option<UnitId>| id.and_then(|id| units.get(&id)).cloned();
    let mut roles: HashMap<UserId, Vec<(UserRole, Option<Unit>)>> = HashMap::new();
    for (user, one) in held {
        let of_user = roles.entry(user).or_default();
        of_user.push((one.role, unit(one.unit_id)));
    }
    let listed = users.into_iter().map(|user| UserListed {
        roles: roles.remove(&user.id).unwrap_or_default(),
        user,
    });
    Ok(listed.collect())
}

fn key(sort: UserSort) -> SortKey<user::Model> {
    match sort {
        UserSort::Address => SortKey {
            expr: Expr::col(user::Column::Address),
            read: |text| Some(Value::from(text)),
            tell: |row| row.address.clone(),
        },
        UserSort::CreatedAt => SortKey {
            expr: Expr::col(user::Column::CreatedAt),
            read: read_instant,
            tell: |row| tell_instant(row.created_at),
        },
    }
}

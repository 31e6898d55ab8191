//! Who stands in for whom.

use crate::domain::delegation::Delegation;
use crate::domain::ids::{DelegationId, UserId};
use crate::domain::resource::Resource;
use crate::storage::WriteTx;
use crate::storage::error::StorageError;
use chrono::{DateTime, NaiveDate, Utc};
use entity::delegation;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    QueryFilter, QueryOrder,
};

/// Writes a delegation.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &Delegation) -> Result<(), StorageError> {
    let row = delegation::ActiveModel {
        id: Set(new.id.0),
        user_id: Set(new.user_id.0),
        delegate_id: Set(new.delegate_id.0),
        from_on: Set(new.from_on),
        until_on: Set(new.until_on),
        reason: Set(new.reason.clone()),
        made_at: Set(new.made_at),
        ended_at: Set(new.ended_at),
    };
    row.insert(tx).await?;
    tx.note(Resource::Delegations, new.id.0);
    Ok(())
}

/// A delegation by id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: DelegationId,
) -> Result<Option<Delegation>, StorageError> {
    let row = delegation::Entity::find_by_id(id.0).one(db).await?;
    Ok(row.map(delegation_of))
}

/// Ends a delegation early; whether this call did it.
///
/// # Errors
/// [`StorageError`].
pub async fn end(tx: &WriteTx, id: DelegationId, now: DateTime<Utc>) -> Result<bool, StorageError> {
    let result = delegation::Entity::update_many()
        .col_expr(delegation::Column::EndedAt, Expr::value(now))
        .filter(delegation::Column::Id.eq(id.0))
        .filter(delegation::Column::EndedAt.is_null())
        .exec(tx)
        .await?;
    if result.rows_affected > 0 {
        tx.note(Resource::Delegations, id.0);
    }
    Ok(result.rows_affected > 0)
}

/// Delegations that a user has given or holds, and that hold on a day or later, by their first day.
///
/// # Errors
/// [`StorageError`].
pub async fn to_come_of(
    db: &impl ConnectionTrait,
    user: UserId,
    day: NaiveDate,
) -> Result<Vec<Delegation>, StorageError> {
    use delegation::Column as C;
    let of_user = Condition::any()
        .add(C::UserId.eq(user.0))
        .add(C::DelegateId.eq(user.0));
    let rows = delegation::Entity::find()
        .filter(of_user)
        .filter(C::EndedAt.is_null())
        .filter(C::UntilOn.gte(day))
        .order_by_asc(C::FromOn)
        .order_by_asc(C::Id)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(delegation_of).collect())
}

pub(super) fn delegation_of(row: delegation::Model) -> Delegation {
    Delegation {
        id: DelegationId(row.id),
        user_id: UserId(row.user_id),
        delegate_id: UserId(row.delegate_id),
        from_on: row.from_on,
        until_on: row.until_on,
        reason: row.reason,
        made_at: row.made_at,
        ended_at: row.ended_at,
    }
}

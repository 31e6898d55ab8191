//! Passwords of users, and their sessions.

use crate::domain::ids::{TokenId, UserId};
use crate::domain::resource::Resource;
use crate::domain::token_kind::TokenKind;
use crate::storage::WriteTx;
use crate::storage::error::StorageError;
use crate::storage::users::{StoredToken, token_of};
use chrono::{DateTime, Utc};
use entity::{token, user};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
};

/// What is stored of a user's password.
///
/// # Errors
/// [`StorageError`].
pub async fn password_of(
    db: &impl ConnectionTrait,
    id: UserId,
) -> Result<Option<String>, StorageError> {
    let row = user::Entity::find_by_id(id.0).one(db).await?;
    Ok(row.and_then(|row| row.password))
}

/// Gives a user a password.
///
/// # Errors
/// [`StorageError`].
pub async fn set_password(tx: &WriteTx, id: UserId, stored: &str) -> Result<(), StorageError> {
    replace_password(tx, id, stored).await?;
    tx.note(Resource::Users, id.0);
    Ok(())
}

/// Stores the same password in another form; nobody outside can see that.
///
/// # Errors
/// [`StorageError`].
pub async fn replace_password(tx: &WriteTx, id: UserId, stored: &str) -> Result<(), StorageError> {
    user::Entity::update_many()
        .col_expr(user::Column::Password, Expr::value(stored))
        .filter(user::Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    Ok(())
}

/// Keeps other instances from changing a user until the transaction ends; whether there is one.
///
/// # Errors
/// [`StorageError`].
pub async fn hold_user(tx: &WriteTx, id: UserId) -> Result<bool, StorageError> {
    let row = user::Entity::find_by_id(id.0)
        .lock_exclusive()
        .one(tx)
        .await?;
    Ok(row.is_some())
}

/// Whether there is any user.
///
/// # Errors
/// [`StorageError`].
pub async fn any_user(db: &impl ConnectionTrait) -> Result<bool, StorageError> {
    Ok(user::Entity::find().count(db).await? > 0)
}

fn good_sessions(user_id: UserId, now: DateTime<Utc>) -> Select<token::Entity> {
    token::Entity::find()
        .filter(token::Column::UserId.eq(user_id.0))
        .filter(token::Column::Kind.eq(TokenKind::Session.as_str()))
        .filter(token::Column::RevokedAt.is_null())
        .filter(token::Column::ExpiresAt.gt(now))
}

/// The sessions of a user that are good, the newest first.
///
/// # Errors
/// [`StorageError`].
pub async fn sessions_of(
    db: &impl ConnectionTrait,
    user_id: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<StoredToken>, StorageError> {
    let rows = good_sessions(user_id, now)
        .order_by_desc(token::Column::CreatedAt)
        .order_by_desc(token::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(token_of).collect()
}

/// Ends all sessions of a user but one; how many.
///
/// # Errors
/// [`StorageError`].
pub async fn end_sessions(
    tx: &WriteTx,
    user_id: UserId,
    but: Option<TokenId>,
    now: DateTime<Utc>,
) -> Result<usize, StorageError> {
    let rows = good_sessions(user_id, now).all(tx).await?;
    let ended: Vec<_> = rows
        .into_iter()
        .map(|row| row.id)
        .filter(|id| but.is_none_or(|but| but.0 != *id))
        .collect();
    for id in &ended {
        token::Entity::update_many()
            .col_expr(token::Column::RevokedAt, Expr::value(now))
            .filter(token::Column::Id.eq(*id))
            .filter(token::Column::RevokedAt.is_null())
            .exec(tx)
            .await?;
        tx.note(Resource::Tokens, *id);
    }
    Ok(ended.len())
}

/// Lets a session live longer, as it is used. Nobody waits for it: it stays outside the change counter.
///
/// # Errors
/// [`StorageError`].
pub async fn extend_session(
    tx: &WriteTx,
    id: TokenId,
    until: DateTime<Utc>,
) -> Result<(), StorageError> {
    token::Entity::update_many()
        .col_expr(token::Column::ExpiresAt, Expr::value(until))
        .filter(token::Column::Id.eq(id.0))
        .filter(token::Column::RevokedAt.is_null())
        .filter(token::Column::ExpiresAt.lt(until))
        .exec(tx)
        .await?;
    Ok(())
}

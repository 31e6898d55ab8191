//! Users, their roles, and their tokens: bearer tokens and sessions.

use crate::domain::access::Membership;
use crate::domain::ids::{TokenId, UnitId, UserId};
use crate::domain::locale::Locale;
use crate::domain::resource::Resource;
use crate::domain::token_kind::{SessionStart, TokenKind};
use crate::domain::token_scope::TokenScope;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, code, insert_absent, new_id};
use chrono::{DateTime, Utc};
use entity::{membership, token, user};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

/// A user as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUser {
    /// Its id.
    pub id: UserId,
    /// Address as given.
    pub email: String,
    /// Normalised address.
    pub address: String,
    /// Name.
    pub name: Option<String>,
    /// The language it reads; none for its browser's.
    pub locale: Option<Locale>,
    /// Whether it has a password. The password's own row is read by `storage::accounts` alone.
    pub has_password: bool,
    /// Whether its tokens are good.
    pub enabled: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A token as stored; its text is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// Its id.
    pub id: TokenId,
    /// Its user.
    pub user_id: UserId,
    /// What it is for.
    pub name: String,
    /// What it is held by.
    pub kind: TokenKind,
    /// How it was begun; of sessions alone.
    pub begun_by: Option<SessionStart>,
    /// SHA-256 (hex) of its text.
    pub hash: String,
    /// What it is good for.
    pub scope: TokenScope,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
    /// Last use.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Writes a user unless the address is taken; whether it was written.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredUser) -> Result<bool, StorageError> {
    let row = user::ActiveModel {
        id: Set(new.id.0),
        email: Set(new.email.clone()),
        address: Set(new.address.clone()),
        name: Set(new.name.clone()),
        password: Set(None),
        locale: Set(new.locale.map(|one| one.tag().to_owned())),
        enabled: Set(new.enabled),
        created_at: Set(new.created_at),
    };
    tx.note(Resource::Users, new.id.0);
    insert_absent(tx, row, vec![user::Column::Address]).await
}

/// A user by id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: UserId,
) -> Result<Option<StoredUser>, StorageError> {
    Ok(user::Entity::find_by_id(id.0).one(db).await?.map(user_of))
}

/// A user by normalised address.
///
/// # Errors
/// [`StorageError`].
pub async fn by_address(
    db: &impl ConnectionTrait,
    address: &str,
) -> Result<Option<StoredUser>, StorageError> {
    let row = user::Entity::find()
        .filter(user::Column::Address.eq(address))
        .one(db)
        .await?;
    Ok(row.map(user_of))
}

/// Users with an enabled account who hold a role; their number.
///
/// # Errors
/// [`StorageError`].
pub async fn enabled_with_role(
    db: &impl ConnectionTrait,
    role: &str,
) -> Result<Vec<UserId>, StorageError> {
    let holders: Vec<_> = membership::Entity::find()
        .filter(membership::Column::Role.eq(role))
        .all(db)
        .await?
        .into_iter()
        .map(|row| row.user_id)
        .collect();
    let rows = user::Entity::find()
        .filter(user::Column::Id.is_in(holders))
        .filter(user::Column::Enabled.eq(true))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| UserId(row.id)).collect())
}

/// Keeps other instances from changing who administers until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold_role(tx: &WriteTx, role: &str) -> Result<(), StorageError> {
    membership::Entity::find()
        .filter(membership::Column::Role.eq(role))
        .order_by_asc(membership::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    Ok(())
}

/// Changes a user's name and language, and whether it is enabled.
///
/// # Errors
/// [`StorageError`].
pub async fn update(tx: &WriteTx, changed: &StoredUser) -> Result<(), StorageError> {
    user::Entity::update_many()
        .col_expr(user::Column::Name, Expr::value(changed.name.clone()))
        .col_expr(
            user::Column::Locale,
            Expr::value(changed.locale.map(Locale::tag)),
        )
        .col_expr(user::Column::Enabled, Expr::value(changed.enabled))
        .filter(user::Column::Id.eq(changed.id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Users, changed.id.0);
    Ok(())
}

/// The roles of these users.
///
/// # Errors
/// [`StorageError`].
pub async fn memberships(
    db: &impl ConnectionTrait,
    users: &[UserId],
) -> Result<Vec<(UserId, Membership)>, StorageError> {
    let rows = membership::Entity::find()
        .filter(membership::Column::UserId.is_in(users.iter().map(|id| id.0)))
        .order_by_asc(membership::Column::Id)
        .all(db)
        .await?;
    let memberships = rows.into_iter().map(|row| {
        let membership = Membership {
            role: code("user role", &row.role)?,
            unit_id: row.unit_id.map(UnitId),
        };
        Ok((UserId(row.user_id), membership))
    });
    memberships.collect()
}

/// Gives a user exactly these roles.
///
/// # Errors
/// [`StorageError`].
pub async fn set_memberships(
    tx: &WriteTx,
    user_id: UserId,
    roles: &[Membership],
) -> Result<(), StorageError> {
    membership::Entity::delete_many()
        .filter(membership::Column::UserId.eq(user_id.0))
        .exec(tx)
        .await?;
    let rows = roles.iter().map(|one| membership::ActiveModel {
        id: Set(new_id()),
        user_id: Set(user_id.0),
        role: Set(one.role.as_str().to_owned()),
        unit_id: Set(one.unit_id.map(|id| id.0)),
    });
    super::insert_all(tx, rows.collect()).await?;
    tx.note(Resource::Users, user_id.0);
    Ok(())
}

/// Writes a token.
///
/// # Errors
/// [`StorageError`].
pub async fn insert_token(tx: &WriteTx, new: &StoredToken) -> Result<(), StorageError> {
    let row = token::ActiveModel {
        id: Set(new.id.0),
        user_id: Set(new.user_id.0),
        name: Set(new.name.clone()),
        kind: Set(new.kind.as_str().to_owned()),
        begun_by: Set(new.begun_by.map(|one| one.as_str().to_owned())),
        hash: Set(new.hash.clone()),
        scope: Set(new.scope.as_str().to_owned()),
        created_at: Set(new.created_at),
        expires_at: Set(new.expires_at),
        last_used_at: Set(new.last_used_at),
        revoked_at: Set(new.revoked_at),
    };
    tx.note(Resource::Tokens, new.id.0);
    super::insert_all(tx, vec![row]).await
}

/// A token by the hash of its text.
///
/// # Errors
/// [`StorageError`].
pub async fn token_by_hash(
    db: &impl ConnectionTrait,
    hash: &str,
) -> Result<Option<StoredToken>, StorageError> {
    let row = token::Entity::find()
        .filter(token::Column::Hash.eq(hash))
        .one(db)
        .await?;
    row.map(token_of).transpose()
}

/// A token by id.
///
/// # Errors
/// [`StorageError`].
pub async fn token(
    db: &impl ConnectionTrait,
    id: TokenId,
) -> Result<Option<StoredToken>, StorageError> {
    token::Entity::find_by_id(id.0)
        .one(db)
        .await?
        .map(token_of)
        .transpose()
}

/// Takes a token back; whether this call did it.
///
/// # Errors
/// [`StorageError`].
pub async fn revoke_token(
    tx: &WriteTx,
    id: TokenId,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let result = token::Entity::update_many()
        .col_expr(token::Column::RevokedAt, Expr::value(now))
        .filter(token::Column::Id.eq(id.0))
        .filter(token::Column::RevokedAt.is_null())
        .exec(tx)
        .await?;
    tx.note(Resource::Tokens, id.0);
    Ok(result.rows_affected > 0)
}

/// Writes down when a token was last used. Nobody waits for it: it stays outside the change counter.
///
/// # Errors
/// [`StorageError`].
pub async fn record_use(
    tx: &WriteTx,
    id: TokenId,
    used_at: DateTime<Utc>,
) -> Result<(), StorageError> {
    token::Entity::update_many()
        .col_expr(token::Column::LastUsedAt, Expr::value(used_at))
        .filter(token::Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    Ok(())
}

pub(super) fn user_of(row: user::Model) -> StoredUser {
    StoredUser {
        id: UserId(row.id),
        email: row.email,
        address: row.address,
        name: row.name,
        locale: row.locale.map(|tag| Locale::of_tag(&tag)),
        has_password: row.password.is_some(),
        enabled: row.enabled,
        created_at: row.created_at,
    }
}

pub(super) fn token_of(row: token::Model) -> Result<StoredToken, StorageError> {
    Ok(StoredToken {
        id: TokenId(row.id),
        user_id: UserId(row.user_id),
        name: row.name,
        kind: code("token kind", &row.kind)?,
        begun_by: row
            .begun_by
            .map(|text| code("session start", &text))
            .transpose()?,
        hash: row.hash,
        scope: code("token scope", &row.scope)?,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
        revoked_at: row.revoked_at,
    })
}

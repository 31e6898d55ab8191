//! Links that sign somebody in. Each is used once, whatever comes at the same time.

use crate::domain::ids::{SignInLinkId, UserId};
use crate::domain::sign_in_link::SignInPurpose;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, code};
use chrono::{DateTime, Utc};
use entity::sign_in_link;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait,
    QueryFilter,
};

/// A link as stored; its text is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSignInLink {
    /// Its id.
    pub id: SignInLinkId,
    /// The user.
    pub user_id: Option<UserId>,
    /// Normalised address that it was sent to.
    pub address: Option<String>,
    /// What it is for.
    pub purpose: SignInPurpose,
    /// SHA-256 (hex) of its text.
    pub hash: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Until when it is good.
    pub expires_at: DateTime<Utc>,
    /// When it was used, or replaced.
    pub used_at: Option<DateTime<Utc>>,
}

/// Writes a link.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredSignInLink) -> Result<(), StorageError> {
    let row = sign_in_link::ActiveModel {
        id: Set(new.id.0),
        user_id: Set(new.user_id.map(|id| id.0)),
        address: Set(new.address.clone()),
        purpose: Set(new.purpose.as_str().to_owned()),
        hash: Set(new.hash.clone()),
        made_at: Set(new.made_at),
        expires_at: Set(new.expires_at),
        used_at: Set(new.used_at),
    };
    row.insert(tx).await?;
    Ok(())
}

/// A link by the hash of its text.
///
/// # Errors
/// [`StorageError`].
pub async fn by_hash(
    db: &impl ConnectionTrait,
    hash: &str,
) -> Result<Option<StoredSignInLink>, StorageError> {
    let row = sign_in_link::Entity::find()
        .filter(sign_in_link::Column::Hash.eq(hash))
        .one(db)
        .await?;
    let link = row.map(|row| {
        Ok(StoredSignInLink {
            id: SignInLinkId(row.id),
            user_id: row.user_id.map(UserId),
            address: row.address,
            purpose: code("sign-in purpose", &row.purpose)?,
            hash: row.hash,
            made_at: row.made_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
        })
    });
    link.transpose()
}

/// Uses a link; whether this call did it.
///
/// # Errors
/// [`StorageError`].
pub async fn use_up(
    tx: &WriteTx,
    id: SignInLinkId,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let result = sign_in_link::Entity::update_many()
        .col_expr(sign_in_link::Column::UsedAt, Expr::value(now))
        .filter(sign_in_link::Column::Id.eq(id.0))
        .filter(sign_in_link::Column::UsedAt.is_null())
        .exec(tx)
        .await?;
    Ok(result.rows_affected > 0)
}

/// Makes all unused links of a purpose good for nothing; of one user, or those of nobody.
///
/// # Errors
/// [`StorageError`].
pub async fn withdraw(
    tx: &WriteTx,
    purpose: SignInPurpose,
    user_id: Option<UserId>,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    use sign_in_link::Column as C;
    let of_user = match user_id {
        Some(id) => C::UserId.eq(id.0),
        None => C::UserId.is_null(),
    };
    sign_in_link::Entity::update_many()
        .col_expr(C::UsedAt, Expr::value(now))
        .filter(C::Purpose.eq(purpose.as_str()))
        .filter(of_user)
        .filter(C::UsedAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// How many links were sent to an address since an instant.
///
/// # Errors
/// [`StorageError`].
pub async fn sent_since(
    db: &impl ConnectionTrait,
    address: &str,
    since: DateTime<Utc>,
) -> Result<u64, StorageError> {
    Ok(sign_in_link::Entity::find()
        .filter(sign_in_link::Column::Address.eq(address))
        .filter(sign_in_link::Column::MadeAt.gt(since))
        .count(db)
        .await?)
}

/// Forgets links that ended before an instant: nobody can see them.
///
/// # Errors
/// [`StorageError`].
pub async fn forget_before(tx: &WriteTx, instant: DateTime<Utc>) -> Result<(), StorageError> {
    sign_in_link::Entity::delete_many()
        .filter(sign_in_link::Column::ExpiresAt.lt(instant))
        .exec(tx)
        .await?;
    Ok(())
}

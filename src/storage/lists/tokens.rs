//! The list of tokens, those taken back and run out too. Whose a caller meets is told by `whose`.

use crate::domain::ids::{TokenId, UserId};
use crate::domain::token_kind::TokenKind;
use crate::domain::token_scope::TokenScope;
use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, page};
use crate::storage::users::{StoredToken, token_of};
use entity::{token, user};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Which tokens; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct TokenFilter {
    /// Of this user.
    pub user_id: Option<UserId>,
    /// Of this scope.
    pub scope: Option<TokenScope>,
    /// Of this kind.
    pub kind: Option<TokenKind>,
    /// Taken back, or not.
    pub revoked: Option<bool>,
}

/// Whose tokens are met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Everyone's.
    Everyones,
    /// Those of one user.
    Of(UserId),
}

/// A token with the address of its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenListed {
    /// The token.
    pub token: StoredToken,
    /// Address of its user, as given.
    pub user_email: String,
}

/// A page of tokens, by id.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &TokenFilter,
    whose: Whose,
    wanted: &PageWanted,
) -> Result<Paged<TokenListed>, StorageError> {
    use token::Column as C;
    let mut select = token::Entity::find();
    match whose {
        Whose::Everyones => {}
        Whose::Of(user) => select = select.filter(C::UserId.eq(user.0)),
    }
    if let Some(user) = filter.user_id {
        select = select.filter(C::UserId.eq(user.0));
    }
    if let Some(scope) = filter.scope {
        select = select.filter(C::Scope.eq(scope.as_str()));
    }
    if let Some(kind) = filter.kind {
        select = select.filter(C::Kind.eq(kind.as_str()));
    }
    match filter.revoked {
        Some(true) => select = select.filter(C::RevokedAt.is_not_null()),
        Some(false) => select = select.filter(C::RevokedAt.is_null()),
        None => {}
    }
    let paged = page(db, select, C::Id, |row| row.id, None, wanted).await?;
    let rows = told(db, paged.rows).await?;
    Ok(Paged {
        rows,
        next: paged.next,
    })
}

/// One token as the list shows it.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: TokenId,
) -> Result<Option<TokenListed>, StorageError> {
    let row = token::Entity::find_by_id(id.0).one(db).await?;
    Ok(told(db, row.into_iter().collect()).await?.pop())
}

async fn told(
    db: &impl ConnectionTrait,
    rows: Vec<token::Model>,
) -> Result<Vec<TokenListed>, StorageError> {
    let ids: BTreeSet<Uuid> = rows.iter().map(|row| row.user_id).collect();
    let users = user::Entity::find().filter(user::Column::Id.is_in(ids));
    let emails: HashMap<Uuid, String> = users
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.id, row.email))
        .collect();
    let listed = rows.into_iter().map(|row| {
        Ok(TokenListed {
            user_email: emails.get(&row.user_id).cloned().unwrap_or_default(),
            token: token_of(row)?,
        })
    });
    listed.collect()
}

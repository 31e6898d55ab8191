//! A link that signs somebody in, once.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `sign_in_link`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_link")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// User; none for the first one of all, and for a contact who is no user yet.
    pub user_id: Option<Uuid>,
    /// Normalised address that it was sent to; none where it was sent nowhere.
    #[sea_orm(column_type = "Text")]
    pub address: Option<String>,
    /// setup | invite | sign_in.
    #[sea_orm(column_type = "Text")]
    pub purpose: String,
    /// SHA-256 (hex) of its secret.
    #[sea_orm(column_type = "Text")]
    pub hash: String,
    /// When.
    pub made_at: DateTimeUtc,
    /// Until when it is good.
    pub expires_at: DateTimeUtc,
    /// When it was used, or was replaced by another.
    pub used_at: Option<DateTimeUtc>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

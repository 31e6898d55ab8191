//! The reply to a request that had an Idempotency-Key, kept for a day.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `kept_reply`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "kept_reply")]
pub struct Model {
    /// User.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    /// Key.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub key: String,
    /// SHA-256 (hex) of method, path and body.
    #[sea_orm(column_type = "Text")]
    pub fingerprint: String,
    /// Fence of the request that is at it.
    pub attempt_id: Uuid,
    /// begun | done | lost.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Status of the reply.
    pub status: Option<i32>,
    /// Location of the reply.
    #[sea_orm(column_type = "Text")]
    pub location: Option<String>,
    /// Body of the reply.
    #[sea_orm(column_type = "Text")]
    pub body: Option<String>,
    /// When (business clock).
    pub begun_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

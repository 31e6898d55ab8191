//! A bearer token or a session. Its text is shown once, or lives in a cookie, and is kept nowhere.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `token`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "token")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// User.
    pub user_id: Uuid,
    /// What it is for, as its maker wrote.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// bearer | session.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// password | link; of sessions alone.
    #[sea_orm(column_type = "Text")]
    pub begun_by: Option<String>,
    /// SHA-256 (hex) of its text.
    #[sea_orm(column_type = "Text")]
    pub hash: String,
    /// read | write.
    #[sea_orm(column_type = "Text")]
    pub scope: String,
    /// When.
    pub created_at: DateTimeUtc,
    /// Until when it is good.
    pub expires_at: DateTimeUtc,
    /// Last use, to the hour.
    pub last_used_at: Option<DateTimeUtc>,
    /// When it was taken back.
    pub revoked_at: Option<DateTimeUtc>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

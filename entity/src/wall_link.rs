//! A link to the big screen. The secret of its address is shown once and kept nowhere.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `wall_link`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "wall_link")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Where the screen hangs, as its maker wrote.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// SHA-256 (hex) of its secret.
    #[sea_orm(column_type = "Text")]
    pub hash: String,
    /// Who made it.
    #[sea_orm(column_type = "Text")]
    pub made_by: String,
    /// When.
    pub made_at: DateTimeUtc,
    /// Until when it is good; none for until it is revoked.
    pub expires_at: Option<DateTimeUtc>,
    /// When it was revoked.
    pub revoked_at: Option<DateTimeUtc>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A unit's calendar feed. The secret of its address is shown once and kept nowhere.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `calendar_feed`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_feed")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The unit, which has one feed.
    pub unit_id: Uuid,
    /// SHA-256 (hex) of its secret.
    #[sea_orm(column_type = "Text")]
    pub hash: String,
    /// Who made it.
    #[sea_orm(column_type = "Text")]
    pub made_by: String,
    /// When.
    pub made_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

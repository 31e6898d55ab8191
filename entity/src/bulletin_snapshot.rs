//! A plan as it stood on a day, frozen: what bulletins are made of.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `bulletin_snapshot`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "bulletin_snapshot")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// SHA-256 (hex) of the content.
    #[sea_orm(column_type = "Text")]
    pub sha256: String,
    /// The snapshot as JSON, byte by byte as it was frozen.
    #[sea_orm(column_type = "Text")]
    pub content: String,
    /// When.
    pub frozen_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

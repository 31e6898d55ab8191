//! What a dispatch came to, frozen when its round closed (调度小结).
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `round_summary`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "round_summary")]
pub struct Model {
    /// The round.
    #[sea_orm(primary_key, auto_increment = false)]
    pub round_id: Uuid,
    /// What is told, as the JSON text that was hashed.
    #[sea_orm(column_type = "Text")]
    pub content: String,
    /// SHA-256 of that text (hex).
    #[sea_orm(column_type = "Text")]
    pub sha256: String,
    /// Local day.
    pub made_on: Date,
    /// When.
    pub made_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A due day that was told as missed.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `overdue_event`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "overdue_event")]
pub struct Model {
    /// The request.
    #[sea_orm(primary_key, auto_increment = false)]
    pub obligation_id: Uuid,
    /// Which of its due days.
    #[sea_orm(primary_key, auto_increment = false)]
    pub due_revision: i32,
    /// When it was told (business clock).
    pub told_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A unit named by a task, as written; membership is resolved when the task is issued.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `task_party`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task_party")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Task.
    pub task_id: Uuid,
    /// lead | responsible | cooperating.
    #[sea_orm(column_type = "Text")]
    pub role: String,
    /// Order as written, from 0; lead 0 is the first-named lead.
    pub position: i32,
    /// Name as written.
    #[sea_orm(column_type = "Text")]
    pub name: String,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

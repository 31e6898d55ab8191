//! A phase of a plan (实施步骤).
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `phase`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "phase")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Plan.
    pub plan_id: Uuid,
    /// Order in the plan, from 0.
    pub position: i32,
    /// Name as written.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// First day.
    pub starts_on: Option<Date>,
    /// Last day.
    pub ends_on: Option<Date>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

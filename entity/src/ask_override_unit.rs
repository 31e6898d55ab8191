//! A unit that was asked over its budget, or for the same day.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `ask_override_unit`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ask_override_unit")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The override.
    pub override_id: Uuid,
    /// Unit.
    pub unit_id: Uuid,
    /// Its asks of the month, these included.
    pub asks: i32,
    /// Whether these are more than the budget.
    pub over_budget: bool,
    /// Whether it was to answer on the day of asking.
    pub same_day: bool,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

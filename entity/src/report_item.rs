//! What a report tells of one assignment.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `report_item`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "report_item")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Report.
    pub report_id: Uuid,
    /// Assignment.
    pub assignment_id: Uuid,
    /// Order.
    pub position: i32,
    /// Progress, 0 to 100.
    pub percent: Option<i32>,
    /// What was done.
    #[sea_orm(column_type = "Text")]
    pub done: Option<String>,
    /// Problems.
    #[sea_orm(column_type = "Text")]
    pub problems: Option<String>,
    /// Next steps.
    #[sea_orm(column_type = "Text")]
    pub next_steps: Option<String>,
    /// Local day of the report.
    pub reported_on: Date,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

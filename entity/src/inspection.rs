//! An inspection (检查): a drawn unit in a round.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `inspection`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "inspection")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Round.
    pub round_id: Uuid,
    /// Unit that is inspected.
    pub unit_id: Uuid,
    /// Plan.
    pub plan_id: Uuid,
    /// desk | visit.
    #[sea_orm(column_type = "Text")]
    pub mode: String,
    /// planned | recorded.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// pass | findings; none until recorded.
    #[sea_orm(column_type = "Text")]
    pub result: Option<String>,
    /// What else was written down.
    #[sea_orm(column_type = "Text")]
    pub note: Option<String>,
    /// Local day it was planned.
    pub opened_on: Date,
    /// Day by which its result is to be recorded.
    pub results_due_on: Date,
    /// Who recorded it.
    #[sea_orm(column_type = "Text")]
    pub recorded_by: Option<String>,
    /// Local day.
    pub recorded_on: Option<Date>,
    /// When.
    pub recorded_at: Option<DateTimeUtc>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A lead unit's report that a task as a whole is done, and what the supervision office made of it.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `completion`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "completion")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Task.
    pub task_id: Uuid,
    /// The lead unit that reports.
    pub unit_id: Uuid,
    /// The how-manieth report of the task, from 1.
    pub number: i32,
    /// reported | closed | returned.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// What was done, as a whole.
    #[sea_orm(column_type = "Text")]
    pub summary: String,
    /// Units whose part was open when it was reported or decided.
    pub gaps: Json,
    /// Who reported.
    #[sea_orm(column_type = "Text")]
    pub reported_by: String,
    /// Local day.
    pub reported_on: Date,
    /// When.
    pub reported_at: DateTimeUtc,
    /// Who decided.
    #[sea_orm(column_type = "Text")]
    pub decided_by: Option<String>,
    /// Local day.
    pub decided_on: Option<Date>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// What the decision says.
    #[sea_orm(column_type = "Text")]
    pub decision_note: Option<String>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

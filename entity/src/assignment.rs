//! A task × a unit × a role, frozen when the task is issued.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `assignment`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "assignment")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Task.
    pub task_id: Uuid,
    /// Unit.
    pub unit_id: Uuid,
    /// lead | responsible | cooperating.
    #[sea_orm(column_type = "Text")]
    pub role: String,
    /// Order among the task’s units of that role.
    pub position: i32,
    /// When.
    pub issued_at: DateTimeUtc,
    /// Progress as last reported, 0 to 100.
    pub percent: Option<i32>,
    /// Local day of that report.
    pub reported_on: Option<Date>,
    /// Local day it was acknowledged 签收.
    pub acknowledged_on: Option<Date>,
    /// issued | acknowledged | under_way | reported | forwarded | returned | accepted | closed | paused | withdrawn.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Local day from which it is closed, paused or withdrawn.
    pub ended_on: Option<Date>,
    /// Its own due day, where it is another than its task's.
    pub due_on: Option<Date>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

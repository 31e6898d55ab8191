//! An indicator (指标) of a task, or a plan-level goal (no task).
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `indicator`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "indicator")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Plan.
    pub plan_id: Uuid,
    /// Task; none for a goal of the plan.
    pub task_id: Option<Uuid>,
    /// Order in the plan, from 0.
    pub position: i32,
    /// Clause that states it.
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// Comparator of the first target: >= | <= | =.
    #[sea_orm(column_type = "Text")]
    pub comparator: String,
    /// First target; later ones are in `indicator_target`.
    pub value: f64,
    /// Unit of the value, such as %.
    #[sea_orm(column_type = "Text")]
    pub measured_in: Option<String>,
    /// How often.
    #[sea_orm(column_type = "Text")]
    pub frequency: Option<String>,
    /// What it is called, where a person has named it.
    #[sea_orm(column_type = "Text")]
    pub name: Option<String>,
    /// proposed | confirmed | rejected | retired.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Why it was rejected or retired.
    #[sea_orm(column_type = "Text")]
    pub reason: Option<String>,
    /// Names of the units and unit groups that report it; empty: those that carry out its task.
    pub reporters: Json,
    /// First period in which it is asked, such as 2026-T1.
    #[sea_orm(column_type = "Text")]
    pub starts_in: Option<String>,
    /// document | hand.
    #[sea_orm(column_type = "Text")]
    pub origin: String,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

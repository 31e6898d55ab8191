//! What was changed of a task after it was issued, or of a plan.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `amendment`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "amendment")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Plan.
    pub plan_id: Uuid,
    /// Task; none where it is about the plan as a whole.
    pub task_id: Option<Uuid>,
    /// The amendment of the plan that it is a part of.
    pub revision_id: Option<Uuid>,
    /// What was done: amend | split | withdraw | …
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// What was changed, as it was.
    pub before: Json,
    /// What was changed, as it is now.
    pub after: Json,
    /// Why.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// Who did it.
    #[sea_orm(column_type = "Text")]
    pub amended_by: String,
    /// Local day.
    pub amended_on: Date,
    /// When.
    pub amended_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

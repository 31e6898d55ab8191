//! Something decided in a dispatch that a unit has to follow up (议定事项).
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `decision`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "decision")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The dispatch in which it was decided.
    pub round_id: Uuid,
    /// The how-manieth of that round, from 1.
    pub number: i32,
    /// What was decided.
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// Who follows it up.
    pub unit_id: Uuid,
    /// By when, as decided.
    pub due_on: Date,
    /// The task that it is about.
    pub task_id: Option<Uuid>,
    /// The obligation that it became.
    pub obligation_id: Uuid,
    /// open | closed | withdrawn.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Who wrote it down.
    #[sea_orm(column_type = "Text")]
    pub made_by: String,
    /// Local day.
    pub made_on: Date,
    /// When.
    pub made_at: DateTimeUtc,
    /// Why the unit is asked although it is asked often, or for the same day.
    #[sea_orm(column_type = "Text")]
    pub ask_reason: Option<String>,
    /// Who returned, closed or withdrew it last.
    #[sea_orm(column_type = "Text")]
    pub decided_by: Option<String>,
    /// Local day.
    pub decided_on: Option<Date>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// What was said then.
    #[sea_orm(column_type = "Text")]
    pub note: Option<String>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

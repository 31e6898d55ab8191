//! What a person has decided about an assignment: review, return, close-out, pause and the like.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `assignment_event`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "assignment_event")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Assignment.
    pub assignment_id: Uuid,
    /// forward | accept | return | close | reopen | pause | resume | withdraw.
    #[sea_orm(column_type = "Text")]
    pub event: String,
    /// State before.
    #[sea_orm(column_type = "Text")]
    pub state_before: String,
    /// State after.
    #[sea_orm(column_type = "Text")]
    pub state_after: String,
    /// Why.
    #[sea_orm(column_type = "Text")]
    pub reason: Option<String>,
    /// The new day of what is to be reported again.
    pub due_on: Option<Date>,
    /// The obligation that was opened again.
    pub obligation_id: Option<Uuid>,
    /// The progress to which the assignment was set back; none where the decision left it as it was.
    pub percent: Option<i32>,
    /// Who decided.
    #[sea_orm(column_type = "Text")]
    pub decided_by: String,
    /// Local day.
    pub decided_on: Date,
    /// When.
    pub decided_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

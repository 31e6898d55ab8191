//! One request to one unit (应报事项).
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `obligation`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "obligation")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What asks: round:…, issue:…, due:…, deadline:…, notice:….
    #[sea_orm(column_type = "Text")]
    pub source: String,
    /// Unit asked.
    pub unit_id: Uuid,
    /// acknowledge | complete | send_up | spot_check | dispatch | monitoring | notice.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// Plan.
    pub plan_id: Uuid,
    /// Round it belongs to.
    pub round_id: Option<Uuid>,
    /// Deadline it comes from.
    pub deadline_id: Option<Uuid>,
    /// What is sent up, where the kind does not say it.
    #[sea_orm(column_type = "Text")]
    pub what: Option<String>,
    /// Local day it was asked.
    pub opened_on: Date,
    /// Due day.
    pub due_on: Date,
    /// Due day at first.
    pub first_due_on: Date,
    /// Raised by an extension, a return or a re-plan.
    pub due_revision: i32,
    /// Why it was opened again or moved last: return | extension_granted | extension_refused | resumed | objection_rejected; null for a re-plan.
    #[sea_orm(column_type = "Text")]
    pub moved_by: Option<String>,
    /// What was said to that.
    #[sea_orm(column_type = "Text")]
    pub moved_reason: Option<String>,
    /// Its due day rests on a calendar not announced yet.
    pub provisional: bool,
    /// open | answered | unanswered | withdrawn.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// When.
    pub opened_at: DateTimeUtc,
    /// When it left `open`.
    pub settled_at: Option<DateTimeUtc>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! Asking over a unit's budget, or for the same day, with its reason.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `ask_override`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ask_override")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What was asked, for people.
    #[sea_orm(column_type = "Text")]
    pub what: String,
    /// Whether a person asked; else a round that opened by itself.
    pub by_hand: bool,
    /// Who.
    #[sea_orm(column_type = "Text")]
    pub asked_by: String,
    /// When.
    pub asked_at: DateTimeUtc,
    /// Local day of that.
    pub asked_on: Date,
    /// Why; none where nobody could be asked.
    #[sea_orm(column_type = "Text")]
    pub reason: Option<String>,
    /// Asks that a unit might get in that month.
    pub budget: i32,
    /// Whether an answer was wanted on the day of asking.
    pub same_day: bool,
    /// Plan, where it is one plan's.
    pub plan_id: Option<Uuid>,
    /// Round, where one asked.
    pub round_id: Option<Uuid>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

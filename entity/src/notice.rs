//! A notice to a unit (督办单).
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `notice`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notice")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is about: `due:<unit>:<day>`, `ask:<obligation>:<revision>`, `task:<task>:<unit>`.
    #[sea_orm(column_type = "Text")]
    pub matter: String,
    /// The how-manieth time that this matter comes up, from 1.
    pub episode: i32,
    /// yellow | red.
    #[sea_orm(column_type = "Text")]
    pub rung: String,
    /// ladder | hand.
    #[sea_orm(column_type = "Text")]
    pub origin: String,
    /// drafted | approved | issued | answered | closed | withdrawn.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Unit it goes to.
    pub unit_id: Uuid,
    /// Plan.
    pub plan_id: Uuid,
    /// Task, where it is about one.
    pub task_id: Option<Uuid>,
    /// The request for its answer, once issued.
    pub obligation_id: Option<Uuid>,
    /// The notice before it about the same matter.
    pub earlier_id: Option<Uuid>,
    /// The document as it was issued.
    pub attachment_id: Option<Uuid>,
    /// Year of its number.
    pub year: Option<i32>,
    /// Its place among those of the year.
    pub serial: Option<i32>,
    /// Why it was raised.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// What the unit is to do.
    #[sea_orm(column_type = "Text")]
    pub demand: String,
    /// Workdays from issue to answer.
    pub answer_workdays: i32,
    /// What it states.
    pub facts: Json,
    /// Local day it was raised.
    pub raised_on: Date,
    /// Local day it was issued.
    pub issued_on: Option<Date>,
    /// pending | rejected | upheld; null where the unit has not objected.
    #[sea_orm(column_type = "Text")]
    pub objection: Option<String>,
    /// Local day on which what it is about was found settled.
    pub cleared_on: Option<Date>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

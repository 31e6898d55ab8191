//! A unit’s objection (异议) to its score.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `score_objection`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "score_objection")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Appraisal.
    pub appraisal_id: Uuid,
    /// Unit.
    pub unit_id: Uuid,
    /// The how-manieth of the unit, from 1.
    pub number: i32,
    /// raised | upheld | dismissed.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Why it objects.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// Who objected.
    #[sea_orm(column_type = "Text")]
    pub raised_by: String,
    /// When.
    pub raised_at: DateTimeUtc,
    /// Points given or taken, in millionths.
    pub micros: Option<i64>,
    /// Who decided.
    #[sea_orm(column_type = "Text")]
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// Why.
    #[sea_orm(column_type = "Text")]
    pub decision_note: Option<String>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

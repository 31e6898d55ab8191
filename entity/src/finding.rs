//! A finding (问题) that a unit is to put right.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `finding`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "finding")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What numbers it: its round, or its plan where no round found it.
    pub series: Uuid,
    /// Number in that series, from 1.
    pub number: i32,
    /// Round that found it.
    pub round_id: Option<Uuid>,
    /// Inspection that found it.
    pub inspection_id: Option<Uuid>,
    /// Unit that puts it right.
    pub unit_id: Uuid,
    /// Plan.
    pub plan_id: Uuid,
    /// Assignment it is about.
    pub assignment_id: Option<Uuid>,
    /// What was found.
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// open | reported | returned | closed | withdrawn.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// What asks for the rectification report.
    pub obligation_id: Uuid,
    /// Who raised it.
    #[sea_orm(column_type = "Text")]
    pub raised_by: String,
    /// Local day.
    pub raised_on: Date,
    /// When.
    pub raised_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

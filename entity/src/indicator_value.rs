//! The value of an indicator that a unit has reported for a period; every version stays.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `indicator_value`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "indicator_value")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Report that tells it.
    pub report_id: Uuid,
    /// Indicator.
    pub indicator_id: Uuid,
    /// Unit it is of.
    pub unit_id: Uuid,
    /// Period it is of, such as 2026-T1.
    #[sea_orm(column_type = "Text")]
    pub period_key: String,
    /// Order in the report.
    pub position: i32,
    /// The value in millionths.
    pub micros: i64,
    /// What the unit says of it.
    #[sea_orm(column_type = "Text")]
    pub note: Option<String>,
    /// A later report tells another value.
    pub superseded: bool,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

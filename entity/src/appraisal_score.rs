//! The score of a unit in an appraisal.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `appraisal_score`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "appraisal_score")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Appraisal.
    pub appraisal_id: Uuid,
    /// Unit.
    pub unit_id: Uuid,
    /// Total in millionths.
    pub micros: i64,
    /// Its lines with the rows they rest on.
    pub lines: Json,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A report (填报): every version of an answer stays.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `report`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "report")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Obligation.
    pub obligation_id: Uuid,
    /// From 1.
    pub version: i32,
    /// Who answered, or who recorded the answer.
    #[sea_orm(column_type = "Text")]
    pub reported_by: String,
    /// Text of the answer.
    #[sea_orm(column_type = "Text")]
    pub note: Option<String>,
    /// When.
    pub reported_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

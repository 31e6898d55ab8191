//! A year whose holidays are announced.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `announced_year`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "announced_year")]
pub struct Model {
    /// Year.
    #[sea_orm(primary_key, auto_increment = false)]
    pub year: i32,
    /// File it came from.
    #[sea_orm(column_type = "Text")]
    pub source: String,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A term of a school year for one level.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `term`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "term")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// 2026 = from September 2026.
    pub school_year: i32,
    /// 1 autumn, 2 spring.
    pub number: i32,
    /// School level.
    #[sea_orm(column_type = "Text")]
    pub level: String,
    /// First day.
    pub starts_on: Date,
    /// Last day.
    pub ends_on: Date,
    /// Not announced.
    pub provisional: bool,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A yearly quality result of a school, as imported; every version stays.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `quality_result`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "quality_result")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// School.
    pub unit_id: Uuid,
    /// School level.
    #[sea_orm(column_type = "Text")]
    pub level: String,
    /// Year in which the school year begins.
    pub school_year: i32,
    /// From 1.
    pub version: i32,
    /// score | rank.
    #[sea_orm(column_type = "Text")]
    pub measure: String,
    /// Value in millionths.
    pub micros: i64,
    /// A later version is known.
    pub superseded: bool,
    /// Where it comes from.
    #[sea_orm(column_type = "Text")]
    pub source: String,
    /// Who approved it.
    #[sea_orm(column_type = "Text")]
    pub approved_by: String,
    /// File it was imported from.
    #[sea_orm(column_type = "Text")]
    pub file_name: String,
    /// Who imported it.
    #[sea_orm(column_type = "Text")]
    pub imported_by: String,
    /// When.
    pub imported_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

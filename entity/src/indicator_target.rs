//! A target of an indicator that replaced the one before; every one stays.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `indicator_target`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "indicator_target")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Indicator.
    pub indicator_id: Uuid,
    /// From 1, in the order of setting.
    pub revision: i32,
    /// >= | <= | =.
    #[sea_orm(column_type = "Text")]
    pub comparator: String,
    /// Target value in millionths.
    pub micros: i64,
    /// First period it holds for; none: for all.
    #[sea_orm(column_type = "Text")]
    pub applies_from: Option<String>,
    /// Who set it.
    #[sea_orm(column_type = "Text")]
    pub set_by: String,
    /// When.
    pub set_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

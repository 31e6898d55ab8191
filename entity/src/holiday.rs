//! A day of the State Council’s holiday notice.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `holiday`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "holiday")]
pub struct Model {
    /// Day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub on_day: Date,
    /// off | work.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// Name of the holiday.
    #[sea_orm(column_type = "Text")]
    pub name: String,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

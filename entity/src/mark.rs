//! Small facts about the whole installation: revision of the calendar, days whose digests are made.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `mark`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "mark")]
pub struct Model {
    /// Name.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub name: String,
    /// Value.
    #[sea_orm(column_type = "Text")]
    pub value: String,
    /// When.
    pub marked_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

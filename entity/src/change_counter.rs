//! The change counter: one row, raised by every transaction that changes anything.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `change_counter`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "change_counter")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// Number of the newest change.
    pub value: i64,
    /// Changes up to this number are no longer in the feed.
    pub oldest_kept: i64,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

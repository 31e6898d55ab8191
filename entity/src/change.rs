//! The feed of changes: which row changed in which transaction.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `change`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "change")]
pub struct Model {
    /// Number of the transaction, in the order of commits.
    #[sea_orm(primary_key, auto_increment = false)]
    pub change_no: i64,
    /// Order inside the transaction, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// Name of the resource, as in the REST paths.
    #[sea_orm(column_type = "Text")]
    pub resource: String,
    /// Row.
    pub row_id: Uuid,
    /// When (business clock).
    pub changed_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

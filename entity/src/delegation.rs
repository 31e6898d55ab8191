//! Who stands in for whom during an absence.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `delegation`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "delegation")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The absent user.
    pub user_id: Uuid,
    /// Who stands in.
    pub delegate_id: Uuid,
    /// First local day.
    pub from_on: Date,
    /// Last local day.
    pub until_on: Date,
    /// Why, as its maker wrote.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// When.
    pub made_at: DateTimeUtc,
    /// When it was ended early.
    pub ended_at: Option<DateTimeUtc>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

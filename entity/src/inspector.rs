//! An inspector (检查人员) of the pool.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `inspector`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "inspector")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Normalised address; tells inspectors apart.
    #[sea_orm(column_type = "Text")]
    pub address: String,
    /// Address as given.
    #[sea_orm(column_type = "Text")]
    pub email: String,
    /// Name.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Unit.
    pub unit_id: Uuid,
    /// Whether they may be drawn.
    pub active: bool,
    /// When they came into the pool.
    pub since_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

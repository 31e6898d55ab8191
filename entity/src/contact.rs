//! A contact (联络员) of a unit. Never deleted: a changed one is ended and a new one begins.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `contact`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "contact")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Unit.
    pub unit_id: Uuid,
    /// Name.
    #[sea_orm(column_type = "Text")]
    pub name: Option<String>,
    /// Address as given.
    #[sea_orm(column_type = "Text")]
    pub email: Option<String>,
    /// Normalised address, the key of digests.
    #[sea_orm(column_type = "Text")]
    pub address: Option<String>,
    /// From when.
    pub since_at: DateTimeUtc,
    /// Until when.
    pub ended_at: Option<DateTimeUtc>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

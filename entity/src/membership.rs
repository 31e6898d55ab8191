//! A role that a user has, for the whole bureau or for one unit.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `membership`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "membership")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// User.
    pub user_id: Uuid,
    /// administrator | supervisor | leader | unit_head | unit_contact | auditor.
    #[sea_orm(column_type = "Text")]
    pub role: String,
    /// Unit of a unit’s role.
    pub unit_id: Option<Uuid>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

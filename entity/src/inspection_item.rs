//! What an inspection looks at.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `inspection_item`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "inspection_item")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Inspection.
    pub inspection_id: Uuid,
    /// Assignment of the unit.
    pub assignment_id: Uuid,
    /// Order.
    pub position: i32,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

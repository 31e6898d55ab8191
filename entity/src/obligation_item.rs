//! What an obligation asks about: an assignment or an indicator.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `obligation_item`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "obligation_item")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Obligation.
    pub obligation_id: Uuid,
    /// Assignment.
    pub assignment_id: Option<Uuid>,
    /// Indicator.
    pub indicator_id: Option<Uuid>,
    /// Order.
    pub position: i32,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A request that a notice is about.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `notice_ask`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notice_ask")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Notice.
    pub notice_id: Uuid,
    /// The request that was not answered.
    pub obligation_id: Uuid,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A file of an inspection or of a finding.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `inspection_file`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "inspection_file")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Inspection, if it is of one.
    pub inspection_id: Option<Uuid>,
    /// Finding, if it is of one.
    pub finding_id: Option<Uuid>,
    /// File.
    pub attachment_id: Uuid,
    /// Order.
    pub position: i32,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

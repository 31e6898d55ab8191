//! The note 备注 that stands beside an assignment in the ledger.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `assignment_note`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "assignment_note")]
pub struct Model {
    /// The assignment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub assignment_id: Uuid,
    /// The note.
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// Who wrote it.
    #[sea_orm(column_type = "Text")]
    pub noted_by: String,
    /// When.
    pub noted_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

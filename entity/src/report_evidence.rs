//! An attached file that is evidence (佐证材料) of a report.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `report_evidence`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "report_evidence")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Report.
    pub report_id: Uuid,
    /// Assignment that it is about; none where it is about the report as a whole.
    pub assignment_id: Option<Uuid>,
    /// Attached file.
    pub attachment_id: Uuid,
    /// Order within the report.
    pub position: i32,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

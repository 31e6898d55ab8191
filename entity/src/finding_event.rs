//! A step in the life of a finding.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `finding_event`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "finding_event")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Finding.
    pub finding_id: Uuid,
    /// report | close | send_back | withdraw.
    #[sea_orm(column_type = "Text")]
    pub event: String,
    /// State before.
    #[sea_orm(column_type = "Text")]
    pub state_before: String,
    /// State after.
    #[sea_orm(column_type = "Text")]
    pub state_after: String,
    /// What was said to it.
    #[sea_orm(column_type = "Text")]
    pub reason: Option<String>,
    /// The new day, where it was sent back.
    pub due_on: Option<Date>,
    /// The rectification report.
    pub report_id: Option<Uuid>,
    /// Who.
    #[sea_orm(column_type = "Text")]
    pub decided_by: String,
    /// Local day.
    pub decided_on: Date,
    /// When.
    pub decided_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

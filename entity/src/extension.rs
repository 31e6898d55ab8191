//! A request to move the due day of an obligation (延期).
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `extension`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "extension")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Obligation.
    pub obligation_id: Uuid,
    /// The how-manieth request for it, from 1.
    pub number: i32,
    /// requested | granted | refused | lapsed.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Why more time is needed.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// Progress so far, in words.
    #[sea_orm(column_type = "Text")]
    pub progress: String,
    /// Day by which the unit expects to be done.
    pub expected_on: Date,
    /// Due day when it was asked.
    pub due_on_before: Date,
    /// Who asked.
    #[sea_orm(column_type = "Text")]
    pub requested_by: String,
    /// When.
    pub requested_at: DateTimeUtc,
    /// The day granted.
    pub granted_on: Option<Date>,
    /// Who decided.
    #[sea_orm(column_type = "Text")]
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// What the decision says.
    #[sea_orm(column_type = "Text")]
    pub decision_note: Option<String>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A step in the life of a notice.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `notice_event`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notice_event")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Notice.
    pub notice_id: Uuid,
    /// raise | approve | issue | answer | return | object | reject | uphold | supersede | clear | close | withdraw | pass_over.
    #[sea_orm(column_type = "Text")]
    pub event: String,
    /// Where the notice stood afterwards.
    #[sea_orm(column_type = "Text")]
    pub state_after: String,
    /// What was said.
    #[sea_orm(column_type = "Text")]
    pub note: Option<String>,
    /// The day by which it is to be answered from then on.
    pub due_on: Option<Date>,
    /// Who.
    #[sea_orm(column_type = "Text")]
    pub done_by: String,
    /// Local day.
    pub done_on: Date,
    /// When.
    pub done_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

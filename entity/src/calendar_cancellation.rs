//! A request that a mail takes out of its reader's calendar.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `calendar_cancellation`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_cancellation")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The mail.
    pub mail_id: Uuid,
    /// The request.
    pub obligation_id: Uuid,
    /// Revision of its due day.
    pub due_revision: i32,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

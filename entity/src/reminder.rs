//! The reminder ledger: one stage of one obligation to one contact.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `reminder`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "reminder")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Obligation.
    pub obligation_id: Uuid,
    /// Revision of the due day it speaks of.
    pub due_revision: i32,
    /// notice, due-5, over+1, ….
    #[sea_orm(column_type = "Text")]
    pub stage: String,
    /// Contact.
    pub contact_id: Uuid,
    /// to | copy_lead | copy_supervision.
    #[sea_orm(column_type = "Text")]
    pub role: String,
    /// mailed | cancelled | suppressed.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Why it was suppressed or cancelled.
    #[sea_orm(column_type = "Text")]
    pub reason: Option<String>,
    /// Mail that carries it.
    pub mail_id: Option<Uuid>,
    /// Due day it speaks of.
    pub due_on: Date,
    /// Local day it was made.
    pub made_on: Date,
    /// When.
    pub made_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

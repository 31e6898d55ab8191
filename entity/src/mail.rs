//! The outbox: one mail to one address.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `mail`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "mail")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// digest | immediate | test.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// address|local day, one digest each.
    #[sea_orm(column_type = "Text")]
    pub digest_key: Option<String>,
    /// What is told|address, told once.
    #[sea_orm(column_type = "Text")]
    pub once_key: Option<String>,
    /// Normalised address.
    #[sea_orm(column_type = "Text")]
    pub address: String,
    /// Address as given.
    #[sea_orm(column_type = "Text")]
    pub to_address: String,
    /// Normalised domain of the address; empty where it was queued before domains were noted.
    #[sea_orm(column_type = "Text")]
    pub domain: String,
    /// Name of the contact.
    #[sea_orm(column_type = "Text")]
    pub to_name: Option<String>,
    /// First unit of that address.
    pub unit_id: Option<Uuid>,
    /// Local day it is for.
    pub local_on: Date,
    /// Reply-To.
    #[sea_orm(column_type = "Text")]
    pub reply_to: Option<String>,
    /// Subject.
    #[sea_orm(column_type = "Text")]
    pub subject: String,
    /// Text part.
    #[sea_orm(column_type = "Text")]
    pub text_body: String,
    /// HTML part.
    #[sea_orm(column_type = "Text")]
    pub html_body: String,
    /// iCalendar file with the due days of what it asks for.
    #[sea_orm(column_type = "Text")]
    pub calendar_published: Option<String>,
    /// iCalendar file with what is due no more.
    #[sea_orm(column_type = "Text")]
    pub calendar_cancelled: Option<String>,
    /// Obligations it asks for.
    pub asks: i32,
    /// Obligations it is a copy of.
    pub copies: i32,
    /// Message-ID, fixed here.
    #[sea_orm(column_type = "Text")]
    pub message_id: String,
    /// queued | claimed | transmitting | sent | deferred | failed | unknown | suppressed.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Stable reason code.
    #[sea_orm(column_type = "Text")]
    pub reason: Option<String>,
    /// Not before this instant (by the business clock).
    pub not_before_at: DateTimeUtc,
    /// Not before this instant (by the real clock).
    pub retry_at: Option<DateTimeUtc>,
    /// Times it was handed to a connection.
    pub attempts: i32,
    /// Sent a second time after an unknown outcome.
    pub resent: bool,
    /// Fence of the worker that holds it.
    pub lease_id: Option<Uuid>,
    /// Until when (real clock).
    pub lease_until_at: Option<DateTimeUtc>,
    /// Last answer of the server, addresses masked.
    #[sea_orm(column_type = "Text")]
    pub reply: Option<String>,
    /// When it was queued (business clock).
    pub queued_at: DateTimeUtc,
    /// When it was queued (real clock): from here on tries are counted.
    pub made_at: DateTimeUtc,
    /// When the server took it (business clock).
    pub sent_at: Option<DateTimeUtc>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

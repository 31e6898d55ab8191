//! Something an endpoint is told.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `webhook_delivery`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_delivery")]
pub struct Model {
    /// UUIDv7; also the id that receivers tell repeats by.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The endpoint.
    pub webhook_id: Uuid,
    /// What it is about; an endpoint is told once of each.
    #[sea_orm(column_type = "Text")]
    pub event_key: String,
    /// Code of the event type.
    #[sea_orm(column_type = "Text")]
    pub event_type: String,
    /// The event, byte by byte as it is sent.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// When it happened (business clock).
    pub made_at: DateTimeUtc,
    /// waiting, delivered, failed.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Why the last try failed.
    #[sea_orm(column_type = "Text", nullable)]
    pub trouble: Option<String>,
    /// Tries since it was queued last.
    pub tries: i32,
    /// What became of each try.
    pub attempts: Json,
    /// Not tried before this (real clock).
    pub retry_at: Option<DateTimeUtc>,
    /// When it left `waiting` (business clock).
    pub settled_at: Option<DateTimeUtc>,
    /// Who is sending it.
    pub lease_id: Option<Uuid>,
    /// Until when (real clock).
    pub lease_until_at: Option<DateTimeUtc>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

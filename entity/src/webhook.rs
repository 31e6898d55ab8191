//! An endpoint that is told of what happens.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `webhook`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What people call it.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Where it is told; may have a key in it.
    #[sea_orm(column_type = "Text")]
    pub url: String,
    /// standard, wecom, dingtalk, feishu.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// Codes of the event types that it has chosen.
    pub events: Json,
    /// Whether it is told anything.
    pub enabled: bool,
    /// Why it is off.
    #[sea_orm(column_type = "Text", nullable)]
    pub off_reason: Option<String>,
    /// Since when it has been on, or off (business clock).
    pub since_at: DateTimeUtc,
    /// When the first of the tries failed since the last that did not (real clock).
    pub failing_since_at: Option<DateTimeUtc>,
    /// What requests are signed with.
    #[sea_orm(column_type = "Text", nullable)]
    pub secret: Option<String>,
    /// What they were signed with before.
    #[sea_orm(column_type = "Text", nullable)]
    pub former_secret: Option<String>,
    /// Until when they are signed with that as well (real clock).
    pub former_until_at: Option<DateTimeUtc>,
    /// A robot is told nothing before this (real clock).
    pub next_send_at: Option<DateTimeUtc>,
    /// Who made it.
    #[sea_orm(column_type = "Text")]
    pub made_by: String,
    /// When (business clock).
    pub made_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

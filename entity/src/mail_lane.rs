//! A way on which mails leave: the mail server, or one recipients' domain on it.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `mail_lane`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_lane")]
pub struct Model {
    /// The server as people write it, or `server domain`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub name: String,
    /// away | refused | rate_limited; none while all is well.
    #[sea_orm(column_type = "Text")]
    pub trouble: Option<String>,
    /// Troubles in a row.
    pub failures: i32,
    /// When they began (real clock).
    pub since_at: Option<DateTimeUtc>,
    /// Nothing is tried before this instant (real clock).
    pub held_until_at: Option<DateTimeUtc>,
    /// Stable reason code of the last.
    #[sea_orm(column_type = "Text")]
    pub reason: Option<String>,
    /// The server's words, addresses masked.
    #[sea_orm(column_type = "Text")]
    pub reply: Option<String>,
    /// Minutes since 1970 in which mails were counted last (real clock).
    pub minute_no: i64,
    /// Mails taken up in that minute.
    pub minute_mails: i32,
    /// Local day in which mails were counted last.
    pub day_on: Option<Date>,
    /// Mails taken up on that day.
    pub day_mails: i32,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

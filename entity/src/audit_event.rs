//! An audit event: who did what, when, before and after. Sealed rows form a hash chain.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `audit_event`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_event")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// When (business clock).
    pub happened_at: DateTimeUtc,
    /// user | mail_link | command_line | system.
    #[sea_orm(column_type = "Text")]
    pub actor_kind: String,
    /// Who, for people: an address, or the name of a job.
    #[sea_orm(column_type = "Text")]
    pub actor: String,
    /// User.
    pub user_id: Option<Uuid>,
    /// Token that was used.
    pub token_id: Option<Uuid>,
    /// What: a stable code.
    #[sea_orm(column_type = "Text")]
    pub action: String,
    /// done | refused.
    #[sea_orm(column_type = "Text")]
    pub outcome: String,
    /// Resource it was done to.
    #[sea_orm(column_type = "Text")]
    pub resource: Option<String>,
    /// Row it was done to.
    pub row_id: Option<Uuid>,
    /// What it was done to, for people.
    #[sea_orm(column_type = "Text")]
    pub target: String,
    /// JSON of what changed, as it was.
    #[sea_orm(column_type = "Text")]
    pub before: Option<String>,
    /// JSON of what changed, as it is.
    #[sea_orm(column_type = "Text")]
    pub after: Option<String>,
    /// Request it came with.
    #[sea_orm(column_type = "Text")]
    pub request_id: Option<String>,
    /// Place in the chain, from 1; none while unsealed.
    pub chain_no: Option<i64>,
    /// SHA-256 (hex) over the hash before and this row.
    #[sea_orm(column_type = "Text")]
    pub hash: Option<String>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

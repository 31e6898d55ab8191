//! What a lead unit says of a request for more time.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `extension_view`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "extension_view")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Request.
    pub extension_id: Uuid,
    /// Lead unit.
    pub unit_id: Uuid,
    /// Whether it is for it.
    pub agrees: bool,
    /// In words.
    #[sea_orm(column_type = "Text")]
    pub note: Option<String>,
    /// Who said so.
    #[sea_orm(column_type = "Text")]
    pub said_by: String,
    /// When.
    pub said_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

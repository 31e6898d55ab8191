//! A file that somebody attached; its bytes lie in the file store.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `attachment`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attachment")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Key in the file store.
    #[sea_orm(column_type = "Text")]
    pub store_key: String,
    /// Name as shown.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Kind as found in the bytes.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// Size.
    pub size_bytes: i64,
    /// SHA-256 (hex) of the bytes.
    #[sea_orm(column_type = "Text")]
    pub sha256: String,
    /// Unit it belongs to; none for the bureau’s.
    pub unit_id: Option<Uuid>,
    /// Who.
    #[sea_orm(column_type = "Text")]
    pub uploaded_by: String,
    /// When.
    pub uploaded_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

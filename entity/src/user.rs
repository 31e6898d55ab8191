//! A person or a machine that may call the service.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `user`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Address as given.
    #[sea_orm(column_type = "Text")]
    pub email: String,
    /// Normalised address.
    #[sea_orm(column_type = "Text")]
    pub address: String,
    /// Name.
    #[sea_orm(column_type = "Text")]
    pub name: Option<String>,
    /// Argon2id in the form of PHC; none where there is no password.
    #[sea_orm(column_type = "Text")]
    pub password: Option<String>,
    /// zh-CN | en; none for the browser's.
    #[sea_orm(column_type = "Text")]
    pub locale: Option<String>,
    /// Whether its tokens are good.
    pub enabled: bool,
    /// When.
    pub created_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

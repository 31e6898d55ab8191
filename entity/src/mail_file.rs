//! A file that a mail carries.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `mail_file`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_file")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The mail.
    pub mail_id: Uuid,
    /// Order in the mail, from 0.
    pub position: i32,
    /// Name that the recipient sees.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Media type.
    #[sea_orm(column_type = "Text")]
    pub media_type: String,
    /// The file.
    pub attachment_id: Uuid,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A unit (单位).
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `unit`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "unit")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Code from the units file.
    #[sea_orm(column_type = "Text")]
    pub code: String,
    /// Full name.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// section | institution | task_force | district | school | external.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// Parent unit.
    pub parent_id: Option<Uuid>,
    /// Other names.
    pub aliases: Json,
    /// School levels.
    pub levels: Json,
    /// Named groups it belongs to.
    pub groups: Json,
    /// 联系领导.
    #[sea_orm(column_type = "Text")]
    pub liaison: Option<String>,
    /// Order in the units file that made it.
    pub position: i32,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

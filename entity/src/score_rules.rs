//! A version of the rule table of appraisals (计分办法).
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `score_rules`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "score_rules")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// From 1.
    pub version: i32,
    /// What it is called.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Full marks, base, rules.
    pub content: Json,
    /// Why it was made.
    #[sea_orm(column_type = "Text")]
    pub note: Option<String>,
    /// Who made it.
    #[sea_orm(column_type = "Text")]
    pub made_by: String,
    /// When.
    pub made_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

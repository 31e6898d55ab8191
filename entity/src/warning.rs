//! A talk or a card (约谈、黄牌、红牌) proposed from quality results.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `warning`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "warning")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// School.
    pub unit_id: Uuid,
    /// School level.
    #[sea_orm(column_type = "Text")]
    pub level: String,
    /// Year in which the school year begins.
    pub school_year: i32,
    /// talk | yellow_card | red_card.
    #[sea_orm(column_type = "Text")]
    pub card: String,
    /// The years that led to it.
    pub years: Json,
    /// proposed | confirmed | rejected | lapsed.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// When it was proposed.
    pub proposed_at: DateTimeUtc,
    /// Who decided.
    #[sea_orm(column_type = "Text")]
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTimeUtc>,
    /// Why.
    #[sea_orm(column_type = "Text")]
    pub reason: Option<String>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

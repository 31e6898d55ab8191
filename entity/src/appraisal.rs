//! An appraisal (考评) of a school year.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `appraisal`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "appraisal")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is about: round:…, year:2025Y, `year:2025Y:<plan>`.
    #[sea_orm(column_type = "Text")]
    pub scope: String,
    /// Year in which the school year begins.
    pub school_year: i32,
    /// Round it was made for.
    pub round_id: Option<Uuid>,
    /// Plan whose facts count; none for all.
    pub plan_id: Option<Uuid>,
    /// Rule table.
    pub rules_id: Uuid,
    /// Whether schools of one level are ranked.
    pub ranked: bool,
    /// proposed | confirmed.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// SHA-256 of the rule table and the facts.
    #[sea_orm(column_type = "Text")]
    pub input_hash: String,
    /// Who had it computed.
    #[sea_orm(column_type = "Text")]
    pub computed_by: String,
    /// When.
    pub computed_at: DateTimeUtc,
    /// Who confirmed it.
    #[sea_orm(column_type = "Text")]
    pub confirmed_by: Option<String>,
    /// When.
    pub confirmed_at: Option<DateTimeUtc>,
    /// What was said to that.
    #[sea_orm(column_type = "Text")]
    pub note: Option<String>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

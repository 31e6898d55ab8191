//! A bulletin (通报): its texts, who approved it, under which number it was published.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `bulletin`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "bulletin")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Plan.
    pub plan_id: Uuid,
    /// The round that opened it.
    pub round_id: Option<Uuid>,
    /// The period it tells of.
    #[sea_orm(column_type = "Text")]
    pub period_key: Option<String>,
    /// In the evening of this day.
    pub as_of: Date,
    /// From 1; a correction is the next.
    pub version: i32,
    /// The version it corrects.
    pub corrects_id: Option<Uuid>,
    /// What is corrected.
    #[sea_orm(column_type = "Text")]
    pub correction_note: Option<String>,
    /// draft | approved | published | discarded.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Calendar year of its number.
    pub issue_year: Option<i32>,
    /// Its number in that year.
    pub issue_number: Option<i32>,
    /// What it is made of.
    pub snapshot_id: Uuid,
    /// What it is called.
    #[sea_orm(column_type = "Text")]
    pub title: String,
    /// The first paragraph.
    #[sea_orm(column_type = "Text")]
    pub opening: String,
    /// Paragraphs of 主要做法.
    pub good_practices: Json,
    /// What is demanded, point by point.
    pub demands: Json,
    /// 主送.
    pub recipients: Json,
    /// 抄送.
    pub copies: Json,
    /// Who made it.
    #[sea_orm(column_type = "Text")]
    pub made_by: String,
    /// When.
    pub made_at: DateTimeUtc,
    /// Who edited its texts last.
    #[sea_orm(column_type = "Text")]
    pub changed_by: Option<String>,
    /// When.
    pub changed_at: Option<DateTimeUtc>,
    /// Who approved it.
    #[sea_orm(column_type = "Text")]
    pub approved_by: Option<String>,
    /// When.
    pub approved_at: Option<DateTimeUtc>,
    /// Why it was sent back last.
    #[sea_orm(column_type = "Text")]
    pub return_reason: Option<String>,
    /// Who published it.
    #[sea_orm(column_type = "Text")]
    pub published_by: Option<String>,
    /// When.
    pub published_at: Option<DateTimeUtc>,
    /// Local day of that.
    pub published_on: Option<Date>,
    /// The document as published.
    pub docx_id: Option<Uuid>,
    /// The annex as published.
    pub xlsx_id: Option<Uuid>,
    /// Mails queued when it was published.
    pub mails: i32,
    /// Units that could not be mailed.
    pub without_address: Json,
    /// Who discarded it.
    #[sea_orm(column_type = "Text")]
    pub discarded_by: Option<String>,
    /// When.
    pub discarded_at: Option<DateTimeUtc>,
    /// Why.
    #[sea_orm(column_type = "Text")]
    pub discard_reason: Option<String>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

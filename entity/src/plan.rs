//! A plan document as imported (方案).
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `plan`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "plan")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What makes it the same plan again: document number, else title, issuer and first year.
    #[sea_orm(column_type = "Text")]
    pub identity: String,
    /// SHA-256 (hex) of the document as read, to tell “the same again” from “other content”.
    #[sea_orm(column_type = "Text")]
    pub content_hash: String,
    /// Title as written.
    #[sea_orm(column_type = "Text")]
    pub title: String,
    /// Issuer as written.
    #[sea_orm(column_type = "Text")]
    pub issued_by: Option<String>,
    /// 发文字号 as written.
    #[sea_orm(column_type = "Text")]
    pub document_number: Option<String>,
    /// Year of the first phase, as given by `--year` or read.
    pub first_year: Option<i32>,
    /// Name of the imported file, for people.
    #[sea_orm(column_type = "Text")]
    pub source_name: String,
    /// Problems the reader listed, as in the dry run.
    pub problems: Json,
    /// First day of the first phase.
    pub first_phase_starts_on: Option<Date>,
    /// Last day of the last phase; no round begins after it.
    pub last_phase_ends_on: Option<Date>,
    /// How many times tasks of it were issued; numbers the acknowledgements.
    pub issue_count: i32,
    /// When it was imported.
    pub imported_at: DateTimeUtc,
    /// When its first task was issued.
    pub issued_at: Option<DateTimeUtc>,
    /// The local day of that.
    pub issued_on: Option<Date>,
    /// Local day of its closing.
    pub closed_on: Option<Date>,
    /// document | instruction | meeting | collection.
    #[sea_orm(column_type = "Text")]
    pub origin: String,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

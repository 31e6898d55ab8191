//! A round (一次): a cycle in one period.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `round`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "round")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Cycle.
    pub cycle_id: Uuid,
    /// Such as 2026-11.
    #[sea_orm(column_type = "Text")]
    pub period_key: String,
    /// open | closed.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Opening day by the calendar.
    pub planned_on: Date,
    /// Local day it was opened.
    pub opened_on: Date,
    /// Latest due day of its obligations; none where nothing is asked.
    pub due_on: Option<Date>,
    /// Opened after its opening day.
    pub late: bool,
    /// Reason given by the person who opened it.
    #[sea_orm(column_type = "Text")]
    pub by_hand: Option<String>,
    /// A date of it rests on a calendar not announced yet.
    pub provisional: bool,
    /// Seed of the draw (hex).
    #[sea_orm(column_type = "Text")]
    pub seed: Option<String>,
    /// SHA-256 of the seed, made before the draw.
    #[sea_orm(column_type = "Text")]
    pub commitment: Option<String>,
    /// Strata, population, picks and what was relaxed.
    pub draw: Option<Json>,
    /// What a person should know: units over budget, schools left out.
    pub listed: Json,
    /// When it was opened.
    pub opened_at: DateTimeUtc,
    /// When it was closed.
    pub closed_at: Option<DateTimeUtc>,
    /// How what was drawn is inspected: desk | visit; none where there is no draw.
    #[sea_orm(column_type = "Text")]
    pub mode: Option<String>,
    /// proposed | confirmed; none where there is no draw.
    #[sea_orm(column_type = "Text")]
    pub draw_state: Option<String>,
    /// Day by which results are to be recorded, once the draw is in force.
    pub results_due_on: Option<Date>,
    /// Who confirmed the draw; none where nobody had to.
    #[sea_orm(column_type = "Text")]
    pub confirmed_by: Option<String>,
    /// Local day from which the draw is in force.
    pub confirmed_on: Option<Date>,
    /// Who closed it; the name of a job where time did.
    #[sea_orm(column_type = "Text")]
    pub closed_by: Option<String>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

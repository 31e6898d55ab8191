//! A task: the tracked record of one measure (举措 → 任务).
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `task`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Plan.
    pub plan_id: Uuid,
    /// Order in the plan, from 0.
    pub position: i32,
    /// Outline path such as 四(一)1.
    #[sea_orm(column_type = "Text")]
    pub number: String,
    /// Headings above, outermost first.
    pub section: Json,
    /// Title.
    #[sea_orm(column_type = "Text")]
    pub title: String,
    /// The whole paragraph.
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// Due day named in the text.
    pub due_on: Option<Date>,
    /// A standing duty.
    pub continuous: bool,
    /// imported | held | issued | withdrawn | closed.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// Why it could not be issued.
    #[sea_orm(column_type = "Text")]
    pub held_reason: Option<String>,
    /// When it was issued.
    pub issued_at: Option<DateTimeUtc>,
    /// Who asked for it and where, for a task made by hand.
    #[sea_orm(column_type = "Text")]
    pub origin_note: Option<String>,
    /// Attachment to be filled in.
    pub template_id: Option<Uuid>,
    /// The task that it is a part of.
    pub split_from: Option<Uuid>,
    /// Due day at first, where it was amended.
    pub first_due_on: Option<Date>,
    /// Whether a dispatch also asks the responsible units.
    pub collects: bool,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

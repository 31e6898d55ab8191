//! The own due day that an assignment had before it became another.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `former_day`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "former_day")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Assignment.
    pub assignment_id: Uuid,
    /// The day; none where its task's held.
    pub due_on: Option<Date>,
    /// When it became another.
    pub changed_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

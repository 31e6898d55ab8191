//! What an obligation was before it was opened again, moved, or answered after all.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `former_ask`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "former_ask")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Obligation.
    pub obligation_id: Uuid,
    /// Due day.
    pub due_on: Date,
    /// open | answered | unanswered | withdrawn.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// When it had left `open`.
    pub settled_at: Option<DateTimeUtc>,
    /// When it became another.
    pub changed_at: DateTimeUtc,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A deadline of a plan for sending something up (报送期限).
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `sending_deadline`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sending_deadline")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Plan.
    pub plan_id: Uuid,
    /// Order in the plan, from 0.
    pub position: i32,
    /// Sentence.
    #[sea_orm(column_type = "Text")]
    pub text: String,
    /// What is sent up.
    #[sea_orm(column_type = "Text")]
    pub what: String,
    /// Names of the senders as written.
    pub from_units: Json,
    /// Name of the receiver as written.
    #[sea_orm(column_type = "Text")]
    pub to_unit: Option<String>,
    /// By when.
    pub due_on: Option<Date>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

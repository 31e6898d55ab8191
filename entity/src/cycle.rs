//! A supervision cycle (督办周期) of a plan.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;

/// One row of `cycle`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cycle")]
pub struct Model {
    /// UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Plan.
    pub plan_id: Uuid,
    /// spot_check | dispatch | bulletin | monitoring | appraisal.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// How often.
    #[sea_orm(column_type = "Text")]
    pub frequency: String,
    /// Opening day, roll, lead times, policies.
    pub rule: Json,
    /// Reminder policy.
    pub reminders: Json,
    /// Words of the plan that name it.
    #[sea_orm(column_type = "Text")]
    pub text: Option<String>,
    /// Whether its rounds open.
    pub enabled: bool,
    /// Seed of the next draw, made beforehand.
    #[sea_orm(column_type = "Text")]
    pub next_seed: Option<String>,
    /// SHA-256 of it, which may be published.
    #[sea_orm(column_type = "Text")]
    pub next_commitment: Option<String>,
    /// Local day it was last switched on; no round opens by itself whose opening day is earlier.
    pub switched_on_on: Option<Date>,
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

//! A key that the links in mails are signed with.
//! Columns only; no rule lives here.

use sea_orm::entity::prelude::*;
use std::fmt;

/// One row of `link_key`.
#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "link_key")]
pub struct Model {
    /// Number, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    /// 32 random bytes; shown nowhere.
    pub secret: Vec<u8>,
    /// When (business clock).
    pub made_at: DateTimeUtc,
    /// Since when it is good for nothing.
    pub retired_at: Option<DateTimeUtc>,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("number", &self.number)
            .field("made_at", &self.made_at)
            .field("retired_at", &self.retired_at)
            .finish_non_exhaustive()
    }
}

/// Relations are spelled out in the queries of `storage`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

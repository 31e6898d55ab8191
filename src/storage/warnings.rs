//! Talks and cards 约谈、黄牌、红牌. `UNIQUE(school_year, level, unit_id)`: the results of a year propose one thing for a
//! school.

use crate::domain::appraisal::WarningState;
use crate::domain::card::{Card, YearJudged};
use crate::domain::ids::{UnitId, WarningId};
use crate::domain::level::Level;
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, code, from_json, insert_absent, to_json};
use chrono::{DateTime, Utc};
use entity::warning;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// A talk or a card as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredWarning {
    /// Its id.
    pub id: WarningId,
    /// The school.
    pub unit_id: UnitId,
    /// The level.
    pub level: Level,
    /// Year in which the school year begins whose results propose it.
    pub school_year: i32,
    /// What it is.
    pub card: Card,
    /// The years that led to it, the earliest first.
    pub years: Vec<YearJudged>,
    /// Where it stands.
    pub state: WarningState,
    /// When it was proposed.
    pub proposed_at: DateTime<Utc>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why.
    pub reason: Option<String>,
}

/// Writes a proposal unless there is one for this school, level and year; whether it was written.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &StoredWarning) -> Result<bool, StorageError> {
    let row = warning::ActiveModel {
        id: Set(new.id.0),
        unit_id: Set(new.unit_id.0),
        level: Set(new.level.as_str().to_owned()),
        school_year: Set(new.school_year),
        card: Set(new.card.as_str().to_owned()),
        years: Set(to_json("warning.years", &new.years)?),
        state: Set(new.state.as_str().to_owned()),
        proposed_at: Set(new.proposed_at),
        decided_by: Set(new.decided_by.clone()),
        decided_at: Set(new.decided_at),
        reason: Set(new.reason.clone()),
    };
    let key = vec![
        warning::Column::SchoolYear,
        warning::Column::Level,
        warning::Column::UnitId,
    ];
    let inserted = insert_absent(tx, row, key).await?;
    if inserted {
        tx.note(Resource::Warnings, new.id.0);
    }
    Ok(inserted)
}

/// Writes how one stands now.
///
/// # Errors
/// [`StorageError`].
pub async fn update(tx: &WriteTx, now: &StoredWarning) -> Result<(), StorageError> {
    use warning::Column as C;
    let years = to_json("warning.years", &now.years)?;
    warning::Entity::update_many()
        .col_expr(C::Card, Expr::value(now.card.as_str()))
        .col_expr(C::Years, Expr::value(years))
        .col_expr(C::State, Expr::value(now.state.as_str()))
        .col_expr(C::ProposedAt, Expr::value(now.proposed_at))
        .col_expr(C::DecidedBy, Expr::value(now.decided_by.clone()))
        .col_expr(C::DecidedAt, Expr::value(now.decided_at))
        .col_expr(C::Reason, Expr::value(now.reason.clone()))
        .filter(C::Id.eq(now.id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Warnings, now.id.0);
    Ok(())
}

/// Those of the results of `year` and later years, kept as they are until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold_since(tx: &WriteTx, year: i32) -> Result<Vec<StoredWarning>, StorageError> {
    let rows = warning::Entity::find()
        .filter(warning::Column::SchoolYear.gte(year))
        .order_by_asc(warning::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    rows.into_iter().map(warning_of).collect()
}

/// The one of that id, kept as it is until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(tx: &WriteTx, id: WarningId) -> Result<Option<StoredWarning>, StorageError> {
    let row = warning::Entity::find_by_id(id.0)
        .lock_exclusive()
        .one(tx)
        .await?;
    row.map(warning_of).transpose()
}

pub(super) fn warning_of(row: warning::Model) -> Result<StoredWarning, StorageError> {
    Ok(StoredWarning {
        id: WarningId(row.id),
        unit_id: UnitId(row.unit_id),
        level: code("level", &row.level)?,
        school_year: row.school_year,
        card: code("card", &row.card)?,
        years: from_json("warning.years", row.years)?,
        state: code("warning state", &row.state)?,
        proposed_at: row.proposed_at,
        decided_by: row.decided_by,
        decided_at: row.decided_at,
        reason: row.reason,
    })
}

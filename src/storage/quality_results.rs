//! Yearly quality results of schools. `UNIQUE(school_year, level, unit_id, version)`: a corrected result is another
//! version, and the one before stays.

use crate::domain::card::Quality;
use crate::domain::decimal::Decimal;
use crate::domain::ids::{QualityResultId, UnitId};
use crate::domain::level::Level;
use crate::domain::resource::Resource;
use crate::domain::role::UnknownCode;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, WriteTx, code, insert_all_absent};
use chrono::{DateTime, Utc};
use entity::quality_result;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};

/// A result as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResult {
    /// Its id.
    pub id: QualityResultId,
    /// The school.
    pub unit_id: UnitId,
    /// The level.
    pub level: Level,
    /// Year in which the school year begins.
    pub school_year: i32,
    /// From 1.
    pub version: i32,
    /// The result.
    pub quality: Quality,
    /// Whether a later version is known.
    pub superseded: bool,
    /// Where it comes from.
    pub source: String,
    /// Who approved it.
    pub approved_by: String,
    /// File it was imported from.
    pub file_name: String,
    /// Who imported it.
    pub imported_by: String,
    /// When.
    pub imported_at: DateTime<Utc>,
}

/// Writes results whose versions are not taken; how many.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(tx: &WriteTx, new: &[StoredResult]) -> Result<usize, StorageError> {
    use quality_result::Column as C;
    let rows = new.iter().map(|one| quality_result::ActiveModel {
        id: Set(one.id.0),
        unit_id: Set(one.unit_id.0),
        level: Set(one.level.as_str().to_owned()),
        school_year: Set(one.school_year),
        version: Set(one.version),
        measure: Set(measure(one.quality).to_owned()),
        micros: Set(one.quality.value().micros()),
        superseded: Set(one.superseded),
        source: Set(one.source.clone()),
        approved_by: Set(one.approved_by.clone()),
        file_name: Set(one.file_name.clone()),
        imported_by: Set(one.imported_by.clone()),
        imported_at: Set(one.imported_at),
    });
    let key = vec![C::SchoolYear, C::Level, C::UnitId, C::Version];
    let inserted = insert_all_absent(tx, rows.collect(), key).await?;
    for one in new {
        tx.note(Resource::QualityResults, one.id.0);
    }
    Ok(inserted)
}

/// Writes down that later versions of these are known.
///
/// # Errors
/// [`StorageError`].
pub async fn supersede(tx: &WriteTx, ids: &[QualityResultId]) -> Result<(), StorageError> {
    for chunk in ids.chunks(CHUNK) {
        quality_result::Entity::update_many()
            .col_expr(quality_result::Column::Superseded, Expr::value(true))
            .filter(quality_result::Column::Id.is_in(chunk.iter().map(|id| id.0)))
            .exec(tx)
            .await?;
    }
    for id in ids {
        tx.note(Resource::QualityResults, id.0);
    }
    Ok(())
}

/// The results that count, of all years.
///
/// # Errors
/// [`StorageError`].
pub async fn counting(db: &impl ConnectionTrait) -> Result<Vec<StoredResult>, StorageError> {
    let rows = quality_result::Entity::find()
        .filter(quality_result::Column::Superseded.eq(false))
        .order_by_asc(quality_result::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(result_of).collect()
}

/// How results are counted: the stable code.
pub fn measure(quality: Quality) -> &'static str {
    match quality {
        Quality::Score(_) => "score",
        Quality::Rank(_) => "rank",
    }
}

pub(super) fn result_of(row: quality_result::Model) -> Result<StoredResult, StorageError> {
    let value = Decimal::of_micros(row.micros);
    Ok(StoredResult {
        id: QualityResultId(row.id),
        unit_id: UnitId(row.unit_id),
        level: code("level", &row.level)?,
        school_year: row.school_year,
        version: row.version,
        quality: match row.measure.as_str() {
            "score" => Quality::Score(value),
            "rank" => Quality::Rank(value),
            other => return Err(StorageError::Damaged(UnknownCode::new("measure", other))),
        },
        superseded: row.superseded,
        source: row.source,
        approved_by: row.approved_by,
        file_name: row.file_name,
        imported_by: row.imported_by,
        imported_at: row.imported_at,
    })
}

//! The list of an appraisal's scores.

use crate::domain::access::Reach;
use crate::domain::ids::AppraisalId;
use crate::domain::level::Level;
use crate::domain::unit_kind::UnitKind;
use crate::storage::appraisals::{StoredScore, score_of};
use crate::storage::error::StorageError;
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use entity::appraisal_score;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Value};
use uuid::Uuid;

use super::parts::{of_reach, units_wanted};

/// Which scores are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct ScoreFilter {
    /// Of the unit of this code.
    pub unit_code: Option<String>,
    /// Of units of this kind.
    pub kind: Option<UnitKind>,
    /// Of schools of this level.
    pub level: Option<Level>,
}

/// What scores are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreSort {
    /// The total.
    Total,
    /// The order in which they were written.
    Id,
}

/// A page of the scores of an appraisal.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    id: AppraisalId,
    filter: &ScoreFilter,
    reach: &Reach,
    sort: ScoreSort,
    wanted: &PageWanted,
) -> Result<Paged<StoredScore>, StorageError> {
    use appraisal_score::Column as C;
    let mut select = appraisal_score::Entity::find()
        .filter(C::AppraisalId.eq(id.0))
        .filter(of_reach(C::UnitId, reach));
    let code = filter.unit_code.as_deref();
    let kinds = filter.kind.as_ref().map(std::slice::from_ref);
    if let Some(units) = units_wanted(db, code, kinds, filter.level) {
        select = select.filter(C::UnitId.in_subquery(units));
    }
    let key = match sort {
        ScoreSort::Id => None,
        ScoreSort::Total => Some(SortKey {
            expr: Expr::col(C::Micros),
            read: |text: &str| text.parse::<i64>().ok().map(Value::from),
            tell: |row: &appraisal_score::Model| row.micros.to_string(),
        }),
    };
    page(db, select, C::Id, |row| row.id, key, wanted)
        .await?
        .try_map(score_of)
}

/// Whether any score of an appraisal is met.
///
/// # Errors
/// [`StorageError`].
pub async fn is_any_met(
    db: &impl ConnectionTrait,
    id: AppraisalId,
    reach: &Reach,
) -> Result<bool, StorageError> {
    let row: Option<Uuid> = appraisal_score::Entity::find()
        .select_only()
        .column(appraisal_score::Column::Id)
        .filter(appraisal_score::Column::AppraisalId.eq(id.0))
        .filter(of_reach(appraisal_score::Column::UnitId, reach))
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(row.is_some())
}

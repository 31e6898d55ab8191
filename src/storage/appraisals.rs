//! Appraisals 考评 with their scores. `UNIQUE(scope)`: what it is about is appraised once; `UNIQUE(appraisal_id, unit_id)`.

use crate::domain::appraisal::{AppraisalScope, AppraisalState};
use crate::domain::decimal::Decimal;
use crate::domain::ids::{AppraisalId, PlanId, RoundId, ScoreRulesId, UnitId};
use crate::domain::resource::Resource;
use crate::domain::score::Score;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, code, from_json, insert_absent, insert_all, new_id, to_json};
use chrono::{DateTime, Utc};
use entity::{appraisal, appraisal_score};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use std::collections::HashMap;
use uuid::Uuid;

/// An appraisal as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAppraisal {
    /// Its id.
    pub id: AppraisalId,
    /// Year in which the school year begins.
    pub school_year: i32,
    /// Round it was made for.
    pub round_id: Option<RoundId>,
    /// Plan whose facts count; none for all.
    pub plan_id: Option<PlanId>,
    /// Rule table.
    pub rules_id: ScoreRulesId,
    /// Whether schools of one level are ranked.
    pub ranked: bool,
    /// Where it stands.
    pub state: AppraisalState,
    /// SHA-256 of the rule table and the facts.
    pub input_hash: String,
    /// Who had it computed.
    pub computed_by: String,
    /// When.
    pub computed_at: DateTime<Utc>,
    /// Who confirmed it.
    pub confirmed_by: Option<String>,
    /// When.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// What was said to that.
    pub note: Option<String>,
}

/// A unit's score as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredScore {
    /// Its row.
    pub id: Uuid,
    /// The appraisal.
    pub appraisal_id: AppraisalId,
    /// The unit.
    pub unit_id: UnitId,
    /// The score.
    pub score: Score,
}

/// Writes an appraisal unless there is one of this scope; whether it was written.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(
    tx: &WriteTx,
    scope: AppraisalScope,
    new: &StoredAppraisal,
) -> Result<bool, StorageError> {
    let row = appraisal::ActiveModel {
        id: Set(new.id.0),
        scope: Set(scope.to_string()),
        school_year: Set(new.school_year),
        round_id: Set(new.round_id.map(|id| id.0)),
        plan_id: Set(new.plan_id.map(|id| id.0)),
        rules_id: Set(new.rules_id.0),
        ranked: Set(new.ranked),
        state: Set(new.state.as_str().to_owned()),
        input_hash: Set(new.input_hash.clone()),
        computed_by: Set(new.computed_by.clone()),
        computed_at: Set(new.computed_at),
        confirmed_by: Set(new.confirmed_by.clone()),
        confirmed_at: Set(new.confirmed_at),
        note: Set(new.note.clone()),
    };
    let inserted = insert_absent(tx, row, vec![appraisal::Column::Scope]).await?;
    if inserted {
        tx.note(Resource::Appraisals, new.id.0);
    }
    Ok(inserted)
}

/// Writes how an appraisal stands now; what it is about stays.
///
/// # Errors
/// [`StorageError`].
pub async fn update(tx: &WriteTx, now: &StoredAppraisal) -> Result<(), StorageError> {
    use appraisal::Column as C;
    appraisal::Entity::update_many()
        .col_expr(C::RulesId, Expr::value(now.rules_id.0))
        .col_expr(C::Ranked, Expr::value(now.ranked))
        .col_expr(C::State, Expr::value(now.state.as_str()))
        .col_expr(C::InputHash, Expr::value(now.input_hash.as_str()))
        .col_expr(C::ComputedBy, Expr::value(now.computed_by.as_str()))
        .col_expr(C::ComputedAt, Expr::value(now.computed_at))
        .col_expr(C::ConfirmedBy, Expr::value(now.confirmed_by.clone()))
        .col_expr(C::ConfirmedAt, Expr::value(now.confirmed_at))
        .col_expr(C::Note, Expr::value(now.note.clone()))
        .filter(C::Id.eq(now.id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Appraisals, now.id.0);
    Ok(())
}

/// The appraisal of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: AppraisalId,
) -> Result<Option<StoredAppraisal>, StorageError> {
    let row = appraisal::Entity::find_by_id(id.0).one(db).await?;
    row.map(appraisal_of).transpose()
}

/// All appraisals, the newest first; at most `limit`.
///
/// # Errors
/// [`StorageError`].
pub async fn all(
    db: &impl ConnectionTrait,
    limit: u64,
) -> Result<Vec<StoredAppraisal>, StorageError> {
    let rows = appraisal::Entity::find()
        .order_by_desc(appraisal::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(appraisal_of).collect()
}

/// The same, kept as it is until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(tx: &WriteTx, id: AppraisalId) -> Result<Option<StoredAppraisal>, StorageError> {
    let row = appraisal::Entity::find_by_id(id.0)
        .lock_exclusive()
        .one(tx)
        .await?;
    row.map(appraisal_of).transpose()
}

/// Writes the scores of an appraisal in the place of those before.
///
/// # Errors
/// [`StorageError`].
pub async fn replace_scores(
    tx: &WriteTx,
    id: AppraisalId,
    scores: impl IntoIterator<Item = (UnitId, Score)>,
) -> Result<(), StorageError> {
    appraisal_score::Entity::delete_many()
        .filter(appraisal_score::Column::AppraisalId.eq(id.0))
        .exec(tx)
        .await?;
    let mut rows = Vec::new();
    for (unit_id, score) in scores {
        rows.push(appraisal_score::ActiveModel {
            id: Set(new_id()),
            appraisal_id: Set(id.0),
            unit_id: Set(unit_id.0),
            micros: Set(score.total.micros()),
            lines: Set(to_json("appraisal_score.lines", &score.lines)?),
        });
    }
    insert_all(tx, rows).await?;
    tx.note(Resource::Appraisals, id.0);
    Ok(())
}

/// Writes another score of one unit.
///
/// # Errors
/// [`StorageError`].
pub async fn change_score(tx: &WriteTx, changed: &StoredScore) -> Result<(), StorageError> {
    let lines = to_json("appraisal_score.lines", &changed.score.lines)?;
    appraisal_score::Entity::update_many()
        .col_expr(
            appraisal_score::Column::Micros,
            Expr::value(changed.score.total.micros()),
        )
        .col_expr(appraisal_score::Column::Lines, Expr::value(lines))
        .filter(appraisal_score::Column::Id.eq(changed.id))
        .exec(tx)
        .await?;
    tx.note(Resource::Appraisals, changed.appraisal_id.0);
    Ok(())
}

/// All scores of an appraisal.
///
/// # Errors
/// [`StorageError`].
pub async fn scores(
    db: &impl ConnectionTrait,
    id: AppraisalId,
) -> Result<Vec<StoredScore>, StorageError> {
    let rows = appraisal_score::Entity::find()
        .filter(appraisal_score::Column::AppraisalId.eq(id.0))
        .order_by_asc(appraisal_score::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(score_of).collect()
}

/// Totals of an appraisal by unit, without their lines.
///
/// # Errors
/// [`StorageError`].
pub async fn totals(
    db: &impl ConnectionTrait,
    id: AppraisalId,
) -> Result<HashMap<UnitId, Decimal>, StorageError> {
    let rows: Vec<(Uuid, i64)> = appraisal_score::Entity::find()
        .select_only()
        .column(appraisal_score::Column::UnitId)
        .column(appraisal_score::Column::Micros)
        .filter(appraisal_score::Column::AppraisalId.eq(id.0))
        .into_tuple()
        .all(db)
        .await?;
    let totals = rows
        .into_iter()
        .map(|(unit, micros)| (UnitId(unit), Decimal::of_micros(micros)));
    Ok(totals.collect())
}

/// The score of a unit.
///
/// # Errors
/// [`StorageError`].
pub async fn score_of_unit(
    db: &impl ConnectionTrait,
    id: AppraisalId,
    unit: UnitId,
) -> Result<Option<StoredScore>, StorageError> {
    let row = appraisal_score::Entity::find()
        .filter(appraisal_score::Column::AppraisalId.eq(id.0))
        .filter(appraisal_score::Column::UnitId.eq(unit.0))
        .one(db)
        .await?;
    row.map(score_of).transpose()
}

pub(super) fn appraisal_of(row: appraisal::Model) -> Result<StoredAppraisal, StorageError> {
    Ok(StoredAppraisal {
        id: AppraisalId(row.id),
        school_year: row.school_year,
        round_id: row.round_id.map(RoundId),
        plan_id: row.plan_id.map(PlanId),
        rules_id: ScoreRulesId(row.rules_id),
        ranked: row.ranked,
        state: code("appraisal state", &row.state)?,
        input_hash: row.input_hash,
        computed_by: row.computed_by,
        computed_at: row.computed_at,
        confirmed_by: row.confirmed_by,
        confirmed_at: row.confirmed_at,
        note: row.note,
    })
}

pub(super) fn score_of(row: appraisal_score::Model) -> Result<StoredScore, StorageError> {
    Ok(StoredScore {
        id: row.id,
        appraisal_id: AppraisalId(row.appraisal_id),
        unit_id: UnitId(row.unit_id),
        score: Score {
            total: Decimal::of_micros(row.micros),
            lines: from_json("appraisal_score.lines", row.lines)?,
        },
    })
}

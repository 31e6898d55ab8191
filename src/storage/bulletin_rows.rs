//! What a bulletin's snapshot takes from the database beside the board: words that units reported last, and requests that
//! were left without an answer.

use crate::domain::ids::{AssignmentId, PlanId, UnitId};
use crate::domain::obligation::{ObligationKind, ObligationState};
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, code};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{obligation, report_item};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;
use uuid::Uuid;

/// What was reported of an assignment, in words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportedWords {
    /// 进展情况.
    pub done: Option<String>,
    /// 存在问题.
    pub problems: Option<String>,
    /// 下一步措施.
    pub next_steps: Option<String>,
}

type WordsRow = (Uuid, Option<String>, Option<String>, Option<String>);

/// The words reported last of these assignments up to and including a local day.
///
/// # Errors
/// [`StorageError`].
pub async fn words_reported(
    db: &impl ConnectionTrait,
    assignments: &[AssignmentId],
    until: NaiveDate,
) -> Result<HashMap<AssignmentId, ReportedWords>, StorageError> {
    use report_item::Column as C;
    let mut found = HashMap::new();
    for chunk in assignments.chunks(CHUNK) {
        let rows: Vec<WordsRow> = report_item::Entity::find()
            .select_only()
            .columns([C::AssignmentId, C::Done, C::Problems, C::NextSteps])
            .filter(C::AssignmentId.is_in(chunk.iter().map(|id| id.0)))
            .filter(C::ReportedOn.lte(until))
            .filter(
                Condition::any()
                    .add(C::Done.is_not_null())
                    .add(C::Problems.is_not_null())
                    .add(C::NextSteps.is_not_null()),
            )
            .order_by_asc(C::ReportedOn)
            .order_by_asc(C::Id)
            .into_tuple()
            .all(db)
            .await?;
        for (id, done, problems, next_steps) in rows {
            let words = ReportedWords {
                done,
                problems,
                next_steps,
            };
            // The later row takes the place of the earlier.
            found.insert(AssignmentId(id), words);
        }
    }
    Ok(found)
}

/// A request that was left without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnansweredAsk {
    /// Who was asked.
    pub unit_id: UnitId,
    /// What for.
    pub kind: ObligationKind,
    /// What was to be sent up.
    pub what: Option<String>,
    /// Its due day.
    pub due_on: NaiveDate,
}

type AskRow = (Uuid, String, Option<String>, NaiveDate);

/// Requests of a plan that had fallen due by the local day `on`, which ends at `end`, and were not answered by then; by
/// unit, the longest due first.
///
/// # Errors
/// [`StorageError`].
pub async fn unanswered_on(
    db: &impl ConnectionTrait,
    plan: PlanId,
    on: NaiveDate,
    end: DateTime<Utc>,
) -> Result<Vec<UnansweredAsk>, StorageError> {
    use obligation::Column as C;
    let silent = Condition::any()
        .add(C::State.is_in([
            ObligationState::Open.as_str(),
            ObligationState::Unanswered.as_str(),
        ]))
        .add(
            Condition::all()
                .add(C::State.eq(ObligationState::Answered.as_str()))
                .add(C::SettledAt.gte(end)),
        );
    let rows: Vec<AskRow> = obligation::Entity::find()
        .select_only()
        .columns([C::UnitId, C::Kind, C::What, C::DueOn])
        .filter(C::PlanId.eq(plan.0))
        .filter(C::OpenedOn.lte(on))
        .filter(C::DueOn.lt(on))
        .filter(silent)
        .order_by_asc(C::UnitId)
        .order_by_asc(C::DueOn)
        .order_by_asc(C::Id)
        .into_tuple()
        .all(db)
        .await?;
    let asks = rows.into_iter().map(|(unit, kind, what, due_on)| {
        Ok(UnansweredAsk {
            unit_id: UnitId(unit),
            kind: code("obligation kind", &kind)?,
            what,
            due_on,
        })
    });
    asks.collect()
}

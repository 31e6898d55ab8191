//! Obligations for the board, with the assignments they ask about, and what they were.

use crate::domain::board::BoardObligation;
use crate::domain::ids::{AssignmentId, ObligationId, PlanId, RoundId, UnitId};
use crate::domain::local_time::LocalZone;
use crate::storage::board_past::former_asks;
use crate::storage::board_rows::Wanted;
use crate::storage::code;
use crate::storage::error::StorageError;
use chrono::{DateTime, NaiveDate, Utc};
use entity::obligation_item::Column as ItemColumn;
use entity::{obligation, obligation_item};
use sea_orm::sea_query::{ExprTrait, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;
use uuid::Uuid;

/// Items in one statement at the most.
const ITEMS: u64 = 4_000;

type ObligationRow = (
    Uuid,
    Uuid,
    String,
    Uuid,
    Option<Uuid>,
    NaiveDate,
    NaiveDate,
    Option<DateTime<Utc>>,
    String,
);

/// Obligations with the assignments they ask about, and what they were.
///
/// # Errors
/// [`StorageError`].
pub async fn obligations(
    db: &impl ConnectionTrait,
    wanted: Wanted<'_>,
    zone: LocalZone,
) -> Result<Vec<BoardObligation>, StorageError> {
    use obligation::Column;
    let select = obligation::Entity::find().select_only().columns([
        Column::Id,
        Column::UnitId,
        Column::Kind,
        Column::PlanId,
        Column::RoundId,
        Column::OpenedOn,
        Column::DueOn,
        Column::SettledAt,
        Column::State,
    ]);
    let rows: Vec<ObligationRow> = wanted
        .of(select, Column::Id, Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return Ok(Vec::new());
    };
    let ends = (first.0, last.0);
    let mut items = items(db, wanted.referring(ItemColumn::ObligationId, ends)).await?;
    let mut past = former_asks(db, wanted, zone, ends).await?;
    let obligations = rows.into_iter().map(|row| {
        let (id, unit_id, kind, plan_id, round_id, opened_on, due_on, settled_at, state) = row;
        Ok(BoardObligation {
            id: ObligationId(id),
            unit_id: UnitId(unit_id),
            kind: code("obligation kind", &kind)?,
            plan_id: PlanId(plan_id),
            round_id: round_id.map(RoundId),
            opened_on,
            due_on,
            settled_on: settled_at.map(|at| zone.day(at)),
            state: code("obligation state", &state)?,
            assignment_ids: items.remove(&id).unwrap_or_default(),
            past: past.remove(&id).unwrap_or_default(),
        })
    });
    obligations.collect()
}

/// Items in the order of obligations, some thousands at a time: one obligation may have hundreds.
async fn items(
    db: &impl ConnectionTrait,
    of: SimpleExpr,
) -> Result<HashMap<Uuid, Vec<AssignmentId>>, StorageError> {
    use ItemColumn::{AssignmentId as Assignment, ObligationId as Obligation, Position};
    let mut items: HashMap<Uuid, Vec<AssignmentId>> = HashMap::new();
    let mut last: Option<(Uuid, i32)> = None;
    loop {
        let mut select = obligation_item::Entity::find()
            .select_only()
            .columns([Obligation, Assignment, Position])
            .filter(of.clone());
        if let Some((obligation, position)) = last {
            let behind = Obligation
                .gt(obligation)
                .or(Obligation.eq(obligation).and(Position.gt(position)));
            // Bounds the search by the key's first column, which an OR alone does not.
            select = select.filter(Obligation.gte(obligation)).filter(behind);
        }
        let rows: Vec<(Uuid, Option<Uuid>, i32)> = select
            .order_by_asc(Obligation)
            .order_by_asc(Position)
            .limit(ITEMS)
            .into_tuple()
            .all(db)
            .await?;
        let is_last = (rows.len() as u64) < ITEMS;
        last = rows.last().map(|row| (row.0, row.2));
        for (obligation, assignment, _) in rows {
            if let Some(assignment) = assignment {
                let known = items.entry(obligation).or_default();
                known.push(AssignmentId(assignment));
            }
        }
        if is_last {
            return Ok(items);
        }
    }
}

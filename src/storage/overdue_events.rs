//! Due days that were missed: each is told once, `UNIQUE(obligation, due revision)`.

use crate::domain::ids::ObligationId;
use crate::domain::obligation::ObligationState;
use crate::storage::error::StorageError;
use crate::storage::obligations::{StoredObligation, obligation_of};
use crate::storage::{WriteTx, insert_absent};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{obligation, overdue_event};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

/// Requests that are not answered, were due on `first..before`, and whose day was not told as missed; at most `limit`.
///
/// # Errors
/// [`StorageError`].
pub async fn untold(
    db: &impl ConnectionTrait,
    first: NaiveDate,
    before: NaiveDate,
    limit: u64,
) -> Result<Vec<StoredObligation>, StorageError> {
    use obligation::Column as O;
    use overdue_event::Column as E;
    let mut told = Query::select();
    told.expr(Expr::value(1))
        .from(overdue_event::Entity)
        .cond_where(
            Condition::all()
                .add(
                    Expr::col((overdue_event::Entity, E::ObligationId))
                        .equals((obligation::Entity, O::Id)),
                )
                .add(
                    Expr::col((overdue_event::Entity, E::DueRevision))
                        .equals((obligation::Entity, O::DueRevision)),
                ),
        );
    let rows = obligation::Entity::find()
        .filter(O::State.eq(ObligationState::Open.as_str()))
        .filter(O::DueOn.gte(first))
        .filter(O::DueOn.lt(before))
        .filter(Expr::exists(told).not())
        .order_by_asc(O::DueOn)
        .order_by_asc(O::Id)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(obligation_of).collect()
}

/// Writes down that a due day is told as missed; whether this call did it.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(
    tx: &WriteTx,
    obligation_id: ObligationId,
    due_revision: i32,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let row = overdue_event::ActiveModel {
        obligation_id: Set(obligation_id.0),
        due_revision: Set(due_revision),
        told_at: Set(now),
    };
    let key = vec![
        overdue_event::Column::ObligationId,
        overdue_event::Column::DueRevision,
    ];
    insert_absent(tx, row, key).await
}

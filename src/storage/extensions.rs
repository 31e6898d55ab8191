//! Requests for more time 延期, and what lead units say of them.

use crate::domain::extension::ExtensionState;
use crate::domain::ids::{ExtensionId, ObligationId, UnitId};
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, WriteTx, code, insert_absent, new_id};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{extension, extension_view};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// A request as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredExtension {
    /// Its id.
    pub id: ExtensionId,
    /// The obligation whose due day is to move.
    pub obligation_id: ObligationId,
    /// The how-manieth request for it, from 1.
    pub number: i32,
    /// Where it stands.
    pub state: ExtensionState,
    /// Why more time is needed.
    pub reason: String,
    /// Progress so far, in words.
    pub progress: String,
    /// Day by which the unit expects to be done.
    pub expected_on: NaiveDate,
    /// Due day when it was asked.
    pub due_on_before: NaiveDate,
    /// Who asked.
    pub requested_by: String,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// The day granted.
    pub granted_on: Option<NaiveDate>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// What the decision says.
    pub decision_note: Option<String>,
}

/// What a lead unit says of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredView {
    /// The request.
    pub extension_id: ExtensionId,
    /// The lead unit.
    pub unit_id: UnitId,
    /// Whether it is for it.
    pub agrees: bool,
    /// In words.
    pub note: Option<String>,
    /// Who said so.
    pub said_by: String,
    /// When.
    pub said_at: DateTime<Utc>,
}

/// Writes a request.
///
/// # Errors
/// [`StorageError`]; a conflict where somebody else has asked at the same time.
pub async fn insert(tx: &WriteTx, new: &StoredExtension) -> Result<(), StorageError> {
    let row = extension::ActiveModel {
        id: Set(new.id.0),
        obligation_id: Set(new.obligation_id.0),
        number: Set(new.number),
        state: Set(new.state.as_str().to_owned()),
        reason: Set(new.reason.clone()),
        progress: Set(new.progress.clone()),
        expected_on: Set(new.expected_on),
        due_on_before: Set(new.due_on_before),
        requested_by: Set(new.requested_by.clone()),
        requested_at: Set(new.requested_at),
        granted_on: Set(new.granted_on),
        decided_by: Set(new.decided_by.clone()),
        decided_at: Set(new.decided_at),
        decision_note: Set(new.decision_note.clone()),
    };
    row.insert(tx).await?;
    tx.note(Resource::Extensions, new.id.0);
    Ok(())
}

/// Every request for these obligations, the first first.
///
/// # Errors
/// [`StorageError`].
pub async fn of_obligations(
    db: &impl ConnectionTrait,
    ids: &[ObligationId],
) -> Result<Vec<StoredExtension>, StorageError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows = extension::Entity::find()
            .filter(extension::Column::ObligationId.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(extension::Column::ObligationId)
            .order_by_asc(extension::Column::Number)
            .all(db)
            .await?;
        for row in rows {
            found.push(extension_of(row)?);
        }
    }
    Ok(found)
}

/// The request of that id, kept as it is until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(tx: &WriteTx, id: ExtensionId) -> Result<Option<StoredExtension>, StorageError> {
    let row = extension::Entity::find_by_id(id.0)
        .lock_exclusive()
        .one(tx)
        .await?;
    row.map(extension_of).transpose()
}

/// Writes what was decided.
///
/// # Errors
/// [`StorageError`].
pub async fn decide(tx: &WriteTx, decided: &StoredExtension) -> Result<(), StorageError> {
    extension::Entity::update_many()
        .col_expr(
            extension::Column::State,
            Expr::value(decided.state.as_str()),
        )
        .col_expr(
            extension::Column::GrantedOn,
            Expr::value(decided.granted_on),
        )
        .col_expr(
            extension::Column::DecidedBy,
            Expr::value(decided.decided_by.clone()),
        )
        .col_expr(
            extension::Column::DecidedAt,
            Expr::value(decided.decided_at),
        )
        .col_expr(
            extension::Column::DecisionNote,
            Expr::value(decided.decision_note.clone()),
        )
        .filter(extension::Column::Id.eq(decided.id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Extensions, decided.id.0);
    Ok(())
}

/// What was asked for and not decided lapses where the obligations were answered, or asking ended.
///
/// # Errors
/// [`StorageError`].
pub async fn lapse(
    tx: &WriteTx,
    obligations: &[ObligationId],
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    for chunk in obligations.chunks(CHUNK) {
        let ids: Vec<Uuid> = extension::Entity::find()
            .select_only()
            .column(extension::Column::Id)
            .filter(extension::Column::ObligationId.is_in(chunk.iter().map(|id| id.0)))
            .filter(extension::Column::State.eq(ExtensionState::Requested.as_str()))
            .into_tuple()
            .all(tx)
            .await?;
        if ids.is_empty() {
            continue;
        }
        extension::Entity::update_many()
            .col_expr(
                extension::Column::State,
                Expr::value(ExtensionState::Lapsed.as_str()),
            )
            .col_expr(extension::Column::DecidedAt, Expr::value(now))
            .filter(extension::Column::Id.is_in(ids.iter().copied()))
            .exec(tx)
            .await?;
        for id in ids {
            tx.note(Resource::Extensions, id);
        }
    }
    Ok(())
}

/// Writes what a lead unit says; whether it had not said anything before.
///
/// # Errors
/// [`StorageError`].
pub async fn insert_view(tx: &WriteTx, view: &StoredView) -> Result<bool, StorageError> {
    let row = extension_view::ActiveModel {
        id: Set(new_id()),
        extension_id: Set(view.extension_id.0),
        unit_id: Set(view.unit_id.0),
        agrees: Set(view.agrees),
        note: Set(view.note.clone()),
        said_by: Set(view.said_by.clone()),
        said_at: Set(view.said_at),
    };
    let key = vec![
        extension_view::Column::ExtensionId,
        extension_view::Column::UnitId,
    ];
    let inserted = insert_absent(tx, row, key).await?;
    if inserted {
        tx.note(Resource::Extensions, view.extension_id.0);
    }
    Ok(inserted)
}

/// What lead units have said of these requests, the first first.
///
/// # Errors
/// [`StorageError`].
pub async fn views(
    db: &impl ConnectionTrait,
    ids: &[ExtensionId],
) -> Result<Vec<StoredView>, StorageError> {
    let rows = extension_view::Entity::find()
        .filter(extension_view::Column::ExtensionId.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(extension_view::Column::SaidAt)
        .order_by_asc(extension_view::Column::Id)
        .all(db)
        .await?;
    let views = rows.into_iter().map(|row| StoredView {
        extension_id: ExtensionId(row.extension_id),
        unit_id: UnitId(row.unit_id),
        agrees: row.agrees,
        note: row.note,
        said_by: row.said_by,
        said_at: row.said_at,
    });
    Ok(views.collect())
}

pub(super) fn extension_of(row: extension::Model) -> Result<StoredExtension, StorageError> {
    Ok(StoredExtension {
        id: ExtensionId(row.id),
        obligation_id: ObligationId(row.obligation_id),
        number: row.number,
        state: code("extension state", &row.state)?,
        reason: row.reason,
        progress: row.progress,
        expected_on: row.expected_on,
        due_on_before: row.due_on_before,
        requested_by: row.requested_by,
        requested_at: row.requested_at,
        granted_on: row.granted_on,
        decided_by: row.decided_by,
        decided_at: row.decided_at,
        decision_note: row.decision_note,
    })
}

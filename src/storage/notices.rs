//! Notices 督办单. `UNIQUE(matter, episode, rung)`: a matter has one notice of a rung, however many instances raise it.
//! Numbers are taken under a lock of their year, and go back with a transaction that fails: they have no gaps.

use crate::domain::ids::{AttachmentId, NoticeId, ObligationId, PlanId, TaskId, UnitId};
use crate::domain::notice::{
    NoticeEvent, NoticeNumber, NoticeObjection, NoticeOrigin, NoticeState, Rung,
};
use crate::domain::notice_facts::NoticeFacts;
use crate::domain::obligation::ObligationState;
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{CHUNK, WriteTx, code, from_json, insert_absent, insert_all, new_id, to_json};
use chrono::{DateTime, NaiveDate, Utc};
use entity::{notice, notice_ask, notice_event, notice_number, obligation};
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

/// A notice as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredNotice {
    /// Its id.
    pub id: NoticeId,
    /// What it is about, as a key.
    pub matter: String,
    /// The how-manieth time that this matter comes up, from 1.
    pub episode: i32,
    /// Its rung.
    pub rung: Rung,
    /// Where it comes from.
    pub origin: NoticeOrigin,
    /// Where it stands.
    pub state: NoticeState,
    /// The unit it goes to.
    pub unit_id: UnitId,
    /// The plan.
    pub plan_id: PlanId,
    /// The task, where it is about one.
    pub task_id: Option<TaskId>,
    /// The request for its answer, once issued.
    pub obligation_id: Option<ObligationId>,
    /// The notice before it about the same matter.
    pub earlier_id: Option<NoticeId>,
    /// The document as it was issued.
    pub attachment_id: Option<AttachmentId>,
    /// Its number, once issued.
    pub number: Option<NoticeNumber>,
    /// Why it was raised.
    pub reason: String,
    /// What the unit is to do.
    pub demand: String,
    /// Workdays from issue to answer.
    pub answer_workdays: i32,
    /// What it states.
    pub facts: NoticeFacts,
    /// Local day it was raised.
    pub raised_on: NaiveDate,
    /// Local day it was issued.
    pub issued_on: Option<NaiveDate>,
    /// Where an objection to it stands.
    pub objection: Option<NoticeObjection>,
    /// Local day on which what it is about was found settled.
    pub cleared_on: Option<NaiveDate>,
}

/// A step in the life of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredStep {
    /// The notice.
    pub notice_id: NoticeId,
    /// What happened.
    pub event: NoticeEvent,
    /// Where the notice stood afterwards.
    pub after: NoticeState,
    /// What was said.
    pub note: Option<String>,
    /// The day by which it is to be answered from then on.
    pub due_on: Option<NaiveDate>,
    /// Who.
    pub done_by: String,
    /// Local day.
    pub done_on: NaiveDate,
    /// When.
    pub done_at: DateTime<Utc>,
}

/// Writes a notice and what it is about, unless the matter has one of that rung; whether it was written.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(
    tx: &WriteTx,
    new: &StoredNotice,
    asks: &[ObligationId],
) -> Result<bool, StorageError> {
    use notice::Column::{Episode, Matter, Rung};
    if !insert_absent(tx, row_of(new)?, vec![Matter, Episode, Rung]).await? {
        return Ok(false);
    }
    let rows = asks.iter().map(|ask| notice_ask::ActiveModel {
        id: Set(new_id()),
        notice_id: Set(new.id.0),
        obligation_id: Set(ask.0),
    });
    insert_all(tx, rows.collect()).await?;
    tx.note(Resource::Notices, new.id.0);
    Ok(true)
}

/// Writes a notice as it now stands, and the step that made it so.
///
/// # Errors
/// [`StorageError`].
pub async fn record(
    tx: &WriteTx,
    notice: &StoredNotice,
    step: &StoredStep,
) -> Result<(), StorageError> {
    row_of(notice)?.reset_all().update(tx).await?;
    record_step(tx, step).await
}

/// Writes a step of a notice that is as it was.
///
/// # Errors
/// [`StorageError`].
pub async fn record_step(tx: &WriteTx, step: &StoredStep) -> Result<(), StorageError> {
    let row = notice_event::ActiveModel {
        id: Set(new_id()),
        notice_id: Set(step.notice_id.0),
        event: Set(step.event.as_str().to_owned()),
        state_after: Set(step.after.as_str().to_owned()),
        note: Set(step.note.clone()),
        due_on: Set(step.due_on),
        done_by: Set(step.done_by.clone()),
        done_on: Set(step.done_on),
        done_at: Set(step.done_at),
    };
    row.insert(tx).await?;
    tx.note(Resource::Notices, step.notice_id.0);
    Ok(())
}

/// The next number of a year; nobody else gets one of that year until the transaction ends.
///
/// # Errors
/// [`StorageError`].
pub async fn next_number(tx: &WriteTx, year: i32) -> Result<NoticeNumber, StorageError> {
    let first = notice_number::ActiveModel {
        year: Set(year),
        last: Set(0),
    };
    insert_absent(tx, first, vec![notice_number::Column::Year]).await?;
    let held = notice_number::Entity::find_by_id(year)
        .lock_exclusive()
        .one(tx)
        .await?;
    let serial = held.map_or(0, |row| row.last) + 1;
    notice_number::Entity::update_many()
        .col_expr(notice_number::Column::Last, Expr::value(serial))
        .filter(notice_number::Column::Year.eq(year))
        .exec(tx)
        .await?;
    Ok(NoticeNumber { year, serial })
}

/// The notices with these ids, in their order.
///
/// # Errors
/// [`StorageError`].
pub async fn with_ids(
    db: &impl ConnectionTrait,
    ids: &[NoticeId],
) -> Result<Vec<StoredNotice>, StorageError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let wanted = notice::Column::Id.is_in(chunk.iter().map(|id| id.0));
        found.extend(matching(db, Condition::all().add(wanted)).await?);
    }
    Ok(found)
}

/// The notices with these ids, in their order, kept as they are until the transaction ends. Whoever holds obligations too
/// holds these first.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(tx: &WriteTx, ids: &[NoticeId]) -> Result<Vec<StoredNotice>, StorageError> {
    let rows = notice::Entity::find()
        .filter(notice::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .order_by_asc(notice::Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    rows.into_iter().map(notice_of).collect()
}

/// All notices of these matters, in the order in which they were raised.
///
/// # Errors
/// [`StorageError`].
pub async fn of_matters(
    db: &impl ConnectionTrait,
    matters: &[String],
) -> Result<Vec<StoredNotice>, StorageError> {
    let mut found = Vec::new();
    for chunk in matters.chunks(CHUNK) {
        let wanted = notice::Column::Matter.is_in(chunk);
        found.extend(matching(db, Condition::all().add(wanted)).await?);
    }
    Ok(found)
}

/// The notices whose matter has not been found settled, and may be: none of their requests is left unanswered, or open by
/// its first due day. Those about no request are among them.
///
/// # Errors
/// [`StorageError`].
pub async fn perhaps_settled(db: &impl ConnectionTrait) -> Result<Vec<StoredNotice>, StorageError> {
    use obligation::Column::{DueRevision, State};
    let is_first_day = Condition::all()
        .add(State.eq(ObligationState::Open.as_str()))
        .add(DueRevision.eq(0));
    let stands = Condition::any()
        .add(State.eq(ObligationState::Unanswered.as_str()))
        .add(is_first_day);
    let asked = obligation::Entity::find()
        .select_only()
        .column(obligation::Column::Id)
        .filter(stands)
        .into_query();
    let standing = notice_ask::Entity::find()
        .select_only()
        .column(notice_ask::Column::NoticeId)
        .filter(notice_ask::Column::ObligationId.in_subquery(asked))
        .into_query();
    let wanted = Condition::all()
        .add(notice::Column::ClearedOn.is_null())
        .add(notice::Column::Id.not_in_subquery(standing));
    matching(db, wanted).await
}

/// The requests left unanswered that a notice of this rung is about which was issued and still waits for its answer.
///
/// # Errors
/// [`StorageError`].
pub async fn left_unanswered(
    db: &impl ConnectionTrait,
    rung: Rung,
) -> Result<Vec<ObligationId>, StorageError> {
    let waiting = notice::Entity::find()
        .select_only()
        .column(notice::Column::Id)
        .filter(notice::Column::ClearedOn.is_null())
        .filter(notice::Column::Rung.eq(rung.as_str()))
        .filter(notice::Column::State.eq(NoticeState::Issued.as_str()))
        .into_query();
    let about = notice_ask::Entity::find()
        .select_only()
        .column(notice_ask::Column::ObligationId)
        .filter(notice_ask::Column::NoticeId.in_subquery(waiting))
        .into_query();
    let ids: Vec<Uuid> = obligation::Entity::find()
        .select_only()
        .column(obligation::Column::Id)
        .filter(obligation::Column::State.eq(ObligationState::Unanswered.as_str()))
        .filter(obligation::Column::Id.in_subquery(about))
        .order_by_asc(obligation::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().map(ObligationId).collect())
}

/// The notices that are about these obligations, or whose answer one of them asks for.
///
/// # Errors
/// [`StorageError`].
pub async fn touched_by(
    db: &impl ConnectionTrait,
    obligations: &[ObligationId],
) -> Result<Vec<StoredNotice>, StorageError> {
    let mut found = Vec::new();
    for chunk in obligations.chunks(CHUNK) {
        let about = notice_ask::Entity::find()
            .select_only()
            .column(notice_ask::Column::NoticeId)
            .filter(notice_ask::Column::ObligationId.is_in(chunk.iter().map(|id| id.0)))
            .into_query();
        let wanted = Condition::any()
            .add(notice::Column::ObligationId.is_in(chunk.iter().map(|id| id.0)))
            .add(notice::Column::Id.in_subquery(about));
        found.extend(matching(db, wanted).await?);
    }
    found.sort_by_key(|one: &StoredNotice| one.id);
    found.dedup_by_key(|one| one.id);
    Ok(found)
}

/// The documents of the notices whose answers these obligations ask for.
///
/// # Errors
/// [`StorageError`].
pub async fn files_of(
    db: &impl ConnectionTrait,
    obligations: &[ObligationId],
) -> Result<Vec<(ObligationId, AttachmentId)>, StorageError> {
    let rows: Vec<(Option<Uuid>, Option<Uuid>)> = notice::Entity::find()
        .select_only()
        .columns([notice::Column::ObligationId, notice::Column::AttachmentId])
        .filter(notice::Column::ObligationId.is_in(obligations.iter().map(|id| id.0)))
        .filter(notice::Column::AttachmentId.is_not_null())
        .order_by_asc(notice::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let rows = rows.into_iter();
    let pairs = rows.filter_map(|(ask, file)| Some((ObligationId(ask?), AttachmentId(file?))));
    Ok(pairs.collect())
}

/// What these notices are about: each with the requests.
///
/// # Errors
/// [`StorageError`].
pub async fn asks_of(
    db: &impl ConnectionTrait,
    ids: &[NoticeId],
) -> Result<Vec<(NoticeId, ObligationId)>, StorageError> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(Uuid, Uuid)> = notice_ask::Entity::find()
            .select_only()
            .columns([
                notice_ask::Column::NoticeId,
                notice_ask::Column::ObligationId,
            ])
            .filter(notice_ask::Column::NoticeId.is_in(chunk.iter().map(|id| id.0)))
            .order_by_asc(notice_ask::Column::ObligationId)
            .into_tuple()
            .all(db)
            .await?;
        let pairs = rows.into_iter();
        found.extend(pairs.map(|(notice, ask)| (NoticeId(notice), ObligationId(ask))));
    }
    Ok(found)
}

/// Everything that happened to a notice, the first first.
///
/// # Errors
/// [`StorageError`].
pub async fn steps(
    db: &impl ConnectionTrait,
    id: NoticeId,
) -> Result<Vec<StoredStep>, StorageError> {
    let rows = notice_event::Entity::find()
        .filter(notice_event::Column::NoticeId.eq(id.0))
        .order_by_asc(notice_event::Column::DoneAt)
        .order_by_asc(notice_event::Column::Id)
        .all(db)
        .await?;
    let steps = rows.into_iter().map(|row| {
        Ok(StoredStep {
            notice_id: NoticeId(row.notice_id),
            event: code("notice event", &row.event)?,
            after: code("notice state", &row.state_after)?,
            note: row.note,
            due_on: row.due_on,
            done_by: row.done_by,
            done_on: row.done_on,
            done_at: row.done_at,
        })
    });
    steps.collect()
}

async fn matching(
    db: &impl ConnectionTrait,
    wanted: Condition,
) -> Result<Vec<StoredNotice>, StorageError> {
    let rows = notice::Entity::find()
        .filter(wanted)
        .order_by_asc(notice::Column::Id)
        .all(db)
        .await?;
    rows.into_iter().map(notice_of).collect()
}

fn row_of(one: &StoredNotice) -> Result<notice::ActiveModel, StorageError> {
    Ok(notice::ActiveModel {
        id: Set(one.id.0),
        matter: Set(one.matter.clone()),
        episode: Set(one.episode),
        rung: Set(one.rung.as_str().to_owned()),
        origin: Set(one.origin.as_str().to_owned()),
        state: Set(one.state.as_str().to_owned()),
        unit_id: Set(one.unit_id.0),
        plan_id: Set(one.plan_id.0),
        task_id: Set(one.task_id.map(|id| id.0)),
        obligation_id: Set(one.obligation_id.map(|id| id.0)),
        earlier_id: Set(one.earlier_id.map(|id| id.0)),
        attachment_id: Set(one.attachment_id.map(|id| id.0)),
        year: Set(one.number.map(|number| number.year)),
        serial: Set(one.number.map(|number| number.serial)),
        reason: Set(one.reason.clone()),
        demand: Set(one.demand.clone()),
        answer_workdays: Set(one.answer_workdays),
        facts: Set(to_json("notice.facts", &one.facts)?),
        raised_on: Set(one.raised_on),
        issued_on: Set(one.issued_on),
        objection: Set(one.objection.map(|state| state.as_str().to_owned())),
        cleared_on: Set(one.cleared_on),
    })
}

pub(super) fn notice_of(row: notice::Model) -> Result<StoredNotice, StorageError> {
    let number = row.year.zip(row.serial);
    Ok(StoredNotice {
        id: NoticeId(row.id),
        matter: row.matter,
        episode: row.episode,
        rung: code("rung", &row.rung)?,
        origin: code("notice origin", &row.origin)?,
        state: code("notice state", &row.state)?,
        unit_id: UnitId(row.unit_id),
        plan_id: PlanId(row.plan_id),
        task_id: row.task_id.map(TaskId),
        obligation_id: row.obligation_id.map(ObligationId),
        earlier_id: row.earlier_id.map(NoticeId),
        attachment_id: row.attachment_id.map(AttachmentId),
        number: number.map(|(year, serial)| NoticeNumber { year, serial }),
        reason: row.reason,
        demand: row.demand,
        answer_workdays: row.answer_workdays,
        facts: from_json("notice.facts", row.facts)?,
        raised_on: row.raised_on,
        issued_on: row.issued_on,
        objection: match row.objection {
            Some(state) => Some(code("objection state", &state)?),
            None => None,
        },
        cleared_on: row.cleared_on,
    })
}

//! Rounds 一次. `UNIQUE(cycle_id, period_key)`: whoever inserts first has opened the round.

use crate::domain::draw::Draw;
use crate::domain::ids::{CycleId, RoundId};
use crate::domain::inspection::{DrawState, InspectionMode};
use crate::domain::inspector_draw::InspectorDraw;
use crate::domain::period_key::PeriodKey;
use crate::domain::resource::Resource;
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, code, from_json, insert_absent, to_json};
use chrono::{DateTime, NaiveDate, Utc};
use entity::round;
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// A round as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRound {
    /// Its id.
    pub id: RoundId,
    /// Its cycle.
    pub cycle_id: CycleId,
    /// Its period.
    pub period: PeriodKey,
    /// Whether it still asks.
    pub open: bool,
    /// Opening day by the calendar.
    pub planned_on: NaiveDate,
    /// Local day it was opened.
    pub opened_on: NaiveDate,
    /// Latest due day; `None` where nothing is asked.
    pub due_on: Option<NaiveDate>,
    /// Opened after its opening day.
    pub late: bool,
    /// Reason given by the person who opened it.
    pub by_hand: Option<String>,
    /// A date of it rests on a calendar not announced yet.
    pub provisional: bool,
    /// What a person should know: units over budget, schools left out for vacation.
    pub listed: Vec<String>,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// How its draw stands; `None` where it has none.
    pub check: Option<RoundCheck>,
}

/// How the draw of a round stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundCheck {
    /// How what was drawn is inspected.
    pub mode: InspectionMode,
    /// Whether the draw is in force.
    pub state: DrawState,
    /// Day by which results are to be recorded, once it is.
    pub results_due_on: Option<NaiveDate>,
    /// Who confirmed it; `None` where nobody had to.
    pub confirmed_by: Option<String>,
    /// Local day from which it is in force.
    pub confirmed_on: Option<NaiveDate>,
}

/// The draw of a spot-check round: everything that is needed to replay it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct StoredDraw {
    /// The seed.
    pub seed: String,
    /// SHA-256 of the seed, laid down before the draw.
    pub commitment: String,
    /// How much was drawn.
    pub quota: crate::domain::draw::Quota,
    /// Who could be drawn.
    pub candidates: Vec<crate::domain::draw::Candidate>,
    /// Who was.
    pub result: Draw,
    /// Who inspects them; `None` in draws made before inspectors were drawn.
    #[serde(default)]
    pub inspectors: Option<InspectorDraw>,
}

/// Opens a round unless the cycle has one for that period; whether it was opened by this call.
///
/// # Errors
/// [`StorageError`].
pub async fn insert(
    tx: &WriteTx,
    round: &StoredRound,
    draw: Option<&StoredDraw>,
) -> Result<bool, StorageError> {
    let check = round.check.as_ref();
    let row = round::ActiveModel {
        id: Set(round.id.0),
        cycle_id: Set(round.cycle_id.0),
        period_key: Set(round.period.to_string()),
        state: Set("open".to_owned()),
        planned_on: Set(round.planned_on),
        opened_on: Set(round.opened_on),
        due_on: Set(round.due_on),
        late: Set(round.late),
        by_hand: Set(round.by_hand.clone()),
        provisional: Set(round.provisional),
        seed: Set(draw.map(|draw| draw.seed.clone())),
        commitment: Set(draw.map(|draw| draw.commitment.clone())),
        draw: Set(draw.map(|draw| to_json("round.draw", draw)).transpose()?),
        listed: Set(to_json("round.listed", &round.listed)?),
        opened_at: Set(round.opened_at),
        closed_at: Set(None),
        mode: Set(check.map(|check| check.mode.as_str().to_owned())),
        draw_state: Set(check.map(|check| check.state.as_str().to_owned())),
        results_due_on: Set(check.and_then(|check| check.results_due_on)),
        confirmed_by: Set(check.and_then(|check| check.confirmed_by.clone())),
        confirmed_on: Set(check.and_then(|check| check.confirmed_on)),
        closed_by: Set(None),
    };
    tx.note(Resource::Rounds, round.id.0);
    insert_absent(
        tx,
        row,
        vec![round::Column::CycleId, round::Column::PeriodKey],
    )
    .await
}

/// The draw of a round; `None` where it has none.
///
/// # Errors
/// [`StorageError`].
pub async fn draw(
    db: &impl ConnectionTrait,
    id: RoundId,
) -> Result<Option<StoredDraw>, StorageError> {
    let row = round::Entity::find_by_id(id.0).one(db).await?;
    let Some((draw, commitment)) = row.and_then(|row| Some((row.draw?, row.commitment))) else {
        return Ok(None);
    };
    let mut draw: StoredDraw = from_json("round.draw", draw)?;
    // What was published stands in a column of its own: whoever changes the draw would have to change both.
    draw.commitment = commitment.unwrap_or_default();
    Ok(Some(draw))
}

/// Everything of a round but its draw, which is large and seldom wanted.
#[derive(Debug, FromQueryResult)]
struct RoundRow {
    id: Uuid,
    cycle_id: Uuid,
    period_key: String,
    state: String,
    planned_on: NaiveDate,
    opened_on: NaiveDate,
    due_on: Option<NaiveDate>,
    late: bool,
    by_hand: Option<String>,
    provisional: bool,
    listed: serde_json::Value,
    opened_at: DateTime<Utc>,
    mode: Option<String>,
    draw_state: Option<String>,
    results_due_on: Option<NaiveDate>,
    confirmed_by: Option<String>,
    confirmed_on: Option<NaiveDate>,
}

/// Rounds that meet a condition, oldest opening first.
async fn find(
    db: &impl ConnectionTrait,
    condition: Condition,
) -> Result<Vec<StoredRound>, StorageError> {
    use round::Column as C;
    let rows = round::Entity::find()
        .select_only()
        .columns([
            C::Id,
            C::CycleId,
            C::PeriodKey,
            C::State,
            C::PlannedOn,
            C::OpenedOn,
            C::DueOn,
        ])
        .columns([C::Late, C::ByHand, C::Provisional, C::Listed, C::OpenedAt])
        .columns([C::Mode, C::DrawState, C::ResultsDueOn])
        .columns([C::ConfirmedBy, C::ConfirmedOn])
        .filter(condition)
        .order_by_asc(C::OpenedAt)
        .order_by_asc(C::Id)
        .into_model::<RoundRow>()
        .all(db)
        .await?;
    rows.into_iter().map(round_of).collect()
}

/// Rounds of a cycle, oldest opening first.
///
/// # Errors
/// [`StorageError`].
pub async fn of_cycle(
    db: &impl ConnectionTrait,
    cycle_id: CycleId,
) -> Result<Vec<StoredRound>, StorageError> {
    find(
        db,
        Condition::all().add(round::Column::CycleId.eq(cycle_id.0)),
    )
    .await
}

/// All rounds, oldest opening first.
///
/// # Errors
/// [`StorageError`].
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<StoredRound>, StorageError> {
    find(db, Condition::all()).await
}

/// Rounds that still ask, oldest opening first.
///
/// # Errors
/// [`StorageError`].
pub async fn open(db: &impl ConnectionTrait) -> Result<Vec<StoredRound>, StorageError> {
    find(db, Condition::all().add(round::Column::State.eq("open"))).await
}

/// The round of that id.
///
/// # Errors
/// [`StorageError`].
pub async fn get(
    db: &impl ConnectionTrait,
    id: RoundId,
) -> Result<Option<StoredRound>, StorageError> {
    Ok(find(db, Condition::all().add(round::Column::Id.eq(id.0)))
        .await?
        .pop())
}

/// Holds a round until the transaction ends: whoever else would confirm or close it, or number its findings, waits.
///
/// # Errors
/// [`StorageError`].
pub async fn hold(tx: &WriteTx, id: RoundId) -> Result<Option<StoredRound>, StorageError> {
    let locked: Option<Uuid> = round::Entity::find_by_id(id.0)
        .select_only()
        .column(round::Column::Id)
        .lock_exclusive()
        .into_tuple()
        .one(tx)
        .await?;
    match locked {
        Some(_) => get(tx, id).await,
        None => Ok(None),
    }
}

/// Writes down that the draw of a round is in force, with what it asks and what people should know.
///
/// # Errors
/// [`StorageError`].
pub async fn confirm(tx: &WriteTx, round: &StoredRound) -> Result<(), StorageError> {
    use round::Column as C;
    let Some(check) = &round.check else {
        return Ok(());
    };
    round::Entity::update_many()
        .col_expr(C::DrawState, Expr::value(check.state.as_str()))
        .col_expr(C::ResultsDueOn, Expr::value(check.results_due_on))
        .col_expr(C::ConfirmedBy, Expr::value(check.confirmed_by.clone()))
        .col_expr(C::ConfirmedOn, Expr::value(check.confirmed_on))
        .col_expr(C::DueOn, Expr::value(round.due_on))
        .col_expr(C::Provisional, Expr::value(round.provisional))
        .filter(C::Id.eq(round.id.0))
        .exec(tx)
        .await?;
    set_listed(tx, round.id, &round.listed).await
}

/// Writes down what people should know of a round.
///
/// # Errors
/// [`StorageError`].
pub async fn set_listed(tx: &WriteTx, id: RoundId, listed: &[String]) -> Result<(), StorageError> {
    round::Entity::update_many()
        .col_expr(
            round::Column::Listed,
            Expr::value(to_json("round.listed", &listed)?),
        )
        .filter(round::Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Rounds, id.0);
    Ok(())
}

/// Sets the latest due day of a round's obligations.
///
/// # Errors
/// [`StorageError`].
pub async fn move_due(
    tx: &WriteTx,
    id: RoundId,
    due_on: NaiveDate,
    provisional: bool,
) -> Result<(), StorageError> {
    round::Entity::update_many()
        .col_expr(round::Column::DueOn, Expr::value(due_on))
        .col_expr(round::Column::Provisional, Expr::value(provisional))
        .filter(round::Column::Id.eq(id.0))
        .exec(tx)
        .await?;
    tx.note(Resource::Rounds, id.0);
    Ok(())
}

/// Closes an open round; whether this call closed it.
///
/// # Errors
/// [`StorageError`].
pub async fn close(
    tx: &WriteTx,
    id: RoundId,
    closed_by: &str,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let result = round::Entity::update_many()
        .col_expr(round::Column::State, Expr::value("closed"))
        .col_expr(round::Column::ClosedAt, Expr::value(now))
        .col_expr(round::Column::ClosedBy, Expr::value(closed_by))
        .filter(round::Column::Id.eq(id.0))
        .filter(round::Column::State.eq("open"))
        .exec(tx)
        .await?;
    tx.note(Resource::Rounds, id.0);
    Ok(result.rows_affected > 0)
}

/// When a round was closed, and by whom where that is known; `None` while it asks.
///
/// # Errors
/// [`StorageError`].
pub async fn closing(
    db: &impl ConnectionTrait,
    id: RoundId,
) -> Result<Option<(DateTime<Utc>, Option<String>)>, StorageError> {
    let row: Option<(Option<DateTime<Utc>>, Option<String>)> = round::Entity::find_by_id(id.0)
        .select_only()
        .columns([round::Column::ClosedAt, round::Column::ClosedBy])
        .into_tuple()
        .one(db)
        .await?;
    Ok(row.and_then(|(at, by)| Some((at?, by))))
}

fn round_of(row: RoundRow) -> Result<StoredRound, StorageError> {
    Ok(StoredRound {
        id: RoundId(row.id),
        cycle_id: CycleId(row.cycle_id),
        period: code("period key", &row.period_key)?,
        open: row.state == "open",
        planned_on: row.planned_on,
        opened_on: row.opened_on,
        due_on: row.due_on,
        late: row.late,
        by_hand: row.by_hand,
        provisional: row.provisional,
        listed: from_json("round.listed", row.listed)?,
        opened_at: row.opened_at,
        check: check_of(
            row.mode.as_deref(),
            row.draw_state.as_deref(),
            (row.results_due_on, row.confirmed_by, row.confirmed_on),
        )?,
    })
}

/// How the draw of a round stands, from its columns.
pub(super) fn check_of(
    mode: Option<&str>,
    state: Option<&str>,
    (results_due_on, confirmed_by, confirmed_on): (
        Option<NaiveDate>,
        Option<String>,
        Option<NaiveDate>,
    ),
) -> Result<Option<RoundCheck>, StorageError> {
    let (Some(mode), Some(state)) = (mode, state) else {
        return Ok(None);
    };
    Ok(Some(RoundCheck {
        mode: code("inspection mode", mode)?,
        state: code("draw state", state)?,
        results_due_on,
        confirmed_by,
        confirmed_on,
    }))
}

//! The board of this process: loaded when first asked, then kept up from the feed of changes. Whoever asks sees every
//! change that was committed when they asked (as `Ctx::change_no` tells it).
//!
//! Readers read side by side. One refresh runs at a time: it fetches the rows without holding anybody up, and puts them in
//! under the lock. Where the feed does not reach back, or too much has changed, everything is loaded anew, the old board
//! being dropped first: there are never two.

use crate::domain::board::{AsOf, Board, FollowedSums, Reach, SeriesPoint, Sums};
use crate::domain::calendar::Holidays;
use crate::domain::resource::Resource;
use crate::domain::workday_line::WorkdayLine;
use crate::flow::load_board::{Changed, load};
use crate::flow::{Ctx, FlowError, lock};
use crate::storage::changes;
use chrono::NaiveDate;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use uuid::Uuid;

/// Changes read from the feed at once.
const FEED_PAGE: u64 = 5_000;

/// More changed rows than this, and loading everything is as quick.
const MOST_CHANGES: usize = 50_000;

/// From this many assignments on, a look at the board is no matter of microseconds, and leaves the threads that answer
/// requests.
const LARGE: usize = 20_000;

/// Series kept for those who ask again.
const SERIES_KEPT: usize = 32;

/// Nothing is loaded.
const NOTHING: i64 = -1;

/// Holds the board.
pub struct BoardKeeper {
    held: RwLock<Held>,
    /// What is held shows every change up to this number.
    complete: AtomicI64,
    /// Who refreshes.
    turn: tokio::sync::Mutex<()>,
    worked: Worked,
}

/// What was worked out and is kept for those who ask again.
#[derive(Default)]
struct Worked {
    series: Mutex<Vec<KeptSeries>>,
    /// The sums of the whole board as of the newest day that was asked about.
    sums: Mutex<Option<FollowedSums>>,
}

#[derive(Default)]
struct Held {
    is_loaded: bool,
    board: Board,
    line: Option<Arc<WorkdayLine>>,
    /// The calendar that the line was made of.
    calendar: Option<Arc<crate::domain::school_calendar::SchoolCalendar>>,
    /// Obligations that named rows which had not come yet.
    waiting: BTreeSet<Uuid>,
}

struct KeptSeries {
    reach: Reach,
    until: NaiveDate,
    points: Arc<Vec<SeriesPoint>>,
}

impl Default for BoardKeeper {
    fn default() -> Self {
        Self {
            held: RwLock::default(),
            complete: AtomicI64::new(NOTHING),
            turn: tokio::sync::Mutex::default(),
            worked: Worked::default(),
        }
    }
}

impl fmt::Debug for BoardKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoardKeeper")
            .field("complete", &self.complete)
            .finish_non_exhaustive()
    }
}

/// The board while it is looked at.
pub struct BoardView<'a> {
    /// Its rows.
    pub board: &'a Board,
    /// The workdays that its days are counted by.
    pub line: &'a WorkdayLine,
    worked: &'a Worked,
}

impl Worked {
    fn clear(&self) {
        lock(&self.series).clear();
        *lock(&self.sums) = None;
    }
}

impl BoardView<'_> {
    /// Hands the sums of `day` within `reach` to `take`. Those of the whole board are kept and follow the newest day.
    pub fn with_sums<T>(&self, day: &AsOf<'_>, reach: &Reach, take: impl FnOnce(&Sums) -> T) -> T {
        if *reach == Reach::All {
            let mut kept = lock(&self.worked.sums);
            let known = kept.get_or_insert_with(|| FollowedSums::of(day));
            if known.on() <= day.on() {
                return take(known.follow(day));
            }
        }
        take(&day.sums(reach))
    }

    /// The weekly points up to and including `until`, from the first at which something is counted. What lies in the past
    /// stays as it is, and is worked out once.
    pub fn series_until(&self, until: NaiveDate, reach: &Reach) -> Arc<Vec<SeriesPoint>> {
        let known = lock(&self.worked.series)
            .iter()
            .find(|kept| kept.until == until && kept.reach == *reach)
            .map(|kept| kept.points.clone());
        if let Some(points) = known {
            return points;
        }
        let step = crate::domain::board::Step::Week;
        let mut points = self
            .board
            .series(NaiveDate::MIN, until, step, reach, self.line);
        let first = points.iter().position(|point| point.assignments > 0);
        points.drain(..first.unwrap_or(points.len()));
        let points = Arc::new(points);
        let mut kept = lock(&self.worked.series);
        if kept.len() >= SERIES_KEPT {
            kept.remove(0);
        }
        kept.push(KeptSeries {
            reach: reach.clone(),
            until,
            points: points.clone(),
        });
        points
    }
}

/// Answers a question from the board, which shows every change committed by now.
///
/// # Errors
/// [`FlowError::Storage`], [`FlowError::Board`].
pub async fn ask<T: Send + 'static>(
    ctx: &Ctx,
    question: impl FnOnce(&BoardView<'_>) -> T + Send + 'static,
) -> Result<T, FlowError> {
    let is_large = loop {
        refresh(ctx).await?;
        let held = ctx.board.read();
        if held.is_loaded {
            break held.board.assignments() >= LARGE;
        }
    };
    let keeper = ctx.board.clone();
    on_a_thread(is_large, move || keeper.look(question)).await
}

/// Loads the board before anybody asks. What goes wrong is told, and the first who asks tries again.
pub async fn warm_up(ctx: &Ctx) {
    if let Err(error) = refresh(ctx).await {
        tracing::warn!(%error, "Could not load the board ahead");
    }
}

impl BoardKeeper {
    fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is held; what was worked out and is no longer right is for `change` to forget.
    fn change<T>(&self, change: impl FnOnce(&mut Held, &Worked) -> T) -> T {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut held, &self.worked)
    }

    fn look<T>(&self, question: impl FnOnce(&BoardView<'_>) -> T) -> T {
        let held = self.read();
        let nothing = WorkdayLine::new(&Holidays::default(), NaiveDate::MAX, NaiveDate::MIN);
        question(&BoardView {
            board: &held.board,
            line: held.line.as_deref().unwrap_or(&nothing),
            worked: &self.worked,
        })
    }
}

/// Brings the board up to what is committed now; whoever comes meanwhile waits for the same.
async fn refresh(ctx: &Ctx) -> Result<(), FlowError> {
    let keeper = &ctx.board;
    let wanted = ctx.change_no().await?;
    let is_there = || keeper.complete.load(Ordering::Acquire) >= wanted;
    if is_there() {
        return Ok(());
    }
    let _turn = keeper.turn.lock().await;
    if is_there() {
        return Ok(());
    }
    let complete = keeper.complete.load(Ordering::Acquire);
    let span = changes::span(&ctx.db).await?;
    let changed = match complete >= span.oldest_kept {
        true => changed_since(ctx, complete).await?,
        false => None,
    };
    set_calendar(ctx).await?;
    let complete = match changed {
        Some((rows, last)) => {
            apply(ctx, rows).await?;
            last.max(span.newest)
        }
        None => {
            load_anew(ctx).await?;
            span.newest
        }
    };
    keeper.complete.store(complete, Ordering::Release);
    Ok(())
}

/// Drops the board and loads it. A reader that comes between finds it missing and waits its turn.
async fn load_anew(ctx: &Ctx) -> Result<(), FlowError> {
    let started = std::time::Instant::now();
    ctx.board.complete.store(NOTHING, Ordering::Release);
    ctx.board.change(|held, worked| {
        held.is_loaded = false;
        held.board = Board::default();
        held.waiting.clear();
        worked.clear();
    });
    let (board, waiting) = load(ctx).await?;
    tracing::info!(
        assignments = board.assignments(),
        bytes = board.heap_bytes(),
        took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "Loaded the board"
    );
    ctx.board.change(|held, worked| {
        held.is_loaded = true;
        held.board = board;
        held.waiting = waiting;
        worked.clear();
    });
    Ok(())
}

/// The days that a line of workdays covers: those that plans may lie in.
pub(super) fn line_of(holidays: &Holidays) -> WorkdayLine {
    let first = NaiveDate::from_ymd_opt(1990, 1, 1).unwrap_or(NaiveDate::MIN);
    let last = NaiveDate::from_ymd_opt(2150, 12, 31).unwrap_or(NaiveDate::MAX);
    WorkdayLine::new(holidays, first, last)
}

/// Counts the workdays anew where the calendar has changed.
async fn set_calendar(ctx: &Ctx) -> Result<(), FlowError> {
    let calendar = ctx.calendar().await?;
    let is_same = {
        let held = ctx.board.read();
        let known = held.calendar.as_ref();
        known.is_some_and(|known| Arc::ptr_eq(known, &calendar))
    };
    if is_same {
        return Ok(());
    }
    let line = Arc::new(line_of(&calendar.holidays));
    ctx.board.change(|held, worked| {
        held.line = Some(line);
        held.calendar = Some(calendar);
        worked.clear();
    });
    Ok(())
}

/// The rows that changed after a number, fetched, with the number of the last change; `None` where they are too many.
async fn changed_since(ctx: &Ctx, complete: i64) -> Result<Option<(Changed, i64)>, FlowError> {
    let mut rows: BTreeSet<(Resource, Uuid)> = BTreeSet::new();
    let mut place = (complete, i32::MAX);
    loop {
        let page = changes::after(&ctx.db, place.0, place.1, FEED_PAGE).await?;
        let is_last = (page.len() as u64) < FEED_PAGE;
        if let Some(last) = page.last() {
            place = (last.change_no, last.position);
        }
        rows.extend(page.into_iter().map(|one| (one.resource, one.row_id)));
        if rows.len() > MOST_CHANGES {
            return Ok(None);
        }
        if is_last {
            break;
        }
    }
    let rows = {
        let held = ctx.board.read();
        rows.extend(held.waiting.iter().map(|id| (Resource::Obligations, *id)));
        // Who carries them is frozen when their task is issued (design §5.6), and what they report comes with the reports.
        // What is decided about them comes as events, more time as extensions, and other parts and days as amendments.
        rows.retain(|(resource, id)| {
            *resource != Resource::Assignments
                || !held
                    .board
                    .has_assignment(crate::domain::ids::AssignmentId(*id))
        });
        rows
    };
    Ok(Some((Changed::fetch(ctx, &rows).await?, place.0)))
}

/// Puts changed rows on the board.
async fn apply(ctx: &Ctx, rows: Changed) -> Result<(), FlowError> {
    let keeper = ctx.board.clone();
    let is_large = keeper.read().board.assignments() >= LARGE;
    // Waits for those who are reading.
    on_a_thread(is_large, move || {
        keeper.change(|held, worked| {
            if let Some(day) = rows.first_day_changed() {
                lock(&worked.series).retain(|kept| kept.until < day);
            }
            held.waiting = rows.put_on(&mut held.board)?;
            Ok(())
        })
    })
    .await?
}

/// Does what takes long on a thread of its own.
async fn on_a_thread<T: Send + 'static>(
    is_long: bool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, FlowError> {
    if !is_long {
        return Ok(work());
    }
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| FlowError::Interrupted(format!("看板没有给出结果：{error}")))
}

//! Rows for the board: everything, page by page, or what changed. Nothing is read in one transaction: a row that names
//! another which was not there yet comes again, with the changes that follow.

use crate::domain::board::{
    Board, BoardAssignment, BoardError, BoardObligation, BoardPlan, BoardProgress, BoardRound,
    BoardTask, BoardUnit,
};
use crate::domain::resource::Resource;
use crate::flow::{Ctx, FlowError};
use crate::storage::StorageError;
use crate::storage::board_asks::obligations;
use crate::storage::board_progress::{progress_page, progress_told};
use crate::storage::board_rows::{
    self, Wanted, assignments, in_statements, plans, rounds, tasks, units,
};
use chrono::NaiveDate;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Rows of a page.
const PAGE: u64 = 4_000;

/// Obligations of a page; each may have hundreds of items.
const OBLIGATIONS: u64 = 250;

/// Loads everything; with the ids of obligations that name what has not come yet.
///
/// # Errors
/// [`FlowError::Storage`], [`FlowError::Board`].
pub(super) async fn load(ctx: &Ctx) -> Result<(Board, BTreeSet<Uuid>), FlowError> {
    let (db, zone) = (&ctx.db, ctx.settings.zone);
    let mut board = Board::default();
    let mut waiting = BTreeSet::new();
    board.reserve(board_rows::sizes(db).await?);
    pages(
        PAGE,
        |wanted| plans(db, wanted),
        |row| row.id.0,
        |row| put(board.put_plan(row)),
    )
    .await?;
    pages(
        PAGE,
        |wanted| units(db, wanted),
        |row| row.id.0,
        |row| put(board.put_unit(row)),
    )
    .await?;
    pages(
        PAGE,
        |wanted| tasks(db, wanted, zone),
        |row| row.id.0,
        |row| put(board.put_task(row)),
    )
    .await?;
    pages(
        PAGE,
        |wanted| assignments(db, wanted, zone),
        |row| row.id.0,
        |row| put(board.put_assignment(row)),
    )
    .await?;
    load_progress(ctx, &mut board).await?;
    pages(
        PAGE,
        |wanted| rounds(db, wanted, zone),
        |row| row.id.0,
        |row| put(board.put_round(row)),
    )
    .await?;
    pages(
        OBLIGATIONS,
        |wanted| obligations(db, wanted, zone),
        |row| row.id.0,
        |row| put_or_wait(&mut board, row, &mut waiting),
    )
    .await?;
    Ok((board, waiting))
}

/// Hands every row of a table to `take`.
async fn pages<Row, Fetching>(
    limit: u64,
    fetch: impl Fn(Wanted<'static>) -> Fetching,
    id_of: impl Fn(&Row) -> Uuid,
    mut take: impl FnMut(Row) -> Result<(), FlowError>,
) -> Result<(), FlowError>
where
    Fetching: Future<Output = Result<Vec<Row>, StorageError>>,
{
    let mut after = None;
    loop {
        let rows = fetch(Wanted::Page { after, limit }).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        after = Some(id_of(last));
        rows.into_iter().try_for_each(&mut take)?;
    }
}

/// What was reported, and set back by decisions. A row of an earlier day than those before it makes room for itself, which is
/// slow; few are such, and they come at the end.
async fn load_progress(ctx: &Ctx, board: &mut Board) -> Result<(), FlowError> {
    let mut after = None;
    let mut newest = NaiveDate::MIN;
    let mut late = Vec::new();
    loop {
        let page = progress_page(&ctx.db, after, PAGE).await?;
        for row in page.rows {
            if row.reported_on < newest {
                late.push(row);
                continue;
            }
            newest = row.reported_on;
            put(board.put_progress(row))?;
        }
        match page.last {
            Some(last) => after = Some(last),
            None => break,
        }
    }
    late.sort_by_key(|row| row.reported_on);
    late.into_iter()
        .try_for_each(|row| put(board.put_progress(row)))
}

/// A row that came too early is left out.
fn put(result: Result<(), BoardError>) -> Result<(), FlowError> {
    match result {
        Ok(()) | Err(BoardError::Missing { .. }) => Ok(()),
        Err(error @ (BoardError::PercentTooHigh { .. } | BoardError::Full { .. })) => {
            Err(error.into())
        }
    }
}

/// An obligation that came too early, by items added to it since the feed was read, is asked for again.
fn put_or_wait(
    board: &mut Board,
    row: BoardObligation,
    waiting: &mut BTreeSet<Uuid>,
) -> Result<(), FlowError> {
    let id = row.id.0;
    match board.put_obligation(row) {
        Err(BoardError::Missing { .. }) => {
            waiting.insert(id);
            Ok(())
        }
        other => put(other),
    }
}

/// Rows that changed, in the order in which a board takes them.
#[derive(Debug, Default)]
pub(super) struct Changed {
    plans: Vec<BoardPlan>,
    units: Vec<BoardUnit>,
    tasks: Vec<BoardTask>,
    assignments: Vec<BoardAssignment>,
    progress: Vec<BoardProgress>,
    rounds: Vec<BoardRound>,
    obligations: Vec<BoardObligation>,
}

impl Changed {
    /// Fetches rows as they are now.
    ///
    /// # Errors
    /// [`FlowError::Storage`].
    pub(super) async fn fetch(
        ctx: &Ctx,
        rows: &BTreeSet<(Resource, Uuid)>,
    ) -> Result<Self, FlowError> {
        let (db, zone) = (&ctx.db, ctx.settings.zone);
        let of = |wanted: Resource| -> Vec<Uuid> {
            let ids = rows.iter().filter(|(resource, _)| *resource == wanted);
            ids.map(|(_, id)| *id).collect()
        };
        let mut changed = Self::default();
        let plan_ids = of(Resource::Plans);
        let mut task_ids = of(Resource::Tasks);
        if !plan_ids.is_empty() {
            task_ids.extend(board_rows::tasks_of_plans(db, &plan_ids).await?);
            task_ids.sort_unstable();
            task_ids.dedup();
        }
        for some in in_statements(&plan_ids) {
            changed.plans.extend(plans(db, some).await?);
        }
        for some in in_statements(&of(Resource::Units)) {
            changed.units.extend(units(db, some).await?);
        }
        for some in in_statements(&task_ids) {
            changed.tasks.extend(tasks(db, some, zone).await?);
        }
        let mut assignment_ids = of(Resource::Assignments);
        let decided = of(Resource::AssignmentEvents);
        for some in in_statements(&decided) {
            assignment_ids.extend(board_rows::assignments_decided(db, some).await?);
        }
        for some in in_statements(&of(Resource::Extensions)) {
            assignment_ids.extend(board_rows::assignments_extended(db, some).await?);
        }
        for some in in_statements(&of(Resource::Amendments)) {
            assignment_ids.extend(board_rows::assignments_amended(db, some).await?);
        }
        assignment_ids.sort_unstable();
        assignment_ids.dedup();
        for some in in_statements(&assignment_ids) {
            changed
                .assignments
                .extend(assignments(db, some, zone).await?);
        }
        // In the order in which it was written, so that what came last on a day holds.
        changed.progress = progress_told(db, &of(Resource::Reports), &decided).await?;
        for some in in_statements(&of(Resource::Rounds)) {
            changed.rounds.extend(rounds(db, some, zone).await?);
        }
        for some in in_statements(&of(Resource::Obligations)) {
            changed
                .obligations
                .extend(obligations(db, some, zone).await?);
        }
        Ok(changed)
    }

    /// The first day of which a figure may look different afterwards, as far as progress over time is concerned; `None`
    /// where no day's does.
    pub(super) fn first_day_changed(&self) -> Option<NaiveDate> {
        let is_progress_alone = self.plans.is_empty()
            && self.units.is_empty()
            && self.tasks.is_empty()
            && self.assignments.is_empty();
        match is_progress_alone {
            true => self.progress.iter().map(|row| row.reported_on).min(),
            false => Some(NaiveDate::MIN),
        }
    }

    /// Puts them on the board; the ids of obligations that came too early.
    ///
    /// # Errors
    /// [`FlowError::Board`].
    pub(super) fn put_on(self, board: &mut Board) -> Result<BTreeSet<Uuid>, FlowError> {
        let mut waiting = BTreeSet::new();
        self.plans
            .into_iter()
            .try_for_each(|row| put(board.put_plan(row)))?;
        self.units
            .into_iter()
            .try_for_each(|row| put(board.put_unit(row)))?;
        self.tasks
            .into_iter()
            .try_for_each(|row| put(board.put_task(row)))?;
        self.assignments
            .into_iter()
            .try_for_each(|row| put(board.put_assignment(row)))?;
        self.progress
            .into_iter()
            .try_for_each(|row| put(board.put_progress(row)))?;
        self.rounds
            .into_iter()
            .try_for_each(|row| put(board.put_round(row)))?;
        self.obligations
            .into_iter()
            .try_for_each(|row| put_or_wait(board, row, &mut waiting))?;
        Ok(waiting)
    }
}

//! calendar file → holidays or terms; due days that rested on a provisional calendar are planned anew (design §5.5).

use crate::documents::calendar_file::CalendarFile;
use crate::domain::calendar::Holidays;
use crate::domain::collecting::AnswersTo;
use crate::domain::due_day::unit_due_day;
use crate::domain::ids::ObligationId;
use crate::domain::obligation::{ACKNOWLEDGE_WORKDAYS, ObligationKind};
use crate::domain::period::Period;
use crate::domain::resource::Resource;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::term_row::TermRow;
use crate::domain::unit::UnitDirectory;
use crate::flow::open_rounds::levels_asked;
use crate::flow::read_upload::unreadable_file;
use crate::flow::refresh_mails::take_out_of_unsent;
use crate::flow::{Ctx, FlowError, load_calendar};
use crate::storage::audit_events::AuditEntry;
use crate::storage::obligations::StoredObligation;
use crate::storage::{WriteTx, calendars, cycles, decisions, marks, obligations, plans, rounds};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeSet;

/// What importing a calendar did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CalendarImported {
    /// Years whose holidays the file announces.
    pub years: BTreeSet<i32>,
    /// Days in the file.
    pub days: usize,
    /// Terms in the file.
    pub terms: usize,
    /// Requests whose due day moved.
    pub moved: usize,
}

/// Imports a holidays file (json or ics) or a terms file (csv), whole or not at all.
///
/// # Errors
/// [`FlowError::Refused`] with the line or field that is wrong.
pub async fn import_calendar(
    ctx: &Ctx,
    name: &str,
    bytes: &[u8],
) -> Result<CalendarImported, FlowError> {
    let bytes = bytes::Bytes::copy_from_slice(bytes);
    let file = ctx
        .read(name, bytes, |error| unreadable_file(error.text))
        .await?;
    let now = ctx.now();
    let tx = ctx.write().await?;
    let before = load_calendar(&tx).await?;
    let mut imported = CalendarImported::default();
    match file {
        CalendarFile::Holidays(entries) => {
            let newer = Holidays::from_entries(entries);
            imported.years = newer.announced_years().clone();
            imported.days = newer.entries().count();
            let all = calendars::holidays(&tx).await?.updated_by(&newer);
            let years = newer.announced_years().iter();
            let sources = years.map(|year| (*year, name.to_owned())).collect();
            calendars::replace_holidays(&tx, &all, &sources).await?;
        }
        CalendarFile::Terms(rows) => {
            // Checked against what is known before anything is written: the error names the line of this file.
            before
                .terms
                .updated_by(&rows)
                .map_err(|error| unreadable_file(error.to_string()))?;
            imported.terms = rows.len();
            let terms: Vec<_> = rows.iter().map(|row: &TermRow| row.term).collect();
            calendars::save_terms(&tx, &terms).await?;
        }
    }
    marks::raise_calendar_revision(&tx, now.at).await?;
    let calendar = load_calendar(&tx).await?;
    let moved = plan_anew(&tx, &calendar).await?;
    imported.moved = moved.len();
    if !moved.is_empty() {
        take_out_of_unsent(ctx, &tx, &calendar, now, &moved, "replanned").await?;
    }
    let after = serde_json::to_value(&imported)
        .map_err(|error| FlowError::Interrupted(error.to_string()))?;
    let entry = AuditEntry::done(
        "import_calendar",
        Resource::Calendars,
        uuid::Uuid::nil(),
        name,
    );
    tx.audit(entry.after(after));
    tx.commit().await?;
    Ok(imported)
}

/// Computes every provisional due day again; those that moved.
async fn plan_anew(
    tx: &WriteTx,
    calendar: &SchoolCalendar,
) -> Result<Vec<ObligationId>, FlowError> {
    let mut moved = Vec::new();
    // In the order in which everybody holds them: nobody waits in a circle.
    let mut open = obligations::open(tx).await?;
    open.sort_unstable_by_key(|one| one.id);
    for obligation in open {
        if !obligation.provisional {
            continue;
        }
        let Some((due_on, provisional)) = due_again(tx, calendar, &obligation).await? else {
            continue;
        };
        if due_on != obligation.due_on {
            if obligations::move_due(tx, &obligation, due_on, provisional).await? {
                moved.push(obligation.id);
            }
        } else if !provisional {
            // The same day, now for certain: nobody has to be told again.
            obligations::confirm_due(tx, obligation.id).await?;
        }
    }
    for round in rounds::open(tx).await? {
        let latest = obligations::of_round(tx, round.id)
            .await?
            .into_iter()
            .map(|one| (one.due_on, one.provisional))
            .max();
        if let Some((due_on, provisional)) = latest
            && (round.due_on, round.provisional) != (Some(due_on), provisional)
        {
            rounds::move_due(tx, round.id, due_on, provisional).await?;
        }
    }
    Ok(moved)
}

/// The due day by the calendar as it now stands; `None` where it was not computed.
async fn due_again(
    tx: &WriteTx,
    calendar: &SchoolCalendar,
    obligation: &StoredObligation,
) -> Result<Option<(NaiveDate, bool)>, FlowError> {
    let levels = crate::storage::units::get(tx, obligation.unit_id)
        .await?
        .map(|unit| unit.levels)
        .unwrap_or_default();
    if let Some(round_id) = obligation.round_id {
        let Some(round) = rounds::get(tx, round_id).await? else {
            return Ok(None);
        };
        let Some(cycle) = cycles::get(tx, round.cycle_id).await? else {
            return Ok(None);
        };
        let Some(period) = Period::of(round.period, &calendar.terms) else {
            return Ok(None);
        };
        let asked = levels_asked(tx, &cycle.rule, obligation.plan_id).await?;
        let due = unit_due_day(
            &cycle.rule,
            &period,
            obligation.opened_on,
            calendar,
            &asked,
            &levels,
        );
        let mut due = due.map(|due| (due.due_on, due.provisional));
        if let (ObligationKind::Collect, Some((due_on, _))) = (obligation.kind, due.as_mut()) {
            let directory = UnitDirectory::new(crate::storage::units::all(tx).await?);
            let to = AnswersTo::of(&directory, obligation.unit_id);
            *due_on = to.due_on(*due_on, obligation.opened_on, &calendar.holidays);
        }
        return Ok(due);
    }
    let named = match obligation.kind {
        ObligationKind::Acknowledge => Some(
            calendar
                .holidays
                .add_workdays(obligation.opened_on, ACKNOWLEDGE_WORKDAYS),
        ),
        ObligationKind::SendUp => plans::deadlines(tx, obligation.plan_id)
            .await?
            .into_iter()
            .find(|deadline| Some(deadline.id) == obligation.deadline_id)
            .and_then(|deadline| deadline.due_on),
        // Its source names the day: due:<plan>:<day>.
        ObligationKind::Complete => obligation
            .source
            .rsplit(':')
            .next()
            .and_then(|day| day.parse().ok()),
        // Rounds alone ask so; a person has set the day of what is put right, and a notice names its day to the unit.
        ObligationKind::SpotCheck
        | ObligationKind::Dispatch
        | ObligationKind::Collect
        | ObligationKind::Monitoring
        | ObligationKind::Rectify
        | ObligationKind::Notice => None,
        ObligationKind::FollowUp => decisions::due_of(tx, obligation.id).await?,
    };
    Ok(named.map(|named| {
        let settled = calendar.settle_due_day(&levels, named);
        (settled.due_on, settled.provisional)
    }))
}

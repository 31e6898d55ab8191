//! The figures of the dashboard: everything that the board counts for one day and one caller, with the names and the spans
//! of days by which their rows are found again.

use crate::domain::access::{Action, Reach, Viewer};
use crate::domain::board::{
    self, AgeBucket, AsOf, BoardCounts, OpenRound, SeriesPoint, UnitBurden, UnitOverdue,
};
use crate::domain::ids::{PlanId, UnitId};
use crate::domain::workday_line::WorkdayLine;
use crate::flow::list_by_light::{reach_of_units, reach_on_board};
use crate::flow::refresh_board::{BoardView, ask};
use crate::flow::{Ctx, FlowError};
use crate::storage::mail_health::{MailHealth, mail_health};
use chrono::{Datelike, Days, Months, NaiveDate};
use std::collections::{BTreeMap, BTreeSet};

/// Units listed by name under one heading; the totals count all.
pub const MOST_UNITS: usize = 50;

/// Calendar days in which no age bucket but the oldest ends: more than 14 workdays in any calendar.
const MOST_DAYS_BACK: u64 = 60;

/// A unit's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitNames {
    /// Code.
    pub code: String,
    /// Full name.
    pub name: String,
}

/// Due days of one age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgeDays {
    /// The age.
    pub age: AgeBucket,
    /// First due day; none for the oldest.
    pub due_from: Option<NaiveDate>,
    /// Last due day.
    pub due_to: NaiveDate,
}

/// Requests open after their due day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// The due days of each age, in the order of [`AgeBucket::ALL`]; an age that no due day has on that day is left out.
    pub ages: Vec<AgeDays>,
    /// All of them.
    pub all: u32,
    /// Of each age, in the order of [`AgeBucket::ALL`].
    pub by_age: [u32; 4],
    /// How many units they are of.
    pub units: usize,
    /// The units with most, [`MOST_UNITS`] of them.
    pub heaviest: Vec<UnitOverdue>,
}

/// What units were asked in the month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Burden {
    /// First day of the month.
    pub first_on: NaiveDate,
    /// Its last day.
    pub last_on: NaiveDate,
    /// Asks a unit may get.
    pub budget: u32,
    /// All asks.
    pub asks: u32,
    /// Units asked.
    pub units: usize,
    /// Of these, those with as many asks as the budget or more.
    pub units_at_budget: usize,
    /// The units with most, [`MOST_UNITS`] of them.
    pub heaviest: Vec<UnitBurden>,
}

/// Every figure.
#[derive(Debug, Clone)]
pub struct Dashboard {
    /// The day.
    pub on: NaiveDate,
    /// Counts by light and standing.
    pub counts: BoardCounts,
    /// Expected and actual progress, weekly, up to the day.
    pub series: Vec<SeriesPoint>,
    /// Rounds that run.
    pub rounds: Vec<OpenRound>,
    /// Requests open after their due day.
    pub overdue: Overdue,
    /// What units were asked in the month.
    pub burden: Burden,
    /// The outbox; for today alone.
    pub mails: Option<MailHealth>,
    /// Names of the units in it.
    pub unit_names: BTreeMap<UnitId, UnitNames>,
    /// Titles of the plans in it.
    pub plan_titles: BTreeMap<PlanId, String>,
}

/// Looks at the dashboard as of the evening of `on`, today or before.
///
/// # Errors
/// [`FlowError::Storage`], [`FlowError::Board`].
pub async fn dashboard(ctx: &Ctx, viewer: &Viewer, on: NaiveDate) -> Result<Dashboard, FlowError> {
    let mails = match on == ctx.now().today {
        true => Some(mails_of(ctx, viewer).await?),
        false => None,
    };
    let reach = viewer.reach(Action::ReadDashboard);
    Ok(Dashboard {
        mails,
        ..within(ctx, &reach, on).await?
    })
}

/// The dashboard of the whole bureau, for nobody in particular: without the outbox, which is about people's addresses.
///
/// # Errors
/// [`FlowError::Storage`], [`FlowError::Board`].
pub async fn whole_dashboard(ctx: &Ctx, on: NaiveDate) -> Result<Dashboard, FlowError> {
    within(ctx, &Reach::All, on).await
}

async fn within(ctx: &Ctx, reach: &Reach, on: NaiveDate) -> Result<Dashboard, FlowError> {
    let work = reach_on_board(ctx, reach).await?;
    let asked = reach_of_units(reach);
    let budget = ctx.settings.asks_per_unit_month;
    ask(ctx, move |view| figures(view, on, &work, &asked, budget)).await
}

async fn mails_of(ctx: &Ctx, viewer: &Viewer) -> Result<MailHealth, FlowError> {
    let reach = |action| match viewer.may(action) {
        true => viewer.reach(action),
        false => Reach::Units {
            units: BTreeSet::new(),
            own: BTreeSet::new(),
        },
    };
    let (mails, contacts) = (reach(Action::ReadMails), reach(Action::ReadContacts));
    Ok(mail_health(&ctx.db, &mails, &contacts).await?)
}

fn figures(
    view: &BoardView<'_>,
    on: NaiveDate,
    work: &board::Reach,
    asked: &board::Reach,
    budget: u32,
) -> Dashboard {
    let day = view.board.as_of(on, view.line);
    let (counts, today) = view.with_sums(&day, work, |sums| (day.counts(sums), day.point(sums)));
    let rounds = day.open_rounds(asked);
    let mut dashboard = Dashboard {
        on,
        series: series(view, today, work),
        overdue: overdue(&day, view.line, asked),
        burden: burden(view, on, asked, budget),
        mails: None,
        unit_names: BTreeMap::new(),
        plan_titles: BTreeMap::new(),
        counts,
        rounds,
    };
    name_all(view, &mut dashboard);
    dashboard
}

/// The weeks before the day, and the day itself.
fn series(view: &BoardView<'_>, today: SeriesPoint, reach: &board::Reach) -> Vec<SeriesPoint> {
    if today.assignments == 0 {
        return Vec::new();
    }
    let mut points = match today.on.checked_sub_days(Days::new(7)) {
        Some(until) => view.series_until(until, reach).to_vec(),
        None => Vec::new(),
    };
    // The oldest makes room for the day itself.
    let over = (points.len() + 1).saturating_sub(board::MOST_POINTS);
    points.drain(..over);
    points.push(today);
    points
}

fn overdue(day: &AsOf<'_>, line: &WorkdayLine, reach: &board::Reach) -> Overdue {
    let mut heaviest = day.overdue(reach);
    let mut by_age = [0; 4];
    for unit in &heaviest {
        for (all, one) in by_age.iter_mut().zip(unit.by_age) {
            *all += one;
        }
    }
    let units = heaviest.len();
    heaviest.truncate(MOST_UNITS);
    Overdue {
        ages: ages_on(day.on(), line),
        all: by_age.iter().sum(),
        by_age,
        units,
        heaviest,
    }
}

/// The due days of each age on a day.
fn ages_on(on: NaiveDate, line: &WorkdayLine) -> Vec<AgeDays> {
    let mut ages: Vec<AgeDays> = Vec::new();
    for back in 1..=MOST_DAYS_BACK {
        let Some(due) = on.checked_sub_days(Days::new(back)) else {
            break;
        };
        let workdays = u32::try_from(line.workdays_between(due, on)).unwrap_or(0);
        let age = AgeBucket::of(workdays);
        match ages.last_mut() {
            Some(last) if last.age == age => last.due_from = Some(due),
            Some(_) | None => ages.push(AgeDays {
                age,
                due_from: Some(due),
                due_to: due,
            }),
        }
    }
    for oldest in ages.iter_mut().filter(|one| one.age == AgeBucket::From15) {
        oldest.due_from = None;
    }
    ages
}

fn burden(view: &BoardView<'_>, on: NaiveDate, reach: &board::Reach, budget: u32) -> Burden {
    let mut heaviest = view.board.burden(on, reach, budget);
    let first_on = on.with_day(1).unwrap_or(on);
    let next = first_on.checked_add_months(Months::new(1));
    let burden = Burden {
        first_on,
        last_on: next.and_then(|day| day.pred_opt()).unwrap_or(on),
        budget,
        asks: heaviest.iter().map(|unit| unit.asks).sum(),
        units: heaviest.len(),
        units_at_budget: heaviest.iter().filter(|unit| unit.at_budget).count(),
        heaviest: Vec::new(),
    };
    heaviest.truncate(MOST_UNITS);
    Burden { heaviest, ..burden }
}

/// Fetches the names of all units and plans that the figures name.
fn name_all(view: &BoardView<'_>, dashboard: &mut Dashboard) {
    let counts = &dashboard.counts;
    let leads = counts.by_lead_unit.iter().map(|group| group.key);
    let late = dashboard.overdue.heaviest.iter().map(|unit| unit.unit_id);
    let asked = dashboard.burden.heaviest.iter().map(|unit| unit.unit_id);
    let units = leads.chain(late).chain(asked);
    dashboard.unit_names = units
        .filter_map(|id| {
            let unit = view.board.unit(id)?;
            let names = UnitNames {
                code: unit.code.clone(),
                name: unit.name.clone(),
            };
            Some((id, names))
        })
        .collect();
    let of_tasks = counts.by_plan.iter().map(|group| group.key);
    let plans = of_tasks.chain(dashboard.rounds.iter().map(|round| round.plan_id));
    dashboard.plan_titles = plans
        .filter_map(|id| Some((id, view.board.plan(id)?.title.clone())))
        .collect();
}

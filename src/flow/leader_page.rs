//! The leaders' page 领导一页纸 of a month: what stands, what is red, by the leaders that units are looked after by. Everything
//! on it is as of the month's last day, or of today while the month runs; lists are short enough for one page.

use crate::domain::board::{AsOf, Reach, TaskPageFilter, UnitOverdue};
use crate::domain::five_counts::{FiveCounts, LightCounts};
use crate::domain::frequency::Frequency;
use crate::domain::ids::UnitId;
use crate::domain::light::Light;
use crate::domain::period::Period;
use crate::domain::period_key::PeriodKey;
use crate::flow::freeze_snapshot::office_name;
use crate::flow::refresh_board::{BoardView, ask};
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use chrono::NaiveDate;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Red tasks told; the rest is counted.
const MOST_TASKS: usize = 4;
/// Leaders told.
const MOST_LIAISONS: usize = 8;
/// Units told with what is red.
const MOST_UNITS: usize = 6;

/// The page of a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaderPage {
    /// The month.
    pub month: PeriodKey,
    /// In the evening of this day.
    pub as_of: NaiveDate,
    /// The supervision office.
    pub office: String,
    /// Whom it is for: their units come first; `None` for whoever looks after none.
    pub reader: Option<String>,
    /// All tasks, by the leads' progress.
    pub tasks: FiveCounts,
    /// All assignments.
    pub assignments: FiveCounts,
    /// Their lights.
    pub lights: LightCounts,
    /// Requests open after their due day.
    pub overdue: u32,
    /// How many units they are of.
    pub overdue_units: usize,
    /// Rounds that were opened in the month.
    pub rounds: usize,
    /// Tasks with a red light, in the order of the plans.
    pub red_tasks: Vec<RedTask>,
    /// Red tasks that are not told.
    pub more_red_tasks: usize,
    /// By leader: the reader's own units first.
    pub liaisons: Vec<LiaisonUnits>,
    /// Leaders that are not told.
    pub more_liaisons: usize,
    /// Units with most red lights, the reader's own first.
    pub red_units: Vec<RedUnit>,
}

/// A task with a red light.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedTask {
    /// Outline path.
    pub number: String,
    /// Title.
    pub title: String,
    /// Why, without full stop.
    pub why: String,
}

/// The units that one leader looks after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiaisonUnits {
    /// The leader; empty for units that nobody looks after.
    pub leader: String,
    /// How many units have something to do.
    pub units: usize,
    /// Their assignments.
    pub standings: FiveCounts,
    /// Their lights.
    pub lights: LightCounts,
    /// Their requests open after their due day.
    pub overdue: u32,
}

/// A unit with red lights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedUnit {
    /// Its name.
    pub name: String,
    /// The leader who looks after it.
    pub leader: Option<String>,
    /// Red lights.
    pub red: u32,
    /// Requests open after their due day.
    pub overdue: u32,
}

/// The month before the one of today.
pub fn last_month(now: Now) -> Option<PeriodKey> {
    let today = now.today;
    let terms = crate::domain::term_table::TermTable::default();
    let month = Period::containing(Frequency::Month, today, &terms)?;
    month.key.previous()
}

/// The page of a month, the last one where none is given, for a reader of that name.
///
/// # Errors
/// [`FlowError::Refused`], field `month`, for a period that is no month or is still to come.
pub async fn leader_page(
    ctx: &Ctx,
    month: Option<PeriodKey>,
    reader: Option<&str>,
) -> Result<LeaderPage, FlowError> {
    let now = ctx.now();
    let wrong = |text: &str| FlowError::refused_field(RefusalCode::InvalidValue, "month", text);
    let month = month.or_else(|| last_month(now));
    let month = month.filter(|month| month.frequency() == Frequency::Month);
    let month = month.ok_or_else(|| wrong("请写一个月份，如 2026-11"))?;
    let calendar = ctx.calendar().await?;
    let period = Period::of(month, &calendar.terms);
    let period = period.ok_or_else(|| wrong("该月份超出校历范围（1900 至 2200 年）"))?;
    if period.starts_on > now.today {
        return Err(wrong("该月份还没有到，请写本月或以前的月份"));
    }
    let directory = ctx.units().await?;
    let office = office_name(ctx, &directory);
    let reader = reader.map(str::to_owned);
    let as_of = period.ends_on.min(now.today);
    ask(ctx, move |view| {
        let day = view.board.as_of(as_of, view.line);
        let page = LeaderPage {
            month,
            as_of,
            office,
            reader,
            tasks: FiveCounts::default(),
            assignments: FiveCounts::default(),
            lights: LightCounts::default(),
            overdue: 0,
            overdue_units: 0,
            rounds: day.rounds_opened_since(period.starts_on),
            red_tasks: Vec::new(),
            more_red_tasks: 0,
            liaisons: Vec::new(),
            more_liaisons: 0,
            red_units: Vec::new(),
        };
        page.filled(view, &day)
    })
    .await
}

impl LeaderPage {
    fn filled(mut self, view: &BoardView<'_>, day: &AsOf<'_>) -> Self {
        let counts = view.with_sums(day, &Reach::All, |sums| day.counts(sums));
        self.tasks = FiveCounts::from(&counts.tasks);
        self.assignments = FiveCounts::from(&counts.assignments);
        self.lights = LightCounts::from(&counts.assignments);
        let late: BTreeMap<UnitId, u32> = day
            .overdue(&Reach::All)
            .iter()
            .map(|one| (one.unit_id, UnitOverdue::total(one)))
            .collect();
        self.overdue = late.values().sum();
        self.overdue_units = late.len();
        let mut by_leader: BTreeMap<String, LiaisonUnits> = BTreeMap::new();
        for group in &counts.by_unit {
            let Some(unit) = view.board.unit(group.key) else {
                continue;
            };
            let overdue = late.get(&unit.id).copied().unwrap_or(0);
            let lights = LightCounts::from(&group.assignments);
            let leader = unit.liaison.clone().unwrap_or_default();
            let line = by_leader
                .entry(leader.clone())
                .or_insert_with(|| LiaisonUnits::of(leader));
            line.units += 1;
            line.standings.merge(&FiveCounts::from(&group.assignments));
            line.lights.merge(&lights);
            line.overdue += overdue;
            if lights.red > 0 {
                self.red_units.push(RedUnit {
                    name: unit.name.clone(),
                    leader: unit.liaison.clone(),
                    red: lights.red,
                    overdue,
                });
            }
        }
        self.set_liaisons(by_leader.into_values().collect());
        let own = |unit: &RedUnit| self.reader.is_some() && unit.leader == self.reader;
        self.red_units
            .sort_by_key(|unit| (!own(unit), Reverse(unit.red)));
        self.red_units.truncate(MOST_UNITS);
        self.set_red_tasks(view, day);
        self
    }

    /// The reader's own first, those that nobody looks after last, others by what is red.
    fn set_liaisons(&mut self, mut all: Vec<LiaisonUnits>) {
        let reader = self.reader.as_deref();
        all.sort_by_key(|one| {
            let own = reader == Some(one.leader.as_str());
            (!own, one.leader.is_empty(), Reverse(one.lights.red))
        });
        self.more_liaisons = all.len().saturating_sub(MOST_LIAISONS);
        all.truncate(MOST_LIAISONS);
        self.liaisons = all;
    }

    fn set_red_tasks(&mut self, view: &BoardView<'_>, day: &AsOf<'_>) {
        let filter = TaskPageFilter {
            light: Some(Light::Red),
            ..TaskPageFilter::default()
        };
        let red = day.task_page(&Reach::All, &filter, None, usize::MAX);
        self.more_red_tasks = red.len().saturating_sub(MOST_TASKS);
        let told = red.iter().take(MOST_TASKS).filter_map(|row| {
            let task = view.board.task(row.id)?;
            let light = day.task_light(&Reach::All, row.id)?;
            Some(RedTask {
                number: task.number.clone(),
                title: task.title.clone(),
                why: light.why.explain(),
            })
        });
        self.red_tasks = told.collect();
    }

    /// What the page is called.
    pub fn title(&self) -> String {
        format!("{}督办工作一页纸", self.month.label())
    }
}

impl LiaisonUnits {
    fn of(leader: String) -> Self {
        Self {
            leader,
            units: 0,
            standings: FiveCounts::default(),
            lights: LightCounts::default(),
            overdue: 0,
        }
    }
}

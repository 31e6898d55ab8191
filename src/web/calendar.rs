//! `/calendar`: a school year, day by day: workdays, holidays and vacations, and what the cycles will ask on which day.

use super::act::offered;
use super::list_page::with_query;
use super::part::{Action, Link, Month, MonthDay, Note, Part};
use super::row::{rows, text_at};
use super::visit::{Shown, Visit};
use crate::http::kernel::Problem;
use chrono::{Datelike, Days, Months, NaiveDate};
use serde_json::Value;
use std::collections::BTreeMap;

/// Cycles whose rounds are shown at the most.
const MOST_CYCLES: usize = 60;

/// What is known of the days.
struct DaysKnown {
    /// Off, or workdays by a notice, with the holiday's name.
    named: BTreeMap<NaiveDate, (bool, String)>,
    /// First and last days of the terms of a school year, by level.
    terms: Vec<(NaiveDate, NaiveDate)>,
    /// What happens.
    events: BTreeMap<NaiveDate, Vec<Link>>,
}

/// Answers with the school year of `?year=`, in which September it begins; the present one where none is given.
pub(super) async fn calendar(visit: Visit) -> Shown {
    let words = visit.words;
    let today = visit.now.today;
    let present = match today.month() {
        ..9 => today.year() - 1,
        _ => today.year(),
    };
    let asked = visit.asked("year").and_then(|year| year.parse().ok());
    let year: i32 = asked
        .filter(|year| (2000..=2100).contains(year))
        .unwrap_or(present);
    let Some(first) = NaiveDate::from_ymd_opt(year, 9, 1) else {
        return Err(Problem::not_found());
    };
    let known = known(&visit, year, first).await?;
    let months = (0..12).filter_map(|at| first.checked_add_months(Months::new(at)));
    let months = months.map(|from| month(&visit, &known, from)).collect();
    let to_year = |year: i32, key: &str| Action {
        link: Link::new(
            with_query("/calendar", &[("year", &year.to_string())]),
            words.say(&format!("calendar.{key}")),
        ),
        is_main: false,
    };
    let mut actions = vec![
        to_year(year - 1, "previous_year"),
        to_year(year + 1, "next_year"),
    ];
    actions.extend(offered(&visit, &["import_calendar"], &Value::Null));
    let title = words.fill(
        "calendar.school_year",
        &[("from", &year.to_string()), ("to", &(year + 1).to_string())],
    );
    let legend = ["off", "work", "vacation"].map(|key| {
        let mark = words.say(&format!("calendar.{key}"));
        let says = words.say(&format!("calendar.says.{key}"));
        format!("{mark} {says}")
    });
    let parts = vec![
        Part::Links(actions),
        Part::Note(Note {
            tone: "plain",
            heading: words.say("calendar.legend"),
            texts: vec![words.list(&legend)],
        }),
        Part::Months(months),
    ];
    visit.shown(&visit.page(title, Vec::new(), parts))
}

async fn known(visit: &Visit, year: i32, first: NaiveDate) -> Result<DaysKnown, Problem> {
    let mut known = DaysKnown {
        named: BTreeMap::new(),
        terms: Vec::new(),
        events: BTreeMap::new(),
    };
    for year in [year, year + 1] {
        let year = year.to_string();
        let params = [("year", year.as_str())];
        let days = visit.read("list_calendar_days", &params, &[]).await?;
        for day in rows(&days, "items") {
            if let Ok(on) = text_at(day, "on").parse() {
                let is_off = text_at(day, "kind") == "off";
                known.named.insert(on, (is_off, text_at(day, "name")));
            }
        }
    }
    // A school year's vacations lie between its terms, and around them.
    for year in [year - 1, year, year + 1] {
        let year = year.to_string();
        let query = [("school_year", year.as_str())];
        let terms = visit.read("list_terms", &[], &query).await?;
        for term in rows(&terms, "items") {
            let day = |name: &str| text_at(term, name).parse::<NaiveDate>();
            if let (Ok(from), Ok(to)) = (day("starts_on"), day("ends_on")) {
                known.terms.push((from, to));
            }
        }
    }
    let last = first.checked_add_months(Months::new(12)).unwrap_or(first);
    known.events = events(visit, first, last).await?;
    Ok(known)
}

/// What the cycles ask in a span of days, and by when.
async fn events(
    visit: &Visit,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<BTreeMap<NaiveDate, Vec<Link>>, Problem> {
    let words = visit.words;
    let mut events: BTreeMap<NaiveDate, Vec<Link>> = BTreeMap::new();
    let mut add = |row: &Value, place: &str, key: &str, kind: &str, href: &str| {
        if let Ok(on) = text_at(row, place).parse() {
            let text = words.fill(&format!("calendar.{key}"), &[("kind", kind)]);
            events.entry(on).or_default().push(Link::new(href, text));
        }
    };
    let query = [("enabled", "true"), ("limit", "200")];
    let cycles = visit.read("list_cycles", &[], &query).await?;
    let (from, to) = (first.to_string(), last.to_string());
    for cycle in rows(&cycles, "items").iter().take(MOST_CYCLES) {
        let (id, kind) = (text_at(cycle, "id"), text_at(cycle, "kind"));
        let kind = words.code("CycleKind", &kind);
        let href = format!("/cycles/{id}");
        let query = [("from", from.as_str()), ("to", to.as_str())];
        let params = [("id", id.as_str())];
        let planned = visit.read("preview_cycle", &params, &query).await?;
        for round in rows(&planned, "items") {
            add(round, "opens_on", "round_opens", &kind, &href);
            add(round, "due_on", "round_due", &kind, &href);
        }
    }
    let query = [("limit", "200"), ("sort", "-opened_on")];
    let rounds = visit.read("list_rounds", &[], &query).await?;
    for round in rows(&rounds, "items") {
        let kind = words.code("CycleKind", &text_at(round, "kind"));
        let href = format!("/rounds/{}", text_at(round, "id"));
        add(round, "opened_on", "round_opens", &kind, &href);
        add(round, "due_on", "round_due", &kind, &href);
    }
    Ok(events)
}

fn month(visit: &Visit, known: &DaysKnown, from: NaiveDate) -> Month {
    let words = visit.words;
    let before = usize::try_from(from.weekday().num_days_from_monday()).unwrap_or_default();
    let days = from
        .iter_days()
        .take_while(|day| day.month() == from.month());
    let mut cells: Vec<Option<MonthDay>> = (0..before).map(|_| None).collect();
    cells.extend(days.map(|day| Some(month_day(visit, known, day))));
    while !cells.len().is_multiple_of(7) {
        cells.push(None);
    }
    let mut weeks = Vec::new();
    let mut rest = cells.into_iter().peekable();
    while rest.peek().is_some() {
        weeks.push(rest.by_ref().take(7).collect());
    }
    let monday = NaiveDate::from_ymd_opt(2026, 8, 31).unwrap_or(from);
    let weekdays = (0..7).filter_map(|at| monday.checked_add_days(Days::new(at)));
    Month {
        name: words.month(from),
        weekdays: weekdays.map(|day| words.weekday(day)).collect(),
        weeks,
    }
}

fn month_day(visit: &Visit, known: &DaysKnown, day: NaiveDate) -> MonthDay {
    let words = visit.words;
    let in_term = known.terms.is_empty()
        || known
            .terms
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&day));
    let named = known.named.get(&day);
    let is_weekend = day.weekday().num_days_from_monday() >= 5;
    let kind = match named {
        Some((true, _)) => "off",
        Some((false, _)) => "work",
        None if is_weekend => "off",
        None if !in_term => "vacation",
        None => "day",
    };
    let name = named.map(|(_, name)| name.as_str()).unwrap_or_default();
    let mark = match (kind, name) {
        // Ordinary weekends are known by their column.
        ("off", "") | ("day", _) => String::new(),
        (kind, _) => words.say(&format!("calendar.{kind}")),
    };
    let says = words.say(&format!("calendar.says.{kind}"));
    MonthDay {
        number: day.day(),
        kind,
        mark,
        says: format!("{} {says} {name}", words.day(day))
            .trim_end()
            .to_owned(),
        is_today: day == visit.now.today,
        events: known.events.get(&day).cloned().unwrap_or_default(),
    }
}

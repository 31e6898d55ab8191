//! The dashboard's charts, for its page and for the big screen: from the figures as `read_dashboard` tells them.

use super::charts::{Bar, Day, Key, Line, Said, Scale, Size, bar_chart, clean, line_chart};
use super::row::{at, rows, text_at};
use super::words::Words;
use chrono::{Datelike, NaiveDate};
use serde_json::Value;

/// Letters of a name at the most; its own page shows the whole.
const MOST_LETTERS: usize = 80;

/// What a chart of lights counts: where its rows are, where in them the counts, where the name, its key in the catalogue, the
/// id of its element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lights {
    rows: &'static str,
    counts: &'static str,
    name: &'static str,
    key: &'static str,
    id: &'static str,
    words: &'static str,
}

impl Lights {
    /// The same, its numbers in the words of another key.
    pub(super) const fn in_words(self, words: &'static str) -> Self {
        Self { words, ..self }
    }
}

/// Of assignments, by section.
pub(super) const SECTIONS: Lights = Lights {
    rows: "by_section",
    counts: "assignments",
    name: "section",
    key: "by_section",
    id: "chart-sections",
    words: "dashboard_page.words",
};

/// Of tasks, by the unit that leads them.
pub(super) const LEADS: Lights = Lights {
    rows: "by_lead_unit",
    counts: "tasks",
    name: "unit_name",
    key: "by_lead",
    id: "chart-leads",
    words: "dashboard_page.words",
};

/// A chart, and how many rows it had no room for.
pub(super) struct Drawn {
    /// The chart; none where there is nothing to draw.
    pub(super) svg: Option<String>,
    /// Rows that are not in it.
    pub(super) left_out: usize,
}

/// A word of the dashboard's.
pub(super) fn say(words: Words, key: &str) -> String {
    words.say(&format!("dashboard_page.{key}"))
}

/// The same with its blanks filled in.
pub(super) fn fill(words: Words, key: &str, with: &[(&str, &str)]) -> String {
    words.fill(&format!("dashboard_page.{key}"), with)
}

/// A name as the dashboard shows it: people write them, so nothing in them turns the page around or fills it.
pub(super) fn name(row: &Value, place: &str) -> String {
    clean(&text_at(row, place), MOST_LETTERS)
}

/// The name of a section; one without heading is called so.
pub(super) fn section(words: Words, row: &Value) -> String {
    let section = name(row, "section");
    match section.is_empty() {
        true => say(words, "no_section"),
        false => section,
    }
}

/// A number that leads to its rows.
pub(super) fn count(row: &Value, place: &str) -> u64 {
    at(row, place)["count"].as_u64().unwrap_or_default()
}

/// The day that the figures are of.
pub(super) fn day_of(figures: &Value) -> Option<NaiveDate> {
    text_at(figures, "as_of").parse().ok()
}

/// Expected and actual progress over time.
pub(super) fn progress(words: Words, figures: &Value, size: Size) -> Option<String> {
    let points = rows(figures, "progress");
    let days: Vec<Day> = points
        .iter()
        .filter_map(|point| {
            let label = text_at(point, "on");
            let on: NaiveDate = label.parse().ok()?;
            Some(Day {
                at: on.num_days_from_ce(),
                label,
            })
        })
        .collect();
    let line = |key, tone, is_dashed, place: &str| Line {
        key: Key {
            tone,
            name: format!("{} {}", say(words, key), newest(words, points, place)),
        },
        is_dashed,
        values: points.iter().map(|point| point[place].as_f64()).collect(),
    };
    let lines = [
        line("expected", "grey", true, "expected_percent"),
        line("actual", "blue", false, "actual_percent"),
    ];
    let day = day_of(figures).map_or_else(String::new, |day| words.date(day));
    let said = Said {
        id: "chart-progress",
        title: say(words, "progress"),
        text: fill(
            words,
            "progress_says",
            &[
                ("day", &day),
                ("expected", &newest(words, points, "expected_percent")),
                ("actual", &newest(words, points, "actual_percent")),
            ],
        ),
    };
    line_chart(size, &said, &days, &lines)
}

/// The last value of a line, in words.
fn newest(words: Words, points: &[Value], place: &str) -> String {
    let percent = points.last().and_then(|point| point[place].as_f64());
    percent.map_or_else(|| say(words, "unknown"), |percent| format!("{percent}%"))
}

/// Lights of the rows with most red, at most `most` of them.
pub(super) fn lights(
    words: Words,
    figures: &Value,
    what: Lights,
    size: Size,
    most: usize,
) -> Drawn {
    let lights = ["green", "yellow", "red"];
    let of = |row: &Value| lights.map(|light| count(row, &format!("{}.{light}", what.counts)));
    let mut counted: Vec<(&Value, [u64; 3])> = rows(figures, what.rows)
        .iter()
        .map(|row| (row, of(row)))
        .collect();
    counted.sort_by_key(|(_, [_, yellow, red])| std::cmp::Reverse((*red, *yellow)));
    let left_out = counted.len().saturating_sub(most);
    counted.truncate(most);
    let bars: Vec<Bar> = counted
        .into_iter()
        .map(|(row, parts)| Bar {
            label: match what.name {
                "section" => section(words, row),
                place => name(row, place),
            },
            words: lights_in_words(words, what.words, parts),
            parts: parts.to_vec(),
        })
        .collect();
    let keys = lights.map(|tone| Key {
        tone,
        name: say(words, tone),
    });
    let said = Said {
        id: what.id,
        title: say(words, what.key),
        text: say(words, &format!("{}_says", what.key)),
    };
    Drawn {
        svg: bar_chart(size, &said, &keys, &bars, Scale::Shares),
        left_out,
    }
}

/// Green, yellow and red in one line.
pub(super) fn lights_in_words(words: Words, key: &str, counts: [u64; 3]) -> String {
    let [green, yellow, red] = counts.map(|count| count.to_string());
    words.fill(
        key,
        &[("green", &green), ("yellow", &yellow), ("red", &red)],
    )
}

/// What is overdue, by age.
pub(super) fn ages(words: Words, figures: &Value, size: Size) -> Option<String> {
    let ages = rows(figures, "overdue.by_age").iter().map(|age| {
        let pieces = count(age, "");
        Bar {
            label: fill(words, "age_words", &[("age", &text_at(age, "age"))]),
            words: pieces.to_string(),
            parts: vec![pieces],
        }
    });
    let bars: Vec<Bar> = ages.collect();
    let key = Key {
        tone: "red",
        name: say(words, "count"),
    };
    let said = Said {
        id: "chart-ages",
        title: say(words, "overdue"),
        text: say(words, "overdue_says"),
    };
    bar_chart(size, &said, &[key], &bars, Scale::Counts)
}

//! Charts as SVG, drawn on the server: lines over days, and bars in parts. They are made of presentation attributes alone, as
//! pages allow no style of their own; the sheet may give their classes other colours. What they show stands in words as
//! well, beside the bars and in a table that the page has near by.
//!
//! Drawn here, because a chart library places texts by the widths of a Latin font that it brings along: labels in Chinese
//! run into the bars.

pub(super) use super::svg::{Said, Size, clean};
use super::svg::{Sample, Svg, fitted, width};

/// What is drawn in one colour, with its name in the legend.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// `green`, `yellow`, `red`, `blue` or `grey`.
    pub(super) tone: &'static str,
    /// Its name.
    pub(super) name: String,
}

impl Key {
    fn sample(&self, is_dashed: bool) -> Sample<'_> {
        Sample {
            tone: self.tone,
            name: &self.name,
            is_dashed,
        }
    }
}

/// A line: a share of 100 for each day, where there is one.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Its name and colour.
    pub(super) key: Key,
    /// Whether it is broken into dashes: lines are told apart without colour.
    pub(super) is_dashed: bool,
    /// Its values, as many as there are days.
    pub(super) values: Vec<Option<f64>>,
}

/// A day below a line chart: how far along it lies, and how it is written.
#[derive(Debug, Clone)]
pub(super) struct Day {
    /// Days since any fixed day.
    pub(super) at: i32,
    /// How it is written.
    pub(super) label: String,
}

/// A bar, in parts of the keys' colours.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    /// What it is about.
    pub(super) label: String,
    /// Its numbers in words.
    pub(super) words: String,
    /// Its parts, as many as there are keys.
    pub(super) parts: Vec<u64>,
}

/// What the length of bars says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scale {
    /// Each bar is as long as all others: its parts are shares of it.
    Shares,
    /// The longest bar is the largest number.
    Counts,
}

/// Lines over days, from 0 to 100; none where there is nothing to draw.
pub(super) fn line_chart(size: Size, said: &Said, days: &[Day], lines: &[Line]) -> Option<String> {
    let has_value = |line: &Line| line.values.iter().take(days.len()).any(Option::is_some);
    if !lines.iter().any(has_value) {
        return None;
    }
    let em = size.text;
    let plot = Plot {
        left: em * 3.2,
        right: size.width - em * 3.0,
        top: em * 2.6,
        bottom: em * 2.6 + size.plot,
    };
    let mut svg = Svg::open("lines", size, plot.bottom + em * 2.0, said);
    let keys: Vec<_> = lines
        .iter()
        .map(|line| line.key.sample(line.is_dashed))
        .collect();
    svg.legend(&keys, true);
    for percent in [0, 25, 50, 75, 100] {
        let y = plot.y(f64::from(percent));
        svg.line("grid", [plot.left, y, plot.right, y]);
        let at = [plot.left - em * 0.4, y + em * 0.35];
        svg.text("soft", at, "end", &format!("{percent}%"));
    }
    let places: Vec<f64> = plot.places(days);
    for at in labelled(days.len(), ((plot.right - plot.left) / (em * 7.5)) as usize) {
        let (Some(day), Some(x)) = (days.get(at), places.get(at)) else {
            continue;
        };
        svg.text("soft", [*x, plot.bottom + em * 1.4], "middle", &day.label);
    }
    for line in lines {
        let points = places.iter().zip(&line.values);
        let points = points.map(|(x, value)| value.map(|value| (*x, plot.y(value))));
        svg.run(line.key.tone, line.is_dashed, points);
    }
    Some(svg.close())
}

/// Bars one below the other, each under its label and its numbers; none where there are none.
pub(super) fn bar_chart(
    size: Size,
    said: &Said,
    keys: &[Key],
    bars: &[Bar],
    scale: Scale,
) -> Option<String> {
    if bars.is_empty() {
        return None;
    }
    let em = size.text;
    let has_legend = keys.len() > 1 && size.has_legend;
    let top = if has_legend { em * 2.2 } else { em * 0.4 };
    let step = em * 3.1;
    // A number of bars a page can hold: exact as a float.
    let height = top + step * bars.len() as f64 - em * 0.5;
    let mut svg = Svg::open("bars", size, height, said);
    if has_legend {
        let samples: Vec<_> = keys.iter().map(|key| key.sample(false)).collect();
        svg.legend(&samples, false);
    }
    let total = |bar: &Bar| bar.parts.iter().sum::<u64>();
    let largest = bars.iter().map(total).max().unwrap_or_default();
    let mut y = top;
    for bar in bars {
        let room = size.width - width(&bar.words, em) - em;
        svg.label(y + em, &fitted(&bar.label, em, room), &bar.words);
        let whole = match scale {
            Scale::Shares => total(bar),
            Scale::Counts => largest,
        };
        let (under, thick) = (y + em * 1.4, em);
        svg.rect("track", [0.0, under, size.width, thick]);
        let mut x = 0.0;
        for (part, long) in keys.iter().zip(lengths(&bar.parts, whole, size.width)) {
            if long > 0.0 {
                svg.rect(part.tone, [x, under, long, thick]);
            }
            x += long;
        }
        y += step;
    }
    Some(svg.close())
}

/// The part of a chart where values are drawn.
struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Plot {
    fn y(&self, percent: f64) -> f64 {
        let share = if percent.is_finite() {
            percent.clamp(0.0, 100.0) / 100.0
        } else {
            0.0
        };
        self.bottom - (self.bottom - self.top) * share
    }

    /// Where days lie; a single one in the middle.
    fn places(&self, days: &[Day]) -> Vec<f64> {
        let first = days.first().map_or(0, |day| day.at);
        let last = days.last().map_or(0, |day| day.at);
        let long = f64::from(last.saturating_sub(first));
        let place = |day: &Day| match long > 0.0 {
            true => {
                let share = f64::from(day.at.saturating_sub(first)) / long;
                self.left + (self.right - self.left) * share.clamp(0.0, 1.0)
            }
            false => f64::midpoint(self.left, self.right),
        };
        days.iter().map(place).collect()
    }
}

/// Which of so many days are written below: the first, the last, and some between, at most `room` of them.
fn labelled(days: usize, room: usize) -> Vec<usize> {
    let last = days.saturating_sub(1);
    let steps = room.saturating_sub(1).clamp(1, last.max(1));
    let mut chosen: Vec<usize> = (0..=steps).map(|step| last * step / steps).collect();
    chosen.dedup();
    chosen
}

/// How long the parts of a bar are; what is there at all can be seen.
fn lengths(parts: &[u64], whole: u64, room: f64) -> Vec<f64> {
    const LEAST: f64 = 3.0;
    if whole == 0 {
        return vec![0.0; parts.len()];
    }
    // Counts far below 2^53: exact as floats.
    let mut lengths: Vec<f64> = parts
        .iter()
        .map(|part| match part {
            0 => 0.0,
            part => (room * (*part as f64) / (whole as f64)).max(LEAST),
        })
        .collect();
    let over = lengths.iter().sum::<f64>() - room;
    let longest = lengths.iter_mut().max_by(|one, other| one.total_cmp(other));
    if let Some(longest) = longest.filter(|_| over > 0.0) {
        *longest = (*longest - over).max(0.0);
    }
    lengths
}

#[cfg(test)]
#[path = "charts_tests.rs"]
mod tests;

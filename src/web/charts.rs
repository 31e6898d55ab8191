//! Charts as SVG, drawn on the server: lines over days, and bars in parts. They are made of presentation attributes alone, as
//! pages allow no style of their own; the sheet may give their classes other colours. What they show stands in words as
//! well, beside the bars and in a table that the page has near by.
//!
//! Drawn here, because a chart library places texts by the widths of a Latin font that it brings along: labels in Chinese
//! run into the bars.

use crate::http::kernel::text::is_hidden;
use std::fmt::Write as _;

/// How large a chart is drawn: units of its own, which the page stretches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    /// Its width.
    pub(super) width: f64,
    /// The size of its texts.
    pub(super) text: f64,
    /// How high lines are drawn; bars are as many as they are.
    pub(super) plot: f64,
    /// Whether bars have a legend; without one, their words say what their parts are.
    pub(super) has_legend: bool,
}

/// What a chart is called, for those who do not see it too.
#[derive(Debug, Clone)]
pub(super) struct Said {
    /// The id of its element; unique on a page.
    pub(super) id: &'static str,
    /// Its name.
    pub(super) title: String,
    /// What it shows, in a sentence or two.
    pub(super) text: String,
}

/// What is drawn in one colour, with its name in the legend.
#[derive(Debug, Clone)]
pub(super) struct Key {
    /// `green`, `yellow`, `red`, `blue` or `grey`.
    pub(super) tone: &'static str,
    /// Its name.
    pub(super) name: String,
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

/// Letters that are kept of a label at the most, whatever the room.
const MOST_LETTERS: usize = 120;

/// A label as it may be drawn: nothing that turns the direction of writing or is no letter, on one line, no longer than
/// `most` letters.
pub(super) fn clean(text: &str, most: usize) -> String {
    let turns = |letter: char| {
        is_hidden(letter) || matches!(letter, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{feff}')
    };
    let mut letters = text
        .chars()
        .filter(|letter| !turns(*letter))
        .map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut kept: String = letters.by_ref().take(most).collect();
    if letters.next().is_some() {
        kept.pop();
        kept.push('…');
    }
    kept.trim().to_owned()
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
    let mut svg = Svg::open(size, plot.bottom + em * 2.0, said);
    let keys: Vec<_> = lines
        .iter()
        .map(|line| (&line.key, line.is_dashed))
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
        svg.run(line, points, em);
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
    let height = top + step * bars.len() as f64;
    let mut svg = Svg::open(size, height, said);
    if has_legend {
        let keys: Vec<_> = keys.iter().map(|key| (key, false)).collect();
        svg.legend(&keys, false);
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

/// About how wide a text is: Chinese letters are as wide as they are high, others about half.
fn width(text: &str, em: f64) -> f64 {
    let wide = |letter: char| if letter.is_ascii() { 0.58 } else { 1.0 };
    text.chars().map(wide).sum::<f64>() * em
}

/// As much of a label as there is room for.
fn fitted(label: &str, em: f64, room: f64) -> String {
    let label = clean(label, MOST_LETTERS);
    if width(&label, em) <= room {
        return label;
    }
    let mut kept = String::new();
    for letter in label.chars() {
        kept.push(letter);
        if width(&kept, em) > room - em {
            kept.pop();
            break;
        }
    }
    kept.push('…');
    kept
}

/// A drawing while it is made.
struct Svg {
    text: String,
    em: f64,
    width: f64,
}

impl Svg {
    fn open(size: Size, height: f64, said: &Said) -> Self {
        let mut svg = Self {
            text: String::with_capacity(4096),
            em: size.text,
            width: size.width,
        };
        let (id, width) = (said.id, size.width);
        svg.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" id=\"{id}\" role=\"img\" aria-labelledby=\"{id}-title\" \
             aria-describedby=\"{id}-says\" viewBox=\"0 0 {width:.1} {height:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             font-size=\"{:.1}\">",
            size.text
        ));
        for (tag, end, text) in [
            ("title", "title", &said.title),
            ("desc", "says", &said.text),
        ] {
            svg.put(format_args!("<{tag} id=\"{id}-{end}\">"));
            svg.escaped(&clean(text, usize::MAX));
            svg.put(format_args!("</{tag}>"));
        }
        svg
    }

    fn put(&mut self, what: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.text.write_fmt(what);
    }

    fn escaped(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                '\'' => self.text.push_str("&#39;"),
                // No letter of XML, though one of Rust's.
                '\u{fffe}' | '\u{ffff}' => {}
                letter => self.text.push(letter),
            }
        }
    }

    fn text(&mut self, class: &'static str, [x, y]: [f64; 2], anchor: &str, text: &str) {
        let fill = colour(class);
        self.put(format_args!(
            "<text class=\"{class}\" fill=\"{fill}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">"
        ));
        self.escaped(text);
        self.text.push_str("</text>");
    }

    /// The name of a bar and, behind it, its numbers: at the left, where narrow screens begin. What is written from the right
    /// in a name stays within it.
    fn label(&mut self, y: f64, name: &str, words: &str) {
        let (ink, soft, gap) = (colour("ink"), colour("soft"), self.em);
        self.put(format_args!(
            "<text y=\"{y:.1}\"><tspan class=\"ink\" fill=\"{ink}\" unicode-bidi=\"isolate\">"
        ));
        self.escaped(name);
        self.put(format_args!(
            "</tspan><tspan class=\"soft\" fill=\"{soft}\" dx=\"{gap:.1}\">"
        ));
        self.escaped(words);
        self.text.push_str("</tspan></text>");
    }

    fn line(&mut self, class: &'static str, [x1, y1, x2, y2]: [f64; 4]) {
        let stroke = colour(class);
        self.put(format_args!(
            "<line class=\"{class}\" stroke=\"{stroke}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        ));
    }

    fn rect(&mut self, class: &'static str, [x, y, width, height]: [f64; 4]) {
        let fill = colour(class);
        self.put(format_args!(
            "<rect class=\"{class}\" fill=\"{fill}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
        ));
    }

    /// The names of the colours, from the left; what they are samples of are lines, or areas.
    fn legend(&mut self, keys: &[(&Key, bool)], are_lines: bool) {
        let (em, mut x) = (self.em, 0.0);
        let sample = if are_lines { em * 2.2 } else { em * 1.4 };
        let room = self.width / keys.len().max(1) as f64 - sample - em * 0.4;
        for (key, is_dashed) in keys {
            let middle = em * 0.9;
            match are_lines {
                true => self.stroke(key.tone, *is_dashed, &[(x, middle), (x + em * 1.8, middle)]),
                false => self.rect(key.tone, [x, em * 0.4, em, em]),
            }
            x += sample;
            let name = fitted(&key.name, em, room);
            self.text("ink", [x, em * 1.25], "start", &name);
            x += width(&name, em) + em;
        }
    }

    fn stroke(&mut self, tone: &'static str, is_dashed: bool, points: &[(f64, f64)]) {
        let (stroke, thick) = (colour(tone), self.em * 0.18);
        self.put(format_args!(
            "<polyline class=\"{tone}\" fill=\"none\" stroke=\"{stroke}\" stroke-width=\"{thick:.1}\" stroke-linejoin=\"round\""
        ));
        if is_dashed {
            let (dash, gap) = (self.em * 0.5, self.em * 0.35);
            self.put(format_args!(" stroke-dasharray=\"{dash:.1} {gap:.1}\""));
        }
        self.text.push_str(" points=\"");
        for (x, y) in points {
            self.put(format_args!("{x:.1},{y:.1} "));
        }
        self.text.push_str("\"/>");
    }

    /// A line, broken where days have no value; a value without neighbours is a dot, and so is the last one.
    fn run(&mut self, line: &Line, points: impl Iterator<Item = Option<(f64, f64)>>, em: f64) {
        let mut runs: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
        for point in points {
            match (point, runs.last_mut()) {
                (Some(point), Some(run)) => run.push(point),
                (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
                _ => {}
            }
        }
        runs.retain(|run| !run.is_empty());
        let tone = line.key.tone;
        for (at, run) in runs.iter().enumerate() {
            if run.len() > 1 {
                self.stroke(tone, line.is_dashed, run);
            }
            let is_last = at + 1 == runs.len();
            if let Some((x, y)) = run.last().filter(|_| is_last || run.len() == 1) {
                let (fill, radius) = (colour(tone), em * 0.3);
                self.put(format_args!(
                    "<circle class=\"{tone}\" fill=\"{fill}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>"
                ));
            }
        }
    }

    fn close(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }
}

/// The colour of a class, as the sheet has it on paper.
fn colour(class: &str) -> &'static str {
    match class {
        "green" => "#039855",
        "yellow" => "#dc6803",
        "red" => "#d92d20",
        "blue" => "#1849a9",
        "ink" => "#1d2939",
        "track" => "#eaecf0",
        "grid" => "#d0d5dd",
        _ => "#475467",
    }
}

#[cfg(test)]
#[path = "charts_tests.rs"]
mod tests;

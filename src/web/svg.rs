//! Drawing charts: texts, lines and areas as SVG. Every text is escaped where it is written.

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

/// A colour in a legend.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample<'a> {
    /// Its class.
    pub(super) tone: &'static str,
    /// What it stands for.
    pub(super) name: &'a str,
    /// Whether it is that of a line in dashes.
    pub(super) is_dashed: bool,
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

/// About how wide a text is: Chinese letters are as wide as they are high, others about half.
pub(super) fn width(text: &str, em: f64) -> f64 {
    let wide = |letter: char| if letter.is_ascii() { 0.58 } else { 1.0 };
    text.chars().map(wide).sum::<f64>() * em
}

/// As much of a label as there is room for.
pub(super) fn fitted(label: &str, em: f64, room: f64) -> String {
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
pub(super) struct Svg {
    text: String,
    em: f64,
    width: f64,
}

impl Svg {
    pub(super) fn open(class: &str, size: Size, height: f64, said: &Said) -> Self {
        let mut svg = Self {
            text: String::with_capacity(4096),
            em: size.text,
            width: size.width,
        };
        let (id, width) = (said.id, size.width);
        svg.put(format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart {class}\" id=\"{id}\" role=\"img\" aria-labelledby=\"{id}-title\" \
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

    pub(super) fn text(&mut self, class: &'static str, [x, y]: [f64; 2], anchor: &str, text: &str) {
        let fill = colour(class);
        self.put(format_args!(
            "<text class=\"{class}\" fill=\"{fill}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">"
        ));
        self.escaped(text);
        self.text.push_str("</text>");
    }

    /// The name of a bar and, behind it, its numbers: at the left, where narrow screens begin. What is written from the right
    /// in a name stays within it.
    pub(super) fn label(&mut self, y: f64, name: &str, words: &str) {
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

    pub(super) fn line(&mut self, class: &'static str, [x1, y1, x2, y2]: [f64; 4]) {
        let stroke = colour(class);
        self.put(format_args!(
            "<line class=\"{class}\" stroke=\"{stroke}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        ));
    }

    pub(super) fn rect(&mut self, class: &'static str, [x, y, width, height]: [f64; 4]) {
        let fill = colour(class);
        self.put(format_args!(
            "<rect class=\"{class}\" fill=\"{fill}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
        ));
    }

    /// The names of the colours, from the left; what they are samples of are lines, or areas.
    pub(super) fn legend(&mut self, keys: &[Sample<'_>], are_lines: bool) {
        let (em, mut x) = (self.em, 0.0);
        let sample = if are_lines { em * 2.2 } else { em * 1.4 };
        let room = self.width / keys.len().max(1) as f64 - sample - em * 0.4;
        for key in keys {
            let middle = em * 0.9;
            match are_lines {
                true => self.stroke(
                    key.tone,
                    key.is_dashed,
                    &[(x, middle), (x + em * 1.8, middle)],
                ),
                false => self.rect(key.tone, [x, em * 0.4, em, em]),
            }
            x += sample;
            let name = fitted(key.name, em, room);
            self.text("ink", [x, em * 1.25], "start", &name);
            x += width(&name, em) + em;
        }
    }

    pub(super) fn stroke(&mut self, tone: &'static str, is_dashed: bool, points: &[(f64, f64)]) {
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
    pub(super) fn run(
        &mut self,
        tone: &'static str,
        is_dashed: bool,
        points: impl Iterator<Item = Option<(f64, f64)>>,
    ) {
        let mut runs: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
        for point in points {
            match (point, runs.last_mut()) {
                (Some(point), Some(run)) => run.push(point),
                (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
                _ => {}
            }
        }
        runs.retain(|run| !run.is_empty());
        for (at, run) in runs.iter().enumerate() {
            if run.len() > 1 {
                self.stroke(tone, is_dashed, run);
            }
            let is_last = at + 1 == runs.len();
            if let Some((x, y)) = run.last().filter(|_| is_last || run.len() == 1) {
                let (fill, radius) = (colour(tone), self.em * 0.3);
                self.put(format_args!(
                    "<circle class=\"{tone}\" fill=\"{fill}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>"
                ));
            }
        }
    }

    pub(super) fn close(mut self) -> String {
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

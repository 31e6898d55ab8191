//! What pages are put together from. Every text in them is escaped where it is written.

use super::field::{ErrorShown, Field, Input, Typed, Wrong, mark};
use super::frame::Frame;
use askama::Template;

/// A page.
#[derive(Template)]
#[template(path = "page.html", config = "config/askama.toml")]
pub(super) struct Page {
    /// Around it.
    pub(super) frame: Frame,
    /// Pages above it, from the top.
    pub(super) trail: Vec<Link>,
    /// What came of the form that led here.
    pub(super) done: Option<String>,
    /// What it shows, in order.
    pub(super) parts: Vec<Part>,
    /// Below it all.
    pub(super) foot: Option<String>,
}

/// A link with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    /// Where it leads.
    pub(super) href: String,
    /// Its words.
    pub(super) text: String,
}

impl Link {
    /// A link.
    pub(super) fn new(href: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            href: href.into(),
            text: text.into(),
        }
    }
}

/// A part of a page.
pub(super) enum Part {
    /// A heading below the page's own.
    Heading(String),
    /// A paragraph; line ends are kept.
    Text(String),
    /// A remark that stands out.
    Note(Note),
    /// Rows that are unfolded by whoever wants them.
    Folded {
        /// What is said of them while they are folded.
        summary: String,
        /// Whether they are unfolded at first.
        is_open: bool,
        /// The rows.
        table: Table,
    },
    /// What is known of one row.
    Facts(Vec<Fact>),
    /// Rows.
    Table(Table),
    /// What can be done from here, and files to save.
    Links(Vec<Action>),
    /// Something to fill in.
    Form(Form),
    /// Rows in words, each with the one thing that can be done about it at once, without a page in between.
    Rows(Vec<Row>),
    /// Figures side by side.
    Figures(Vec<Figure>),
    /// A drawing of ours as SVG, with its description; trusted, as it is made from numbers and escaped texts.
    Drawing(String),
    /// Months side by side.
    Months(Vec<Month>),
    /// Something that browsers load anew from time to time: the parts of one id, with the seconds between.
    Live {
        /// The id of its element, and the page that it is loaded from.
        id: String,
        /// Where it is loaded from.
        href: String,
        /// Seconds between.
        every: u32,
        /// What it shows.
        table: Table,
    },
}

/// A remark that stands out.
#[derive(Debug, Clone)]
pub(super) struct Note {
    /// `good`, `bad` or `plain`.
    pub(super) tone: &'static str,
    /// Its first words.
    pub(super) heading: String,
    /// Its text, a paragraph each.
    pub(super) texts: Vec<String>,
}

/// One thing known of a row.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    /// What it is.
    pub(super) label: String,
    /// What is known.
    pub(super) value: Cell,
}

/// What stands in one place of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// Nothing.
    Empty,
    /// A text; line ends are kept.
    Text(String),
    /// A day or a moment, which stays on one line.
    Day(String),
    /// A link.
    Link(Link),
    /// A state in words, with a colour beside them: `green`, `yellow`, `red`, `grey` or `blue`.
    Badge {
        /// Its colour.
        tone: &'static str,
        /// Its words.
        text: String,
    },
    /// Several texts, a line each.
    Lines(Vec<String>),
    /// A share of 100.
    Percent(u8),
    /// Several links, a line each.
    Links(Vec<Link>),
}

/// A column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Its heading.
    pub(super) label: String,
    /// Where it leads that the rows are put in order by it, and how they are: `ascending`, `descending` or `none`.
    pub(super) sort: Option<(String, &'static str)>,
    /// Whether it holds numbers.
    pub(super) is_number: bool,
}

/// Rows in columns. The first column names its row.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// What it shows; read aloud, and shown where the page has no heading for it.
    pub(super) caption: String,
    /// Its columns.
    pub(super) columns: Vec<Column>,
    /// Its rows, as long as the columns.
    pub(super) rows: Vec<Vec<Cell>>,
    /// What is said where there are no rows.
    pub(super) none: String,
    /// Where the rows go on, with words.
    pub(super) more: Option<Link>,
}

impl Table {
    /// Drops the columns in which no row has anything; the first one stays.
    pub(super) fn drop_empty_columns(&mut self) {
        if self.rows.is_empty() {
            return;
        }
        let is_kept: Vec<bool> = (0..self.columns.len())
            .map(|at| {
                at == 0
                    || self
                        .rows
                        .iter()
                        .any(|row| row.get(at) != Some(&Cell::Empty))
            })
            .collect();
        fn keep<T>(all: &mut Vec<T>, is_kept: &[bool]) {
            let mut position = 0;
            all.retain(|_| {
                let kept = is_kept.get(position).copied().unwrap_or(true);
                position += 1;
                kept
            });
        }
        keep(&mut self.columns, &is_kept);
        for row in &mut self.rows {
            keep(row, &is_kept);
        }
    }

    /// A row's cells, each with its column.
    fn cells<'a>(&'a self, row: &'a [Cell]) -> impl Iterator<Item = (&'a Column, &'a Cell)> {
        self.columns.iter().zip(row)
    }
}

/// Something that can be done, or saved.
#[derive(Debug, Clone)]
pub(super) struct Action {
    /// Where it leads.
    pub(super) link: Link,
    /// Whether it is what most come for.
    pub(super) is_main: bool,
}

/// Fields and a button.
pub(super) struct Form {
    /// What is wrong with what was sent.
    pub(super) errors: Vec<ErrorShown>,
    /// `get` or `post`.
    pub(super) method: &'static str,
    /// Where it is sent.
    pub(super) address: String,
    /// What is sent along.
    pub(super) hidden: Vec<(String, String)>,
    /// What to know before it is sent.
    pub(super) hint: String,
    /// Its fields.
    pub(super) fields: Vec<Field>,
    /// What its button says.
    pub(super) button: String,
    /// Another button, which does something else with what was filled in: what is sent with it, and what it says.
    pub(super) other: Option<OtherButton>,
    /// Where whoever thinks better of it goes.
    pub(super) back: Option<Link>,
    /// Whether it only chooses what the page shows: its fields stand in a row, and are out of the way until they are used.
    pub(super) is_filter: bool,
    /// Whether something was chosen.
    pub(super) is_used: bool,
}

impl Form {
    /// A form without fields that is sent to that address by a button that says this.
    pub(super) fn posting(address: impl Into<String>, button: String) -> Self {
        Self {
            errors: Vec::new(),
            method: "post",
            address: address.into(),
            hidden: Vec::new(),
            hint: String::new(),
            fields: Vec::new(),
            button,
            other: None,
            back: None,
            is_filter: false,
            is_used: false,
        }
    }

    /// Puts what was typed back into its fields.
    pub(super) fn retype(&mut self, typed: &Typed) {
        for field in &mut self.fields {
            field.retype(typed);
        }
    }

    /// Says what is wrong, at its head and beside its fields.
    pub(super) fn mark(&mut self, wrong: Vec<Wrong>) {
        self.errors = mark(self.fields.iter_mut(), wrong);
    }
}

/// A second button of a form.
pub(super) struct OtherButton {
    /// What it does with what was filled in.
    pub(super) does: OtherDoes,
    /// What it says.
    pub(super) text: String,
}

/// What a second button does with what was filled in.
pub(super) enum OtherDoes {
    /// Sends this along: a name, and what is sent under it.
    Says(&'static str, &'static str),
    /// Sends it to another address.
    GoesTo(&'static str),
}

/// A row in words, with what can be done about it at once.
pub(super) struct Row {
    /// The row.
    pub(super) says: String,
    /// Its button; none where there is nothing to do.
    pub(super) button: Option<RowButton>,
}

/// The button of a row.
pub(super) struct RowButton {
    /// Where it leads.
    pub(super) address: String,
    /// What is sent along.
    pub(super) hidden: Vec<(String, String)>,
    /// What it says.
    pub(super) text: String,
}

/// A number with its words.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    /// What it counts.
    pub(super) label: String,
    /// The number.
    pub(super) value: String,
    /// Where the rows are that it counts.
    pub(super) href: Option<String>,
    /// Its colour, as a badge's; empty for none.
    pub(super) tone: &'static str,
}

/// A month of a calendar.
#[derive(Debug, Clone)]
pub(super) struct Month {
    /// 2026年11月.
    pub(super) name: String,
    /// The weekdays' names, from Monday.
    pub(super) weekdays: Vec<String>,
    /// Weeks of seven days; days of other months are none.
    pub(super) weeks: Vec<Vec<Option<MonthDay>>>,
}

/// A day of a calendar.
#[derive(Debug, Clone)]
pub(super) struct MonthDay {
    /// Its number.
    pub(super) number: u32,
    /// What kind of day it is: `work`, `off`, `vacation`; also in words, as nothing is said by colour alone.
    pub(super) kind: &'static str,
    /// The kind in words: 休, 班, 假; empty for an ordinary workday.
    pub(super) mark: String,
    /// The whole day in words.
    pub(super) says: String,
    /// Whether it is today.
    pub(super) is_today: bool,
    /// What happens on it.
    pub(super) events: Vec<Link>,
}

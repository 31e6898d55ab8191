//! What can be done on pages: what an entry of the tables says of it, and when it is offered.

use super::part::{Action, Link};
use super::row::{address, text_at};
use super::visit::Visit;
use serde_json::{Map, Value};

/// Something that can be done.
pub(super) struct ActPage {
    /// Its key in the catalogue, `act.{key}`, and among acts.
    pub(super) key: &'static str,
    /// Its page's path.
    pub(super) path: &'static str,
    /// The API's operation.
    pub(super) operation: &'static str,
    /// The operation that reads the row it is about; empty for none.
    pub(super) of: &'static str,
    /// Where in that row what must be one of these codes; none for always.
    pub(super) when: &'static [(&'static str, &'static [&'static str])],
    /// Its fields.
    pub(super) fields: &'static [ActField],
    /// What is sent along: where in the body, and what: `=code`, `#true`, or a part of the path.
    pub(super) fixed: &'static [(&'static str, &'static str)],
    /// Where it leads when it is done, filled in from the answer, else from the path; `@` for what was made.
    pub(super) then: &'static str,
    /// Whether it is what most come for.
    pub(super) is_main: bool,
}

/// A field of such a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct ActField {
    /// Its place in the body, `opens.days`; also its key `col.{name}`.
    pub(super) name: &'static str,
    /// How it is filled in and sent.
    pub(super) kind: Kind,
    /// Whether it must be.
    pub(super) is_required: bool,
    /// Where in the row what stands in it at first; empty for nothing.
    pub(super) from: &'static str,
}

/// How a field is filled in, and what it becomes in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text of several lines.
    Prose,
    /// A text of one line.
    Line,
    /// A day.
    Day,
    /// A number.
    Number,
    /// Yes or no; what is not ticked is sent as no.
    Check,
    /// A code of the API's enumeration of that name.
    Code(&'static str),
    /// One of the rows of a list of the API, by its id.
    OneOf(&'static str),
    /// Names, apart by 、 or line by line; sent as a list.
    Names,
    /// Texts, line by line; sent as a list.
    Lines,
    /// A file; several where the API takes them.
    File,
}

/// A field that may stay empty.
pub(super) const fn field(name: &'static str, kind: Kind) -> ActField {
    ActField {
        name,
        kind,
        is_required: false,
        from: "",
    }
}

impl ActField {
    /// The same, to be filled in.
    pub(super) const fn required(self) -> Self {
        Self {
            is_required: true,
            ..self
        }
    }

    /// The same, holding what stands there in the row.
    pub(super) const fn from(self, from: &'static str) -> Self {
        Self { from, ..self }
    }
}

/// An act that has nothing but its button, about a row.
pub(super) const PLAIN: ActPage = ActPage {
    key: "",
    path: "",
    operation: "",
    of: "",
    when: &[],
    fields: &[],
    fixed: &[],
    then: "/",
    is_main: false,
};

/// A step that has a page of its own.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    /// Its key in the catalogue, `act.{key}`, and among acts.
    pub(super) key: &'static str,
    /// Its page's path.
    pub(super) path: &'static str,
    /// The operation that its visitor must be allowed.
    pub(super) operation: &'static str,
    /// Where in the row what must be one of these codes.
    pub(super) when: &'static [(&'static str, &'static [&'static str])],
    /// Whether it is what most come for.
    pub(super) is_main: bool,
}

impl ActPage {
    /// The way to it.
    fn way(&self) -> Way {
        Way {
            key: self.key,
            path: self.path,
            operation: self.operation,
            when: self.when,
            is_main: self.is_main,
        }
    }
}

/// The way to the step of a key.
fn way_to(key: &str) -> Option<Way> {
    let act = super::pages::acts().find(|act| act.key == key);
    let way = || {
        super::pages::WAYS
            .iter()
            .find(|way| way.key == key)
            .copied()
    };
    act.map(ActPage::way).or_else(way)
}

/// The steps of these keys that a visitor may take now, about a row.
pub(super) fn offered(visit: &Visit, keys: &[&str], row: &Value) -> Vec<Action> {
    let ways = keys.iter().filter_map(|key| way_to(key));
    let offered = ways.filter_map(|way| {
        if !visit.asking.may(way.operation) || !fits(&way, row) {
            return None;
        }
        let href = match address(way.path, row) {
            Some(href) => href,
            None => filled(way.path, visit)?,
        };
        Some(Action {
            link: Link::new(href, visit.words.say(&format!("act.{}.button", way.key))),
            is_main: way.is_main,
        })
    });
    offered.collect()
}

fn fits(way: &Way, row: &Value) -> bool {
    way.when.iter().all(|(place, codes)| {
        let value = text_at(row, place);
        codes.contains(&value.as_str())
    })
}

/// A path with its parts filled in from the page's own.
pub(super) fn filled(path: &str, visit: &Visit) -> Option<String> {
    let parts: Map<String, Value> = visit
        .params
        .iter()
        .map(|(name, text)| (name.clone(), Value::String(text.clone())))
        .collect();
    address(path, &Value::Object(parts))
}

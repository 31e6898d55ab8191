//! The tables name what the API has, and the catalogue has words for all that they name.

use super::*;
use crate::domain::local_time::LocalZone;
use crate::domain::locale::Locale;
use crate::http::api::endpoints;
use crate::http::kernel::document;
use crate::web::act::Kind;
use crate::web::list_page::{Col, Filter};
use crate::web::row::Show;
use crate::web::words::Words;
use serde_json::Value;
use std::collections::BTreeSet;

/// The keys that the tables ask the catalogue for, and the enumerations.
#[derive(Default)]
struct Wanted {
    keys: BTreeSet<String>,
    labels: BTreeSet<String>,
    groups: BTreeSet<&'static str>,
}

impl Wanted {
    fn columns(&mut self, columns: &[Col]) {
        for column in columns {
            self.labels.insert(column.key.to_owned());
            if let Show::Code(group) = column.show {
                self.groups.insert(group);
            }
        }
    }

    fn act(&mut self, key: &str) {
        for what in ["title", "button", "done"] {
            self.keys.insert(format!("act.{key}.{what}"));
        }
    }

    fn lists(&mut self) {
        for list in lists() {
            self.keys.insert(format!("page.{}", list.key));
            self.columns(list.columns);
            let files = list.files.iter();
            self.keys
                .extend(files.map(|(_, key)| format!("file.{key}")));
            for filter in list.filters {
                self.labels.insert(filter.name().to_owned());
                if let Filter::Choice(_, group) = filter {
                    self.groups.insert(group);
                }
            }
        }
    }

    fn details(&mut self) {
        for detail in details() {
            self.keys.insert(format!("page.{}", detail.of.0));
            self.columns(detail.facts);
            let files = detail.files.iter();
            self.keys
                .extend(files.map(|(_, key)| format!("file.{key}")));
            for (key, _, columns) in detail.tables {
                self.keys.insert(format!("part.{key}"));
                self.columns(columns);
            }
            let lists = detail.lists.iter();
            self.keys
                .extend(lists.map(|(key, _, _)| format!("part.{key}")));
        }
    }

    fn acts(&mut self) {
        for act in acts() {
            self.act(act.key);
            for field in act.fields {
                self.labels.insert(field.name.to_owned());
                if let Kind::Code(group) = field.kind {
                    self.groups.insert(group);
                }
            }
        }
        for way in WAYS {
            self.act(way.key);
        }
    }
}

#[test]
fn every_word_that_the_tables_ask_for_is_in_both_catalogues() {
    let mut wanted = Wanted::default();
    wanted.lists();
    wanted.details();
    wanted.acts();
    let document = serde_json::to_value(document(&endpoints())).expect("the document");
    let mut missing = Vec::new();
    for locale in [Locale::ZhCn, Locale::En] {
        let words = Words::of(locale, LocalZone::default());
        let mut want = |key: &str| {
            if words.known(key).is_none() {
                missing.push(format!("{} {key}", words.tag()));
            }
        };
        wanted.keys.iter().for_each(|key| want(key));
        for group in &wanted.groups {
            let codes = &document["components"]["schemas"][*group]["enum"];
            let codes = codes.as_array().map_or(&[][..], Vec::as_slice);
            for code in codes.iter().filter_map(Value::as_str) {
                want(&format!("code.{group}.{code}"));
            }
        }
        for label in &wanted.labels {
            if words.label(label).contains("web.col.") {
                missing.push(format!("{} col.{label}", words.tag()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_entry_names_what_the_api_has() {
    let document = serde_json::to_value(document(&endpoints())).expect("the document");
    let paths = document["paths"].as_object().expect("paths");
    let methods = paths.values().filter_map(Value::as_object);
    let operations: BTreeSet<&str> = methods
        .flat_map(|methods| methods.values())
        .filter_map(|operation| operation["operationId"].as_str())
        .collect();
    let named = lists().map(|list| list.operation);
    let named = named.chain(details().map(|detail| detail.operation));
    let named = named.chain(acts().flat_map(|act| [act.operation, act.of]));
    let named = named.chain(WAYS.iter().map(|way| way.operation));
    let unknown: Vec<&str> = named
        .filter(|name| !name.is_empty() && !operations.contains(name))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let offered = lists().flat_map(|list| list.acts);
    let offered = offered.chain(details().flat_map(|detail| detail.acts));
    let is_known =
        |key: &&str| acts().any(|act| act.key == *key) || WAYS.iter().any(|way| way.key == *key);
    let lost: Vec<&&str> = offered.filter(|key| !is_known(key)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    let pages = lists().map(|list| list.path);
    let pages = pages.chain(details().map(|detail| detail.path));
    let mut seen = BTreeSet::new();
    for path in pages.chain(acts().map(|act| act.path)) {
        assert!(seen.insert(path), "{path} is there twice");
    }
}

//! The catalogue is complete: both languages have every key with the same places to fill, and every key that the code
//! names exists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn catalogue(name: &str) -> BTreeMap<String, String> {
    fn flatten(prefix: &str, value: &toml::Value, into: &mut BTreeMap<String, String>) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    let key = if prefix.is_empty() {
                        key.clone()
                    } else {
                        format!("{prefix}.{key}")
                    };
                    flatten(&key, value, into);
                }
            }
            text => {
                let text = text
                    .as_str()
                    .unwrap_or_else(|| panic!("{prefix} is no text"));
                into.insert(prefix.to_owned(), text.to_owned());
            }
        }
    }
    let table = read(&format!("src/locales/{name}.toml"))
        .parse::<toml::Table>()
        .expect("TOML");
    let mut keys = BTreeMap::new();
    flatten("", &toml::Value::Table(table), &mut keys);
    keys.retain(|key, _| key.starts_with("mail."));
    keys
}

fn places(text: &str) -> BTreeSet<&str> {
    text.split("%{")
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}

/// The keys between quotes in the sources that write letters.
fn keys_in_code() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let entries = ["src/mail", "src/flow"].into_iter().flat_map(|folder| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        std::fs::read_dir(folder).expect("sources")
    });
    for entry in entries {
        let path = entry.expect("entry").path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).expect("source");
            let quoted = source
                .split("\"mail.")
                .skip(1)
                .filter_map(|rest| rest.split('"').next());
            keys.extend(quoted.map(|rest| format!("mail.{rest}")));
        }
    }
    keys
}

#[test]
fn both_languages_have_the_same_keys() {
    let chinese: BTreeSet<String> = catalogue("zh-CN").into_keys().collect();
    let english: BTreeSet<String> = catalogue("en").into_keys().collect();
    let missing: Vec<_> = chinese.symmetric_difference(&english).collect();
    assert!(missing.is_empty(), "only in one language: {missing:?}");
}

#[test]
fn a_translation_fills_no_place_that_the_original_lacks() {
    let english = catalogue("en");
    for (key, text) in catalogue("zh-CN") {
        // Month names are for languages that spell them.
        let mut other = places(&english[&key]);
        other.remove("month_name");
        let mut own = places(&text);
        own.remove("month");
        other.remove("month");
        assert_eq!(own, other, "{key}");
    }
}

#[test]
fn every_key_named_in_the_code_exists_and_every_key_is_named() {
    let catalogue: BTreeSet<String> = catalogue("zh-CN").into_keys().collect();
    let (patterns, named): (BTreeSet<String>, BTreeSet<String>) = keys_in_code()
        .into_iter()
        .partition(|key| key.contains('{'));
    assert!(named.len() > 50, "the search found the keys");
    let unknown: Vec<_> = named.difference(&catalogue).collect();
    assert!(unknown.is_empty(), "not in the catalogue: {unknown:?}");
    let is_patterned = |key: &String| {
        patterns.iter().any(|pattern| {
            pattern
                .split('{')
                .next()
                .is_some_and(|stem| key.starts_with(stem))
        })
    };
    let unused: Vec<_> = catalogue
        .difference(&named)
        .filter(|key| !is_patterned(key))
        .collect();
    assert!(unused.is_empty(), "named nowhere: {unused:?}");
}

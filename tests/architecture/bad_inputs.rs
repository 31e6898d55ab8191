//! The table of bad inputs: every number has its row, and every test that a row names is there and is run.

use crate::source::TextFile;

/// Where the table lies.
pub const TABLE: &str = "tests/BAD_INPUTS.md";

/// The letters of the numbers, with how many each has.
const NUMBERS: [(char, usize); 8] = [
    ('A', 16),
    ('B', 14),
    ('C', 14),
    ('D', 8),
    ('E', 10),
    ('F', 14),
    ('G', 8),
    ('H', 6),
];

/// What is missing from the table, or named in it and not there.
pub fn violations(files: &[TextFile]) -> Vec<String> {
    let text_of = |path: &str| {
        let file = files.iter().find(|file| file.path == path);
        file.map(|file| file.text.as_str())
    };
    let Some(table) = text_of(TABLE) else {
        return vec![format!("{TABLE} is missing")];
    };
    let mut found = Vec::new();
    for (letter, count) in NUMBERS {
        for number in (1..=count).map(|number| format!("{letter}{number}")) {
            let head = format!("| {number} |");
            let rows: Vec<&str> = table
                .lines()
                .filter(|line| line.starts_with(&head))
                .collect();
            let [row] = rows[..] else {
                found.push(format!("{TABLE}: {number} has {} rows", rows.len()));
                continue;
            };
            let tests = named(row);
            if tests.is_empty() {
                found.push(format!("{TABLE}: {number} names no test"));
            }
            for (path, test) in tests {
                let is_run = text_of(path).is_some_and(|text| is_run(text, test));
                if !is_run {
                    found.push(format!("{TABLE}: {number}: no test {path}::{test}"));
                }
            }
        }
    }
    found
}

/// The tests that a row names: `file::function` between backticks.
fn named(row: &str) -> Vec<(&str, &str)> {
    let quoted = row.split('`').skip(1).step_by(2);
    quoted.filter_map(|quote| quote.split_once("::")).collect()
}

/// Whether a file has a test of that name: a function that is marked as one, or that a list of tests names (`on_both!`,
/// `proptest!`).
fn is_run(text: &str, test: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let begins = |line: &str, head: &str| {
        let rest = line
            .strip_prefix(head)
            .and_then(|rest| rest.strip_prefix(test));
        rest.is_some_and(|rest| rest.starts_with('('))
    };
    let Some(at) = lines
        .iter()
        .position(|line| begins(line, "fn ") || begins(line, "async fn "))
    else {
        return false;
    };
    let above = lines[..at].iter().rev();
    let is_marked = above
        .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
        .any(|line| line.starts_with("#[") && line.contains("test"));
    let alone = format!("on_both!({test});");
    let is_listed = lines
        .iter()
        .any(|line| line.trim_end_matches(',') == test || **line == alone);
    is_marked || is_listed
}

#[test]
fn a_row_without_its_test_is_named() {
    let file = |path: &str, text: String| TextFile {
        path: path.to_owned(),
        text,
    };
    let mut table = String::new();
    for (letter, count) in NUMBERS {
        for number in 1..=count {
            table.push_str(&format!(
                "| {letter}{number} | x | `tests/a.rs::is_there` |\n"
            ));
        }
    }
    let code = "/// Says so.\n#[test]\nfn is_there() {}\nfn is_no_test() {}\n";
    let code = file("tests/a.rs", code.to_owned());
    let told = |table: String| {
        let code = TextFile {
            path: code.path.clone(),
            text: code.text.clone(),
        };
        violations(&[code, file(TABLE, table)])
    };
    assert_eq!(told(table.clone()), Vec::<String>::new());
    assert_eq!(
        told(table.replace("| C3 |", "| C3x |")),
        ["tests/BAD_INPUTS.md: C3 has 0 rows"]
    );
    assert_eq!(
        told(table.replace("| D8 | x | `tests/a.rs::is_there` |", "| D8 | x | later |")),
        ["tests/BAD_INPUTS.md: D8 names no test"]
    );
    for wrong in [
        "tests/a.rs::is_no_test",
        "tests/a.rs::is_gone",
        "tests/b.rs::is_there",
    ] {
        let row = format!("| H6 | x | `{wrong}` |");
        assert_eq!(
            told(table.replace("| H6 | x | `tests/a.rs::is_there` |", &row)),
            [format!("tests/BAD_INPUTS.md: H6: no test {wrong}")]
        );
    }
}

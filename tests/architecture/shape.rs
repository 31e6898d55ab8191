//! How a file looks: its first line, its brackets, its length, the length of its functions.

use crate::lexer::Kind;
use crate::source::Source;

/// Lines of a file; the aim is 400.
const FILE_LINES: usize = 450;
/// Lines of a migration step: a schema is longer than it is deep.
const STEP_LINES: usize = 520;
/// Lines of a function from `fn` to its closing brace; the aim is 60.
const FUNCTION_LINES: usize = 75;

/// Says that a file does not begin by telling what lives in it.
pub fn headless(source: &Source) -> Vec<String> {
    if source.text.starts_with("//!") {
        return Vec::new();
    }
    vec![format!(
        "{}:1: the first line is no //! saying what lives here",
        source.path
    )]
}

/// Says that the brackets of a file do not match: the lexer lost its way there, and the other rules saw only a part.
pub fn unbalanced(source: &Source) -> Vec<String> {
    let mut open: Vec<(&str, usize)> = Vec::new();
    for token in &source.code {
        let opening = match token.text.as_str() {
            "(" | "[" | "{" => {
                open.push((&token.text, token.line));
                continue;
            }
            ")" => "(",
            "]" => "[",
            "}" => "{",
            _ => continue,
        };
        if open.pop().is_none_or(|(bracket, _)| bracket != opening) {
            let (path, line, text) = (&source.path, token.line, &token.text);
            return vec![format!("{path}:{line}: nothing opens this {text}")];
        }
    }
    let unclosed = open
        .first()
        .map(|(bracket, line)| format!("{}:{line}: nothing closes this {bracket}", source.path));
    unclosed.into_iter().collect()
}

/// Says that a file is too long.
pub fn long_file(source: &Source) -> Vec<String> {
    let allowed = if source.path.starts_with("migration/src/m") {
        STEP_LINES
    } else {
        FILE_LINES
    };
    let lines = source.text.lines().count();
    if lines <= allowed {
        return Vec::new();
    }
    vec![format!(
        "{}: {lines} lines, {allowed} are allowed",
        source.path
    )]
}

/// The functions of a file of the product that are too long; lists of samples and of indexes may be long.
pub fn long_functions(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    if !source.path.starts_with("src/") {
        return found;
    }
    for (at, token) in source.code.iter().enumerate() {
        let named = source
            .code
            .get(at + 1)
            .is_some_and(|name| name.kind == Kind::Word);
        if token.text != "fn" || !named {
            continue;
        }
        let lines = last_line(source, at).saturating_sub(token.line) + 1;
        if lines > FUNCTION_LINES {
            let (path, line, name) = (&source.path, token.line, source.word(at + 1));
            found.push(format!(
                "{path}:{line}: fn {name} has {lines} lines, {FUNCTION_LINES} are allowed"
            ));
        }
    }
    found
}

/// The line on which the function at `from` ends: that of its closing brace, or of the `;` where it has no body.
fn last_line(source: &Source, from: usize) -> usize {
    let (mut braces, mut brackets) = (0_usize, 0_usize);
    for token in source.code.iter().skip(from) {
        match token.text.as_str() {
            "(" | "[" => brackets += 1,
            ")" | "]" => brackets = brackets.saturating_sub(1),
            "{" => braces += 1,
            "}" => {
                braces = braces.saturating_sub(1);
                if braces == 0 && brackets == 0 {
                    return token.line;
                }
            }
            ";" if braces == 0 && brackets == 0 => return token.line,
            _ => {}
        }
    }
    source.text.lines().count()
}

#[test]
fn a_file_without_its_first_line_is_found() {
    let headless = |text| headless(&Source::new("src/a.rs", text)).len();
    assert_eq!(headless("use std::fmt;\n"), 1);
    assert_eq!(headless("\n//! Late.\n"), 1);
    assert_eq!(headless("// Plain.\n"), 1);
    assert_eq!(headless(""), 1);
    assert_eq!(headless("//! What lives here.\n"), 0);
}

#[test]
fn a_bracket_without_its_other_half_is_found() {
    let unbalanced = |text| unbalanced(&Source::new("src/a.rs", text)).len();
    assert_eq!(unbalanced("fn f() { g([0); }"), 1);
    assert_eq!(unbalanced("fn f() { \"{\""), 1);
    assert_eq!(unbalanced("fn f() { \"{\"; '}'; /* ) */ r#\"\"]\"# }"), 0);
}

#[test]
fn a_file_that_is_too_long_is_found() {
    let long = |path, lines| long_file(&Source::new(path, &"x\n".repeat(lines))).len();
    assert_eq!(long("src/a.rs", 450), 0);
    assert_eq!(long("src/a.rs", 451), 1);
    assert_eq!(long("migration/src/m20261123_000001_plans.rs", 520), 0);
    assert_eq!(long("migration/src/m20261123_000001_plans.rs", 521), 1);
    assert_eq!(long("migration/src/lib.rs", 451), 1);
}

#[test]
fn a_function_that_is_too_long_is_found() {
    let body = |lines: usize| {
        format!(
            "x(\"}}\"); // }}\nlet c = '}}';\n{}",
            "y();\n".repeat(lines - 2)
        )
    };
    let long = |text: &str| long_functions(&Source::new("src/a.rs", text));
    assert_eq!(
        long(&format!("fn a() {{\n{}}}", body(73))),
        Vec::<String>::new()
    );
    assert_eq!(
        long(&format!("\nfn a() {{\n{}}}\nfn b() {{}}", body(74))),
        ["src/a.rs:2: fn a has 76 lines, 75 are allowed"]
    );
    let method = format!(
        "trait T {{ fn short(&self, f: fn(u8) -> [u8; 2]);\nfn long(&self)\nwhere\nSelf: Sized,\n{{\n{}}} }}",
        body(72)
    );
    assert_eq!(
        long(&method),
        ["src/a.rs:2: fn long has 77 lines, 75 are allowed"]
    );
}

//! Printing answers: for people line by line, for programs as JSON alone. A reader that has gone away is no error.

use serde::Serialize;
use std::io::Write;

/// How the answer is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Lines for people.
    Text,
    /// One JSON value.
    Json,
}

/// Prints a JSON value, indented.
pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let text = serde_json::to_string_pretty(value)?;
    gone_is_fine(writeln!(out, "{text}"))
}

/// Prints a line.
pub(super) fn print_line(line: impl std::fmt::Display) -> anyhow::Result<()> {
    gone_is_fine(writeln!(std::io::stdout().lock(), "{line}"))
}

/// Prints why a command failed, with the causes that say more.
pub(super) fn print_failure(error: &anyhow::Error) {
    let mut told = error.to_string();
    let mut err = std::io::stderr().lock();
    let mut text = told.clone();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !told.contains(&cause) {
            text.push_str(&format!("\n  原因：{cause}"));
            told = cause;
        }
    }
    // Nothing is left to be told where stderr is gone.
    let _ = writeln!(err, "错误：{text}");
}

fn gone_is_fine(written: std::io::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// The word people use for a code: `name("cycle", "dispatch")` is 调度.
pub(super) fn name(what: &str, code: &str) -> String {
    rust_i18n::t!(format!("name.{what}.{code}")).into_owned()
}

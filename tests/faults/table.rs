//! The table of README.md: one line a fault, with what was measured. A line that was not run keeps what it said.

use crate::report::Report;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// What is written while the rows run.
pub fn line(id: &str, report: &Report, took: Duration) -> String {
    let verdict = verdict(report);
    let mut lines = vec![format!("{id} {verdict} ({:.0} s)", took.as_secs_f64())];
    lines.extend(report.figures.iter().map(|text| format!("    {text}")));
    lines.extend(
        report
            .skipped
            .iter()
            .map(|text| format!("    skipped: {text}")),
    );
    lines.extend(
        report
            .broken
            .iter()
            .map(|text| format!("    BROKEN: {text}")),
    );
    lines.join("\n")
}

/// Writes what was measured into the line of the row that was run.
pub fn write(id: &str, report: &Report) -> std::io::Result<()> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/faults/README.md");
    let text = fs::read_to_string(&path)?;
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let surroundings = surroundings();
    let beginning = format!("| {id} |");
    if let Some(line) = lines.iter_mut().find(|line| line.starts_with(&beginning)) {
        // Fault and what is demanded stay as they are.
        let kept: Vec<&str> = line.split(" | ").take(3).collect();
        let told = [
            &report.figures[..],
            report.skipped.as_slice(),
            &report.broken[..],
        ]
        .concat();
        let told = told.join("; ").replace('|', "/").replace('\n', " ");
        *line = format!(
            "{} | {told} | {} | {surroundings} |",
            kept.join(" | "),
            verdict(report)
        );
    }
    fs::write(path, lines.join("\n") + "\n")
}

fn verdict(report: &Report) -> &'static str {
    match (report.broken.is_empty(), &report.skipped) {
        (false, _) => "FAILED",
        (true, Some(_)) => "skipped",
        (true, None) => "holds",
    }
}

/// Where and when this was measured.
fn surroundings() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or_default();
    let memory = read("/proc/meminfo");
    let kib = memory
        .split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse::<f64>().ok());
    let release = read("/etc/os-release");
    let name = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let profile = if cfg!(debug_assertions) {
        "dev"
    } else {
        "release"
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "the day of the measurement, for people"
    )]
    let day = chrono::Utc::now().date_naive();
    format!(
        "{day}, {profile}, {cores} cores (load {load}), {:.0} GiB, {}",
        kib.unwrap_or(0.0) / (1024.0 * 1024.0),
        name.unwrap_or("Linux").trim_matches('"')
    )
}

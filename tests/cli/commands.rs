//! The command line itself: help in two languages, usage errors, and unknown names.

use crate::place::Place;

/// Every command, as typed.
const COMMANDS: &[&str] = &[
    "demo",
    "serve",
    "migrate",
    "import",
    "issue",
    "plan",
    "plan list",
    "cycle",
    "cycle list",
    "cycle on",
    "cycle off",
    "round",
    "round list",
    "round open",
    "round close",
    "bulletin",
    "bulletin list",
    "bulletin show",
    "bulletin approve",
    "bulletin publish",
    "bulletin discard",
    "round summary",
    "obligation list",
    "obligation answer",
    "appraisal list",
    "appraisal show",
    "quality import",
    "notice list",
    "notice approve",
    "notice withdraw",
    "calendar import",
    "units import",
    "unit feed",
    "burden",
    "why",
    "jobs",
    "run-job",
    "simulate",
    "draw verify",
    "send-test-email",
    "link",
    "link rotate",
    "backup",
    "restore",
    "pause",
    "resume",
];

#[test]
fn help_is_chinese_unless_english_is_asked_for() {
    let place = Place::new();
    let chinese = place.run(&["--help"]).done();
    let english = place
        .run_with(&[("DUBAN__TEXT__LOCALE", "en")], &["--help"])
        .done();
    assert!(chinese.out.contains("导入工作方案"), "{}", chinese.out);
    assert!(chinese.out.contains("用法"), "{}", chinese.out);
    assert!(!chinese.out.contains("Usage"), "{}", chinese.out);
    assert!(english.out.contains("Usage"), "{}", english.out);
    assert!(english.out.contains("Exit status"), "{}", english.out);
    let command_lines = english.out.lines().filter(|line| line.starts_with("  "));
    for line in command_lines {
        assert!(!line.contains("导入"), "{line}");
    }
    assert!(chinese.err.is_empty() && english.err.is_empty());
}

#[test]
fn every_command_explains_itself() {
    let place = Place::new();
    for command in COMMANDS {
        let mut args: Vec<&str> = command.split(' ').collect();
        args.push("--help");
        let ran = place.run(&args).done();
        assert!(ran.out.contains("用法"), "{command}: {}", ran.out);
        assert!(!ran.out.contains("Usage"), "{command}: {}", ran.out);
    }
}

#[test]
fn usage_errors_exit_with_2_and_touch_nothing() {
    let place = Place::new();
    let id = "018f0000-0000-7000-8000-000000000000";
    for args in [
        &["reticulate"][..],
        &["import"],
        &["import", "a.txt", "--issue", "--dry-run"],
        &["import", "a.txt", "--year", "0"],
        &["import", "a.txt", "--units"],
        &["issue"],
        &["why"],
        &["burden", "--month", "2026-13"],
        &["unit", "feed"],
        &["why", "a@example.org", "--on", "2026-02-30"],
        &["run-job"],
        &["cycle"],
        &["cycle", "on", "weekly_dance"],
        &["round", "open"],
        &["round", "open", "spot_check", "--period", "2026-13"],
        &["round", "close", "not-an-id"],
        &["round", "summary", "not-an-id"],
        &["obligation", "answer", id],
        &["notice", "approve", id],
        &["notice", "withdraw", id, "--by", "某人"],
        &["notice", "list", "--state", "lost"],
        &["simulate", "--from", "2026-01-01"],
        &["simulate", "--from", "yesterday", "--to", "2026-01-01"],
        &["send-test-email", "no address"],
        &["plan", "list", "--yaml"],
    ] {
        let ran = place.run(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.err);
        assert!(ran.out.is_empty(), "{args:?}: {}", ran.out);
        assert!(!ran.err.is_empty(), "{args:?}");
    }
    assert_eq!(
        std::fs::read_dir(place.path(".")).expect("folder").count(),
        0
    );
}

#[test]
fn without_a_command_help_is_shown_as_a_usage_error() {
    let ran = Place::new().run(&[]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("导入工作方案"), "{}", ran.err);
}

#[test]
fn the_version_is_told() {
    let ran = Place::new().run(&["--version"]).done();
    assert_eq!(
        ran.out.trim(),
        format!("duban {}", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn changing_the_key_of_links_says_that_old_ones_are_dead() {
    let place = Place::migrated();
    let first = place.run(&["link", "rotate"]).done();
    let says = first.out.contains("第 1 号") && first.out.contains("全部失效");
    assert!(says, "{}", first.out);
    let second = place.run(&["--json", "link", "rotate"]).done().json();
    assert_eq!(second, serde_json::json!({ "number": 2, "retired": 1 }));
}

//! The guide of the REST service: its examples are carried out as they stand, by a shell, against the running program.

use crate::place::{Place, free_port};
use std::process::Command;

const GUIDE: &str = include_str!("../../src/http/guide.md");
const PLAN: &str = include_str!("../data/town/plan.txt");
const UNITS: &str = include_str!("../data/town/units.csv");

/// The shell examples, in order, with the address of this run.
fn script(port: u16) -> String {
    let blocks = GUIDE.split("```sh\n").skip(1);
    let examples: Vec<&str> = blocks
        .filter_map(|block| Some(block.split_once("```")?.0))
        .collect();
    assert!(examples.len() >= 9, "{} examples", examples.len());
    let examples = examples.join("\necho\n");
    let here = format!("127.0.0.1:{port}");
    assert!(examples.contains("127.0.0.1:8080"));
    format!(
        "set -euo pipefail\n{}",
        examples.replace("127.0.0.1:8080", &here)
    )
}

#[test]
fn the_examples_of_the_guide_work_as_they_stand() {
    let place = Place::new();
    place.write("plan.txt", PLAN);
    place.write("units.csv", UNITS);
    place
        .run(&[
            "user",
            "create",
            "admin@example.org",
            "--role",
            "administrator",
        ])
        .done();
    let token = place
        .run(&["--json", "user", "token", "admin@example.org"])
        .done()
        .json()["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let mut running = place.start(&[("DUBAN__HTTP__LISTEN", &listen)], &["serve"]);
    running.wait_ready(port);
    let ran = Command::new("bash")
        .args(["-c", &script(port)])
        .env("TOKEN", &token)
        .current_dir(place.path("."))
        .output()
        .expect("bash");
    let out = String::from_utf8_lossy(&ran.stdout);
    let err = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{out}\n{err}\n{}", running.logged());
    for shown in [
        "\"measures\"",
        "\nissued",
        "304",
        "\"version\":1",
        "\"liaison\":\"王局长\"",
        "\"next_cursor\"",
    ] {
        let shown = shown.trim_start_matches('\n');
        assert!(out.contains(shown), "no {shown} in {out}");
    }
    assert!(
        !running.logged().contains(&token),
        "a token reached the log"
    );
}

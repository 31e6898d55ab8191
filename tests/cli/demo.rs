//! `duban demo`, as a newcomer runs it.

use crate::place::{Place, Running, free_port, get};
use crate::rows::{all_rows, texts};
use crate::samples::with_issued_example;
use std::time::{Duration, Instant};

fn start(place: &Place, args: &[&str]) -> (Running, u16) {
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let mut running = place.start(&[("DUBAN__HTTP__LISTEN", &listen)], args);
    running.wait_ready(port);
    (running, port)
}

/// Ends it as Ctrl-C or a service manager would; what it had said.
fn stop(running: Running) -> String {
    let asked = Instant::now();
    running.signal("TERM");
    let ran = running.ended().done();
    assert!(asked.elapsed() < Duration::from_secs(15));
    ran.out
}

#[test]
fn a_newcomer_sees_mails_and_a_running_service() {
    let place = Place::new();
    let (running, port) = start(&place, &["demo"]);
    let mails = place.mails();
    assert!(mails.len() > 40, "{}", mails.len());
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(get(port, path).expect("answer").status, 200, "{path}");
    }
    let said = stop(running);
    for words in [
        "var/mail",
        ".eml",
        &format!("127.0.0.1:{port}/healthz"),
        "jobs",
        "Ctrl-C",
        "--fresh",
    ] {
        assert!(said.contains(words), "no {words} in {said}");
    }
    let rounds = place.run(&["round", "list", "--json"]).done().json();
    assert!(
        rounds
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["cycle"] == "spot_check"))
    );
}

#[test]
fn a_second_run_goes_on_and_a_fresh_one_starts_over() {
    let place = Place::new();
    stop(start(&place, &["demo"]).0);
    let mails = place.mails();
    let plan = texts(&place.database(), "SELECT hex(id) FROM plan");
    stop(start(&place, &["demo"]).0);
    assert_eq!(place.mails(), mails, "nobody is written to twice");
    assert_eq!(texts(&place.database(), "SELECT hex(id) FROM plan"), plan);
    place.write("var/mail/note.txt", "not ours");
    stop(start(&place, &["demo", "--fresh"]).0);
    let fresh = place.mails();
    assert!(
        fresh.iter().all(|mail| !mails.contains(mail)),
        "old mails are gone"
    );
    assert!(!fresh.is_empty());
    assert_ne!(texts(&place.database(), "SELECT hex(id) FROM plan"), plan);
    assert!(
        place.path("var/mail/note.txt").exists(),
        "what is not a mail stays"
    );
}

#[test]
fn real_work_is_never_touched() {
    let place = with_issued_example();
    place.write("var/mail/real.eml", "a mail");
    let before = all_rows(&place.database());
    for args in [&["demo"][..], &["demo", "--fresh"]] {
        place.run(args).refused(&["正式", "DUBAN__DATABASE__URL"]);
    }
    assert_eq!(all_rows(&place.database()), before);
    assert!(place.path("var/mail/real.eml").exists());
}

#[test]
fn the_demo_never_really_sends() {
    let place = Place::new();
    let smtp = [(
        "DUBAN__MAIL__URL",
        "smtp://u%40example.org:p@mail.example.org:587",
    )];
    place.run_with(&smtp, &["demo"]).refused(&["演示"]);
    assert!(!place.path("var").exists());
}

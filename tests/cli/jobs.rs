//! Jobs run by hand, at any instant, and what they leave in the mail folder.

use crate::letters::Letter;
use crate::place::Place;
use crate::rows::{all_rows, number, texts};
use crate::samples::{EXAMPLE_UNITS, with_issued_example, with_small};
use chrono::TimeDelta;
use duban::clock::Clock;
use std::collections::HashSet;

/// Thursday, 5 March 2026: the first workday after the example was issued.
const DIGESTS_AT: &str = "2026-03-05T08:30:00+08:00";
const DELIVERY_AT: &str = "2026-03-05 08:31";

fn run_job(place: &Place, name: &str, at: &str) -> u64 {
    let told = place
        .run(&["run-job", name, "--at", at, "--json"])
        .done()
        .json();
    assert_eq!(told["job"], name);
    told["done"].as_u64().expect("number")
}

#[test]
fn an_unknown_job_is_refused_with_the_names_there_are() {
    let place = Place::migrated();
    place
        .run(&["run-job", "sweep"])
        .refused(&["sweep", "spot_check", "remind", "deliver"]);
    place
        .run(&["run-job", "remind", "--at", "tomorrow"])
        .refused(&["tomorrow"]);
}

#[test]
fn a_past_morning_is_lived_through_once() {
    let place = with_issued_example();
    let contacts = EXAMPLE_UNITS
        .lines()
        .skip(1)
        .filter(|line| line.contains('@'))
        .count();
    let made = run_job(&place, "remind", DIGESTS_AT);
    assert!(made > 40 && made as usize <= contacts, "{made}");
    assert!(
        place.mails().is_empty(),
        "nothing leaves before it is delivered"
    );
    assert_eq!(
        run_job(&place, "deliver", "2026-03-05 08:29"),
        0,
        "nor before the window"
    );
    assert_eq!(
        run_job(&place, "deliver", "2026-03-05 18:00"),
        0,
        "nor after it"
    );
    assert_eq!(run_job(&place, "deliver", DELIVERY_AT), made);
    assert_eq!(place.mails().len() as u64, made);
    let after = all_rows(&place.database());
    assert_eq!(run_job(&place, "remind", DIGESTS_AT), 0);
    assert_eq!(run_job(&place, "deliver", DELIVERY_AT), 0);
    assert_eq!(
        all_rows(&place.database()),
        after,
        "a second run finds nothing to do"
    );
}

#[test]
fn letters_are_marked_dated_and_readable() {
    let place = with_issued_example();
    run_job(&place, "remind", DIGESTS_AT);
    run_job(&place, "deliver", DELIVERY_AT);
    let known: HashSet<&str> = EXAMPLE_UNITS
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').nth(7))
        .collect();
    let mut ids = HashSet::new();
    for path in place.mails() {
        let letter = Letter::open(&path);
        assert!(ids.insert(letter.raw("message-id").to_owned()), "{path:?}");
        assert_eq!(letter.raw("auto-submitted"), "auto-generated");
        let date = letter.raw("date");
        assert!(
            date.starts_with("Thu, 05 Mar 2026") && date.ends_with("+0800"),
            "{date}"
        );
        assert!(letter.raw("reply-to").contains('@'), "{path:?}");
        assert!(letter.raw("subject").is_ascii());
        let subject = letter.header("subject");
        assert!(
            subject.contains("签收") || subject.contains("督办"),
            "{subject}"
        );
        let to = letter.header("to");
        assert!(
            known
                .iter()
                .any(|address| !address.is_empty() && to.contains(address)),
            "{to}"
        );
        assert!(
            letter
                .body
                .lines()
                .all(|line| line.len() <= 998 && line.is_ascii()),
            "{path:?}"
        );
    }
}

#[test]
fn a_contact_that_answered_is_not_written_to() {
    let place = with_issued_example();
    let asks = place
        .run(&["obligation", "list", "--unit", "S002", "--json"])
        .done()
        .json();
    for ask in asks.as_array().expect("list") {
        let id = ask["id"].as_str().expect("id");
        place
            .run(&["obligation", "answer", id, "--by", "李老师"])
            .done();
    }
    run_job(&place, "remind", DIGESTS_AT);
    let written = texts(
        &place.database(),
        "SELECT address FROM mail WHERE kind = 'digest'",
    );
    assert!(!written.contains(&"jiaowu@zjzx.yunchuan.example.org".to_owned()));
    assert!(written.contains(&"jiaowu@ycyz.yunchuan.example.org".to_owned()));
}

#[test]
fn a_contact_without_address_is_told_by_why() {
    let place = with_issued_example();
    run_job(&place, "remind", DIGESTS_AT);
    let sql = "SELECT count(*) FROM reminder WHERE state = 'suppressed'";
    assert!(number(&place.database(), sql) >= 1, "S207 has no address");
    let args = [
        "why",
        "jiaowu@ycyz.yunchuan.example.org",
        "--on",
        "2026-03-05",
        "--json",
    ];
    let why = place.run(&args).done().json();
    assert_eq!(why["mails"].as_array().map(Vec::len), Some(1), "{why}");
    assert!(
        why["reasons"]
            .as_array()
            .is_some_and(|reasons| !reasons.is_empty()),
        "{why}"
    );
}

#[test]
fn the_future_is_refused_where_mail_would_really_leave() {
    let place = with_issued_example();
    let before = all_rows(&place.database());
    let port = crate::place::free_port().to_string();
    let url = format!("smtp://127.0.0.1:{port}?tls=none");
    let smtp = [
        ("DUBAN__MAIL__URL", url.as_str()),
        ("DUBAN__MAIL__FROM", "office@bureau.example.org"),
    ];
    let next_month = (Clock::System.now() + TimeDelta::days(30)).to_rfc3339();
    let future = ["run-job", "remind", "--at", next_month.as_str()];
    place.run_with(&smtp, &future).refused(&["将来", "--force"]);
    assert_eq!(all_rows(&place.database()), before);
    let forced: Vec<&str> = future.into_iter().chain(["--force"]).collect();
    place.run_with(&smtp, &forced).done();
    // A folder harms nobody.
    with_issued_example().run(&future).done();
}

#[test]
fn a_test_letter_goes_to_a_folder_at_any_hour() {
    let place = Place::new();
    let told = place
        .run(&["send-test-email", "me@bureau.example.org", "--json"])
        .done()
        .json();
    assert_eq!(told["state"], "sent");
    let mails = place.mails();
    assert_eq!(mails.len(), 1);
    let letter = Letter::open(&mails[0]);
    assert!(letter.header("to").contains("me@bureau.example.org"));
    assert!(
        letter.header("subject").contains('测'),
        "{}",
        letter.header("subject")
    );
}

#[test]
fn a_test_letter_that_cannot_leave_is_a_failure() {
    let place = Place::new();
    let url = format!("smtp://127.0.0.1:{}?tls=none", crate::place::free_port());
    let smtp = [
        ("DUBAN__MAIL__URL", url.as_str()),
        ("DUBAN__MAIL__FROM", "office@bureau.example.org"),
    ];
    let ran = place.run_with(&smtp, &["send-test-email", "me@bureau.example.org"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("connection_failed"), "{}", ran.out);
    place.write("blocked", "a file");
    let ran = place.run_with(
        &[("DUBAN__MAIL__URL", "file:blocked")],
        &["send-test-email", "me@bureau.example.org"],
    );
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("folder_unwritable"), "{}", ran.out);
}

#[test]
fn rounds_are_opened_by_their_jobs() {
    let place = with_issued_example();
    assert_eq!(run_job(&place, "spot_check", "2026-04-01 00:05"), 1);
    assert_eq!(run_job(&place, "spot_check", "2026-04-01 00:06"), 0);
    assert_eq!(run_job(&place, "dispatch", "2026-04-20"), 1);
    assert_eq!(run_job(&place, "bulletin", "2026-04-01"), 1);
    run_job(&place, "housekeep", "2026-04-02 10:10");
    let rounds = place.run(&["round", "list", "--json"]).done().json();
    assert_eq!(rounds.as_array().map(Vec::len), Some(3), "{rounds}");
}

#[test]
fn jobs_find_nothing_to_do_in_an_empty_database() {
    let place = Place::migrated();
    for name in [
        "spot_check",
        "dispatch",
        "bulletin",
        "monitoring",
        "appraisal",
        "housekeep",
        "remind",
        "deliver",
    ] {
        assert_eq!(run_job(&place, name, "2026-03-05 09:00"), 0, "{name}");
    }
    drop(with_small(1));
}

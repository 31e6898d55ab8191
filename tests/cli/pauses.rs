//! Pausing what reaches out, and letting it go on.

use crate::place::wait;
use crate::rows::{number, texts};
use crate::samples::with_small;
use crate::sink::{Manners, Sink};
use std::time::Duration;

/// The environment of a program that sends to a server at any hour.
pub fn sending_to(url: &str) -> [(&'static str, &str); 4] {
    [
        ("DUBAN__MAIL__URL", url),
        ("DUBAN__MAIL__FROM", "office@bureau.example.org"),
        ("DUBAN__MAIL__CONNECTIONS", "2"),
        ("DUBAN__MAIL__WINDOW", "always"),
    ]
}

#[test]
fn while_paused_nothing_goes_out_and_afterwards_everything() {
    let place = with_small(5);
    let env = [("DUBAN__MAIL__WINDOW", "always")];
    place.import_with(&env, &["--issue"]).done();
    let told = place.run(&["pause", "--reason", "迁移服务器"]).done();
    assert!(told.out.contains("已暂停") && told.out.contains("duban resume"));
    let again = place.run(&["pause", "--reason", "另一个原因"]).done();
    assert!(again.out.contains("已经处于暂停") && again.out.contains("迁移服务器"));
    for job in ["deliver", "remind", "spot_check", "housekeep", "webhooks"] {
        place.run_with(&env, &["run-job", job]).refused(&[
            "暂停",
            job,
            "迁移服务器",
            "duban resume",
        ]);
    }
    place.run(&["run-job", "seal"]).done();
    place
        .run(&["send-test-email", "someone@bureau.example.org"])
        .refused(&["测试邮件已写入发件箱", "duban resume"]);
    let test = "SELECT count(*) FROM mail WHERE kind = 'test' AND state = 'queued'";
    assert_eq!(number(&place.database(), test), 1);
    assert!(place.mails().is_empty());
    place
        .run(&["resume"])
        .refused(&["--yes", "待发邮件", "迁移服务器"]);
    let told = place.run(&["resume", "--yes", "--json"]).done().json();
    let waiting = told["mails"].as_u64().expect("number");
    assert_eq!(waiting, 8, "seven units and the test");
    place.run_with(&env, &["run-job", "deliver"]).done();
    assert_eq!(place.mails().len() as u64, waiting);
    let again = place.run(&["resume", "--yes"]).done();
    assert!(again.out.contains("没有暂停"));
    let audited = texts(
        &place.database(),
        "SELECT action FROM audit_event WHERE action IN ('pause', 'resume') ORDER BY id",
    );
    assert_eq!(audited, ["pause", "resume"]);
    place.run(&["verify-audit"]).done();
}

#[test]
fn a_pause_stops_a_delivery_that_is_under_way() {
    let sink = Sink::start(Manners {
        delay: Duration::from_millis(100),
        ..Manners::default()
    });
    let url = sink.url();
    let env = sending_to(&url);
    let place = with_small(150);
    place.import_with(&env, &["--issue"]).done();
    let sending = place.start(&env, &["run-job", "deliver"]);
    wait("mails", || (sink.count() >= 5).then_some(()));
    place.run_with(&env, &["pause"]).done();
    sending.ended().done();
    let sent = sink.count();
    assert!((5..140).contains(&sent), "{sent}");
    let states = texts(
        &place.database(),
        "SELECT DISTINCT state FROM mail ORDER BY 1",
    );
    assert_eq!(states, ["queued", "sent"], "nothing is held or undecided");
    place.run_with(&env, &["resume", "--yes"]).done();
    place.run_with(&env, &["run-job", "deliver"]).done();
    assert_eq!(sink.count(), 152);
}

//! What the outbox says when a mail server refuses: later, never, or not with us at all.

use crate::place::Place;
use crate::rows::{execute, number, texts};
use crate::samples::with_small;
use crate::sink::{Manners, Sink};

fn queued() -> Place {
    let place = queued_for(3);
    assert_eq!(
        number(
            &place.database(),
            "SELECT count(*) FROM mail WHERE state = 'queued'"
        ),
        5
    );
    place
}

fn deliver(place: &Place, url: &str) -> u64 {
    deliver_under(place, url, &[])
}

/// The same, under further settings.
fn deliver_under(place: &Place, url: &str, settings: &[(&str, &str)]) -> u64 {
    let mut env = vec![
        ("DUBAN__MAIL__URL", url),
        ("DUBAN__MAIL__FROM", "office@bureau.example.org"),
        ("DUBAN__MAIL__WINDOW", "always"),
    ];
    env.extend(settings);
    let told = place
        .run_with(&env, &["run-job", "deliver", "--json"])
        .done()
        .json();
    told["done"].as_u64().expect("number")
}

/// A server that asks for a login, and answers it so.
fn login(answer: &'static str) -> Manners {
    Manners {
        login: Some(answer),
        ..Manners::default()
    }
}

/// `DUBAN__MAIL__URL` for it.
fn login_url(sink: &Sink) -> String {
    format!("smtp://office:hush-hush@127.0.0.1:{}?tls=none", sink.port)
}

/// State, reason, tries and minutes until the next try of a school's mail.
fn row(place: &Place, school: usize) -> String {
    let minutes = "coalesce(round((julianday(retry_at) - julianday('now')) * 1440), '-')";
    let sql = format!(
        "SELECT state || ' ' || coalesce(reason, '-') || ' ' || attempts || ' ' || {minutes} \
         FROM mail WHERE address LIKE 'contact{school}@%'"
    );
    texts(&place.database(), &sql).join(";")
}

#[test]
fn a_greylisted_mail_is_put_off_and_later_sent() {
    let grey = Manners {
        recipients: vec![("contact2@", "450 4.7.1 Greylisted, please try again")],
        ..Manners::default()
    };
    let sink = Sink::start(grey.clone());
    let place = queued();
    assert_eq!(deliver(&place, &sink.url()), 4);
    assert_eq!(row(&place, 2), "deferred greylisted 1 1.0");
    assert_eq!(deliver(&place, &sink.url()), 0, "not before its time");
    let due = "UPDATE mail SET retry_at = '2026-01-01 00:00:00+00:00' WHERE state = 'deferred'";
    execute(&place.database(), due);
    assert_eq!(deliver(&place, &sink.url()), 0);
    let second = row(&place, 2);
    let minutes: f64 = second
        .rsplit(' ')
        .next()
        .and_then(|text| text.parse().ok())
        .expect("minutes");
    assert!(
        second.starts_with("deferred greylisted 2 ") && (4.0..=6.0).contains(&minutes),
        "longer each time: {second}"
    );
    execute(&place.database(), due);
    sink.behave(Manners::default());
    assert_eq!(deliver(&place, &sink.url()), 1);
    assert_eq!(row(&place, 2), "sent - 3 -");
    assert_eq!(sink.count(), 5);
}

#[test]
fn an_unknown_recipient_fails_with_the_reason() {
    let sink = Sink::start(Manners {
        recipients: vec![("contact1@", "550 5.1.1 No such user")],
        ..Manners::default()
    });
    let place = queued();
    assert_eq!(deliver(&place, &sink.url()), 4);
    assert!(
        row(&place, 1).starts_with("failed unknown_recipient "),
        "{}",
        row(&place, 1)
    );
    assert_eq!(deliver(&place, &sink.url()), 0, "it is not tried again");
    let reply = texts(
        &place.database(),
        "SELECT reply FROM mail WHERE state = 'failed'",
    );
    assert!(
        reply[0].contains("No such user") && !reply[0].contains("contact1@"),
        "{reply:?}"
    );
    let told = place.run(&["why", "contact1@school1.example.org"]).done();
    assert!(told.out.contains("No such user"), "{}", told.out);
    let why = ["why", "contact1@school1.example.org", "--json"];
    let why = place.run(&why).done().json();
    assert_eq!(why["mails"][0]["reason"], "unknown_recipient");
}

#[test]
fn a_refused_login_stops_the_queue_and_burns_nothing() {
    let sink = Sink::start(login("535 5.7.8 Authentication failed"));
    let place = queued();
    let url = login_url(&sink);
    assert_eq!(deliver(&place, &url), 0);
    assert_eq!(sink.count(), 0);
    let waiting =
        "SELECT count(*) FROM mail WHERE state IN ('queued', 'deferred') AND attempts = 0";
    assert_eq!(
        number(&place.database(), waiting),
        5,
        "every mail keeps all its tries"
    );
    let logins = sink.verbs().iter().filter(|verb| *verb == "AUTH").count();
    assert_eq!(
        logins, 1,
        "an account is locked by many wrong logins at once"
    );
    execute(&place.database(), "UPDATE mail SET retry_at = NULL");
    sink.behave(login("235 2.7.0 welcome"));
    assert_eq!(deliver(&place, &url), 5);
    assert_eq!(sink.count(), 5);
}

#[test]
fn a_server_that_is_away_costs_no_mail() {
    let place = queued();
    let nobody = format!("smtp://127.0.0.1:{}?tls=none", crate::place::free_port());
    assert_eq!(deliver(&place, &nobody), 0);
    let untouched = "SELECT count(*) FROM mail WHERE state = 'queued' AND attempts = 0 \
                     AND retry_at IS NULL AND reason = 'connection_failed'";
    let waiting = "SELECT count(*) FROM mail WHERE state = 'queued' AND attempts = 0";
    assert_eq!(number(&place.database(), waiting), 5);
    assert!(number(&place.database(), untouched) > 0);
    let lane = "SELECT trouble || ' ' || failures FROM mail_lane";
    assert_eq!(texts(&place.database(), lane), ["away 1"]);
    let sink = Sink::start(Manners::default());
    assert_eq!(deliver(&place, &sink.url()), 5);
}

#[test]
fn a_held_up_server_is_tried_with_one_mail_by_whoever_starts_anew() {
    let sink = Sink::start(login("535 5.7.8 Authentication failed"));
    let place = queued();
    let url = login_url(&sink);
    for failures in 1..=2 {
        let before = sink.verbs().iter().filter(|verb| *verb == "AUTH").count();
        assert_eq!(deliver(&place, &url), 0);
        let logins = sink.verbs().iter().filter(|verb| *verb == "AUTH").count() - before;
        assert_eq!(logins, 1, "{failures}");
        let lane = "SELECT trouble || ' ' || failures || ' ' || reason FROM mail_lane";
        let expected = format!("refused {failures} login_failed");
        assert_eq!(texts(&place.database(), lane), [expected]);
    }
    sink.behave(login("235 2.7.0 welcome"));
    assert_eq!(deliver(&place, &url), 5);
    let trouble = "SELECT count(*) FROM mail_lane WHERE trouble IS NOT NULL";
    assert_eq!(number(&place.database(), trouble), 0, "all is well again");
}

#[test]
fn a_recipient_at_whom_our_address_is_refused_does_not_stop_the_others() {
    let refusal = "553 5.7.1 Sender address rejected: not known here";
    let sink = Sink::start(Manners {
        recipients: vec![("contact1@", refusal), ("contact2@", refusal)],
        ..Manners::default()
    });
    let place = queued();
    assert_eq!(deliver(&place, &sink.url()), 3);
    for school in [1, 2] {
        let row = row(&place, school);
        assert!(row.starts_with("deferred sender_refused 1 "), "{row}");
    }
    let everybody = Sink::start(Manners {
        recipients: vec![("@", refusal)],
        ..Manners::default()
    });
    let place = queued();
    assert_eq!(deliver(&place, &everybody.url()), 0);
    let lane = "SELECT trouble FROM mail_lane";
    assert_eq!(
        texts(&place.database(), lane),
        ["refused"],
        "three are believed"
    );
}

fn queued_for(schools: usize) -> Place {
    let place = with_small(schools);
    let env = [("DUBAN__MAIL__WINDOW", "always")];
    place.import_with(&env, &["--issue"]).done();
    place
}

#[test]
fn a_server_without_room_gets_fewer_connections_and_all_mails() {
    let sink = Sink::start(Manners {
        room: Some(1),
        delay: std::time::Duration::from_millis(20),
        ..Manners::default()
    });
    let place = queued_for(40);
    assert_eq!(deliver(&place, &sink.url()), 42);
    let counted = "SELECT count(*) FROM mail WHERE state = 'sent' AND attempts = 1";
    assert_eq!(
        number(&place.database(), counted),
        42,
        "none was counted twice"
    );
    let turned_away = sink.verbs().iter().filter(|verb| *verb == "421").count();
    assert!((1..=20).contains(&turned_away), "{turned_away}");
}

#[test]
fn a_server_that_never_says_whether_it_took_a_letter_gets_few() {
    let sink = Sink::start(Manners {
        cuts_off: true,
        ..Manners::default()
    });
    let place = queued_for(40);
    assert_eq!(deliver(&place, &sink.url()), 0);
    let most = 8 + 3;
    assert!((3..=most).contains(&sink.count()), "{}", sink.count());
    let lane = "SELECT trouble FROM mail_lane";
    assert_eq!(texts(&place.database(), lane), ["away"]);
    let untouched = "SELECT count(*) FROM mail WHERE state = 'queued' AND attempts = 0";
    assert!(number(&place.database(), untouched) >= 42 - most as i64);
    sink.behave(Manners::default());
    deliver(&place, &sink.url());
    let open = "SELECT count(*) FROM mail WHERE state <> 'sent'";
    assert_eq!(number(&place.database(), open), 0, "all is well again");
}

#[test]
fn a_test_mail_goes_before_the_others_and_says_what_the_server_says() {
    let sink = Sink::start(login("535 5.7.8 Authentication failed"));
    let place = queued();
    let url = login_url(&sink);
    assert_eq!(deliver(&place, &url), 0);
    let failures = "SELECT failures FROM mail_lane";
    assert_eq!(number(&place.database(), failures), 1);
    let env = [
        ("DUBAN__MAIL__URL", url.as_str()),
        ("DUBAN__MAIL__FROM", "office@bureau.example.org"),
    ];
    let args = ["send-test-email", "someone@example.org", "--json"];
    let refused = place.run_with(&env, &args);
    assert_eq!(refused.code, Some(1));
    let told = refused.json();
    assert_eq!(told["reason"], "login_failed");
    assert_eq!(
        number(&place.database(), failures),
        1,
        "a try by hand keeps the others waiting no longer"
    );
    sink.behave(login("235 2.7.0 welcome"));
    let told = place.run_with(&env, &args).done().json();
    assert_eq!(told["state"], "sent");
    assert!(sink.taken()[0].to.contains("someone@example.org"));
    assert_eq!(sink.count(), 1, "it goes alone");
    let trouble = "SELECT count(*) FROM mail_lane WHERE trouble IS NOT NULL";
    assert_eq!(
        number(&place.database(), trouble),
        0,
        "and shows that all is well"
    );
}

#[test]
fn a_limit_of_the_provider_rests_the_server_after_ten_refusals_in_a_row() {
    let sink = Sink::start(Manners {
        recipients: vec![("contact", "550 Domain frequency limited")],
        ..Manners::default()
    });
    let place = queued_for(60);
    assert!(deliver(&place, &sink.url()) <= 2);
    let asked = sink.verbs().iter().filter(|verb| *verb == "RCPT").count();
    assert!((10..=20).contains(&asked), "{asked}");
    let lane = "SELECT count(*) FROM mail_lane WHERE trouble = 'rate_limited'";
    assert!(number(&place.database(), lane) > 0);
    let untouched = "SELECT count(*) FROM mail WHERE state = 'queued' AND attempts = 0";
    assert!(number(&place.database(), untouched) >= 40);
}

#[test]
fn no_more_mails_leave_than_the_provider_takes_in_a_day() {
    let sink = Sink::start(Manners::default());
    let place = queued();
    let settings = [("DUBAN__MAIL__PER_DAY", "4")];
    for expected in [4, 4] {
        deliver_under(&place, &sink.url(), &settings);
        assert_eq!(sink.count(), expected);
    }
    let yesterday = "UPDATE mail_lane SET day_on = '2026-01-01'";
    execute(&place.database(), yesterday);
    deliver_under(&place, &sink.url(), &settings);
    assert_eq!(sink.count(), 5);
}

#[test]
fn a_capped_domain_gets_its_share_and_the_others_theirs() {
    let sink = Sink::start(Manners::default());
    let place = queued();
    let settings = [("DUBAN__MAIL__DOMAINS", "school1.example.org 1 1")];
    let again = "UPDATE mail SET address = 'a@school1.example.org', \
                 domain = 'school1.example.org' WHERE address LIKE 'contact2@%'";
    execute(&place.database(), again);
    deliver_under(&place, &sink.url(), &settings);
    assert_eq!(
        sink.count(),
        4,
        "one of the two to school1 waits for the next minute"
    );
    execute(&place.database(), "UPDATE mail_lane SET minute_no = 0");
    deliver_under(&place, &sink.url(), &settings);
    assert_eq!(sink.count(), 5);
}

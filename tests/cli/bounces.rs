//! Mails that come back, handed to the program as a mailbox would.

use crate::place::Place;
use crate::rows::{number, texts};
use crate::samples::with_small;
use crate::sink::{Manners, Sink};

const SCHOOLS: usize = 3;

/// A place whose mails have all left, and the Message-ID of a school's.
fn delivered(sink: &Sink, school: usize) -> (Place, String) {
    let place = with_small(SCHOOLS);
    let url = sink.url();
    let env = [
        ("DUBAN__MAIL__URL", url.as_str()),
        ("DUBAN__MAIL__FROM", "office@bureau.example.org"),
        ("DUBAN__MAIL__WINDOW", "always"),
    ];
    place.import_with(&env, &["--issue"]).done();
    place.run_with(&env, &["run-job", "deliver"]).done();
    let of = format!("SELECT message_id FROM mail WHERE address LIKE 'contact{school}@%'");
    let id = texts(&place.database(), &of).remove(0);
    (place, id)
}

fn report(message_id: &str, action: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example.cn\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; x@y.cn\r\n\
         Action: {action}\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no such user\r\n\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{message_id}>\r\n\r\nhello\r\n--b--\r\n"
    )
}

fn bounce(place: &Place, message: &str) -> String {
    place.write("bounce.eml", message);
    let told = place.run(&["bounce", "bounce.eml", "--json"]).done().json();
    told["outcome"].as_str().expect("outcome").to_owned()
}

#[test]
fn a_mail_that_came_back_is_marked_and_the_office_is_told_once() {
    let sink = Sink::start(Manners::default());
    let (place, id) = delivered(&sink, 1);
    assert_eq!(bounce(&place, &report(&id, "delayed")), "no_end");
    assert_eq!(bounce(&place, &report(&id, "failed")), "recorded");
    assert_eq!(bounce(&place, &report(&id, "failed")), "known");
    let marked = "SELECT reason || '|' || reply FROM mail WHERE state = 'failed'";
    assert_eq!(
        texts(&place.database(), marked),
        ["bounced|5.1.1 550 no such user"]
    );
    let why = ["why", "contact1@school1.example.org", "--json"];
    let why = place.run(&why).done().json();
    assert_eq!(why["mails"][0]["reason"], "bounced");
    let second = "SELECT message_id FROM mail WHERE address LIKE 'contact2@%'";
    let second = texts(&place.database(), second).remove(0);
    assert_eq!(bounce(&place, &report(&second, "failed")), "recorded");
    let told = "SELECT count(*) FROM mail WHERE once_key LIKE 'bounces|%'";
    assert!(number(&place.database(), told) <= 1, "one word a day");
    place.run(&["verify-audit"]).done();
}

#[test]
fn what_is_no_bounce_of_ours_changes_nothing() {
    let sink = Sink::start(Manners::default());
    let (place, id) = delivered(&sink, 1);
    let before = "SELECT count(*) FROM mail WHERE state = 'sent'";
    let all = number(&place.database(), before);
    // Whoever knows the row but not the whole Message-ID is not believed.
    let forged = id.replace("@", "@else.");
    for (message, outcome) in [
        (report(&forged, "failed"), "not_ours"),
        (report("nothing@bureau.example.org", "failed"), "not_ours"),
        (report("", "failed"), "not_ours"),
        (
            format!("From: zhang@school.example.cn\r\nIn-Reply-To: <{id}>\r\n\r\n550 5.1.1"),
            "no_report",
        ),
        (String::new(), "no_report"),
    ] {
        assert_eq!(bounce(&place, &message), outcome, "{message}");
    }
    assert_eq!(number(&place.database(), before), all);
}

#[test]
fn a_database_that_is_away_is_told_to_the_mail_system_as_later() {
    let place = with_small(1);
    let port = crate::place::free_port();
    let url = format!("postgres://duban@127.0.0.1:{port}/duban");
    place.write("bounce.eml", report("x@y.cn", "failed"));
    let env = [("DUBAN__DATABASE__URL", url.as_str())];
    let done = place.run_with(&env, &["bounce", "bounce.eml"]);
    assert_eq!(done.code, Some(75), "Postfix and procmail call again");
}

#[test]
fn whoever_asks_in_the_wrong_folder_begins_no_database() {
    let place = Place::new();
    for args in [
        &["why", "someone@example.org"][..],
        &["jobs"],
        &["run-job", "deliver"],
    ] {
        place.run(args).refused(&["没有数据库文件", "duban serve"]);
    }
    place.write("bounce.eml", "Subject: x\r\n\r\nx\r\n");
    let put_off = place.run(&["bounce", "bounce.eml"]);
    assert_eq!(put_off.code, Some(75), "{}", put_off.err);
    assert!(!place.path("var/duban.db").exists());
}

//! How long one typical digest takes from letter to message bytes, and a thousand with links and calendar files:
//! `cargo bench --bench compose`.

#[path = "../tests/mail/sample_letters.rs"]
mod sample_letters;

use std::hint::black_box;
use std::time::Instant;

use duban::documents::calendar_out::{CalendarHead, CalendarMethod, calendar_out};
use duban::domain::due_event::{DueEvent, DueEventKey, DueEventStatus};
use duban::domain::email_address::EmailAddress;
use duban::domain::ids::ObligationId;
use duban::domain::locale::Locale;
use duban::mail::compose::compose;
use duban::mail::due_words::{DueWhat, due_description, due_summary};
use duban::mail::letter::Ask;
use duban::mail::message::{Enclosed, MessageHead, build, build_with_files};

fn main() {
    // `cargo bench` says so; a test run only checks that it works.
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let rounds = if is_bench { 5_000 } else { 1 };
    let address = |text| EmailAddress::parse(text).expect("address");
    let head = MessageHead {
        from: address("duban@bureau.example.cn"),
        from_name: "云湖市教育局督导办".to_owned(),
        to: address("zhang@school.example.cn"),
        to_name: "张老师".to_owned(),
        reply_to: None,
        message_id: "01ab.cd@duban.example.cn".to_owned(),
        date_at: chrono::DateTime::UNIX_EPOCH,
    };
    let mut letters = sample_letters::all();
    letters.push(("one ask alone", {
        let mut letter = sample_letters::letter("李主任", &["云湖市第三中学"]);
        letter.asks = vec![sample_letters::ask(
            "云湖市第三中学",
            duban::mail::letter::AskKind::Complete,
        )];
        letter
    }));
    assert!(!sample_letters::test_letter().server.is_empty());
    for (name, letter) in letters {
        let started = Instant::now();
        let mut bytes = 0;
        for _ in 0..rounds {
            let composed = compose(black_box(&letter)).expect("composed");
            bytes = build(&head, &composed).expect("built").len();
        }
        let each = started.elapsed() / rounds;
        println!("{name:32} {each:>9.1?} for {bytes} bytes");
    }
    with_links_and_calendar(&head, if is_bench { 1_000 } else { 10 });
}

/// Mails of ten asks each, from the letter to the bytes: their links sealed one by one, their due days as a calendar file.
fn with_links_and_calendar(head: &MessageHead, mails: u32) {
    let mut letter = sample_letters::letter("李主任", &["云湖市第三中学"]);
    let ask = sample_letters::ask("云湖市第三中学", duban::mail::letter::AskKind::Complete);
    letter.asks = vec![ask; 10];
    let calendar = CalendarHead {
        method: CalendarMethod::Publish,
        made_at: chrono::DateTime::UNIX_EPOCH,
        uid_domain: "duban.example.cn",
        organizer: "duban@bureau.example.cn",
        organizer_name: "云湖市教育局督导办",
        feed_name: None,
    };
    let started = Instant::now();
    let (mut links, mut bytes) = (0, 0);
    for _ in 0..mails {
        let letter = sample_letters::with_links(black_box(letter.clone()));
        let composed = compose(&letter).expect("composed");
        links += composed.text.matches(sample_letters::LINKS_BEGIN).count();
        let events: Vec<DueEvent> = letter.asks.iter().map(event).collect();
        let file = calendar_out(&calendar, &events);
        let enclosed = Enclosed {
            name: "到期日.ics",
            media_type: "text/calendar; charset=utf-8; method=PUBLISH",
            bytes: file.as_bytes(),
        };
        bytes += build_with_files(head, &composed, &[enclosed])
            .expect("built")
            .len();
    }
    let took = started.elapsed();
    println!(
        "{mails} mails with {links} links and calendars  {took:>9.1?} for {bytes} bytes (target 1 s)"
    );
}

fn event(ask: &Ask) -> DueEvent {
    DueEvent {
        key: DueEventKey::Obligation(ObligationId(uuid::Uuid::nil())),
        due_revision: 0,
        due_on: ask.due_on.unwrap_or_default(),
        status: DueEventStatus::Confirmed,
        summary: due_summary(Locale::ZhCn, ask, DueWhat::Asked),
        description: due_description(Locale::ZhCn, ask),
        has_alarm: true,
    }
}

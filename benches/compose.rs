//! How long one typical digest takes from letter to message bytes, and a thousand with their links sealed:
//! `cargo bench --bench compose`.

#[path = "../tests/mail/sample_letters.rs"]
mod sample_letters;

use std::hint::black_box;
use std::time::Instant;

use duban::domain::email_address::EmailAddress;
use duban::mail::compose::compose;
use duban::mail::message::{MessageHead, build};

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
    with_links_sealed(if is_bench { 1_000 } else { 10 });
}

/// Mails of ten asks each, their links sealed one by one.
fn with_links_sealed(mails: u32) {
    let mut letter = sample_letters::letter("李主任", &["云湖市第三中学"]);
    let ask = sample_letters::ask("云湖市第三中学", duban::mail::letter::AskKind::Complete);
    letter.asks = vec![ask; 10];
    let started = Instant::now();
    let mut links = 0;
    for _ in 0..mails {
        let letter = sample_letters::with_links(black_box(letter.clone()));
        let text = compose(&letter).expect("composed").text;
        links += text.matches(sample_letters::LINKS_BEGIN).count();
    }
    let took = started.elapsed();
    println!("{mails} mails with {links} links sealed   {took:>9.1?}");
}

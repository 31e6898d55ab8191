//! The RFC 5322 form of a letter.

use base64::Engine as _;
use chrono::DateTime;
use duban::domain::email_address::EmailAddress;
use duban::mail::compose::{ComposeError, Composed};
use duban::mail::message::{Enclosed, MessageHead, build, build_with_files};
use proptest::prelude::*;

fn head() -> MessageHead {
    MessageHead {
        from: EmailAddress::parse("duban@bureau.example.cn").expect("address"),
        from_name: "云湖市教育局督导办".to_owned(),
        to: EmailAddress::parse("zhang@school.example.cn").expect("address"),
        to_name: "张老师".to_owned(),
        reply_to: EmailAddress::parse("jichu@bureau.example.cn").ok(),
        message_id: "01ab.cd@duban.example.cn".to_owned(),
        date_at: "2026-11-23T00:30:05Z".parse().expect("instant"),
    }
}

fn words(subject: &str, text: &str) -> Composed {
    Composed {
        subject: subject.to_owned(),
        text: text.to_owned(),
        html: format!("<p>{text}</p>"),
    }
}

fn built(head: &MessageHead, composed: &Composed) -> String {
    String::from_utf8(build(head, composed).expect("built")).expect("ASCII")
}

/// Header lines, unfolded.
fn headers(message: &str) -> Vec<String> {
    let (head, _) = message.split_once("\r\n\r\n").expect("head and body");
    head.replace("\r\n ", " ")
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_headers_are_those_of_an_automatic_letter() {
    let message = built(&head(), &words("签收", "正文"));
    let headers = headers(&message);
    let expected = [
        "Date: Mon, 23 Nov 2026 08:30:05 +0800",
        "Message-ID: <01ab.cd@duban.example.cn>",
        "Reply-To: jichu@bureau.example.cn",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
        "Subject: =?utf-8?b?562+5pS2?=",
        "MIME-Version: 1.0",
    ];
    for line in expected {
        assert!(
            headers.iter().any(|header| header == line),
            "{line} in {headers:#?}"
        );
    }
    let dates = headers
        .iter()
        .filter(|header| header.starts_with("Date:"))
        .count();
    assert_eq!(dates, 1);
    assert!(message.contains("multipart/alternative"));
    let plain = message.find("text/plain").expect("text part");
    assert!(
        plain < message.find("text/html").expect("HTML part"),
        "RFC 2046 §5.1.4: best last"
    );
}

#[test]
fn the_same_letter_gives_the_same_bytes() {
    let composed = words("签收", "正文");
    assert_eq!(built(&head(), &composed), built(&head(), &composed));
}

#[test]
fn a_message_id_keeps_its_brackets_and_refuses_what_is_none() {
    let with = |id: &str| MessageHead {
        message_id: id.to_owned(),
        ..head()
    };
    let composed = words("a", "b");
    let bracketed = built(&with("<x@y.cn>"), &composed);
    assert!(bracketed.contains("Message-ID: <x@y.cn>\r\n"));
    let long = format!("{}@y.cn", "x".repeat(300));
    for id in [
        "",
        "x",
        "@y",
        "x@",
        "x y@z",
        "x@y>\r\nBcc: z@z.cn",
        "编号@y.cn",
        long.as_str(),
    ] {
        let refused = build(&with(id), &composed);
        assert!(matches!(refused, Err(ComposeError::MessageId(_))), "{id}");
    }
}

#[test]
fn dates_far_away_do_not_panic() {
    let composed = words("a", "b");
    for date_at in [DateTime::UNIX_EPOCH, DateTime::<chrono::Utc>::MIN_UTC] {
        let message = built(&MessageHead { date_at, ..head() }, &composed);
        assert!(message.contains("\r\nDate: ") || message.starts_with("Date: "));
    }
}

proptest! {
    #[test]
    fn no_words_break_out_of_their_place(
        subject in any::<String>(),
        name in any::<String>(),
        text in any::<String>(),
    ) {
        let head = MessageHead { from_name: name.clone(), to_name: name, ..head() };
        let composed = words(&subject, &format!("{text}\r\n--=_duban_alternative--\r\n"));
        let message = built(&head, &composed);
        let names: Vec<String> = headers(&message)
            .iter()
            .map(|line| line.split(':').next().unwrap_or_default().to_owned())
            .collect();
        let expected = [
            "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted",
            "X-Auto-Response-Suppress", "Reply-To", "MIME-Version", "Content-Type",
        ];
        prop_assert_eq!(names, expected);
        prop_assert_eq!(message.matches("--=_duban_alternative").count(), 3);
        for line in message.split("\r\n") {
            prop_assert!(line.len() <= 998 && !line.contains(['\r', '\n', '\0']));
        }
    }
}

#[test]
fn files_come_behind_the_letter_with_their_names_and_bytes() {
    let bytes: Vec<u8> = (0..=255).cycle().take(5_000).collect();
    let name = "关于教育工作方案落实情况的通报（第3期）.docx";
    let files = [
        Enclosed {
            name,
            media_type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            bytes: &bytes,
        },
        Enclosed {
            name: "ledger\r\nBcc: z@z.cn.xlsx",
            media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            bytes: b"xlsx",
        },
    ];
    let composed = words("通报", "正文");
    let built = || build_with_files(&head(), &composed, &files).expect("built");
    assert_eq!(built(), built());
    let message = String::from_utf8(built()).expect("ASCII");
    let line_fits = |line: &str| line.len() <= 998 && line.is_ascii();
    assert!(message.split("\r\n").all(line_fits));
    assert!(!message.contains("\r\nBcc:"));
    let mixed = message.find("multipart/mixed").expect("mixed");
    let letter = message.find("multipart/alternative").expect("letter");
    let file = message
        .find("Content-Disposition: attachment")
        .expect("file");
    assert!(mixed < letter && letter < file);
    // RFC 2231: pieces of the name, percent-encoded, in order.
    let encoded: String = message
        .lines()
        .filter_map(|line| line.trim().strip_prefix("filename*"))
        .filter_map(|line| line.split_once('='))
        .map(|(_, piece)| piece.trim_end_matches(';').trim_matches('"'))
        .collect();
    let percent: String = name
        .bytes()
        .map(|byte| match byte.is_ascii_alphanumeric() || byte == b'.' {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect();
    let encoded = encoded.replace("utf-8''", "").to_uppercase();
    assert!(encoded.starts_with(&percent.to_uppercase()), "{encoded}");
    let body = message[file..].split("\r\n\r\n").nth(1).expect("body");
    let body: String = body
        .split("--=_")
        .next()
        .expect("body")
        .split_whitespace()
        .collect();
    assert_eq!(
        base64::engine::general_purpose::STANDARD
            .decode(body)
            .expect("base64"),
        bytes
    );
}

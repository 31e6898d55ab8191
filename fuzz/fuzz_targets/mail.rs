//! Addresses and messages: two lines are addresses, the third a name, the fourth a subject, the rest the text. Whatever
//! they say, a message is lines of printable ASCII with one recipient and one subject.
#![no_main]

use duban::domain::email_address::EmailAddress;
use duban::mail::compose::Composed;
use duban::mail::message::{MessageHead, build};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(5, '\u{1}');
    let mut line = || lines.next().unwrap_or_default();
    let (from, to, name, subject, text) = (line(), line(), line(), line(), line());
    let (Ok(from), Ok(to)) = (EmailAddress::parse(from), EmailAddress::parse(to)) else {
        return;
    };
    let head = MessageHead {
        from,
        from_name: name.to_owned(),
        to: to.clone(),
        to_name: name.to_owned(),
        reply_to: Some(to),
        message_id: "<1.2@example.org>".to_owned(),
        date_at: Default::default(),
    };
    let composed = Composed {
        subject: subject.to_owned(),
        text: text.to_owned(),
        html: text.to_owned(),
    };
    let message = build(&head, &composed).expect("a message");
    let message = String::from_utf8(message).expect("ASCII");
    let (head, _) = message.split_once("\r\n\r\n").expect("a head");
    let count = |name: &str| head.lines().filter(|line| line.starts_with(name)).count();
    for name in ["To:", "From:", "Subject:", "Message-ID:", "Date:"] {
        assert_eq!(count(name), 1, "{name} in {head}");
    }
    assert_eq!(count("Bcc:") + count("Cc:"), 0, "{head}");
    for line in message.split("\r\n") {
        assert!(line.len() <= 998 && line.is_ascii(), "{line}");
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
    }
});

//! Due days as iCalendar files: unfolded and read back here, line by line, and by our own reader of calendars.

use chrono::{DateTime, NaiveDate, Utc};
use duban::documents::calendar_out::{CalendarHead, CalendarMethod, calendar_out};
use duban::documents::holidays_ics::read_holidays_ics;
use duban::domain::due_event::{DueEvent, DueEventKey, DueEventStatus};
use duban::domain::ids::ObligationId;
use proptest::prelude::*;
use uuid::Uuid;

use crate::official_samples::day;

fn made_at() -> DateTime<Utc> {
    "2026-11-23T00:30:00Z".parse().unwrap()
}

fn head(method: CalendarMethod) -> CalendarHead<'static> {
    CalendarHead {
        method,
        made_at: made_at(),
        uid_domain: "edu.example.org",
        organizer: "duban@edu.example.org",
        organizer_name: "市教育局督导办",
        feed_name: None,
    }
}

fn event(summary: &str, description: &str) -> DueEvent {
    DueEvent {
        key: DueEventKey::Obligation(ObligationId(Uuid::from_u128(7))),
        due_revision: 1,
        due_on: day(2026, 12, 31),
        status: DueEventStatus::Confirmed,
        summary: summary.to_owned(),
        description: description.to_owned(),
        has_alarm: true,
    }
}

/// The content lines, their folds undone, as name with parameters and value.
fn read(file: &str) -> Vec<(String, String)> {
    assert!(file.ends_with("END:VCALENDAR\r\n"));
    let unfolded = file.replace("\r\n ", "");
    let lines = unfolded.trim_end_matches("\r\n").split("\r\n");
    let lines = lines.map(|line| {
        assert!(!line.contains(['\r', '\n']), "{line:?}");
        let mut is_quoted = false;
        let colon = line.find(|c| {
            is_quoted ^= c == '"';
            c == ':' && !is_quoted
        });
        let (name, value) = line.split_at(colon.expect("a colon"));
        (name.to_owned(), value[1..].to_owned())
    });
    lines.collect()
}

fn values<'a>(lines: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    let named = lines.iter().filter(|(own, _)| own == name);
    named.map(|(_, value)| value.as_str()).collect()
}

/// What an escaped text says.
fn said(value: &str) -> String {
    let mut said = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => said.push('\n'),
                Some(c) if "\\;,".contains(c) => said.push(c),
                other => panic!("“\\{other:?}” escapes nothing"),
            },
            ';' | ',' => panic!("“{c}” is not escaped"),
            c => said.push(c),
        }
    }
    said
}

#[test]
fn a_due_day_is_an_event_of_the_whole_day() {
    let due = event("截止：报送实施方案", "单位：第一中学\n牵头：基础教育科");
    let file = calendar_out(&head(CalendarMethod::Publish), &[due]);
    let expected = "BEGIN:VCALENDAR\r\n\
        VERSION:2.0\r\n\
        PRODID:-//Duban//Duban//ZH\r\n\
        CALSCALE:GREGORIAN\r\n\
        METHOD:PUBLISH\r\n\
        BEGIN:VEVENT\r\n\
        UID:00000000-0000-0000-0000-000000000007@edu.example.org\r\n\
        SEQUENCE:2\r\n\
        DTSTAMP:20261123T003000Z\r\n\
        DTSTART;VALUE=DATE:20261231\r\n\
        DTEND;VALUE=DATE:20270101\r\n\
        ORGANIZER;CN=\"市教育局督导办\":mailto:duban@edu.example.org\r\n\
        SUMMARY:截止：报送实施方案\r\n\
        DESCRIPTION:单位：第一中学\\n牵头：基础教育科\r\n\
        STATUS:CONFIRMED\r\n\
        TRANSP:TRANSPARENT\r\n\
        BEGIN:VALARM\r\n\
        ACTION:DISPLAY\r\n\
        TRIGGER:-PT15H\r\n\
        DESCRIPTION:截止：报送实施方案\r\n\
        END:VALARM\r\n\
        END:VEVENT\r\n\
        END:VCALENDAR\r\n";
    assert_eq!(file, expected);
}

#[test]
fn a_cancellation_outdoes_what_it_cancels() {
    let due = DueEvent {
        status: DueEventStatus::Cancelled,
        has_alarm: false,
        ..event("已办结：报送实施方案", "")
    };
    let lines = read(&calendar_out(&head(CalendarMethod::Cancel), &[due]));
    assert_eq!(values(&lines, "METHOD"), ["CANCEL"]);
    assert_eq!(values(&lines, "STATUS"), ["CANCELLED"]);
    assert_eq!(values(&lines, "SEQUENCE"), ["3"]);
    assert!(values(&lines, "DESCRIPTION").is_empty());
    assert!(!lines.iter().any(|(_, value)| value == "VALARM"));
}

#[test]
fn a_feed_has_a_name_and_says_how_often_to_look() {
    let feed = CalendarHead {
        feed_name: Some("督办日程\r\nMETHOD:CANCEL"),
        ..head(CalendarMethod::Publish)
    };
    let lines = read(&calendar_out(&feed, &[]));
    assert_eq!(values(&lines, "NAME"), ["督办日程 METHOD:CANCEL"]);
    assert_eq!(values(&lines, "METHOD"), ["PUBLISH"]);
    assert_eq!(values(&lines, "REFRESH-INTERVAL;VALUE=DURATION"), ["PT6H"]);
}

#[test]
fn our_own_reader_reads_it() {
    let file = calendar_out(
        &head(CalendarMethod::Publish),
        &[event("元旦前一天，报送；a\\b（休）", "")],
    );
    let entries = read_holidays_ics(file.as_bytes()).unwrap();
    let [entry] = entries.as_slice() else {
        panic!("{entries:?}");
    };
    assert_eq!(entry.date, day(2026, 12, 31));
    assert!(
        entry.name.starts_with("元旦前一天，报送；a\\b"),
        "{}",
        entry.name
    );
}

/// Bad input: titles that would end their property, their event or the calendar, or read otherwise than they are.
#[test]
fn hostile_titles_stay_titles() {
    let long = "字".repeat(10_000);
    let hostile = [
        "方案\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:假",
        "方案\nATTACH:https://evil.example/x.exe",
        "方案\\",
        "方案\\n; X=\"1\",,",
        "方案\u{202E}gnp.exe\u{2066}\u{0}\u{B}\u{C}\u{85}",
        "方案\u{2028}END:VCALENDAR\u{2029}x",
        " \r\n ",
        "",
        &long,
    ];
    for title in hostile {
        let named = CalendarHead {
            organizer_name: title,
            ..head(CalendarMethod::Publish)
        };
        let file = calendar_out(&named, &[event(title, title)]);
        let lines = read(&file);
        assert_eq!(values(&lines, "BEGIN"), ["VCALENDAR", "VEVENT", "VALARM"]);
        assert_eq!(values(&lines, "END"), ["VALARM", "VEVENT", "VCALENDAR"]);
        assert!(values(&lines, "ATTACH").is_empty(), "{file}");
        assert_eq!(values(&lines, "SUMMARY").len(), 1, "{file}");
        assert!(!file.contains(['\u{202E}', '\u{2066}', '\u{0}', '\u{85}', '\u{2028}']));
        assert!(file.len() < 40_000, "{}", file.len());
        let organizers = lines
            .iter()
            .filter(|(name, _)| name.starts_with("ORGANIZER"));
        let organizers: Vec<&str> = organizers.map(|(_, value)| value.as_str()).collect();
        assert_eq!(organizers, ["mailto:duban@edu.example.org"]);
    }
}

/// What is left of a text that was written into a file: everything but blanks, line breaks and what cannot be seen.
fn kept(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .filter(|c| !matches!(c, '\u{FFFE}' | '\u{FFFF}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'))
        .collect()
}

proptest! {
    #[test]
    fn any_text_comes_back_and_every_line_fits(
        summary in "\\PC{0,120}|[\\x00-\\x7F字，；]{0,290}",
        description in any::<String>(),
        year in 1900..2200,
        revision in 0..1_000,
    ) {
        let due = DueEvent {
            due_revision: revision,
            due_on: NaiveDate::from_ymd_opt(year, 12, 31).unwrap(),
            ..event(&summary, &description)
        };
        let file = calendar_out(&head(CalendarMethod::Publish), &[due.clone(), due]);
        for line in file.split("\r\n") {
            prop_assert!(line.len() <= 75, "{} octets: {}", line.len(), line);
        }
        let lines = read(&file);
        let begun = values(&lines, "BEGIN");
        prop_assert_eq!(begun.iter().filter(|what| **what == "VEVENT").count(), 2);
        let summaries = values(&lines, "SUMMARY");
        prop_assert_eq!(summaries.len(), 2);
        prop_assert_eq!(kept(&said(summaries[0])), kept(&summary));
        let told = values(&lines, "DESCRIPTION");
        if !description.is_empty() {
            prop_assert_eq!(kept(&said(told[0])), kept(&description));
        }
        let starts = format!("{year}1231");
        prop_assert_eq!(values(&lines, "DTSTART;VALUE=DATE"), [starts.as_str(), starts.as_str()]);
    }
}

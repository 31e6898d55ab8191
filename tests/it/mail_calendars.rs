//! What mails bring for calendars: every due day that they ask for, its new day when it moves, and, with the next mail that
//! goes anyway, what is due no more.

use crate::support::Town;
use crate::support::town::day;
use base64::Engine as _;
use duban::domain::obligation::ObligationKind;
use duban::flow::extend_due_day::{ExtensionWanted, decide_extension, request_extension};
use duban::storage::obligations::StoredObligation;
use entity::calendar_cancellation;
use sea_orm::{EntityTrait, PaginatorTrait};

on_both! {
    each_ask_comes_with_its_due_day,
    a_moved_day_replaces_the_old_one,
    what_was_answered_is_taken_out_once_and_by_no_mail_of_its_own,
    a_mail_that_is_written_anew_brings_what_holds_then,
    what_a_mail_that_was_set_aside_took_out_is_taken_out_by_the_next,
}

const S1: &str = "s1@town.example.org";
const SHARED: &str = "shared@town.example.org";

/// The messages that the server took for an address, oldest first.
fn received(town: &Town, address: &str) -> Vec<String> {
    let mails = town.outbox.mails().into_iter();
    let theirs = mails.filter(|mail| mail.envelope.to.as_str() == address);
    theirs
        .map(|mail| String::from_utf8(mail.message).expect("ASCII"))
        .collect()
}

/// The calendar file of a message with this method, its lines unfolded.
fn calendar(message: &str, method: &str) -> Option<String> {
    let wanted = format!("text/calendar; charset=utf-8; method={method}");
    let part = message
        .split("\r\n--=_duban_mixed")
        .find(|part| part.replace("\r\n ", " ").contains(&wanted))?;
    let (head, body) = part.split_once("\r\n\r\n").expect("a part");
    assert!(head.contains("Content-Disposition: attachment"), "{head}");
    let body: String = body.split_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(body)
        .expect("base64");
    let file = String::from_utf8(bytes).expect("UTF-8");
    assert!(file.contains(&format!("\r\nMETHOD:{method}\r\n")), "{file}");
    Some(file.replace("\r\n ", ""))
}

/// An event's lines, if the file has it.
fn event<'a>(town: &Town, file: &'a str, ask: &StoredObligation) -> Option<&'a str> {
    let uid = format!("UID:{}@{}\r\n", ask.id, town.ctx.settings.from.domain());
    let (_, rest) = file.split_once(&uid)?;
    rest.split("END:VEVENT").next()
}

/// Whether an event has these lines.
fn has_lines(event: &str, lines: &[&str]) -> bool {
    lines
        .iter()
        .all(|line| event.split("\r\n").any(|own| own == *line))
}

async fn each_ask_comes_with_its_due_day(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let mails = received(town, S1);
    let [mail] = mails.as_slice() else {
        panic!("{mails:?}");
    };
    let file = calendar(mail, "PUBLISH").expect("a calendar");
    assert_eq!(file.matches("BEGIN:VEVENT").count(), 2, "{file}");
    assert!(calendar(mail, "CANCEL").is_none());
    for kind in [ObligationKind::Acknowledge, ObligationKind::Complete] {
        let ask = town.ask("S1", kind).await?;
        let event = event(town, &file, &ask).expect("an event");
        let starts = format!("DTSTART;VALUE=DATE:{}", ask.due_on.format("%Y%m%d"));
        let wanted = [
            starts.as_str(),
            "SEQUENCE:0",
            "STATUS:CONFIRMED",
            "TRIGGER:-PT15H",
        ];
        assert!(has_lines(event, &wanted), "{event}");
        assert!(event.contains("SUMMARY:截止："), "{event}");
        assert!(event.contains("单位：东区第一小学"), "{event}");
    }
    // What was sent is what was written when the mail was made.
    let rows = town.mails_to(S1).await?;
    let stored = rows[0].calendar_published.as_deref().expect("a calendar");
    assert_eq!(stored.replace("\r\n ", ""), file);
    // Whoever answers for two units gets both.
    let shared = received(town, SHARED).pop().expect("a mail");
    let file = calendar(&shared, "PUBLISH").expect("a calendar");
    assert_eq!(file.matches("BEGIN:VEVENT").count(), 4, "{file}");
    Ok(())
}

async fn a_moved_day_replaces_the_old_one(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    town.live("2026-03-10", "2026-03-10").await?;
    town.set("2026-03-10", "10:00")?;
    let ask = town.ask("S5", ObligationKind::Complete).await?;
    let wanted = ExtensionWanted {
        obligation_id: ask.id,
        reason: "测试".to_owned(),
        progress: "测试".to_owned(),
        expected_on: day("2026-05-20")?,
    };
    let id = request_extension(&town.ctx, "s5", wanted).await?;
    decide_extension(&town.ctx, "office", id, Some(day("2026-05-20")?), None).await?;
    town.run("deliver").await?;
    let last = received(town, "s5@town.example.org").pop().expect("a mail");
    let file = calendar(&last, "PUBLISH").expect("a calendar");
    let event = event(town, &file, &ask).expect("the same event");
    let moved = ["SEQUENCE:2", "DTSTART;VALUE=DATE:20260520"];
    assert!(has_lines(event, &moved), "{event}");
    assert!(calendar(&last, "CANCEL").is_none());
    Ok(())
}

async fn what_was_answered_is_taken_out_once_and_by_no_mail_of_its_own(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    town.live("2026-03-10", "2026-03-10").await?;
    town.set("2026-03-10", "10:00")?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    town.answer(ask.id).await?;
    let before = received(town, S1).len();
    town.live("2026-03-11", "2026-03-11").await?;
    assert_eq!(received(town, S1).len(), before, "no mail only for that");
    town.live("2026-03-12", "2026-03-13").await?;
    let later = &received(town, S1)[before..];
    let [next, after] = later else {
        panic!("{later:?}");
    };
    let file = calendar(next, "CANCEL").expect("a cancellation");
    assert_eq!(file.matches("BEGIN:VEVENT").count(), 1, "{file}");
    let cancelled = event(town, &file, &ask).expect("the event");
    assert!(
        has_lines(cancelled, &["SEQUENCE:1", "STATUS:CANCELLED"]),
        "{cancelled}"
    );
    assert!(cancelled.contains("SUMMARY:已办结："), "{cancelled}");
    assert!(!cancelled.contains("VALARM"), "{cancelled}");
    assert!(calendar(next, "PUBLISH").is_some_and(|file| event(town, &file, &ask).is_none()));
    assert!(calendar(after, "CANCEL").is_none(), "once is enough");
    Ok(())
}

async fn a_mail_that_is_written_anew_brings_what_holds_then(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    town.live("2026-03-10", "2026-03-10").await?;
    town.set("2026-03-10", "10:00")?;
    let completion = town.ask("S2", ObligationKind::Complete).await?;
    town.answer(completion.id).await?;
    town.set("2026-03-12", "08:30")?;
    town.run("remind").await?;
    let signing = town.ask("S2", ObligationKind::Acknowledge).await?;
    let other = town.ask("S3", ObligationKind::Acknowledge).await?;
    town.answer(signing.id).await?;
    town.run("deliver").await?;
    let last = received(town, SHARED).pop().expect("a mail");
    let asked = calendar(&last, "PUBLISH").expect("a calendar");
    assert!(event(town, &asked, &other).is_some(), "{asked}");
    assert!(event(town, &asked, &signing).is_none(), "{asked}");
    let cancelled = calendar(&last, "CANCEL").expect("a cancellation");
    for ask in [&completion, &signing] {
        assert!(event(town, &cancelled, ask).is_some(), "{cancelled}");
    }
    let kept = calendar_cancellation::Entity::find();
    assert_eq!(kept.count(&town.ctx.db).await?, 2);
    town.live("2026-03-13", "2026-03-13").await?;
    let next = received(town, SHARED).pop().expect("a mail");
    assert_ne!(next, last);
    assert!(calendar(&next, "CANCEL").is_none());
    Ok(())
}

async fn what_a_mail_that_was_set_aside_took_out_is_taken_out_by_the_next(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    town.live("2026-03-10", "2026-03-10").await?;
    town.set("2026-03-10", "10:00")?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    town.answer(ask.id).await?;
    town.set("2026-03-12", "08:30")?;
    town.run("remind").await?;
    // It does not leave that day; the next day's takes its place.
    town.live("2026-03-13", "2026-03-13").await?;
    let rows = town.mails_to(S1).await?;
    let states: Vec<&str> = rows.iter().map(|mail| mail.state.as_str()).collect();
    assert_eq!(states, ["sent", "sent", "suppressed", "sent"]);
    assert!(rows[2].calendar_cancelled.is_some());
    let last = received(town, S1).pop().expect("a mail");
    let file = calendar(&last, "CANCEL").expect("a cancellation");
    assert!(event(town, &file, &ask).is_some(), "{file}");
    Ok(())
}

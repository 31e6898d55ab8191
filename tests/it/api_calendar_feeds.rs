//! Calendar feeds: who makes and revokes them, what stands in them, and that nobody comes near one without its secret.

use crate::support::Town;
use crate::support::service::{Response, Service, no_rates};
use crate::support::state;
use anyhow::Context;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::http::kernel::Limits;
use serde_json::Value;

on_both! {
    a_feed_shows_what_is_asked_and_what_was_answered_lately,
    a_feed_shows_the_rounds_that_will_ask_the_unit,
    what_has_not_changed_is_not_sent_again,
    units_keep_their_own_feed_and_nobody_else_does,
    a_new_feed_ends_the_old_one_and_a_revoked_one_is_gone,
    a_repeated_request_makes_one_feed,
    trying_secrets_ends_in_429_and_says_nothing,
    a_secret_is_stored_and_logged_nowhere,
}

async fn path_of(town: &Town, unit: &str) -> anyhow::Result<String> {
    let directory = town.ctx.units().await?;
    let id = directory.by_code(unit).context("no such unit")?.id;
    Ok(format!("/units/{id}/calendar-feed"))
}

/// What is answered to whoever makes a feed.
#[track_caller]
fn posted(service: &Service, token: &str, path: &str) -> Response {
    service.send("POST", &format!("/api/v1{path}"), token, &[], b"")
}

/// The address below the service's own of a feed that was made now.
async fn made(town: &Town, service: &Service, unit: &str) -> anyhow::Result<String> {
    let office = service.token(UserRole::Supervisor, None).await?;
    let path = path_of(town, unit).await?;
    let made = posted(service, &office, &path).expect(201);
    place(town, &made)
}

fn place(town: &Town, made: &Value) -> anyhow::Result<String> {
    let url = made["url"].as_str().context("no address")?;
    let place = url.strip_prefix(&town.ctx.settings.base_url);
    let place = place.context("an address elsewhere")?;
    let secret = place
        .strip_prefix("/calendar/")
        .and_then(|rest| rest.strip_suffix(".ics"));
    assert_eq!(secret.map(str::len), Some(64), "256 bits: {place}");
    Ok(place.to_owned())
}

fn read(service: &Service, place: &str) -> Response {
    service.send("GET", place, "", &[], b"")
}

/// The feed, its lines unfolded.
#[track_caller]
fn shown(service: &Service, place: &str) -> String {
    let answer = read(service, place);
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        "text/calendar; charset=utf-8"
    );
    assert!(answer.header("cache-control").contains("private"));
    let file = String::from_utf8(answer.body).expect("UTF-8");
    assert!(file.starts_with("BEGIN:VCALENDAR\r\n") && file.ends_with("END:VCALENDAR\r\n"));
    file.replace("\r\n ", "")
}

/// The summaries of a file, in its order.
fn summaries(file: &str) -> Vec<&str> {
    let lines = file.split("\r\n");
    lines
        .filter_map(|line| line.strip_prefix("SUMMARY:"))
        .collect()
}

async fn a_feed_shows_what_is_asked_and_what_was_answered_lately(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let place = made(town, &service, "S1").await?;
    let file = shown(&service, &place);
    assert!(
        file.contains("X-WR-CALNAME:督办日程（东区第一小学）\r\n"),
        "{file}"
    );
    let told = summaries(&file);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().all(|one| one.starts_with("截止：")), "{told:?}");
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let uid = format!("UID:{}@{}\r\n", ask.id, town.ctx.settings.from.domain());
    assert!(file.contains(&uid), "the event of the mail: {file}");
    assert!(file.contains("完成作业公示"), "{file}");
    town.answer(ask.id).await?;
    let file = shown(&service, &place);
    assert!(
        summaries(&file)
            .iter()
            .any(|one| one.starts_with("已办结：")),
        "{file}"
    );
    assert_eq!(file.matches("BEGIN:VALARM").count(), 1, "{file}");
    town.set("2026-05-08", "08:00")?;
    assert_eq!(
        summaries(&shown(&service, &place)).len(),
        2,
        "after 60 days"
    );
    town.set("2026-05-09", "08:00")?;
    assert_eq!(summaries(&shown(&service, &place)).len(), 1, "after 61");
    Ok(())
}

async fn a_feed_shows_the_rounds_that_will_ask_the_unit(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    let service = Service::start(town)?;
    // The lead of two tasks: a dispatch every two months.
    let lead = shown(&service, &made(town, &service, "B2").await?);
    let to_come: Vec<&str> = summaries(&lead)
        .into_iter()
        .filter(|one| one.starts_with("预计截止"))
        .collect();
    let dispatches = to_come.iter().filter(|one| one.contains("调度情况"));
    assert!((5..=7).contains(&dispatches.count()), "{to_come:?}");
    // Next year's holidays are not announced: what falls there is provisional.
    assert!(
        to_come.iter().any(|one| one.starts_with("预计截止：")),
        "{to_come:?}"
    );
    let provisional = to_come
        .iter()
        .filter(|one| one.starts_with("预计截止（暂定）："));
    assert!(provisional.count() > 0, "{to_come:?}");
    assert!(lead.contains("STATUS:TENTATIVE"), "{lead}");
    // A school is asked for values each term, and for no dispatch; whom a draw will pick is not told.
    let school = shown(&service, &made(town, &service, "S1").await?);
    let told = summaries(&school);
    let values = told.iter().filter(|one| one.contains("监测数据"));
    assert!(values.count() > 0, "{told:?}");
    assert!(
        !told
            .iter()
            .any(|one| one.contains("调度") || one.contains("抽查")),
        "{told:?}"
    );
    // What is shown is what comes: the round opens, and its request is due on the day that was shown.
    let first = lead
        .split("BEGIN:VEVENT")
        .find(|one| one.contains("SUMMARY:预计截止：") && one.contains("调度"));
    let first = first.context("a dispatch")?;
    let due = first
        .split("DTSTART;VALUE=DATE:")
        .nth(1)
        .and_then(|rest| rest.get(..8))
        .context("its day")?;
    town.live("2026-03-10", "2026-05-29").await?;
    let asked = town.asked("B2", ObligationKind::Dispatch).await?;
    assert!(
        asked
            .iter()
            .any(|one| one.due_on.format("%Y%m%d").to_string() == due),
        "{due}: {asked:?}"
    );
    Ok(())
}

async fn what_has_not_changed_is_not_sent_again(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let place = made(town, &service, "S1").await?;
    let tag = read(&service, &place).header("etag").to_owned();
    assert!(tag.starts_with('"'), "{tag}");
    let if_none_match = format!("If-None-Match: {tag}");
    let again = |headers: &[&str]| service.send("GET", &place, "", headers, b"");
    // Something else changes, and an hour passes.
    town.answer(town.ask("S5", ObligationKind::Acknowledge).await?.id)
        .await?;
    town.set("2026-03-09", "11:00")?;
    let same = again(&[&if_none_match]);
    assert_eq!((same.status, same.body.len()), (304, 0));
    assert_eq!(same.header("etag"), tag);
    let head = service.send("HEAD", &place, "", &[], b"");
    assert_eq!((head.status, head.header("etag")), (200, tag.as_str()));
    town.answer(town.ask("S1", ObligationKind::Acknowledge).await?.id)
        .await?;
    let other = again(&[&if_none_match]);
    assert_eq!(other.status, 200);
    assert_ne!(other.header("etag"), tag);
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        assert_eq!(
            service.send(method, &place, "", &[], b"").status,
            405,
            "{method}"
        );
    }
    Ok(())
}

async fn units_keep_their_own_feed_and_nobody_else_does(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let (own, other) = (path_of(town, "S1").await?, path_of(town, "S2").await?);
    for role in [UserRole::UnitContact, UserRole::UnitHead] {
        let token = service.token(role, Some("S1")).await?;
        let made = posted(&service, &token, &own).expect(201);
        assert_eq!(read(&service, &place(town, &made)?).status, 200);
        assert_eq!(posted(&service, &token, &other).refused(404), "not_found");
        assert_eq!(service.get(&token, &other).refused(404), "not_found");
        assert_eq!(
            service.delete(&token, &other, "*").refused(404),
            "not_found"
        );
        let told = service.get(&token, &own).expect(200);
        assert!(
            told["made_at"].is_string() && told["url"].is_null(),
            "{told}"
        );
    }
    // A district does not keep those of its schools.
    let district = service.token(UserRole::UnitHead, Some("D1")).await?;
    assert_eq!(posted(&service, &district, &own).refused(404), "not_found");
    for role in [UserRole::Leader, UserRole::Auditor] {
        let token = service.token(role, None).await?;
        assert_eq!(posted(&service, &token, &own).refused(403), "forbidden");
    }
    Ok(())
}

async fn a_new_feed_ends_the_old_one_and_a_revoked_one_is_gone(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let path = path_of(town, "S1").await?;
    assert_eq!(
        service.get(&office, &path).expect(200)["made_at"],
        Value::Null
    );
    let first = made(town, &service, "S1").await?;
    let second = made(town, &service, "S1").await?;
    assert_ne!(first, second);
    assert_eq!(read(&service, &first).refused(404), "not_found");
    assert_eq!(read(&service, &second).status, 200);
    let seen = service.get(&office, &path).header("etag").to_owned();
    let third = made(town, &service, "S1").await?;
    assert_eq!(
        service.delete(&office, &path, &seen).status,
        412,
        "made anew since"
    );
    let seen = service.get(&office, &path).header("etag").to_owned();
    assert_eq!(service.delete(&office, &path, &seen).status, 204);
    assert_eq!(read(&service, &third).refused(404), "not_found");
    assert_eq!(
        service.delete(&office, &path, "*").status,
        204,
        "again changes nothing"
    );
    let events = service.token(UserRole::Auditor, None).await?;
    let events = service.get(&events, "/audit-events?limit=200").expect(200);
    let actions: Vec<&str> = events["items"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["action"].as_str())
        .filter(|action| action.ends_with("calendar_feed"))
        .collect();
    assert_eq!(
        actions
            .iter()
            .filter(|one| **one == "make_calendar_feed")
            .count(),
        3
    );
    assert_eq!(
        actions
            .iter()
            .filter(|one| **one == "revoke_calendar_feed")
            .count(),
        1
    );
    Ok(())
}

async fn a_repeated_request_makes_one_feed(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let path = format!("/api/v1{}", path_of(town, "S1").await?);
    let key = ["Idempotency-Key: 7b1f0d6e-feed"];
    let send = || service.send("POST", &path, &office, &key, b"");
    let made = send().expect(201);
    let again = send().expect(201);
    assert_eq!(again["made_at"], made["made_at"]);
    assert_eq!(again["url"], Value::Null, "told once");
    assert_eq!(read(&service, &place(town, &made)?).status, 200);
    Ok(())
}

/// Bad input: addresses that are none, and many of them.
async fn trying_secrets_ends_in_429_and_says_nothing(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let place = made(town, &service, "S1").await?;
    let flipped = match place.contains('0') {
        true => place.replacen('0', "1", 1),
        false => place.replacen('1', "0", 1),
    };
    let wrong = [
        flipped,
        place
            .to_uppercase()
            .replace("/CALENDAR/", "/calendar/")
            .replace(".ICS", ".ics"),
        place.replace(".ics", "0.ics"),
        format!("/calendar/{}.ics", "0".repeat(10_000)),
        "/calendar/%00.ics".to_owned(),
        "/calendar/..%2f..%2fetc.ics".to_owned(),
        "/calendar/.ics".to_owned(),
        "/calendar/".to_owned(),
        place.trim_end_matches(".ics").to_owned(),
    ];
    let before = state::state_hash(&town.ctx.db).await?;
    for wrong in &wrong {
        assert_eq!(read(&service, wrong).status, 404, "{wrong}");
    }
    assert_eq!(before, state::state_hash(&town.ctx.db).await?);
    let limited = Limits {
        address_per_minute: 60,
        ..no_rates()
    };
    let limited = Service::with(&town.ctx, limited)?;
    let statuses: Vec<u16> = (0..40)
        .map(|number| read(&limited, &format!("/calendar/{number:064x}.ics")).status)
        .collect();
    assert_eq!(statuses.first(), Some(&404));
    assert_eq!(statuses.last(), Some(&429), "{statuses:?}");
    assert_eq!(
        read(&limited, &place).status,
        200,
        "who knows it is not shut out"
    );
    Ok(())
}

async fn a_secret_is_stored_and_logged_nowhere(town: &Town) -> anyhow::Result<()> {
    let listener = crate::sweep::logs::listen();
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let place = made(town, &service, "S1").await?;
    assert_eq!(read(&service, &place).status, 200);
    let gone = made(town, &service, "S1").await?;
    assert_eq!(read(&service, &place).status, 404);
    let rows = state::rows(&town.ctx.db).await?;
    for place in [&place, &gone] {
        let secret = place
            .trim_start_matches("/calendar/")
            .trim_end_matches(".ics");
        assert!(rows.iter().all(|row| !row.contains(secret)), "it is stored");
        assert!(!listener.heard().contains(secret), "it is logged");
    }
    Ok(())
}

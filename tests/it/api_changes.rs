//! The feed of changes through REST: where it begins and ends, what it leaves out, and cursors that are too old.

use crate::support::Town;
use crate::support::pages::{column, refused};
use crate::support::service::Service;
use chrono::TimeDelta;
use duban::domain::obligation::ObligationKind;
use duban::domain::token_scope::TokenScope;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::manage_users::make_token;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The feed from a place to its end: rows as `resource id`, and where it ended.
fn read(service: &Service, token: &str, query: &str, limit: usize) -> (Vec<Value>, String) {
    let (mut rows, mut from) = (Vec::new(), query.to_owned());
    loop {
        let page = service
            .get(token, &format!("/changes?limit={limit}&{from}"))
            .expect(200);
        let items = page["items"].as_array().cloned().unwrap_or_default();
        assert!(items.len() <= limit);
        rows.extend(items);
        let cursor = page["next_cursor"]
            .as_str()
            .expect("always given")
            .to_owned();
        if page["has_more"] == false {
            return (rows, cursor);
        }
        let filter = query
            .split('&')
            .filter(|part| part.starts_with("resource="));
        from = filter.map(|part| format!("{part}&")).collect();
        from += &format!("cursor={cursor}");
    }
}

fn kinds(rows: &[Value]) -> BTreeSet<String> {
    column(rows, "resource").into_iter().collect()
}

async fn the_feed_goes_on_where_it_ended(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    town.issue(CyclesAtIssue::On).await?;
    let (rows, end) = read(&service, &token, "", 200);
    let numbers: Vec<i64> = rows
        .iter()
        .filter_map(|row| row["change_no"].as_i64())
        .collect();
    assert!(numbers.is_sorted() && numbers.len() == rows.len());
    let (same, _) = read(&service, &token, "", 7);
    assert_eq!(same, rows, "whatever the size of the pages");
    assert!(kinds(&rows).contains("plans") && !kinds(&rows).contains("users"));
    let now = service.get(&token, "/changes?from=now").expect(200);
    assert_eq!(
        (&now["items"], &now["has_more"]),
        (&json!([]), &json!(false))
    );
    for cursor in [
        end.as_str(),
        now["next_cursor"].as_str().unwrap_or_default(),
    ] {
        let (none, _) = read(&service, &token, &format!("cursor={cursor}"), 200);
        assert_eq!(none, Vec::<Value>::new());
    }
    let ask = town.ask("S1", ObligationKind::Acknowledge).await?;
    town.answer(ask.id).await?;
    let (new, _) = read(&service, &token, &format!("cursor={end}"), 200);
    assert!(
        new.iter()
            .any(|row| row["resource"] == "obligations" && row["id"] == json!(ask.id))
    );
    let middle = rows[rows.len() / 2]["cursor"].as_str().expect("a cursor");
    let (rest, _) = read(&service, &token, &format!("cursor={middle}"), 200);
    assert_eq!(
        rest.len(),
        rows.len() - rows.len() / 2 - 1 + new.len(),
        "behind that row"
    );
    let (some, _) = read(&service, &token, "resource=tasks,cycles", 3);
    assert_eq!(
        kinds(&some),
        BTreeSet::from(["cycles".to_owned(), "tasks".to_owned()])
    );
    let wanted =
        |row: &&Value| ["tasks", "cycles"].contains(&row["resource"].as_str().unwrap_or_default());
    assert_eq!(some.len(), rows.iter().filter(wanted).count());
    Ok(())
}

async fn each_is_told_only_of_rows_it_may_see(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Administrator, None).await?;
    town.issue_on_monday().await?;
    for unit in ["S1", "S5"] {
        for kind in [ObligationKind::Acknowledge, ObligationKind::Complete] {
            town.answer(town.ask(unit, kind).await?.id).await?;
        }
    }
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let lead = service.token(UserRole::UnitHead, Some("B4")).await?;
    let (everything, _) = read(&service, &office, "", 200);
    for token in [&school, &lead] {
        let (rows, _) = read(&service, token, "", 50);
        assert!(rows.len() < everything.len());
        for resource in ["obligations", "reports", "reminders", "mails"] {
            let mut named: Vec<String> = column(
                &rows
                    .iter()
                    .filter(|row| row["resource"] == resource)
                    .cloned()
                    .collect::<Vec<_>>(),
                "id",
            );
            named.sort();
            named.dedup();
            let mut listed = column(
                &crate::support::pages::all(&service, token, &format!("/{resource}"), 200),
                "id",
            );
            listed.sort();
            assert_eq!(
                named, listed,
                "{resource}: the feed names what the list gives"
            );
        }
        for row in &rows {
            let (resource, id) = (
                row["resource"].as_str().unwrap_or_default(),
                row["id"].as_str().unwrap_or_default(),
            );
            if ["cycles", "obligations", "reports", "reminders", "mails"].contains(&resource) {
                service.get(token, &format!("/{resource}/{id}")).expect(200);
            }
        }
    }
    let (rows, _) = read(&service, &school, "", 200);
    assert!(!kinds(&rows).contains("users"));
    let assignments = column(
        &rows
            .iter()
            .filter(|row| row["resource"] == "assignments")
            .cloned()
            .collect::<Vec<_>>(),
        "id",
    );
    let directory = town.ctx.units().await?;
    let own = directory.by_code("S1").expect("a unit").id;
    let plan = town.plan().await?.id;
    let theirs = duban::storage::tasks::assignments(&town.ctx.db, plan).await?;
    let mut theirs: Vec<String> = theirs
        .iter()
        .filter(|one| one.unit_id == own)
        .map(|one| one.id.to_string())
        .collect();
    theirs.sort();
    let mut named: Vec<String> = assignments
        .into_iter()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    named.sort();
    assert_eq!(named, theirs);
    let tokens = |rows: &[Value]| {
        rows.iter()
            .filter(|row| row["resource"] == "tokens")
            .count()
    };
    assert_eq!(tokens(&rows), 1, "its own");
    let users =
        duban::storage::users::by_address(&town.ctx.db, "unit-contact-s1@example.org").await?;
    make_token(
        &town.ctx,
        users.expect("the user").id,
        "second",
        TokenScope::Read,
        2,
    )
    .await?;
    let (rows, _) = read(&service, &school, "resource=tokens", 200);
    assert_eq!(tokens(&rows), 2);
    Ok(())
}

async fn a_cursor_that_is_too_old_is_told_so(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let old = service.get(&token, "/changes?from=now").expect(200);
    let old = old["next_cursor"].as_str().unwrap_or_default().to_owned();
    town.issue(CyclesAtIssue::Off).await?;
    town.set("2026-03-20", "09:00")?;
    town.answer(town.ask("S1", ObligationKind::Acknowledge).await?.id)
        .await?;
    let cutting = town.ctx.now().at - TimeDelta::days(1);
    let tx = town.ctx.write().await?;
    assert!(duban::storage::changes::forget_before(&tx, cutting).await? > 0);
    tx.commit().await?;
    let gone = || service.get(&token, &format!("/changes?cursor={old}"));
    refused(&service, gone, (410, "feed_too_old", "")).await?;
    let (rows, end) = read(&service, &token, "", 200);
    assert!(
        kinds(&rows).contains("reports") && !kinds(&rows).contains("plans"),
        "{:?}",
        kinds(&rows)
    );
    let (none, _) = read(&service, &token, &format!("cursor={end}"), 200);
    assert!(none.is_empty());
    sea_orm::ConnectionTrait::execute_unprepared(
        &town.ctx.db,
        "UPDATE change_counter SET value = oldest_kept",
    )
    .await?;
    let ahead = service.get(&token, &format!("/changes?cursor={end}&limit=1"));
    assert_eq!(
        ahead.refused(410),
        "feed_too_old",
        "of a database that is older than the reader"
    );
    Ok(())
}

async fn a_wrong_question_is_refused(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let token = service.token(UserRole::Leader, None).await?;
    let now = service.get(&token, "/changes?from=now").expect(200);
    let cursor = now["next_cursor"].as_str().unwrap_or_default();
    for (query, code, field) in [
        ("limit=0".to_owned(), "invalid_parameter", "limit"),
        ("limit=201".to_owned(), "invalid_parameter", "limit"),
        ("limit=1000000".to_owned(), "invalid_parameter", "limit"),
        (
            "resource=plans,secrets".to_owned(),
            "invalid_parameter",
            "resource[1]",
        ),
        ("from=yesterday".to_owned(), "invalid_parameter", "from"),
        (
            format!("from=now&cursor={cursor}"),
            "invalid_parameter",
            "from",
        ),
        ("since=1".to_owned(), "unknown_parameter", "since"),
        ("cursor=abc".to_owned(), "bad_cursor", ""),
        (
            format!("cursor={}x", &cursor[..cursor.len() - 1]),
            "bad_cursor",
            "",
        ),
    ] {
        let request = || service.get(&token, &format!("/changes?{query}"));
        refused(&service, request, (422, code, field)).await?;
    }
    Ok(())
}

on_both! {
    the_feed_goes_on_where_it_ended,
    each_is_told_only_of_rows_it_may_see,
    a_cursor_that_is_too_old_is_told_so,
    a_wrong_question_is_refused,
}

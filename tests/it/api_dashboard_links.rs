//! Every number of the dashboard is followed to its rows, which must be exactly that many: for everybody, today and as of
//! past days.

use crate::support::Town;
use crate::support::service::Service;
use duban::domain::ids::ObligationId;
use duban::domain::obligation::ObligationKind;
use duban::domain::report::ReportItem;
use duban::domain::user_role::UserRole;
use duban::flow::answer_obligation::{Answer, answer_obligation};
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::seed_assignments::{SeedWanted, seed_assignments};
use duban::flow::told_evidence::ToldEvidence;
use duban::storage::obligations;
use serde_json::Value;
use std::collections::BTreeMap;

/// Every `count` with its `href` below a value, each once.
fn links<'a>(value: &'a Value, found: &mut BTreeMap<&'a str, u64>) {
    match value {
        Value::Object(fields) => {
            if let (Some(count), Some(href)) = (fields.get("count"), fields.get("href")) {
                let known = found.insert(
                    href.as_str().expect("a text"),
                    count.as_u64().expect("a number"),
                );
                assert!(
                    known.is_none_or(|known| Some(known) == count.as_u64()),
                    "{href}"
                );
            }
            fields.values().for_each(|field| links(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| links(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// How many rows a list has, page by page.
fn rows(service: &Service, token: &str, href: &str) -> u64 {
    let path = href.strip_prefix("/api/v1").expect("an address of ours");
    let joint = if path.contains('?') { '&' } else { '?' };
    let first = format!("{path}{joint}limit=200");
    let mut page = service.get(token, &first).expect(200);
    let mut rows = 0;
    loop {
        rows += page["items"].as_array().expect("a list").len() as u64;
        let Some(cursor) = page["next_cursor"].as_str() else {
            return rows;
        };
        page = service
            .get(token, &format!("{first}&cursor={cursor}"))
            .expect(200);
    }
}

/// Follows every link that a caller is shown; how many numbers above 0 there are.
fn follow(service: &Service, token: &str, query: &str) -> usize {
    let shown = service
        .get(token, &format!("/dashboard{query}"))
        .expect(200);
    let mut found = BTreeMap::new();
    links(&shown, &mut found);
    for (href, count) in &found {
        assert_eq!(rows(service, token, href), *count, "{query} {href}");
    }
    found.values().filter(|count| **count > 0).count()
}

/// A unit reports a percentage of everything one obligation asks about.
async fn report(town: &Town, id: ObligationId, percent: u8) -> anyhow::Result<()> {
    let items = obligations::assignments_asked(&town.ctx.db, &[id]).await?;
    let item = |(_, assignment_id)| ReportItem {
        assignment_id,
        percent: Some(percent),
        done: None,
        problems: None,
        next_steps: None,
    };
    let answer = Answer {
        obligation_id: id,
        reported_by: "test".to_owned(),
        note: None,
        items: items.into_iter().map(item).collect(),
        values: Vec::new(),
        evidence: ToldEvidence::default(),
    };
    answer_obligation(&town.ctx, answer).await?;
    Ok(())
}

async fn every_number_of_the_town_leads_to_its_rows(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    town.live("2026-03-10", "2026-03-27").await?;
    for (unit, percent) in [("S1", 100), ("S2", 30)] {
        report(
            town,
            town.ask(unit, ObligationKind::Complete).await?.id,
            percent,
        )
        .await?;
    }
    town.live("2026-03-28", "2026-05-08").await?;
    town.set("2026-05-08", "11:00")?;
    let service = Service::start(town)?;
    for (role, unit, least) in [
        (UserRole::Leader, None, 80),
        (UserRole::UnitContact, Some("S3"), 15),
        (UserRole::UnitHead, Some("D2"), 20),
        (UserRole::UnitHead, Some("B2"), 15),
    ] {
        let token = service.token(role, unit).await?;
        let numbers = follow(&service, &token, "");
        assert!(numbers >= least, "{role:?} {numbers}");
        for query in [
            "?as_of=2026-05-07",
            "?as_of=2026-03-27",
            "?as_of=2026-03-10",
            "?as_of=2026-03-01",
        ] {
            follow(&service, &token, query);
        }
    }
    Ok(())
}

async fn every_number_of_example_data_leads_to_its_rows(town: &Town) -> anyhow::Result<()> {
    let wanted = SeedWanted {
        assignments: 1_500,
        seed: 3,
    };
    seed_assignments(&town.ctx, wanted).await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Auditor, None).await?;
    assert!(follow(&service, &token, "") > 300);
    follow(&service, &token, "?as_of=2026-01-20");
    Ok(())
}

on_both!(
    every_number_of_the_town_leads_to_its_rows,
    every_number_of_example_data_leads_to_its_rows,
);

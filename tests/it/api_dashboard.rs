//! The dashboard: the board keeps up with whatever happens, every count is that of its list, everybody sees their own
//! rows, and example data is alike for one seed.

use crate::support::Town;
use crate::support::service::Service;
use crate::support::state::state_hash;
use crate::support::town::day;
use anyhow::Context;
use chrono::NaiveDate;
use duban::domain::access::{Membership, Reach, Viewer};
use duban::domain::assignment_life::AssignmentEvent;
use duban::domain::board::{PageFilter, TaskPageFilter};
use duban::domain::ids::{AssignmentId, TokenId, UserId};
use duban::domain::light::Light;
use duban::domain::obligation::ObligationKind;
use duban::domain::report::ReportItem;
use duban::domain::standing::Standing;
use duban::domain::token_scope::TokenScope;
use duban::domain::user_role::UserRole;
use duban::flow::Ctx;
use duban::flow::answer_obligation::{Answer, answer_obligation};
use duban::flow::dashboard::{Dashboard, dashboard};
use duban::flow::decide_assignments::{Decision, decide_assignments};
use duban::flow::extend_due_day::{ExtensionWanted, decide_extension, request_extension};
use duban::flow::import_calendar::import_calendar;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::list_by_light::{
    assignments_by_light, light_of_assignment, tasks_by_light, unit_of_code,
};
use duban::flow::seed_assignments::{SeedWanted, seed_assignments};
use duban::flow::told_evidence::ToldEvidence;
use duban::storage::paging::{Direction, PageWanted};
use duban::storage::{new_id, obligations};
use entity::assignment;
use sea_orm::EntityTrait;
use std::collections::BTreeMap;
use std::sync::Arc;

/// 2027 with a week off in spring: what runs until the end of 2027 has fewer workdays.
const YEAR_2027: &str = r#"{"holidays":{"2027-04-12":"A,甲,5","2027-04-13":"A,甲,5","2027-04-14":"A,甲,5",
"2027-04-15":"A,甲,5","2027-04-16":"A,甲,5"},"workdays":{}}"#;

/// Somebody with a role, outside of HTTP.
async fn viewer(ctx: &Ctx, role: UserRole, unit: Option<&str>) -> anyhow::Result<Viewer> {
    let unit_id = unit_of_code(ctx, "unit_code", unit).await?;
    Ok(Viewer {
        user_id: UserId(new_id()),
        address: "somebody@example.org".to_owned(),
        token_id: TokenId(new_id()),
        scope: TokenScope::Read,
        memberships: vec![Membership { role, unit_id }],
        name: None,
        locale: None,
        delegated: Arc::default(),
        below: Arc::default(),
        scope_key: String::new(),
    })
}

/// What a unit is asked about, by assignment.
async fn asked_about(
    town: &Town,
    unit: &str,
    kind: ObligationKind,
) -> anyhow::Result<Vec<AssignmentId>> {
    let ask = town.ask(unit, kind).await?;
    let items = obligations::assignments_asked(&town.ctx.db, &[ask.id]).await?;
    Ok(items
        .into_iter()
        .map(|(_, assignment)| assignment)
        .collect())
}

/// A unit reports a percentage of everything it is asked about.
async fn report(town: &Town, unit: &str, kind: ObligationKind, percent: u8) -> anyhow::Result<()> {
    let items = asked_about(town, unit, kind).await?;
    let item = |assignment_id| ReportItem {
        assignment_id,
        percent: Some(percent),
        done: None,
        problems: None,
        next_steps: None,
    };
    let answer = Answer {
        obligation_id: town.ask(unit, kind).await?.id,
        reported_by: unit.to_owned(),
        note: None,
        items: items.into_iter().map(item).collect(),
        values: Vec::new(),
        evidence: ToldEvidence::default(),
    };
    answer_obligation(&town.ctx, answer).await?;
    Ok(())
}

async fn look(ctx: &Ctx, on: NaiveDate) -> anyhow::Result<Dashboard> {
    let leader = viewer(ctx, UserRole::Leader, None).await?;
    Ok(dashboard(ctx, &leader, on).await?)
}

/// That the board kept up by this instance shows what one loaded this moment shows.
async fn is_up_to_date(town: &Town) -> anyhow::Result<()> {
    let today = town.ctx.now().today;
    let fresh = town.another().await?;
    for back in [0, 1, 8] {
        let on = today - chrono::Duration::days(back);
        let (kept, loaded) = (look(&town.ctx, on).await?, look(&fresh, on).await?);
        assert_eq!(format!("{kept:?}"), format!("{loaded:?}"), "{on}");
    }
    Ok(fresh.db.close().await?)
}

/// An assignment is paused, another resumed, one given more time: the board sees each.
async fn decide_and_extend(town: &Town) -> anyhow::Result<()> {
    let office = viewer(&town.ctx, UserRole::Supervisor, None).await?;
    let about = asked_about(town, "S3", ObligationKind::Complete).await?;
    for event in [AssignmentEvent::Pause, AssignmentEvent::Resume] {
        let decisions = about.iter().map(|assignment_id| Decision {
            assignment_id: *assignment_id,
            event,
            reason: Some("测试".to_owned()),
            due_on: None,
        });
        decide_assignments(&town.ctx, &office, decisions.collect()).await?;
        is_up_to_date(town).await?;
    }
    let wanted = ExtensionWanted {
        obligation_id: town.ask("S5", ObligationKind::Complete).await?.id,
        reason: "测试".to_owned(),
        progress: "测试".to_owned(),
        expected_on: day("2026-05-20")?,
    };
    let id = request_extension(&town.ctx, "s5", wanted).await?;
    decide_extension(&town.ctx, "office", id, Some(day("2026-05-20")?), None).await?;
    is_up_to_date(town).await
}

async fn the_board_keeps_up_with_every_change(town: &Town) -> anyhow::Result<()> {
    is_up_to_date(town).await?;
    town.import().await?;
    is_up_to_date(town).await?;
    town.issue(CyclesAtIssue::On).await?;
    is_up_to_date(town).await?;
    let units = crate::support::town::UNITS.replace("西区实验小学", "西区第一实验小学");
    town.import_units(&units).await?;
    is_up_to_date(town).await?;
    for (unit, percent) in [("S1", 40), ("S2", 90), ("S1", 55), ("S3", 100)] {
        report(town, unit, ObligationKind::Complete, percent).await?;
        is_up_to_date(town).await?;
    }
    town.live("2026-03-10", "2026-03-23").await?;
    town.set("2026-03-23", "11:00")?;
    is_up_to_date(town).await?;
    let monday = look(&town.ctx, day("2026-03-09")?).await?;
    assert_eq!(monday.series.len(), 1);
    report(town, "S2", ObligationKind::Complete, 95).await?;
    is_up_to_date(town).await?;
    decide_and_extend(town).await?;
    let points = look(&town.ctx, day("2026-03-23")?).await?.series;
    let days: Vec<String> = points.iter().map(|point| point.on.to_string()).collect();
    assert_eq!(days, ["2026-03-09", "2026-03-16", "2026-03-23"]);
    Ok(())
}

async fn a_new_calendar_moves_what_is_expected(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::Off).await?;
    let on = day("2026-04-10")?;
    town.set("2026-04-10", "10:00")?;
    let before = look(&town.ctx, on).await?.series;
    import_calendar(&town.ctx, "2027.json", YEAR_2027.as_bytes()).await?;
    let after = look(&town.ctx, on).await?.series;
    assert_ne!(
        before.last().map(|point| point.expected_percent),
        after.last().map(|point| point.expected_percent)
    );
    is_up_to_date(town).await
}

/// How many rows a list has, page by page.
async fn listed(ctx: &Ctx, on: NaiveDate, filter: &PageFilter) -> anyhow::Result<u32> {
    let mut wanted = first_page();
    let mut rows = 0;
    loop {
        let page = assignments_by_light(ctx, &Reach::All, on, filter.clone(), &wanted).await?;
        rows += u32::try_from(page.rows.len())?;
        match page.next {
            Some(next) => wanted.after = Some(next),
            None => return Ok(rows),
        }
    }
}

async fn tasks_listed(ctx: &Ctx, on: NaiveDate, filter: &TaskPageFilter) -> anyhow::Result<u32> {
    let mut wanted = first_page();
    let mut rows = 0;
    loop {
        let page = tasks_by_light(ctx, &Reach::All, on, filter.clone(), &wanted).await?;
        rows += u32::try_from(page.rows.len())?;
        match page.next {
            Some(next) => wanted.after = Some(next),
            None => return Ok(rows),
        }
    }
}

fn first_page() -> PageWanted {
    PageWanted {
        limit: 3,
        after: None,
        direction: Direction::Ascending,
    }
}

async fn every_count_is_that_of_its_list(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::Off).await?;
    report(town, "S1", ObligationKind::Complete, 100).await?;
    report(town, "S2", ObligationKind::Complete, 45).await?;
    town.set("2026-04-10", "10:00")?;
    let on = day("2026-04-10")?;
    let counts = look(&town.ctx, on).await?.counts;
    let ctx = &town.ctx;
    assert!(counts.assignments.of_light(Light::Red) > 0 && counts.assignments.done > 0);
    for light in Light::ALL {
        let filter = PageFilter {
            light: Some(light),
            ..PageFilter::default()
        };
        assert_eq!(
            listed(ctx, on, &filter).await?,
            counts.assignments.of_light(light)
        );
        for group in &counts.by_lead_unit {
            let of_group = PageFilter {
                lead_unit_id: Some(group.key),
                ..filter.clone()
            };
            assert_eq!(
                listed(ctx, on, &of_group).await?,
                group.assignments.of_light(light)
            );
            let tasks = TaskPageFilter {
                light: Some(light),
                lead_unit_id: Some(group.key),
                ..TaskPageFilter::default()
            };
            assert_eq!(
                tasks_listed(ctx, on, &tasks).await?,
                group.tasks.of_light(light)
            );
        }
    }
    for standing in Standing::ALL {
        for group in &counts.by_section {
            let tasks = TaskPageFilter {
                standing: Some(standing),
                plan_id: Some(group.key.0),
                section: Some(group.key.1.clone()),
                ..TaskPageFilter::default()
            };
            assert_eq!(
                tasks_listed(ctx, on, &tasks).await?,
                group.tasks.of_standing(standing)
            );
        }
        for group in &counts.by_kind {
            let filter = PageFilter {
                standing: Some(standing),
                kind: Some(group.key),
                ..PageFilter::default()
            };
            assert_eq!(
                listed(ctx, on, &filter).await?,
                group.assignments.of_standing(standing)
            );
        }
    }
    Ok(())
}

async fn everybody_sees_their_own_rows(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::Off).await?;
    let service = Service::start(town)?;
    let mut totals = BTreeMap::new();
    for (role, unit) in [
        (UserRole::Leader, None),
        (UserRole::UnitContact, Some("S1")),
        (UserRole::UnitHead, Some("D1")),
        (UserRole::UnitHead, Some("B2")),
    ] {
        let token = service.token(role, unit).await?;
        let shown = service.get(&token, "/dashboard").expect(200);
        assert_eq!(
            shown["assignments"]["total"]["href"],
            "/api/v1/assignments?as_of=2026-03-09"
        );
        let total = shown["assignments"]["total"]["count"].as_u64();
        totals.insert(unit.unwrap_or("all"), total.context("no total")?);
    }
    // S1: two tasks of all schools and one of everybody. D1: its own, and those of its three schools. B2: what it leads.
    let expected = [("B2", 14), ("D1", 10), ("S1", 3), ("all", 25)];
    assert_eq!(totals, BTreeMap::from(expected));
    assert_eq!(
        service.get("", "/dashboard").refused(401),
        "unauthenticated"
    );
    let s1 = viewer(&town.ctx, UserRole::UnitContact, Some("S1")).await?;
    let reach = s1.reach(duban::domain::access::Action::ReadAssignments);
    let foreign = asked_about(town, "S2", ObligationKind::Complete).await?;
    let on = town.ctx.now().today;
    for id in foreign {
        assert!(
            light_of_assignment(&town.ctx, &reach, on, id)
                .await?
                .is_none()
        );
        let told = light_of_assignment(&town.ctx, &Reach::All, on, id).await?;
        assert!(told.context("no light")?.text.ends_with("亮绿灯。"));
    }
    Ok(())
}

async fn a_day_to_come_is_refused_and_one_before_the_issue_is_empty(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::Off).await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Auditor, None).await?;
    let before = state_hash(&town.ctx.db).await?;
    let refused = service.get(&token, "/dashboard?as_of=2026-03-10");
    assert_eq!(refused.refused(422), "invalid_value");
    assert_eq!(refused.json()["errors"][0]["path"], "as_of");
    let empty = service
        .get(&token, "/dashboard?as_of=2026-03-08")
        .expect(200);
    assert_eq!(empty["assignments"]["total"]["count"], 0);
    assert_eq!(empty["mails"], serde_json::Value::Null);
    assert_eq!(empty["progress"], serde_json::json!([]));
    let today = service.get(&token, "/dashboard").expect(200);
    assert!(today["mails"]["by_state"].is_array());
    assert_eq!(today["mails"]["contacts_without_address"]["count"], 1);
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn example_data_is_alike_for_one_seed(town: &Town) -> anyhow::Result<()> {
    let wanted = SeedWanted {
        assignments: 2_500,
        seed: 5,
    };
    let ctx = &town.ctx;
    let on = ctx.now().today;
    // The board is there before the rows are, and hears of them.
    assert_eq!(look(ctx, on).await?.counts.assignments.total(), 0);
    let first = seed_assignments(ctx, wanted).await?;
    assert_eq!((first.assignments, first.units), (2_500, 300));
    let counts = look(ctx, on).await?.counts;
    assert_eq!(u64::from(counts.assignments.total()), first.assignments);
    assert_eq!(u64::from(counts.tasks.total()), first.tasks);
    assert!(
        Light::ALL
            .iter()
            .all(|light| counts.assignments.of_light(*light) > 0)
    );
    // Once more: other rows, the same units; what is counted by assignment of the first stays what it was.
    let second = seed_assignments(ctx, wanted).await?;
    assert_eq!((second.units, second.assignments), (0, 2_500));
    is_up_to_date(town).await?;
    let rows = assignment::Entity::find().all(&ctx.db).await?;
    assert_eq!(rows.len(), 5_000);
    let stored: BTreeMap<_, _> = rows.iter().map(|row| (row.id, row.percent)).collect();
    let mut wanted_page = PageWanted {
        limit: 1_000,
        ..first_page()
    };
    let mut seen = 0;
    loop {
        let everything = PageFilter::default();
        let page = assignments_by_light(ctx, &Reach::All, on, everything, &wanted_page).await?;
        for row in &page.rows {
            assert_eq!(stored[&row.id.0], row.percent.map(i32::from), "{}", row.id);
            seen += 1;
        }
        match page.next {
            Some(next) => wanted_page.after = Some(next),
            None => break,
        }
    }
    assert_eq!(seen, 5_000);
    Ok(())
}

async fn the_same_seed_gives_the_same_counts(town: &Town) -> anyhow::Result<()> {
    let other = crate::support::database::Database::create(crate::support::database::Kind::Sqlite);
    let other = other.await?.context("no database")?;
    let twin = Town::found(&other).await?;
    let wanted = SeedWanted {
        assignments: 1_000,
        seed: 9,
    };
    let made = seed_assignments(&town.ctx, wanted).await?;
    assert_eq!(made, seed_assignments(&twin.ctx, wanted).await?);
    let on = town.ctx.now().today;
    let (one, two) = (look(&town.ctx, on).await?, look(&twin.ctx, on).await?);
    assert_eq!(one.counts.assignments, two.counts.assignments);
    assert_eq!(one.counts.tasks, two.counts.tasks);
    assert_eq!(one.overdue.by_age, two.overdue.by_age);
    assert_eq!(one.burden.asks, two.burden.asks);
    drop(twin);
    other.remove().await
}

async fn example_data_never_joins_real_plans(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let before = state_hash(&town.ctx.db).await?;
    let wanted = SeedWanted {
        assignments: 10,
        seed: 1,
    };
    let refused = seed_assignments(&town.ctx, wanted).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("正式的方案")));
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

on_both!(
    the_board_keeps_up_with_every_change,
    a_new_calendar_moves_what_is_expected,
    every_count_is_that_of_its_list,
    everybody_sees_their_own_rows,
    a_day_to_come_is_refused_and_one_before_the_issue_is_empty,
    example_data_is_alike_for_one_seed,
    the_same_seed_gives_the_same_counts,
    example_data_never_joins_real_plans,
);

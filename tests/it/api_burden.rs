//! The burden of a month through REST: how often each unit was asked, for what and by whom, and each time that a budget was
//! gone over with its reason.

use crate::support::Town;
use crate::support::pages::{all, column, refused};
use crate::support::read_files;
use crate::support::service::{Service, no_rates};
use crate::support::town::MONDAY;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::open_round_by_hand::open_round_by_hand;
use serde_json::{Value, json};

on_both! {
    a_month_is_told_by_unit_kind_and_origin,
    asking_for_the_same_day_is_written_down_with_its_reason,
    a_round_by_hand_over_the_budget_is_written_down,
    a_round_of_a_cycle_over_the_budget_is_listed_without_a_reason,
    a_wrong_month_is_refused
}

/// Copies, acknowledgements, requests of the plan, of a cycle and of a person.
async fn lived(town: &Town) -> anyhow::Result<()> {
    town.set(MONDAY, "10:00")?;
    town.issue(CyclesAtIssue::On).await?;
    let plan = town.plan().await?;
    open_round_by_hand(&town.ctx, &plan, CycleKind::Dispatch, None, None).await?;
    town.live("2026-03-10", "2026-03-20").await?;
    Ok(())
}

async fn a_month_is_told_by_unit_kind_and_origin(town: &Town) -> anyhow::Result<()> {
    lived(town).await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let units = all(&service, &office, "/burden?month=2026-03", 3);
    let count = |unit: &Value, field: &str| unit[field].as_u64().unwrap_or_default();
    assert!(units.is_sorted_by(|one, next| count(one, "asks") >= count(next, "asks")));
    let mut asks = 0;
    for unit in &units {
        let parts = unit["parts"].as_array().cloned().unwrap_or_default();
        let sum: u64 = parts.iter().map(|part| count(part, "asks")).sum();
        assert_eq!(sum, count(unit, "asks"), "{unit}");
        assert_eq!(unit["budget"], 4);
        // The list of requests says the same.
        let code = unit["unit_code"].as_str().unwrap_or_default();
        let path = format!(
            "/obligations?unit_code={code}&counted=true&opened_from=2026-03-01&opened_to=2026-03-31"
        );
        assert_eq!(all(&service, &office, &path, 200).len() as u64, sum);
        asks += sum;
    }
    assert!(asks > 10, "{asks}");
    let of = |code: &str| {
        let found = units.iter().find(|unit| unit["unit_code"] == code);
        found.cloned().unwrap_or_default()
    };
    let lead = of("B2");
    let parts = lead["parts"].as_array().cloned().unwrap_or_default();
    let dispatch = parts.iter().find(|part| part["kind"] == "dispatch");
    let dispatch = dispatch.cloned().unwrap_or_default();
    assert_eq!(dispatch["origin"], "round_by_hand", "{lead}");
    assert_eq!(dispatch["issued_by"], "青石市教育局");
    assert_eq!(of("S1")["parts"][0]["origin"], "plan");
    assert_eq!(of("S1")["acknowledgements"], 1);
    // Nobody has acknowledged: the lead units were told by copy.
    assert!(count(&lead, "copies") > 0, "{lead}");
    assert_eq!(count(&of("S1"), "copies"), 0);
    let by_code = all(&service, &office, "/burden?month=2026-03&sort=unit_code", 2);
    let codes = column(&by_code, "unit_code");
    assert!(codes.is_sorted() && codes.len() == units.len(), "{codes:?}");
    // A district sees its schools, a school itself.
    for (unit, expected) in [("D1", &["D1", "S1", "S2", "S3"][..]), ("S4", &["S4"])] {
        let token = service.token(UserRole::UnitHead, Some(unit)).await?;
        let seen = all(&service, &token, "/burden?month=2026-03&sort=unit_code", 50);
        assert_eq!(column(&seen, "unit_code"), expected);
        let sheet = service.get(&token, "/burden.xlsx?month=2026-03");
        let rows = read_files::rows(&sheet.body);
        let named: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.first())
            .map(|cell| &**cell)
            .collect();
        assert!(!named.contains(&"B2") && named.contains(&unit), "{named:?}");
    }
    assert_eq!(
        all(&service, &office, "/burden?month=2026-02", 50),
        Vec::<Value>::new()
    );
    let sheet = service.get(&office, "/burden.xlsx?month=2026-03");
    let rows = read_files::rows(&sheet.body);
    let row = rows.iter().find(|row| row[0] == "B2");
    let told = row.map(|row| row.join("|")).unwrap_or_default();
    assert!(told.contains("报送调度情况（人工开展）1 次"), "{told}");
    let again = service.get(&office, "/burden.xlsx?month=2026-03");
    assert_eq!(sheet.body, again.body);
    Ok(())
}

fn urgent(reason: Option<&str>) -> Value {
    json!({
        "origin": "instruction", "title": "排查校门口交通隐患", "lead_units": ["安全科"],
        "responsible_units": ["S1"], "due_on": MONDAY, "issue": true, "reason": reason,
    })
}

async fn asking_for_the_same_day_is_written_down_with_its_reason(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let administrator = service.token(UserRole::Administrator, None).await?;
    let wanted = (409, "reason_needed", "reason");
    refused(
        &service,
        || service.post(&office, "/tasks", &urgent(None)),
        wanted,
    )
    .await?;
    let list = |token: &str| all(&service, token, "/burden/overrides?month=2026-03", 50);
    assert_eq!(list(&office), Vec::<Value>::new());
    service
        .post(&office, "/tasks", &urgent(Some("上级要求今日报送")))
        .expect(201);
    let [made] = &list(&office)[..] else {
        anyhow::bail!("one override");
    };
    assert_eq!(made["reason"], "上级要求今日报送");
    assert_eq!(made["asked_by"], "supervisor@example.org");
    assert_eq!(
        (&made["by_hand"], &made["same_day"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(made["asked_on"], MONDAY);
    let units = made["units"].as_array().cloned().unwrap_or_default();
    assert_eq!(column(&units, "unit_code"), ["B3", "S1"]);
    assert!(
        units
            .iter()
            .all(|unit| unit["same_day"] == true && unit["over_budget"] == false)
    );
    // Whoever is concerned sees it, with their own units; the others do not.
    let path = format!(
        "/burden/overrides/{}",
        made["id"].as_str().unwrap_or_default()
    );
    for (unit, seen) in [
        ("S1", &["S1"][..]),
        ("D1", &["S1"]),
        ("S4", &[]),
        ("D2", &[]),
    ] {
        let token = service.token(UserRole::UnitHead, Some(unit)).await?;
        let rows = list(&token);
        let got = service.get(&token, &path);
        assert_eq!(
            (rows.len(), got.status),
            match seen.is_empty() {
                true => (0, 404),
                false => (1, 200),
            }
        );
        let units = rows.iter().flat_map(|row| row["units"].as_array().cloned());
        let units: Vec<Value> = units.flatten().collect();
        assert_eq!(column(&units, "unit_code"), seen);
        let feed = service
            .get(&token, "/changes?resource=ask-overrides")
            .expect(200);
        assert_eq!(feed["items"].as_array().map(Vec::len), Some(rows.len()));
    }
    let audit = service
        .get(&administrator, "/audit-events?action=override_budget")
        .expect(200);
    assert_eq!(
        audit["items"][0]["after"]["reason"], "上级要求今日报送",
        "{audit}"
    );
    Ok(())
}

async fn a_round_by_hand_over_the_budget_is_written_down(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    let ctx = town.under(|settings| settings.asks_per_unit_month = 1);
    let service = Service::with(&ctx, no_rates())?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let cycle = town.cycle(CycleKind::Monitoring).await?.id;
    let open = |reason: Option<&str>| {
        let body = json!({ "cycle_id": cycle, "reason": reason });
        service.post(&office, "/rounds", &body)
    };
    refused(&service, || open(None), (409, "reason_needed", "reason")).await?;
    let round = open(Some("省厅专项监测")).expect(201);
    let rows = all(&service, &office, "/burden/overrides?by_hand=true", 50);
    let [made] = &rows[..] else {
        anyhow::bail!("one override: {rows:?}");
    };
    assert_eq!(made["round_id"], round["id"]);
    assert_eq!(
        (&made["reason"], &made["budget"]),
        (&json!("省厅专项监测"), &json!(1))
    );
    let burden = all(
        &service,
        &office,
        "/burden?month=2026-03&over_budget=true&sort=unit_code",
        50,
    );
    let mut over = made["units"].as_array().cloned().unwrap_or_default();
    over.retain(|unit| unit["over_budget"] == true);
    assert_eq!(column(&over, "unit_code"), column(&burden, "unit_code"));
    assert_eq!(column(&over, "asks"), column(&burden, "asks"));
    assert!(!over.is_empty());
    let rows = read_files::rows(&service.get(&office, "/burden.xlsx?month=2026-03").body);
    assert!(
        rows.iter()
            .any(|row| row.iter().any(|cell| cell == "省厅专项监测"))
    );
    Ok(())
}

async fn a_round_of_a_cycle_over_the_budget_is_listed_without_a_reason(
    town: &Town,
) -> anyhow::Result<()> {
    town.set("2026-03-31", "10:00")?;
    town.issue(CyclesAtIssue::On).await?;
    let ctx = town.under(|settings| settings.asks_per_unit_month = 0);
    town.set("2026-04-01", "00:05")?;
    crate::support::town::run_in(&ctx, "spot_check").await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let rows = all(&service, &office, "/burden/overrides?by_hand=false", 50);
    let [made] = &rows[..] else {
        anyhow::bail!("one override: {rows:?}");
    };
    assert_eq!(
        (&made["reason"], &made["by_hand"]),
        (&json!(null), &json!(false))
    );
    let round = town.rounds(CycleKind::SpotCheck).await?.pop();
    let round = round.map(|round| (json!(round.id), round.listed));
    let (id, listed) = round.unwrap_or_default();
    assert_eq!(made["round_id"], id);
    let over = listed
        .iter()
        .filter(|line| line.contains("超过上限"))
        .count();
    assert_eq!(made["units"].as_array().map(Vec::len), Some(over));
    Ok(())
}

async fn a_wrong_month_is_refused(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    for path in ["/burden", "/burden.xlsx", "/burden/overrides"] {
        for (month, code) in [
            ("2026-Q1", "wrong_period"),
            ("2026-13", "invalid_parameter"),
        ] {
            let get = || service.get(&office, &format!("{path}?month={month}"));
            refused(&service, get, (422, code, "month")).await?;
        }
    }
    Ok(())
}

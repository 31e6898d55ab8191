//! The lights of a past day are what was shown on that day, whatever has happened since.

use crate::support::Town;
use crate::support::pages::all;
use crate::support::service::Service;
use duban::domain::access::Reach;
use duban::domain::ids::AssignmentId;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::list_by_light::light_of_assignment;
use serde_json::{Value, json};
use std::collections::BTreeMap;

on_both!(the_lights_of_a_past_day_are_those_that_were_shown);

/// Light, standing, progress and sentence of every assignment as of a day.
async fn shown(
    town: &Town,
    service: &Service,
    day: &str,
) -> anyhow::Result<BTreeMap<String, [String; 4]>> {
    let office = service.token(UserRole::Supervisor, None).await?;
    let mut shown = BTreeMap::new();
    for row in all(service, &office, &format!("/assignments?as_of={day}"), 200) {
        let id: AssignmentId = serde_json::from_value(row["id"].clone())?;
        let told = light_of_assignment(&town.ctx, &Reach::All, day.parse()?, id).await?;
        let sentence = told.map(|told| told.text).unwrap_or_default();
        let field = |name: &str| row[name].to_string();
        let row = [
            field("light"),
            field("standing"),
            field("percent"),
            sentence,
        ];
        shown.insert(id.to_string(), row);
    }
    Ok(shown)
}

/// A report of a unit on all that is due, at a progress.
async fn reported(
    town: &Town,
    service: &Service,
    unit: &str,
    percent: u8,
) -> anyhow::Result<Vec<Value>> {
    let office = service.token(UserRole::Supervisor, None).await?;
    let ask = town.ask(unit, ObligationKind::Complete).await?;
    let asked = duban::storage::obligations::assignments_asked(&town.ctx.db, &[ask.id]).await?;
    let about: Vec<Value> = asked.iter().map(|(_, id)| json!(id)).collect();
    let items = about.iter();
    let items = items.map(|id| json!({ "assignment_id": id, "percent": percent }));
    let body = json!({ "items": items.collect::<Vec<Value>>() });
    let path = format!("/obligations/{}/reports", ask.id);
    service.post(&office, &path, &body).expect(201);
    Ok(about)
}

async fn the_lights_of_a_past_day_are_those_that_were_shown(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    let service = Service::start(town)?;
    let mut then = BTreeMap::new();
    let days = [
        "2026-03-10",
        "2026-03-20",
        "2026-03-31",
        "2026-04-10",
        "2026-04-24",
        "2026-05-08",
    ];
    let mut from = "2026-03-10".to_owned();
    for (at, day) in days.into_iter().enumerate() {
        town.live(&from, day).await?;
        from = day
            .parse::<chrono::NaiveDate>()?
            .succ_opt()
            .map(|next| next.to_string())
            .unwrap_or_default();
        town.set(day, "15:00")?;
        let office = service.token(UserRole::Supervisor, None).await?;
        let about = match at {
            0 => Vec::new(),
            1 => reported(town, &service, "S1", 60).await?,
            2 => reported(town, &service, "S1", 100).await?,
            3 => reported(town, &service, "S2", 30).await?,
            4 => reported(town, &service, "S5", 100).await?,
            _ => reported(town, &service, "S6", 20).await?,
        };
        if at == 2 || at == 3 {
            let event = ["return", "withdraw"][at - 2];
            let due_on = (at == 2).then_some("2026-04-14");
            let decisions: Vec<Value> = about
                .iter()
                .map(|id| json!({ "assignment_id": id, "event": event, "reason": "核实", "due_on": due_on }))
                .collect();
            let body = json!({ "decisions": decisions });
            service
                .post(&office, "/assignment-events", &body)
                .expect(201);
        }
        town.set(day, "23:00")?;
        then.insert(day, shown(town, &service, day).await?);
    }
    town.live("2026-05-09", "2026-06-05").await?;
    let lights = then.values().flat_map(|rows| rows.values());
    let kinds: std::collections::BTreeSet<&String> = lights.map(|row| &row[0]).collect();
    assert_eq!(kinds.len(), 3, "every light was on: {kinds:?}");
    for (day, before) in then {
        let now = shown(town, &service, day).await?;
        assert_eq!(now.len(), before.len(), "{day}");
        for (id, row) in before {
            assert_eq!(now.get(&id), Some(&row), "{id} on {day}");
        }
    }
    Ok(())
}

//! The lights of a past day are what was shown on that day, whatever has happened since.

use crate::api_amendments::{below, task};
use crate::support::Town;
use crate::support::pages::all;
use crate::support::review::assignment;
use crate::support::service::Service;
use anyhow::Context;
use duban::domain::access::Reach;
use duban::domain::ids::AssignmentId;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::list_by_light::{light_of_assignment, lights_of_assignments};
use serde_json::{Value, json};
use std::collections::BTreeMap;

on_both! {
    the_lights_of_a_past_day_are_those_that_were_shown,
    what_was_taken_back_is_told_as_it_was,
    what_was_returned_is_not_done,
    days_that_moved_are_told_as_they_were
}

/// Light, standing, progress, due day and sentence of every assignment as of a day.
async fn shown(
    town: &Town,
    service: &Service,
    day: &str,
) -> anyhow::Result<BTreeMap<String, [String; 5]>> {
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
            field("due_on"),
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

/// What was seen in the evening of a day.
#[derive(Debug, PartialEq)]
struct Evening {
    assignments: BTreeMap<String, [String; 5]>,
    tasks: BTreeMap<String, [String; 3]>,
    /// Every figure of the dashboard but those of the moment: mails, and what is asked in the month.
    dashboard: Value,
}

/// Somebody who looks at everything in the evenings.
struct Watch<'t> {
    town: &'t Town,
    service: Service,
    from: String,
    then: BTreeMap<String, Evening>,
}

impl<'t> Watch<'t> {
    async fn on(town: &'t Town) -> anyhow::Result<Self> {
        town.issue(CyclesAtIssue::On).await?;
        Ok(Self {
            town,
            service: Service::start(town)?,
            from: "2026-03-10".to_owned(),
            then: BTreeMap::new(),
        })
    }

    async fn office(&self) -> anyhow::Result<String> {
        self.service.token(UserRole::Supervisor, None).await
    }

    /// The afternoon of a day, what the schedule does until then being done.
    async fn afternoon(&mut self, day: &str) -> anyhow::Result<()> {
        self.town.live(&self.from, day).await?;
        let next = day.parse::<chrono::NaiveDate>()?.succ_opt();
        self.from = next.map(|next| next.to_string()).unwrap_or_default();
        self.town.set(day, "15:00")
    }

    /// Looks at everything in the evening of the day.
    async fn evening(&mut self, day: &str) -> anyhow::Result<()> {
        self.town.set(day, "23:00")?;
        let seen = self.seen(day).await?;
        self.then.insert(day.to_owned(), seen);
        Ok(())
    }

    async fn seen(&self, day: &str) -> anyhow::Result<Evening> {
        let office = self.office().await?;
        let tasks = all(&self.service, &office, &format!("/tasks?as_of={day}"), 200);
        let tasks = tasks.iter().map(|row| {
            let told = ["light", "standing", "due_on"].map(|field| row[field].to_string());
            (row["number"].to_string(), told)
        });
        let path = format!("/dashboard?as_of={day}");
        let mut dashboard = self.service.get(&office, &path).expect(200);
        dashboard["mails"] = Value::Null;
        dashboard["burden"] = Value::Null;
        Ok(Evening {
            assignments: shown(self.town, &self.service, day).await?,
            tasks: tasks.collect(),
            dashboard,
        })
    }

    /// Every evening is told as it was seen, also by an instance that has just begun; the assignments with what was told of them, evening by evening.
    async fn looks_back(&self) -> anyhow::Result<BTreeMap<String, Vec<[String; 5]>>> {
        let mut told: BTreeMap<String, Vec<[String; 5]>> = BTreeMap::new();
        for (day, then) in &self.then {
            let now = self.seen(day).await?;
            for (id, row) in &then.assignments {
                assert_eq!(now.assignments.get(id), Some(row), "{id} on {day}");
                told.entry(id.clone()).or_default().push(row.clone());
            }
            assert_eq!(&now, then, "{day}");
        }
        let other = self.town.another().await?;
        for (day, then) in &self.then {
            let ids: Vec<AssignmentId> = then
                .assignments
                .keys()
                .map(|id| serde_json::from_value(json!(id)))
                .collect::<Result<_, _>>()?;
            let lights = lights_of_assignments(&other, &Reach::All, day.parse()?, ids).await?;
            let lights: BTreeMap<String, &str> = lights
                .iter()
                .map(|(id, light)| (id.to_string(), light.text.as_str()))
                .collect();
            let seen: BTreeMap<String, &str> = then
                .assignments
                .iter()
                .map(|(id, row)| (id.clone(), row[4].as_str()))
                .collect();
            assert_eq!(lights, seen, "{day}");
        }
        Ok(told)
    }

    async fn decide(
        &self,
        unit: &str,
        event: &str,
        due_on: Option<&str>,
    ) -> anyhow::Result<String> {
        let office = self.office().await?;
        let id = assignment(&self.service, &office, unit, "二(一)2")["id"].clone();
        let one =
            json!({ "assignment_id": id, "event": event, "reason": "核实", "due_on": due_on });
        let body = json!({ "decisions": [one] });
        self.service
            .post(&office, "/assignment-events", &body)
            .expect(201);
        Ok(id.as_str().unwrap_or_default().to_owned())
    }

    async fn amend(&self, number: &str, body: &Value) -> anyhow::Result<()> {
        let office = self.office().await?;
        let path = below(&task(&self.service, &office, number), "amendments");
        self.service.post(&office, &path, body).expect(201);
        Ok(())
    }

    async fn give_time(&self, unit: &str, day: &str) -> anyhow::Result<()> {
        let office = self.office().await?;
        let ask = self.town.ask(unit, ObligationKind::Complete).await?;
        let wanted = json!({ "obligation_id": ask.id, "reason": "设备未到", "progress": "已招标", "expected_on": day });
        let made = self
            .service
            .post(&office, "/extensions", &wanted)
            .expect(201);
        let id = made["id"].as_str().unwrap_or_default();
        let granted = json!({ "granted_on": day, "note": null });
        let path = format!("/extensions/{id}/decision");
        self.service.post(&office, &path, &granted).expect(200);
        Ok(())
    }
}

/// One field of what was told, evening by evening.
fn field(told: &[[String; 5]], at: usize) -> Vec<&str> {
    let of = told.iter().filter_map(|row| row.get(at));
    of.map(|text| text.trim_matches('"')).collect()
}

async fn what_was_taken_back_is_told_as_it_was(town: &Town) -> anyhow::Result<()> {
    let mut watch = Watch::on(town).await?;
    let mut ids = Vec::new();
    for (day, steps) in [
        ("2026-03-12", &[][..]),
        (
            "2026-03-18",
            &[("S1", "pause", None), ("S2", "withdraw", None)],
        ),
        ("2026-03-24", &[]),
        ("2026-03-26", &[("S1", "resume", Some("2026-04-30"))]),
        ("2026-03-31", &[("S5", "accept", None)]),
        ("2026-04-02", &[("S5", "close", None)]),
        ("2026-04-10", &[("S5", "reopen", Some("2026-04-20"))]),
        ("2026-04-17", &[("S1", "pause", None)]),
        ("2026-04-22", &[("S1", "withdraw", None)]),
        ("2026-05-08", &[]),
    ] {
        watch.afternoon(day).await?;
        match day {
            "2026-03-12" => drop(reported(town, &watch.service, "S1", 40).await?),
            "2026-03-24" => drop(reported(town, &watch.service, "S5", 100).await?),
            "2026-03-31" => {
                let joins =
                    json!({ "add_responsible_units": ["东区第二小学"], "reason": "重新纳入" });
                watch.amend("二(一)2", &joins).await?;
            }
            _ => {}
        }
        for (unit, event, due_on) in steps {
            ids.push((*unit, watch.decide(unit, event, *due_on).await?));
        }
        watch.evening(day).await?;
    }
    town.live("2026-05-09", "2026-05-20").await?;
    let told = watch.looks_back().await?;
    let of = |unit: &str| {
        let id = ids.iter().find(|(known, _)| *known == unit);
        id.and_then(|(_, id)| told.get(id)).context("never told")
    };
    let ended = |unit: &str, word: &str| -> anyhow::Result<Vec<bool>> {
        let sentences = field(of(unit)?, 4);
        Ok(sentences.iter().map(|text| text.contains(word)).collect())
    };
    let on = |evenings: &[usize]| -> Vec<bool> {
        (0..10).map(|evening| evenings.contains(&evening)).collect()
    };
    assert_eq!(ended("S1", "已暂停")?, on(&[1, 2, 7]));
    assert_eq!(ended("S1", "已撤销")?, on(&[8, 9]));
    assert_eq!(ended("S2", "已撤销")?, on(&[1, 2, 3]));
    assert_eq!(ended("S5", "已销号")?, on(&[5]));
    Ok(())
}

async fn what_was_returned_is_not_done(town: &Town) -> anyhow::Result<()> {
    let mut watch = Watch::on(town).await?;
    watch.afternoon("2026-03-18").await?;
    reported(town, &watch.service, "S1", 40).await?;
    watch.evening("2026-03-18").await?;
    watch.afternoon("2026-04-10").await?;
    reported(town, &watch.service, "S1", 100).await?;
    reported(town, &watch.service, "S2", 100).await?;
    watch.evening("2026-04-10").await?;
    watch.afternoon("2026-04-24").await?;
    let in_steps = watch.decide("S1", "return", Some("2026-04-29")).await?;
    let at_once = watch.decide("S2", "return", Some("2026-04-29")).await?;
    watch.evening("2026-04-24").await?;
    watch.afternoon("2026-04-27").await?;
    reported(town, &watch.service, "S1", 100).await?;
    watch.evening("2026-04-27").await?;
    let told = watch.looks_back().await?;
    assert_eq!(field(&told[&in_steps], 2), ["40", "100", "40", "100"]);
    assert_eq!(field(&told[&at_once], 2), ["null", "100", "0", "0"]);
    let is_done = |id: &String| -> Vec<bool> {
        let standings = field(&told[id], 1).into_iter();
        standings.map(|standing| standing == "done").collect()
    };
    assert_eq!(is_done(&in_steps), [false, true, false, true]);
    assert_eq!(is_done(&at_once), [false, true, false, false]);
    assert_eq!(field(&told[&at_once], 0)[1..3], ["green", "red"]);
    let why = field(&told[&in_steps], 4);
    assert!(why[2].contains("40"), "{}", why[2]);
    Ok(())
}

async fn days_that_moved_are_told_as_they_were(town: &Town) -> anyhow::Result<()> {
    let mut watch = Watch::on(town).await?;
    for day in [
        "2026-03-20",
        "2026-04-08",
        "2026-04-15",
        "2026-04-22",
        "2026-05-06",
        "2026-05-12",
        "2026-05-26",
        "2026-06-02",
    ] {
        watch.afternoon(day).await?;
        match day {
            "2026-03-20" => drop(reported(town, &watch.service, "S1", 60).await?),
            "2026-04-08" => watch.give_time("S3", "2026-05-15").await?,
            // S3 keeps its longer day.
            "2026-04-15" => {
                let moved = json!({ "due_on": "2026-05-08", "reason": "统一推迟" });
                watch.amend("二(一)2", &moved).await?;
                let named = json!({ "due_on": "2026-05-29", "reason": "定下时限" });
                watch.amend("二(二)4", &named).await?;
            }
            // S3 follows its task again.
            "2026-04-22" => {
                let moved = json!({ "due_on": "2026-05-20", "reason": "再次推迟" });
                watch.amend("二(一)2", &moved).await?;
            }
            "2026-05-06" => {
                let open = json!({ "due_on": null, "reason": "不定时限" });
                watch.amend("二(二)4", &open).await?;
            }
            "2026-05-12" => watch.give_time("S6", "2026-06-10").await?,
            _ => {}
        }
        watch.evening(day).await?;
    }
    town.live("2026-06-03", "2026-06-12").await?;
    let office = watch.office().await?;
    let told = watch.looks_back().await?;
    let of = |unit: &str, number: &str| {
        let id = assignment(&watch.service, &office, unit, number)["id"].clone();
        told.get(id.as_str().unwrap_or_default())
            .context("never told")
    };
    let (first, second, third) = ("2026-04-30", "2026-05-08", "2026-05-20");
    let [s1, s3, s6] = ["S1", "S3", "S6"].map(|unit| of(unit, "二(一)2"));
    assert_eq!(
        field(s1?, 3),
        [first, first, second, third, third, third, third, third]
    );
    let own = "2026-05-15";
    assert_eq!(
        field(s3?, 3),
        [first, own, own, third, third, third, third, third]
    );
    let last = "2026-06-10";
    assert_eq!(
        field(s6?, 3),
        [first, first, second, third, third, last, last, last]
    );
    let centre = field(of("B4", "二(二)4")?, 3);
    let (none, named) = ("null", "2026-05-29");
    assert_eq!(centre, [none, none, named, named, none, none, none, none]);
    Ok(())
}

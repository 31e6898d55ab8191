//! A mirror that starts from nothing, follows the feed of changes and fetches what is named, ends with exactly what is
//! there: every write of the product names the rows it changes.

use crate::support::Town;
use crate::support::filled_sheet::FilledSheet;
use crate::support::ledger_desk::{at, row_of};
use crate::support::pages::all;
use crate::support::rows::{Rows, rows_of};
use crate::support::service::Service;
use crate::support::town::UNITS;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::email_address::EmailAddress;
use duban::domain::obligation::ObligationKind;
use duban::domain::resource::Resource;
use duban::domain::token_scope::TokenScope;
use duban::domain::user_role::UserRole;
use duban::flow::import_calendar::import_calendar;
use duban::flow::issue_plan::{CyclesAtIssue, issue_plan};
use duban::flow::manage_users::{
    NewUser, UserChange, change_user, create_user, make_token, revoke_token,
};
use duban::flow::send_test_letter::send_test_letter;
use duban::storage::new_id;
use duban::storage::outbox_leases::{Lease, begin_transmission, claim, release, sweep};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The resources whose lists and rows can be read here.
const READ: [Resource; 7] = [
    Resource::Cycles,
    Resource::Rounds,
    Resource::Indicators,
    Resource::Obligations,
    Resource::Reports,
    Resource::Reminders,
    Resource::Mails,
];

/// Fields that are another row's: a reader has them from there.
const OF_OTHERS: [&str; 4] = ["unit_name", "plan_title", "contact_name", "contact_email"];

/// What one reader knows.
struct Mirror<'a> {
    town: &'a Town,
    service: &'a Service,
    token: String,
    cursor: Option<String>,
    /// Rows as the database has them.
    stored: BTreeMap<Resource, Rows>,
    /// Rows as the service shows them.
    shown: BTreeMap<(Resource, Uuid), Value>,
}

impl<'a> Mirror<'a> {
    async fn of_nothing(town: &'a Town, service: &'a Service) -> anyhow::Result<Self> {
        Ok(Self {
            town,
            service,
            token: service.token(UserRole::Administrator, None).await?,
            cursor: None,
            stored: BTreeMap::new(),
            shown: BTreeMap::new(),
        })
    }

    /// Reads the feed to its present end, and what it names.
    async fn follow(&mut self) -> anyhow::Result<()> {
        loop {
            let from = match &self.cursor {
                Some(cursor) => format!("&cursor={cursor}"),
                None => String::new(),
            };
            let page = self
                .service
                .get(&self.token, &format!("/changes?limit=200{from}"))
                .expect(200);
            let mut named: BTreeMap<Resource, Vec<Uuid>> = BTreeMap::new();
            for item in page["items"].as_array().into_iter().flatten() {
                let resource = serde_json::from_value(item["resource"].clone())?;
                let id = serde_json::from_value(item["id"].clone())?;
                named.entry(resource).or_default().push(id);
            }
            for (resource, ids) in named {
                self.fetch(resource, &ids).await?;
            }
            self.cursor = page["next_cursor"].as_str().map(str::to_owned);
            if page["has_more"] == false {
                return Ok(());
            }
        }
    }

    async fn fetch(&mut self, resource: Resource, ids: &[Uuid]) -> anyhow::Result<()> {
        let there = rows_of(&self.town.ctx.db, resource).await?;
        let known = self.stored.entry(resource).or_default();
        for id in ids {
            match there.get(id) {
                Some(row) => known.insert(*id, row.clone()),
                None => known.remove(id),
            };
            if READ.contains(&resource) {
                let path = format!("/{}/{id}", resource.as_str());
                let response = self.service.get(&self.token, &path);
                match response.status {
                    404 => self.shown.remove(&(resource, *id)),
                    _ => self.shown.insert((resource, *id), response.expect(200)),
                };
            }
        }
        Ok(())
    }

    /// Asserts that the mirror has what is there, no more and no less.
    async fn is_true(&mut self, after: &str) -> anyhow::Result<()> {
        self.follow().await?;
        for resource in Resource::ALL.iter().copied() {
            let there = rows_of(&self.town.ctx.db, resource).await?;
            let known = self.stored.entry(resource).or_default();
            for (id, row) in &there {
                assert_eq!(
                    known.get(id),
                    Some(row),
                    "{} {id} after {after}",
                    resource.as_str()
                );
            }
            assert_eq!(
                known.len(),
                there.len(),
                "{} after {after}",
                resource.as_str()
            );
        }
        for resource in READ {
            let list = all(
                self.service,
                &self.token,
                &format!("/{}", resource.as_str()),
                200,
            );
            let known = self.shown.keys().filter(|(kind, _)| *kind == resource);
            assert_eq!(
                known.count(),
                list.len(),
                "{} after {after}",
                resource.as_str()
            );
            for row in list {
                let id: Uuid = serde_json::from_value(row["id"].clone())?;
                let known = &self.shown[&(resource, id)];
                let own = |field: &str| !OF_OTHERS.contains(&field);
                let fields = row.as_object().into_iter().flatten();
                for (field, value) in fields.filter(|(field, _)| own(field)) {
                    let place = format!("{} {id} {field} after {after}", resource.as_str());
                    assert_eq!(&known[field], value, "{place}");
                }
            }
        }
        Ok(())
    }
}

async fn a_mirror_that_follows_the_feed_has_everything(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let mut mirror = Mirror::of_nothing(town, &service).await?;
    let plan = town.import().await?;
    mirror.is_true("the import").await?;
    issue_plan(&town.ctx, plan, CyclesAtIssue::On).await?;
    mirror.is_true("the issue").await?;
    town.live("2026-03-10", "2026-03-13").await?;
    mirror.is_true("four days").await?;
    answers(town, &service, &mirror.token).await?;
    mirror.is_true("answers").await?;
    decisions(town, &service, &mirror.token).await?;
    mirror.is_true("decisions").await?;
    ledger(&service, &mirror.token, plan.0)?;
    mirror.is_true("a ledger").await?;
    people(town).await?;
    mirror.is_true("changes of contacts and users").await?;
    rounds(town, &service, &mirror.token).await?;
    mirror.is_true("rounds").await?;
    monitored(town, &service, &mirror.token).await?;
    mirror.is_true("monitoring").await?;
    deliveries(&mut mirror).await?;
    mirror.is_true("deliveries that went wrong").await?;
    town.live("2026-04-30", "2026-04-30").await?;
    // A token is good for thirty days.
    mirror.token = service.token(UserRole::Administrator, None).await?;
    import_calendar(&town.ctx, "2027.json", YEAR_2027.as_bytes()).await?;
    import_calendar(&town.ctx, "terms.csv", TERMS.as_bytes()).await?;
    town.live("2026-05-25", "2026-05-25").await?;
    mirror.is_true("calendars and the end of asking").await?;
    let everything = Resource::ALL
        .iter()
        .filter(|one| mirror.stored[*one].is_empty());
    let missing: Vec<&str> = everything.map(|one| one.as_str()).collect();
    assert_eq!(missing, ["attachments"], "nothing else was left untried");
    Ok(())
}

const YEAR_2027: &str = r#"{"holidays":{"2027-01-01":"New Year's Day,元旦,1"},"workdays":{"2027-01-09":"Spring Festival,春节,4"}}"#;
const TERMS: &str =
    "school_year,term,level,starts_on,ends_on\n2026,1,primary,2026-09-01,2027-01-20\n";

async fn answers(town: &Town, service: &Service, token: &str) -> anyhow::Result<()> {
    town.set("2026-03-16", "08:30")?;
    town.run("remind").await?;
    town.answer(town.ask("S5", ObligationKind::Acknowledge).await?.id)
        .await?;
    for unit in ["S1", "S2"] {
        let ask = town.ask(unit, ObligationKind::Complete).await?;
        let path = format!("/obligations/{}", ask.id);
        let item = service.get(token, &path).expect(200)["items"][0]["assignment_id"].clone();
        let body = json!({ "items": [{ "assignment_id": item, "percent": 40, "done": "进行中" }] });
        service
            .post(token, &format!("{path}/reports"), &body)
            .expect(201);
    }
    let ask = town.ask("S3", ObligationKind::Complete).await?;
    let body = json!({ "reports": [{ "obligation_id": ask.id, "note": "按期" }] });
    service.post(token, "/reports/bulk", &body).expect(201);
    Ok(())
}

/// One report is sent back, one assignment rests for a while, one unit gets more time and another does not.
async fn decisions(town: &Town, service: &Service, token: &str) -> anyhow::Result<()> {
    town.set("2026-03-16", "09:00")?;
    let about =
        |path: &str| service.get(token, path).expect(200)["items"][0]["assignment_id"].clone();
    for (unit, event, due_on) in [
        ("S1", "return", Some("2026-03-23")),
        ("S4", "pause", None),
        ("S4", "resume", None),
    ] {
        let ask = town.ask(unit, ObligationKind::Complete).await?;
        let id = about(&format!("/obligations/{}", ask.id));
        let body = json!({ "decisions": [{ "assignment_id": id, "event": event, "reason": "测试", "due_on": due_on }] });
        service.post(token, "/assignment-events", &body).expect(201);
    }
    for (unit, granted_on) in [("S5", Some("2026-05-20")), ("S6", None)] {
        let ask = town.ask(unit, ObligationKind::Complete).await?;
        let body = json!({ "obligation_id": ask.id, "reason": "测试", "progress": "测试", "expected_on": "2026-05-20" });
        let made = service.post(token, "/extensions", &body).expect(201);
        let path = format!("/extensions/{}", made["id"].as_str().unwrap_or_default());
        let view = json!({ "unit_code": "B2", "agrees": true, "note": null });
        service
            .post(token, &format!("{path}/views"), &view)
            .expect(200);
        let decision = json!({ "granted_on": granted_on, "note": "测试" });
        service
            .post(token, &format!("{path}/decision"), &decision)
            .expect(200);
    }
    Ok(())
}

/// A row of the ledger is edited: what was reported, the due day, the note.
fn ledger(service: &Service, token: &str, plan: Uuid) -> anyhow::Result<()> {
    let path = format!("/plans/{plan}/ledger");
    let sheet = service.get(token, &format!("{path}.xlsx")).body;
    let row = row_of(&sheet, "二(一)2", "西区初级中学");
    let sheet = FilledSheet::of(&sheet)
        .number(&at("实际进度", row), "30")
        .text(&at("完成时限", row), "2026-05-28")
        .text(&at("备注", row), "已联系");
    let files = [("file", "a.xlsx", sheet.bytes())];
    let done = service.upload(token, &path, &[], &files).expect(200);
    assert_eq!(
        (&done["days_moved"], &done["notes"], &done["reports"]),
        (&json!(1), &json!(1), &json!(1))
    );
    Ok(())
}

/// An indicator is added, and one that was found gets another target; then a unit tells a value, and another one.
async fn monitored(town: &Town, service: &Service, token: &str) -> anyhow::Result<()> {
    let plan = town.plan().await?.id;
    let body = json!({ "plan_id": plan, "text": "听课不少于20节", "comparator": ">=", "target": 20, "reporters": ["各校"] });
    service.post(token, "/indicators", &body).expect(201);
    let mut found = all(service, token, "/indicators?state=proposed", 50);
    found.retain(|one| !one["task_id"].is_null());
    let id = &found[0]["id"];
    let path = format!("/indicators/{}", id.as_str().unwrap_or_default());
    let body = json!({ "state": "confirmed", "target": 96 });
    service
        .change("PATCH", token, &path, "*", &body)
        .expect(200);
    let cycle = town.cycle(CycleKind::Monitoring).await?.id;
    let body = json!({ "cycle_id": cycle, "reason": "提前监测" });
    service.post(token, "/rounds", &body).expect(201);
    let ask = town.ask("S1", ObligationKind::Monitoring).await?.id;
    for value in [94, 97] {
        let body = json!({ "items": [{ "indicator_id": id, "value": value }] });
        let path = format!("/obligations/{ask}/reports");
        service.post(token, &path, &body).expect(201);
    }
    Ok(())
}

async fn people(town: &Town) -> anyhow::Result<()> {
    town.import_units(&UNITS.replace("丁老师,s5@", "庚老师,new@"))
        .await?;
    town.import_units(
        &UNITS
            .replace("东区第一小学", "东区第一实验小学")
            .replace("甲老师", "贾老师"),
    )
    .await?;
    let Ok(email) = EmailAddress::parse("new@example.org") else {
        anyhow::bail!("no address");
    };
    let user = create_user(
        &town.ctx,
        NewUser {
            email,
            name: None,
            roles: Vec::new(),
        },
    )
    .await?;
    let change = UserChange {
        name: Some(Some("新用户".to_owned())),
        enabled: Some(false),
        roles: None,
    };
    change_user(&town.ctx, user.id, change, None).await?;
    let made = make_token(&town.ctx, user.id, "x", TokenScope::Read, 3).await?;
    Ok(revoke_token(&town.ctx, made.token.id, None).await?)
}

async fn rounds(town: &Town, service: &Service, token: &str) -> anyhow::Result<()> {
    let check = town.cycle(CycleKind::SpotCheck).await?.id;
    let path = format!("/cycles/{check}");
    service
        .change(
            "PATCH",
            token,
            &path,
            "*",
            &json!({ "due_after_workdays": 9 }),
        )
        .expect(200);
    for switch in ["off", "on"] {
        service
            .post(token, &format!("{path}/{switch}"), &json!({}))
            .expect(200);
    }
    town.dawn("2026-04-01").await?;
    town.live("2026-04-02", "2026-04-02").await?;
    let dispatch = town.cycle(CycleKind::Dispatch).await?.id;
    let body = json!({ "cycle_id": dispatch, "reason": "提前调度" });
    let round = service.post(token, "/rounds", &body).expect(201);
    let close = format!("/rounds/{}/close", round["id"].as_str().unwrap_or_default());
    service.post(token, &close, &json!({})).expect(200);
    Ok(())
}

/// A worker that gives back what it held, one that dies, a mail that is refused for good and sent again, a test letter.
async fn deliveries(mirror: &mut Mirror<'_>) -> anyhow::Result<()> {
    let (town, service) = (mirror.town, mirror.service);
    town.set("2026-04-03", "08:30")?;
    town.run("remind").await?;
    let Ok(address) = EmailAddress::parse("operator@example.org") else {
        anyhow::bail!("no address");
    };
    for _ in 0..3 {
        send_test_letter(&town.ctx, &address).await?;
    }
    let now = town.ctx.now().at;
    for dies in [false, true] {
        let lease = Lease { id: new_id(), now };
        let tx = town.ctx.write().await?;
        let held = claim(&tx, &lease, now, 2, false).await?;
        tx.commit().await?;
        assert_eq!(held.len(), 2);
        mirror.is_true("a claim").await?;
        let tx = town.ctx.write().await?;
        if dies {
            assert!(begin_transmission(&tx, held[0].id, lease.id).await?);
        } else {
            assert_eq!(release(&tx, lease.id).await?, 2);
        }
        tx.commit().await?;
        mirror.is_true("the beginning or the giving back").await?;
    }
    town.set("2026-04-03", "08:40")?;
    let tx = town.ctx.write().await?;
    assert_eq!(sweep(&tx, town.ctx.lease_now().await?).await?, (1, 1));
    tx.commit().await?;
    mirror.is_true("the end of a lease").await?;
    town.run("deliver").await?;
    let broken = "UPDATE mail SET to_address = 'nowhere' WHERE state = 'queued'";
    town.set("2026-04-07", "08:30")?;
    town.run("remind").await?;
    sea_orm::ConnectionTrait::execute_unprepared(&town.ctx.db, broken).await?;
    town.run("deliver").await?;
    mirror.is_true("refusals for good").await?;
    let waiting = all(service, &mirror.token, "/mails?state=failed", 50);
    assert!(!waiting.is_empty());
    for mail in waiting {
        let path = format!(
            "/mails/{}/send-again",
            mail["id"].as_str().unwrap_or_default()
        );
        service.post(&mirror.token, &path, &json!({})).expect(200);
    }
    Ok(())
}

on_both! {
    a_mirror_that_follows_the_feed_has_everything,
}

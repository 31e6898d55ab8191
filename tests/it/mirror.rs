//! A mirror that starts from nothing, follows the feed of changes and fetches what is named, ends with exactly what is
//! there: every write of the product names the rows it changes.

use crate::mirrored_lives::{
    amended, answers, bulletins, decisions, evidence, inspected, ledger, monitored, noticed,
    people, rounds,
};
use crate::support::Town;
use crate::support::appraised;
use crate::support::hook_desk::{ALL, HookDesk, path};
use crate::support::pages::all;
use crate::support::receiver::Answered;
use crate::support::rows::{Rows, rows_of};
use crate::support::service::Service;
use anyhow::Context;
use duban::domain::email_address::EmailAddress;
use duban::domain::resource::Resource;
use duban::domain::user_role::UserRole;
use duban::flow::import_calendar::import_calendar;
use duban::flow::issue_plan::{CyclesAtIssue, issue_plan};
use duban::flow::send_test_letter::send_test_letter;
use duban::storage::due_mails::{Wanted, claim};
use duban::storage::new_id;
use duban::storage::outbox_leases::{Lease, begin_transmissions, release, sweep};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The resources whose lists and rows can be read here.
const READ: &[Resource] = &[
    Resource::ScoreRules,
    Resource::Appraisals,
    Resource::QualityResults,
    Resource::Warnings,
    Resource::Cycles,
    Resource::Rounds,
    Resource::Decisions,
    Resource::Indicators,
    Resource::Inspectors,
    Resource::Inspections,
    Resource::Findings,
    Resource::Notices,
    Resource::Obligations,
    Resource::Reports,
    Resource::Reminders,
    Resource::Mails,
    Resource::Webhooks,
    Resource::WebhookDeliveries,
];

/// Fields that are another row's, from where a reader has them; and what hangs on the day and on days that are shown.
const OF_OTHERS: [&str; 5] = [
    "unit_name",
    "plan_title",
    "contact_name",
    "contact_email",
    "overdue",
];

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
        for resource in READ.iter().copied() {
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
    evidence(town, &service, &mirror.token).await?;
    mirror.is_true("evidence").await?;
    decisions(town, &service, &mirror.token).await?;
    mirror.is_true("decisions").await?;
    noticed(town, &service, &mirror.token).await?;
    mirror.is_true("notices").await?;
    amended(town, &service, &mirror.token).await?;
    mirror.is_true("amendments").await?;
    ledger(&service, &mirror.token, plan.0)?;
    mirror.is_true("a ledger").await?;
    people(town).await?;
    mirror.is_true("changes of contacts and users").await?;
    rounds(town, &service, &mirror.token).await?;
    mirror.is_true("rounds").await?;
    inspected(town, &service, &mirror.token).await?;
    mirror.is_true("inspections and findings").await?;
    monitored(town, &service, &mirror.token).await?;
    mirror.is_true("monitoring").await?;
    bulletins(town, &service, &mirror.token).await?;
    mirror.is_true("bulletins").await?;
    deliveries(&mut mirror).await?;
    mirror.is_true("deliveries that went wrong").await?;
    town.live("2026-04-30", "2026-04-30").await?;
    // A token is good for thirty days.
    mirror.token = service.token(UserRole::Administrator, None).await?;
    import_calendar(&town.ctx, "2027.json", YEAR_2027.as_bytes()).await?;
    import_calendar(&town.ctx, "terms.csv", TERMS.as_bytes()).await?;
    town.live("2026-05-25", "2026-05-25").await?;
    mirror.is_true("calendars and the end of asking").await?;
    town.set("2026-09-01", "09:00")?;
    mirror.token = service.token(UserRole::Administrator, None).await?;
    let confirm = appraised::proposed(&service, &mirror.token)?;
    mirror.is_true("an appraisal with an objection").await?;
    appraised::confirmed(&service, &mirror.token, &confirm)?;
    mirror.is_true("a confirmation and quality results").await?;
    webhooks(&mut mirror).await?;
    walls(&service, &mut mirror).await?;
    let everything = Resource::ALL
        .iter()
        .filter(|one| mirror.stored[*one].is_empty());
    let missing: Vec<&str> = everything.map(|one| one.as_str()).collect();
    assert!(missing.is_empty(), "left untried: {missing:?}");
    Ok(())
}

const YEAR_2027: &str = r#"{"holidays":{"2027-01-01":"New Year's Day,元旦,1"},"workdays":{"2027-01-09":"Spring Festival,春节,4"}}"#;
const TERMS: &str =
    "school_year,term,level,starts_on,ends_on\n2026,1,primary,2026-09-01,2027-01-20\n";

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
        let held = claim(&tx, &lease, &Wanted::any(now, 2)).await?;
        tx.commit().await?;
        assert_eq!(held.len(), 2);
        mirror.is_true("a claim").await?;
        let tx = town.ctx.write().await?;
        if dies {
            let begun = begin_transmissions(&tx, &[(held[0].id, lease.id)]).await?;
            assert_eq!(begun.len(), 1);
        } else {
            assert_eq!(release(&tx, &[lease.id]).await?, 2);
        }
        tx.commit().await?;
        mirror.is_true("the beginning or the giving back").await?;
    }
    town.set("2026-04-03", "08:40")?;
    let tx = town.ctx.write().await?;
    assert_eq!(sweep(&tx, town.ctx.lease_now().await?, &[]).await?, (1, 1));
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

/// Webhooks that are told something, fail, are changed and removed.
async fn webhooks(mirror: &mut Mirror<'_>) -> anyhow::Result<()> {
    let desk = HookDesk::of(mirror.town).await?;
    let (kept, removed) = (desk.make("standard", &ALL), desk.make("wecom", &ALL));
    desk.receiver
        .answer([Answered::with(500), Answered::with(410)]);
    for (hook, after) in [(&kept, "a try that failed"), (&removed, "an end")] {
        desk.test(hook);
        mirror.is_true("a test").await?;
        desk.send().await?;
        mirror.is_true(after).await?;
    }
    let off = json!({ "enabled": false });
    let place = path(&kept, "");
    desk.service
        .change("PATCH", &desk.office, &place, "*", &off)
        .expect(200);
    desk.service.delete(&desk.office, &path(&removed, ""), "*");
    desk.post(&path(&kept, "/secret")).expect(200);
    mirror.is_true("webhooks changed and removed").await
}

async fn walls(service: &Service, mirror: &mut Mirror<'_>) -> anyhow::Result<()> {
    let made = service.post(&mirror.token, "/walls", &json!({ "name": "门厅" }));
    let made = made.expect(201);
    mirror.is_true("a link to the big screen").await?;
    let place = format!("/walls/{}", made["id"].as_str().context("id")?);
    service.delete(&mirror.token, &place, "*");
    mirror.is_true("its end").await
}

on_both! {
    a_mirror_that_follows_the_feed_has_everything,
}

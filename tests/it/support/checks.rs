//! A town that inspects: a pool of inspectors who also have tokens, and a spot-check round opened on the first of April.

use super::pages::all;
use super::service::Service;
use super::town::Town;
use anyhow::Context;
use duban::domain::access::{Membership, Viewer};
use duban::domain::cycle_kind::CycleKind;
use duban::domain::ids::{TokenId, UserId};
use duban::domain::token_scope::TokenScope;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::storage::rounds::StoredRound;
use serde_json::{Value, json};
use std::cell::RefCell;

/// Units whose contacts inspect.
pub const INSPECTING: [&str; 4] = ["B1", "B2", "B3", "D1"];

/// The day on which the round opens: a Wednesday.
pub const WEDNESDAY: &str = "2026-04-01";

/// A bureau at the point where a spot-check is about to open.
pub struct Checks<'a> {
    pub town: &'a Town,
    pub service: Service,
    office: RefCell<String>,
}

impl<'a> Checks<'a> {
    /// Issues the plan with its cycles on; sets the rule of spot-checks; keeps a pool of four.
    pub async fn prepare(town: &'a Town, rule: &Value) -> anyhow::Result<Self> {
        town.issue(CyclesAtIssue::On).await?;
        let service = Service::start(town)?;
        let office = service.token(UserRole::Supervisor, None).await?;
        let checks = Self {
            town,
            service,
            office: RefCell::new(office),
        };
        let pool: Vec<Value> = INSPECTING
            .iter()
            .map(|unit| json!({ "name": format!("{unit}检查员"), "unit_code": unit, "email": address(unit) }))
            .collect();
        checks
            .post("/inspectors", &json!({ "inspectors": pool }))
            .expect(200);
        let cycle = town.cycle(CycleKind::SpotCheck).await?.id;
        if rule != &json!({}) {
            checks
                .service
                .change(
                    "PATCH",
                    &checks.office(),
                    &format!("/cycles/{cycle}"),
                    "*",
                    rule,
                )
                .expect(200);
        }
        Ok(checks)
    }

    /// Lets the round open, with everything told that is told on that day; ten o'clock on the next.
    pub async fn open(&self) -> anyhow::Result<StoredRound> {
        self.town.live(WEDNESDAY, "2026-04-02").await?;
        self.at("2026-04-02").await?;
        self.round().await
    }

    /// Ten o'clock on a day, with a new token of the office: one is good for thirty days.
    pub async fn at(&self, day: &str) -> anyhow::Result<()> {
        self.town.set(day, "10:00")?;
        let token = self.service.token(UserRole::Supervisor, None).await?;
        *self.office.borrow_mut() = token;
        Ok(())
    }

    /// A token of the supervision office.
    pub fn office(&self) -> String {
        self.office.borrow().clone()
    }

    /// The newest round.
    pub async fn round(&self) -> anyhow::Result<StoredRound> {
        let mut rounds = self.town.rounds(CycleKind::SpotCheck).await?;
        rounds.pop().context("no round")
    }

    /// Posts as the office.
    pub fn post(&self, path: &str, body: &Value) -> super::service::Response {
        self.service.post(&self.office(), path, body)
    }

    /// All rows of a list as the office sees them.
    pub fn rows(&self, path: &str) -> Vec<Value> {
        all(&self.service, &self.office(), path, 50)
    }

    /// The path of a unit's inspection.
    pub fn inspection(&self, unit: &str) -> String {
        let rows = self.rows(&format!("/inspections?unit_code={unit}"));
        format!("/inspections/{}", text(&rows[0]["id"]))
    }

    /// A token of somebody who inspects at this path.
    pub async fn inspector(&self, path: &str) -> anyhow::Result<String> {
        let shown = self.service.get(&self.office(), path).expect(200);
        let name = text(&shown["inspectors"][0]["name"]);
        let unit = INSPECTING.iter().find(|unit| name.starts_with(**unit));
        let unit = unit.context("nobody inspects")?;
        self.service.token(UserRole::UnitContact, Some(unit)).await
    }

    /// A token of a unit's contact.
    pub async fn contact(&self, unit: &str) -> anyhow::Result<String> {
        self.service.token(UserRole::UnitContact, Some(unit)).await
    }

    /// A photograph of a unit, or of the bureau.
    pub fn photo(&self, unit: Option<&str>) -> String {
        let texts: Vec<(&str, &str)> = unit.map(|unit| ("unit_code", unit)).into_iter().collect();
        let file = [("file", "现场.txt", "照片说明".as_bytes())];
        let made = self
            .service
            .upload(&self.office(), "/attachments", &texts, &file);
        text(&made.expect(201)["id"])
    }
}

/// The address under which the contact of a unit has a token, and inspects.
pub fn address(unit: &str) -> String {
    format!("unit-contact-{}@example.org", unit.to_lowercase())
}

/// A JSON text.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Somebody of the supervision office.
pub fn viewer(address: &str) -> Viewer {
    Viewer {
        user_id: UserId(uuid::Uuid::nil()),
        address: address.to_owned(),
        token_id: TokenId(uuid::Uuid::nil()),
        scope: TokenScope::Write,
        memberships: vec![Membership {
            role: UserRole::Supervisor,
            unit_id: None,
        }],
        name: None,
        locale: None,
        delegated: Default::default(),
        below: Default::default(),
        scope_key: String::new(),
    }
}

//! An office that keeps the indicators of a town and opens its monitoring.

use super::pages::{all, column};
use super::service::Service;
use super::town::Town;
use anyhow::Context;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use serde_json::{Value, json};

/// An office at work in a town whose plan is issued.
pub struct Office<'a> {
    pub town: &'a Town,
    pub service: Service,
    pub token: String,
}

impl<'a> Office<'a> {
    /// Issues the plan, and leaves one indicator of it: the rate of 课程开齐率.
    pub async fn of(town: &'a Town) -> anyhow::Result<Self> {
        town.issue(CyclesAtIssue::Off).await?;
        let service = Service::start(town)?;
        let token = service.token(UserRole::Supervisor, None).await?;
        let office = Self {
            town,
            service,
            token,
        };
        // So that one indicator is left.
        let other = office.found("自查");
        office.change(
            &other,
            &json!({ "state": "rejected", "reason": "不是指标" }),
        );
        Ok(office)
    }

    /// Ten o'clock on another day. A token is good for thirty.
    pub async fn on(&mut self, day: &str) -> anyhow::Result<()> {
        self.town.set(day, "10:00")?;
        self.token = self.service.token(UserRole::Supervisor, None).await?;
        Ok(())
    }

    /// The indicator whose clause has these words.
    pub fn found(&self, words: &str) -> Value {
        let words: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
        let path = format!("/indicators?q={words}");
        let mut found = all(&self.service, &self.token, &path, 50);
        assert_eq!(found.len(), 1, "{words}: {found:?}");
        found.remove(0)
    }

    /// Changes an indicator; as it is then.
    pub fn change(&self, one: &Value, body: &Value) -> Value {
        let response = self
            .service
            .change("PATCH", &self.token, &at(one), "*", body);
        response.expect(200)
    }

    /// Adds an indicator; `more` replaces fields of the usual one.
    pub async fn add(&self, more: Value) -> anyhow::Result<Value> {
        let mut body = json!({ "plan_id": self.town.plan().await?.id, "text": "听课不少于20节", "comparator": ">=", "target": 20, "measured_in": "节" });
        merge(&mut body, more);
        Ok(self
            .service
            .post(&self.token, "/indicators", &body)
            .expect(201))
    }

    /// Opens the monitoring of the term in which `day` lies; its id.
    pub async fn open(&mut self, day: &str) -> anyhow::Result<String> {
        self.on(day).await?;
        let cycle = self.town.cycle(CycleKind::Monitoring).await?.id;
        let body = json!({ "cycle_id": cycle, "reason": "测试" });
        let round = self.service.post(&self.token, "/rounds", &body).expect(201);
        Ok(round["id"].as_str().context("an id")?.to_owned())
    }

    /// The path of what a unit was asked last.
    pub async fn asked(&self, unit: &str) -> anyhow::Result<String> {
        let mut asked = self.town.asked(unit, ObligationKind::Monitoring).await?;
        asked.sort_by_key(|one| one.opened_at);
        let last = asked.pop().context("nothing asked")?;
        Ok(format!("/obligations/{}", last.id))
    }

    /// Reports a value for a unit.
    pub async fn tell(&self, unit: &str, one: &Value, value: Value) -> anyhow::Result<Value> {
        let body = json!({ "items": [{ "indicator_id": one["id"], "value": value }] });
        let path = format!("{}/reports", self.asked(unit).await?);
        Ok(self.service.post(&self.token, &path, &body).expect(201))
    }

    /// Codes of the units that a round asks.
    pub fn units(&self, round: &str) -> Vec<String> {
        let path = format!("/obligations?round_id={round}");
        let mut units = column(&all(&self.service, &self.token, &path, 50), "unit_code");
        units.sort();
        units
    }
}

/// The path of an indicator.
pub fn at(one: &Value) -> String {
    format!("/indicators/{}", one["id"].as_str().unwrap_or_default())
}

/// Puts the fields of `more` into a body.
pub fn merge(body: &mut Value, more: Value) {
    let (Value::Object(body), Value::Object(more)) = (body, more) else {
        panic!("two objects");
    };
    body.extend(more);
}

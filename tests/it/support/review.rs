//! A report on its way through review: one assignment, and everybody who has a say in it.

use super::Town;
use super::pages::all;
use super::service::{Response, Service};
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use serde_json::{Value, json};

/// The assignment of a unit in a task.
pub fn assignment(service: &Service, token: &str, unit: &str, task: &str) -> Value {
    let rows = all(
        service,
        token,
        &format!("/assignments?unit_code={unit}"),
        50,
    );
    let found = rows.into_iter().find(|row| row["task_number"] == task);
    found.unwrap_or_else(|| panic!("{unit} has no part in {task}"))
}

/// Where an assignment stands.
pub fn state(service: &Service, token: &str, id: &Value) -> String {
    let path = format!("/assignments/{}", id.as_str().unwrap_or_default());
    let state = service.get(token, &path).expect(200)["state"].clone();
    state.as_str().unwrap_or_default().to_owned()
}

/// A body with one decision.
pub fn decision(id: &Value, event: &str, reason: Option<&str>, due_on: Option<&str>) -> Value {
    json!({ "decisions": [{ "assignment_id": id, "event": event, "reason": reason, "due_on": due_on }] })
}

/// A town where S1 was asked to complete 二(一)2, with tokens of the office, the lead unit, the district and the school.
pub struct Review {
    pub service: Service,
    pub office: String,
    pub lead: String,
    pub district: String,
    pub school: String,
    /// S1's part in 二(一)2.
    pub id: Value,
    /// What asks for it, as a path.
    pub ask: String,
}

impl Review {
    pub async fn of(town: &Town) -> anyhow::Result<Self> {
        town.issue_on_monday().await?;
        let service = Service::start(town)?;
        let office = service.token(UserRole::Supervisor, None).await?;
        let id = assignment(&service, &office, "S1", "二(一)2")["id"].clone();
        let ask = town.ask("S1", ObligationKind::Complete).await?.id;
        Ok(Self {
            lead: service.token(UserRole::UnitContact, Some("B2")).await?,
            district: service.token(UserRole::UnitHead, Some("D1")).await?,
            school: service.token(UserRole::UnitContact, Some("S1")).await?,
            ask: format!("/obligations/{ask}"),
            service,
            office,
            id,
        })
    }

    pub fn report(&self, percent: u8) -> Response {
        let body = json!({ "items": [{ "assignment_id": self.id, "percent": percent, "done": "已公示" }], "note": null });
        self.service
            .post(&self.school, &format!("{}/reports", self.ask), &body)
    }

    pub fn decide(
        &self,
        token: &str,
        event: &str,
        reason: Option<&str>,
        due_on: Option<&str>,
    ) -> Response {
        let body = decision(&self.id, event, reason, due_on);
        self.service.post(token, "/assignment-events", &body)
    }

    pub fn state(&self) -> String {
        state(&self.service, &self.office, &self.id)
    }
}

//! An office that drafts, approves and publishes bulletins.

use super::service::{Response, Service};
use super::town::Town;
use duban::domain::user_role::UserRole;
use serde_json::{Value, json};

/// The office at work in a town whose plan was issued on Monday; now it is the day after.
pub struct Desk {
    pub service: Service,
    pub office: String,
    pub plan: String,
}

impl Desk {
    pub async fn of(town: &Town) -> anyhow::Result<Self> {
        town.issue_on_monday().await?;
        town.set("2026-03-10", "10:00")?;
        let service = Service::start(town)?;
        let office = service.token(UserRole::Supervisor, None).await?;
        let plan = town.plan().await?.id.to_string();
        Ok(Self {
            service,
            office,
            plan,
        })
    }

    #[track_caller]
    pub fn draft(&self, as_of: &str) -> Value {
        let body = json!({ "plan_id": self.plan, "as_of": as_of });
        self.service
            .post(&self.office, "/bulletins", &body)
            .expect(201)
    }

    pub fn get(&self, id: &Value) -> Value {
        self.service.get(&self.office, &path(id, "")).expect(200)
    }

    pub fn approve(&self, id: &Value) -> Response {
        self.service
            .post(&self.office, &path(id, "/approval"), &json!({}))
    }

    pub fn publish(&self, id: &Value) -> Response {
        let path = format!("/api/v1{}", path(id, "/publication"));
        self.service.send("POST", &path, &self.office, &[], b"")
    }

    /// One that was drafted, approved and published.
    pub fn published(&self, as_of: &str) -> Value {
        let made = self.draft(as_of);
        self.approve(&made["id"]).expect(200);
        self.publish(&made["id"]).expect(200)
    }

    pub fn file(&self, id: &Value, name: &str) -> Vec<u8> {
        let given = self
            .service
            .get(&self.office, &path(id, &format!("/{name}")));
        assert_eq!(given.status, 200, "{name}");
        given.body
    }
}

pub fn path(id: &Value, below: &str) -> String {
    format!("/bulletins/{}{below}", id.as_str().unwrap_or_default())
}

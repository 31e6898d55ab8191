//! The office of a town whose schools have not reported by the last day of April: it reads, approves and decides notices.

use super::Town;
use super::pages::all;
use super::service::Service;
use duban::domain::user_role::UserRole;
use serde_json::{Value, json};

/// The town, its office, and the eve of the completion due on 30 April. 9 May is a workday.
pub struct NoticeOffice {
    pub service: Service,
    pub token: String,
}

impl NoticeOffice {
    /// In the morning of the third workday over, after the day's digests.
    pub async fn on_the_third_day(town: &Town) -> anyhow::Result<Self> {
        town.issue_on_monday().await?;
        town.live("2026-04-28", "2026-05-08").await?;
        town.set("2026-05-08", "10:00")?;
        let service = Service::start(town)?;
        let token = service.token(UserRole::Supervisor, None).await?;
        Ok(Self { service, token })
    }

    /// At any time; a token is good for thirty days.
    pub async fn with_new_token(town: &Town) -> anyhow::Result<Self> {
        let service = Service::start(town)?;
        let token = service.token(UserRole::Supervisor, None).await?;
        Ok(Self { service, token })
    }

    /// Notices to a unit, the newest first.
    pub fn of(&self, unit: &str) -> Vec<Value> {
        let path = format!("/notices?unit_code={unit}");
        all(&self.service, &self.token, &path, 50)
    }

    /// The newest notice to a unit.
    pub fn newest(&self, unit: &str) -> Value {
        self.of(unit).into_iter().next().expect("a notice")
    }

    pub fn get(&self, notice: &Value) -> Value {
        self.service.get(&self.token, &path(notice)).expect(200)
    }

    pub fn approve(&self, notices: &[&Value]) -> Value {
        let ids: Vec<&Value> = notices.iter().map(|one| &one["id"]).collect();
        let body = json!({ "ids": ids, "note": "同意" });
        self.service
            .post(&self.token, "/notices/approvals", &body)
            .expect(200)["notices"]
            .clone()
    }

    pub fn decide(&self, notice: &Value, body: &Value) -> Value {
        let path = format!("{}/decision", path(notice));
        self.service.post(&self.token, &path, body).expect(200)
    }

    /// The unit answers a request.
    pub fn answer(&self, ask: &Value) {
        let path = format!("/obligations/{}/reports", text(ask));
        let body = json!({ "items": [], "note": "已补报，原因是人员变动" });
        self.service.post(&self.token, &path, &body).expect(201);
    }
}

/// Where a notice is read.
pub fn path(notice: &Value) -> String {
    format!("/notices/{}", text(&notice["id"]))
}

/// A text.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

//! A town with an endpoint that it may reach, and the office that keeps its webhooks.

use super::receiver::Receiver;
use super::service::{Response, Service, no_rates};
use super::town::{Town, run_in};
use duban::domain::user_role::UserRole;
use duban::domain::webhook_target::Intranet;
use duban::entropy::Entropy;
use duban::flow::Ctx;
use serde_json::{Value, json};

/// Every event that endpoints choose.
pub const ALL: [&str; 5] = [
    "task.issued",
    "report.made",
    "assignment.returned",
    "obligation.overdue",
    "bulletin.published",
];

/// The office, the endpoint, and an instance that may reach it.
pub struct HookDesk {
    pub ctx: Ctx,
    pub service: Service,
    pub office: String,
    pub receiver: Receiver,
}

impl HookDesk {
    pub async fn of(town: &Town) -> anyhow::Result<Self> {
        let receiver = Receiver::start()?;
        let ctx = reaching(town);
        let service = Service::with(&ctx, no_rates())?;
        let office = service.token(UserRole::Supervisor, None).await?;
        Ok(Self {
            ctx,
            service,
            office,
            receiver,
        })
    }

    /// Makes a webhook to the endpoint.
    #[track_caller]
    pub fn make(&self, kind: &str, events: &[&str]) -> Value {
        let body = json!({ "name": kind, "url": self.receiver.url("hook"), "kind": kind, "events": events });
        self.make_of(&body)
    }

    /// Makes a webhook of this body.
    #[track_caller]
    pub fn make_of(&self, body: &Value) -> Value {
        self.service
            .post(&self.office, "/webhooks", body)
            .expect(201)
    }

    pub fn get(&self, webhook: &Value) -> Value {
        self.service
            .get(&self.office, &path(webhook, ""))
            .expect(200)
    }

    /// What a webhook was told, the newest first.
    pub fn deliveries(&self, webhook: &Value) -> Vec<Value> {
        let id = webhook["id"].as_str().unwrap_or_default();
        let list = format!("/webhook-deliveries?webhook_id={id}&limit=200");
        let told = self.service.get(&self.office, &list).expect(200);
        told["items"].as_array().cloned().unwrap_or_default()
    }

    /// The only thing that it was told.
    #[track_caller]
    pub fn delivery(&self, webhook: &Value) -> Value {
        let mut told = self.deliveries(webhook);
        assert_eq!(told.len(), 1, "{told:?}");
        told.remove(0)
    }

    /// A POST without a body.
    pub fn post(&self, path: &str) -> Response {
        let path = format!("/api/v1{path}");
        self.service.send("POST", &path, &self.office, &[], b"")
    }

    /// Queues a test.
    #[track_caller]
    pub fn test(&self, webhook: &Value) -> Value {
        self.post(&path(webhook, "/test")).expect(202)
    }

    /// Sends what is due; how much was taken.
    pub async fn send(&self) -> anyhow::Result<usize> {
        run_in(&self.ctx, "webhooks").await
    }
}

/// An instance that may reach this machine.
pub fn reaching(town: &Town) -> Ctx {
    let mut ctx = town.under(|settings| {
        settings.webhooks.intranet = Intranet::parse("127.0.0.1, localhost").expect("a network");
    });
    // Its tokens are others than those of a service of the town's own instance.
    ctx.entropy = Entropy::System;
    ctx
}

/// The path of a webhook.
pub fn path(webhook: &Value, below: &str) -> String {
    let id = webhook["id"].as_str().unwrap_or_default();
    format!("/webhooks/{id}{below}")
}

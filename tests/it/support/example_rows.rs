//! A town that has lived a while, and real rows for the ids that stand in the examples of the document.

use super::service::Service;
use super::town::{MONDAY, Town};
use anyhow::Context;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::open_rounds::open_round_by_hand;
use duban::http::api::examples;
use serde_json::{Value, json};

/// The unit whose rows the samples are.
pub const OWN: &str = "S1";
/// A unit that has nothing to do with them: it has another task, and is above nobody.
pub const FOREIGN: &str = "B4";

/// Real ids in the place of the examples'.
pub struct Samples {
    ids: Vec<(&'static str, String)>,
}

impl Samples {
    /// Lets the town live a Monday: issued, told, a spot-check and a monitoring opened, S1 having answered; then finds one
    /// row of each kind.
    pub async fn of(town: &Town, service: &Service) -> anyhow::Result<Self> {
        town.set(MONDAY, "08:30")?;
        town.run("remind").await?;
        town.set(MONDAY, "10:00")?;
        town.issue(CyclesAtIssue::On).await?;
        let plan = town.plan().await?;
        for kind in [CycleKind::SpotCheck, CycleKind::Monitoring] {
            open_round_by_hand(&town.ctx, &plan, kind, None, Some("测试")).await?;
        }
        town.run("deliver").await?;
        let admin = service.token(UserRole::Administrator, None).await?;
        let contact = service.token(UserRole::UnitContact, Some(OWN)).await?;
        let acknowledge = town.ask(OWN, ObligationKind::Acknowledge).await?.id;
        let path = format!("/obligations/{acknowledge}");
        let items = service.get(&contact, &path).expect(200)["items"].clone();
        let first = |items: &Value| items[0]["assignment_id"].clone();
        let answer = json!({ "items": [{ "assignment_id": first(&items), "percent": 20, "done": "已部署", "problems": null, "next_steps": null }], "note": null });
        service
            .post(&contact, &format!("{path}/reports"), &answer)
            .expect(201);
        let png = png();
        let file = service.upload(&contact, "/attachments", &[], &[("file", "a.png", &png)]);
        let one = |path: &str| -> anyhow::Result<String> {
            let list = service.get(&admin, path).expect(200);
            let id = list["items"][0]["id"].as_str();
            Ok(id.with_context(|| format!("{path} is empty"))?.to_owned())
        };
        let complete = town.ask(OWN, ObligationKind::Complete).await?.id;
        let ids = vec![
            (examples::PLAN, plan.id.to_string()),
            (examples::TASK, one(&format!("/tasks?unit_code={OWN}"))?),
            (
                examples::ASSIGNMENT,
                one(&format!("/assignments?unit_code={OWN}"))?,
            ),
            (examples::UNIT, one("/units?q=东区第一小学")?),
            (
                examples::CONTACT,
                one(&format!("/contacts?unit_code={OWN}"))?,
            ),
            (examples::CYCLE, one("/cycles?kind=spot_check")?),
            (examples::ROUND, one("/rounds?kind=spot_check")?),
            (examples::OBLIGATION, complete.to_string()),
            (examples::REPORT, one(&format!("/reports?unit_code={OWN}"))?),
            (
                examples::REMINDER,
                one(&format!("/reminders?unit_code={OWN}"))?,
            ),
            (examples::MAIL, one(&format!("/mails?unit_code={OWN}"))?),
            (
                examples::ATTACHMENT,
                file.expect(201)["id"].as_str().context("id")?.to_owned(),
            ),
            (examples::USER, one("/users")?),
            (examples::TOKEN, one("/tokens")?),
            (examples::AUDIT_EVENT, one("/audit-events")?),
        ];
        Ok(Self { ids })
    }

    /// The text with real ids in the place of the examples'.
    pub fn fill(&self, text: &str) -> String {
        self.ids
            .iter()
            .fold(text.to_owned(), |text, (example, real)| {
                text.replace(example, real)
            })
    }
}

/// A picture of one point.
pub fn png() -> Vec<u8> {
    const PNG: &[u8] = &[
        0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0,
        0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, b'I', b'D',
        b'A', b'T', 0x78, 0x9c, 0x63, 0, 1, 0, 0, 5, 0, 1, 0x0d, 0x0a, 0x2d, 0xb4, 0, 0, 0, 0,
        b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
    ];
    PNG.to_vec()
}

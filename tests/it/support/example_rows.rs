//! A town that has lived a while, and real rows for the ids that stand in the examples of the document.

use super::amended_rows::AmendedRows;
use super::appraised::appraised;
use super::bulletin_rows::bulletin_rows;
use super::checked_rows::CheckedRows;
use super::operations::Request;
use super::service::Service;
use super::town::{MONDAY, Town};
use super::webhook_rows::webhook_rows;
use anyhow::Context;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::ids::ObligationId;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::open_round_by_hand::open_round_by_hand;
use duban::http::api::examples;
use entity::mail;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

/// The unit whose rows the samples are.
pub const OWN: &str = "S1";
/// A unit that has nothing to do with them: it has another task, and is above nobody.
pub const FOREIGN: &str = "B4";

/// Real ids in the place of the examples'.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<(&'static str, Uuid)>);

impl Samples {
    /// These rows, each in the place of an example.
    pub fn new(rows: Vec<(&'static str, Uuid)>) -> Self {
        Self(rows)
    }

    /// Lets the town live a Monday: issued, told, a spot-check and a monitoring opened, S1 having answered; then finds one
    /// row of each kind.
    pub async fn of(town: &Town, service: &Service) -> anyhow::Result<Self> {
        town.set(MONDAY, "08:30")?;
        town.run("remind").await?;
        town.set(MONDAY, "10:00")?;
        town.issue(CyclesAtIssue::On).await?;
        let plan = town.plan().await?;
        // Whoever is asked for values is asked too often.
        let strict = town.under(|settings| settings.asks_per_unit_month = 0);
        for (ctx, kind) in [
            (&town.ctx, CycleKind::SpotCheck),
            (&strict, CycleKind::Monitoring),
        ] {
            open_round_by_hand(ctx, &plan, kind, None, Some("测试")).await?;
        }
        // Of the period before, so that the example opens that of today.
        let period = Some("2026-B1".parse()?);
        let reason = Some("测试");
        open_round_by_hand(&town.ctx, &plan, CycleKind::Dispatch, period, reason).await?;
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
        let file = service.upload(
            &contact,
            "/attachments",
            &[("unit_code", OWN)],
            &[("file", "a.txt", "填写说明".as_bytes())],
        );
        let spare = service.upload(
            &contact,
            "/attachments",
            &[],
            &[("file", "b.txt", "备用".as_bytes())],
        );
        let one = |path: &str| -> anyhow::Result<Uuid> {
            let list = service.get(&admin, path).expect(200);
            let id = list["items"][0]["id"].as_str();
            Ok(id.with_context(|| format!("{path} is empty"))?.parse()?)
        };
        let ask = town.ask(OWN, ObligationKind::Monitoring).await?.id;
        let other = town.ask(OWN, ObligationKind::Complete).await?;
        let wanted = json!({ "obligation_id": other.id, "reason": "等待第三方数据", "progress": "已完成一半", "expected_on": "2026-12-11" });
        let extension = service.post(&contact, "/extensions", &wanted).expect(201);
        let extension = extension["id"].as_str().context("id")?.parse()?;
        let rests = town.ask(OWN, ObligationKind::Acknowledge).await?.id;
        let rests = service
            .get(&admin, &format!("/obligations/{rests}"))
            .expect(200);
        let rests = rests["items"][2]["assignment_id"].clone();
        let mut decided = json!(null);
        for event in ["pause", "resume"] {
            let decision = json!({ "decisions": [{ "assignment_id": rests, "event": event, "reason": "测试" }] });
            decided = service
                .post(&admin, "/assignment-events", &decision)
                .expect(201);
        }
        let decided = decided["decisions"][0]["id"].as_str().context("id")?;
        let noticed = notices_of(service, &admin, other.id)?;
        let monitoring = town.ask(OWN, ObligationKind::Monitoring).await?;
        let path = format!("/obligations/{}", monitoring.id);
        let indicator = service.get(&admin, &path).expect(200)["items"][0]["indicator_id"].clone();
        let amended = AmendedRows::of(service, &admin).await?;
        let dispatch = one("/rounds?kind=dispatch")?;
        let decisions = decisions(service, &admin, dispatch)?;
        let mail = one(&format!("/mails?unit_code={OWN}"))?;
        fail_mail(town, mail).await?;
        let wall = service
            .post(&admin, "/walls", &json!({ "name": "测试" }))
            .expect(201);
        let wall = wall["id"].as_str().context("id")?;
        let round = one("/rounds?kind=spot_check")?;
        let checked = CheckedRows::of(town, service, OWN).await?;
        let bulletins = bulletin_rows(town, service, plan.id).await?;
        let mut ids = vec![
            (examples::PLAN, plan.id.0),
            (examples::TASK, one(&format!("/tasks?unit_code={OWN}"))?),
            (
                examples::ASSIGNMENT,
                one(&format!("/assignments?unit_code={OWN}"))?,
            ),
            (examples::ASSIGNMENT_EVENT, decided.parse()?),
            (examples::EXTENSION, extension),
            (examples::AMENDED_TASK, amended.task),
            (examples::AMENDMENT, amended.amendment),
            (examples::COMPLETION, amended.completion),
            (examples::WHOLE_TASK, amended.whole),
            (examples::ASK, ask.0),
            (examples::NOTICE, noticed.issued),
            (examples::NOTICE_DRAFT, noticed.draft),
            (examples::UNIT, one("/units?kind=school&sort=code")?),
            (
                examples::CONTACT,
                one(&format!("/contacts?unit_code={OWN}"))?,
            ),
            (examples::CYCLE, one("/cycles?kind=dispatch")?),
            (examples::ROUND, round),
            (examples::OBLIGATION, acknowledge.0),
            (examples::REPORT, one(&format!("/reports?unit_code={OWN}"))?),
            (
                examples::REMINDER,
                one(&format!("/reminders?unit_code={OWN}"))?,
            ),
            (examples::MAIL, mail),
            (
                examples::ATTACHMENT,
                file.expect(201)["id"].as_str().context("id")?.parse()?,
            ),
            (
                examples::EVIDENCE,
                spare.expect(201)["id"].as_str().context("id")?.parse()?,
            ),
            (
                examples::ASK_OVERRIDE,
                one(&format!("/burden/overrides?unit_code={OWN}"))?,
            ),
            (examples::INSPECTOR, checked.inspector),
            (examples::INSPECTION, checked.inspection),
            (examples::FINDING, checked.finding),
            (examples::PROPOSED_ROUND, checked.proposed_round),
            (examples::PHOTO, checked.photo),
            (examples::DELEGATION, delegation(service, &admin)?),
            (examples::USER, one("/users")?),
            (examples::TOKEN, one("/tokens")?),
            (examples::WALL, wall.parse()?),
            (examples::AUDIT_EVENT, one("/audit-events")?),
            (
                examples::INDICATOR,
                indicator.as_str().context("an indicator")?.parse()?,
            ),
            (examples::MONITORING_ROUND, one("/rounds?kind=monitoring")?),
            (examples::MONITORING_OBLIGATION, monitoring.id.0),
            (examples::DISPATCH_ROUND, dispatch),
            (examples::DECISION, decisions[0]),
            (examples::DECISION_TO_RETURN, decisions[1]),
            (examples::DECISION_TO_CLOSE, decisions[2]),
        ];
        ids.extend(appraised(town).await?);
        ids.extend(bulletins);
        ids.extend(webhook_rows(town, service, &admin).await?);
        Ok(Self(ids))
    }

    /// The same, with another task.
    pub fn with_task(&self, task: Uuid) -> Self {
        let others = self.0.iter().filter(|(known, _)| *known != examples::TASK);
        Self(others.copied().chain([(examples::TASK, task)]).collect())
    }

    /// The rows.
    pub fn ids(&self) -> impl Iterator<Item = Uuid> {
        self.0.iter().map(|(_, id)| *id)
    }

    /// The request with real ids in the place of the examples'.
    pub fn real(&self, mut request: Request) -> Request {
        for (example, id) in &self.0 {
            request.path = request.path.replace(example, &id.to_string());
            if let Ok(text) = std::str::from_utf8(&request.body) {
                request.body = text.replace(example, &id.to_string()).into_bytes();
            }
        }
        request
    }
}

/// Somebody stands in for the administrator.
fn delegation(service: &Service, admin: &str) -> anyhow::Result<Uuid> {
    let user = json!({ "email": "li@example.org", "name": "李老师", "roles": [{ "role": "leader", "unit_code": null }] });
    service.post(admin, "/users", &user).expect(201);
    let wanted = json!({ "delegate_email": "li@example.org", "from_on": "2026-06-01", "until_on": "2026-06-05", "reason": "外出学习" });
    let made = service.post(admin, "/delegations", &wanted).expect(201);
    Ok(made["id"].as_str().context("id")?.parse()?)
}

/// One notice that is issued and one that waits.
struct Noticed {
    issued: Uuid,
    draft: Uuid,
}

/// The unit that owes `ask` gets a notice about it; another waits for approval.
fn notices_of(service: &Service, admin: &str, ask: ObligationId) -> anyhow::Result<Noticed> {
    let raise = |body: &Value| -> anyhow::Result<Uuid> {
        let made = service.post(admin, "/notices", body).expect(201);
        Ok(made["id"].as_str().context("id")?.parse()?)
    };
    let issued = raise(&json!({ "obligation_id": ask, "rung": "yellow", "reason": "测试" }))?;
    let ids = json!({ "ids": [issued] });
    service.post(admin, "/notices/approvals", &ids).expect(200);
    let tasks = service.get(admin, "/tasks?limit=200").expect(200);
    let tasks = tasks["items"].as_array().cloned().unwrap_or_default();
    let task = tasks.iter().find(|task| task["number"] == "二(二)4");
    let task = task.context("the task of the platform")?["id"].clone();
    let draft = json!({ "task_id": task, "unit_code": "B3", "rung": "red", "reason": "测试" });
    Ok(Noticed {
        issued,
        draft: raise(&draft)?,
    })
}

/// Things decided in a dispatch that units have followed up, the first of them the unit's. (Too many of one unit would
/// take it over its budget.)
fn decisions(service: &Service, admin: &str, dispatch: Uuid) -> anyhow::Result<[Uuid; 3]> {
    let answer = json!({ "note": "已补齐" });
    let mut ids = [Uuid::nil(); 3];
    for (unit, id) in [OWN, "D2", "B2"].into_iter().zip(&mut ids) {
        let wanted = json!({ "round_id": dispatch, "text": "补齐公示", "unit_code": unit, "due_on": "2026-03-30", "reason": "测试" });
        let made = service.post(admin, "/decisions", &wanted).expect(201);
        let asked = made["obligation_id"].as_str().context("asked")?;
        let path = format!("/obligations/{asked}/reports");
        service.post(admin, &path, &answer).expect(201);
        *id = made["id"].as_str().context("id")?.parse()?;
    }
    Ok(ids)
}

/// The server has refused this mail: it waits for a person.
async fn fail_mail(town: &Town, id: Uuid) -> anyhow::Result<()> {
    let tx = town.ctx.write().await?;
    mail::Entity::update_many()
        .col_expr(mail::Column::State, Expr::value("failed"))
        .filter(mail::Column::Id.eq(id))
        .exec(&tx)
        .await?;
    Ok(tx.commit().await?)
}

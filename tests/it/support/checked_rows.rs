//! Rows of a spot-check for the ids that stand in the examples of the document: an inspector, an inspection and a finding
//! of one unit, and a draw that waits.

use super::service::Service;
use super::town::{Town, day};
use anyhow::Context;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::ids::{InspectionId, InspectorId};
use duban::domain::inspection::{InspectionMode, InspectionState};
use duban::domain::user_role::UserRole;
use duban::flow::change_cycle::{CycleChange, change_cycle};
use duban::flow::open_round_by_hand::open_round_by_hand;
use duban::storage::inspections::{self, StoredInspection};
use duban::storage::new_id;
use entity::obligation;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

/// One row of each kind.
pub struct CheckedRows {
    pub inspector: Uuid,
    pub inspection: Uuid,
    pub finding: Uuid,
    pub proposed_round: Uuid,
    pub photo: Uuid,
}

impl CheckedRows {
    /// Keeps an inspector; plans an inspection of `unit`, whomever the draw picked; raises a finding there, which the unit
    /// reports as put right; draws next month's spot-check, to be confirmed.
    pub async fn of(town: &Town, service: &Service, unit: &str) -> anyhow::Result<Self> {
        let office = service.token(UserRole::Supervisor, None).await?;
        let inspector =
            json!({ "name": "齐老师", "unit_code": "B3", "email": "qi@town.example.org" });
        let kept = service
            .post(
                &office,
                "/inspectors",
                &json!({ "inspectors": [inspector] }),
            )
            .expect(200);
        let inspector = id(&kept["items"][0]["id"])?;
        let file = service.upload(
            &office,
            "/attachments",
            &[],
            &[("file", "现场.txt", "照片说明".as_bytes())],
        );
        let plan = town.plan().await?;
        let body = json!({ "unit_code": unit, "plan_id": plan.id, "text": "记录不全", "rectify_by": "2026-03-16", "reason": "测试" });
        let made = service.post(&office, "/findings", &body).expect(201);
        let ask = made["obligation_id"].as_str().context("an obligation")?;
        let report = json!({ "items": [], "note": "已补记" });
        service
            .post(&office, &format!("/obligations/{ask}/reports"), &report)
            .expect(201);
        asked_last_month(town, ask.parse()?).await?;
        let inspection = planned(town, unit, InspectorId(inspector)).await?;
        let manual = CycleChange {
            confirm: Some(duban::domain::inspection::DrawConfirm::Manual),
            ..CycleChange::default()
        };
        let cycle = town.cycle(CycleKind::SpotCheck).await?.id;
        change_cycle(&town.ctx, cycle, manual, None).await?;
        let next = Some("2026-04".parse()?);
        let proposed =
            open_round_by_hand(&town.ctx, &plan, CycleKind::SpotCheck, next, None).await?;
        Ok(Self {
            inspector,
            inspection,
            finding: id(&made["id"])?,
            proposed_round: proposed.round.id.0,
            photo: id(&file.expect(201)["id"])?,
        })
    }
}

/// Lets an obligation count for the month before: the examples of the document ask the same unit.
async fn asked_last_month(town: &Town, id: Uuid) -> anyhow::Result<()> {
    let tx = town.ctx.write().await?;
    obligation::Entity::update_many()
        .col_expr(
            obligation::Column::OpenedOn,
            Expr::value(day("2026-02-27")?),
        )
        .filter(obligation::Column::Id.eq(id))
        .exec(&tx)
        .await?;
    Ok(tx.commit().await?)
}

/// An inspection of a unit that is not recorded: the drawn one, or one planned besides.
async fn planned(town: &Town, code: &str, inspector: InspectorId) -> anyhow::Result<Uuid> {
    let round = town.rounds(CycleKind::SpotCheck).await?;
    let round = round.last().context("a round")?.id;
    let directory = town.ctx.units().await?;
    let unit = directory.by_code(code).context("a unit")?.id;
    let known = inspections::of_round(&town.ctx.db, round).await?;
    if let Some(drawn) = known.iter().find(|one| one.unit_id == unit) {
        return Ok(drawn.id.0);
    }
    let new = StoredInspection {
        id: InspectionId(new_id()),
        round_id: round,
        unit_id: unit,
        plan_id: town.plan().await?.id,
        mode: InspectionMode::Desk,
        state: InspectionState::Planned,
        result: None,
        note: None,
        opened_on: town.ctx.now().today,
        results_due_on: town.ctx.now().today,
        recorded: None,
    };
    let tx = town.ctx.write().await?;
    inspections::insert(&tx, &new, &[], &[inspector]).await?;
    tx.commit().await?;
    Ok(new.id.0)
}

fn id(value: &Value) -> anyhow::Result<Uuid> {
    Ok(value.as_str().context("an id")?.parse()?)
}

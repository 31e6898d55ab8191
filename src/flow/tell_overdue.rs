//! Due days that were missed → deliveries. A day is missed when it has ended and nobody has answered; each is told once, and
//! to those webhooks that were on when it ended.

use crate::domain::ids::WebhookId;
use crate::domain::webhook::EventType;
use crate::domain::webhook_event::{EventData, ObligationOverdue};
use crate::flow::tell_webhooks::{Names, queue_event};
use crate::flow::{Ctx, FlowError, Progress};
use crate::storage::{overdue_events, webhooks};
use chrono::Days;

/// Requests told in one transaction.
const TOGETHER: u64 = 200;

/// Days that a missed due day is looked for; asking ends long before.
const LOOKED_BACK: u64 = 60;

/// Tells what is overdue since somebody wants to know.
///
/// # Errors
/// [`FlowError`].
pub async fn tell_overdue(ctx: &Ctx) -> Result<Progress, FlowError> {
    let now = ctx.now();
    let mut progress = Progress::default();
    let Some(since) = webhooks::choosing_since(&ctx.db, EventType::ObligationOverdue).await? else {
        return Ok(progress);
    };
    let oldest = now.today.checked_sub_days(Days::new(LOOKED_BACK));
    let first = ctx.settings.zone.day(since);
    let first = oldest.map_or(first, |oldest| first.max(oldest));
    loop {
        let found = overdue_events::untold(&ctx.db, first, now.today, TOGETHER).await?;
        if found.is_empty() {
            return Ok(progress);
        }
        let tx = ctx.write().await?;
        let chosen = webhooks::hold_choosing(&tx, EventType::ObligationOverdue).await?;
        let names = Names::of(&tx, found.iter()).await?;
        for asked in &found {
            if !overdue_events::insert(&tx, asked.id, asked.due_revision, now.at).await? {
                continue;
            }
            let (Some(unit), Some(plan_title)) = names.of_ask(asked) else {
                continue;
            };
            let ended = ctx.end_of_day(asked.due_on);
            let told = chosen.iter().filter(|one| one.since_at < ended);
            let told: Vec<WebhookId> = told.map(|one| one.id).collect();
            let data = EventData::ObligationOverdue(ObligationOverdue {
                obligation_id: asked.id,
                obligation_kind: asked.kind,
                due_on: asked.due_on,
                due_revision: asked.due_revision,
                unit_id: unit.id,
                unit_code: unit.code.clone(),
                unit_name: unit.name.clone(),
                plan_id: asked.plan_id,
                plan_title,
            });
            queue_event(&tx, &told, data, now.at).await?;
            progress.done += 1;
        }
        tx.commit().await?;
    }
}

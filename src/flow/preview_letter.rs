//! The mail with which a cycle's next round will ask a unit, before the cycle is switched on. The round is opened and its
//! letter written as they will be, in a transaction that is never committed: what is shown is what will be sent, as things
//! stand.

use crate::domain::catch_up::RoundToOpen;
use crate::domain::ids::{CycleId, RoundId, UnitId};
use crate::domain::mail_link::without_links;
use crate::domain::mail_state::MailKind;
use crate::domain::stage::Stage;
use crate::flow::compose_letters::{LetterDesk, Told};
use crate::flow::link_keys::current_key;
use crate::flow::preview_rounds::to_open;
use crate::flow::round_asks::{Ask, Asks, RoundScope};
use crate::flow::{Ctx, FlowError, Now, RefusalCode};
use crate::storage::cycles::StoredCycle;
use crate::storage::reminders::Addressee;
use crate::storage::rounds::StoredRound;
use crate::storage::{cycles, new_id, obligations, plans, rounds};
use chrono::{Months, NaiveDate, NaiveTime, TimeDelta};
use std::collections::HashMap;

/// How far is looked ahead for the next round.
const AHEAD: Months = Months::new(24);

/// The mail as it will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterPreviewed {
    /// The unit that is asked.
    pub unit_id: UnitId,
    /// 2026年11月.
    pub period_label: String,
    /// The local day on which the round opens.
    pub opens_on: NaiveDate,
    /// By when the unit is asked to answer.
    pub due_on: NaiveDate,
    /// Its subject.
    pub subject: String,
    /// As plain text; its links lead nowhere.
    pub text: String,
    /// As html; its links lead nowhere.
    pub html: String,
}

/// Writes the mail to `unit`, or to the first unit that is asked. A spot-check draws with another seed than the one laid down:
/// whom that will pick is nobody's to see before.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such cycle, its plan is not issued, no round is to come, or the round asks no
/// such unit, or one without an address.
pub async fn preview_letter(
    ctx: &Ctx,
    id: CycleId,
    unit: Option<UnitId>,
) -> Result<LetterPreviewed, FlowError> {
    let missing =
        || FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的督办周期"));
    let cycle = cycles::get(&ctx.db, id).await?.ok_or_else(missing)?;
    let plan = plans::get(&ctx.db, cycle.plan_id).await?;
    let plan = plan.ok_or_else(missing)?;
    if plan.issued_on.is_none() {
        let text = format!(
            "方案《{}》尚未下发，还没有可预览的邮件。请先下发",
            plan.title
        );
        return Err(FlowError::refused(RefusalCode::PlanNotIssued, text));
    }
    let calendar = ctx.calendar().await?;
    let until = ctx.now().today.checked_add_months(AHEAD);
    let until = until.unwrap_or(NaiveDate::MAX);
    let rounds = to_open(ctx, &calendar, &cycle, &plan, until).await?;
    let wanted = rounds.first().ok_or_else(nothing_to_come)?;
    let now = morning_of(ctx, wanted.opens_on);
    let cycle = StoredCycle {
        next_seed: Some(ctx.entropy.seed()?),
        ..cycle
    };
    let tx = ctx.write().await?;
    let scope = RoundScope {
        ctx,
        tx: &tx,
        calendar: &calendar,
        cycle: &cycle,
        plan: &plan,
        period: wanted.period,
        round_id: RoundId(new_id()),
        now,
    };
    let asks = scope.asks().await?;
    let round = round_of(&scope, wanted, &asks);
    rounds::insert(&tx, &round, asks.draw.as_ref()).await?;
    let is_wanted = |ask: &&Ask| unit.is_none_or(|unit| ask.obligation.unit_id == unit);
    let mut desk = LetterDesk::open(ctx, &calendar, now, &tx).await?;
    let address = |ask: &Ask| {
        let mut contacts = desk.contacts_of(ask.obligation.unit_id);
        contacts.find_map(|contact| contact.address.clone())
    };
    let asked = asks.obligations.iter().filter(is_wanted);
    let found = asked.filter_map(|ask| Some((ask, address(ask)?))).next();
    let (ask, address) = found.ok_or_else(asks_nobody)?;
    obligations::insert(&tx, &ask.source, &ask.obligation, &ask.items).await?;
    desk.items.load(&tx, &[ask.obligation.id]).await?;
    let told = Told {
        obligation: &ask.obligation,
        stage: Stage::Notice,
        addressee: Addressee::Unit,
    };
    let key = current_key(ctx, &tx).await?;
    let mail = desk.write(MailKind::Digest, &address, &[told], &HashMap::new(), &key)?;
    // Dropped, not committed: nothing of this has happened.
    drop(tx);
    Ok(LetterPreviewed {
        unit_id: ask.obligation.unit_id,
        period_label: wanted.period.key.label(),
        opens_on: wanted.opens_on,
        due_on: ask.obligation.due_on,
        subject: mail.subject,
        text: without_links(&mail.text_body).into_owned(),
        html: without_links(&mail.html_body).into_owned(),
    })
}

/// When rounds that open on a local day have been opened.
fn morning_of(ctx: &Ctx, day: NaiveDate) -> Now {
    let zone = ctx.settings.zone;
    let morning = day.and_time(NaiveTime::MIN) + TimeDelta::hours(9);
    Now::at(zone.instant(morning), zone)
}

fn round_of(scope: &RoundScope<'_>, wanted: &RoundToOpen, asks: &Asks) -> StoredRound {
    let asked = || asks.obligations.iter().map(|ask| &ask.obligation);
    StoredRound {
        id: scope.round_id,
        cycle_id: scope.cycle.id,
        period: wanted.period.key,
        open: true,
        planned_on: wanted.planned_opens_on,
        opened_on: scope.now.today,
        due_on: asked().map(|one| one.due_on).max(),
        late: wanted.late,
        by_hand: None,
        provisional: wanted.provisional || asked().any(|one| one.provisional),
        listed: asks.listed.clone(),
        opened_at: scope.now.at,
        check: asks.check.clone(),
    }
}

fn nothing_to_come() -> FlowError {
    let text = "这个督办周期今后两年没有要开展的督办，没有可预览的邮件";
    FlowError::refused(RefusalCode::InvalidValue, text)
}

fn asks_nobody() -> FlowError {
    let text = "下一次督办不要求该单位填报，或该单位没有联络员邮箱，没有可预览的邮件";
    FlowError::refused_field(RefusalCode::InvalidValue, "unit_code", text)
}

//! What a unit's calendar feed shows: its open requests, those that were answered lately, and the rounds that will ask it.

use crate::documents::calendar_out::{CalendarHead, CalendarMethod, calendar_out};
use crate::domain::draw::hex;
use crate::domain::due_event::{DueEvent, DueEventKey, DueEventStatus, alarm_lies_ahead};
use crate::domain::ids::{ObligationId, PlanId, RoundId};
use crate::domain::obligation::ObligationState;
use crate::domain::role::Role;
use crate::domain::unit::Unit;
use crate::flow::letter_words::{ask_kind, ask_kind_of};
use crate::flow::mail_calendar::{asked_event, calendar_head};
use crate::flow::recognise_caller::token_hash;
use crate::flow::rounds_to_come::{RoundToCome, rounds_to_come};
use crate::flow::{Ctx, FlowError, Now};
use crate::mail::due_words::{DueWhat, due_description, due_summary, feed_name};
use crate::mail::letter::{Ask, AskItem, AskKind, DateStatus, ItemRole, Locale, Occasion, Timing};
use crate::storage::obligations::StoredObligation;
use crate::storage::{calendar_feeds, obligations, plans, rounds};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// How long an answered request stays in the feed.
const ANSWERED_FOR: TimeDelta = TimeDelta::days(60);

/// Items of a request that an event names; the rest is counted.
const ITEMS_SHOWN: usize = 20;

/// A feed as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitCalendar {
    /// The iCalendar file. On one day it is the same as long as nothing of it changes.
    pub file: String,
    /// Its strong ETag, in quotes.
    pub tag: String,
}

/// The feed with this secret; `None` where there is none.
///
/// # Errors
/// [`FlowError`].
pub async fn unit_calendar(ctx: &Ctx, secret: &str) -> Result<Option<UnitCalendar>, FlowError> {
    if secret.len() != 64 || !secret.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let Some(feed) = calendar_feeds::by_hash(&ctx.db, &token_hash(secret)).await? else {
        return Ok(None);
    };
    let directory = ctx.units().await?;
    let Some(unit) = directory.get(feed.unit_id) else {
        return Ok(None);
    };
    let (now, locale) = (ctx.now(), Locale::of_tag(&ctx.settings.locale));
    let plans = plans::all(&ctx.db).await?;
    let titles = plans.iter().map(|plan| (plan.id, plan.title.clone()));
    let asked = Asked::load(ctx, now, unit, titles.collect()).await?;
    let mut events: Vec<DueEvent> = asked.events(locale, now).collect();
    let to_come = rounds_to_come(ctx, now, &directory, &plans, unit.id).await?;
    events.extend(
        to_come
            .iter()
            .map(|one| event_to_come(locale, unit, one, now)),
    );
    events.sort_by_key(|event| event.due_on);
    let name = feed_name(locale, &unit.name);
    let today = now.today.and_time(NaiveTime::MIN);
    let head = CalendarHead {
        made_at: ctx.settings.zone.instant(today),
        feed_name: Some(&name),
        ..calendar_head(ctx, now, CalendarMethod::Publish)
    };
    let file = calendar_out(&head, &events);
    let mut tag = hex(&Sha256::digest(file.as_bytes()));
    tag.truncate(32);
    Ok(Some(UnitCalendar {
        file,
        tag: format!("\"{tag}\""),
    }))
}

/// What a unit is asked, with the words for it.
struct Asked<'a> {
    unit: &'a Unit,
    requests: Vec<StoredObligation>,
    titles: HashMap<PlanId, String>,
    periods: HashMap<RoundId, String>,
    items: HashMap<ObligationId, Vec<AskItem>>,
}

impl<'a> Asked<'a> {
    async fn load(
        ctx: &Ctx,
        now: Now,
        unit: &'a Unit,
        titles: HashMap<PlanId, String>,
    ) -> Result<Self, FlowError> {
        let since = now.at - ANSWERED_FOR;
        let requests = calendar_feeds::requests(&ctx.db, unit.id, since).await?;
        let mut round_ids: Vec<RoundId> = requests.iter().filter_map(|one| one.round_id).collect();
        round_ids.sort_unstable();
        round_ids.dedup();
        let mut periods = HashMap::new();
        for id in round_ids {
            if let Some(round) = rounds::get(&ctx.db, id).await? {
                periods.insert(id, round.period.label());
            }
        }
        let open = requests
            .iter()
            .filter(|one| one.state == ObligationState::Open);
        let open: Vec<ObligationId> = open.map(|one| one.id).collect();
        let mut items: HashMap<ObligationId, Vec<AskItem>> = HashMap::new();
        for row in obligations::items(&ctx.db, &open).await? {
            let Some(title) = row.title else { continue };
            let role = row.role.as_deref();
            let role: Option<Role> = role.and_then(|role| role.parse().ok());
            let of_request = items.entry(ObligationId(row.obligation_id)).or_default();
            of_request.push(AskItem {
                number: row.number.unwrap_or_default(),
                title,
                role: role.map(|role| match role {
                    Role::Lead => ItemRole::Lead,
                    Role::Responsible => ItemRole::Responsible,
                    Role::Cooperating => ItemRole::Cooperating,
                }),
            });
        }
        Ok(Self {
            unit,
            requests,
            titles,
            periods,
            items,
        })
    }

    fn events(&self, locale: Locale, now: Now) -> impl Iterator<Item = DueEvent> {
        self.requests.iter().map(move |one| {
            let ask = self.ask(one);
            match one.state {
                ObligationState::Answered => DueEvent {
                    key: DueEventKey::Obligation(one.id),
                    due_revision: one.due_revision,
                    due_on: one.due_on,
                    status: DueEventStatus::Confirmed,
                    summary: due_summary(locale, &ask, DueWhat::Answered),
                    description: String::new(),
                    has_alarm: false,
                },
                ObligationState::Open
                | ObligationState::Unanswered
                | ObligationState::Withdrawn => asked_event(locale, one, &ask, now),
            }
        })
    }

    fn ask(&self, one: &StoredObligation) -> Ask {
        let items = self.items.get(&one.id).map(Vec::as_slice);
        let items = items.unwrap_or_default();
        let title = self.titles.get(&one.plan_id).cloned();
        let period = one.round_id.and_then(|round| self.periods.get(&round));
        Ask {
            first_due_on: (one.first_due_on != one.due_on).then_some(one.first_due_on),
            dates: date_status(one.provisional),
            items: items.iter().take(ITEMS_SHOWN).cloned().collect(),
            item_count: items.len(),
            ..plain_ask(
                self.unit,
                ask_kind(one),
                title.unwrap_or_default(),
                period.cloned(),
                one.due_on,
            )
        }
    }
}

fn event_to_come(locale: Locale, unit: &Unit, round: &RoundToCome, now: Now) -> DueEvent {
    let kind = ask_kind_of(round.kind, round.what.as_deref());
    let ask = Ask {
        dates: date_status(round.provisional),
        ..plain_ask(
            unit,
            kind,
            round.plan_title.clone(),
            Some(round.period.label()),
            round.due_on,
        )
    };
    DueEvent {
        key: DueEventKey::Round(round.cycle_id, round.period, unit.id),
        due_revision: 0,
        due_on: round.due_on,
        status: match round.provisional {
            true => DueEventStatus::Tentative,
            false => DueEventStatus::Confirmed,
        },
        summary: due_summary(locale, &ask, DueWhat::ToCome),
        description: due_description(locale, &ask),
        has_alarm: alarm_lies_ahead(round.due_on, now.local),
    }
}

fn date_status(provisional: bool) -> DateStatus {
    match provisional {
        true => DateStatus::Provisional,
        false => DateStatus::Settled,
    }
}

/// A request that says no more than whose it is, what for, and by when.
fn plain_ask(
    unit: &Unit,
    what: AskKind,
    plan_title: String,
    period_label: Option<String>,
    due_on: NaiveDate,
) -> Ask {
    Ask {
        unit_name: unit.name.clone(),
        what,
        occasion: Occasion::New,
        plan_title,
        period_label,
        due_on: Some(due_on),
        first_due_on: None,
        timing: Timing::Undated,
        dates: DateStatus::Settled,
        reminders_sent: 0,
        items: Vec::new(),
        item_count: 0,
        lead_names: Vec::new(),
        how_to_answer: None,
        links: None,
    }
}

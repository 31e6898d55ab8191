//! reminders → one letter. Gathers from the database what a letter says and has it written; who is written to, and when,
//! is decided by the callers.

use crate::domain::chase::Chased;
use crate::domain::collecting::district_above;
use crate::domain::ids::{CycleId, DeadlineId, ObligationId, PlanId, RoundId, UnitId};
use crate::domain::mail_link::LinkKey;
use crate::domain::mail_state::MailKind;
use crate::domain::obligation::ObligationKind;
use crate::domain::role::Role;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::stage::{ReminderPolicy, Stage};
use crate::domain::unit::{Unit, UnitDirectory};
use crate::flow::desk_contacts::DeskContacts;
use crate::flow::desk_items::{DeskItem, DeskItems, TaskWords};
use crate::flow::letter_links::letter_links;
use crate::flow::letter_words::{ask_kind, finding_item, occasion};
use crate::flow::{Ctx, FlowError, Now};
use crate::mail::compose::compose;
use crate::mail::letter::{
    Ask, AskItem, AskLinks, DateStatus, ItemRole, Letter, Locale, Office, Timing,
};
use crate::storage::contacts::Contact;
use crate::storage::cycles::StoredCycle;
use crate::storage::obligations::StoredObligation;
use crate::storage::outbox::{Recipient, StoredMail};
use crate::storage::plans::StoredPlan;
use crate::storage::reminders::Addressee;
use crate::storage::rounds::StoredRound;
use crate::storage::{Session, contacts, cycles, plans, rounds, tasks, units};
use chrono::NaiveDate;
use std::collections::{HashMap, HashSet};

/// Items of an ask that a letter names; the rest is counted.
const ITEMS_SHOWN: usize = 20;

/// One stage of one obligation to be told in a letter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) obligation: &'a StoredObligation,
    pub(super) stage: Stage,
    pub(super) addressee: Addressee,
}

/// Everything letters draw on, loaded once for many of them.
pub(super) struct LetterDesk<'a> {
    pub(super) ctx: &'a Ctx,
    calendar: &'a SchoolCalendar,
    pub(super) now: Now,
    pub(super) directory: UnitDirectory,
    pub(super) contacts: DeskContacts,
    pub(super) plans: HashMap<PlanId, StoredPlan>,
    rounds: HashMap<RoundId, StoredRound>,
    cycles: HashMap<CycleId, StoredCycle>,
    /// Lead units of each task, the first-named first.
    pub(super) leads: HashMap<uuid::Uuid, Vec<UnitId>>,
    pub(super) items: DeskItems,
    /// The unit that each deadline's answers go to.
    receivers: HashMap<DeadlineId, UnitId>,
}

impl<'a> LetterDesk<'a> {
    /// Loads what every letter may need.
    pub(super) async fn open(
        ctx: &'a Ctx,
        calendar: &'a SchoolCalendar,
        now: Now,
        db: &impl Session,
    ) -> Result<Self, FlowError> {
        let plans = plans::all(db).await?;
        let directory = UnitDirectory::new(units::all(db).await?);
        let mut leads: HashMap<uuid::Uuid, Vec<UnitId>> = HashMap::new();
        let mut receivers = HashMap::new();
        for plan in plans.iter().filter(|plan| plan.issued_on.is_some()) {
            for lead in tasks::leads(db, plan.id).await? {
                leads.entry(lead.task_id.0).or_default().push(lead.unit_id);
            }
            for deadline in plans::deadlines(db, plan.id).await? {
                let named = deadline
                    .to_unit
                    .as_deref()
                    .map(|name| directory.resolve(name));
                if let Some(Ok(found)) = named
                    && let [receiver] = found.as_slice()
                {
                    receivers.insert(deadline.id, receiver.id);
                }
            }
        }
        Ok(Self {
            ctx,
            calendar,
            now,
            directory,
            contacts: DeskContacts::new(contacts::present(db).await?),
            plans: plans.into_iter().map(|plan| (plan.id, plan)).collect(),
            rounds: rounds::all(db)
                .await?
                .into_iter()
                .map(|round| (round.id, round))
                .collect(),
            cycles: cycles::all(db)
                .await?
                .into_iter()
                .map(|cycle| (cycle.id, cycle))
                .collect(),
            leads,
            items: DeskItems::open(db).await?,
            receivers,
        })
    }

    /// The reminder policy of an obligation: that of its cycle, or the default outside cycles.
    pub(super) fn policy(&self, obligation: &StoredObligation) -> ReminderPolicy {
        obligation
            .round_id
            .and_then(|round| self.rounds.get(&round))
            .and_then(|round| self.cycles.get(&round.cycle_id))
            .map(|cycle| cycle.reminders.clone())
            .unwrap_or_default()
    }

    /// An obligation as chasing sees it.
    pub(super) fn chased(&self, obligation: &StoredObligation) -> Chased<'_> {
        let unit = self.directory.get(obligation.unit_id);
        let round = obligation.round_id.and_then(|id| self.rounds.get(&id));
        let cycle = round.and_then(|round| self.cycles.get(&round.cycle_id));
        Chased {
            opened_on: obligation.opened_on,
            due_on: obligation.due_on,
            round_due_on: round.and_then(|round| round.due_on),
            levels: unit.map(|unit| unit.levels.as_slice()).unwrap_or_default(),
            in_vacation: cycle.map(|cycle| cycle.rule.in_vacation),
        }
    }

    /// Units that lead a task of this obligation, or of the finding that is to be put right, in which the asked unit itself
    /// has no lead, or that receive what is sent up: they get copies.
    pub(super) fn leads_to_copy(&self, obligation: &StoredObligation) -> HashSet<UnitId> {
        self.items
            .copied(obligation.id)
            .iter()
            .filter(|item| item.role != Some(Role::Lead))
            .filter_map(|item| self.leads.get(&item.task_id?))
            .flatten()
            .copied()
            .chain(self.receiver(obligation))
            .filter(|lead| *lead != obligation.unit_id)
            .collect()
    }

    /// The unit that receives what this obligation has sent up.
    fn receiver(&self, obligation: &StoredObligation) -> Option<UnitId> {
        self.receivers.get(&obligation.deadline_id?).copied()
    }

    /// The supervision office's unit.
    pub(super) fn supervision_unit(&self) -> Option<&Unit> {
        self.ctx.supervision_unit(&self.directory)
    }

    /// The unit's present contacts.
    pub(super) fn contacts_of(&self, unit: UnitId) -> impl Iterator<Item = &Contact> {
        self.contacts.of_unit(unit)
    }

    /// Writes the letter for one address as a queued mail, its links signed with `key`.
    pub(super) fn write(
        &self,
        kind: MailKind,
        address: &str,
        told: &[Told<'_>],
        reminders_before: &HashMap<ObligationId, u32>,
        key: &LinkKey,
    ) -> Result<StoredMail, FlowError> {
        let people: Vec<&Contact> = self.contacts.of_address(address).collect();
        let units: Vec<&Unit> = people
            .iter()
            .filter_map(|one| self.directory.get(one.unit_id))
            .collect();
        let own: Vec<&Told<'_>> = told
            .iter()
            .filter(|one| one.addressee == Addressee::Unit)
            .collect();
        let asks = one_each(&own);
        let copied: HashSet<ObligationId> = told
            .iter()
            .filter(|one| one.addressee != Addressee::Unit)
            .map(|one| one.obligation.id)
            .collect();
        let answer_to = self.answer_to(&asks);
        let letter = Letter {
            locale: self.locale(),
            recipient_name: people.iter().find_map(|contact| contact.name.clone()),
            unit_names: units.iter().map(|unit| unit.name.clone()).collect(),
            date_on: self.now.today,
            asks: asks
                .iter()
                .map(|one| {
                    let before = reminders_before.get(&one.obligation.id);
                    let links = self.links(one.obligation, &people, key);
                    self.ask(one, before.copied().unwrap_or(0), links)
                })
                .collect(),
            copies: self.copy_groups(told, &units),
            notes: Vec::new(),
            office: self.office(answer_to),
        };
        let words = compose(&letter).map_err(|error| FlowError::Letter(error.to_string()))?;
        let person = people.first();
        let to = Recipient {
            address: address.to_owned(),
            to_address: person
                .and_then(|one| one.email.clone())
                .unwrap_or_else(|| address.to_owned()),
            to_name: letter.recipient_name,
            unit_id: units.first().map(|unit| unit.id),
        };
        Ok(StoredMail {
            reply_to: answer_to.and_then(|contact| contact.email.clone()),
            asks: i32::try_from(asks.len()).unwrap_or(i32::MAX),
            copies: i32::try_from(copied.len()).unwrap_or(i32::MAX),
            ..self.ctx.queued_mail(self.now, kind, to, words)
        })
    }

    pub(super) fn locale(&self) -> Locale {
        Locale::of_tag(&self.ctx.settings.locale)
    }

    /// Whom answers reach: the one lead unit's contact, or the supervision office where there are several or none.
    fn answer_to(&self, asks: &[&Told<'_>]) -> Option<&Contact> {
        let leads: HashSet<UnitId> = asks
            .iter()
            .flat_map(|one| self.answered_to(one.obligation))
            .collect();
        let mut one_lead = leads.iter();
        let lead = match (one_lead.next(), one_lead.next()) {
            (Some(lead), None) => self
                .contacts_of(*lead)
                .find(|contact| contact.email.is_some()),
            _ => None,
        };
        lead.or_else(|| {
            let office = self.supervision_unit()?;
            self.contacts_of(office.id)
                .find(|contact| contact.email.is_some())
        })
    }

    fn office(&self, answer_to: Option<&Contact>) -> Office {
        let unit = answer_to.and_then(|contact| self.directory.get(contact.unit_id));
        let address = answer_to.and_then(|contact| contact.email.as_deref());
        self.ctx.office_of(&self.directory, unit, address)
    }

    /// The units that look at an answer: the leads, or the district that sums up what its schools tell.
    fn answered_to(&self, obligation: &StoredObligation) -> Vec<UnitId> {
        let above = match obligation.kind == ObligationKind::Collect {
            true => district_above(&self.directory, obligation.unit_id),
            false => None,
        };
        above.map_or_else(|| self.lead_units(obligation), |unit| vec![unit.id])
    }

    fn lead_units(&self, obligation: &StoredObligation) -> Vec<UnitId> {
        let mut leads: Vec<UnitId> = self.receiver(obligation).into_iter().collect();
        for item in self.items.of(obligation.id) {
            for lead in item
                .task_id
                .and_then(|task| self.leads.get(&task))
                .into_iter()
                .flatten()
            {
                if !leads.contains(lead) {
                    leads.push(*lead);
                }
            }
        }
        leads
    }

    /// The links of the one among these people who is the asked unit's contact.
    fn links(
        &self,
        obligation: &StoredObligation,
        people: &[&Contact],
        key: &LinkKey,
    ) -> Option<AskLinks> {
        let own = people
            .iter()
            .find(|one| one.unit_id == obligation.unit_id)?;
        let base_url = &self.ctx.settings.base_url;
        Some(letter_links(
            base_url,
            key,
            obligation,
            own.id,
            self.now.today,
        ))
    }

    /// What a letter says of one thing that it asks for.
    pub(super) fn ask(&self, told: &Told<'_>, reminders_sent: u32, links: Option<AskLinks>) -> Ask {
        let obligation = told.obligation;
        let occasion = occasion(told.stage, obligation, reminders_sent);
        // What belongs to no task has no name to be told by.
        let items = self.items.of(obligation.id).iter();
        let items: Vec<DeskItem> = items
            .filter(|item| item.task_id.is_some())
            .copied()
            .collect();
        let mut shown: Vec<AskItem> = items
            .iter()
            .take(ITEMS_SHOWN)
            .map(|item| self.ask_item(*item))
            .collect();
        shown.extend(finding_item(obligation, &occasion));
        Ask {
            unit_name: self.unit_name(obligation.unit_id),
            what: ask_kind(obligation),
            occasion,
            plan_title: self
                .plans
                .get(&obligation.plan_id)
                .map(|plan| plan.title.clone())
                .unwrap_or_default(),
            period_label: obligation
                .round_id
                .and_then(|round| self.rounds.get(&round))
                .map(|round| round.period.label()),
            due_on: Some(obligation.due_on),
            first_due_on: (obligation.first_due_on != obligation.due_on)
                .then_some(obligation.first_due_on),
            timing: self.timing(obligation.due_on),
            dates: if obligation.provisional {
                DateStatus::Provisional
            } else {
                DateStatus::Settled
            },
            reminders_sent,
            item_count: items.len().max(shown.len()),
            items: shown,
            lead_names: self
                .lead_units(obligation)
                .into_iter()
                .map(|unit| self.unit_name(unit))
                .collect(),
            how_to_answer: None,
            links,
        }
    }

    fn ask_item(&self, item: DeskItem) -> AskItem {
        let TaskWords { number, title } = self.items.words(item);
        AskItem {
            number,
            title,
            role: item.role.map(|role| match role {
                Role::Lead => ItemRole::Lead,
                Role::Responsible => ItemRole::Responsible,
                Role::Cooperating => ItemRole::Cooperating,
            }),
        }
    }

    fn unit_name(&self, id: UnitId) -> String {
        self.directory
            .get(id)
            .map(|unit| unit.name.clone())
            .unwrap_or_default()
    }

    pub(super) fn timing(&self, due_on: NaiveDate) -> Timing {
        let today = self.now.today;
        let workdays = |from, to| {
            u32::try_from(self.calendar.holidays.workdays_between(from, to)).unwrap_or(0)
        };
        match due_on.cmp(&today) {
            std::cmp::Ordering::Less => Timing::Overdue(workdays(due_on, today).max(1)),
            std::cmp::Ordering::Equal => Timing::Today,
            std::cmp::Ordering::Greater => Timing::Open(workdays(today, due_on).max(1)),
        }
    }
}

/// One entry per obligation, with its latest stage: stages that fall together share a line.
pub(super) fn one_each<'a, 'b>(told: &[&'b Told<'a>]) -> Vec<&'b Told<'a>> {
    let mut latest: Vec<&Told<'a>> = Vec::new();
    for one in told {
        match latest
            .iter_mut()
            .find(|known| known.obligation.id == one.obligation.id)
        {
            Some(known) if known.stage < one.stage => *known = one,
            Some(_) => {}
            None => latest.push(one),
        }
    }
    latest
}

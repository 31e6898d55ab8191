//! What a mail brings for its reader's calendar: the due days of what it asks for, and, of what earlier mails asked for,
//! what is due no more. It is made when the mail is written and lies beside its words.
//!
//! An answered request is taken out of the calendar like a withdrawn one: a calendar that goes on ringing chases what was
//! answered. What was due before today stays where it stands; it rings no more.

use crate::documents::calendar_out::{CalendarHead, CalendarMethod, calendar_out};
use crate::domain::due_event::{DueEvent, DueEventKey, DueEventStatus, alarm_lies_ahead};
use crate::domain::ids::{MailId, UnitId};
use crate::domain::locale::Locale;
use crate::domain::obligation::ObligationState;
use crate::domain::stage::Stage;
use crate::flow::compose_letters::{LetterDesk, Told, one_each};
use crate::flow::{Ctx, FlowError, Now};
use crate::mail::due_words::{DueWhat, due_description, due_summary};
use crate::mail::letter::Ask;
use crate::storage::Session;
use crate::storage::calendar_cancellations;
use crate::storage::obligations::StoredObligation;
use crate::storage::outbox::MailCalendar;
use crate::storage::reminders::Addressee;
use std::collections::{BTreeSet, HashMap, HashSet};

/// What stands in the calendars of some addresses and is due no more.
#[derive(Debug, Default)]
pub(super) struct NoLongerDue(HashMap<String, Vec<StoredObligation>>);

impl NoLongerDue {
    /// Loads it for these normalised addresses. `rewritten` are mails that are about to be written anew or set aside.
    pub(super) async fn load<'a>(
        db: &impl Session,
        desk: &LetterDesk<'_>,
        addresses: impl Iterator<Item = &'a str>,
        rewritten: &HashSet<MailId>,
    ) -> Result<Self, FlowError> {
        let units: BTreeSet<UnitId> = addresses
            .flat_map(|address| desk.contacts.of_address(address))
            .map(|contact| contact.unit_id)
            .collect();
        let units: Vec<UnitId> = units.into_iter().collect();
        let mut found = Self::default();
        let today = desk.now.today;
        for (address, one) in calendar_cancellations::wanted(db, &units, today, rewritten).await? {
            found.0.entry(address).or_default().push(one);
        }
        Ok(found)
    }

    /// What is to be taken out of the calendar of an address.
    pub(super) fn of(&self, address: &str) -> &[StoredObligation] {
        self.0.get(address).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The calendar files of a mail that tells `told`, and takes `cancelled` out.
pub(super) fn mail_calendar(
    desk: &LetterDesk<'_>,
    told: &[Told<'_>],
    cancelled: &[StoredObligation],
) -> MailCalendar {
    let locale = desk.locale();
    let own: Vec<&Told<'_>> = told
        .iter()
        .filter(|one| one.addressee == Addressee::Unit)
        .collect();
    let published: Vec<DueEvent> = one_each(&own)
        .into_iter()
        .map(|one| asked_event(locale, one.obligation, &desk.ask(one, 0, None), desk.now))
        .collect();
    let cancelled: Vec<DueEvent> = cancelled
        .iter()
        .map(|one| {
            let told = Told {
                obligation: one,
                stage: Stage::Notice,
                addressee: Addressee::Unit,
            };
            cancelled_event(locale, one, &desk.ask(&told, 0, None))
        })
        .collect();
    let file = |method, events: &[DueEvent]| {
        let head = calendar_head(desk.ctx, desk.now, method);
        (!events.is_empty()).then(|| calendar_out(&head, events))
    };
    MailCalendar {
        published: file(CalendarMethod::Publish, &published),
        cancelled: file(CalendarMethod::Cancel, &cancelled),
    }
}

/// The head of a calendar file that is made now.
pub(super) fn calendar_head(ctx: &Ctx, now: Now, method: CalendarMethod) -> CalendarHead<'_> {
    CalendarHead {
        method,
        made_at: now.at,
        uid_domain: ctx.settings.from.domain(),
        organizer: ctx.settings.from.as_str(),
        organizer_name: &ctx.settings.from_name,
        feed_name: None,
    }
}

/// An open request as an event.
pub(super) fn asked_event(
    locale: Locale,
    obligation: &StoredObligation,
    ask: &Ask,
    now: Now,
) -> DueEvent {
    DueEvent {
        key: DueEventKey::Obligation(obligation.id),
        due_revision: obligation.due_revision,
        due_on: obligation.due_on,
        status: match obligation.provisional {
            true => DueEventStatus::Tentative,
            false => DueEventStatus::Confirmed,
        },
        summary: due_summary(locale, ask, DueWhat::Asked),
        description: due_description(locale, ask),
        has_alarm: alarm_lies_ahead(obligation.due_on, now.local),
    }
}

fn cancelled_event(locale: Locale, obligation: &StoredObligation, ask: &Ask) -> DueEvent {
    let what = match obligation.state {
        ObligationState::Answered => DueWhat::Answered,
        ObligationState::Open | ObligationState::Unanswered | ObligationState::Withdrawn => {
            DueWhat::Withdrawn
        }
    };
    DueEvent {
        key: DueEventKey::Obligation(obligation.id),
        due_revision: obligation.due_revision,
        due_on: obligation.due_on,
        status: DueEventStatus::Cancelled,
        summary: due_summary(locale, ask, what),
        description: String::new(),
        has_alarm: false,
    }
}

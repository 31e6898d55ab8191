//! What is to be told today, by address: for every obligation its unit, from the third workday over its leads, from the
//! seventh the supervision office (design §6, Reminders). What the ledger has told already is left out.

use crate::domain::ids::{ContactId, MailId, ObligationId, UnitId};
use crate::domain::stage::Stage;
use crate::flow::FlowError;
use crate::flow::compose_letters::{LetterDesk, Told};
use crate::storage::obligations::StoredObligation;
use crate::storage::reminders::{Addressee, Fate, NewReminder, ReminderKey, ReminderState};
use crate::storage::{Session, reminders};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Reason code of a reminder that no mail can carry.
const NO_ADDRESS: &str = "no_address";

/// What the ledger says already.
#[derive(Default)]
pub(super) struct Ledger {
    keys: HashSet<ReminderKey>,
    /// How often each obligation's unit has been told of it.
    pub(super) told: HashMap<ObligationId, u32>,
}

impl Ledger {
    /// Everything told of these obligations.
    pub(super) async fn load(
        db: &impl Session,
        open: &[StoredObligation],
    ) -> Result<Self, FlowError> {
        let ids: Vec<ObligationId> = open.iter().map(|one| one.id).collect();
        let mut ledger = Self::default();
        for reminder in reminders::of_obligations(db, &ids).await? {
            if reminder.key.addressee == Addressee::Unit && reminder.state == ReminderState::Mailed
            {
                *ledger.told.entry(reminder.key.obligation_id).or_default() += 1;
            }
            ledger.keys.insert(reminder.key);
        }
        Ok(ledger)
    }

    /// Whether some contact of the unit has not been told this stage, or there is none (its leads may still get copies).
    pub(super) fn has_untold(
        &self,
        desk: &LetterDesk<'_>,
        obligation: &StoredObligation,
        stage: Stage,
    ) -> bool {
        let mut contacts = desk.contacts_of(obligation.unit_id).peekable();
        contacts.peek().is_none()
            || contacts.any(|contact| {
                let key = key_of(obligation, stage, contact.id, Addressee::Unit);
                !self.keys.contains(&key)
            })
    }
}

/// One line of a mail, with its entry in the ledger.
pub(super) struct Line<'a> {
    pub(super) told: Told<'a>,
    pub(super) key: ReminderKey,
}

impl Line<'_> {
    /// The ledger's entry, once a mail carries it.
    pub(super) fn carried_by(&self, mail: MailId) -> NewReminder<'static> {
        NewReminder {
            key: self.key,
            due_on: self.told.obligation.due_on,
            fate: Fate::Mailed(mail),
        }
    }
}

/// The ledger's entries of reminders that no mail can carry.
pub(super) fn suppressed(lines: &[(ReminderKey, &StoredObligation)]) -> Vec<NewReminder<'static>> {
    lines
        .iter()
        .map(|(key, obligation)| NewReminder {
            key: *key,
            due_on: obligation.due_on,
            fate: Fate::Suppressed(NO_ADDRESS),
        })
        .collect()
}

/// Lines by normalised address.
#[derive(Default)]
pub(super) struct Lines<'a> {
    pub(super) by_address: BTreeMap<String, Vec<Line<'a>>>,
    /// For contacts that have no address.
    pub(super) without_address: Vec<(ReminderKey, &'a StoredObligation)>,
}

impl<'a> Lines<'a> {
    /// Adds a stage of an obligation for everybody who is told of it.
    pub(super) fn add(
        &mut self,
        desk: &LetterDesk<'_>,
        obligation: &'a StoredObligation,
        stage: Stage,
        ledger: &Ledger,
    ) {
        let policy = desk.policy(obligation);
        let own = (obligation.unit_id, Addressee::Unit);
        self.add_for(desk, obligation, stage, own, ledger);
        if stage >= policy.copy_lead_from {
            for lead in desk.leads_to_copy(obligation) {
                self.add_for(desk, obligation, stage, (lead, Addressee::LeadCopy), ledger);
            }
        }
        if stage >= policy.copy_supervision_from
            && let Some(office) = desk.supervision_unit().map(|unit| unit.id)
            && office != obligation.unit_id
        {
            let copy = (office, Addressee::SupervisionCopy);
            self.add_for(desk, obligation, stage, copy, ledger);
        }
    }

    /// Adds a stage of an obligation for the contacts of one unit.
    pub(super) fn add_for(
        &mut self,
        desk: &LetterDesk<'_>,
        obligation: &'a StoredObligation,
        stage: Stage,
        (unit, addressee): (UnitId, Addressee),
        ledger: &Ledger,
    ) {
        for contact in desk.contacts_of(unit) {
            let key = key_of(obligation, stage, contact.id, addressee);
            if ledger.keys.contains(&key) {
                continue;
            }
            let told = Told {
                obligation,
                stage,
                addressee,
            };
            match &contact.address {
                Some(address) => {
                    let lines = self.by_address.entry(address.clone()).or_default();
                    lines.push(Line { told, key });
                }
                None => self.without_address.push((key, obligation)),
            }
        }
    }
}

fn key_of(
    obligation: &StoredObligation,
    stage: Stage,
    contact_id: ContactId,
    addressee: Addressee,
) -> ReminderKey {
    ReminderKey {
        obligation_id: obligation.id,
        due_revision: obligation.due_revision,
        stage,
        contact_id,
        addressee,
    }
}

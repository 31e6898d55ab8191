//! Lines → the day's digests. A digest and its reminders are one transaction; an unsent earlier digest of the address is
//! set aside and what it told is told by today's (design §5.3).

use crate::domain::ids::{MailId, ObligationId, ReminderId};
use crate::domain::mail_link::LinkKey;
use crate::domain::mail_state::MailKind;
use crate::domain::obligation::ObligationState;
use crate::flow::compose_letters::{LetterDesk, Told};
use crate::flow::link_keys::current_key;
use crate::flow::mail_calendar::{NoLongerDue, mail_calendar};
use crate::flow::notice_files::enclose_notices;
use crate::flow::reminder_lines::{Ledger, Line, Lines};
use crate::flow::{Ctx, FlowError, Now};
use crate::storage::obligations::StoredObligation;
use crate::storage::reminders::{NewReminder, ReminderState, StoredReminder};
use crate::storage::{Session, WriteTx, calendar_cancellations, obligations, outbox, reminders};
use futures_util::FutureExt;
use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;

/// Addresses a transaction: enough to be quick, few enough not to keep other writers waiting.
const AT_A_TIME: usize = 50;

/// Digests of earlier days that have not left, with what they told.
#[derive(Default)]
pub(super) struct EarlierDigests {
    by_address: HashMap<String, Vec<MailId>>,
    told: HashMap<MailId, Vec<StoredReminder>>,
    obligations: HashMap<ObligationId, StoredObligation>,
}

impl EarlierDigests {
    /// Loads them.
    pub(super) async fn load(
        db: &impl Session,
        desk: &LetterDesk<'_>,
        now: Now,
    ) -> Result<Self, FlowError> {
        let mut earlier = Self::default();
        let unsent = outbox::unsent_digests_before(db, now.today).await?;
        let ids: Vec<MailId> = unsent.iter().map(|(id, _)| *id).collect();
        for (id, address) in unsent {
            earlier.by_address.entry(address).or_default().push(id);
        }
        let present: HashSet<_> = desk.contacts.iter().map(|contact| contact.id).collect();
        for reminder in reminders::of_mails(db, &ids).await? {
            if let Some(mail) = reminder.mail_id
                && reminder.state == ReminderState::Mailed
                && present.contains(&reminder.key.contact_id)
            {
                earlier.told.entry(mail).or_default().push(reminder);
            }
        }
        let ids: HashSet<ObligationId> = earlier.obligation_ids().collect();
        for one in obligations::with_ids(db, &ids.into_iter().collect::<Vec<_>>()).await? {
            if one.state == ObligationState::Open {
                earlier.obligations.insert(one.id, one);
            }
        }
        Ok(earlier)
    }

    /// Those of an address.
    fn of(&self, address: &str) -> &[MailId] {
        let mails = self.by_address.get(address);
        mails.map(Vec::as_slice).unwrap_or_default()
    }

    /// Everything they told of.
    pub(super) fn obligation_ids(&self) -> impl Iterator<Item = ObligationId> {
        self.told
            .values()
            .flatten()
            .map(|reminder| reminder.key.obligation_id)
    }
}

/// Makes a digest for every address that has lines; how many were made. Addresses whose digest another instance has
/// made are left to it. One that cannot be made keeps no other from being made.
///
/// # Errors
/// What was wrong with the last of those that could not be made, all others being made; or what keeps all from it.
pub(super) async fn make_digests(
    ctx: &Ctx,
    desk: &LetterDesk<'_>,
    lines: &Lines<'_>,
    earlier: &EarlierDigests,
    ledger: &Ledger,
    now: Now,
) -> Result<usize, FlowError> {
    let all: Vec<(&String, &Vec<Line<'_>>)> = lines.by_address.iter().collect();
    let mut made = 0;
    let mut unmade = None;
    for some in all.chunks(AT_A_TIME) {
        // A letter that breaks its writer is a letter that cannot be made.
        let making = async |some: &[(&String, &Vec<Line<'_>>)]| {
            let making = make_some(ctx, desk, some, earlier, ledger, now);
            let making = AssertUnwindSafe(making).catch_unwind().await;
            making.unwrap_or_else(|_| Err(FlowError::Letter("邮件无法生成".to_owned())))
        };
        match making(some).await {
            Ok(Some(mails)) => made += mails,
            // Another instance has told some of it meanwhile, or one of them cannot be told: each by itself, then.
            Ok(None) | Err(FlowError::Letter(_)) => {
                for one in some {
                    match making(std::slice::from_ref(one)).await {
                        Ok(mails) => made += mails.unwrap_or(0),
                        Err(FlowError::Letter(error)) => {
                            let unit = one.1.first().map(|line| line.told.obligation.unit_id);
                            tracing::error!(?unit, error, "A digest cannot be made");
                            unmade = Some(FlowError::Letter(error));
                        }
                        Err(other) => return Err(other),
                    }
                }
            }
            Err(other) => return Err(other),
        }
    }
    match unmade {
        None => Ok(made),
        Some(error) => Err(error),
    }
}

/// Makes the digests of some addresses in one transaction; how many, or `None` where another instance has told some of it
/// meanwhile: nothing of this is kept then.
async fn make_some(
    ctx: &Ctx,
    desk: &LetterDesk<'_>,
    some: &[(&String, &Vec<Line<'_>>)],
    earlier: &EarlierDigests,
    ledger: &Ledger,
    now: Now,
) -> Result<Option<usize>, FlowError> {
    let tx = ctx.write().await?;
    let addresses = || some.iter().map(|(address, _)| address.as_str());
    let set_aside = addresses().flat_map(|address| earlier.of(address));
    let set_aside = set_aside.copied().collect();
    let making = Making {
        tx: &tx,
        desk,
        earlier,
        ledger,
        open: still_open(&tx, some).await?,
        key: current_key(ctx, &tx).await?,
        no_longer_due: NoLongerDue::load(&tx, desk, addresses(), &set_aside).await?,
    };
    let mut new = Vec::new();
    let mut mails = 0;
    for (address, lines) in some {
        if let Some(told) = making.digest(address, lines).await? {
            new.extend(told);
            mails += 1;
        }
    }
    if reminders::insert(&tx, &new, (now.today, now.at)).await? < new.len() {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some(mails))
}

/// Obligations among these lines that are still open, with the revision of their due day; they stay so until the digests
/// that tell of them are committed, so that an answer finds its mail.
async fn still_open(
    tx: &WriteTx,
    some: &[(&String, &Vec<Line<'_>>)],
) -> Result<HashSet<(ObligationId, i32)>, FlowError> {
    let ids: HashSet<ObligationId> = some
        .iter()
        .flat_map(|(_, lines)| lines.iter())
        .map(|line| line.key.obligation_id)
        .collect();
    let mut ids: Vec<ObligationId> = ids.into_iter().collect();
    ids.sort_unstable();
    let held = obligations::hold_open(tx, &ids).await?;
    Ok(held
        .into_iter()
        .map(|one| (one.id, one.due_revision))
        .collect())
}

/// The making of some digests, inside one transaction.
struct Making<'a> {
    tx: &'a WriteTx,
    desk: &'a LetterDesk<'a>,
    earlier: &'a EarlierDigests,
    ledger: &'a Ledger,
    open: HashSet<(ObligationId, i32)>,
    key: LinkKey,
    no_longer_due: NoLongerDue,
}

impl Making<'_> {
    /// Queues the digest of one address; the new entries of the ledger, or `None` where nothing is left to tell or
    /// another instance was first.
    async fn digest(
        &self,
        address: &str,
        lines: &[Line<'_>],
    ) -> Result<Option<Vec<NewReminder<'static>>>, FlowError> {
        let live: Vec<&Line<'_>> = lines
            .iter()
            .filter(|line| {
                self.open
                    .contains(&(line.key.obligation_id, line.key.due_revision))
            })
            .collect();
        let mut told: Vec<Told<'_>> = live.iter().map(|line| line.told).collect();
        if told.is_empty() {
            return Ok(None);
        }
        let carried = self.take_over_earlier(address, &mut told).await?;
        let before = &self.ledger.told;
        let mut mail = self
            .desk
            .write(MailKind::Digest, address, &told, before, &self.key)?;
        let cancelled = self.no_longer_due.of(address);
        mail.calendar = mail_calendar(self.desk, &told, cancelled);
        if !outbox::insert(self.tx, &mail).await? {
            return Ok(None);
        }
        calendar_cancellations::insert(self.tx, mail.id, cancelled).await?;
        enclose_notices(self.tx, mail.id, &told).await?;
        reminders::attach(self.tx, &carried, mail.id).await?;
        Ok(Some(
            live.iter().map(|line| line.carried_by(mail.id)).collect(),
        ))
    }

    /// Sets unsent earlier digests aside and adds what they told.
    async fn take_over_earlier<'t>(
        &'t self,
        address: &str,
        told: &mut Vec<Told<'t>>,
    ) -> Result<Vec<ReminderId>, FlowError> {
        let mut carried = Vec::new();
        for id in self.earlier.of(address) {
            if !outbox::suppress(self.tx, *id, "superseded").await? {
                continue;
            }
            for reminder in self.earlier.told.get(id).into_iter().flatten() {
                if let Some(obligation) = self.earlier.obligations.get(&reminder.key.obligation_id)
                    && obligation.due_revision == reminder.key.due_revision
                {
                    carried.push(reminder.id);
                    told.push(Told {
                        obligation,
                        stage: reminder.key.stage,
                        addressee: reminder.key.addressee,
                    });
                }
            }
        }
        Ok(carried)
    }
}

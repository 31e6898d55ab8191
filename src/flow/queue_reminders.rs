//! obligations → reminders and mails. Asks “what is due today?”; each address gets at most one digest a day, made in one
//! transaction with its reminders (design §5.1, §6).

use crate::domain::chase::{Chased, stage_today};
use crate::domain::ids::{ContactId, ObligationId, ReminderId};
use crate::domain::mail_state::MailKind;
use crate::domain::obligation::ObligationState;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::stage::Stage;
use crate::flow::compose_letters::{LetterDesk, Told};
use crate::flow::{Ctx, FlowError, Now, Progress};
use crate::storage::obligations::StoredObligation;
use crate::storage::reminders::{Addressee, ReminderKey, ReminderState, StoredReminder};
use crate::storage::{StorageError, WriteTx, marks, obligations, outbox, reminders};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Reason code of a reminder that no mail can carry.
const NO_ADDRESS: &str = "no_address";

/// Makes today's digests; on a day or at an hour when nothing may be sent, does nothing.
///
/// # Errors
/// [`FlowError`].
pub async fn queue_reminders(ctx: &Ctx) -> Result<Progress, FlowError> {
    let now = ctx.now();
    let calendar = ctx.calendar().await?;
    if !ctx.settings.window.is_open(now.local, &calendar.holidays) {
        return Ok(Progress::default());
    }
    let open = obligations::open(&ctx.db).await?;
    if open.is_empty() {
        record_digests_made(ctx, &[], now).await?;
        return Ok(Progress::default());
    }
    let mut desk = LetterDesk::open(ctx, &calendar, now, &ctx.db).await?;
    let known = Ledger::load(ctx, &open).await?;
    let due: Vec<&StoredObligation> = open
        .iter()
        .filter(|one| stage_now(&desk, &calendar, one, now).is_some())
        .collect();
    let waiting: Vec<ObligationId> = known
        .waiting
        .iter()
        .map(|reminder| reminder.key.obligation_id)
        .collect();
    let ids: HashSet<ObligationId> = due.iter().map(|one| one.id).chain(waiting).collect();
    desk.load_items(&ctx.db, &ids.into_iter().collect::<Vec<_>>())
        .await?;
    let mut wanted = Wanted::default();
    for obligation in &due {
        wanted.add(&desk, &calendar, obligation, &known, now);
    }
    for reminder in &known.waiting {
        if let Some(obligation) = open.iter().find(|one| one.id == reminder.key.obligation_id) {
            wanted.add_waiting(&desk, obligation, reminder);
        }
    }
    let mut progress = Progress::default();
    let done = outbox::addresses_with_digest(&ctx.db, now.today).await?;
    for (address, lines) in &wanted.by_address {
        if done.contains(address) {
            continue;
        }
        if make_digest(ctx, &desk, address, lines, &known, now).await? {
            progress.done += 1;
        }
    }
    record_digests_made(ctx, &wanted.without_address, now).await?;
    metrics::counter!("duban_reminders_queued_total")
        .increment(u64::try_from(progress.done).unwrap_or(0));
    if progress.done > 0 {
        tracing::info!(mails.queued = progress.done, "Queued the day's digests");
    }
    Ok(progress)
}

/// Records that the day's digests are made, and the reminders that no mail can carry.
async fn record_digests_made(
    ctx: &Ctx,
    without_address: &[(ReminderKey, &StoredObligation)],
    now: Now,
) -> Result<(), FlowError> {
    let tx = ctx.db.write().await?;
    for (key, obligation) in without_address {
        let state = ReminderState::Suppressed;
        let made = (now.today, now.at);
        reminders::insert(
            &tx,
            key,
            state,
            Some(NO_ADDRESS),
            None,
            obligation.due_on,
            made,
        )
        .await?;
    }
    marks::record_digests_made(&tx, now.today, now.at).await?;
    Ok(tx.commit().await?)
}

/// The stage of an obligation today, if it may be told: not before it is asked, not to a school in vacation.
fn stage_now(
    desk: &LetterDesk<'_>,
    calendar: &SchoolCalendar,
    obligation: &StoredObligation,
    now: Now,
) -> Option<Stage> {
    let levels = desk
        .directory
        .get(obligation.unit_id)
        .map(|unit| unit.levels.as_slice())
        .unwrap_or_default();
    let chased = Chased {
        opened_on: obligation.opened_on,
        due_on: obligation.due_on,
        levels,
        in_vacation: desk.cycle(obligation).map(|cycle| cycle.rule.in_vacation),
    };
    stage_today(&desk.policy(obligation), chased, now.today, calendar)
}

/// What the ledger says already.
struct Ledger {
    keys: HashSet<ReminderKey>,
    /// Mails that told a contact's unit of an obligation, so far.
    told: HashMap<ObligationId, u32>,
    /// Reminders without a mail: those of digests that were superseded.
    waiting: Vec<StoredReminder>,
}

impl Ledger {
    async fn load(ctx: &Ctx, open: &[StoredObligation]) -> Result<Self, FlowError> {
        let ids: Vec<ObligationId> = open.iter().map(|one| one.id).collect();
        let all = reminders::of_obligations(&ctx.db, &ids).await?;
        let mut told: HashMap<ObligationId, u32> = HashMap::new();
        for reminder in all
            .iter()
            .filter(|one| one.key.addressee == Addressee::Unit && one.mail_id.is_some())
        {
            *told.entry(reminder.key.obligation_id).or_default() += 1;
        }
        Ok(Self {
            keys: all.iter().map(|reminder| reminder.key).collect(),
            told,
            waiting: all
                .into_iter()
                .filter(|one| one.state == ReminderState::Pending)
                .collect(),
        })
    }
}

/// One line of a digest: what it tells, and the ledger's entry, written already or to be written.
struct Line<'a> {
    told: Told<'a>,
    key: ReminderKey,
    waiting: Option<ReminderId>,
}

/// What is to be told today, by address.
#[derive(Default)]
struct Wanted<'a> {
    by_address: BTreeMap<String, Vec<Line<'a>>>,
    without_address: Vec<(ReminderKey, &'a StoredObligation)>,
}

impl<'a> Wanted<'a> {
    fn add(
        &mut self,
        desk: &LetterDesk<'_>,
        calendar: &SchoolCalendar,
        obligation: &'a StoredObligation,
        known: &Ledger,
        now: Now,
    ) {
        let Some(stage) = stage_now(desk, calendar, obligation, now) else {
            return;
        };
        let policy = desk.policy(obligation);
        self.add_for(
            desk,
            obligation,
            stage,
            obligation.unit_id,
            Addressee::Unit,
            known,
        );
        if stage >= policy.copy_lead_from {
            for lead in desk.leads_to_copy(obligation) {
                self.add_for(desk, obligation, stage, lead, Addressee::LeadCopy, known);
            }
        }
        if stage >= policy.copy_supervision_from
            && let Some(office) = desk.supervision_unit().map(|unit| unit.id)
            && office != obligation.unit_id
        {
            self.add_for(
                desk,
                obligation,
                stage,
                office,
                Addressee::SupervisionCopy,
                known,
            );
        }
    }

    fn add_for(
        &mut self,
        desk: &LetterDesk<'_>,
        obligation: &'a StoredObligation,
        stage: Stage,
        unit: crate::domain::ids::UnitId,
        addressee: Addressee,
        known: &Ledger,
    ) {
        for contact in desk.contacts_of(unit) {
            let key = key_of(obligation, stage, contact.id, addressee);
            if known.keys.contains(&key) {
                continue;
            }
            match &contact.address {
                Some(address) => self
                    .by_address
                    .entry(address.clone())
                    .or_default()
                    .push(Line {
                        told: Told {
                            obligation,
                            stage,
                            addressee,
                        },
                        key,
                        waiting: None,
                    }),
                None => self.without_address.push((key, obligation)),
            }
        }
    }

    fn add_waiting(
        &mut self,
        desk: &LetterDesk<'_>,
        obligation: &'a StoredObligation,
        reminder: &StoredReminder,
    ) {
        let contact = desk
            .contacts
            .iter()
            .find(|contact| contact.id == reminder.key.contact_id);
        let Some(address) = contact.and_then(|contact| contact.address.clone()) else {
            return;
        };
        if obligation.due_revision == reminder.key.due_revision {
            self.by_address.entry(address).or_default().push(Line {
                told: Told {
                    obligation,
                    stage: reminder.key.stage,
                    addressee: reminder.key.addressee,
                },
                key: reminder.key,
                waiting: Some(reminder.id),
            });
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

/// Makes the day's digest of one address with its reminders; `false` where another instance was first or everything has
/// been answered meanwhile.
async fn make_digest(
    ctx: &Ctx,
    desk: &LetterDesk<'_>,
    address: &str,
    lines: &[Line<'_>],
    known: &Ledger,
    now: Now,
) -> Result<bool, FlowError> {
    let tx = ctx.db.write().await?;
    let still_open = still_open(&tx, lines).await?;
    let earlier = set_aside_earlier(&tx, desk, address, now).await?;
    let mut told: Vec<Told<'_>> = Vec::new();
    let live: Vec<&Line<'_>> = lines
        .iter()
        .filter(|line| still_open.contains(&line.told.obligation.id))
        .collect();
    told.extend(live.iter().map(|line| line.told));
    let earlier_obligations = obligations::with_ids(
        &tx,
        &earlier
            .iter()
            .map(|reminder| reminder.key.obligation_id)
            .collect::<Vec<_>>(),
    )
    .await?;
    let mut carried: Vec<ReminderId> = live.iter().filter_map(|line| line.waiting).collect();
    for reminder in &earlier {
        let obligation = earlier_obligations
            .iter()
            .find(|one| one.id == reminder.key.obligation_id);
        if let Some(obligation) = obligation.filter(|one| one.state == ObligationState::Open) {
            carried.push(reminder.id);
            told.push(Told {
                obligation,
                stage: reminder.key.stage,
                addressee: reminder.key.addressee,
            });
        }
    }
    if told.is_empty() {
        return Ok(false);
    }
    let mail = desk.write(MailKind::Digest, address, &told, &known.told)?;
    if !outbox::insert(&tx, &mail).await? {
        return Ok(false);
    }
    for line in live.iter().filter(|line| line.waiting.is_none()) {
        let made = (now.today, now.at);
        let due_on = line.told.obligation.due_on;
        reminders::insert(
            &tx,
            &line.key,
            ReminderState::Mailed,
            None,
            Some(mail.id),
            due_on,
            made,
        )
        .await?;
    }
    reminders::attach(&tx, &carried, mail.id).await?;
    tx.commit().await?;
    Ok(true)
}

async fn still_open(
    tx: &WriteTx,
    lines: &[Line<'_>],
) -> Result<HashSet<ObligationId>, StorageError> {
    let ids: HashSet<ObligationId> = lines.iter().map(|line| line.told.obligation.id).collect();
    let revisions: HashMap<ObligationId, i32> = lines
        .iter()
        .map(|line| (line.told.obligation.id, line.told.obligation.due_revision))
        .collect();
    let now = obligations::with_ids(tx, &ids.into_iter().collect::<Vec<_>>()).await?;
    Ok(now
        .into_iter()
        .filter(|one| {
            one.state == ObligationState::Open && revisions.get(&one.id) == Some(&one.due_revision)
        })
        .map(|one| one.id)
        .collect())
}

/// An unsent earlier digest of the address is replaced: its reminders are told by today's.
async fn set_aside_earlier(
    tx: &WriteTx,
    desk: &LetterDesk<'_>,
    address: &str,
    now: Now,
) -> Result<Vec<StoredReminder>, FlowError> {
    let mut set_aside = Vec::new();
    for id in outbox::unsent_digests_before(tx, address, now.today).await? {
        if outbox::suppress(tx, id, "superseded").await? {
            set_aside.push(id);
        }
    }
    let mut carried = reminders::of_mails(tx, &set_aside).await?;
    carried.retain(|reminder| {
        reminder.state == ReminderState::Mailed
            && desk
                .contacts
                .iter()
                .any(|one| one.id == reminder.key.contact_id)
    });
    Ok(carried)
}

/// Tells the units of new obligations at once, where that is allowed now: inside the send window, and only once the
/// day's digests are made (before that, the digest tells it). Returns the number of mails queued.
///
/// # Errors
/// [`FlowError`].
pub(super) async fn mail_at_once(
    ctx: &Ctx,
    tx: &WriteTx,
    calendar: &SchoolCalendar,
    now: Now,
    asked: &[StoredObligation],
) -> Result<usize, FlowError> {
    use crate::domain::send_window::SendWindow;
    let window = ctx.settings.window;
    let allowed = match window {
        SendWindow::Always => true,
        SendWindow::Workdays { .. } => {
            window.is_open(now.local, &calendar.holidays)
                && marks::digests_made(tx, now.today).await?
        }
    };
    let asked: Vec<&StoredObligation> = asked
        .iter()
        .filter(|one| one.opened_on <= now.today)
        .collect();
    if !allowed || asked.is_empty() {
        return Ok(0);
    }
    let mut desk = LetterDesk::open(ctx, calendar, now, tx).await?;
    desk.load_items(tx, &asked.iter().map(|one| one.id).collect::<Vec<_>>())
        .await?;
    let known = Ledger {
        keys: HashSet::new(),
        told: HashMap::new(),
        waiting: Vec::new(),
    };
    let mut wanted = Wanted::default();
    for obligation in asked {
        wanted.add_for(
            &desk,
            obligation,
            Stage::Notice,
            obligation.unit_id,
            Addressee::Unit,
            &known,
        );
    }
    let made = (now.today, now.at);
    for (address, lines) in &wanted.by_address {
        let told: Vec<Told<'_>> = lines.iter().map(|line| line.told).collect();
        let mail = desk.write(MailKind::Immediate, address, &told, &known.told)?;
        outbox::insert(tx, &mail).await?;
        for line in lines {
            let due_on = line.told.obligation.due_on;
            reminders::insert(
                tx,
                &line.key,
                ReminderState::Mailed,
                None,
                Some(mail.id),
                due_on,
                made,
            )
            .await?;
        }
    }
    for (key, obligation) in &wanted.without_address {
        let state = ReminderState::Suppressed;
        reminders::insert(
            tx,
            key,
            state,
            Some(NO_ADDRESS),
            None,
            obligation.due_on,
            made,
        )
        .await?;
    }
    Ok(wanted.by_address.len())
}

//! Use cases: one arrow of the design a file, each the owner of its transactions.
//!
//! ```text
//! import_plan → issue_plan → open_rounds → queue_reminders → deliver_mail
//!                                   close_asks ← answer_obligation
//! ```

pub(crate) mod account_desk;
mod account_mails;
pub(crate) mod amend_desk;
pub mod amend_task;
pub(crate) mod amendment_record;
mod answer_checks;
pub mod answer_desk;
pub mod answer_obligation;
pub mod answer_on_page;
pub mod answer_target;
pub mod appraisal_report;
pub mod appraisal_report_document;
pub mod appraisal_report_sheets;
pub mod appraise;
pub(crate) mod ask_budget;
pub mod attach_file;
pub mod backup_error;
pub mod bulletin_document;
pub mod bulletin_sheets;
pub mod bulletin_told;
pub mod burden;
pub mod burden_sheets;
pub mod change_cycle;
pub mod change_password;
pub mod change_task;
pub(crate) mod check_files;
pub mod close_asks;
pub mod close_plan;
pub mod compare_plan;
pub mod compose_letters;
pub mod confirm_draw;
pub(crate) mod copy_lines;
pub mod dashboard;
pub mod decide_assignments;
pub mod decide_bulletins;
pub mod decide_notice;
pub mod decide_task;
pub mod decide_warning;
pub mod delegate;
pub mod deliver_mail;
pub mod deliver_webhooks;
mod desk_contacts;
pub mod desk_items;
pub mod dispatch_form;
pub mod dispatch_summary;
pub mod draft_bulletin;
pub(crate) mod draw_round;
pub mod explain_contact;
pub mod explain_reminder;
pub mod export_ledger;
pub mod extend_due_day;
mod fall_back;
mod flow_error;
pub mod follow_changes;
pub mod follow_link;
pub mod freeze_snapshot;
mod give_way;
mod hand_over_mail;
pub(crate) mod held_task;
pub mod hold_upload;
pub mod import_calendar;
pub mod import_ledger;
pub mod import_plan;
pub mod import_quality;
pub mod import_units;
pub mod invite_user;
pub(crate) mod issue_asks;
pub(crate) mod issue_desk;
pub mod issue_notices;
pub mod issue_plan;
pub mod issue_tasks;
pub mod keep_calendar_feeds;
pub mod keep_decisions;
pub mod keep_indicators;
pub mod keep_inspectors;
mod keep_pace;
pub mod keep_score_rules;
pub mod keep_walls;
pub mod keep_webhooks;
mod lead_lights;
pub mod leader_page;
pub mod leader_page_document;
pub(crate) mod ledger_conflicts;
pub(crate) mod ledger_days;
pub mod ledger_edits;
pub(crate) mod ledger_progress;
pub mod ledger_rows;
mod letter_links;
mod letter_words;
pub mod link_keys;
pub mod list_by_light;
pub(crate) mod load_board;
mod load_calendar;
pub(crate) mod mail_at_once;
pub(crate) mod mail_bytes;
pub(crate) mod mail_calendar;
pub mod mail_trouble;
pub mod make_backup;
pub(crate) mod make_digests;
pub mod make_task;
pub mod manage_contacts;
pub mod manage_cycles;
pub mod manage_units;
pub mod manage_users;
pub(crate) mod move_due_day;
pub mod my_account;
pub mod notice_document;
pub(crate) mod notice_facts;
pub(crate) mod notice_files;
pub(crate) mod notice_matters;
pub(crate) mod notice_steps;
mod now;
pub mod object_to_score;
mod one_time_links;
pub mod open_round_by_hand;
pub mod open_rounds;
mod passwords;
pub mod pause;
pub mod place_contact;
pub(crate) mod plan_inspections;
pub mod preview_import;
pub mod preview_letter;
pub mod preview_rounds;
mod progress;
pub(crate) mod propose_cards;
pub mod publish_bulletin;
mod queue_mail;
pub mod queue_reminders;
pub mod raise_findings;
pub mod raise_notice_by_hand;
pub mod raise_notices;
pub mod rank_scores;
mod read_upload;
pub mod recheck_finding;
pub mod recognise_caller;
pub mod record_bounce;
pub(crate) mod record_deliveries;
pub mod record_inspection;
pub mod record_refusal;
mod record_webhook_attempts;
pub mod refresh_board;
pub mod refresh_mails;
pub mod refusal;
pub(crate) mod reminder_lines;
pub mod repeat_guard;
pub mod report_completion;
pub(crate) mod reporting_units;
pub mod restore_backup;
pub mod revise_plan;
pub mod revision_parts;
pub(crate) mod round_asks;
pub(crate) mod round_parties;
pub(crate) mod rounds_to_come;
pub(crate) mod score_facts;
pub mod seal_audit;
pub(crate) mod seed_asks;
pub mod seed_assignments;
pub mod send_again;
pub mod send_delivery_again;
pub mod send_leader_page;
pub mod send_test_letter;
pub mod sessions;
pub mod set_up;
mod settle_delivery;
pub(crate) mod settle_notices;
pub mod sign_in;
pub mod sign_in_by_link;
pub mod simulate;
mod simulated_bureau;
mod simulated_notices;
mod simulated_office;
mod simulated_units;
pub mod split_task;
pub mod summary_document;
pub mod summary_sheets;
mod supervision_office;
mod supply_mails;
pub mod sweep_files;
pub(crate) mod task_fields;
mod tell_decisions;
pub mod tell_overdue;
pub mod tell_units;
pub(crate) mod tell_webhooks;
pub mod term_report;
pub mod term_report_document;
pub mod term_report_sheets;
pub mod test_webhook;
pub mod tidy_up;
pub mod told_evidence;
pub mod told_values;
pub mod unit_calendar;
pub mod value_files;
pub mod verify_draw;
pub mod weigh_values;
pub mod withdraw_finding;

use crate::cage::Reader;
use crate::clock::Clock;
use crate::config::Settings;
use crate::domain::actor::Actor;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::unit::UnitDirectory;
use crate::entropy::Entropy;
use crate::files::folder_store::FolderStore;
use crate::files::store::FileStore;
use crate::flow::account_desk::AccountDesk;
use crate::flow::answer_desk::AnswerDesk;
use crate::flow::keep_pace::DeliveryPace;
use crate::flow::link_keys::KnownLinkKeys;
use crate::flow::load_calendar::load_calendar;
use crate::flow::recognise_caller::Callers;
use crate::flow::refresh_board::BoardKeeper;
use crate::storage::kept_replies::Ticket;
use crate::storage::{Author, Db, WriteTx, marks, units};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
pub use flow_error::FlowError;
pub use now::Now;
pub use progress::Progress;
pub use refusal::{Refusal, RefusalCode, RefusalKind, WrongField};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::sync::RwLock;

/// What a use case needs from outside: everything that is neither its input nor a rule.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// The database.
    pub db: Db,
    /// The business clock: what day it is.
    pub clock: Clock,
    /// The real clock of leases and retries; only a simulation moves it.
    pub real_clock: Clock,
    /// Randomness.
    pub entropy: Entropy,
    /// The configuration.
    pub settings: Arc<Settings>,
    /// Who acts.
    pub actor: Actor,
    /// How files are read.
    reader: Reader,
    /// The request it comes with.
    pub request_id: Option<Arc<str>>,
    /// The kept reply that the first transaction earns.
    ticket: Option<Ticket>,
    /// What this process knows of tokens.
    callers: Arc<Callers>,
    /// Where answers that arrive together meet.
    answer_desk: Arc<AnswerDesk>,
    /// The board as last refreshed.
    board: Arc<BoardKeeper>,
    /// The keys of the links in mails, as last read.
    link_keys: Arc<KnownLinkKeys>,
    /// Where passwords are computed and failures to sign in are counted.
    account_desk: Arc<AccountDesk>,
    /// The calendar as last loaded, with its revision.
    calendar: Arc<RwLock<Option<KnownCalendar>>>,
    /// Where attached files lie, once it was opened.
    files: Arc<OnceLock<FileStore>>,
    /// How fast this process delivers.
    pace: Arc<DeliveryPace>,
}

#[derive(Debug)]
struct KnownCalendar {
    revision: i64,
    calendar: Arc<SchoolCalendar>,
}

impl Ctx {
    /// A context over `db` with the machine's clock and randomness.
    pub fn new(db: Db, settings: Arc<Settings>) -> Self {
        Self::with_clock(db, settings, Clock::System, Entropy::System)
    }

    /// A context whose business clock is `clock`; leases stay on the machine's clock.
    pub fn with_clock(db: Db, settings: Arc<Settings>, clock: Clock, entropy: Entropy) -> Self {
        let pace = Arc::new(DeliveryPace::new(settings.connections));
        Self {
            db,
            clock,
            real_clock: Clock::System,
            entropy,
            settings,
            actor: Actor::System("duban"),
            reader: Reader::default(),
            request_id: None,
            ticket: None,
            callers: Arc::default(),
            answer_desk: Arc::default(),
            board: Arc::default(),
            link_keys: Arc::default(),
            account_desk: Arc::default(),
            calendar: Arc::default(),
            files: Arc::default(),
            pace,
        }
    }

    /// The same, reading files in another way than in this process.
    #[must_use]
    pub fn reading_by(self, reader: Reader) -> Self {
        Self { reader, ..self }
    }

    /// The same, with somebody else acting.
    #[must_use]
    pub fn acting_as(&self, actor: Actor) -> Self {
        Self {
            actor,
            ..self.clone()
        }
    }

    /// The same, on behalf of a request.
    #[must_use]
    pub fn for_request(&self, request_id: &str) -> Self {
        Self {
            request_id: Some(request_id.into()),
            ..self.clone()
        }
    }

    /// The same, its transaction earning a kept reply.
    #[must_use]
    pub fn with_ticket(&self, ticket: Ticket) -> Self {
        Self {
            ticket: Some(ticket),
            ..self.clone()
        }
    }

    /// The same, earning no kept reply: for what is carried out on behalf of several requests.
    #[must_use]
    pub fn without_ticket(&self) -> Self {
        Self {
            ticket: None,
            ..self.clone()
        }
    }

    /// Who writes now.
    pub fn author(&self) -> Author {
        Author {
            actor: self.actor.clone(),
            at: self.clock.now(),
            request_id: self.request_id.as_deref().map(str::to_owned),
            ticket: self.ticket.clone(),
        }
    }

    /// Begins a writing transaction of whoever acts.
    ///
    /// # Errors
    /// [`FlowError::Storage`].
    pub async fn write(&self) -> Result<WriteTx, FlowError> {
        Ok(self.db.write(self.author()).await?)
    }

    /// The number of the newest change, at most 50 ms old; what this process has written counts at once.
    ///
    /// # Errors
    /// [`FlowError::Storage`].
    pub async fn change_no(&self) -> Result<i64, FlowError> {
        Ok(self.db.change_no().await?)
    }

    /// The present moment, seen three ways.
    pub fn now(&self) -> Now {
        Now::at(self.clock.now(), self.settings.zone)
    }

    /// The instant at which a local day ends.
    pub fn end_of_day(&self, day: NaiveDate) -> DateTime<Utc> {
        let next = day.succ_opt().unwrap_or(day);
        self.settings.zone.instant(next.and_time(NaiveTime::MIN))
    }

    /// The school calendar: what is compiled in, under what the bureau has imported.
    ///
    /// # Errors
    /// [`FlowError::Storage`].
    pub async fn calendar(&self) -> Result<Arc<SchoolCalendar>, FlowError> {
        let revision = marks::calendar_revision(&self.db).await?;
        if let Some(known) = self.calendar.read().await.as_ref()
            && known.revision == revision
        {
            return Ok(known.calendar.clone());
        }
        let calendar = Arc::new(load_calendar(&self.db).await?);
        *self.calendar.write().await = Some(KnownCalendar {
            revision,
            calendar: calendar.clone(),
        });
        Ok(calendar)
    }

    /// All units, ready for matching names.
    ///
    /// # Errors
    /// [`FlowError::Storage`].
    pub async fn units(&self) -> Result<UnitDirectory, FlowError> {
        Ok(UnitDirectory::new(units::all(&self.db).await?))
    }

    /// The store of attached files. Its folder is opened, and made where it does not exist, at the first call: commands
    /// that attach nothing leave no folder behind.
    ///
    /// # Errors
    /// [`FlowError::Files`].
    pub fn files(&self) -> Result<&FileStore, FlowError> {
        if let Some(store) = self.files.get() {
            return Ok(store);
        }
        let store = FolderStore::open_folder(&self.settings.files_folder)?;
        Ok(self.files.get_or_init(|| FileStore::Folder(store)))
    }

    /// The instant that leases and back-off are counted from: the database's own on PostgreSQL, so that instances with
    /// differing clocks agree.
    ///
    /// # Errors
    /// [`FlowError::Storage`].
    pub async fn lease_now(&self) -> Result<DateTime<Utc>, FlowError> {
        match &self.real_clock {
            Clock::System => Ok(self
                .db
                .now()
                .await?
                .unwrap_or_else(|| self.real_clock.now())),
            Clock::Set(_) => Ok(self.real_clock.now()),
        }
    }
}

/// What a mutex holds, whether or not its last holder broke.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

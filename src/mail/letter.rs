//! What a letter says, as plain data: filled by the caller from the database, laid out by `compose`. No wording is
//! decided here and no date is computed.

use chrono::NaiveDate;

use crate::domain::email_address::EmailAddress;
pub use crate::domain::locale::Locale;

/// One mail to one address: its asks, its copies, and notes. One with none of the three says only whom to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The language.
    pub locale: Locale,
    /// The contact's name with title, as they are addressed: 张老师. `None`: the letter addresses the unit's contact.
    pub recipient_name: Option<String>,
    /// All units this address answers for, in any order.
    pub unit_names: Vec<String>,
    /// The local day the letter leaves.
    pub date_on: NaiveDate,
    /// In any order: `compose` puts the most urgent first.
    pub asks: Vec<Ask>,
    /// For whom others' overdue reports matter.
    pub copies: Vec<CopyGroup>,
    /// Complete sentences in the letter's language: contacts without address, tasks held back.
    pub notes: Vec<String>,
    /// Whom the answers reach.
    pub office: Office,
}

/// The office that records the answers and signs the letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// 市教育局督导办.
    pub name: String,
    /// Whom to call; nobody where no number is known.
    pub phone: Option<OfficePhone>,
    /// Shown besides Reply-To.
    pub address: Option<EmailAddress>,
}

/// A telephone number to ask at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficePhone {
    /// As people dial it.
    pub number: String,
    /// Whose it is, where another office than the one of the letter answers.
    pub of: Option<String>,
}

/// One obligation of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The unit that is asked.
    pub unit_name: String,
    /// What for.
    pub what: AskKind,
    /// Why the letter names it now.
    pub occasion: Occasion,
    /// The plan's title without 《》; empty for a task made by hand.
    pub plan_title: String,
    /// The period of a round: 2026年11月.
    pub period_label: Option<String>,
    /// The day the answer is due, as it stands now.
    pub due_on: Option<NaiveDate>,
    /// The first due day, where an extension has moved it.
    pub first_due_on: Option<NaiveDate>,
    /// How near the due day is, counted in workdays by the caller's calendar.
    pub timing: Timing,
    /// Whether the due day may still move.
    pub dates: DateStatus,
    /// Reminders sent before this letter.
    pub reminders_sent: u32,
    /// The first items; about twenty are shown.
    pub items: Vec<AskItem>,
    /// All items, also those not in `items`.
    pub item_count: usize,
    /// Lead units, in the plan's order.
    pub lead_names: Vec<String>,
    /// How to answer, where it is not the usual way of the kind.
    pub how_to_answer: Option<String>,
    /// Where to answer without writing a mail; `None`: only by reply.
    pub links: Option<AskLinks>,
}

/// Addresses (http or https, ASCII without blanks) of the pages on which one contact answers one ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskLinks {
    /// 签收 for an acknowledgement, 填报 for everything else.
    pub answer: String,
    /// 申请延期, where more time may be asked for.
    pub extend: Option<String>,
    /// 上传佐证, where there is something to prove.
    pub evidence: Option<String>,
}

/// What a unit is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskKind {
    /// 签收: to acknowledge a plan.
    Acknowledge,
    /// To report tasks as done by their due day.
    Complete,
    /// A deadline in the plan's text.
    SendUp {
        /// What is to be sent: 实施方案.
        what: String,
    },
    /// The self-check of a spot-check round.
    SpotCheck,
    /// The progress report of a dispatch round.
    Dispatch,
    /// Indicator values of a monitoring round.
    Monitoring,
    /// To answer a notice 督办单.
    Notice {
        /// Its number and kind, and what it is about.
        what: String,
    },
    /// What is collected from below along with a dispatch round.
    Collect {
        /// Whether the unit sums up what its schools tell.
        sums_up: bool,
    },
    /// What was decided in a dispatch.
    FollowUp {
        /// As decided.
        what: String,
    },
    /// To put a finding right.
    Rectify,
    /// Made by hand.
    Other {
        /// A verb phrase in the letter's language: 报送校车安全排查情况.
        what: String,
    },
}

/// Why an ask stands in a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occasion {
    /// The unit hears of it for the first time.
    New,
    /// The unit has been told before.
    Reminder,
    /// A report was returned.
    Returned {
        /// The reviewer's words.
        reason: String,
    },
    /// A spot-check found something.
    FindingRaised {
        /// What was found.
        finding: String,
    },
    /// `due_on` is the new day.
    ExtensionGranted,
    /// `due_on` is the day that stays.
    ExtensionRefused {
        /// The reviewer's words; may be empty.
        reason: String,
    },
    /// The task was amended; `due_on` is the new day.
    Amended {
        /// Why.
        reason: String,
    },
    /// The unit had objected; it still has to answer.
    ObjectionRejected {
        /// The office's words.
        reason: String,
    },
}

/// Where the letter's day stands against the due day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// Workdays overdue, at least 1.
    Overdue(u32),
    /// Due on the letter's day.
    Today,
    /// Workdays left, at least 1.
    Open(u32),
    /// Without due day.
    Undated,
}

/// Whether a date rests on an announced calendar (design §5 rule 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateStatus {
    /// Holidays and terms are announced.
    Settled,
    /// Computed before they were.
    Provisional,
}

/// One assignment, indicator or finding of an ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskItem {
    /// 四(一)1.
    pub number: String,
    /// The item's title.
    pub title: String,
    /// The unit's part; `None` for an indicator or a finding.
    pub role: Option<ItemRole>,
}

/// A unit's part in a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ItemRole {
    /// 牵头.
    Lead,
    /// 责任.
    Responsible,
    /// 配合.
    Cooperating,
}

/// Copies for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyGroup {
    /// Why this address gets them.
    pub reason: CopyReason,
    /// One a task.
    pub lines: Vec<CopyLine>,
}

/// Why an address gets copies (design §6: lead unit from over+3, supervision office from over+7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyReason {
    /// It leads the tasks.
    Lead,
    /// It supervises.
    Supervision,
}

/// One task on which reports are overdue: counts by district, never single units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyLine {
    /// The plan's title without 《》.
    pub plan_title: String,
    /// 四(一)1.
    pub task_number: String,
    /// The task's title.
    pub task_title: String,
    /// What is overdue.
    pub what: AskKind,
    /// Units that have not reported, by district; units outside districts under a name of the caller's choice.
    pub by_district: Vec<(String, usize)>,
    /// All units that have not reported.
    pub total_units: usize,
    /// The longest delay among them, in workdays.
    pub longest_overdue: u32,
}

/// A letter that only tells: it asks nothing, and no answer is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// The language.
    pub locale: Locale,
    /// The contact's name; `None`: the letter addresses the unit's contact.
    pub recipient_name: Option<String>,
    /// The units it is sent to at this address; empty for a person without one.
    pub unit_names: Vec<String>,
    /// The local day the letter is made.
    pub date_on: NaiveDate,
    /// Its subject.
    pub subject: String,
    /// What it says, in the letter's language.
    pub paragraphs: Vec<String>,
    /// Names of the files that come with it.
    pub files: Vec<String>,
    /// Whom to ask.
    pub office: Office,
}

/// The letter of `send-test-email`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestLetter {
    /// The language.
    pub locale: Locale,
    /// When it is sent, in bureau-local time.
    pub sent_at_local: chrono::NaiveDateTime,
    /// The server or folder, without user and password.
    pub server: String,
    /// Whom a reply reaches.
    pub office: Office,
}

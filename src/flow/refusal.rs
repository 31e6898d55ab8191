//! Why a request cannot be granted: a stable code for programs, a sentence for people.

/// What kind of obstacle stands in the way; programs outside tell it by the status of the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// What was given cannot be right, whatever the state of things.
    Invalid,
    /// What is named does not exist.
    Missing,
    /// It does not fit the present state of things.
    Conflict,
    /// There is no room for it.
    TooLarge,
    /// It has changed since the caller looked.
    Stale,
    /// It was there once, and is no longer kept.
    Gone,
    /// The caller may not.
    Forbidden,
}

macro_rules! codes {
    ($(#[doc = $says:literal] $name:ident $code:literal $kind:ident),+ $(,)?) => {
        /// The stable code of a refusal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum RefusalCode {
            $(#[doc = $says] $name,)+
        }

        impl RefusalCode {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable text.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// What it says, in English.
            pub fn english(self) -> &'static str {
                match self { $(Self::$name => $says.trim_ascii()),+ }
            }

            /// What kind of obstacle it is.
            pub fn kind(self) -> RefusalKind {
                match self { $(Self::$name => RefusalKind::$kind),+ }
            }
        }
    };
}

codes! {
    /// A value that cannot be right.
    InvalidValue "invalid_value" Invalid,
    /// A file that cannot be read as what it should be.
    UnreadableFile "unreadable_file" Invalid,
    /// A document without measures or title.
    NotAPlan "not_a_plan" Invalid,
    /// A unit, name or group that the units file does not know.
    UnknownUnit "unknown_unit" Invalid,
    /// The period is none of this cycle's.
    WrongPeriod "wrong_period" Invalid,
    /// An item that the obligation does not ask about.
    ForeignItem "foreign_item" Invalid,
    /// A percentage below the one reported before.
    PercentFalls "percent_falls" Invalid,
    /// Something that was sent back is not reported again.
    ReturnedItemMissing "returned_item_missing" Invalid,
    /// A day that is no workday, or that has passed.
    WrongDay "wrong_day" Invalid,
    /// What was given is what is there already.
    NothingToAmend "nothing_to_amend" Invalid,
    /// A document of another plan.
    OtherPlan "other_plan" Invalid,
    /// Units' parts stand in the way of closing the task as a whole.
    OpenParts "open_parts" Conflict,
    /// The step does not exist from where the thing stands; somebody may have been quicker.
    OutOfOrder "out_of_order" Conflict,
    /// The obligation is answered, or asking has ended.
    ObligationSettled "obligation_settled" Conflict,
    /// More time was asked for already, and nobody has decided.
    ExtensionPending "extension_pending" Conflict,
    /// The due day has passed.
    DueDayPassed "due_day_passed" Conflict,
    /// A cell of a sheet that cannot be taken as it is.
    InvalidCell "invalid_cell" Invalid,
    /// Rows of a ledger that were edited have changed here since.
    LedgerConflict "ledger_conflict" Conflict,
    /// A reason has to be given.
    ReasonNeeded "reason_needed" Conflict,
    /// A name stands for several things.
    Ambiguous "ambiguous" Invalid,
    /// What is named does not exist.
    NotFound "not_found" Missing,
    /// The plan is known with other content.
    PlanDiffers "plan_differs" Conflict,
    /// The plan is not issued yet.
    PlanNotIssued "plan_not_issued" Conflict,
    /// The plan is closed already.
    PlanClosed "plan_closed" Conflict,
    /// The task is issued; its parties and day are fixed.
    TaskIssued "task_issued" Conflict,
    /// A task cannot be issued; whole-or-nothing calls issue none then.
    TaskHeld "task_held" Conflict,
    /// The task was read from a document; only tasks made by hand can be removed.
    NotMadeByHand "not_made_by_hand" Conflict,
    /// The record of a file is there, its bytes are not, or are others.
    FileLost "file_lost" Conflict,
    /// There is no room for the file.
    QuotaExceeded "quota_exceeded" TooLarge,
    /// The round exists already.
    RoundExists "round_exists" Conflict,
    /// The round is closed already.
    RoundClosed "round_closed" Conflict,
    /// The round has no draw.
    NoDraw "no_draw" Conflict,
    /// A rule table whose points do not fit together.
    RulesUnfit "rules_unfit" Invalid,
    /// The school year has not ended.
    YearOpen "year_open" Conflict,
    /// Objections wait for a decision.
    ObjectionsWaiting "objections_waiting" Conflict,
    /// The round has no summary: it is no dispatch, or it ended before there were any.
    NoSummary "no_summary" Conflict,
    /// No values of indicators are asked for.
    NoIndicators "no_indicators" Conflict,
    /// What is kept does not fit into the file asked for.
    Unprintable "unprintable" Conflict,
    /// A snapshot is no longer what was frozen.
    SnapshotDamaged "snapshot_damaged" Conflict,
    /// A bulletin of the plan and day is on its way already.
    BulletinPending "bulletin_pending" Conflict,
    /// The obligation is withdrawn.
    ObligationWithdrawn "obligation_withdrawn" Conflict,
    /// The mail does not wait for a person.
    MailNotWaiting "mail_not_waiting" Conflict,
    /// The code, address or name is taken.
    Taken "taken" Conflict,
    /// It is still in use.
    InUse "in_use" Conflict,
    /// The user is disabled.
    UserDisabled "user_disabled" Conflict,
    /// There must be one administrator.
    LastAdministrator "last_administrator" Conflict,
    /// It has changed since the caller looked.
    Stale "stale" Stale,
    /// The feed does not reach back that far.
    FeedTooOld "feed_too_old" Gone,
    /// The caller may not give more than they have.
    NotYours "not_yours" Forbidden,
}

/// Why a request cannot be granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The stable code.
    pub code: RefusalCode,
    /// What a person reads: what is wrong, and what to do.
    pub text: String,
    /// The fields that are wrong; empty where it is about nothing in particular of what was given.
    pub fields: Vec<WrongField>,
}

/// A field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongField {
    /// Its path, such as `items[0].percent`.
    pub path: String,
    /// What is wrong with it, and what to do.
    pub text: String,
}

impl WrongField {
    /// A field by its path, and what a person reads of it.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            text: text.into(),
        }
    }
}

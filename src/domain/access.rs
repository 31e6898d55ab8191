//! Who may do what, and to whose rows. The one table; `http` asks it before any handler runs, and the lists of `storage`
//! are bounded by the [`Reach`] it gives.

use crate::domain::actor::Actor;
use crate::domain::ids::{TokenId, UnitId, UserId};
use crate::domain::locale::Locale;
use crate::domain::token_scope::TokenScope;
use crate::domain::user_role::UserRole;
use std::collections::BTreeSet;
use std::sync::Arc;

use UserRole::{Administrator, Auditor, Leader, Supervisor, UnitContact, UnitHead};

const EVERYBODY: &[UserRole] = &UserRole::ALL;
const BUREAU: &[UserRole] = &[Administrator, Supervisor, Leader, Auditor];
const OFFICE: &[UserRole] = &[Administrator, Supervisor];
const APPROVING: &[UserRole] = &[Administrator, Supervisor, Leader];
const ANSWERING: &[UserRole] = &[Administrator, Supervisor, UnitHead, UnitContact];
const CONTACT_KEEPERS: &[UserRole] = &[Administrator, Supervisor, UnitHead];
const AUDITING: &[UserRole] = &[Administrator, Auditor];
const ADMINISTRATORS: &[UserRole] = &[Administrator];

/// Whose rows a role of a unit meets under an action; the bureau's roles meet everyone's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// They belong to nobody in particular, such as plans and calendars.
    Everyones,
    /// Its unit's, those of the units below it, and for tasks those its unit leads.
    Units,
    /// Its unit's alone: a district sees its schools' requests, but does not answer them.
    OwnUnit,
    /// The user's own, such as tokens; only administrators meet everyone's.
    OwnUser,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $code:literal $effect:ident $rows:ident $roles:ident),+ $(,)?) => {
        /// Something a caller may want to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action {
            $($(#[$doc])* $name,)+
        }

        impl Action {
            /// All actions.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable code, as in audit events and in the OpenAPI document.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// Whether it changes something; a token of scope `read` may not.
            pub fn writes(self) -> bool {
                match self { $(Self::$name => Effect::$effect == Effect::Writes),+ }
            }

            /// Whose rows it is about.
            pub fn rows(self) -> Rows {
                match self { $(Self::$name => Rows::$rows),+ }
            }

            /// Who may do it.
            pub fn roles(self) -> &'static [UserRole] {
                match self { $(Self::$name => $roles),+ }
            }
        }
    };
}

#[derive(PartialEq, Eq)]
enum Effect {
    Reads,
    Writes,
}

actions! {
    /// Plans with their phases, goals, problems.
    ReadPlans "read_plans" Reads Everyones EVERYBODY,
    /// Importing a plan document.
    ImportPlans "import_plans" Writes Everyones OFFICE,
    /// Closing a plan.
    ClosePlans "close_plans" Writes Everyones OFFICE,
    /// Tasks.
    ReadTasks "read_tasks" Reads Units EVERYBODY,
    /// Making tasks by hand, settling units and days of tasks that are not issued.
    WriteTasks "write_tasks" Writes Everyones OFFICE,
    /// Issuing tasks 下发.
    IssueTasks "issue_tasks" Writes Everyones OFFICE,
    /// What was changed of issued tasks and of plans.
    ReadAmendments "read_amendments" Reads Units EVERYBODY,
    /// Amending and splitting issued tasks, pausing, withdrawing and closing them as a whole; amending plans.
    AmendTasks "amend_tasks" Writes Everyones OFFICE,
    /// Lead units' reports that tasks as a whole are done.
    ReadCompletions "read_completions" Reads Units EVERYBODY,
    /// Reporting so; the supervision office records it for a lead unit.
    ReportCompletions "report_completions" Writes OwnUnit ANSWERING,
    /// Assignments with their progress.
    ReadAssignments "read_assignments" Reads Units EVERYBODY,
    /// Reviewing, sending back, closing out, pausing assignments; the assignment says who may what.
    DecideAssignments "decide_assignments" Writes Units ANSWERING,
    /// Requests for more time.
    ReadExtensions "read_extensions" Reads Units EVERYBODY,
    /// Asking for more time; the supervision office records it for any unit.
    RequestExtensions "request_extensions" Writes OwnUnit ANSWERING,
    /// What lead units say of it.
    ViewExtensions "view_extensions" Writes Units ANSWERING,
    /// Giving more time, or not.
    DecideExtensions "decide_extensions" Writes Everyones OFFICE,
    /// Notices 督办单; units see those that were issued.
    ReadNotices "read_notices" Reads Units EVERYBODY,
    /// Raising a notice by hand.
    RaiseNotices "raise_notices" Writes Everyones OFFICE,
    /// Approving notices; the configuration says whether a leader has to.
    ApproveNotices "approve_notices" Writes Everyones APPROVING,
    /// Issuing, sending back, closing, withdrawing notices, and deciding objections.
    DecideNotices "decide_notices" Writes Everyones OFFICE,
    /// Objecting to a notice; the supervision office records it for any unit.
    ObjectToNotices "object_to_notices" Writes OwnUnit ANSWERING,
    /// The directory of units and unit groups.
    ReadUnits "read_units" Reads Everyones EVERYBODY,
    /// Making and changing units.
    WriteUnits "write_units" Writes Everyones OFFICE,
    /// Contacts with their addresses.
    ReadContacts "read_contacts" Reads Units EVERYBODY,
    /// Changing who is the contact of a unit.
    WriteContacts "write_contacts" Writes OwnUnit CONTACT_KEEPERS,
    /// Whether a unit has a calendar feed, and since when.
    ReadCalendarFeeds "read_calendar_feeds" Reads OwnUnit ANSWERING,
    /// Making and revoking the calendar feed of a unit.
    WriteCalendarFeeds "write_calendar_feeds" Writes OwnUnit ANSWERING,
    /// Holidays and terms.
    ReadCalendars "read_calendars" Reads Everyones EVERYBODY,
    /// Importing holidays and terms.
    WriteCalendars "write_calendars" Writes Everyones OFFICE,
    /// Cycles and the rounds they will open.
    ReadCycles "read_cycles" Reads Everyones EVERYBODY,
    /// Switching cycles on and off, changing their rules.
    WriteCycles "write_cycles" Writes Everyones OFFICE,
    /// Rounds.
    ReadRounds "read_rounds" Reads Everyones EVERYBODY,
    /// Opening a round early, closing one.
    WriteRounds "write_rounds" Writes Everyones OFFICE,
    /// Whom a draw picked, and its replay.
    ReadDraws "read_draws" Reads Everyones BUREAU,
    /// Who may be drawn to inspect.
    ReadInspectors "read_inspectors" Reads Everyones BUREAU,
    /// Keeping the pool of inspectors.
    WriteInspectors "write_inspectors" Writes Everyones OFFICE,
    /// Inspections; those who inspect meet their own.
    ReadInspections "read_inspections" Reads Units EVERYBODY,
    /// Recording what an inspection showed; whoever inspected, or the supervision office.
    RecordInspections "record_inspections" Writes Units ANSWERING,
    /// Findings with their rechecks.
    ReadFindings "read_findings" Reads Units EVERYBODY,
    /// Raising a finding outside a spot-check.
    RaiseFindings "raise_findings" Writes Everyones OFFICE,
    /// Withdrawing a finding that was recorded wrongly, or is none.
    WithdrawFindings "withdraw_findings" Writes Everyones OFFICE,
    /// Closing a finding, or sending it back; whoever inspected, or the supervision office.
    RecheckFindings "recheck_findings" Writes Units ANSWERING,
    /// What a dispatch came to.
    ReadSummaries "read_summaries" Reads Units EVERYBODY,
    /// What was decided in dispatches, and what came of it.
    ReadDecisions "read_decisions" Reads Units EVERYBODY,
    /// Writing decisions down, closing, returning and withdrawing them.
    WriteDecisions "write_decisions" Writes Everyones OFFICE,
    /// Indicators with their targets.
    ReadIndicators "read_indicators" Reads Everyones EVERYBODY,
    /// Confirming, adding, changing and retiring indicators.
    WriteIndicators "write_indicators" Writes Everyones OFFICE,
    /// What units have reported of indicators, and whether their targets are attained.
    ReadIndicatorValues "read_indicator_values" Reads Units EVERYBODY,
    /// Rule tables of appraisals.
    ReadScoreRules "read_score_rules" Reads Everyones EVERYBODY,
    /// Making another version of the rule table.
    WriteScoreRules "write_score_rules" Writes Everyones OFFICE,
    /// Which appraisals there are.
    ReadAppraisals "read_appraisals" Reads Everyones EVERYBODY,
    /// Whether an appraisal comes out the same when it is computed again.
    CheckAppraisals "check_appraisals" Reads Everyones BUREAU,
    /// Computing and confirming appraisals.
    WriteAppraisals "write_appraisals" Writes Everyones OFFICE,
    /// Scores, line by line, and objections to them.
    ReadScores "read_scores" Reads Units EVERYBODY,
    /// Objecting to the own score; the supervision office records it for any unit.
    ObjectToScores "object_to_scores" Writes OwnUnit ANSWERING,
    /// Upholding objections, or not.
    DecideObjections "decide_objections" Writes Everyones OFFICE,
    /// Yearly quality results of schools.
    ReadQualityResults "read_quality_results" Reads Units EVERYBODY,
    /// Importing them.
    ImportQualityResults "import_quality_results" Writes Everyones OFFICE,
    /// Talks and cards; units meet what was confirmed.
    ReadWarnings "read_warnings" Reads Units EVERYBODY,
    /// Confirming or rejecting what was proposed; a leader may, as they stand for it.
    DecideWarnings "decide_warnings" Writes Everyones APPROVING,
    /// Obligations.
    ReadObligations "read_obligations" Reads Units EVERYBODY,
    /// Answering an obligation; the supervision office records answers for any unit.
    AnswerObligations "answer_obligations" Writes OwnUnit ANSWERING,
    /// Importing an edited ledger; its rows are edited by whoever may answer for their units.
    ImportLedgers "import_ledgers" Writes Everyones ANSWERING,
    /// Reports.
    ReadReports "read_reports" Reads Units EVERYBODY,
    /// Bulletins; whoever may not read drafts meets those that were published.
    ReadBulletins "read_bulletins" Reads Everyones EVERYBODY,
    /// Bulletins on their way.
    ReadBulletinDrafts "read_bulletin_drafts" Reads Units BUREAU,
    /// Freezing a snapshot, editing, publishing, correcting bulletins.
    WriteBulletins "write_bulletins" Writes Everyones OFFICE,
    /// Standing for a bulletin's texts, or sending them back.
    ApproveBulletins "approve_bulletins" Writes Everyones APPROVING,
    /// The leaders' page of a month.
    ReadLeaderPage "read_leader_page" Reads Everyones BUREAU,
    /// The reminder ledger, and why a contact was (not) mailed.
    ReadReminders "read_reminders" Reads Units EVERYBODY,
    /// Mails in the outbox.
    ReadMails "read_mails" Reads Units EVERYBODY,
    /// The mails that cycles are going to send.
    PreviewMails "preview_mails" Reads Everyones BUREAU,
    /// Sending again what waits for a person.
    ResendMails "resend_mails" Writes Everyones OFFICE,
    /// Attached files.
    ReadAttachments "read_attachments" Reads Units EVERYBODY,
    /// Attaching files.
    WriteAttachments "write_attachments" Writes OwnUnit ANSWERING,
    /// How often units are asked, and why budgets were gone over.
    ReadBurden "read_burden" Reads Units EVERYBODY,
    /// Counts and progress.
    ReadDashboard "read_dashboard" Reads Units EVERYBODY,
    /// Links to the big screen 大屏, without their secrets.
    ReadWalls "read_walls" Reads Everyones OFFICE,
    /// Making and revoking them: whoever has one reads the whole dashboard without an account.
    WriteWalls "write_walls" Writes Everyones OFFICE,
    /// The feed of changes.
    ReadChanges "read_changes" Reads Units EVERYBODY,
    /// Who did what.
    ReadAuditEvents "read_audit_events" Reads Everyones AUDITING,
    /// Webhooks with their deliveries.
    ReadWebhooks "read_webhooks" Reads Everyones OFFICE,
    /// Making, changing, removing and trying webhooks, sending deliveries again.
    WriteWebhooks "write_webhooks" Writes Everyones OFFICE,
    /// Users and their roles.
    ReadUsers "read_users" Reads Everyones ADMINISTRATORS,
    /// Making users, giving and taking roles.
    WriteUsers "write_users" Writes Everyones ADMINISTRATORS,
    /// Who am I, and what may I do.
    ReadMe "read_me" Reads OwnUser EVERYBODY,
    /// Tokens.
    ReadTokens "read_tokens" Reads OwnUser EVERYBODY,
    /// Making and revoking tokens.
    WriteTokens "write_tokens" Writes OwnUser EVERYBODY,
    /// Who stands in for whom during an absence.
    ReadDelegations "read_delegations" Reads OwnUser EVERYBODY,
    /// Letting somebody stand in, and ending it.
    WriteDelegations "write_delegations" Writes OwnUser EVERYBODY,
}

/// A role that a user holds, with the unit of a unit's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Membership {
    /// The role.
    pub role: UserRole,
    /// Its unit; none for the bureau's roles.
    pub unit_id: Option<UnitId>,
}

/// A role held for somebody who is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegated {
    /// Normalised address of who is absent.
    pub address: String,
    /// The role.
    pub membership: Membership,
}

/// Whoever calls: a user through one of their tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The user.
    pub user_id: UserId,
    /// Normalised address, for the audit.
    pub address: String,
    /// Name, for pages.
    pub name: Option<String>,
    /// The language chosen; none for the browser's.
    pub locale: Option<Locale>,
    /// The token.
    pub token_id: TokenId,
    /// What the token is good for.
    pub scope: TokenScope,
    /// The user's roles, also those of people they stand in for.
    pub memberships: Vec<Membership>,
    /// Those of them that the user holds for somebody who is absent, and not in their own right.
    pub delegated: Arc<[Delegated]>,
    /// Units below the user's own (schools of a district), by `parent`.
    pub below: Arc<BTreeSet<UnitId>>,
    /// Short text that differs between callers who see different rows.
    pub scope_key: String,
}

/// Rows of which units a caller meets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Everyone's.
    All,
    /// Those of these units; `own` are the caller's, and the tasks these lead are met as well.
    Units {
        /// The caller's own units and those below them.
        units: BTreeSet<UnitId>,
        /// The caller's own units.
        own: BTreeSet<UnitId>,
    },
}

impl Reach {
    /// Whether a row of `unit` is met.
    pub fn covers(&self, unit: UnitId) -> bool {
        match self {
            Self::All => true,
            Self::Units { units, .. } => units.contains(&unit),
        }
    }
}

impl Viewer {
    /// Whether one of the caller's roles, and the token's scope, allow the action at all.
    pub fn may(&self, action: Action) -> bool {
        let scope = self.scope == TokenScope::Write || !action.writes();
        scope && self.allowing(action).next().is_some()
    }

    /// Whether a bureau's role allows the action: everyone's rows are met then.
    fn meets_everyones(&self, action: Action) -> bool {
        self.allowing(action).any(|one| match action.rows() {
            Rows::Everyones => true,
            Rows::Units | Rows::OwnUnit => !one.role.is_of_unit(),
            Rows::OwnUser => one.role == Administrator,
        })
    }

    /// Rows of which units the caller meets under an action; of no unit where the action is not allowed.
    pub fn reach(&self, action: Action) -> Reach {
        if self.meets_everyones(action) {
            return Reach::All;
        }
        let own: BTreeSet<UnitId> = self
            .allowing(action)
            .filter_map(|one| one.unit_id)
            .collect();
        let mut units = own.clone();
        if action.rows() == Rows::Units && !own.is_empty() {
            units.extend(self.below.iter());
        }
        Reach::Units { units, own }
    }

    /// Whether everyone's rows are met under an action about users' own rows.
    pub fn reaches_everyone(&self, action: Action) -> bool {
        self.meets_everyones(action)
    }

    /// Whether the rows of `user` are met under an action about users' own rows.
    pub fn reaches_user(&self, action: Action, user: UserId) -> bool {
        self.user_id == user || self.meets_everyones(action)
    }

    /// Who acts when this caller does something.
    pub fn acting(&self, action: Action) -> Actor {
        Actor::User {
            user_id: self.user_id,
            token_id: self.token_id,
            address: self.address.clone(),
            stands_in_for: self.stands_in_for(action),
        }
    }

    /// Addresses of those absent whose roles, which the caller does not hold in their own right, allow the action.
    pub fn stands_in_for(&self, action: Action) -> Vec<String> {
        let allowing = self.delegated.iter();
        let allowing = allowing.filter(|one| action.roles().contains(&one.membership.role));
        let addresses: BTreeSet<&str> = allowing.map(|one| one.address.as_str()).collect();
        addresses.into_iter().map(str::to_owned).collect()
    }

    /// The caller's roles that allow the action.
    fn allowing(&self, action: Action) -> impl Iterator<Item = &Membership> {
        self.memberships
            .iter()
            .filter(move |one| action.roles().contains(&one.role))
    }

    /// The short text that differs between callers who see different rows.
    pub fn scope_key(&self) -> &str {
        &self.scope_key
    }
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;

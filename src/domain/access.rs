//! Who may do what, and to whose rows. The one table; `http` asks it before any handler runs, and the lists of `storage`
//! are bounded by the [`Reach`] it gives.

use crate::domain::ids::{TokenId, UnitId, UserId};
use crate::domain::token_scope::TokenScope;
use crate::domain::user_role::UserRole;
use std::collections::BTreeSet;
use std::sync::Arc;

use UserRole::{Administrator, Auditor, Leader, Supervisor, UnitContact, UnitHead};

const EVERYBODY: &[UserRole] = &UserRole::ALL;
const BUREAU: &[UserRole] = &[Administrator, Supervisor, Leader, Auditor];
const OFFICE: &[UserRole] = &[Administrator, Supervisor];
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
    /// The directory of units and unit groups.
    ReadUnits "read_units" Reads Everyones EVERYBODY,
    /// Making and changing units.
    WriteUnits "write_units" Writes Everyones OFFICE,
    /// Contacts with their addresses.
    ReadContacts "read_contacts" Reads Units EVERYBODY,
    /// Changing who is the contact of a unit.
    WriteContacts "write_contacts" Writes OwnUnit CONTACT_KEEPERS,
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
    /// Indicators with their targets.
    ReadIndicators "read_indicators" Reads Everyones EVERYBODY,
    /// Confirming, adding, changing and retiring indicators.
    WriteIndicators "write_indicators" Writes Everyones OFFICE,
    /// What units have reported of indicators, and whether their targets are attained.
    ReadIndicatorValues "read_indicator_values" Reads Units EVERYBODY,
    /// Obligations.
    ReadObligations "read_obligations" Reads Units EVERYBODY,
    /// Answering an obligation; the supervision office records answers for any unit.
    AnswerObligations "answer_obligations" Writes OwnUnit ANSWERING,
    /// Importing an edited ledger; its rows are edited by whoever may answer for their units.
    ImportLedgers "import_ledgers" Writes Everyones ANSWERING,
    /// Reports.
    ReadReports "read_reports" Reads Units EVERYBODY,
    /// The reminder ledger, and why a contact was (not) mailed.
    ReadReminders "read_reminders" Reads Units EVERYBODY,
    /// Mails in the outbox.
    ReadMails "read_mails" Reads Units EVERYBODY,
    /// Sending again what waits for a person.
    ResendMails "resend_mails" Writes Everyones OFFICE,
    /// Attached files.
    ReadAttachments "read_attachments" Reads Units EVERYBODY,
    /// Attaching files.
    WriteAttachments "write_attachments" Writes OwnUnit ANSWERING,
    /// Counts and progress.
    ReadDashboard "read_dashboard" Reads Units EVERYBODY,
    /// The feed of changes.
    ReadChanges "read_changes" Reads Units EVERYBODY,
    /// Who did what.
    ReadAuditEvents "read_audit_events" Reads Everyones AUDITING,
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
}

/// A role that a user holds, with the unit of a unit's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Membership {
    /// The role.
    pub role: UserRole,
    /// Its unit; none for the bureau's roles.
    pub unit_id: Option<UnitId>,
}

/// Whoever calls: a user through one of their tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The user.
    pub user_id: UserId,
    /// Normalised address, for the audit.
    pub address: String,
    /// The token.
    pub token_id: TokenId,
    /// What the token is good for.
    pub scope: TokenScope,
    /// The user's roles.
    pub memberships: Vec<Membership>,
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
mod tests {
    use super::*;
    use uuid::Uuid;

    fn unit(number: u128) -> UnitId {
        UnitId(Uuid::from_u128(number))
    }

    fn viewer(
        memberships: &[(UserRole, Option<u128>)],
        scope: TokenScope,
        below: &[u128],
    ) -> Viewer {
        Viewer {
            user_id: UserId(Uuid::from_u128(9)),
            address: "a@example.org".to_owned(),
            token_id: TokenId(Uuid::from_u128(8)),
            scope,
            memberships: memberships
                .iter()
                .map(|(role, of)| Membership {
                    role: *role,
                    unit_id: of.map(unit),
                })
                .collect(),
            below: Arc::new(below.iter().map(|number| unit(*number)).collect()),
            scope_key: String::new(),
        }
    }

    #[test]
    fn a_read_token_changes_nothing_whoever_holds_it() {
        let administrator = viewer(&[(Administrator, None)], TokenScope::Read, &[]);
        for action in Action::ALL {
            assert_eq!(administrator.may(*action), !action.writes(), "{action:?}");
        }
    }

    #[test]
    fn leaders_and_auditors_change_nothing_but_their_tokens() {
        for role in [Leader, Auditor] {
            let viewer = viewer(&[(role, None)], TokenScope::Write, &[]);
            for action in Action::ALL.iter().filter(|action| action.writes()) {
                assert_eq!(
                    viewer.may(*action),
                    *action == Action::WriteTokens,
                    "{role:?} {action:?}"
                );
            }
        }
    }

    #[test]
    fn a_district_sees_its_schools_and_answers_for_itself() {
        let district = viewer(&[(UnitHead, Some(1))], TokenScope::Write, &[2, 3]);
        let sees = district.reach(Action::ReadObligations);
        assert!(sees.covers(unit(1)) && sees.covers(unit(3)) && !sees.covers(unit(4)));
        let answers = district.reach(Action::AnswerObligations);
        assert!(answers.covers(unit(1)) && !answers.covers(unit(2)));
    }

    #[test]
    fn a_contact_does_not_keep_contacts_and_meets_no_unit_then() {
        let contact = viewer(&[(UnitContact, Some(1))], TokenScope::Write, &[]);
        assert!(!contact.may(Action::WriteContacts));
        assert!(!contact.reach(Action::WriteContacts).covers(unit(1)));
    }

    #[test]
    fn roles_add_up() {
        let both = viewer(
            &[(UnitContact, Some(1)), (Leader, None)],
            TokenScope::Write,
            &[],
        );
        assert_eq!(both.reach(Action::ReadObligations), Reach::All);
        assert!(!both.reach(Action::AnswerObligations).covers(unit(2)));
        assert!(both.reach(Action::AnswerObligations).covers(unit(1)));
    }

    #[test]
    fn tokens_of_others_are_met_by_administrators_alone() {
        let other = UserId(Uuid::from_u128(1));
        for role in UserRole::ALL {
            let viewer = viewer(&[(role, None)], TokenScope::Write, &[]);
            assert_eq!(
                viewer.reaches_user(Action::WriteTokens, other),
                role == Administrator
            );
            assert!(viewer.reaches_user(Action::WriteTokens, viewer.user_id));
        }
    }
}

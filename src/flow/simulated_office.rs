//! The simulated supervision office and lead units: on each workday they decide requests for more time and review what
//! was reported as finished, through the same use cases as real ones.

use crate::domain::access::{Membership, Reach, Viewer};
use crate::domain::assignment_life::AssignmentEvent;
use crate::domain::extension::ExtensionState;
use crate::domain::ids::{AssignmentId, TokenId, UserId};
use crate::domain::obligation::ObligationKind;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::temperament::People;
use crate::domain::token_scope::TokenScope;
use crate::domain::unit::UnitDirectory;
use crate::domain::user_role::UserRole;
use crate::flow::decide_assignments::{Decision, decide_assignments};
use crate::flow::extend_due_day::decide_extension;
use crate::flow::simulated_bureau::{SimulatedBureau, Workday};
use crate::flow::simulated_notices::handle_notices;
use crate::flow::simulated_units::ToReview;
use crate::flow::{Ctx, FlowError};
use crate::storage::lists::extensions::{self, ExtensionFilter};
use crate::storage::new_id;
use crate::storage::paging::PageWanted;
use chrono::NaiveDate;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Who decides, as the audit names them.
const OFFICE: &str = "office@simulated.example.org";
/// Requests decided on one day.
const MOST_A_DAY: u64 = 200;

/// The office of a simulated town.
pub(super) struct SimulatedOffice {
    people: People,
    viewer: Viewer,
    bureau: SimulatedBureau,
    /// What is decided on which day.
    planned: BTreeMap<NaiveDate, Vec<Decision>>,
    /// Assignments about which something is planned.
    pending: HashSet<AssignmentId>,
    /// Assignments that were sent back once.
    returned: HashSet<AssignmentId>,
}

impl SimulatedOffice {
    pub(super) fn of(people: People) -> Self {
        let viewer = Viewer {
            user_id: UserId(new_id()),
            address: OFFICE.to_owned(),
            token_id: TokenId(new_id()),
            scope: TokenScope::Write,
            memberships: vec![Membership {
                role: UserRole::Supervisor,
                unit_id: None,
            }],
            name: None,
            locale: None,
            delegated: Arc::default(),
            below: Arc::default(),
            scope_key: String::new(),
        };
        Self {
            people,
            viewer,
            bureau: SimulatedBureau::of(people),
            planned: BTreeMap::new(),
            pending: HashSet::new(),
            returned: HashSet::new(),
        }
    }

    /// What is done on a workday before the units do theirs.
    pub(super) async fn work(
        &mut self,
        ctx: &Ctx,
        (calendar, directory): (&SchoolCalendar, &UnitDirectory),
        day: NaiveDate,
    ) -> Result<(), FlowError> {
        self.decide_extensions(ctx).await?;
        handle_notices(ctx, OFFICE).await?;
        let today = Workday {
            ctx,
            viewer: &self.viewer,
            directory,
            calendar,
            day,
        };
        self.bureau.work(&today).await?;
        self.review(ctx, calendar, day).await
    }

    /// Two of three who ask for more time get it.
    async fn decide_extensions(&self, ctx: &Ctx) -> Result<(), FlowError> {
        let filter = ExtensionFilter {
            state: Some(ExtensionState::Requested),
            ..ExtensionFilter::default()
        };
        let wanted = PageWanted::first(MOST_A_DAY);
        let waiting = extensions::list(&ctx.db, &filter, &Reach::All, &wanted).await?;
        for one in waiting.rows {
            let key = format!("extension|{}|{}", one.due_on_before, one.requested_by);
            let grants = self.people.dice(&key).happens(67);
            let (day, note) = match grants {
                true => (Some(one.expected_on), "同意，请抓紧办理"),
                false => (None, "该项工作时限紧，请按原期限完成"),
            };
            decide_extension(ctx, OFFICE, one.id, day, Some(note.to_owned())).await?;
        }
        Ok(())
    }

    /// Carries out what is planned for this day, and plans the close-out of what was accepted.
    async fn review(
        &mut self,
        ctx: &Ctx,
        calendar: &SchoolCalendar,
        day: NaiveDate,
    ) -> Result<(), FlowError> {
        let later = self.planned.split_off(&day.succ_opt().unwrap_or(day));
        let due = std::mem::replace(&mut self.planned, later);
        let decisions: Vec<Decision> = due.into_values().flatten().collect();
        if decisions.is_empty() {
            return Ok(());
        }
        for one in &decisions {
            self.pending.remove(&one.assignment_id);
            if one.event == AssignmentEvent::Accept {
                let on = calendar.holidays.add_workdays(day, 2);
                self.plan(on, decision(one.assignment_id, AssignmentEvent::Close));
            }
        }
        decide_assignments(ctx, &self.viewer, decisions).await?;
        Ok(())
    }

    /// Takes reports for review: what is finished is accepted, now and then sent back; what was to be finished and is not
    /// is sent back.
    pub(super) fn take(
        &mut self,
        calendar: &SchoolCalendar,
        day: NaiveDate,
        reports: Vec<ToReview>,
    ) {
        for report in reports {
            let id = report.assignment_id;
            let completing = report.kind == ObligationKind::Complete;
            if self.pending.contains(&id) || (report.percent < 100 && !completing) {
                continue;
            }
            let key = format!("review|{day}|{}|{}", report.position, report.unit_code);
            let mut dice = self.people.dice(&key);
            let on = calendar.holidays.add_workdays(day, dice.between(1, 3));
            let sends_back = completing && (report.percent < 100 || dice.happens(8));
            if sends_back && self.returned.insert(id) {
                let back = Decision {
                    reason: Some("完成情况缺少具体数据和佐证，请补充后重新报送".to_owned()),
                    due_on: Some(calendar.holidays.add_workdays(on, 5)),
                    ..decision(id, AssignmentEvent::Return)
                };
                self.plan(on, back);
            } else if report.percent == 100 {
                self.plan(on, decision(id, AssignmentEvent::Accept));
            }
        }
    }

    fn plan(&mut self, on: NaiveDate, decision: Decision) {
        self.pending.insert(decision.assignment_id);
        self.planned.entry(on).or_default().push(decision);
    }
}

fn decision(assignment_id: AssignmentId, event: AssignmentEvent) -> Decision {
    Decision {
        assignment_id,
        event,
        reason: None,
        due_on: None,
    }
}

//! Gathering what a notice states: from the requests, the board, and the ledger of reminders.

use crate::domain::board::{self, Explained};
use crate::domain::ids::{AssignmentId, ObligationId, PlanId, RoundId, TaskId, UnitId};
use crate::domain::light::Light;
use crate::domain::mail_state::MailState;
use crate::domain::notice_facts::{
    AskFact, EarlierFact, LightFact, MOST_REMINDERS_NAMED, MOST_TASKS_NAMED, NoticeFacts,
    ReminderFact, TaskFact,
};
use crate::domain::notice_ladder::stage_at;
use crate::domain::obligation::ObligationKind;
use crate::domain::period_key::PeriodKey;
use crate::domain::school_calendar::SchoolCalendar;
use crate::domain::stage::Stage;
use crate::domain::unit::{Unit, UnitDirectory};
use crate::flow::explain_reminder::stage_text;
use crate::flow::refresh_board::ask;
use crate::flow::{Ctx, FlowError, Now};
use crate::storage::lists::labels;
use crate::storage::notices::StoredNotice;
use crate::storage::obligations::StoredObligation;
use crate::storage::reminders::{Addressee, ReminderState};
use crate::storage::{Session, obligations, outbox, reminders, tasks};
use chrono::NaiveDate;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Assignments whose lights are looked at for one notice.
const MOST_LIGHTS: usize = 50;

/// What facts are gathered from; opened before a transaction begins, as the board reads by a connection of its own.
pub(super) struct FactDesk<'a> {
    ctx: &'a Ctx,
    calendar: &'a SchoolCalendar,
    now: Now,
    pub(super) directory: UnitDirectory,
    plan_titles: HashMap<PlanId, String>,
    lights: Lights,
}

/// Lights as they are today.
#[derive(Debug, Default)]
struct Lights {
    of_assignments: HashMap<AssignmentId, Explained>,
    of_parts: HashMap<(TaskId, UnitId), Explained>,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) unit_id: UnitId,
    pub(super) plan_id: PlanId,
    pub(super) task_id: Option<TaskId>,
    pub(super) asks: &'a [StoredObligation],
    pub(super) earlier: Option<&'a StoredNotice>,
}

impl<'a> FactDesk<'a> {
    /// Opens the desk for notices about these requests, and about parts in tasks by these pairs.
    pub(super) async fn open(
        ctx: &'a Ctx,
        calendar: &'a SchoolCalendar,
        now: Now,
        asks: &[ObligationId],
        parts: &[(TaskId, UnitId)],
    ) -> Result<Self, FlowError> {
        let asked = obligations::assignments_asked(&ctx.db, asks).await?;
        let mut count: HashMap<ObligationId, usize> = HashMap::new();
        let mut wanted: Vec<AssignmentId> = Vec::new();
        for (obligation, assignment) in asked {
            let seen = count.entry(obligation).or_default();
            *seen += 1;
            if *seen <= MOST_LIGHTS {
                wanted.push(assignment);
            }
        }
        let parts: HashSet<(TaskId, UnitId)> = parts.iter().copied().collect();
        let lights = ask(ctx, move |view| {
            let day = view.board.as_of(now.today, view.line);
            let everyone = board::Reach::All;
            let light = |id| day.assignment_light(&everyone, id);
            let of_parts = parts.into_iter().filter_map(|part| {
                let filter = board::PageFilter {
                    task_id: Some(part.0),
                    unit_id: Some(part.1),
                    ..board::PageFilter::default()
                };
                let row = day.page(&everyone, &filter, None, 1).pop()?;
                Some((part, light(row.id)?))
            });
            let of_assignments = wanted.into_iter();
            Lights {
                of_parts: of_parts.collect(),
                of_assignments: of_assignments
                    .filter_map(|id| Some((id, light(id)?)))
                    .collect(),
            }
        });
        let lights = lights.await?;
        let plans = crate::storage::plans::all(&ctx.db).await?;
        Ok(Self {
            ctx,
            calendar,
            now,
            directory: ctx.units().await?,
            plan_titles: plans
                .into_iter()
                .map(|plan| (plan.id, plan.title))
                .collect(),
            lights,
        })
    }

    /// What a notice about `subject` states today.
    pub(super) async fn gather(
        &self,
        db: &impl Session,
        subject: Subject<'_>,
    ) -> Result<NoticeFacts, FlowError> {
        let unit = self.directory.get(subject.unit_id);
        let ids: Vec<ObligationId> = subject.asks.iter().map(|one| one.id).collect();
        let items = obligations::items(db, &ids).await?;
        let rounds: Vec<RoundId> = subject.asks.iter().filter_map(|one| one.round_id).collect();
        let periods = labels::periods(db, rounds).await?;
        let mut asks = Vec::with_capacity(subject.asks.len());
        for one in subject.asks {
            let named = items
                .iter()
                .filter(|item| item.obligation_id == one.id.0)
                .filter_map(|item| Some((item.number.as_deref()?, item.title.as_deref()?)));
            let named: Vec<String> = named.map(|(no, title)| format!("{no}　{title}")).collect();
            asks.push(AskFact {
                obligation_id: one.id,
                what: self.what(one, &periods),
                first_due_on: one.first_due_on,
                due_on: one.due_on,
                overdue_workdays: self.overdue(unit, one.due_on),
                task_count: named.len(),
                tasks: named.into_iter().take(MOST_TASKS_NAMED).collect(),
            });
        }
        let task = match subject.task_id {
            Some(id) => tasks::get(db, id).await?,
            None => None,
        };
        let numbered = items
            .iter()
            .filter_map(|item| Some((AssignmentId(item.assignment_id?), item.number.as_deref()?)));
        let light = match &task {
            Some(task) => {
                let own = self.lights.of_parts.get(&(task.id, subject.unit_id));
                own.map(|explained| light_fact(&task.number, explained))
            }
            None => self.gravest(numbered),
        };
        let (reminders, reminder_count) = self.reminders(db, &ids).await?;
        Ok(NoticeFacts {
            as_of: self.now.today,
            unit_name: unit.map(|unit| unit.name.clone()).unwrap_or_default(),
            office: self.office(),
            asks,
            task: task.map(|task| TaskFact {
                number: task.number,
                title: task.title,
                plan_title: self.plan_title(subject.plan_id),
            }),
            light,
            reminders,
            reminder_count,
            earlier: subject.earlier.and_then(|one| {
                Some(EarlierFact {
                    number: one.number?,
                    rung: one.rung,
                    issued_on: one.issued_on?,
                })
            }),
            answer_by: None,
        })
    }

    /// The name of the office that signs.
    fn office(&self) -> String {
        let unit = self.ctx.supervision_unit(&self.directory);
        unit.map_or_else(
            || self.ctx.settings.from_name.clone(),
            |unit| unit.name.clone(),
        )
    }

    fn plan_title(&self, id: PlanId) -> String {
        let title = self.plan_titles.get(&id).map_or("", String::as_str);
        let bare = title
            .strip_prefix('《')
            .and_then(|title| title.strip_suffix('》'));
        bare.unwrap_or(title).to_owned()
    }

    /// What is asked, as a verb phrase.
    fn what(&self, one: &StoredObligation, periods: &HashMap<RoundId, String>) -> String {
        let plan = format!("《{}》", self.plan_title(one.plan_id));
        let period = one.round_id.and_then(|round| periods.get(&round));
        let period = period.and_then(|key| key.parse::<PeriodKey>().ok());
        let period = period.map(PeriodKey::label).unwrap_or_default();
        match one.kind {
            ObligationKind::Acknowledge => format!("签收{plan}"),
            ObligationKind::Complete => format!("报送{plan}任务完成情况"),
            ObligationKind::SendUp => {
                format!("报送{}", one.what.as_deref().unwrap_or("有关材料"))
            }
            ObligationKind::SpotCheck => format!("报送{plan}{period}抽查自查情况"),
            ObligationKind::Dispatch => format!("报送{plan}{period}调度情况"),
            ObligationKind::Monitoring => format!("填报{plan}{period}监测数据"),
            ObligationKind::Rectify => format!("报送{plan}问题整改情况"),
            ObligationKind::Collect => format!("报送{plan}{period}进展汇集情况"),
            ObligationKind::FollowUp => {
                format!("落实议定事项：{}", one.what.as_deref().unwrap_or_default())
            }
            ObligationKind::Notice => format!("答复{}", one.what.as_deref().unwrap_or("督办单")),
        }
    }

    fn overdue(&self, unit: Option<&Unit>, due_on: NaiveDate) -> u32 {
        let levels = unit.map(|unit| unit.levels.as_slice()).unwrap_or_default();
        let rests = |day| self.calendar.terms.vacation_at(levels, day).is_some();
        match stage_at(due_on, self.now.today, &self.calendar.holidays, rests) {
            Stage::Over(workdays) => u32::from(workdays),
            Stage::Notice | Stage::Before(_) | Stage::Due => 0,
        }
    }

    /// The gravest of the lights of these assignments, the first of several; none where all are green.
    fn gravest<'i>(
        &self,
        numbered: impl Iterator<Item = (AssignmentId, &'i str)>,
    ) -> Option<LightFact> {
        let mut gravest: Option<(&str, &Explained)> = None;
        for (id, number) in numbered {
            let Some(explained) = self.lights.of_assignments.get(&id) else {
                continue;
            };
            let is_graver = gravest.is_none_or(|(_, known)| explained.why.light > known.why.light);
            if explained.why.light > Light::Green && is_graver {
                gravest = Some((number, explained));
            }
        }
        gravest.map(|(number, explained)| light_fact(number, explained))
    }

    /// The reminders of these requests that a mail has carried to their units, and how many days there were.
    async fn reminders(
        &self,
        db: &impl Session,
        asks: &[ObligationId],
    ) -> Result<(Vec<ReminderFact>, usize), FlowError> {
        let told: Vec<_> = reminders::of_obligations(db, asks)
            .await?
            .into_iter()
            .filter(|one| one.state == ReminderState::Mailed)
            .filter(|one| one.key.addressee == Addressee::Unit)
            .collect();
        let mails: HashSet<_> = told.iter().filter_map(|one| one.mail_id).collect();
        let mails: Vec<_> = mails.into_iter().collect();
        let sent: HashSet<_> = outbox::with_ids(db, &mails)
            .await?
            .into_iter()
            .filter(|mail| mail.state == MailState::Sent)
            .map(|mail| mail.id)
            .collect();
        let sent = told
            .into_iter()
            .filter(|one| one.mail_id.is_some_and(|mail| sent.contains(&mail)));
        let days: BTreeSet<(NaiveDate, Stage)> =
            sent.map(|one| (one.made_on, one.key.stage)).collect();
        let left_out = days.len().saturating_sub(MOST_REMINDERS_NAMED);
        let named = days.iter().skip(left_out).map(|(on, stage)| ReminderFact {
            on: *on,
            stage: stage_text(*stage),
        });
        Ok((named.collect(), days.len()))
    }
}

fn light_fact(number: &str, explained: &Explained) -> LightFact {
    LightFact {
        light: explained.why.light,
        task_number: number.to_owned(),
        text: format!("{}。", explained.why.explain()),
    }
}

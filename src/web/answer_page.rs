//! The page that answers a request, behind a mail's link or after signing in: what is asked, and the form.

use super::answer_form::{AnswerForm, form_of};
use super::field::{ErrorShown, Input, Typed, Wrong, mark};
use super::frame::Frame;
use super::words::Words;
use crate::domain::mail_link::LinkPurpose;
use crate::domain::obligation::{MovedBy, ObligationState};
use crate::flow::answer_target::AnswerTarget;
use askama::Template;
use chrono::NaiveDate;

/// One fact about what is asked.
pub(super) struct Fact {
    label: String,
    value: String,
    is_urgent: bool,
}

/// A task that a plan's issue asks to acknowledge.
pub(super) struct TaskShown {
    number: String,
    title: String,
    text: String,
    leads: String,
}

/// What has been done.
pub(super) struct Done {
    heading: String,
    text: String,
}

/// The page.
#[derive(Template)]
#[template(path = "answer.html", config = "config/askama.toml")]
pub(super) struct AnswerPage {
    frame: Frame,
    address: String,
    unit: String,
    is_by_link: bool,
    done: Option<Done>,
    errors: Vec<ErrorShown>,
    facts: Vec<Fact>,
    tasks: Vec<TaskShown>,
    form: Option<AnswerForm>,
    contact: String,
}

/// What the page is made of.
pub(super) struct Asked<'a> {
    /// The language.
    pub(super) words: Words,
    /// The frame around it; its title is the page's to say.
    pub(super) frame: Frame,
    /// What its reader is asked for.
    pub(super) purpose: LinkPurpose,
    /// What it is about.
    pub(super) target: &'a AnswerTarget,
    /// Where its form is sent.
    pub(super) address: String,
    /// Proves that a form came from our page.
    pub(super) token: String,
    /// Whom to ask.
    pub(super) office: &'a str,
    /// The local day.
    pub(super) today: NaiveDate,
    /// Whether its reader came by a mail's link.
    pub(super) is_by_link: bool,
}

/// What came of a form that was sent.
pub(super) enum Outcome<'a> {
    /// None was sent.
    Nothing,
    /// It was carried out; the key of what is said then.
    Done(&'static str),
    /// It was refused; what was typed stays.
    Wrong {
        /// What was typed.
        typed: &'a Typed,
        /// What is wrong, by field; an empty name for the whole.
        wrong: Vec<Wrong>,
    },
}

impl AnswerPage {
    /// The page of a request at `address`, for a purpose.
    pub(super) fn of(asked: Asked<'_>, outcome: Outcome<'_>) -> Self {
        let Asked {
            words,
            purpose,
            target,
            ..
        } = asked;
        let title = words.fill(
            &format!("link.title.{}", purpose.as_str()),
            &[("what", &what(words, target))],
        );
        let is_acknowledged = purpose == LinkPurpose::Acknowledge
            && target.obligation.state == ObligationState::Answered;
        let (done, typed, wrong, shows_form) = match outcome {
            // What was acknowledged is acknowledged; anything else may be told again.
            Outcome::Nothing => (
                answered(words, purpose, target),
                None,
                Vec::new(),
                !is_acknowledged,
            ),
            Outcome::Done(key) => (Some(carried_out(words, key)), None, Vec::new(), false),
            Outcome::Wrong { typed, wrong } => (None, Some(typed), wrong, true),
        };
        let mut form = shows_form.then(|| form_of(words, purpose, target, asked.token, typed));
        let errors = form
            .as_mut()
            .map(|form| mark(form.all_fields(), wrong))
            .unwrap_or_default();
        Self {
            frame: Frame {
                title,
                ..asked.frame
            },
            address: asked.address,
            unit: target.unit.name.clone(),
            is_by_link: asked.is_by_link,
            done,
            errors,
            facts: facts(words, target, asked.today),
            tasks: match purpose {
                LinkPurpose::Report => Vec::new(),
                LinkPurpose::Acknowledge | LinkPurpose::Extend | LinkPurpose::Evidence => {
                    tasks(words, target)
                }
            },
            form,
            contact: words.fill("frame.contact", &[("office", asked.office)]),
        }
    }
}

/// What is asked, as a verb phrase: that of the mail.
fn what(words: Words, target: &AnswerTarget) -> String {
    let obligation = &target.obligation;
    let plan = match target.plan_title.is_empty() {
        true => String::new(),
        false => words.mail("title", &[("title", &target.plan_title)]),
    };
    words.mail(
        &format!("action.{}", obligation.kind.as_str()),
        &[
            ("plan", &plan),
            ("period", target.period_label.as_deref().unwrap_or_default()),
            ("what", obligation.what.as_deref().unwrap_or_default()),
        ],
    )
}

/// That the request was answered before, where it was.
fn answered(words: Words, purpose: LinkPurpose, target: &AnswerTarget) -> Option<Done> {
    let (by, at) = target.last_told.as_ref()?;
    if target.obligation.state != ObligationState::Answered {
        return None;
    }
    let key = match purpose {
        LinkPurpose::Acknowledge => "acknowledged",
        LinkPurpose::Report | LinkPurpose::Extend | LinkPurpose::Evidence => "answered",
    };
    Some(Done {
        heading: words.say(&format!("link.done.{key}.heading")),
        text: words.fill(
            &format!("link.done.{key}.text"),
            &[("at", &words.day(*at)), ("by", by)],
        ),
    })
}

fn carried_out(words: Words, key: &str) -> Done {
    Done {
        heading: words.say(&format!("link.done.{key}.heading")),
        text: words.say(&format!("link.done.{key}.text")),
    }
}

fn facts(words: Words, target: &AnswerTarget, today: NaiveDate) -> Vec<Fact> {
    let obligation = &target.obligation;
    let fact = |key: &str, value: String, is_urgent| Fact {
        label: words.say(&format!("link.fact.{key}")),
        value,
        is_urgent,
    };
    let is_open = obligation.state != ObligationState::Answered;
    let is_late = is_open && obligation.due_on < today;
    let mut due = words.day(obligation.due_on);
    if is_late {
        due = words.fill("link.fact.late", &[("day", &due)]);
    }
    if obligation.provisional {
        due = words.fill("link.fact.provisional", &[("day", &due)]);
    }
    let mut facts = vec![
        fact("unit", target.unit.name.clone(), false),
        fact("asked", what(words, target), false),
        fact(
            "due",
            due,
            is_late || (is_open && obligation.due_on == today),
        ),
    ];
    if obligation.first_due_on != obligation.due_on {
        facts.push(fact("first_due", words.day(obligation.first_due_on), false));
    }
    if let Some(moved) = &obligation.moved {
        // What was sent back is to be answered anew: that must not be overlooked.
        let is_returned = is_open && moved.by == MovedBy::Return;
        let key = if is_returned { "returned" } else { "moved" };
        facts.push(fact(key, moved.reason.clone(), is_returned));
    }
    facts
}

fn tasks(words: Words, target: &AnswerTarget) -> Vec<TaskShown> {
    let of_tasks = target
        .items
        .iter()
        .filter(|item| item.assignment_id.is_some());
    let shown = of_tasks.map(|item| TaskShown {
        number: item.task_number.clone(),
        title: item.task_title.clone(),
        text: item.task_text.clone(),
        leads: match item.lead_names.is_empty() {
            true => String::new(),
            false => words.fill("link.leads", &[("leads", &words.list(&item.lead_names))]),
        },
    });
    shown.collect()
}

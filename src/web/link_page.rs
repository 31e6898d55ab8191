//! The page behind a mail's link: what is asked, and the form that answers it.

use super::frame::Frame;
use super::link_form::{Form, Input, Typed, Wrong, form_of};
use super::words::Words;
use crate::domain::mail_link::LinkPurpose;
use crate::domain::obligation::ObligationState;
use crate::flow::follow_link::{LinkRefusal, LinkTarget};
use actix_web::http::StatusCode;
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

/// Something that is wrong.
pub(super) struct ErrorShown {
    /// The id of the field that it is about.
    field: Option<String>,
    text: String,
}

/// The page.
#[derive(Template)]
#[template(path = "link.html", config = "config/askama.toml")]
pub(super) struct LinkPage {
    frame: Frame,
    address: String,
    unit: String,
    done: Option<Done>,
    errors: Vec<ErrorShown>,
    facts: Vec<Fact>,
    tasks: Vec<TaskShown>,
    form: Option<Form>,
    contact: String,
}

/// A page that says why a link does not work.
#[derive(Template)]
#[template(path = "link_refused.html", config = "config/askama.toml")]
pub(super) struct RefusedPage {
    frame: Frame,
    text: String,
    advice: String,
}

impl RefusedPage {
    /// The page for a refusal; with its status.
    pub(super) fn of(words: Words, refusal: LinkRefusal) -> (StatusCode, Self) {
        let (status, key) = match refusal {
            LinkRefusal::Unknown => (StatusCode::BAD_REQUEST, "unknown"),
            LinkRefusal::Expired => (StatusCode::GONE, "expired"),
            LinkRefusal::Over => (StatusCode::GONE, "over"),
            LinkRefusal::NotYours => (StatusCode::FORBIDDEN, "not_yours"),
        };
        (status, Self::saying(words, key))
    }

    /// The page that says what stands under `link.refused.{key}`.
    pub(super) fn saying(words: Words, key: &str) -> Self {
        Self {
            frame: Frame::new(words, words.say(&format!("link.refused.{key}.title"))),
            text: words.say(&format!("link.refused.{key}.text")),
            advice: words.say("link.refused.advice"),
        }
    }
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

impl LinkPage {
    /// The page of a link at `address`.
    pub(super) fn of(
        words: Words,
        target: &LinkTarget,
        address: &str,
        token: String,
        office: &str,
        today: NaiveDate,
        outcome: Outcome<'_>,
    ) -> Self {
        let purpose = target.link.purpose;
        let title = words.fill(
            &format!("link.title.{}", purpose.as_str()),
            &[("what", &what(words, target))],
        );
        let is_acknowledged = purpose == LinkPurpose::Acknowledge
            && target.obligation.state == ObligationState::Answered;
        let (done, typed, wrong, shows_form) = match outcome {
            // What was acknowledged is acknowledged; anything else may be told again.
            Outcome::Nothing => (answered(words, target), None, Vec::new(), !is_acknowledged),
            Outcome::Done(key) => (Some(carried_out(words, key)), None, Vec::new(), false),
            Outcome::Wrong { typed, wrong } => (None, Some(typed), wrong, true),
        };
        let mut form = shows_form.then(|| form_of(words, target, token, typed));
        let errors = form
            .as_mut()
            .map(|form| mark(form, wrong))
            .unwrap_or_default();
        Self {
            frame: Frame::new(words, title),
            address: address.to_owned(),
            unit: target.unit.name.clone(),
            done,
            errors,
            facts: facts(words, target, today),
            tasks: match purpose {
                LinkPurpose::Report => Vec::new(),
                LinkPurpose::Acknowledge | LinkPurpose::Extend | LinkPurpose::Evidence => {
                    tasks(words, target)
                }
            },
            form,
            contact: words.fill("frame.contact", &[("office", office)]),
        }
    }
}

/// What is asked, as a verb phrase: that of the mail.
fn what(words: Words, target: &LinkTarget) -> String {
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
fn answered(words: Words, target: &LinkTarget) -> Option<Done> {
    let (by, at) = target.last_told.as_ref()?;
    if target.obligation.state != ObligationState::Answered {
        return None;
    }
    let key = match target.link.purpose {
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

/// Puts what is wrong beside its field; the list of it all, in the order of the form.
fn mark(form: &mut Form, wrong: Vec<Wrong>) -> Vec<ErrorShown> {
    let mut shown = Vec::new();
    let mut rest = wrong;
    for field in form.all_fields() {
        let (mine, others): (Vec<Wrong>, Vec<Wrong>) =
            rest.into_iter().partition(|(name, _)| *name == field.name);
        rest = others;
        for (_, text) in mine {
            field.error.get_or_insert_with(|| text.clone());
            shown.push(ErrorShown {
                field: Some(field.name.clone()),
                text,
            });
        }
    }
    shown.extend(
        rest.into_iter()
            .map(|(_, text)| ErrorShown { field: None, text }),
    );
    shown
}

fn facts(words: Words, target: &LinkTarget, today: NaiveDate) -> Vec<Fact> {
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
        facts.push(fact("moved", moved.reason.clone(), false));
    }
    facts
}

fn tasks(words: Words, target: &LinkTarget) -> Vec<TaskShown> {
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

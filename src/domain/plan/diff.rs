//! A plan amended and read again: what of its tasks is new, gone or other than before. What people have changed since the
//! document was read last stays where the document says of it what it said before. Pure; how tasks find their measures
//! again is in `rediscover`.

use crate::domain::plan::rediscover::{Matched, rediscover};
use crate::domain::role::Role;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};

/// What a document says of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskContent {
    /// Outline path.
    pub number: String,
    /// Headings above.
    pub section: Vec<String>,
    /// Title.
    pub title: String,
    /// Whole text.
    pub text: String,
    /// Names of its units as written, by role.
    pub units: BTreeMap<Role, Vec<String>>,
    /// Due day.
    pub due_on: Option<NaiveDate>,
    /// A standing duty.
    pub continuous: bool,
}

/// Whether a task may still be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Open,
    /// It goes on as several.
    Split,
    /// A person withdrew it.
    Withdrawn,
    /// It is closed.
    Closed,
}

/// A task that the plan has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTask {
    /// As the document said when it was read last.
    pub read: TaskContent,
    /// As it is now, people having changed it.
    pub now: TaskContent,
    /// Whether it may still be changed.
    pub standing: Standing,
}

/// What became of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The document has it for the first time.
    Added,
    /// The document has it no more.
    Removed,
    /// It is other than before.
    Changed,
    /// It is as before.
    Unchanged,
    /// The document says other than what is, and what is stays.
    Kept,
}

/// A part of a task that is other than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Outline path.
    Number,
    /// Headings above.
    Section,
    /// Title.
    Title,
    /// Text.
    Text,
    /// Due day.
    DueOn,
    /// Whether it is a standing duty.
    Continuous,
    /// 牵头单位.
    LeadUnits,
    /// 责任单位.
    ResponsibleUnits,
    /// 配合单位.
    CooperatingUnits,
}

/// How a part of a task differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// Which part.
    pub field: Field,
    /// As it is.
    pub before: Option<String>,
    /// As the document has it.
    pub after: Option<String>,
    /// Names that are new; only of units.
    pub added: Vec<String>,
    /// Names that are gone; only of units.
    pub removed: Vec<String>,
    /// Whether it will be as the document has it; else it stays as people have made it.
    pub applies: bool,
}

/// One task of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskDiff {
    /// What became of it.
    pub fate: Fate,
    /// Its place among the known tasks; none where it is new.
    pub known: Option<usize>,
    /// Its place among the measures of the document; none where it is gone.
    pub measure: Option<usize>,
    /// How the one was found to be the other.
    pub matched: Option<Matched>,
    /// What is other than before.
    pub changes: Vec<FieldChange>,
    /// What it will be; none where nothing is done to it.
    pub result: Option<TaskContent>,
    /// Why it stays as it is.
    pub kept: Option<Standing>,
}

/// Compares the tasks of a plan with what a document says: in the order of the document, then those that are gone.
pub fn compare(known: &[KnownTask], document: &[TaskContent]) -> Vec<TaskDiff> {
    let read: Vec<&TaskContent> = known.iter().map(|task| &task.read).collect();
    let found = rediscover(&read, document);
    let mut diffs: Vec<TaskDiff> = Vec::with_capacity(known.len().max(document.len()));
    for (at, new) in document.iter().enumerate() {
        let pair = found.get(at).copied().flatten();
        let task = pair.and_then(|(task, how)| Some((task, how, known.get(task)?)));
        diffs.push(match task {
            Some((task, how, known)) => TaskDiff {
                known: Some(task),
                measure: Some(at),
                matched: Some(how),
                ..changed(known, new)
            },
            None => TaskDiff {
                fate: Fate::Added,
                known: None,
                measure: Some(at),
                matched: None,
                changes: Vec::new(),
                result: Some(new.clone()),
                kept: None,
            },
        });
    }
    let there: HashSet<usize> = found.iter().flatten().map(|(task, _)| *task).collect();
    let gone = known
        .iter()
        .enumerate()
        .filter(|(at, _)| !there.contains(at));
    diffs.extend(gone.map(|(at, task)| {
        let stays = task.standing != Standing::Open;
        TaskDiff {
            fate: match stays {
                true => Fate::Kept,
                false => Fate::Removed,
            },
            known: Some(at),
            measure: None,
            matched: None,
            changes: Vec::new(),
            result: None,
            kept: stays.then_some(task.standing),
        }
    }));
    diffs
}

/// A part of a task that is one value: how it is told, and how it is taken over.
struct Plain {
    field: Field,
    told: fn(&TaskContent) -> Option<String>,
    take: fn(&mut TaskContent, &TaskContent),
}

/// Everything but the units.
const PLAIN: [Plain; 6] = [
    Plain {
        field: Field::Number,
        told: |one| Some(one.number.clone()),
        take: |one, new| one.number.clone_from(&new.number),
    },
    Plain {
        field: Field::Section,
        told: |one| Some(one.section.join(" / ")),
        take: |one, new| one.section.clone_from(&new.section),
    },
    Plain {
        field: Field::Title,
        told: |one| Some(one.title.clone()),
        take: |one, new| one.title.clone_from(&new.title),
    },
    Plain {
        field: Field::Text,
        told: |one| Some(one.text.clone()),
        take: |one, new| one.text.clone_from(&new.text),
    },
    Plain {
        field: Field::DueOn,
        told: |one| one.due_on.map(|day| day.to_string()),
        take: |one, new| one.due_on = new.due_on,
    },
    Plain {
        field: Field::Continuous,
        told: |one| Some(if one.continuous { "是" } else { "否" }.to_owned()),
        take: |one, new| one.continuous = new.continuous,
    },
];

fn changed(known: &KnownTask, new: &TaskContent) -> TaskDiff {
    let mut result = known.now.clone();
    let mut changes = Vec::new();
    let is_open = known.standing == Standing::Open;
    for plain in &PLAIN {
        let (before, after) = ((plain.told)(&known.now), (plain.told)(new));
        if before == after {
            continue;
        }
        // What the document said before, people have changed since.
        let applies = is_open && (plain.told)(&known.read) != after;
        if applies {
            (plain.take)(&mut result, new);
        }
        changes.push(FieldChange {
            field: plain.field,
            before,
            after,
            added: Vec::new(),
            removed: Vec::new(),
            applies,
        });
    }
    for role in Role::ALL {
        let Some((change, names)) = units_changed(role, known, new) else {
            continue;
        };
        if change.applies {
            result.units.insert(role, names);
        }
        changes.push(change);
    }
    let applies = changes.iter().any(|change| change.applies);
    TaskDiff {
        fate: match (changes.is_empty(), applies) {
            (true, _) => Fate::Unchanged,
            (false, true) => Fate::Changed,
            (false, false) => Fate::Kept,
        },
        known: None,
        measure: None,
        matched: None,
        changes,
        result: applies.then_some(result),
        kept: (!is_open).then_some(known.standing),
    }
}

/// How the units of a role differ, and the names that it will have: those it has, with what the document has added and
/// without what the document has taken away since it was read last.
fn units_changed(
    role: Role,
    known: &KnownTask,
    new: &TaskContent,
) -> Option<(FieldChange, Vec<String>)> {
    let of = |content: &TaskContent| content.units.get(&role).cloned().unwrap_or_default();
    let (read, now, new) = (of(&known.read), of(&known.now), of(new));
    let without = |one: &[String], other: &[String]| -> Vec<String> {
        one.iter()
            .filter(|name| !other.contains(name))
            .cloned()
            .collect()
    };
    let said_new = without(&new, &read);
    let said_gone = without(&read, &new);
    let mut names = without(&now, &said_gone);
    names.extend(without(&said_new, &names));
    let applies = known.standing == Standing::Open && names != now;
    if !applies && without(&new, &now).is_empty() && without(&now, &new).is_empty() {
        return None;
    }
    let shown = match applies {
        true => &names,
        false => &new,
    };
    let joined = |names: &[String]| Some(names.join("、")).filter(|text| !text.is_empty());
    let change = FieldChange {
        field: match role {
            Role::Lead => Field::LeadUnits,
            Role::Responsible => Field::ResponsibleUnits,
            Role::Cooperating => Field::CooperatingUnits,
        },
        before: joined(&now),
        after: joined(shown),
        added: without(shown, &now),
        removed: without(&now, shown),
        applies,
    };
    Some((change, names))
}

/// Something else that a plan says: a step, a deadline, a cycle, a goal, an indicator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// By what it is known again.
    pub key: String,
    /// What is said of it.
    pub text: String,
}

/// How something else that the plan says differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidChange {
    /// As it is; none where it is new.
    pub before: Option<String>,
    /// As the document has it; none where it is gone.
    pub after: Option<String>,
}

/// Compares the other things that a plan says.
pub fn compare_said(known: &[Said], new: &[Said]) -> Vec<SaidChange> {
    let mut left: Vec<&Said> = known.iter().collect();
    let mut changes = Vec::new();
    for said in new {
        let same = left
            .iter()
            .position(|one| *one == said)
            .or_else(|| left.iter().position(|one| one.key == said.key));
        let before = same.map(|at| left.remove(at).text.clone());
        if before.as_deref() != Some(said.text.as_str()) {
            let after = Some(said.text.clone());
            changes.push(SaidChange { before, after });
        }
    }
    changes.extend(left.into_iter().map(|gone| SaidChange {
        before: Some(gone.text.clone()),
        after: None,
    }));
    changes
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;

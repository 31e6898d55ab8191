//! Which unit names of a plan stand for nobody: listed for a person, never guessed.

use crate::domain::plan::ParsedPlan;
use crate::domain::plan::{Problem, ProblemKind};
use crate::domain::unit::{UnitDirectory, Unmatched};
use std::collections::BTreeSet;

/// A problem for each name that matches no unit, or several; each name is told once, at its first measure.
///
/// A group word nobody belongs to today (各高中 where there is none) is told for a sender of a deadline and a lead: there
/// somebody is missing.
pub fn unknown_units(plan: &ParsedPlan, directory: &UnitDirectory) -> Vec<Problem> {
    let mut told = BTreeSet::new();
    let mut problems = Vec::new();
    let mut check = |line: usize, name: &str, needed: bool| {
        let wrong = match directory.resolve(name) {
            Ok(_) => false,
            Err(Unmatched::EmptyGroup) => needed,
            Err(Unmatched::Unknown | Unmatched::Ambiguous(_)) => true,
        };
        if wrong && told.insert(name.to_owned()) {
            problems.push(Problem {
                line,
                kind: ProblemKind::UnknownUnit,
                text: name.to_owned(),
            });
        }
    };
    for measure in &plan.measures {
        for name in &measure.lead_units {
            check(measure.line, name, true);
        }
        for name in measure
            .responsible_units
            .iter()
            .chain(&measure.cooperating_units)
        {
            check(measure.line, name, false);
        }
    }
    for deadline in &plan.deadlines {
        for name in &deadline.from_units {
            check(deadline.line, name, true);
        }
    }
    problems
}

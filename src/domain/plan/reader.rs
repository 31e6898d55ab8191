//! The order in which a plan is read and put together. Every rule stands in the file it is about.

use std::collections::HashSet;

use super::annex::missing_annexes;
use super::cycle_mention::{CycleCollector, CyclePlace};
use super::document::Document;
use super::due::{PlanTime, due_of};
use super::heading::Heading;
use super::indicator::{Indicator, Place, find_indicators};
use super::layout::{Layout, Part, Region};
use super::measure::{Draft, MeasureReader};
use super::parties::LeadSource;
use super::party_lines::PartyLines;
use super::party_table::{Found, PartyTable, find_table};
use super::phase::{PhaseMentions, find_phases};
use super::phase_year::{Phase, settle_years};
use super::prescribed::prescribed_nodes;
use super::problem::{Problem, ProblemKind};
use super::punctuation::Text;
use super::section::{Promise, promise_of, states_goals};
use super::sending::{Deadline, SendingContext, find_sendings};
use super::tree::Tree;
use super::{Measure, ParsedPlan};

/// Reads a plan; see [`super::parse_plan`].
pub(crate) fn read(document: &Document, year: Option<i32>) -> ParsedPlan {
    let layout = Layout::of(document);
    let heading = Heading::of(&layout);
    let tree = Tree::of(&layout, &heading.taken);
    let mut problems = missing_annexes(&layout);

    let mentions = find_phases(&layout, &tree);
    let (phases, phase_problems) = settle_years(&mentions.phases, year.or(heading.year));
    problems.extend(phase_problems);
    let time = PlanTime {
        start: phases.iter().find_map(|phase: &Phase| phase.starts_on),
        year: year.or(heading.year),
    };

    let drafts = drafts(&layout, &tree, &mentions, &mut problems);
    let lines = MeasureLines::of(&layout, &tree, &drafts);
    let (cycles, cycle_problems) = lines.cycles();
    problems.extend(cycle_problems);
    let context = SendingContext {
        time,
        addressees: &heading.addressees,
    };
    let deadlines = deadlines(&layout, &drafts, &context, &mut problems);
    let goals = lines.goals();
    let measures = measures(drafts, time, &mut problems);
    problems.sort_by_key(|problem| problem.line);

    ParsedPlan {
        title: heading.title,
        issued_by: heading.issued_by,
        document_number: heading.document_number,
        goals,
        phases,
        measures,
        cycles,
        deadlines,
        problems,
    }
}

/// The measures before dates: items with units and rows of work lists with units; in a plan without any
/// units, the prescribed items and the rows.
fn drafts(
    layout: &Layout<'_>,
    tree: &Tree,
    phases: &PhaseMentions,
    problems: &mut Vec<Problem>,
) -> Vec<Draft> {
    let lines = PartyLines::of(layout, tree);
    let reader = MeasureReader::new(layout, tree, &lines);
    let rows = table_drafts(layout, tree, problems);
    let has_units = lines.has_units() || rows.iter().any(|draft| !draft.parties.is_empty());
    let items = if lines.has_units() {
        reader.with_units()
    } else if has_units {
        Vec::new()
    } else {
        prescribed_nodes(layout, tree, &phases.nodes)
            .into_iter()
            .map(|node| reader.whole(node))
            .collect()
    };
    // A list of the same work without units beside one with them is not a second list of measures.
    let rows_have_units = rows.iter().any(|draft| !draft.parties.is_empty());
    let mut drafts: Vec<Draft> = items;
    drafts.extend(rows.into_iter().filter(|_| rows_have_units || !has_units));
    drafts.sort_by_key(|draft| draft.line);
    for draft in &mut drafts {
        draft.parties.infer_lead();
    }
    list_problems(&drafts, has_units, problems);
    drafts
}

fn table_drafts(layout: &Layout<'_>, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (index, node) in tree.nodes.iter().enumerate() {
        for at in &node.tables {
            let Some(Part::Table(table)) = layout.parts.get(*at) else {
                continue;
            };
            match find_table(table) {
                Found::Measures(found) => drafts.extend(section_rows(layout, tree, index, &found)),
                Found::Unclear(problem) => problems.push(problem),
                Found::Nothing => {}
            }
        }
    }
    drafts
}

/// The rows under a node; a table without units in a section of goals or steps is no work list.
fn section_rows(
    layout: &Layout<'_>,
    tree: &Tree,
    node: usize,
    table: &PartyTable<'_>,
) -> Vec<Draft> {
    let mut section = tree.section(layout, node);
    section.extend(tree.heading(layout, node));
    let rows = table.drafts(&section);
    let is_forbidden = tree
        .above(node)
        .into_iter()
        .chain([node])
        .any(|above| promise_of(tree.title(layout, above)) == Promise::Never);
    let has_units = rows.iter().any(|draft| !draft.parties.is_empty());
    if is_forbidden && !has_units {
        Vec::new()
    } else {
        rows
    }
}

fn list_problems(drafts: &[Draft], has_units: bool, problems: &mut Vec<Problem>) {
    let mut numbers = HashSet::new();
    for draft in drafts {
        let mut list = |kind| problems.push(Problem::new(draft.line, kind, &draft.title));
        if has_units && draft.parties.is_empty() {
            list(ProblemKind::MissingUnits);
        }
        if draft.parties.lead_source == LeadSource::Inferred {
            list(ProblemKind::InferredLead);
        }
        if draft.parties.is_unbalanced {
            list(ProblemKind::UnbalancedBracket);
        }
        if !numbers.insert(draft.number.as_str()) {
            problems.push(Problem::new(
                draft.line,
                ProblemKind::DuplicateNumber,
                &format!("{} {}", draft.number, draft.title),
            ));
        }
    }
    if drafts.is_empty() {
        problems.push(Problem::new(0, ProblemKind::NoMeasures, ""));
    }
}

fn measures(drafts: Vec<Draft>, time: PlanTime, problems: &mut Vec<Problem>) -> Vec<Measure> {
    let mut measures = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let text = Text::new(&draft.text);
        let due = due_of(&draft.parties.limits, &text, time);
        problems.extend(
            due.undated
                .map(|limit| Problem::new(draft.line, ProblemKind::Undated, &limit)),
        );
        let mut indicators = find_indicators(&text, Place::Measure);
        indicators.extend(find_indicators(
            &Text::new(&draft.indicator_text),
            Place::Goals,
        ));
        measures.push(Measure {
            number: draft.number,
            section: draft.section,
            title: draft.title,
            text: joined(draft.text, &draft.indicator_text),
            lead_units: draft.parties.lead,
            responsible_units: draft.parties.responsible,
            cooperating_units: draft.parties.cooperating,
            due_on: due.on,
            continuous: due.continuous,
            indicators,
            line: draft.line,
            lead_inferred: draft.parties.lead_source == LeadSource::Inferred,
        });
    }
    measures
}

/// A row's text with its column of indicators behind it.
fn joined(mut text: String, indicators: &str) -> String {
    if !indicators.is_empty() {
        text.push('\n');
        text.push_str(indicators);
    }
    text
}

/// What is to be sent up, from every line but signatures, and from the rows of tables.
fn deadlines(
    layout: &Layout<'_>,
    drafts: &[Draft],
    context: &SendingContext<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<Deadline> {
    let lines = [Region::Head, Region::Body]
        .into_iter()
        .flat_map(|region| layout.lines(region));
    let mut found: Vec<(usize, Text)> = lines
        .map(|(_, line)| (line.line, line.text.clone()))
        .collect();
    found.extend(
        drafts
            .iter()
            .filter(|draft| draft.lines.is_empty())
            .map(|draft| (draft.line, Text::new(&draft.text))),
    );
    found.sort_by_key(|(line, _)| *line);
    let mut deadlines = Vec::new();
    for (line, text) in found {
        let body = super::outline::mark_of(text.folded()).map_or(0, |mark| mark.body);
        let sendings = find_sendings(&text.part(body..text.len()), line, context);
        deadlines.extend(sendings.deadlines);
        problems.extend(sendings.problems);
    }
    deadlines
}

/// Which lines are part of a measure, so that a measure's own rhythm and numbers are not the plan's.
struct MeasureLines<'a> {
    layout: &'a Layout<'a>,
    tree: &'a Tree,
    taken: HashSet<usize>,
}

impl<'a> MeasureLines<'a> {
    fn of(layout: &'a Layout<'a>, tree: &'a Tree, drafts: &[Draft]) -> Self {
        let taken = drafts
            .iter()
            .flat_map(|draft| draft.lines.iter().copied())
            .collect();
        Self {
            layout,
            tree,
            taken,
        }
    }

    fn cycles(&self) -> (Vec<super::CycleMention>, Vec<Problem>) {
        let mut collector = CycleCollector::default();
        let goal_lines: HashSet<usize> = self.goal_lines().into_iter().collect();
        for (at, part) in self.layout.parts.iter().enumerate() {
            let (Part::Line(line), Some(Region::Head | Region::Body)) =
                (part, self.layout.regions.get(at))
            else {
                continue;
            };
            let is_own = self.taken.contains(&at) || goal_lines.contains(&at);
            let place = if is_own {
                CyclePlace::Measure
            } else {
                CyclePlace::Mechanism
            };
            collector.read(&line.text, line.line, place);
        }
        collector.into_cycles()
    }

    fn goals(&self) -> Vec<Indicator> {
        let lines = self.goal_lines();
        let texts = lines
            .iter()
            .filter(|at| !self.taken.contains(at))
            .filter_map(|at| self.layout.line(*at));
        texts
            .flat_map(|line| find_indicators(&line.text, Place::Goals))
            .collect()
    }

    /// The lines of the sections that state goals, in order.
    fn goal_lines(&self) -> Vec<usize> {
        let mut inside = vec![false; self.tree.nodes.len()];
        let mut lines = Vec::new();
        for (index, node) in self.tree.nodes.iter().enumerate().skip(1) {
            let is_goal = inside.get(node.parent) == Some(&true)
                || states_goals(self.tree.title(self.layout, index));
            if let Some(own) = inside.get_mut(index) {
                *own = is_goal;
            }
            if is_goal {
                lines.extend(node.head.iter().chain(&node.more).copied());
            }
        }
        lines.sort_unstable();
        lines
    }
}

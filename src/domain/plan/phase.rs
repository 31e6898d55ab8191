//! The steps of a plan (实施步骤): which items are phases, what they are called and which dates they carry. Their
//! years are settled in `phase_year`.

use super::date_range::{DateRange, range_at};
use super::layout::{Layout, Part};
use super::outline::{Level, mark_of};
use super::punctuation::{Brackets, Text, any_at, contains_any, find, skip_spaces, slice};
use super::section::{Steps, steps_of};
use super::tree::Tree;

/// A phase as written, before its year is settled.
#[derive(Debug, Clone)]
pub(crate) struct PhaseMention {
    pub(crate) line: usize,
    pub(crate) name: String,
    /// The words it was read from, for messages.
    pub(crate) heading: String,
    pub(crate) range: Option<DateRange>,
    pub(crate) bound: Bound,
}

/// What stands behind a phase's date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    /// The date is the whole phase.
    Whole,
    /// 前: only its end is told.
    Before,
    /// 起: only its beginning is told.
    From,
}

/// The phases of a plan and the nodes they were read from.
#[derive(Debug, Default)]
pub(crate) struct PhaseMentions {
    pub(crate) phases: Vec<PhaseMention>,
    pub(crate) nodes: Vec<usize>,
}

/// Finds the phases: the items of the sections for steps, else the stages (第一阶段) that have dates.
pub(crate) fn find_phases(layout: &Layout<'_>, tree: &Tree) -> PhaseMentions {
    let mut found = PhaseMentions::default();
    let mut inside = vec![false; tree.nodes.len()];
    for (index, node) in tree.nodes.iter().enumerate().skip(1) {
        let is_inside = inside.get(node.parent) == Some(&true);
        let steps = if is_inside {
            Steps::No
        } else {
            steps_of(tree.title(layout, index))
        };
        let before = found.phases.len();
        if steps != Steps::No {
            section_phases(layout, tree, index, steps, &mut found);
        }
        if let Some(own) = inside.get_mut(index) {
            *own = is_inside || found.phases.len() > before;
        }
    }
    if found.phases.is_empty() {
        for (index, _) in tree
            .nodes
            .iter()
            .enumerate()
            .filter(|(index, _)| tree.level(*index) == Some(Level::Stage))
        {
            if let Some(phase) =
                node_phase(layout, tree, index).filter(|phase| phase.range.is_some())
            {
                found.phases.push(phase);
                found.nodes.push(index);
            }
        }
    }
    found
}

fn section_phases(
    layout: &Layout<'_>,
    tree: &Tree,
    index: usize,
    steps: Steps,
    found: &mut PhaseMentions,
) {
    let Some(node) = tree.node(index) else { return };
    let children: Vec<(usize, PhaseMention)> = node
        .children
        .iter()
        .filter_map(|child| Some((*child, node_phase(layout, tree, *child)?)))
        .collect();
    let is_stepwise = children
        .iter()
        .any(|(_, phase)| phase.range.is_some() || phase.name.contains("阶段"));
    for (child, phase) in children {
        if phase.range.is_some() || (steps == Steps::Certain && is_stepwise) {
            found.phases.push(phase);
            found.nodes.push(child);
        }
    }
    if is_stepwise {
        return;
    }
    for at in node.head.iter().chain(&node.more) {
        let Some(line) = layout.line(*at) else {
            continue;
        };
        let from = if Some(*at) == node.head {
            node.body()
        } else {
            0
        };
        for part in stages_inside(&line.text.part(from..line.text.len())) {
            found
                .phases
                .extend(phase_of(&part, line.line).filter(|phase| phase.range.is_some()));
        }
    }
    for at in &node.tables {
        if let Some(Part::Table(table)) = layout.parts.get(*at) {
            found.phases.extend(super::phase_table::table_phases(table));
        }
    }
}

/// A paragraph that tells all stages at once, cut in front of each 第N阶段; else the paragraph.
fn stages_inside(text: &Text) -> Vec<Text> {
    let folded = text.folded();
    let is_stage = |at: &usize| {
        folded.get(*at) == Some(&'第') && stage_word(slice(folded, *at..folded.len())) > 0
    };
    let starts: Vec<usize> = (0..folded.len()).filter(is_stage).collect();
    if starts.len() < 2 {
        // "3月：制定计划；4月—11月：组织实施。"
        let dated = super::unit_list::pieces(text, |c| matches!(c, ';' | '。'));
        let dated: Vec<Text> = dated
            .into_iter()
            .filter(|part| range_at(part.folded(), skip_spaces(part.folded(), 0)).is_some())
            .collect();
        return if dated.len() < 2 {
            vec![text.clone()]
        } else {
            dated
        };
    }
    let ends = starts.iter().skip(1).copied().chain([folded.len()]);
    starts
        .iter()
        .copied()
        .zip(ends)
        .map(|(start, end)| text.part(start..end))
        .collect()
}

/// The length of 第N阶段 or 第N步 at the beginning of a text, 0 for none.
fn stage_word(folded: &[char]) -> usize {
    match mark_of(folded) {
        Some(mark) if mark.level == Level::Stage => mark.number.chars().count(),
        _ => 0,
    }
}

fn node_phase(layout: &Layout<'_>, tree: &Tree, index: usize) -> Option<PhaseMention> {
    let node = tree.node(index)?;
    let line = layout.line(node.head?)?;
    let text = line.text.part(node.body()..line.text.len());
    let mut phase = phase_of(&text, line.line)?;
    if phase.range.is_none()
        && let Some(first) = node.more.first().and_then(|at| layout.line(*at))
    {
        // "（一）动员阶段" and "时间：2026年3月" on the next line.
        let label = find(first.text.folded(), 0..6, ":").map_or(0, |colon| colon + 1);
        phase.range = range_at(first.text.folded(), skip_spaces(first.text.folded(), label));
    }
    if phase.range.is_none()
        && let Some(label) = node.labels.first().and_then(|at| layout.line(*at))
    {
        let folded = label.text.folded();
        let start = folded
            .iter()
            .position(|c| *c == ':')
            .map_or(0, |colon| colon + 1);
        phase.range = range_at(folded, skip_spaces(folded, start));
    }
    let stage = node.mark.as_ref().filter(|mark| mark.level == Level::Stage);
    if let Some(mark) = stage.filter(|_| phase.name.is_empty()) {
        phase.name.clone_from(&mark.number);
    }
    Some(phase)
}

/// The dates of a heading stand in its first sentence, near the beginning.
const HEADING: usize = 60;

/// Reads a phase from its text; `None` for an empty one.
pub(crate) fn phase_of(text: &Text, line: usize) -> Option<PhaseMention> {
    let folded = text.folded();
    let end = folded
        .iter()
        .take(HEADING)
        .position(|c| matches!(c, '。' | '\n'))
        .unwrap_or(HEADING)
        .min(folded.len());
    if end == 0 {
        return None;
    }
    let (range, gap) = match heading_range(slice(folded, 0..end)) {
        Some((range, gap)) => (Some(range), gap),
        None => (None, end..end),
    };
    let name = phase_name(&[text.part(0..gap.start), text.part(gap.end..end)]);
    let behind = range.as_ref().map_or(end, DateRange::end);
    let only_end = range.as_ref().is_some_and(|range| {
        let start = range.from.range.start;
        range.to.is_none() && start > 0 && matches!(folded.get(start - 1), Some('至' | '到'))
    });
    let bound = match any_at(
        folded,
        behind,
        &["之前", "以前", "前", "起", "以后", "开始", "之后"],
    ) {
        // 即日起至4月10日
        _ if only_end => Bound::Before,
        Some(("之前" | "以前" | "前", _)) => Bound::Before,
        Some(_) => Bound::From,
        None => Bound::Whole,
    };
    Some(PhaseMention {
        line,
        name,
        heading: text.written(0..end),
        range,
        bound,
    })
}

/// The dates in a heading and what they take up: a bracket with dates, or dates that begin it, stand behind
/// its colon or end it.
fn heading_range(heading: &[char]) -> Option<(DateRange, std::ops::Range<usize>)> {
    for group in Brackets::of(heading).groups {
        let from = find(heading, group.clone(), ":").map_or(group.start + 1, |colon| colon + 1);
        if let Some(range) =
            first_range(heading, from, group.end).filter(|range| range.from.range.start <= from + 4)
        {
            return Some((range, group));
        }
    }
    let range = first_range(heading, 0, heading.len())?;
    let start = range.from.range.start;
    let opens = start == 0
        || matches!(
            heading.get(start - 1),
            Some(':' | ',' | ' ' | '(' | '-' | '、')
        );
    let ends_heading = range.end() == heading.len();
    let mut end = range.end();
    if let Some((_, length)) = any_at(heading, end, &["期间", "为"]) {
        end += length;
    }
    (opens || ends_heading).then_some((range, start..end))
}

fn first_range(folded: &[char], from: usize, to: usize) -> Option<DateRange> {
    (from..to.min(folded.len())).find_map(|at| range_at(folded, at))
}

/// The first words of a heading that are its name: without 第一阶段, 时间 and marks.
fn phase_name(parts: &[Text]) -> String {
    let mut fallback = String::new();
    for part in parts {
        for piece in super::unit_list::pieces(part, |c| matches!(c, ':' | ',' | ';' | '。' | ' '))
        {
            let folded = piece.folded();
            let stage = stage_word(folded);
            if stage > 0 && fallback.is_empty() {
                fallback = piece.written(0..stage);
            }
            let mut start = stage;
            while folded
                .get(start)
                .is_some_and(|c| matches!(c, '为' | '-' | '~' | '、' | ' ' | ')' | '(' | '.'))
            {
                start += 1;
            }
            let name = piece.written(start..piece.len());
            let name = name
                .trim_matches(['（', '）', '(', ')', '—', '-', '、'])
                .trim();
            let is_label = contains_any(folded, &["时间"]) && piece.len() <= 6;
            if !name.is_empty() && !is_label {
                return name.chars().take(HEADING).collect();
            }
        }
    }
    fallback
}

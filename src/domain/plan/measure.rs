//! Which items of the outline are measures because they name units, and what each measure's text is. Items
//! of a plan without any units are chosen in `prescribed`, rows of a table in `party_table`.

use std::collections::HashMap;

use super::layout::Layout;
use super::outline::Level;
use super::parties::Parties;
use super::party_lines::{Carrier, PartyLines};
use super::section::{Promise, promise_of, promise_of_inner, says_what_to_do};
use super::tree::Tree;

/// A measure before its dates and indicators are read.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) line: usize,
    pub(crate) number: String,
    pub(crate) section: Vec<String>,
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) parties: Parties,
    /// What a table's column of indicators says; empty elsewhere.
    pub(crate) indicator_text: String,
    /// Indexes of the lines it is made of; none for a row of a table.
    pub(crate) lines: Vec<usize>,
}

/// Longest title; a text without 。 may be of any length.
const MAX_TITLE: usize = 200;

impl Draft {
    /// A measure of the given texts, which are joined by line breaks; its title is the first up to its first 。
    pub(crate) fn new(
        line: usize,
        number: String,
        section: Vec<String>,
        texts: &[String],
        parties: Parties,
    ) -> Self {
        let first = texts
            .iter()
            .map(String::as_str)
            .find(|text| !text.is_empty())
            .unwrap_or_default();
        let title = title_of(first);
        let text = texts
            .iter()
            .filter(|text| !text.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join("\n");
        Self {
            line,
            number,
            section,
            title,
            text,
            parties,
            indicator_text: String::new(),
            lines: Vec::new(),
        }
    }

    /// Adds a further paragraph, unless it repeats the last (a merged cell that was carried down).
    pub(crate) fn append(&mut self, text: &str) {
        if !self.text.ends_with(text) {
            self.text.push('\n');
            self.text.push_str(text);
        }
    }
}

/// The text up to its first 。 or line break, without the colon of "具体做法：".
fn title_of(text: &str) -> String {
    let end = text
        .char_indices()
        .take(MAX_TITLE + 1)
        .find(|(_, c)| matches!(c, '。' | '\n'))
        .map(|(at, _)| at);
    let end = end
        .or_else(|| text.char_indices().nth(MAX_TITLE).map(|(at, _)| at))
        .unwrap_or(text.len());
    text.get(..end)
        .unwrap_or_default()
        .trim_end_matches([' ', '\u{3000}', '：', ':', '；', ';', '，', ','])
        .trim()
        .to_owned()
}

/// Builds the drafts of measures.
pub(crate) struct MeasureReader<'a> {
    pub(crate) layout: &'a Layout<'a>,
    pub(crate) tree: &'a Tree,
    pub(crate) lines: &'a PartyLines,
    /// By node: whether it or something below it is a measure.
    holds: Vec<bool>,
}

impl<'a> MeasureReader<'a> {
    pub(crate) fn new(layout: &'a Layout<'a>, tree: &'a Tree, lines: &'a PartyLines) -> Self {
        let mut holds: Vec<bool> = lines
            .own
            .iter()
            .map(|carrier| *carrier == Carrier::Itself)
            .collect();
        // Children stand behind their parent, so one pass from the end carries the mark all the way up.
        for (index, node) in tree.nodes.iter().enumerate().rev() {
            if holds.get(index) == Some(&true)
                && let Some(parent) = holds.get_mut(node.parent)
            {
                *parent = true;
            }
        }
        Self {
            layout,
            tree,
            lines,
            holds,
        }
    }

    /// The measures of a plan that names units: the items that do, in order, and beside them the lowest
    /// items that do not though their neighbours do (their units are empty).
    pub(crate) fn with_units(&self) -> Vec<Draft> {
        let sections = self.sections_with_measures();
        let mut drafts = Vec::new();
        let mut covered = vec![false; self.tree.nodes.len()];
        for (index, node) in self.tree.nodes.iter().enumerate() {
            let is_measure = self.lines.carrier(index) == Carrier::Itself;
            let is_under_measure = index != 0 && covered.get(node.parent) == Some(&true);
            if let Some(own) = covered.get_mut(index) {
                *own = is_measure || is_under_measure;
            }
            if is_measure {
                drafts.extend(self.drafts_of(index));
            } else if !is_under_measure && self.lacks_units(index, &sections) {
                drafts.push(self.whole(index));
            }
        }
        // Units in front of all text are nobody's.
        drafts.retain(|draft| !draft.text.is_empty());
        drafts
    }

    /// Top sections that hold measures, with the levels of their numbers.
    fn sections_with_measures(&self) -> HashMap<usize, Vec<Level>> {
        let mut sections: HashMap<usize, Vec<Level>> = HashMap::new();
        for (index, carrier) in self.lines.own.iter().enumerate().skip(1) {
            if *carrier == Carrier::Itself
                && let Some(level) = self.tree.level(index)
            {
                let levels = sections.entry(self.top(index)).or_default();
                if !levels.contains(&level) {
                    levels.push(level);
                }
            }
        }
        sections
    }

    /// The section an item stands in: its topmost heading, the root for one without.
    fn top(&self, node: usize) -> usize {
        self.tree.above(node).first().copied().unwrap_or(0)
    }

    fn lacks_units(&self, index: usize, sections: &HashMap<usize, Vec<Level>>) -> bool {
        let Some(node) = self
            .tree
            .node(index)
            .filter(|node| index != 0 && node.is_leaf())
        else {
            return false;
        };
        let Some(level) = node.mark.as_ref().map(|mark| mark.level) else {
            return false;
        };
        let Some(levels) = sections.get(&self.top(index)) else {
            return false;
        };
        let is_level = levels.contains(&level) || levels.iter().all(|other| *other > level);
        let title = self.tree.title(self.layout, index);
        let chain = self.tree.above(index);
        let is_forbidden = chain
            .iter()
            .skip(1)
            .any(|above| promise_of_inner(self.tree.title(self.layout, *above)) == Promise::Never);
        let own = if chain.is_empty() {
            promise_of(title)
        } else {
            promise_of_inner(title)
        };
        // A heading with nothing below it but a table is no measure.
        let has_text = node.tables.is_empty();
        is_level && has_text && !is_forbidden && own != Promise::Never && says_what_to_do(title)
    }

    /// The whole node, its items included, as one measure.
    pub(crate) fn whole(&self, index: usize) -> Draft {
        let groups = self.groups(index);
        let mut lines: Vec<usize> = groups
            .iter()
            .flat_map(|group| group.lines.iter().copied())
            .collect();
        lines.extend(self.lines_below(index));
        let labels = self
            .tree
            .node(index)
            .map(|node| node.labels.clone())
            .unwrap_or_default();
        self.draft(index, &lines, &labels, self.tree.number(index))
    }

    /// The measures of a node with units: one, or one for each of its paragraphs that names its own units.
    fn drafts_of(&self, index: usize) -> Vec<Draft> {
        let groups = self.groups(index);
        if groups.len() < 2 && index != 0 {
            return vec![self.whole(index)];
        }
        let number = self.tree.number(index);
        groups
            .iter()
            .enumerate()
            .map(|(ordinal, group)| {
                let suffix = if number.is_empty() {
                    (ordinal + 1).to_string()
                } else {
                    format!("{number}-{}", ordinal + 1)
                };
                self.draft(index, &group.lines, &group.labels, suffix)
            })
            .collect()
    }

    /// A node's own paragraphs, cut behind each that names units (or is followed by lines that do).
    fn groups(&self, index: usize) -> Vec<Group> {
        let Some(node) = self.tree.node(index) else {
            return Vec::new();
        };
        let mut groups = vec![Group::default()];
        let mut all: Vec<(usize, bool)> = node
            .head
            .iter()
            .chain(&node.more)
            .map(|at| (*at, false))
            .collect();
        all.extend(node.labels.iter().map(|at| (*at, true)));
        all.sort_unstable();
        for (at, is_label) in all {
            let names_units = self
                .lines
                .parties(at)
                .is_some_and(|parties| !parties.is_empty());
            if !is_label && groups.last().is_some_and(|group| group.is_closed) {
                groups.push(Group::default());
            }
            let Some(group) = groups.last_mut() else {
                continue;
            };
            if is_label {
                group.labels.push(at)
            } else {
                group.lines.push(at)
            }
            group.is_closed |= names_units;
        }
        if index == 0 {
            // Outside the outline each paragraph stands alone: what precedes it is the preamble.
            groups.retain(|group| group.is_closed);
            for group in &mut groups {
                group.lines.drain(..group.lines.len().saturating_sub(1));
            }
            return groups;
        }
        // Text behind the last units belongs to the item all the same.
        if groups.len() > 1
            && let Some(rest) = groups.pop_if(|group| !group.is_closed)
            && let Some(last) = groups.last_mut()
        {
            last.lines.extend(rest.lines);
            last.labels.extend(rest.labels);
        }
        groups
    }

    /// The lines of the items below a node that are no measures of their own.
    fn lines_below(&self, index: usize) -> Vec<usize> {
        let mut lines = Vec::new();
        let mut open: Vec<usize> = self.children_last_first(index);
        while let Some(below) = open.pop() {
            let Some(node) = self.tree.node(below) else {
                continue;
            };
            if self.holds.get(below) == Some(&true) && self.lines.carrier(below) != Carrier::Above {
                continue;
            }
            lines.extend(node.head.iter().chain(&node.more).copied());
            open.extend(self.children_last_first(below));
        }
        lines
    }

    fn children_last_first(&self, index: usize) -> Vec<usize> {
        self.tree
            .node(index)
            .map(|node| node.children.iter().rev().copied().collect())
            .unwrap_or_default()
    }

    fn draft(&self, index: usize, lines: &[usize], labels: &[usize], number: String) -> Draft {
        let node = self.tree.node(index);
        let head = node.and_then(|node| node.head);
        let body = node.map_or(0, super::tree::Node::body);
        let mut parties = Parties::default();
        let mut texts = Vec::new();
        for at in lines {
            let Some(line) = self.layout.line(*at) else {
                continue;
            };
            let from = if Some(*at) == head { body } else { 0 };
            texts.push(line.text.written_without(from, self.lines.removed(*at)));
        }
        let mut labelled: Vec<usize> = lines.iter().chain(labels).copied().collect();
        labelled.extend(self.hoisted_labels(index));
        labelled.sort_unstable();
        for at in &labelled {
            if let Some(found) = self.lines.parties(*at) {
                parties.merge(found.clone());
            }
        }
        parties.drop_repetitions();
        let line = lines
            .first()
            .and_then(|at| self.layout.line(*at))
            .map_or(0, |line| line.line);
        let section = self.tree.section(self.layout, index);
        let mut draft = Draft::new(line, number, section, &texts, parties);
        draft.lines = labelled;
        draft
    }

    /// Label lines behind the last item of a list that are about the whole list.
    fn hoisted_labels(&self, index: usize) -> Vec<usize> {
        let last = self
            .tree
            .node(index)
            .and_then(|node| node.children.last())
            .copied();
        match last.filter(|last| self.lines.carrier(*last) == Carrier::Above) {
            Some(last) => self
                .tree
                .node(last)
                .map(|node| node.labels.clone())
                .unwrap_or_default(),
            None => Vec::new(),
        }
    }
}

#[derive(Debug, Default)]
struct Group {
    lines: Vec<usize>,
    labels: Vec<usize>,
    is_closed: bool,
}

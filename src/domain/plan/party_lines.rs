//! Which lines of the outline name units, and which item those units are about. What becomes of the items is decided
//! in `measure`.

use std::collections::HashMap;
use std::ops::Range;

use super::layout::Layout;
use super::outline::{Level, mark_of};
use super::parties::{Parties, PartiesClause, find_parties};
use super::tree::{Node, Tree};

/// The units of every line of an outline, and which node each belongs to.
#[derive(Debug)]
pub(crate) struct PartyLines {
    /// By line index; lines without units are not in it.
    clauses: HashMap<usize, PartiesClause>,
    /// By node: whether the units of its lines are about itself.
    pub(crate) own: Vec<Carrier>,
}

/// Where the units found in a node's own lines belong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// It has none.
    None,
    Itself,
    /// They end a list, and so are about the node above.
    Above,
}

impl PartyLines {
    /// Reads the units of every line in the tree.
    pub(crate) fn of(layout: &Layout<'_>, tree: &Tree) -> Self {
        let mut clauses = HashMap::new();
        let mut own = vec![Carrier::None; tree.nodes.len()];
        for (carrier, node) in own.iter_mut().zip(&tree.nodes) {
            let head = node.head.map(|at| (at, node.body()));
            // Label lines may be numbered ("3.责任单位：…"), so they are read from their first label on.
            let rest = node.more.iter().map(|at| (*at, 0));
            let labels = node.labels.iter().map(|at| (*at, label_start(layout, *at)));
            for (at, from) in head.into_iter().chain(rest).chain(labels) {
                let Some(line) = layout.line(at) else {
                    continue;
                };
                let clause = find_parties(&line.text, from);
                if !clause.parties.is_empty() {
                    *carrier = Carrier::Itself;
                }
                if !clause.parties.is_empty() || !clause.removed.is_empty() {
                    clauses.insert(at, clause);
                }
            }
        }
        let mut lines = Self { clauses, own };
        lines.hoist(tree);
        lines
    }

    /// Whether any item names units.
    pub(crate) fn has_units(&self) -> bool {
        self.own.iter().any(|carrier| *carrier != Carrier::None)
    }

    /// A bracket behind the last item of a list is about the whole list where the items before it name no
    /// units: always for ① and 一是, for higher levels if it is so throughout the plan.
    fn hoist(&mut self, tree: &Tree) {
        let mut last_only: HashMap<Level, Vec<usize>> = HashMap::new();
        let mut elsewhere: Vec<Level> = Vec::new();
        for (index, node) in tree.nodes.iter().enumerate() {
            let (Some(last), true) = (node.children.last(), node.children.len() > 1) else {
                continue;
            };
            let Some(level) = tree.level(*last) else {
                continue;
            };
            let carriers = node
                .children
                .iter()
                .filter(|child| self.carrier(**child) == Carrier::Itself)
                .count();
            let is_section = matches!(
                tree.level(index),
                None | Some(Level::Chapter | Level::Section)
            );
            let is_small = matches!(level, Level::Circled | Level::Clause);
            let is_last_only = carriers == 1
                && self.carrier(*last) == Carrier::Itself
                && self.carrier(index) == Carrier::None
                && tree.node(*last).is_some_and(Node::is_leaf);
            if is_last_only && is_small && index != 0 {
                self.set(*last, Carrier::Above);
                self.set(index, Carrier::Itself);
            } else if is_last_only && !is_section {
                last_only.entry(level).or_default().push(index);
            } else if carriers > 0 {
                elsewhere.push(level);
            }
        }
        for (_, nodes) in last_only
            .into_iter()
            .filter(|(level, _)| !elsewhere.contains(level))
        {
            for node in nodes {
                if let Some(last) = tree.node(node).and_then(|node| node.children.last()) {
                    self.set(*last, Carrier::Above);
                    self.set(node, Carrier::Itself);
                }
            }
        }
    }

    /// Where the units in a node's own lines belong.
    pub(crate) fn carrier(&self, node: usize) -> Carrier {
        self.own.get(node).copied().unwrap_or(Carrier::None)
    }

    fn set(&mut self, node: usize, carrier: Carrier) {
        if let Some(own) = self.own.get_mut(node) {
            *own = carrier;
        }
    }

    /// What to take out of a line's text, in order.
    pub(crate) fn removed(&self, line: usize) -> &[Range<usize>] {
        self.clauses
            .get(&line)
            .map_or(&[], |clause| &clause.removed)
    }

    /// The units found in a line.
    pub(crate) fn parties(&self, line: usize) -> Option<&Parties> {
        self.clauses.get(&line).map(|clause| &clause.parties)
    }
}

fn label_start(layout: &Layout<'_>, at: usize) -> usize {
    let Some(line) = layout.line(at) else {
        return 0;
    };
    mark_of(line.text.folded()).map_or(0, |mark| mark.body)
}

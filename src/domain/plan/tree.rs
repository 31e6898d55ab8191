//! How the numbered paragraphs of a plan nest, and which paragraphs and tables belong to which number. What
//! an item means is not here.

use super::layout::{Layout, Part, Region};
use super::outline::{Level, Mark, mark_of};
use super::parties::is_label_line;
use super::punctuation::{Text, slice};
use super::section::{Promise, is_section_name, promise_of, subject};

/// An item of the outline: its numbered (or heading) line and what belongs to it.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// `None` for the root and for headings without number.
    pub(crate) mark: Option<Mark>,
    /// Index of its line in the layout; `None` for the root.
    pub(crate) head: Option<usize>,
    /// Index of the node above; the root is its own.
    pub(crate) parent: usize,
    pub(crate) children: Vec<usize>,
    /// Lines without number that continue it.
    pub(crate) more: Vec<usize>,
    /// Lines such as 牵头单位：… that say who answers for it.
    pub(crate) labels: Vec<usize>,
    pub(crate) tables: Vec<usize>,
    rank: u32,
    heading_level: Option<u8>,
}

/// The outline of a plan; node 0 is the root, and nodes are in the order of the text.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
}

/// Longest heading that is quoted as a section; no number chain is deeper than `MAX_DEPTH`.
const MAX_HEADING: usize = 120;
const MAX_DEPTH: usize = 12;

impl Tree {
    /// Builds the outline of the head, body and annexes of a plan. `taken` are lines already read as title,
    /// document number or issuer.
    pub(crate) fn of(layout: &Layout<'_>, taken: &[usize]) -> Self {
        let mut builder = Builder {
            nodes: vec![Node::default()],
            stack: vec![0],
        };
        for (at, (part, region)) in layout.parts.iter().zip(&layout.regions).enumerate() {
            match (part, region) {
                (_, Region::Signature | Region::AnnexList) => {}
                (_, Region::AnnexHeading) => builder.stack.truncate(1),
                (Part::Table(_), _) => builder.top().tables.push(at),
                (Part::Line(_), Region::Head) if taken.binary_search(&at).is_ok() => {}
                (Part::Line(line), Region::Head | Region::Body) => {
                    builder.line(at, &line.text, line.heading_level);
                }
            }
        }
        Self {
            nodes: builder.nodes,
        }
    }

    /// The node at an index; the root where there is none.
    pub(crate) fn node(&self, at: usize) -> Option<&Node> {
        self.nodes.get(at)
    }

    /// The nodes above one, from the top down, without the root and without itself.
    pub(crate) fn above(&self, node: usize) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut at = self.parent(node);
        while at != 0 && chain.len() < MAX_DEPTH {
            chain.push(at);
            at = self.parent(at);
        }
        chain.reverse();
        chain
    }

    fn parent(&self, node: usize) -> usize {
        self.node(node).map_or(0, |node| node.parent)
    }

    /// The outline path, joined without spaces: `四(一)1`. A decimal number holds its own path from 1. on.
    pub(crate) fn number(&self, node: usize) -> String {
        let mut number = String::new();
        let own = self.level(node);
        let is_decimal = matches!(own, Some(Level::Decimal | Level::DeepDecimal));
        for above in self.above(node) {
            let is_held =
                matches!(self.level(above), Some(Level::Point | Level::Decimal)) && is_decimal;
            if let Some(mark) = self
                .node(above)
                .and_then(|node| node.mark.as_ref())
                .filter(|_| !is_held)
            {
                number.push_str(&mark.number);
            }
        }
        if let Some(mark) = self.node(node).and_then(|node| node.mark.as_ref()) {
            number.push_str(&mark.number);
        }
        number
    }

    /// The style of a node's number.
    pub(crate) fn level(&self, node: usize) -> Option<Level> {
        self.node(node)?.mark.as_ref().map(|mark| mark.level)
    }

    /// The headings above a node as written, trimmed; a paragraph with text behind its heading up to its first 。
    pub(crate) fn section(&self, layout: &Layout<'_>, node: usize) -> Vec<String> {
        self.above(node)
            .into_iter()
            .filter_map(|above| self.heading(layout, above))
            .collect()
    }

    /// The heading line of a node as written, number included.
    pub(crate) fn heading(&self, layout: &Layout<'_>, node: usize) -> Option<String> {
        let text = &layout.line(self.node(node)?.head?)?.text;
        let end = text
            .folded()
            .iter()
            .position(|c| *c == '。')
            .unwrap_or(usize::MAX);
        if end.saturating_add(1) >= text.len() && text.len() <= MAX_HEADING {
            return Some(text.to_written());
        }
        Some(text.written(0..end.min(MAX_HEADING)))
    }

    /// The text of a node's own line behind its number, folded; empty for the root.
    pub(crate) fn title<'t>(&self, layout: &'t Layout<'_>, node: usize) -> &'t [char] {
        let Some(node) = self.node(node) else {
            return &[];
        };
        let Some(line) = node.head.and_then(|at| layout.line(at)) else {
            return &[];
        };
        slice(line.text.folded(), node.body()..line.text.len())
    }
}

impl Node {
    /// Where the text begins behind the number on the node's own line.
    pub(crate) fn body(&self) -> usize {
        self.mark.as_ref().map_or(0, |mark| mark.body)
    }

    /// Whether nothing numbered stands below it.
    pub(crate) fn is_leaf(&self) -> bool {
        self.children.is_empty()
    }
}

struct Builder {
    nodes: Vec<Node>,
    /// The nodes that are open, root first.
    stack: Vec<usize>,
}

impl Builder {
    fn top_index(&self) -> usize {
        self.stack.last().copied().unwrap_or(0)
    }

    fn top(&mut self) -> &mut Node {
        let top = self.top_index();
        self.at(top)
    }

    fn at(&mut self, index: usize) -> &mut Node {
        let index = if index < self.nodes.len() { index } else { 0 };
        &mut self.nodes[index]
    }

    fn get(&self, index: usize) -> &Node {
        self.nodes.get(index).unwrap_or(&self.nodes[0])
    }

    fn line(&mut self, at: usize, text: &Text, heading_level: Option<u8>) {
        let mark = mark_of(text.folded()).filter(|mark| self.is_in_place(mark));
        let body = mark.as_ref().map_or(0, |mark| mark.body);
        let may_be_particular = mark.as_ref().is_none_or(|mark| mark.level >= Level::Point);
        if may_be_particular && is_label_line(text, body) {
            // "3.责任单位：…" in a numbered list of particulars is about the item above the list.
            if let Some(mark) = &mark {
                self.close(mark, None);
            }
            self.top().labels.push(at);
            return;
        }
        match mark {
            Some(mark) => {
                let rank = self.close(&mark, heading_level);
                self.open(Node {
                    mark: Some(mark),
                    head: Some(at),
                    rank,
                    heading_level,
                    ..Node::default()
                });
            }
            None if heading_level.is_some() || self.is_unnumbered_section(text.folded()) => {
                let rank = self.close_for_heading(heading_level.unwrap_or(1));
                let heading_level = Some(heading_level.unwrap_or(1));
                self.open(Node {
                    head: Some(at),
                    rank,
                    heading_level,
                    ..Node::default()
                });
            }
            None => self.top().more.push(at),
        }
    }

    /// A bare section name heads a section; among numbered items only one that ends the work (工作要求) does,
    /// since 具体措施 there just introduces what follows.
    fn is_unnumbered_section(&self, folded: &[char]) -> bool {
        let is_numbered = |node: &usize| {
            self.get(*node)
                .mark
                .as_ref()
                .is_some_and(|mark| mark.level <= Level::Item)
        };
        let ends_work = folded.last() != Some(&':') && promise_of(folded) == Promise::Never;
        is_section_name(folded) && (ends_work || !self.stack.iter().any(is_numbered))
    }

    fn open(&mut self, mut node: Node) {
        let index = self.nodes.len();
        let parent = self.top_index();
        node.parent = parent;
        self.nodes.push(node);
        self.at(parent).children.push(index);
        self.stack.push(index);
    }

    /// 1.1 counts only under a 1. (or beside another 1.x): else it is a quantity.
    fn is_in_place(&self, mark: &Mark) -> bool {
        if !matches!(mark.level, Level::Decimal | Level::DeepDecimal) {
            return true;
        }
        self.stack
            .iter()
            .filter_map(|node| self.get(*node).mark.as_ref())
            .any(|above| {
                above.ordinal == mark.ordinal
                    && matches!(
                        above.level,
                        Level::Point | Level::Decimal | Level::DeepDecimal
                    )
            })
    }

    /// Closes what a number ends and returns its rank: a number of the same or a higher level ends a lower.
    fn close(&mut self, mark: &Mark, heading_level: Option<u8>) -> u32 {
        if mark.level == Level::Stage {
            let is_stage = |node: &Node| {
                node.mark
                    .as_ref()
                    .is_some_and(|mark| mark.level == Level::Stage)
            };
            if let Some(at) = self.stack.iter().position(|node| is_stage(self.get(*node))) {
                self.stack.truncate(at);
            }
            return self.get(self.top_index()).rank + 1;
        }
        let rank = rank_of(mark.level);
        while self.stack.len() > 1 {
            let top = self.get(self.top_index());
            let is_outranked = match (heading_level, top.heading_level) {
                (Some(own), Some(above)) if top.mark.is_none() => above >= own,
                _ => top.rank >= rank,
            };
            if !is_outranked {
                break;
            }
            self.stack.pop();
        }
        rank
    }

    /// Closes what a heading without number ends: everything but headings of a higher level.
    fn close_for_heading(&mut self, level: u8) -> u32 {
        while self.stack.len() > 1 {
            if self
                .get(self.top_index())
                .heading_level
                .is_some_and(|above| above < level)
            {
                break;
            }
            self.stack.pop();
        }
        self.get(self.top_index()).rank + 1
    }
}

/// Ranks leave room between levels for stages and headings without number.
const fn rank_of(level: Level) -> u32 {
    match level {
        Level::Chapter => 10,
        Level::Section => 20,
        Level::Item => 30,
        Level::Point => 40,
        Level::Decimal => 50,
        Level::DeepDecimal => 60,
        Level::SubPoint => 70,
        Level::Circled => 80,
        Level::Clause | Level::Stage => 90,
    }
}

/// Whether a heading line holds no more than its heading (no text behind it).
pub(crate) fn is_bare_heading(folded: &[char]) -> bool {
    folded.len() <= subject(folded).len() + 1
}

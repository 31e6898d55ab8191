//! Which items are measures in a plan that names no units at all: the lowest numbered items of the sections
//! that prescribe work. What a heading promises is told in `section`.

use super::layout::Layout;
use super::outline::Level;
use super::section::{Promise, promise_of, promise_of_inner, says_what_to_do};
use super::tree::{Node, Tree, is_bare_heading};

/// The nodes that are measures, in order. Items go down to （1）; ① and 一是 count only in a section without
/// numbered items. A section with neither a work-word nor a never-word counts only through items that say
/// what to do; if no section holds any, the sections that say what to do are the measures themselves.
pub(crate) fn prescribed_nodes(layout: &Layout<'_>, tree: &Tree, phases: &[usize]) -> Vec<usize> {
    let mut chooser = Chooser {
        layout,
        tree,
        phases,
        chosen: Vec::new(),
    };
    let tops = chooser.top_nodes();
    // A plan that is nothing but a list: most of its points say what to do, so all of them are work.
    let saying = tops
        .iter()
        .filter(|top| chooser.says_what_to_do(**top))
        .count();
    let is_list_of_work = saying * 2 >= tops.len();
    for top in &tops {
        chooser.section(*top, is_list_of_work);
    }
    if chooser.chosen.is_empty() {
        for top in &tops {
            chooser.section_itself(*top);
        }
    }
    chooser.chosen.sort_unstable();
    chooser.chosen
}

struct Chooser<'a> {
    layout: &'a Layout<'a>,
    tree: &'a Tree,
    phases: &'a [usize],
    chosen: Vec<usize>,
}

impl Chooser<'_> {
    /// The sections: the topmost headings, below chapters where there are any.
    fn top_nodes(&self) -> Vec<usize> {
        let children = |node: usize| self.tree.node(node).map_or(&[][..], |node| &node.children);
        let mut tops = Vec::new();
        for child in children(0) {
            let holds_sections = self.tree.level(*child) == Some(Level::Chapter)
                || (self.tree.level(*child).is_none()
                    && children(*child).iter().any(|below| self.is_section(*below)));
            if !holds_sections || children(*child).is_empty() {
                tops.push(*child);
            } else if promise_of(self.title(*child)) != Promise::Never {
                tops.extend(children(*child));
            }
        }
        // Beside sections, a numbered list at the top is part of the preamble.
        let has_sections = tops.iter().any(|top| self.is_section(*top));
        tops.retain(|top| !has_sections || self.is_section(*top));
        tops
    }

    fn is_section(&self, node: usize) -> bool {
        self.tree
            .level(node)
            .is_none_or(|level| matches!(level, Level::Chapter | Level::Section | Level::Item))
    }

    fn title(&self, node: usize) -> &[char] {
        self.tree.title(self.layout, node)
    }

    fn section(&mut self, top: usize, is_list_of_work: bool) {
        let promise = promise_of(self.title(top));
        if promise == Promise::Never || self.phases.contains(&top) {
            return;
        }
        let Some(node) = self.tree.node(top) else {
            return;
        };
        if self.items(node).is_empty() {
            let is_item =
                !self.is_section(top) && (is_list_of_work || says_what_to_do(self.title(top)));
            let has_text = !is_bare_heading(self.title(top)) || !node.more.is_empty();
            if self.small_items(top, promise) == 0
                && (is_item || (promise == Promise::Work && has_text))
            {
                self.chosen.push(top);
            }
            return;
        }
        let before = self.chosen.len();
        let mut open: Vec<usize> = self.items(node).into_iter().rev().collect();
        while let Some(item) = open.pop() {
            open.extend(self.item(item));
        }
        // One work-word anywhere is enough; else most of the items must say what to do.
        let found = self.chosen.get(before..).unwrap_or_default();
        let saying = found
            .iter()
            .filter(|item| self.says_what_to_do(**item))
            .count();
        let has_work = found.iter().any(|item| {
            self.tree
                .above(*item)
                .into_iter()
                .skip(1)
                .any(|above| promise_of_inner(self.title(above)) == Promise::Work)
        });
        if promise != Promise::Work && !has_work && saying * 2 < found.len() {
            self.chosen.truncate(before);
        }
    }

    /// Chooses an item, or gives the items below it to look at, the last one first.
    fn item(&mut self, item: usize) -> Vec<usize> {
        let own = promise_of_inner(self.title(item));
        let Some(node) = self.tree.node(item) else {
            return Vec::new();
        };
        if own == Promise::Never
            || self.phases.contains(&item)
            || self.tree.level(item) == Some(Level::Stage)
        {
            return Vec::new();
        }
        let mut below = self.items(node);
        if below.is_empty() {
            self.chosen.push(item);
        }
        below.reverse();
        below
    }

    fn says_what_to_do(&self, item: usize) -> bool {
        let Some(node) = self.tree.node(item) else {
            return false;
        };
        says_what_to_do(self.title(item))
            || node
                .more
                .first()
                .and_then(|at| self.layout.line(*at))
                .is_some_and(|line| says_what_to_do(line.text.folded()))
    }

    /// Numbered items directly below, down to （1）.
    fn items(&self, node: &Node) -> Vec<usize> {
        let is_item = |child: &&usize| {
            self.tree
                .level(**child)
                .is_none_or(|level| level <= Level::SubPoint || level == Level::Stage)
        };
        node.children.iter().filter(is_item).copied().collect()
    }

    /// Chooses the ① and 一是 of a section without numbered items; how many there are.
    fn small_items(&mut self, top: usize, promise: Promise) -> usize {
        let Some(node) = self.tree.node(top) else {
            return 0;
        };
        for child in &node.children {
            if promise == Promise::Work || says_what_to_do(self.title(*child)) {
                self.chosen.push(*child);
            }
        }
        node.children.len()
    }

    fn section_itself(&mut self, top: usize) {
        if self
            .tree
            .node(top)
            .is_none_or(|node| !self.items(node).is_empty())
        {
            return;
        }
        let is_open = promise_of(self.title(top)) != Promise::Never && !self.phases.contains(&top);
        if is_open && self.says_what_to_do(top) {
            self.chosen.push(top);
        }
    }
}

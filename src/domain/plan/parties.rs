//! Who answers for a measure: the bracket or lines that name lead, responsible and cooperating units, in the
//! styles offices use. Labels (牵头单位：…) are read in `label`, phrases (A牵头，B配合) in `phrase`, tables in
//! `party_table`; here is where in a paragraph the units stand and what is taken out of its text.

use std::ops::Range;

use super::date::date_at;
use super::label::{LabelKind, label_at, labels_in};
use super::phrase::read_phrase;
use super::punctuation::{Brackets, Text, any_at, contains_any, ends_with_any, slice};
use super::unit_list::{ListedName, split_names};
use super::unit_name::{looks_like_unit, trim};

/// What a unit does in a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Lead,
    Responsible,
    Cooperating,
}

/// Whether the lead is written or was taken from the responsible units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum LeadSource {
    #[default]
    Written,
    Inferred,
}

/// The units of a measure as written, and the time limits that stand with them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parties {
    pub(crate) lead: Vec<String>,
    pub(crate) responsible: Vec<String>,
    pub(crate) cooperating: Vec<String>,
    pub(crate) lead_source: LeadSource,
    pub(crate) limits: Vec<Text>,
    pub(crate) is_unbalanced: bool,
}

impl Parties {
    /// Whether no unit is named.
    pub(crate) fn is_empty(&self) -> bool {
        self.lead.is_empty() && self.responsible.is_empty() && self.cooperating.is_empty()
    }

    /// Adds names with the role of the list, or of a name's own tag; time limits among them are set aside.
    pub(crate) fn add_list(&mut self, list: &Text, role: Role) {
        for listed in split_names(list) {
            if is_limit(listed.name.folded()) {
                self.limits.push(listed.name);
            } else {
                self.add(&listed, role);
            }
        }
    }

    fn add(&mut self, listed: &ListedName, role: Role) {
        let names = match listed.tag.unwrap_or(role) {
            Role::Lead => &mut self.lead,
            Role::Responsible => &mut self.responsible,
            Role::Cooperating => &mut self.cooperating,
        };
        let name = listed.name.to_written();
        // Lists of schools may be long, so only the nearest names are looked at for a repetition.
        if !names.iter().rev().take(64).any(|known| *known == name) {
            names.push(name);
        }
    }

    /// Adds the units and limits found in another line of the same measure.
    pub(crate) fn merge(&mut self, other: Self) {
        self.lead.extend(other.lead);
        self.responsible.extend(other.responsible);
        self.cooperating.extend(other.cooperating);
        self.limits.extend(other.limits);
        self.is_unbalanced |= other.is_unbalanced;
    }

    /// Keeps each name once per role (merged columns repeat theirs).
    pub(crate) fn drop_repetitions(&mut self) {
        for names in [&mut self.lead, &mut self.responsible, &mut self.cooperating] {
            let mut seen = std::collections::HashSet::new();
            names.retain(|name| seen.insert(name.clone()));
        }
    }

    /// Without a written lead, the unit listed first leads (the collecting unit by the usual rule).
    pub(crate) fn infer_lead(&mut self) {
        if self.lead.is_empty() && !self.responsible.is_empty() {
            self.lead.push(self.responsible.remove(0));
            self.lead_source = LeadSource::Inferred;
        }
    }
}

/// The units found in a paragraph and the ranges to take out of its text, in order.
#[derive(Debug, Default)]
pub(crate) struct PartiesClause {
    pub(crate) parties: Parties,
    pub(crate) removed: Vec<Range<usize>>,
}

/// Finds the units in a paragraph from position `from` on: brackets with labels anywhere, brackets with a
/// phrase at its end, labels without brackets behind a sentence.
pub(crate) fn find_parties(text: &Text, from: usize) -> PartiesClause {
    let folded = text.folded();
    let brackets = Brackets::of(folded);
    let mut clause = PartiesClause::default();
    let tail = tail_start(folded, &brackets.groups);
    for group in brackets.groups.iter().filter(|group| group.start >= from) {
        let inner = text.part(group.start + 1..group.end - 1);
        if label_at(folded, group.start).is_some() {
            continue;
        }
        let found = match read_labels(&inner) {
            Some(parties) => Some(parties),
            None if group.start >= tail => read_phrase(&inner).or_else(|| read_limits(&inner)),
            None => None,
        };
        if let Some(parties) = found {
            clause.parties.merge(parties);
            clause.removed.push(group.clone());
        }
    }
    read_unclosed(text, &brackets, from, &mut clause);
    read_open_labels(text, from, &mut clause);
    clause
}

/// Where the brackets at the paragraph's end begin: behind them only punctuation follows.
fn tail_start(folded: &[char], groups: &[Range<usize>]) -> usize {
    let mut end = folded.len();
    for group in groups.iter().rev() {
        let is_empty = slice(folded, group.end..end)
            .iter()
            .all(|c| matches!(c, '。' | ';' | ',' | '.' | ' ' | '\n'));
        if !is_empty {
            break;
        }
        end = group.start;
    }
    end
}

/// Reads a text made of labels; `None` unless it begins with one or holds one for units.
pub(crate) fn read_labels(inner: &Text) -> Option<Parties> {
    let labels = labels_in(inner.folded(), 0);
    let begins = labels.first().is_some_and(|label| label.start == 0);
    let names_units = labels
        .iter()
        .any(|label| matches!(label.kind, LabelKind::Units(_)));
    if labels.is_empty() || !(begins || names_units) {
        return None;
    }
    let mut parties = Parties::default();
    let first = labels.first().map_or(0, |label| label.start);
    if first > 0 {
        parties.add_list(&inner.part(0..first), Role::Lead);
    }
    for (label, next) in labels.iter().zip(
        labels
            .iter()
            .skip(1)
            .map(|next| next.start)
            .chain([inner.len()]),
    ) {
        let value = inner.part(label.end..next);
        match label.kind {
            LabelKind::Units(role) => parties.add_list(&value, role),
            LabelKind::Limit => parties.limits.push(Text::new(&value.to_written())),
            LabelKind::Person => {}
        }
    }
    Some(parties)
}

/// A bracket that holds nothing but a time limit: （2026年6月底前完成）, （长期坚持）.
fn read_limits(inner: &Text) -> Option<Parties> {
    (is_limit(inner.folded()) && inner.len() <= 30).then(|| Parties {
        limits: vec![inner.clone()],
        ..Parties::default()
    })
}

/// A bracket with labels that is never closed reaches to the end of the paragraph.
fn read_unclosed(text: &Text, brackets: &Brackets, from: usize, clause: &mut PartiesClause) {
    let is_labelled = |open: &&usize| {
        **open >= from
            && label_at(text.folded(), **open + 1)
                .is_some_and(|label| matches!(label.kind, LabelKind::Units(_)))
    };
    let Some(open) = brackets.unclosed.iter().find(is_labelled).copied() else {
        return;
    };
    clause.removed.retain(|range| range.end <= open);
    if let Some(parties) = read_labels(&text.part(open + 1..text.len())) {
        clause.parties.merge(Parties {
            is_unbalanced: true,
            ..parties
        });
        clause.removed.push(open..text.len());
    }
}

/// "……。牵头单位：A；责任单位：B。" without brackets, up to the first 。 that no label follows.
fn read_open_labels(text: &Text, from: usize, clause: &mut PartiesClause) {
    let folded = text.folded();
    let labels = labels_in(folded, from);
    let is_free = |at: usize| {
        let next = clause.removed.partition_point(|range| range.end <= at);
        clause
            .removed
            .get(next)
            .is_none_or(|range| !range.contains(&at))
    };
    let follows_sentence = |at: usize| {
        at == from
            || folded
                .get(at - 1)
                .is_some_and(|c| matches!(c, '。' | ';' | ' ' | '\n' | ',' | '(' | ')'))
    };
    let starts: Vec<_> = labels
        .iter()
        .filter(|label| is_free(label.start) && follows_sentence(label.start))
        .collect();
    let Some(first) = starts
        .iter()
        .find(|label| matches!(label.kind, LabelKind::Units(_)) || label.start == from)
    else {
        return;
    };
    let start = first.start;
    let mut end = text.len();
    let mut labels_after = starts
        .iter()
        .map(|label| label.start)
        .filter(|at| *at > start)
        .peekable();
    for (at, _) in folded
        .iter()
        .enumerate()
        .skip(start)
        .filter(|(_, c)| **c == '。')
    {
        while labels_after.next_if(|label| *label <= at).is_some() {}
        let next = super::punctuation::skip_spaces(folded, at + 1);
        if labels_after.peek() != Some(&next) {
            end = at + 1;
            break;
        }
    }
    let value = text.part(start..end);
    if let Some(mut parties) = read_labels(&value) {
        let brackets = Brackets::of(value.folded());
        parties.is_unbalanced = !brackets.unopened.is_empty();
        clause.parties.merge(parties);
        clause
            .removed
            .retain(|range| range.end <= start || range.start >= end);
        clause.removed.push(start..end);
        clause.removed.sort_by_key(|range| range.start);
    }
}

/// Whether a paragraph is, from `from` on, nothing but particulars: 牵头单位：…, 完成时限：…, （责任单位：…）.
pub(crate) fn is_label_line(text: &Text, from: usize) -> bool {
    let folded = text.folded();
    let first =
        from + usize::from(folded.get(from) == Some(&'(') && label_at(folded, from).is_none());
    let Some(label) = label_at(folded, first) else {
        return false;
    };
    let is_whole = first == from || tail_start(folded, &Brackets::of(folded).groups) <= from;
    if trim(slice(folded, label.end..folded.len())).is_empty() {
        return false;
    }
    match label.kind {
        LabelKind::Units(_) | LabelKind::Limit => {
            is_whole && !has_sentences(slice(folded, label.end..folded.len()))
        }
        LabelKind::Person => is_whole && folded.len() <= 60,
    }
}

/// Two sentences behind a label are text ("责任单位：各校。各校要……").
fn has_sentences(folded: &[char]) -> bool {
    let end = folded
        .iter()
        .position(|c| *c == '。')
        .unwrap_or(folded.len());
    let rest = trim(slice(folded, end + 1..folded.len()));
    !rest.is_empty() && label_at(rest, 0).is_none()
}

/// Reads a cell of a table: labels, a phrase (A牵头，B配合), or a plain list in the column's role.
pub(crate) fn read_cell(cell: &Text, role: Role) -> Parties {
    if let Some(parties) = read_labels(cell).or_else(|| read_phrase(cell)) {
        return parties;
    }
    let mut parties = Parties::default();
    if !is_blank(cell.folded()) {
        parties.add_list(cell, role);
    }
    parties
}

/// An empty cell, or one with a dash, slash or 无.
fn is_blank(cell: &[char]) -> bool {
    let cell = trim(cell);
    cell.iter().all(|c| matches!(c, '-' | '/' | '\\' | '—')) || matches!(cell, ['无'])
}

/// Whether a piece of a units clause is a time limit: 2026年6月底前完成, 年内持续推进, 长期.
pub(crate) fn is_limit(piece: &[char]) -> bool {
    let piece = trim(piece);
    if piece.len() > 40 || looks_like_unit(piece) {
        return false;
    }
    let start = any_at(piece, 0, &["于", "在", "到", "至"]).map_or(0, |(_, length)| length);
    date_at(piece, start).is_some()
        || any_at(
            piece,
            0,
            &[
                "长期",
                "全年",
                "持续",
                "常态化",
                "常年",
                "本学期",
                "学期",
                "学年",
                "每",
            ],
        )
        .is_some()
        || (ends_with_any(piece, &["前完成", "推进", "坚持", "前", "完成"]).is_some()
            && contains_any(piece, &["月", "年", "持续", "长期"]))
}

//! Annexes (附件) that the text refers to and the document does not contain. Reading what stands in an annex is
//! the business of the other files.

use super::layout::{Layout, Part, Region};
use super::numeral::{chinese_at, digits_at};
use super::problem::{Problem, ProblemKind};
use super::punctuation::{Nesting, skip_spaces, slice, word_at};

/// An annex: its number, 0 for one without.
type Number = u32;

/// One problem for each annex that is referred to and absent, at its first mention.
pub(crate) fn missing_annexes(layout: &Layout<'_>) -> Vec<Problem> {
    let present = present_annexes(layout);
    let mut missing: Vec<Number> = Vec::new();
    let mut problems = Vec::new();
    for (at, part) in layout.parts.iter().enumerate() {
        let (Part::Line(line), Some(region)) = (part, layout.regions.get(at)) else {
            continue;
        };
        if *region == Region::AnnexHeading {
            continue;
        }
        for (from, number) in mentions(line.text.folded()) {
            let is_present = present
                .iter()
                .any(|annex| *annex == number || number == 0 || *annex == 0);
            if !is_present && !missing.contains(&number) && missing.len() < 50 {
                missing.push(number);
                // A list names what the text already referred to without a number.
                if *region == Region::AnnexList && missing.contains(&0) && number != 0 {
                    continue;
                }
                let start = from.saturating_sub(20);
                problems.push(Problem::new(
                    line.line,
                    ProblemKind::MissingAnnex,
                    &line.text.written(start..from + 12),
                ));
            }
        }
    }
    problems
}

/// The annexes whose own text is in the document: a heading 附件 with something other than a signature behind
/// it, up to the next heading.
fn present_annexes(layout: &Layout<'_>) -> Vec<Number> {
    let mut present = Vec::new();
    let mut open: Option<Number> = None;
    for (at, region) in layout.regions.iter().enumerate() {
        match region {
            Region::AnnexHeading => {
                open = layout.line(at).map(|line| number_at(line.text.folded(), 2));
            }
            Region::AnnexList => open = listed_heading(layout, at),
            Region::Signature => {}
            Region::Head | Region::Body => present.extend(open.take()),
        }
    }
    present
}

/// "附件1：任务分解表" straight in front of its table or text is a heading and no list.
fn listed_heading(layout: &Layout<'_>, at: usize) -> Option<Number> {
    let is_last = layout
        .regions
        .get(at + 1)
        .is_some_and(|next| matches!(next, Region::Body | Region::Head));
    layout
        .line(at)
        .filter(|_| is_last)
        .map(|line| number_at(line.text.folded(), 2))
}

/// Where a text says 附件, outside titles of other documents, with the number it names.
fn mentions(folded: &[char]) -> Vec<(usize, Number)> {
    let mut nesting = Nesting::default();
    let mut found = Vec::new();
    for (at, c) in folded.iter().enumerate() {
        nesting.step(*c);
        let follows_title = at > 0 && folded.get(at - 1) == Some(&'》');
        if word_at(folded, at, "附件") && !nesting.is_quoted() && !follows_title {
            found.push((at, number_at(folded, at + 2)));
        }
    }
    found
}

fn number_at(folded: &[char], at: usize) -> Number {
    let at = skip_spaces(folded, at);
    let at = if word_at(folded, at, ":") || word_at(folded, at, "(") {
        at + 1
    } else {
        at
    };
    digits_at(slice(folded, 0..folded.len()), at)
        .map(|(number, _)| number)
        .or_else(|| chinese_at(folded, at).and_then(|(number, _)| u32::try_from(number).ok()))
        .unwrap_or(0)
}

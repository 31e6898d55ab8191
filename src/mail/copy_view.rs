//! The copies of a letter as the templates see them: one line a task, counts by district. The rest of the letter is in
//! `letter_view`.

use rust_i18n::t;

use super::letter::{CopyGroup, CopyLine, CopyReason};
use super::plain_text::clean;
use super::wording::{TITLE_CHARS, Wording};

/// Tasks listed for one reason.
const LINES_SHOWN: usize = 40;

/// Districts listed for one task; a city has some fifteen.
const DISTRICTS_SHOWN: usize = 30;

/// The copies for one reason.
pub(super) struct CopyView {
    pub(super) heading: String,
    pub(super) explanation: String,
    pub(super) lines: Vec<CopyLineView>,
    pub(super) lines_left_out: Option<String>,
}

/// One task.
pub(super) struct CopyLineView {
    pub(super) number: usize,
    pub(super) task: String,
    pub(super) state: String,
    pub(super) districts: String,
}

/// The groups that have lines, each with the longest delay first.
pub(super) fn copy_views(words: Wording, groups: &[CopyGroup]) -> Vec<CopyView> {
    let filled = groups.iter().filter(|group| !group.lines.is_empty());
    filled.map(|group| copy_view(words, group)).collect()
}

fn copy_view(words: Wording, group: &CopyGroup) -> CopyView {
    let tag = words.tag;
    let (heading, explanation) = match group.reason {
        CopyReason::Lead => (
            t!("mail.copy.heading_lead", locale = tag),
            t!("mail.copy.explain_lead", locale = tag),
        ),
        CopyReason::Supervision => (
            t!("mail.copy.heading_supervision", locale = tag),
            t!("mail.copy.explain_supervision", locale = tag),
        ),
    };
    let mut lines: Vec<&CopyLine> = group.lines.iter().collect();
    lines.sort_by_key(|line| std::cmp::Reverse((line.longest_overdue, line.total_units)));
    let rest = lines.len().saturating_sub(LINES_SHOWN);
    CopyView {
        heading: heading.into_owned(),
        explanation: explanation.into_owned(),
        lines: lines
            .into_iter()
            .take(LINES_SHOWN)
            .enumerate()
            .map(|(index, line)| line_view(words, line, index + 1))
            .collect(),
        lines_left_out: (rest > 0)
            .then(|| t!("mail.copy.lines_left_out", locale = tag, rest = rest).into_owned()),
    }
}

fn line_view(words: Wording, line: &CopyLine, number: usize) -> CopyLineView {
    let tag = words.tag;
    let task = t!(
        "mail.copy.subject_of_line",
        locale = tag,
        plan = words.plan(&line.plan_title, TITLE_CHARS),
        number = clean(&line.task_number, TITLE_CHARS),
        title = clean(&line.task_title, TITLE_CHARS)
    );
    let state = t!(
        "mail.copy.line",
        locale = tag,
        what = words.overdue_what(&line.what),
        total = line.total_units,
        longest = line.longest_overdue
    );
    let mut by_district: Vec<&(String, usize)> = line.by_district.iter().collect();
    by_district.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let districts: Vec<String> = by_district
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .take(DISTRICTS_SHOWN)
        .map(|(district, count)| {
            let district = clean(district, TITLE_CHARS);
            t!(
                "mail.copy.district",
                locale = tag,
                district = district,
                count = count
            )
            .into_owned()
        })
        .collect();
    CopyLineView {
        number,
        // A task without plan or number leaves blanks in a row.
        task: clean(&task, 4 * TITLE_CHARS),
        state: state.into_owned(),
        districts: words.list(&districts),
    }
}

//! Periods as plans write them: 4月—5月, 3月1日至31日, 2026年3-4月, 9月—次年1月. Single dates are read in `date`.

use super::date::{DateMention, Span, Year, date_at, day_at, month_number};
use super::punctuation::skip_spaces;

/// A period: its first date and, where a range is written, its last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DateRange {
    pub(crate) from: DateMention,
    pub(crate) to: Option<DateMention>,
}

impl DateRange {
    /// Where the whole period ends in the text.
    pub(crate) fn end(&self) -> usize {
        self.to
            .as_ref()
            .map_or(self.from.range.end, |to| to.range.end)
    }
}

/// Reads the date or range of dates that begins at `at`: 4月—5月, 3月1日至31日, 2026年3-4月, 9月—次年1月.
pub(crate) fn range_at(folded: &[char], at: usize) -> Option<DateRange> {
    let from = date_at(folded, at)?;
    let start = skip_spaces(folded, from.range.end);
    let mut after = start;
    while matches!(folded.get(after), Some('-' | '~' | '至' | '到')) {
        after += 1;
    }
    if after == start {
        return Some(DateRange { from, to: None });
    }
    let at = skip_spaces(folded, after);
    let to = date_at(folded, at).or_else(|| {
        let month = from.span.first_month();
        let (span, end) = match day_at(folded, at) {
            Some((day, length)) => (Span::Day { month, day }, at + length),
            None => {
                // "2026.3-5": only a month number follows.
                let (month, length) = month_number(folded, at)?;
                (Span::Month { month }, at + length)
            }
        };
        Some(DateMention {
            range: at..end,
            year: Year::Absent,
            span,
        })
    });
    Some(DateRange { from, to })
}

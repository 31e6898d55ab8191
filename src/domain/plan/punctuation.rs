//! A paragraph in two forms of equal length: as written, and with punctuation folded to one form. Every
//! reader matches on the folded form and quotes the written one, so a position means the same in both.
//! What the words mean is not here.

use std::ops::Range;

/// A paragraph: `written[i]` and `folded[i]` are the same character before and after folding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text {
    written: Vec<char>,
    folded: Vec<char>,
}

impl Text {
    /// Trims `source`, leaves out invisible characters (BOM, zero-width, controls) and folds the rest.
    pub(crate) fn new(source: &str) -> Self {
        let written: Vec<char> = source
            .trim_matches(|c: char| c.is_whitespace() || is_invisible(c))
            .chars()
            .filter(|c| !is_invisible(*c))
            .collect();
        let folded = written.iter().map(|c| fold(*c)).collect();
        Self { written, folded }
    }

    /// The folded characters.
    pub(crate) fn folded(&self) -> &[char] {
        &self.folded
    }

    /// Number of characters.
    pub(crate) fn len(&self) -> usize {
        self.folded.len()
    }

    /// Whether nothing is left after trimming.
    pub(crate) fn is_empty(&self) -> bool {
        self.folded.is_empty()
    }

    /// The text as written between two positions, trimmed; positions past the end are cut.
    pub(crate) fn written(&self, range: Range<usize>) -> String {
        let text: String = slice(&self.written, range).iter().collect();
        text.trim().to_owned()
    }

    /// The part between two positions as a paragraph of its own.
    pub(crate) fn part(&self, range: Range<usize>) -> Self {
        Self {
            written: slice(&self.written, range.clone()).to_vec(),
            folded: slice(&self.folded, range).to_vec(),
        }
    }

    /// The whole paragraph as written.
    pub(crate) fn to_written(&self) -> String {
        self.written(0..self.len())
    }

    /// The text as written without the given ranges, which are in order and do not overlap.
    pub(crate) fn written_without(&self, from: usize, removed: &[Range<usize>]) -> String {
        let mut text = String::new();
        let mut at = from;
        for gap in removed {
            text.extend(slice(&self.written, at..gap.start.max(at)));
            at = at.max(gap.end);
        }
        text.extend(slice(&self.written, at..self.len()));
        text.trim().to_owned()
    }
}

/// `chars[range]`, cut to what exists.
pub(crate) fn slice(chars: &[char], range: Range<usize>) -> &[char] {
    let end = range.end.min(chars.len());
    chars.get(range.start.min(end)..end).unwrap_or_default()
}

/// Whether `word` stands at position `at`.
pub(crate) fn word_at(chars: &[char], at: usize, word: &str) -> bool {
    (at..)
        .zip(word.chars())
        .all(|(at, c)| chars.get(at) == Some(&c))
}

/// The first of `words` that stands at `at`, with its length in characters; list longer words first.
pub(crate) fn any_at(
    chars: &[char],
    at: usize,
    words: &[&'static str],
) -> Option<(&'static str, usize)> {
    words
        .iter()
        .find(|word| word_at(chars, at, word))
        .map(|word| (*word, word.chars().count()))
}

/// The first position in `range` at which `word` stands whole inside the range.
pub(crate) fn find(chars: &[char], range: Range<usize>, word: &str) -> Option<usize> {
    let part = slice(chars, range.clone());
    (0..part.len())
        .find(|at| word_at(part, *at, word))
        .map(|at| range.start + at)
}

/// Whether one of `words` stands somewhere in `chars`.
pub(crate) fn contains_any(chars: &[char], words: &[&str]) -> bool {
    (0..chars.len()).any(|at| words.iter().any(|word| word_at(chars, at, word)))
}

/// The first of `words` with which `chars` ends, with its length.
pub(crate) fn ends_with_any(
    chars: &[char],
    words: &[&'static str],
) -> Option<(&'static str, usize)> {
    words.iter().find_map(|word| {
        let length = word.chars().count();
        let at = chars.len().checked_sub(length)?;
        word_at(chars, at, word).then_some((*word, length))
    })
}

/// The first position at or after `at` that holds no space.
pub(crate) fn skip_spaces(chars: &[char], mut at: usize) -> usize {
    while chars.get(at).is_some_and(|c| c.is_whitespace()) {
        at += 1;
    }
    at
}

/// Matched brackets of a folded text that stand in no other, and the ones without a partner.
#[derive(Debug, Default)]
pub(crate) struct Brackets {
    /// Ranges from the opening bracket to just behind the closing one, in order.
    pub(crate) groups: Vec<Range<usize>>,
    /// Opening brackets that are never closed, in order.
    pub(crate) unclosed: Vec<usize>,
    /// Closing brackets that were never opened, in order.
    pub(crate) unopened: Vec<usize>,
}

impl Brackets {
    /// Pairs the brackets of `folded`; every style of bracket counts as the same.
    pub(crate) fn of(folded: &[char]) -> Self {
        let mut brackets = Self::default();
        for (at, c) in folded.iter().enumerate() {
            match c {
                '(' => brackets.unclosed.push(at),
                ')' => match brackets.unclosed.pop() {
                    Some(open) => {
                        while brackets
                            .groups
                            .last()
                            .is_some_and(|inner| inner.start > open)
                        {
                            brackets.groups.pop();
                        }
                        brackets.groups.push(open..at + 1);
                    }
                    None => brackets.unopened.push(at),
                },
                _ => {}
            }
        }
        brackets
    }
}

/// Walks over text and tells whether a position is inside brackets, quotes or a 《title》.
#[derive(Debug, Default)]
pub(crate) struct Nesting {
    brackets: usize,
    quotes: usize,
    titles: usize,
    straight_quote: bool,
}

impl Nesting {
    /// Takes in the next character; a closing mark without an opening one changes nothing.
    pub(crate) fn step(&mut self, c: char) {
        match c {
            '(' => self.brackets += 1,
            ')' => self.brackets = self.brackets.saturating_sub(1),
            '“' => self.quotes += 1,
            '”' => self.quotes = self.quotes.saturating_sub(1),
            '《' => self.titles += 1,
            '》' => self.titles = self.titles.saturating_sub(1),
            '"' => self.straight_quote = !self.straight_quote,
            _ => {}
        }
    }

    /// Whether the characters so far close everything they open.
    pub(crate) fn is_flat(&self) -> bool {
        self.brackets == 0 && !self.is_quoted()
    }

    /// Whether the position is inside quotes or a 《title》.
    pub(crate) fn is_quoted(&self) -> bool {
        self.quotes > 0 || self.titles > 0 || self.straight_quote
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{ad}')
        || (c.is_control() && !matches!(c, '\n' | '\t' | '\r' | '\u{b}'))
}

/// One form for characters that offices use for the same thing. Full-width ASCII becomes ASCII, every
/// bracket a round one, every dash `-`; 、。 and 《》 stay.
pub(crate) fn fold(c: char) -> char {
    let half = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    match half {
        '[' | '【' | '〔' | '〖' | '﹙' | '〘' | '{' => '(',
        ']' | '】' | '〕' | '〗' | '﹚' | '〙' | '}' => ')',
        '—' | '–' | '―' | '‐' | '‑' | '‒' | '−' | '─' | '━' | '﹣' => '-',
        '〜' | '∼' | '˜' => '~',
        '﹕' | '∶' | '︰' => ':',
        '﹐' => ',',
        '﹔' => ';',
        '｡' => '。',
        '､' | '﹑' => '、',
        '﹪' => '%',
        '「' | '『' | '〝' => '“',
        '」' | '』' | '〞' => '”',
        '\n' | '\r' | '\u{b}' | '\u{2028}' | '\u{2029}' => '\n',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_keeps_positions_and_the_written_form() {
        let text = Text::new("\u{feff}　【牵头单位】：１２％\u{200b}—完 ");
        assert_eq!(
            text.folded().iter().collect::<String>(),
            "(牵头单位):12%-完"
        );
        assert_eq!(text.written(0..6), "【牵头单位】");
        assert_eq!(text.len(), 12);
    }

    #[test]
    fn outer_groups_swallow_inner_ones_and_loose_brackets_are_told() {
        let text = Text::new("（甲（乙）丙）丁）（戊");
        let brackets = Brackets::of(text.folded());
        assert_eq!(brackets.groups, vec![0..7]);
        assert_eq!(brackets.unopened, vec![8]);
        assert_eq!(brackets.unclosed, vec![9]);
    }

    #[test]
    fn an_unclosed_bracket_does_not_hide_a_later_pair() {
        let brackets = Brackets::of(Text::new("（甲，乙（丙）").folded());
        assert_eq!(brackets.groups, vec![4..7]);
    }

    #[test]
    fn ranges_past_the_end_are_cut() {
        let text = Text::new("甲乙");
        assert_eq!(text.written(1..9), "乙");
        assert_eq!(text.written(7..9), "");
        assert_eq!(text.written_without(0, &[0..1, 1..1]), "乙");
    }
}

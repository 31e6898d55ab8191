//! Text on its way into a file that we write: what may not stand in XML goes, and widths are told for layout. Escaping is
//! done where the text is written.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar as _;

/// The text without characters that XML 1.0 §2.2 forbids or discourages (controls, U+FFFE, U+FFFF) and without those
/// that turn the direction of what follows (UAX #9 §2), which could make a line read otherwise than it is. Tabs and line
/// feeds stay; a carriage return, alone or before a line feed, becomes a line feed.
#[must_use]
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| c == '\r' || is_dropped(c)) {
        return Cow::Borrowed(text);
    }
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    Cow::Owned(unified.chars().filter(|c| !is_dropped(*c)).collect())
}

/// As [`printable`], on one line: line feeds and tabs become blanks, and none stands at either end.
#[must_use]
pub(crate) fn printable_line(text: &str) -> String {
    let printable = printable(text);
    let words: Vec<&str> = printable
        .split(['\n', '\t'])
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ")
}

fn is_dropped(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
        || matches!(c, '\u{FFFE}' | '\u{FFFF}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// How wide a text is in half characters: 2 for a Chinese one, 1 for a Latin one. Quotation marks, dashes and dots are
/// Chinese ones here, whose width Unicode leaves open.
#[must_use]
pub(crate) fn half_widths(text: &str) -> usize {
    text.chars().map(half_width).sum()
}

/// As [`half_widths`], of one character.
#[must_use]
pub(crate) fn half_width(c: char) -> usize {
    match c {
        '“' | '”' | '‘' | '’' | '—' | '…' | '·' => 2,
        c => c.width().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_xml_forbids_and_what_turns_text_goes() {
        let cases = [
            ("正文", "正文"),
            ("a\u{0}b\u{8}\u{1F}\u{7F}\u{85}c", "abc"),
            ("一\r\n二\r三\n四\t五", "一\n二\n三\n四\t五"),
            ("\u{202E}gpj.exe\u{2066}\u{FFFE}\u{FFFF}", "gpj.exe"),
            ("👩‍🏫 <&>", "👩‍🏫 <&>"),
        ];
        for (text, printed) in cases {
            assert_eq!(printable(text), printed);
        }
        assert_eq!(printable_line(" 一 \r\n\n\t二"), "一 二");
    }

    #[test]
    fn chinese_is_twice_as_wide() {
        assert_eq!(half_widths("2026年11月23日"), 14);
        assert_eq!(half_widths("“双减”——ab"), 14);
    }

    proptest! {
        #[test]
        fn printing_twice_changes_nothing(text in any::<String>()) {
            let once = printable(&text).into_owned();
            prop_assert!(!once.contains(|c: char| c < ' ' && !matches!(c, '\t' | '\n')));
            prop_assert_eq!(printable(&once), once.as_str());
        }
    }
}

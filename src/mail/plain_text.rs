//! Text as mail can carry it: foreign words made harmless, lines folded for readers that do not. What the words say is
//! decided in `letter_view` and the catalogue.

use unicode_width::UnicodeWidthChar as _;

/// The widest line of a text part, in columns; a Chinese character has two. RFC 5322 §2.1.1 recommends under 78.
const LINE_COLUMNS: usize = 76;

/// No line begins with these (GB/T 15834 §5.1).
const NOT_FIRST: &str = "，。、；：？！）》」』】〕”’…—·,.;:?!)]}%％";

/// No line ends with these.
const NOT_LAST: &str = "（《「『【〔“‘([{";

/// A word from outside on one line, cut to `limit` characters.
///
/// Line breaks and other control characters become one blank; characters that change the direction of what follows, or
/// that cannot be seen, go: a title must not be able to end a header, reverse an address or hide a word.
#[must_use]
pub(super) fn clean(text: &str, limit: usize) -> String {
    let mut line = String::with_capacity(text.len().min(limit * 4));
    let mut length = 0;
    let mut pending_blank = false;
    for c in text.chars() {
        if is_invisible(c) {
            continue;
        }
        if c.is_control() || c.is_whitespace() {
            pending_blank = length > 0;
            continue;
        }
        let needed = 1 + usize::from(pending_blank);
        if length + needed > limit {
            if length >= limit {
                line.pop();
            }
            line.push('…');
            return line;
        }
        if pending_blank {
            line.push(' ');
            pending_blank = false;
        }
        line.push(c);
        length += needed;
    }
    line
}

/// Zero-width and direction-changing characters (Unicode UAX #9 §2, UTS #39), and the byte order mark.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}'
            | '\u{061C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

/// Folds every line longer than 76 columns; what follows keeps the line's indent, behind the marker of an entry. Latin words stay whole where they fit.
/// A web address that has its line for itself stays whole: half of one leads nowhere. Blank lines at both ends go, several in a row become one, and the last line ends.
#[must_use]
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + text.len() / 16);
    let mut is_blank_due = false;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() {
            is_blank_due = !folded.is_empty();
            continue;
        }
        if is_blank_due {
            folded.push('\n');
            is_blank_due = false;
        }
        fold_line(line, &mut folded);
        folded.push('\n');
    }
    folded
}

fn fold_line(line: &str, folded: &mut String) {
    let content = line.trim_start_matches(' ');
    if is_web_address(content) {
        folded.push_str(line);
        return;
    }
    let mut indent = (line.len() - content.len()).min(LINE_COLUMNS / 2);
    let hanging = indent + marker_width(content);
    let mut rest = content;
    loop {
        folded.extend(std::iter::repeat_n(' ', indent));
        let end = fold_at(rest, LINE_COLUMNS - indent);
        let (head, tail) = rest.split_at(end);
        folded.push_str(head.trim_end());
        rest = tail.trim_start_matches(' ');
        if rest.is_empty() {
            return;
        }
        folded.push('\n');
        indent = hanging;
    }
}

fn is_web_address(content: &str) -> bool {
    let is_web = content.starts_with("https://") || content.starts_with("http://");
    is_web && content.bytes().all(|b| b.is_ascii_graphic())
}

/// The width of what begins an entry of a list, `- ` or `12. `; 0 for other lines.
fn marker_width(content: &str) -> usize {
    let Some((marker, _)) = content.split_once(' ') else {
        return 0;
    };
    let number = marker.strip_suffix('.').unwrap_or_default();
    let is_number = (1..=4).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    if marker == "-" || is_number {
        marker.len() + 1
    } else {
        0
    }
}

/// The byte index at which `text` is folded: its end where it fits, else the last allowed place, else wherever the room
/// ends. Never 0 for a text that is not empty.
fn fold_at(text: &str, columns: usize) -> usize {
    let mut used = 0;
    let mut allowed = None;
    let mut previous: Option<char> = None;
    for (index, c) in text.char_indices() {
        if previous.is_some_and(|before| may_fold_between(before, c)) {
            allowed = Some(index);
        }
        used += c.width().unwrap_or(0);
        if used > columns && index > 0 {
            return allowed.unwrap_or(index);
        }
        previous = Some(c);
    }
    text.len()
}

fn may_fold_between(before: char, after: char) -> bool {
    let is_word = |c: char| c.is_ascii_graphic();
    let is_within_word = is_word(before) && is_word(after);
    !(is_within_word || NOT_LAST.contains(before) || NOT_FIRST.contains(after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr as _;

    #[test]
    fn hostile_words_become_harmless() {
        let cases = [
            ("方案\r\nBcc: x@y.cn", "方案 Bcc: x@y.cn"),
            ("a\u{202E}txt.exe\u{200B}", "atxt.exe"),
            (" \t两个  字\u{2028}后 ", "两个 字 后"),
            ("\u{0}\u{7}", ""),
            ("一二三四五六", "一二三四…"),
            ("一二三四五", "一二三四五"),
            ("一二三四 五", "一二三四…"),
        ];
        for (text, cleaned) in cases {
            assert_eq!(
                clean(text, if text.contains('一') { 5 } else { 50 }),
                cleaned
            );
        }
    }

    #[test]
    fn lines_are_folded_by_columns_and_keep_their_indent() {
        let long = format!("    {}。", "字".repeat(36));
        let folded = fold(&long);
        let lines: Vec<&str> = folded.lines().collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1], "    字。", "no line begins with a full stop");
        let entry = fold(&format!("- {}", "字".repeat(40)));
        assert_eq!(entry.lines().nth(1), Some("  字字字"));
        let words = fold(&format!("{} {}", "a".repeat(70), "b".repeat(20)));
        assert_eq!(words, format!("{}\n{}\n", "a".repeat(70), "b".repeat(20)));
        let address = format!("   https://example.cn/{}", "a".repeat(90));
        assert_eq!(fold(&address), format!("{address}\n"));
        let within = fold(&format!("见 https://example.cn/{}", "a".repeat(90)));
        assert!(within.lines().all(|line| line.width() <= LINE_COLUMNS));
        assert_eq!(fold("\n\na\n\n\n\nb\n\n"), "a\n\nb\n");
    }

    proptest! {
        #[test]
        fn cleaning_is_bounded_and_repeatable(text in any::<String>(), limit in 1_usize..80) {
            let cleaned = clean(&text, limit);
            prop_assert!(cleaned.chars().count() <= limit);
            prop_assert!(!cleaned.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert_eq!(clean(&cleaned, limit), cleaned);
        }

        #[test]
        fn folding_keeps_every_word_and_every_line_fits(text in "( {0,6}[a-z《》，。字中（）]{0,200} ?[a-z字]{0,90}\n){0,4}") {
            let folded = fold(&text);
            let kept = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(kept(&folded), kept(&text));
            for line in folded.lines() {
                prop_assert!(line.width() <= LINE_COLUMNS, "{}", line);
            }
        }
    }
}

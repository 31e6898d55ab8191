//! Lists of unit names in running text: cut between names and never inside one, 等 and tags taken off. What looks like
//! a name is told in `unit_name`.

use super::parties::Role;
use super::punctuation::{Nesting, Text, ends_with_any, find, slice, word_at};
use super::unit_name::{looks_like_unit, trim};

/// A name cut from a list, with the role that a tag behind it gives: 基教科（牵头）.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedName {
    pub(crate) name: Text,
    pub(crate) tag: Option<Role>,
}

/// Cuts a list of names at 、,;/ and line breaks outside brackets and quotes, at spaces between two names,
/// and at 和, 及, 与 where both sides look like units. 等, 等部门 and stray marks are taken off.
pub(crate) fn split_names(list: &Text) -> Vec<ListedName> {
    let mut names = Vec::new();
    for piece in pieces(list, |c| matches!(c, '、' | ',' | ';' | '/' | '|' | '。')) {
        for piece in split_blanks(&piece) {
            names.extend(split_connectors(&piece).iter().filter_map(listed_name));
        }
    }
    names
}

/// The parts of a text between separators that stand outside brackets and quotes.
pub(crate) fn pieces(text: &Text, is_separator: impl Fn(char) -> bool) -> Vec<Text> {
    let mut pieces = Vec::new();
    let mut nesting = Nesting::default();
    let mut start = 0;
    for (at, c) in text.folded().iter().enumerate() {
        nesting.step(*c);
        if nesting.is_flat() && is_separator(*c) {
            pieces.push(text.part(start..at));
            start = at + 1;
        }
    }
    pieces.push(text.part(start..text.len()));
    pieces
}

/// Splits at blanks only where the words on both sides are names; else the blank is inside a name (教 研 室).
fn split_blanks(piece: &Text) -> Vec<Text> {
    let words: Vec<Text> = pieces(piece, |c| c == ' ' || c == '\n')
        .into_iter()
        .filter(|word| !trim(word.folded()).is_empty())
        .collect();
    if words.len() < 2 {
        return words;
    }
    if words.iter().all(|word| looks_like_unit(word.folded())) {
        return words;
    }
    let is_line_list = piece.folded().contains(&'\n');
    let lines: Vec<Text> = pieces(piece, |c| c == '\n')
        .into_iter()
        .filter(|line| !trim(line.folded()).is_empty())
        .collect();
    if is_line_list
        && lines
            .iter()
            .all(|line| looks_like_unit(&without_blanks(line)))
    {
        return lines.iter().map(closed_up).collect();
    }
    vec![closed_up(piece)]
}

fn without_blanks(text: &Text) -> Vec<char> {
    text.folded()
        .iter()
        .copied()
        .filter(|c| !c.is_whitespace())
        .collect()
}

/// The text without blanks between Chinese characters.
fn closed_up(text: &Text) -> Text {
    let written = text.to_written();
    if written.is_ascii() {
        return Text::new(&written);
    }
    Text::new(
        &written
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect::<String>(),
    )
}

/// Splits at 和/及/与/以及 where what stands before and all that stands behind end like units, so that
/// 学前教育与高中教育科 stays whole.
fn split_connectors(piece: &Text) -> Vec<Text> {
    let folded = piece.folded();
    let mut nesting = Nesting::default();
    let mut names = Vec::new();
    let mut start = 0;
    if !looks_like_unit(slice(folded, folded.len().saturating_sub(12)..folded.len())) {
        return vec![piece.clone()];
    }
    for (at, c) in folded.iter().enumerate() {
        nesting.step(*c);
        if at < start || !nesting.is_flat() || !matches!(c, '和' | '及' | '与' | '暨' | '以') {
            continue;
        }
        let length = if word_at(folded, at, "以及") { 2 } else { 1 };
        if *c == '以' && length == 1 {
            continue;
        }
        // A name is at most forty characters long, so a longer left side cannot be one.
        let is_name = at - start <= 40 && looks_like_unit(slice(folded, start..at));
        if is_name && at + length + 2 <= folded.len() {
            names.push(piece.part(start..at));
            start = at + length;
        }
    }
    names.push(piece.part(start..folded.len()));
    names
}

fn listed_name(piece: &Text) -> Option<ListedName> {
    let mut start = 0;
    let mut end = piece.len();
    let folded = piece.folded();
    let is_stray =
        |c: &char| c.is_whitespace() || matches!(c, '。' | '.' | ';' | ',' | '、' | ':' | '-');
    while start < end && folded.get(start).is_some_and(is_stray) {
        start += 1;
    }
    while end > start && folded.get(end - 1).is_some_and(is_stray) {
        end -= 1;
    }
    for word in ["由", "以及", "及"] {
        let length = word.chars().count();
        if word_at(folded, start, word) && looks_like_unit(slice(folded, start + length..end)) {
            start += length;
        }
    }
    let (end, tag) = without_tag(folded, start, end);
    let end = without_and_so_on(folded, start, end);
    let (start, end) = without_loose_bracket(folded, start, end);
    (start < end).then(|| ListedName {
        name: Text::new(&piece.written(start..end)),
        tag,
    })
}

/// 基教科（牵头） carries its role in a bracket.
fn without_tag(folded: &[char], start: usize, end: usize) -> (usize, Option<Role>) {
    let name = slice(folded, start..end);
    for (tag, role) in [
        ("(牵头)", Role::Lead),
        ("(牵头单位)", Role::Lead),
        ("(主办)", Role::Lead),
        ("(主责)", Role::Lead),
        ("(配合)", Role::Cooperating),
        ("(协办)", Role::Cooperating),
        ("(责任)", Role::Responsible),
    ] {
        let length = tag.chars().count();
        if name.len() > length && word_at(name, name.len() - length, tag) {
            return (end - length, Some(role));
        }
    }
    (end, None)
}

/// 教研室等部门 → 教研室; 高等学校 stays.
fn without_and_so_on(folded: &[char], start: usize, end: usize) -> usize {
    let name = slice(folded, start..end);
    let tails = [
        "等有关部门",
        "等相关部门",
        "等有关单位",
        "等相关单位",
        "等相关科室",
        "等有关科室",
        "等部门",
        "等单位",
        "等科室",
        "等处室",
        "等股室",
        "等学校",
        "等",
    ];
    match ends_with_any(name, &tails) {
        Some((_, length)) if name.len() > length => {
            let before = name.get(name.len() - length - 1);
            if matches!(before, Some('高' | '中' | '初' | '平' | '优')) {
                end
            } else {
                end - length
            }
        }
        _ => end,
    }
}

/// Takes off a bracket at either end that has no partner inside the name.
fn without_loose_bracket(folded: &[char], start: usize, end: usize) -> (usize, usize) {
    let name = slice(folded, start..end);
    let opened = name.iter().filter(|c| **c == '(').count();
    let closed = name.iter().filter(|c| **c == ')').count();
    match (
        opened > closed && name.first() == Some(&'('),
        closed > opened && name.last() == Some(&')'),
    ) {
        (true, _) => (start + 1, end),
        (_, true) => (start, end - 1),
        _ => (start, end),
    }
}

/// The longest beginning of a folded text that is a list of names: where it ends, 0 for none. Used for the
/// subject of a sentence such as 各区教育局、市直学校要….
pub(crate) fn leading_units(folded: &[char]) -> usize {
    let window = slice(folded, 0..80);
    let mut nesting = Nesting::default();
    let mut start = 0;
    let mut reached = 0;
    for at in 0..window.len() {
        let Some(c) = window.get(at) else { break };
        nesting.step(*c);
        if matches!(c, '。' | ':' | '《' | '于' | '将' | '把' | '须') {
            break;
        }
        if !nesting.is_flat() {
            continue;
        }
        let is_cut = matches!(c, '、' | '和' | '及' | ',');
        if is_cut && reached == at {
            start = at + 1;
        } else if at - start < 30 && ends_a_unit(window, start, at + 1) {
            reached = at + 1;
        }
    }
    reached
}

/// Whether `folded[start..end]` is a name that does not go on ("各校" in "各校园" does).
fn ends_a_unit(folded: &[char], start: usize, end: usize) -> bool {
    let name = slice(folded, start..end);
    let goes_on = folded.get(end).is_some_and(|c| {
        matches!(
            c,
            '园' | '长' | '员' | '门' | '位' | '学' | '目' | '规' | '域' | '内'
        )
    }) || find(name, 0..name.len(), "要").is_some();
    !goes_on && looks_like_unit(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &str) -> Vec<String> {
        split_names(&Text::new(list))
            .iter()
            .map(|listed| listed.name.to_written())
            .collect()
    }

    #[test]
    fn lists_are_cut_between_names_and_never_inside() {
        let table: [(&str, &[&str]); 13] = [
            (
                "基教科、学高科，“双减”专班；各地各校。",
                &["基教科", "学高科", "“双减”专班", "各地各校"],
            ),
            (
                "办公室（信访科、法规科）、人事科",
                &["办公室（信访科、法规科）", "人事科"],
            ),
            ("学前教育与高中教育科", &["学前教育与高中教育科"]),
            (
                "人事科和学前教育与高中教育科",
                &["人事科", "学前教育与高中教育科"],
            ),
            ("办公室和人事科及各学校", &["办公室", "人事科", "各学校"]),
            ("社会与法治教育科", &["社会与法治教育科"]),
            ("教研室等", &["教研室"]),
            ("教研室等部门", &["教研室"]),
            ("市属高等学校", &["市属高等学校"]),
            ("基教科 教研室\n各学校", &["基教科", "教研室", "各学校"]),
            ("教 研 室、人事科", &["教研室", "人事科"]),
            ("基础教育\n科", &["基础教育科"]),
            (
                "各县（市、区）教育局/市直学校",
                &["各县（市、区）教育局", "市直学校"],
            ),
        ];
        for (list, expected) in table {
            assert_eq!(names(list), expected, "{list}");
        }
    }

    #[test]
    fn a_tag_gives_the_role() {
        let listed = split_names(&Text::new("基教科（牵头）、人事科"));
        assert_eq!(listed[0].tag, Some(Role::Lead));
        assert_eq!(listed[0].name.to_written(), "基教科");
        assert_eq!(listed[1].tag, None);
    }

    #[test]
    fn the_subject_of_a_sentence_is_its_leading_list_of_units() {
        for (sentence, subject) in [
            (
                "各县教育主管部门、局属学校要制定方案",
                "各县教育主管部门、局属学校",
            ),
            ("各校工作方案要有内容", "各校"),
            ("工作方案要有内容", ""),
            ("各校园要整洁", ""),
        ] {
            let text = Text::new(sentence);
            assert_eq!(
                text.written(0..leading_units(text.folded())),
                subject,
                "{sentence}"
            );
        }
    }
}

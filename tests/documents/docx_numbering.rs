//! Word's automatic numbers, as a reader of the printed page sees them.

use crate::files::{docx_with, lines, read};
use duban::documents::read_document;

/// A level of a list: format, text, start, and further properties.
fn level(index: usize, format: &str, text: &str, more: &str) -> String {
    format!(
        r#"<w:lvl w:ilvl="{index}"><w:start w:val="1"/><w:numFmt w:val="{format}"/>{more}<w:lvlText w:val="{text}"/></w:lvl>"#
    )
}

fn look(id: u32, inner: &str) -> String {
    format!(r#"<w:abstractNum w:abstractNumId="{id}">{inner}</w:abstractNum>"#)
}

fn list(id: u32, look_id: u32, overrides: &str) -> String {
    format!(r#"<w:num w:numId="{id}"><w:abstractNumId w:val="{look_id}"/>{overrides}</w:num>"#)
}

/// A paragraph 文 at a level of a list.
fn item(num_id: u32, level: usize) -> String {
    format!(
        r#"<w:p><w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{num_id}"/></w:numPr></w:pPr><w:r><w:t>文</w:t></w:r></w:p>"#
    )
}

/// The labels in front of 文, in order.
fn labels(items: &[String], numbering: &str) -> Vec<String> {
    let document = read_document("a.docx", &docx_with(&items.concat(), "", numbering)).unwrap();
    lines(&document)
        .into_iter()
        .map(|line| {
            let (_, text) = line.split_once(' ').unwrap();
            text.strip_suffix('文').unwrap().to_owned()
        })
        .collect()
}

fn outline() -> String {
    look(
        0,
        &[
            level(0, "chineseCounting", "%1、", ""),
            level(1, "chineseCountingThousand", "（%2）", ""),
            level(2, "decimal", "%3.", ""),
            level(3, "decimal", "%3.%4", ""),
        ]
        .concat(),
    )
}

#[test]
fn levels_count_on_and_restart_below_a_higher_one() {
    let items = [(0), 1, 1, 2, 2, 1, 2, 0, 1, 2].map(|level| item(1, level));
    assert_eq!(
        labels(&items, &(outline() + &list(1, 0, ""))),
        [
            "一、",
            "（一）",
            "（二）",
            "1. ",
            "2. ",
            "（三）",
            "1. ",
            "二、",
            "（一）",
            "1. "
        ]
    );
}

#[test]
fn a_number_can_show_the_levels_above_it() {
    let items = [0, 2, 3, 3].map(|level| item(1, level));
    assert_eq!(
        labels(&items, &(outline() + &list(1, 0, ""))),
        ["一、", "1. ", "1.1 ", "1.2 "]
    );
}

#[test]
fn lists_of_one_look_count_on_unless_they_start_anew() {
    let again = r#"<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>"#;
    let from_five = r#"<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>"#;
    let numbering = [
        outline(),
        list(1, 0, ""),
        list(2, 0, ""),
        list(3, 0, again),
        list(4, 0, from_five),
    ]
    .concat();
    let items = [1, 1, 2, 3, 3, 1, 4, 4].map(|num_id| item(num_id, 0));
    assert_eq!(
        labels(&items, &numbering),
        [
            "一、", "二、", "三、", "一、", "二、", "三、", "五、", "六、"
        ]
    );
}

#[test]
fn a_list_can_replace_a_level_of_its_look() {
    let own = level(0, "decimal", "第%1阶段", "");
    let replaced = format!(r#"<w:lvlOverride w:ilvl="0">{own}</w:lvlOverride>"#);
    let numbering = outline() + &list(1, 0, &replaced);
    assert_eq!(
        labels(&[item(1, 0), item(1, 0)], &numbering),
        ["第1阶段 ", "第2阶段 "]
    );
}

#[test]
fn restarting_can_be_switched_off_or_bound_to_a_level() {
    let levels = [
        level(0, "decimal", "%1、", ""),
        level(1, "decimal", "（%2）", "<w:lvlRestart w:val=\"0\"/>"),
        level(2, "decimal", "%3)", "<w:lvlRestart w:val=\"1\"/>"),
    ];
    let numbering = look(0, &levels.concat()) + &list(1, 0, "");
    let items = [0, 1, 2, 1, 2, 0, 1, 2].map(|level| item(1, level));
    assert_eq!(
        labels(&items, &numbering),
        ["1、", "（1）", "1)", "（2）", "2)", "2、", "（3）", "1)"]
    );
}

#[test]
fn bullets_and_unknown_lists_have_no_number() {
    let levels = level(0, "bullet", "\u{f0b7}", "") + &level(1, "none", "附：", "");
    let numbering = look(0, &levels) + &list(1, 0, "");
    let items = [
        item(1, 0),
        item(1, 1),
        item(1, 8),
        item(9, 0),
        item(0, 0),
        item(1, 99),
    ];
    assert_eq!(labels(&items, &numbering), ["", "附：", "", "", "", ""]);
}

#[test]
fn legal_numbers_custom_formats_and_missing_starts_follow_the_standard() {
    let custom = r#"<w:lvl w:ilvl="1"><mc:AlternateContent><mc:Choice><w:numFmt w:val="custom" w:format="001"/></mc:Choice><mc:Fallback><w:numFmt w:val="upperRoman"/></mc:Fallback></mc:AlternateContent><w:lvlText w:val="%2、"/></w:lvl>"#;
    let levels = [
        level(0, "chineseCounting", "%1、", ""),
        custom.to_owned(),
        level(2, "decimal", "%1.%3", "<w:isLgl/>"),
        level(3, "decimal", "%4", "<w:suff w:val=\"nothing\"/>"),
    ];
    let numbering = look(0, &levels.concat()) + &list(1, 0, "");
    let items = [0, 1, 1, 2, 3].map(|level| item(1, level));
    assert_eq!(
        labels(&items, &numbering),
        ["一、", "0、", "I、", "1.1 ", "1"]
    );
}

#[test]
fn a_label_of_any_length_is_cut() {
    let levels = level(0, "decimal", &"字".repeat(500), "");
    let numbering = look(0, &levels) + &list(1, 0, "");
    assert_eq!(labels(&[item(1, 0)], &numbering)[0].chars().count(), 65);
}

#[test]
fn numbering_comes_through_styles_and_list_styles() {
    let styles = r#"
        <w:style w:type="paragraph" w:styleId="h1"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
        <w:style w:type="paragraph" w:styleId="h2"><w:basedOn w:val="h1"/><w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr></w:pPr></w:style>
        <w:style w:type="paragraph" w:styleId="h3"><w:basedOn w:val="h1"/></w:style>"#;
    let numbering = [
        look(0, r#"<w:numStyleLink w:val="官方"/>"#),
        look(
            7,
            &[
                r#"<w:styleLink w:val="官方"/>"#.to_owned(),
                level(0, "chineseCounting", "%1、", ""),
                level(1, "chineseCounting", "（%2）", ""),
                level(2, "decimalEnclosedCircle", "%3", "<w:pStyle w:val=\"h3\"/>"),
            ]
            .concat(),
        ),
        list(1, 0, ""),
    ]
    .concat();
    let styled = |style: &str, more: &str| {
        format!(
            r#"<w:p><w:pPr><w:pStyle w:val="{style}"/>{more}</w:pPr><w:r><w:t>文</w:t></w:r></w:p>"#
        )
    };
    let off = r#"<w:numPr><w:numId w:val="0"/></w:numPr>"#;
    let items = [
        styled("h1", ""),
        styled("h2", ""),
        styled("h3", ""),
        styled("h1", off),
        styled("h1", ""),
    ];
    let document =
        read_document("a.docx", &docx_with(&items.concat(), styles, &numbering)).unwrap();
    assert_eq!(
        lines(&document),
        ["1 一、文", "2 （一）文", "3 ① 文", "4 文", "5 二、文"]
    );
}

#[test]
fn a_numbered_cell_without_text_shows_its_number() {
    let numbered =
        r#"<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr></w:p>"#;
    let row = format!(
        "<w:tr><w:tc>{numbered}</w:tc><w:tc><w:p><w:r><w:t>抓教研</w:t></w:r></w:p></w:tc></w:tr>"
    );
    let numbering = look(0, &level(0, "decimal", "%1", "")) + &list(1, 0, "");
    let body = format!("{numbered}<w:tbl>{row}{row}</w:tbl>");
    assert_eq!(
        read("a.docx", &docx_with(&body, "", &numbering)),
        ["2| 2 | 抓教研", "3| 3 | 抓教研"]
    );
}

//! Sheets as Excel files, read back by our own reader and part by part.

use std::io::{Cursor, Read};

use chrono::NaiveDate;
use duban::documents::sheet_out::{
    ColumnKind, ColumnShown, SheetCell, SheetColumn, SheetError, SheetOut, SheetValue, sheets_xlsx,
};
use duban::domain::light::Light;
use proptest::prelude::*;

use crate::files::read;
use crate::official_samples::day;

fn column(header: &str, kind: ColumnKind) -> SheetColumn {
    SheetColumn {
        header: header.to_owned(),
        width: 12,
        kind,
        shown: ColumnShown::Shown,
    }
}

fn text(text: &str) -> SheetCell {
    SheetValue::Text(text.to_owned()).into()
}

fn sheet(columns: Vec<SheetColumn>, rows: Vec<Vec<SheetCell>>) -> SheetOut {
    SheetOut {
        name: "台账".to_owned(),
        columns,
        rows,
    }
}

/// A sheet of one column of text.
fn texts(rows: &[&str]) -> SheetOut {
    let rows = rows.iter().map(|row| vec![text(row)]).collect();
    sheet(vec![column("任务", ColumnKind::Text)], rows)
}

fn written(sheets: &[SheetOut]) -> Vec<u8> {
    sheets_xlsx(sheets, day(2026, 11, 23)).unwrap()
}

fn refused(sheets: &[SheetOut]) -> SheetError {
    sheets_xlsx(sheets, day(2026, 11, 23)).unwrap_err()
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut content = String::new();
    let mut file = archive.by_name(name).unwrap();
    file.read_to_string(&mut content).unwrap();
    content
}

fn ledger() -> SheetOut {
    let mut id = column("编号", ColumnKind::Text);
    id.shown = ColumnShown::Hidden;
    let red = SheetCell {
        value: SheetValue::Number(0.729),
        light: Some(Light::Red),
    };
    sheet(
        vec![
            column("任务", ColumnKind::LongText),
            column("件数", ColumnKind::Number),
            column("完成时限", ColumnKind::Date),
            column("办结率", ColumnKind::Percent),
            id,
        ],
        vec![
            vec![
                text("落实\n作业管理"),
                SheetValue::Number(12.0).into(),
                SheetValue::Date(day(2026, 12, 31)).into(),
                red,
                text("007"),
            ],
            vec![text("安全"), SheetCell::default(), text("长期")],
        ],
    )
}

#[test]
fn our_own_reader_reads_what_was_written() {
    assert_eq!(
        read("a.xlsx", &written(&[ledger()])),
        [
            "1| 任务 | 件数 | 完成时限 | 办结率 | 编号",
            "2| 落实\n作业管理 | 12 | 2026-12-31 | 72.9% | 007",
            "3| 安全 |  | 长期 |  | ",
        ]
    );
}

#[test]
fn the_sheet_is_ready_for_screen_and_paper() {
    let bytes = written(&[ledger()]);
    let xml = part(&bytes, "xl/worksheets/sheet1.xml");
    for expected in [
        "<autoFilter ref=\"A1:E3\"",
        "state=\"frozen\"",
        "ySplit=\"1\"",
        "orientation=\"landscape\"",
        "paperSize=\"9\"",
        "fitToHeight=\"0\"",
        "<pageSetUpPr fitToPage=\"1\"/>",
        "hidden=\"1\"",
    ] {
        assert!(xml.contains(expected), "{expected}: {xml}");
    }
    assert!(!xml.contains("sheetProtection"));
    assert!(
        part(&bytes, "xl/workbook.xml").contains("$1:$1"),
        "the head row is printed on each page"
    );
    let styles = part(&bytes, "xl/styles.xml");
    assert!(styles.contains("FFFFC7CE") && styles.contains("wrapText=\"1\""));
}

#[test]
fn the_same_sheets_give_the_same_bytes() {
    let first = written(&[ledger()]);
    assert_eq!(first, written(&[ledger()]));
    assert!(part(&first, "docProps/core.xml").contains("2026-11-23T00:00:00Z"));
}

/// Bad input G1: what looks like a formula, in any sheet that goes out.
#[test]
fn what_looks_like_a_formula_stays_text() {
    let rows = [
        "=1+1",
        "+86",
        "-5",
        "@SUM(A1)",
        "0012",
        "1e5",
        "TRUE",
        "https://example.cn/a",
        "<b>&",
    ];
    let bytes = written(&[texts(&rows)]);
    let expected: Vec<String> = ["任务"]
        .iter()
        .chain(&rows)
        .zip(1..)
        .map(|(row, at)| format!("{at}| {row}"))
        .collect();
    assert_eq!(read("a.xlsx", &bytes), expected);
    let xml = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(!xml.contains("<f>") && !xml.contains("hyperlink"));
    // `@` keeps them text when somebody edits them.
    assert!(part(&bytes, "xl/styles.xml").contains("numFmtId=\"49\""));
}

#[test]
fn texts_are_as_long_as_excel_allows() {
    let longest = "字".repeat(32_767);
    assert!(read("a.xlsx", &written(&[texts(&[&longest])]))[1].ends_with(&longest));
    let longer = "字".repeat(32_768);
    assert_eq!(
        refused(&[texts(&["短", &longer])]).to_string(),
        "工作表「台账」第 3 行「任务」有 32768 个字，Excel 每格最多 32767 个：请缩短或拆开"
    );
    // Excel counts an emoji twice.
    assert!(matches!(
        refused(&[texts(&[&"😀".repeat(16_384)])]),
        SheetError::TextTooLong { length: 32_768, .. }
    ));
    assert!(matches!(
        refused(&[sheet(vec![column(&longer, ColumnKind::Text)], vec![])]),
        SheetError::TextTooLong { row: 1, .. }
    ));
}

#[test]
fn names_that_excel_refuses_are_refused() {
    let named = |name: &str| SheetOut {
        name: name.to_owned(),
        ..texts(&[])
    };
    let long = "表".repeat(32);
    for name in [
        "", " ", "a/b", "a\\b", "[a]", "a:b", "a*", "a?", "'a", "a'", "History", "a\u{0}", "a\nb",
        &long,
    ] {
        assert!(
            matches!(refused(&[named(name)]), SheetError::Name { .. }),
            "{name:?}"
        );
    }
    let longest = "表".repeat(31);
    for name in [&longest, "东区 (1)", "a'b", "历史"] {
        written(&[named(name)]);
    }
    assert!(matches!(
        refused(&[named("a"), named("A")]),
        SheetError::SameName { .. }
    ));
    assert!(matches!(refused(&[]), SheetError::NoSheet));
}

#[test]
fn too_many_rows_columns_and_cells_are_refused() {
    let rows = vec![Vec::new(); 1_048_576];
    let tall = sheet(vec![column("任务", ColumnKind::Text)], rows);
    assert!(matches!(
        refused(&[tall]),
        SheetError::Rows {
            rows: 1_048_577,
            ..
        }
    ));
    let columns = |count| vec![column("x", ColumnKind::Text); count];
    assert!(matches!(
        refused(&[sheet(columns(16_385), vec![])]),
        SheetError::Columns { .. }
    ));
    assert!(matches!(
        refused(&[sheet(vec![], vec![])]),
        SheetError::Columns { .. }
    ));
    let long_row = sheet(columns(1), vec![vec![], vec![text("1"), text("2")]]);
    assert_eq!(
        refused(&[long_row]).to_string(),
        "工作表「台账」第 3 行有 2 格，表头只有 1 列：请删去多余的单元格"
    );
}

#[test]
fn numbers_and_days_that_excel_does_not_know_are_refused() {
    let with = |value: SheetValue| {
        sheet(
            vec![column("值", ColumnKind::Number)],
            vec![vec![value.into()]],
        )
    };
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let refused = refused(&[with(SheetValue::Number(number))]);
        assert!(matches!(refused, SheetError::Number { row: 2, .. }));
    }
    for (year, month, of_month, fits) in [
        (1900, 2, 28, false),
        (1900, 3, 1, true),
        (9999, 12, 31, true),
        (10_000, 1, 1, false),
        (-1, 1, 1, false),
    ] {
        let date = day(year, month, of_month);
        let result = sheets_xlsx(&[with(SheetValue::Date(date))], day(2026, 1, 1));
        assert_eq!(result.is_ok(), fits, "{date}");
    }
    assert!(matches!(
        sheets_xlsx(&[ledger()], NaiveDate::MAX),
        Err(SheetError::MadeOn { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_read_back_without_what_xml_forbids(value in any::<String>()) {
        let bytes = written(&[texts(&[&format!("首{value}尾")])]);
        let lines = read("a.xlsx", &bytes);
        let kept = |s: &str| s.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect::<String>();
        let is_turning = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFFE}' | '\u{FFFF}');
        let expected: String = kept(&format!("2|首{value}尾")).chars().filter(|c| !is_turning(*c)).collect();
        prop_assert_eq!(kept(&lines[1]), expected);
    }
}

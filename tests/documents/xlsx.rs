//! The text of Excel files: values as typed, merged cells, titles and several sheets.

use duban::documents::{CellProblem, DocumentError};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};

use crate::files::{container, read, refusal, relationships, xlsx, xlsx_with};

fn saved(mut workbook: Workbook) -> Vec<u8> {
    workbook.save_to_buffer().unwrap()
}

#[test]
fn a_ledger_written_by_a_library_is_read_as_typed() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let centred = Format::new();
    sheet
        .merge_range(0, 0, 0, 3, "2026年重点工作台账", &centred)
        .unwrap();
    sheet
        .write_row(1, 0, ["序号", "任务", "牵头单位", "完成时限"])
        .unwrap();
    sheet.write(2, 0, 1).unwrap();
    sheet.write(2, 1, "抓好作业\n管理").unwrap();
    sheet
        .merge_range(2, 2, 3, 2, "基础教育科", &centred)
        .unwrap();
    let day = ExcelDateTime::from_ymd(2026, 6, 30).unwrap();
    let date = Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\"");
    sheet.write_with_format(2, 3, &day, &date).unwrap();
    sheet.write(3, 0, 2.5).unwrap();
    let percent = Format::new().set_num_format("0%");
    sheet.write_with_format(3, 1, 0.8, &percent).unwrap();
    let month = Format::new().set_num_format("yyyy\"年\"m\"月\"");
    sheet.write_with_format(3, 3, &day, &month).unwrap();
    sheet
        .write(4, 0, Formula::new("A3+A4").set_result("3.5"))
        .unwrap();
    sheet.write(4, 1, true).unwrap();
    let padded = Format::new().set_num_format("000");
    sheet.write_with_format(4, 3, 7, &padded).unwrap();
    // Formatting alone is no content.
    sheet.write_blank(90, 200, &centred).unwrap();
    assert_eq!(
        read("a.xlsx", &saved(workbook)),
        [
            "1 2026年重点工作台账",
            "2| 序号 | 任务 | 牵头单位 | 完成时限",
            "3| 1 | 抓好作业\n管理 | 基础教育科 | 2026-06-30",
            "4| 2.5 | 80% | 基础教育科 | 2026年6月",
            "5| 3.5 | TRUE |  | 007"
        ]
    );
}

#[test]
fn visible_sheets_follow_each_other_and_hidden_ones_are_left_out() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().write(0, 0, "甲").unwrap();
    workbook.add_worksheet();
    let hidden = workbook.add_worksheet();
    hidden.write(0, 0, "下拉").unwrap();
    hidden.set_hidden(true);
    workbook.add_worksheet().write(4, 1, "乙").unwrap();
    assert_eq!(read("a.xlsx", &saved(workbook)), ["1| 甲", "5|  | 乙"]);
}

#[test]
fn a_title_that_is_not_merged_over_the_table_stays_a_row() {
    let text = |cell: &str, words: &str| {
        format!(r#"<c r="{cell}" t="inlineStr"><is><t>{words}</t></is></c>"#)
    };
    let sheet = |merges: &str| {
        let rows = format!(
            "<row r=\"1\">{}</row><row r=\"3\">{}{}</row><row r=\"4\">{}</row>",
            text("A1", "台账"),
            text("A3", "序号"),
            text("B3", "任务"),
            text("A4", "一、教学")
        );
        xlsx(&format!(
            "<sheetData>{rows}</sheetData><mergeCells>{merges}</mergeCells>"
        ))
    };
    assert_eq!(
        read("a.xlsx", &sheet("")),
        ["1| 台账 | ", "3| 序号 | 任务", "4| 一、教学 | "]
    );
    // Below the header, a row merged over the table is a row like any other.
    let merged = r#"<mergeCell ref="A1:C2"/><mergeCell ref="A4:B4"/>"#;
    assert_eq!(
        read("a.xlsx", &sheet(merged)),
        ["1 台账", "3| 序号 | 任务", "4| 一、教学 | 一、教学"]
    );
}

#[test]
fn every_type_of_cell_is_read() {
    let strings = "<sst><si><t>甲</t></si><si><r><rPr/><t>乙</t></r><r><t>丙_x000D_\n丁</t></r><rPh><t>yi</t></rPh></si></sst>";
    let sheet = r#"<sheetData><row>
        <c t="s"><v>0</v></c><c t="s"><v>1</v></c><c t="str"><f>A1</f><v>结果</v></c><c t="b"><v>0</v></c>
        <c t="e"><v>#N/A</v></c><c t="d"><v>2026-06-30T00:00:00</v></c><c t="d"><v>2026-06-30T08:30:00</v></c>
        <c><v>1.5E3</v></c><c/><c s="99"><v>7</v></c><c t="str"><f>""</f><v></v></c><c t="inlineStr"><is><r><t>戊</t></r></is></c>
    </row></sheetData>"#;
    assert_eq!(
        read("a.xlsx", &xlsx_with(sheet, strings, "")),
        [
            "1| 甲 | 乙丙\n丁 | 结果 | FALSE |  | 2026-06-30 | 2026-06-30 08:30:00 | 1500 |  | 7 |  | 戊"
        ]
    );
}

/// Bad input F13: days counted from 1900 and from 1904.
#[test]
fn dates_count_from_the_day_that_the_workbook_says() {
    let root = relationships(&[("officeDocument", "/xl/workbook.xml")]);
    let links = relationships(&[("worksheet", "/xl/s.xml"), ("styles", "styles.xml")]);
    let bytes = container(&[
        ("_rels/.rels", &root),
        (
            "xl/workbook.xml",
            r#"<workbook><workbookPr date1904="1"/><sheets><sheet name="a" r:id="r1"/></sheets></workbook>"#,
        ),
        ("xl/_rels/workbook.xml.rels", &links),
        (
            "xl/styles.xml",
            r#"<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#,
        ),
        (
            "xl/s.xml",
            r#"<worksheet><sheetData><row><c s="1"><v>44741</v></c></row></sheetData></worksheet>"#,
        ),
    ]);
    assert_eq!(read("a.xlsx", &bytes), ["1| 2026-06-30"]);
}

/// Bad input F13: cells that cannot be read for certain.
#[test]
fn a_cell_that_cannot_be_read_for_certain_is_named() {
    let styles = r#"<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>"#;
    let cases = [
        (r#"<c r="B3"><f>A1+1</f></c>"#, CellProblem::NotComputed),
        (
            r#"<c r="B3"><f>A1+1</f><v></v></c>"#,
            CellProblem::NotComputed,
        ),
        (
            r#"<c r="B3" t="s"><v>5</v></c>"#,
            CellProblem::MissingString,
        ),
        (
            r#"<c r="B3" t="s"><v>-1</v></c>"#,
            CellProblem::MissingString,
        ),
        (r#"<c r="B3"><v>12a</v></c>"#, CellProblem::Number),
        (r#"<c r="B3"><v>NaN</v></c>"#, CellProblem::Number),
        (r#"<c r="B3" s="1"><v>60</v></c>"#, CellProblem::Date),
        (r#"<c r="B3" s="1"><v>-5</v></c>"#, CellProblem::Date),
    ];
    for (cell, reason) in cases {
        let sheet = format!(r#"<sheetData><row r="3">{cell}</row></sheetData>"#);
        let error = refusal("a.xlsx", &xlsx_with(&sheet, "<sst/>", styles));
        let expected = DocumentError::Cell {
            sheet: "表一".to_owned(),
            cell: "B3".to_owned(),
            reason,
        };
        assert_eq!(error, expected, "{cell}");
        assert!(error.to_string().contains("「表一」的单元格 B3"));
    }
}

//! The sheet in which units fill in values: as it is given, and as it comes back. What is refused of a real obligation is
//! tried over REST; here is what the file itself tells.

use duban::documents::DocumentError;
use duban::documents::value_template::{FilledTemplate, TemplateRow, read_filled, value_template};
use duban::domain::decimal::Decimal;
use duban::domain::ids::{IndicatorId, ObligationId};
use proptest::prelude::*;
use uuid::Uuid;

use crate::filled_sheet::FilledSheet;
use crate::official_samples::day;

fn row(number: u128) -> TemplateRow {
    TemplateRow {
        obligation_id: ObligationId(Uuid::from_u128(1)),
        indicator_id: IndicatorId(Uuid::from_u128(number)),
        name: format!("指标{number}"),
        target: "不低于 80%".to_owned(),
        measured_in: Some("%".to_owned()),
        last: None,
        value: None,
        note: None,
    }
}

fn template(rows: &[TemplateRow]) -> FilledSheet {
    FilledSheet::of(&value_template(rows, day(2026, 9, 14)).unwrap())
}

fn read(sheet: &FilledSheet) -> FilledTemplate {
    read_filled("a.xlsx", sheet.bytes()).unwrap()
}

fn cells(filled: &FilledTemplate) -> Vec<&str> {
    let faults = filled.faults.iter();
    faults.map(|fault| fault.cell.as_str()).collect()
}

#[test]
fn only_what_is_to_be_filled_in_can_be_changed() {
    let mut sheet = String::new();
    let _ = template(&[row(2)]).edited("xl/worksheets/sheet1.xml", |xml| {
        sheet.clone_from(&xml);
        xml
    });
    assert!(sheet.contains("<sheetProtection sheet=\"1\""), "{sheet}");
    let mut styles = String::new();
    let _ = template(&[row(2)]).edited("xl/styles.xml", |xml| {
        styles.clone_from(&xml);
        xml
    });
    let (_, formats) = styles.split_once("<cellXfs").unwrap();
    let formats: Vec<&str> = formats.split("<xf ").skip(1).collect();
    let unlocked = |cell: &str| {
        let (_, rest) = sheet.split_once(&format!("<c r=\"{cell}\" s=\"")).unwrap();
        let style: usize = rest[..rest.find('"').unwrap()].parse().unwrap();
        formats[style].contains("<protection locked=\"0\"/>")
    };
    let open = ["A2", "B2", "C2", "D2", "E2", "F2", "G2", "H2"].map(unlocked);
    assert_eq!(open, [false, false, false, false, false, false, true, true]);
    for column in ["min=\"1\" max=\"2\"", "hidden=\"1\""] {
        assert!(sheet.contains(column), "{sheet}");
    }
}

#[test]
fn rows_are_known_by_their_ids_wherever_they_stand() {
    let sheet = template(&[row(2), row(3), row(4)]);
    let sheet = sheet.number("G2", "80").number("G4", "8.2E1");
    // Sorted whole: every cell of the rows has moved.
    let sorted = sheet.edited("xl/worksheets/sheet1.xml", |xml| {
        let mut xml = xml;
        for (from, to) in [("2", "x"), ("4", "2"), ("x", "4")] {
            for column in ["A", "B", "C", "D", "E", "F", "G", "H"] {
                xml = xml.replace(
                    &format!("<c r=\"{column}{from}\""),
                    &format!("<c r=\"{column}{to}\""),
                );
            }
            xml = xml.replace(&format!("<row r=\"{from}\""), &format!("<row r=\"{to}\""));
        }
        xml
    });
    let filled = read(&sorted);
    assert_eq!(filled.faults, []);
    let told: Vec<(u128, &str, String)> = filled
        .rows
        .iter()
        .map(|row| {
            (
                row.indicator_id.0.as_u128(),
                row.value.as_str(),
                row.value_cell(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [(4, "82", "G2".to_owned()), (2, "80", "G4".to_owned())]
    );
    assert!(filled.rows[0].is_called("指标 4") && !filled.rows[0].is_called("指标2"));
}

#[test]
fn columns_that_moved_are_the_only_thing_told() {
    let sheet = template(&[row(2)]).text("G2", "x");
    let moved = sheet
        .text("G1", "说明（可不填）")
        .text("H1", "本期数值（请填数字）");
    let filled = read(&moved);
    assert_eq!(cells(&filled), ["G1", "H1"]);
    assert_eq!(filled.rows, []);
    let text = &filled.faults[0].text;
    assert_eq!(
        text,
        "G1：表头应为“本期数值（请填数字）”，现在是“说明（可不填）”：请勿移动、改名或删除列，重新下载模板填写"
    );
}

#[test]
fn whoever_pastes_over_everything_reads_of_fifty_cells() {
    let mut sheet = template(&[row(2)]);
    let cells: String = (3..200)
        .map(|row| format!("<row r=\"{row}\"><c r=\"J{row}\"><v>1</v></c></row>"))
        .collect();
    sheet = sheet.replaced("</sheetData>", &format!("{cells}</sheetData>"));
    assert_eq!(read(&sheet).faults.len(), 50);
}

#[test]
fn a_copy_of_the_sheet_beside_it_is_refused() {
    let sheet = template(&[row(2)]).number("G2", "80");
    // The same sheet twice under two names.
    let doubled = sheet.edited("xl/workbook.xml", |xml| {
        let (before, rest) = xml.split_once("<sheet ").unwrap();
        let (first, after) = rest.split_once("/>").unwrap();
        let second = first.replace("name=\"监测填报\"", "name=\"监测填报 (2)\"");
        format!("{before}<sheet {first}/><sheet {second}/>{after}")
    });
    let filled = read(&doubled);
    assert_eq!(cells(&filled), ["A1"]);
    assert!(filled.faults[0].text.contains("请只保留一张"));
}

#[test]
fn what_is_no_excel_file_is_no_template() {
    let bytes = template(&[row(2)]);
    for (name, bytes) in [
        ("a.csv", bytes.bytes()),
        ("a.txt", b"x".as_slice()),
        ("a", bytes.bytes()),
    ] {
        let error = read_filled(name, bytes).unwrap_err();
        let is_told = matches!(error, DocumentError::UnknownExtension { .. });
        assert!(is_told, "{name}: {error}");
    }
    let error = read_filled("a.xlsx", b"").unwrap_err();
    assert_eq!(error, DocumentError::Empty);
}

proptest! {
    #[test]
    fn what_stands_in_a_template_is_read_back(
        micros in prop::collection::vec(-999_999_999_999_i64..999_999_999_999, 1..20),
        name in "(_x0041_)?[\u{20}-\u{7e}一-龥_x0-9]{1,40}",
        note in "[\u{20}-\u{7e}一-龥\n]{0,40}",
    ) {
        let rows: Vec<TemplateRow> = micros
            .iter()
            .zip(2..)
            .map(|(micros, number)| TemplateRow {
                name: name.clone(),
                value: Some(Decimal::of_micros(*micros)),
                note: Some(note.clone()),
                ..row(number)
            })
            .collect();
        let filled = read(&template(&rows));
        prop_assert_eq!(&filled.faults, &[]);
        prop_assert_eq!(filled.rows.len(), rows.len());
        for (read, given) in filled.rows.iter().zip(&rows) {
            prop_assert_eq!(read.indicator_id, given.indicator_id);
            prop_assert_eq!(read.value.parse(), Ok(given.value.unwrap()));
            prop_assert_eq!(&read.note, note.trim());
            prop_assert!(read.is_called(&name));
        }
    }
}

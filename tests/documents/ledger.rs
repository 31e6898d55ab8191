//! The task ledger as a file: what goes out comes back equal, whatever it says, also when another program has saved it in
//! between. What is refused of real rows is tried over REST; here is what the file itself tells.

use std::path::Path;
use std::process::Command;

use chrono::NaiveDate;
use duban::documents::ledger_file::{LedgerFile, read_ledger};
use duban::documents::ledger_sheet::{LedgerLine, TASK_COLUMNS, TaskLine, ledger_xlsx};
use duban::documents::sheet_out::{
    ColumnKind, ColumnShown, SheetCell, SheetColumn, SheetOut, SheetValue, sheets_xlsx,
};
use duban::domain::ids::{AssignmentId, TaskId};
use duban::domain::ledger::{Compared, LedgerColumn, compare};
use duban::domain::light::Light;
use proptest::prelude::*;
use uuid::Uuid;

use crate::filled_sheet::FilledSheet;
use crate::official_samples::day;

/// Texts that programs have taken for something else.
const ODD: [&str; 16] = [
    "=HYPERLINK(\"http://evil\")",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "\0=1+1",
    "007",
    "1e5",
    "2026-3-1",
    "TRUE",
    "#N/A",
    "_x0041_",
    "'引号",
    "第一行\r\n第二行\n",
    "<b>&amp;</b>",
    "80%",
];

fn line(number: u128, odd: &str) -> LedgerLine {
    let cells = LedgerColumn::ALL.iter().map(|column| {
        let value = match column {
            LedgerColumn::Position | LedgerColumn::Extensions => SheetValue::Number(1.0),
            LedgerColumn::Expected => SheetValue::Number(62.5),
            LedgerColumn::Percent => SheetValue::Number(30.0),
            LedgerColumn::StartedOn | LedgerColumn::DueOn => SheetValue::Date(day(2026, 6, 30)),
            LedgerColumn::Evidence | LedgerColumn::Notices | LedgerColumn::ClosedOn => {
                SheetValue::Blank
            }
            LedgerColumn::TaskNumber => SheetValue::Text(format!("四(一){number}")),
            _ => SheetValue::Text(odd.to_owned()),
        };
        let light = (*column == LedgerColumn::Light).then_some(Light::Yellow);
        SheetCell { value, light }
    });
    LedgerLine {
        id: AssignmentId(Uuid::from_u128(number)),
        cells: cells.collect(),
    }
}

fn task(number: u128, odd: &str) -> TaskLine {
    let cells = TASK_COLUMNS.map(|(_, _, kind)| match kind {
        ColumnKind::Number => SheetValue::Number(3.0),
        ColumnKind::Date => SheetValue::Date(day(2026, 6, 30)),
        _ => SheetValue::Text(odd.to_owned()),
    });
    TaskLine {
        id: TaskId(Uuid::from_u128(number)),
        cells: cells.into_iter().map(SheetCell::from).collect(),
    }
}

/// One row for each odd text.
fn lines() -> Vec<LedgerLine> {
    let rows = (1_u128..).zip(ODD);
    rows.map(|(number, odd)| line(number, odd)).collect()
}

fn ledger() -> Vec<u8> {
    let tasks = (1_u128..).zip(ODD).map(|(number, odd)| task(number, odd));
    ledger_xlsx(lines(), tasks.collect(), 42, day(2026, 3, 9)).expect("a ledger")
}

#[track_caller]
fn read(bytes: &[u8]) -> LedgerFile {
    read_ledger("台账.xlsx", bytes).expect("a readable file")
}

/// Asserts that nobody has edited anything.
#[track_caller]
fn is_unedited(file: &LedgerFile, lines: &[LedgerLine]) {
    assert_eq!(file.faults, []);
    assert_eq!(file.rows.len(), lines.len());
    for (row, line) in file.rows.iter().zip(lines) {
        let here = line.texts();
        assert_eq!(row.id, line.id.0);
        assert_eq!(row.code.change_no, 42);
        assert_eq!(row.texts, here);
        assert_eq!(compare(&row.code, &row.texts, &here), Compared::default());
    }
}

/// Bad input G1: every text that a program has taken for something else.
#[test]
fn what_looks_like_a_formula_comes_back_as_the_text_it_is() {
    let bytes = ledger();
    assert_eq!(bytes, ledger(), "the same bytes");
    is_unedited(&read(&bytes), &lines());
}

#[test]
fn what_another_program_has_saved_is_unedited() {
    // Saved once by LibreOffice 7.4 as xlsx.
    is_unedited(&read(include_bytes!("../data/ledger/saved.xlsx")), &lines());
    let folder = tempfolder();
    std::fs::write(folder.join("台账.xlsx"), ledger()).expect("written");
    let saved = match saved_again(&folder) {
        Some(saved) => saved,
        None => return,
    };
    is_unedited(&read(&saved), &lines());
}

/// The file opened and saved by LibreOffice; `None` where there is none on this machine.
fn saved_again(folder: &Path) -> Option<Vec<u8>> {
    let profile = format!("-env:UserInstallation=file://{}/profile", folder.display());
    let ran = Command::new("soffice")
        .args([
            &profile,
            "--headless",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
        ])
        .args(["--outdir", "saved", "台账.xlsx"])
        .current_dir(folder)
        .output();
    let saved = ran
        .ok()
        .map(|ran| (ran, std::fs::read(folder.join("saved/台账.xlsx"))));
    std::fs::remove_dir_all(folder).expect("removed");
    let (ran, saved) = saved?;
    Some(saved.unwrap_or_else(|_| panic!("not saved: {ran:?}")))
}

fn tempfolder() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("duban-ledger-{}", Uuid::now_v7()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The ledger typed anew as texts, its columns and rows as given; `None` is a column of somebody's own.
fn retyped(columns: &[(&str, Option<usize>)], rows: &[Vec<String>]) -> Vec<u8> {
    let sheet = SheetOut {
        name: "表一".to_owned(),
        columns: columns
            .iter()
            .map(|(header, _)| SheetColumn {
                header: (*header).to_owned(),
                width: 10,
                kind: ColumnKind::Text,
                shown: ColumnShown::Shown,
            })
            .collect(),
        rows: rows
            .iter()
            .map(|row| {
                let cell = |from: &Option<usize>| {
                    let text = from.and_then(|from| row.get(from)).cloned();
                    SheetCell::from(SheetValue::Text(text.unwrap_or_default()))
                };
                columns.iter().map(|(_, from)| cell(from)).collect()
            })
            .collect(),
    };
    sheets_xlsx(&[sheet], day(2026, 3, 9)).expect("a sheet")
}

/// Headers with where their texts stand in [`texts`].
fn all_columns() -> Vec<(&'static str, Option<usize>)> {
    let headers = ["分工编号", "核对码"];
    let headers = headers
        .into_iter()
        .chain(LedgerColumn::ALL.iter().map(|column| column.header()));
    headers
        .enumerate()
        .map(|(at, header)| (header, Some(at)))
        .collect()
}

fn texts() -> Vec<Vec<String>> {
    let file = read(&ledger());
    let rows = file.rows.into_iter().map(|row| {
        let id = Uuid::from_u128(row.id.as_u128());
        let mut texts = vec![id.to_string(), row.code.told(id)];
        texts.extend(row.texts);
        texts
    });
    rows.collect()
}

/// Bad input: columns that moved, are missing, stand twice, or are none of the ledger.
#[test]
fn columns_are_found_by_their_headers() {
    let rows = texts();
    // In another order, under another name of the sheet; days and numbers have become texts on the way.
    let mut moved = all_columns();
    moved.reverse();
    is_unedited(&read(&retyped(&moved, &rows)), &lines());
    let places = |columns: &[(&str, Option<usize>)]| -> Vec<String> {
        let faults = read(&retyped(columns, &rows)).faults;
        faults
            .into_iter()
            .map(|fault| format!("{} {}", fault.place, fault.text))
            .collect()
    };
    let without: Vec<_> = all_columns()
        .into_iter()
        .filter(|(header, _)| !["进展情况", "备注"].contains(header))
        .collect();
    let told = places(&without);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("缺少“进展情况”列") && told[1].contains("缺少“备注”列"));
    let mut twice = all_columns();
    twice.push(("备注", Some(25)));
    assert!(
        places(&twice)[0].starts_with("表一!AA1 "),
        "{:?}",
        places(&twice)
    );
    let mut own = all_columns();
    own.push(("分管领导", None));
    assert!(places(&own)[0].contains("“分管领导”不是台账的列"));
    let none: Vec<_> = all_columns().into_iter().skip(1).collect();
    assert!(places(&none)[0].starts_with("分工台账!A1 "));
}

#[test]
fn rows_may_be_taken_out_and_sorted_but_not_added() {
    let mut rows = texts();
    rows.reverse();
    rows.truncate(5);
    let file = read(&retyped(&all_columns(), &rows));
    let mut kept: Vec<_> = lines().into_iter().rev().take(5).collect();
    is_unedited(&file, &kept);
    kept.clear();
    // Only the hidden columns stayed where they were.
    let mut torn = texts();
    let first = torn[0][0].clone();
    torn[0][0] = torn[1][0].clone();
    torn[1][0] = first;
    let faults = read(&retyped(&all_columns(), &torn)).faults;
    let places: Vec<_> = faults.iter().map(|fault| fault.place.as_str()).collect();
    assert_eq!(places, ["表一!A2", "表一!A3"]);
    let mut twice = texts();
    twice.push(twice[0].clone());
    let faults = read(&retyped(&all_columns(), &twice)).faults;
    assert_eq!(faults[0].place, "表一!A18");
    assert!(faults[0].text.contains("与第 2 行相同"));
}

/// Bad input F10: 50,001 rows.
#[test]
fn a_ledger_of_50_001_rows_is_refused_by_row() {
    let rows: String = (18..50_018)
        .map(|row| format!("<row r=\"{row}\"><c r=\"A{row}\"><v>1</v></c></row>"))
        .collect();
    let long = FilledSheet::of(&ledger()).replaced("</sheetData>", &format!("{rows}</sheetData>"));
    let faults = read(long.bytes()).faults;
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].place, "分工台账!A20002");
    assert!(
        faults[0].text.contains("最多 20000 行"),
        "{}",
        faults[0].text
    );
}

fn any_text() -> impl Strategy<Value = SheetValue> {
    let cut = |text: String| SheetValue::Text(text.chars().take(60).collect());
    prop_oneof![
        Just(SheetValue::Blank),
        "\\PC{0,40}".prop_map(SheetValue::Text),
        any::<String>().prop_map(cut),
        proptest::sample::select(ODD.to_vec()).prop_map(|odd| SheetValue::Text(odd.to_owned())),
    ]
}

fn any_number() -> impl Strategy<Value = SheetValue> {
    (0_u32..=1000).prop_map(|tenths| SheetValue::Number(f64::from(tenths) / 10.0))
}

fn any_day() -> impl Strategy<Value = SheetValue> {
    let first = NaiveDate::from_ymd_opt(1900, 3, 1).expect("a day");
    (0_u64..60_000).prop_map(move |days| SheetValue::Date(first + chrono::Days::new(days)))
}

/// What a cell of a column can hold: the columns to be edited have one kind of value each.
fn any_cell(column: LedgerColumn) -> BoxedStrategy<SheetValue> {
    match column {
        LedgerColumn::Percent => prop_oneof![Just(SheetValue::Blank), any_number()].boxed(),
        LedgerColumn::DueOn => prop_oneof![any_text(), any_day()].boxed(),
        LedgerColumn::Done
        | LedgerColumn::Problems
        | LedgerColumn::NextSteps
        | LedgerColumn::Note => any_text().boxed(),
        _ => prop_oneof![any_text(), any_number(), any_day()].boxed(),
    }
}

fn any_line() -> impl Strategy<Value = Vec<SheetValue>> {
    let cells: Vec<_> = LedgerColumn::ALL.iter().map(|one| any_cell(*one)).collect();
    cells
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_it_says_it_comes_back_unedited(
        values in proptest::collection::vec(any_line(), 0..6)
    ) {
        let lines: Vec<LedgerLine> = (1_u128..)
            .zip(values)
            .map(|(number, values)| LedgerLine {
                id: AssignmentId(Uuid::from_u128(number)),
                cells: values.into_iter().map(SheetCell::from).collect(),
            })
            .collect();
        let bytes = ledger_xlsx(lines.clone(), Vec::new(), 42, day(2026, 3, 9)).expect("a ledger");
        is_unedited(&read(&bytes), &lines);
    }
}

//! Units files: every column in both languages, and everything that can be wrong with them, told at once.

use duban::documents::{
    DocumentError, MissingParent, UnitProblemKind, UnitRow, UnitsFileError, check_parents,
    read_units,
};
use duban::domain::email_address::{EmailAddress, InvalidEmailAddress};
use duban::domain::level::Level;
use duban::domain::unit_kind::UnitKind;
use rust_xlsxwriter::{Format, Workbook};

fn units(text: &str) -> Vec<UnitRow> {
    read_units("单位.csv", text.as_bytes()).unwrap()
}

/// Row, column and kind of every problem.
fn problems(text: &str) -> Vec<(usize, Option<&'static str>, UnitProblemKind)> {
    match read_units("单位.csv", text.as_bytes()) {
        Err(UnitsFileError::Problems { problems, .. }) => problems
            .into_iter()
            .map(|problem| (problem.row, problem.column, problem.kind))
            .collect(),
        other => panic!("not a list of problems: {other:?}"),
    }
}

const FULL: &str = "code,name,kind,parent,aliases,level,contact,email,groups,liaison
B02, 基础教育科 ,section,,基教科|基教,,李科,jjk@edu.example.org,,王局
S001,第一小学,school,D1,,primary|junior,张老师,S001@school.example.org,各校|试点校,
";

fn expected() -> Vec<UnitRow> {
    let address = |text| Some(EmailAddress::parse(text).unwrap());
    vec![
        UnitRow {
            row: 2,
            code: "B02".to_owned(),
            name: "基础教育科".to_owned(),
            kind: UnitKind::Section,
            parent: None,
            aliases: vec!["基教科".to_owned(), "基教".to_owned()],
            levels: vec![],
            contact: Some("李科".to_owned()),
            email: address("jjk@edu.example.org"),
            groups: vec![],
            liaison: Some("王局".to_owned()),
        },
        UnitRow {
            row: 3,
            code: "S001".to_owned(),
            name: "第一小学".to_owned(),
            kind: UnitKind::School,
            parent: Some("D1".to_owned()),
            aliases: vec![],
            levels: vec![Level::Primary, Level::Junior],
            contact: Some("张老师".to_owned()),
            email: address("S001@school.example.org"),
            groups: vec!["各校".to_owned(), "试点校".to_owned()],
            liaison: None,
        },
    ]
}

#[test]
fn every_column_is_read() {
    assert_eq!(units(FULL), expected());
}

#[test]
fn chinese_headers_in_any_order_gbk_and_other_dividers_give_the_same() {
    let chinese = "邮箱;联系领导;名称;类型;编码;单位组;上级单位;学段;简称;联络员
jjk@edu.example.org;王局;基础教育科;科室;B02;;;;基教科|基教;李科
S001@school.example.org;;第一小学;学校;S001;各校｜试点校;D1;九年一贯制;;张老师
";
    assert_eq!(units(chinese), expected());
    let (gbk, _, failed) = encoding_rs::GBK.encode(chinese);
    assert!(!failed);
    assert_eq!(read_units("u.CSV", &gbk).unwrap(), expected());
    let tabs = chinese.replace(';', "\t");
    assert_eq!(units(&tabs), expected());
}

#[test]
fn an_xlsx_with_a_title_and_merged_cells_gives_the_same_as_its_csv() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let plain = Format::new();
    sheet.merge_range(0, 0, 0, 3, "单位名册", &plain).unwrap();
    sheet
        .write_row(1, 0, ["编码", "单位名称", "类别", "上级"])
        .unwrap();
    sheet.write_row(2, 0, ["D1", "东区", "区"]).unwrap();
    sheet.write(3, 0, 1001).unwrap();
    sheet.write_row(3, 1, ["一小", "学校"]).unwrap();
    sheet.merge_range(3, 3, 4, 3, "D1", &plain).unwrap();
    sheet.write_row(4, 0, ["1002", "二小", "学校"]).unwrap();
    workbook.add_worksheet().write(0, 0, "填写说明").unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    let csv = "\n编码,单位名称,类别,上级\nD1,东区,区,\n1001,一小,学校,D1\n1002,二小,学校,D1\n";
    assert_eq!(read_units("u.xlsx", &bytes).unwrap(), units(csv));
}

/// Bad input F10: units missing, twice, with values that are none.
#[test]
fn everything_wrong_is_told_with_row_and_column() {
    let text = "code,name,kind,parent,level,email
A,甲,school,,,
,乙,school,,,
A,,学院,,大学|小学,a@b@c
B,丙,school,,,x y@example.org,多
C,丁,,,,
\"D
D\",戊,school,,,
";
    use UnitProblemKind as Kind;
    assert_eq!(
        problems(text),
        [
            (3, Some("编码"), Kind::Blank),
            (4, Some("名称"), Kind::Blank),
            (4, Some("类型"), Kind::UnknownKind("学院".to_owned())),
            (4, Some("学段"), Kind::UnknownLevel("大学".to_owned())),
            (
                4,
                Some("邮箱"),
                Kind::InvalidEmail(InvalidEmailAddress::NotOneAt)
            ),
            (
                4,
                Some("编码"),
                Kind::DuplicateCode {
                    code: "A".to_owned(),
                    first_row: 2
                }
            ),
            (5, None, Kind::StrayCell("多".to_owned())),
            (
                5,
                Some("邮箱"),
                Kind::InvalidEmail(InvalidEmailAddress::WhiteSpace)
            ),
            (6, Some("类型"), Kind::Blank),
            (7, Some("编码"), Kind::ControlCharacter),
        ]
    );
    let message = read_units("u.csv", text.as_bytes())
        .unwrap_err()
        .to_string();
    assert!(message.starts_with("单位文件有 10 处问题，没有导入任何单位"));
    assert!(message.contains("第 4 行「类型」列：不认识类型「学院」"));
    assert!(message.contains("第 4 行「编码」列：编码「A」与第 2 行重复"));
}

#[test]
fn the_first_fifty_problems_are_told_and_the_rest_counted() {
    let rows: String = (0..80).map(|index| format!("C{index},校,x\n")).collect();
    let error = read_units("u.csv", format!("code,name,kind\n{rows}").as_bytes()).unwrap_err();
    let UnitsFileError::Problems { problems, total } = &error else {
        panic!("{error}");
    };
    assert_eq!((problems.len(), *total), (50, 80));
    assert!(error.to_string().ends_with("另有 30 处没有列出"));
}

#[test]
fn a_header_that_is_not_understood_is_told_instead_of_every_row() {
    use UnitProblemKind as Kind;
    assert_eq!(
        problems("编码,名称,电话,编码\nA,甲,1,A\n"),
        [
            (1, None, Kind::UnknownColumn("电话".to_owned())),
            (1, Some("编码"), Kind::ColumnTwice),
            (1, Some("类型"), Kind::ColumnMissing),
        ]
    );
    let message = read_units("u.csv", "编码,名称,类型,电话\nA,甲,学校,1".as_bytes())
        .unwrap_err()
        .to_string();
    assert!(message.contains("不认识列名「电话」；可用的列：编码（code）、名称（name）"));
}

#[test]
fn files_that_hold_no_one_table_of_units_are_refused() {
    let read = |name: &str, text: &str| read_units(name, text.as_bytes()).unwrap_err();
    assert_eq!(read("u.csv", "A,甲\n"), UnitsFileError::NoHeader);
    assert_eq!(
        read("u.csv", "code,name,kind\n,,\n"),
        UnitsFileError::NoUnits
    );
    assert_eq!(
        read("u.csv", " \n"),
        UnitsFileError::Document(DocumentError::Empty)
    );
    let message = read("u.txt", FULL).to_string();
    assert!(message.contains("csv 或 xlsx"), "{message}");
    let many: String = (0..10_001)
        .map(|index| format!("C{index},校,school\n"))
        .collect();
    assert_eq!(
        read("u.csv", &format!("code,name,kind\n{many}")),
        UnitsFileError::TooManyUnits
    );
    let mut workbook = Workbook::new();
    for _ in 0..2 {
        let sheet = workbook.add_worksheet();
        sheet.write_row(0, 0, ["编码", "名称", "类型"]).unwrap();
    }
    let bytes = workbook.save_to_buffer().unwrap();
    assert_eq!(
        read_units("u.xlsx", &bytes).unwrap_err(),
        UnitsFileError::SeveralTables
    );
}

#[test]
fn rows_of_countless_cells_are_refused() {
    let read = |rows: &str| {
        let text = format!("code,name,kind\n{rows}");
        match read_units("u.csv", text.as_bytes()) {
            Err(UnitsFileError::Document(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    let wide = read(&",".repeat(300));
    assert!(wide.to_string().starts_with("第 2 行"), "{wide}");
    let cells = format!("A{}\n", ",x".repeat(200)).repeat(1000);
    assert_eq!(read(&cells), DocumentError::TooManyItems);
}

#[test]
fn a_quotation_mark_left_open_is_not_swallowed() {
    let text = "code,name,kind\nA,\"甲,school\nB,乙,school\n";
    assert!(problems(text).contains(&(2, Some("名称"), UnitProblemKind::ControlCharacter)));
}

#[test]
fn circles_of_parents_are_told_once_each() {
    let text = "code,name,kind,parent
R,根,district,
A,甲,school,C
B,乙,school,A
C,丙,school,B
S,自,school,S
X,外,school,A
";
    let circle = |codes: &[&str]| {
        UnitProblemKind::ParentCircle(codes.iter().map(|&code| code.to_owned()).collect())
    };
    assert_eq!(
        problems(text),
        [
            (3, Some("上级"), circle(&["A", "C", "B", "A"])),
            (6, Some("上级"), circle(&["S", "S"])),
        ]
    );
}

#[test]
fn a_circle_of_thousands_is_told_in_short() {
    let mut text = String::from("code,name,kind,parent\n");
    for index in 0..10_000 {
        text.push_str(&format!("C{index},校,school,C{}\n", (index + 1) % 10_000));
    }
    let told = problems(&text);
    assert_eq!(told.len(), 1);
    let UnitProblemKind::ParentCircle(codes) = &told[0].2 else {
        panic!("{told:?}");
    };
    assert_eq!(codes.len(), 8);
}

#[test]
fn parents_outside_the_file_are_listed_unless_known() {
    let rows = units("code,name,kind,parent\nA,甲,school,D1\nB,乙,school,A\nC,丙,school,D2\n");
    let missing = check_parents(&rows, |code| code == "D1");
    assert_eq!(
        missing,
        [MissingParent {
            row: 4,
            code: "C".to_owned(),
            parent: "D2".to_owned()
        }]
    );
    assert!(missing[0].to_string().contains("第 4 行「上级」列"));
}

#[test]
fn the_city_s_units_are_read() {
    let Some(folder) = std::env::var_os("DUBAN_PLANS") else {
        println!("skipped: DUBAN_PLANS is not set");
        return;
    };
    let bytes = std::fs::read(std::path::Path::new(&folder).join("units.csv")).unwrap();
    let units = read_units("units.csv", &bytes).unwrap();
    assert_eq!(units.len(), 258);
    let schools = units.iter().filter(|unit| unit.kind == UnitKind::School);
    assert_eq!(schools.count(), 240);
    assert!(check_parents(&units, |_| false).is_empty());
}

//! Files that cannot be taken in: the message names what and where, and nothing changes.

use crate::place::Place;
use crate::rows::all_rows;
use crate::samples::{SMALL, UNITS_HEADING, small_units, with_small};

/// A PNG file's first bytes.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01";

/// A folder with a plan imported and issued, and its rows.
fn before() -> (Place, Vec<String>) {
    let place = with_small(3);
    place.import(&["--issue"]).done();
    let rows = all_rows(&place.database());
    (place, rows)
}

#[test]
fn a_plan_that_cannot_be_read_is_refused() {
    let (place, rows) = before();
    std::fs::create_dir(place.path("folder.docx")).expect("folder");
    let mut cut = Vec::new();
    cut.extend_from_slice(b"PK\x03\x04 and no more");
    let files: [(&str, &[u8], &[&str]); 11] = [
        ("empty.txt", b"", &["empty.txt", "没有文字"]),
        ("blank.md", b" \r\n\t\n", &["blank.md", "没有文字"]),
        ("picture.docx", PNG, &["picture.docx", "图片"]),
        ("text.xlsx", SMALL.as_bytes(), &["text.xlsx", "文本"]),
        ("cut.docx", &cut, &["cut.docx"]),
        (
            "old.doc",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old",
            &["old.doc", "旧格式"],
        ),
        ("paper.txt", b"%PDF-1.7 paper", &["paper.txt", "PDF"]),
        ("plan.odt", b"something", &["plan.odt", ".odt", "docx"]),
        ("noname", b"something", &["noname", "无扩展名"]),
        (
            "broken.txt",
            b"\xe6\x96\xb9\xe6\xa1\x88\xff\xff\xff\xe6",
            &["broken.txt"],
        ),
        (
            "letter.txt",
            "各位老师：\n放假通知。\n".as_bytes(),
            &["letter.txt", "没有找到举措"],
        ),
    ];
    for (name, bytes, words) in files {
        place.write(name, bytes);
        place.run(&["import", name]).refused(words);
    }
    place
        .run(&["import", "absent.txt"])
        .refused(&["absent.txt", "无法读取"]);
    place
        .run(&["import", "folder.docx"])
        .refused(&["folder.docx", "无法读取"]);
    assert_eq!(all_rows(&place.database()), rows);
}

#[test]
fn a_file_that_may_not_be_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let place = with_small(1);
    let path = place.path("plan.txt");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).expect("mode");
    if std::fs::read(&path).is_ok() {
        println!("skipped: this user may read every file");
        return;
    }
    place
        .run(&["import", "plan.txt"])
        .refused(&["plan.txt", "无法读取"]);
}

#[test]
fn a_dry_run_refuses_the_same_files() {
    let place = Place::new();
    place.write("picture.docx", PNG);
    place
        .run(&["import", "picture.docx", "--dry-run"])
        .refused(&["图片"]);
    place
        .run(&["import", "absent.txt", "--dry-run"])
        .refused(&["absent.txt"]);
    place.write("plan.txt", SMALL);
    place.write(
        "units.csv",
        small_units(1).replace("school,,", "school,D9,"),
    );
    place.import(&["--dry-run"]).refused(&["第 4 行", "D9"]);
    assert!(!place.path("var").exists());
}

/// Bad input F10: wrong rows in a units file.
#[test]
fn a_units_file_with_mistakes_names_every_one_and_changes_nothing() {
    let (place, rows) = before();
    let bad: [(&str, &[&str]); 9] = [
        ("B9,督查科,bureau,,,,,\n", &["第 2 行", "bureau"]),
        (
            "B9,督查科,section,,,,,\nB9,督学科,section,,,,,\n",
            &["第 3 行", "B9", "第 2 行"],
        ),
        (
            "B9,督查科,section,,,,周,zhou(at)example.org\n",
            &["第 2 行", "邮箱"],
        ),
        (
            "S9,新小学,school,,,university,,\n",
            &["第 2 行", "university"],
        ),
        ("S9,新小学,school,D77,,primary,,\n", &["第 2 行", "D77"]),
        (
            "A,甲,section,B,,,,\nB,乙,section,A,,,,\n",
            &["第 2 行", "A → B → A"],
        ),
        (",无码,section,,,,,\n", &["第 2 行", "编码"]),
        ("B9,,section,,,,,\n", &["第 2 行", "名称"]),
        (
            "B9,甲,moon,,,,,\nS9,乙,school,,,university,,x@\n",
            &["第 2 行", "moon", "第 3 行", "university"],
        ),
    ];
    for (lines, words) in bad {
        place.write("bad.csv", format!("{UNITS_HEADING}{lines}"));
        place.run(&["units", "import", "bad.csv"]).refused(words);
        place
            .run(&["import", "plan.txt", "--units", "bad.csv", "--issue"])
            .refused(words);
        assert_eq!(all_rows(&place.database()), rows, "{lines}");
    }
}

#[test]
fn a_units_file_that_cannot_be_read_is_refused() {
    let (place, rows) = before();
    let files: [(&str, &[u8], &[&str]); 7] = [
        ("empty.csv", b"", &["empty.csv"]),
        ("heading.csv", UNITS_HEADING.as_bytes(), &["heading.csv"]),
        (
            "columns.csv",
            b"name,kind\nx,section\n",
            &["columns.csv", "编码", "code"],
        ),
        (
            "colour.csv",
            b"code,name,kind,colour\na,b,section,red\n",
            &["第 1 行", "colour"],
        ),
        ("picture.csv", PNG, &["picture.csv", "图片"]),
        ("text.xlsx", UNITS_HEADING.as_bytes(), &["text.xlsx"]),
        ("units.pdf", b"%PDF-1.7", &["units.pdf"]),
    ];
    for (name, bytes, words) in files {
        place.write(name, bytes);
        place.run(&["units", "import", name]).refused(words);
    }
    place
        .run(&["units", "import", "absent.csv"])
        .refused(&["absent.csv", "无法读取"]);
    assert_eq!(all_rows(&place.database()), rows);
}

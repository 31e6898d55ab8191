//! `duban plan diff` and `duban plan amend`: an amended document is compared, then applied as a whole.

use crate::place::Place;
use crate::rows::{all_rows, number};
use crate::samples::{EXAMPLE, SMALL, with_issued_example, with_small};

/// The small plan with words changed, a measure gone and one new.
fn amended() -> String {
    let second = "2、组建阅读教研组。教研室每学期组织一次阅读教学研讨。（牵头单位：教研室，责任单位：基教科，完成时限：2026年6月底前）";
    let new = "2、评选书香校园。基教科组织评选书香校园。（牵头单位：基教科，责任单位：各校）";
    assert!(SMALL.contains(second));
    SMALL
        .replace("不少于一小时", "不少于半小时")
        .replace(second, new)
}

fn with_imported() -> Place {
    let place = with_small(2);
    place.import(&[]).done();
    place.write("amended.txt", amended());
    place
}

#[test]
fn a_diff_tells_what_differs_and_changes_nothing() {
    let place = with_imported();
    let before = all_rows(&place.database());
    let told = place
        .run(&["--json", "plan", "diff", "云测教〔2026〕3号", "amended.txt"])
        .done()
        .json();
    let fates: Vec<&str> = told["tasks"]
        .as_array()
        .expect("list")
        .iter()
        .map(|task| task["fate"].as_str().expect("text"))
        .collect();
    assert_eq!(fates, ["changed", "added", "removed"]);
    assert_eq!(told["tasks"][0]["matched_by"], "number");
    let text = place
        .run(&["plan", "diff", "晨光阅读", "amended.txt"])
        .done();
    for words in [
        "新增 1 项，删除 1 项，有变动 1 项",
        "评选书香校园",
        "组建阅读教研组",
    ] {
        assert!(text.out.contains(words), "{}", text.out);
    }
    let same = place.run(&["plan", "diff", "晨光阅读", "plan.txt"]).done();
    assert!(same.out.contains("没有变动"), "{}", same.out);
    assert_eq!(all_rows(&place.database()), before);
}

#[test]
fn an_amended_document_is_applied_once() {
    let place = with_imported();
    let amend = [
        "--json",
        "plan",
        "amend",
        "晨光阅读",
        "amended.txt",
        "--reason",
        "上级调整",
    ];
    assert_eq!(place.run(&amend).done().json()["applied"], true);
    assert_eq!(
        number(
            &place.database(),
            "SELECT count(*) FROM task WHERE state = 'withdrawn'"
        ),
        1
    );
    assert_eq!(
        number(&place.database(), "SELECT count(*) FROM amendment"),
        4
    );
    let before = all_rows(&place.database());
    assert_eq!(place.run(&amend).done().json()["applied"], false);
    place.run(&["import", "amended.txt"]).done();
    assert_eq!(all_rows(&place.database()), before);
    place.write("other.txt", EXAMPLE);
    place
        .run(&["plan", "amend", "晨光阅读", "other.txt", "--reason", "试"])
        .refused(&["不是方案", "晨光阅读"]);
    place
        .run(&["plan", "diff", "没有的方案", "amended.txt"])
        .refused(&["没有的方案"]);
    assert_eq!(all_rows(&place.database()), before);
}

#[test]
fn an_issued_plan_is_amended_with_its_assignments() {
    let place = with_issued_example();
    let open = "SELECT count(*) FROM assignment WHERE state <> 'withdrawn'";
    let before = number(&place.database(), open);
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    let first = lines
        .iter()
        .position(|line| line.contains("牵头单位"))
        .expect("a measure");
    let mut shorter = lines.clone();
    shorter.remove(first);
    place.write("amended.txt", shorter.join("\n"));
    let told = place
        .run(&[
            "--json",
            "plan",
            "amend",
            "云教〔2026〕8号",
            "amended.txt",
            "--reason",
            "不再开展",
        ])
        .done()
        .json();
    let removed = told["tasks"].as_array().expect("list").iter();
    let removed = removed.filter(|task| task["fate"] == "removed").count();
    assert_eq!(removed, 1, "{told}");
    assert!(number(&place.database(), open) < before);
    let ended = "SELECT count(*) FROM assignment_event WHERE event = 'withdraw'";
    assert!(number(&place.database(), ended) > 0);
}

//! Importing and issuing: what a dry run prints, what a second import does, what is held back.

use crate::place::{Place, Ran};
use crate::rows::{all_rows, number};
use crate::samples::{EXAMPLE, SMALL, UNITS_HEADING, small_units, with_example, with_small};
use serde_json::Value;

fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().expect("object");
    let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// Asserts that every element of a list has these keys.
fn have_keys(list: &Value, wanted: &[&str]) {
    let elements = list.as_array().expect("list");
    assert!(!elements.is_empty(), "nothing to look at");
    for element in elements {
        for key in wanted {
            assert!(element.get(key).is_some(), "no {key} in {element}");
        }
    }
}

fn problems(ran: &Ran) -> Vec<(String, String)> {
    let json = ran.json();
    let told = |problem: &Value, key: &str| problem[key].as_str().expect("text").to_owned();
    let all = json["problems"].as_array().expect("list").iter();
    all.map(|one| (told(one, "kind"), told(one, "text")))
        .collect()
}

#[test]
fn a_dry_run_prints_the_agreed_json_and_makes_no_database() {
    let place = with_example();
    let ran = place.import(&["--dry-run"]).done();
    let json = ran.json();
    let agreed = [
        "cycles",
        "deadlines",
        "document_number",
        "goals",
        "issued_by",
        "measures",
        "phases",
        "problems",
        "title",
    ];
    assert_eq!(keys(&json), agreed);
    have_keys(&json["phases"], &["name", "starts_on", "ends_on"]);
    have_keys(
        &json["measures"],
        &[
            "number",
            "section",
            "title",
            "text",
            "lead_units",
            "responsible_units",
            "cooperating_units",
            "due_on",
            "continuous",
            "indicators",
        ],
    );
    let indicator = ["text", "comparator", "value", "unit", "frequency"];
    have_keys(&json["goals"], &indicator);
    for measure in json["measures"].as_array().expect("list") {
        if measure["indicators"] != Value::Array(Vec::new()) {
            have_keys(&measure["indicators"], &indicator);
        }
    }
    have_keys(&json["cycles"], &["kind", "frequency", "text"]);
    have_keys(
        &json["deadlines"],
        &["text", "what", "from_units", "to_unit", "due_on"],
    );
    assert_eq!(json["document_number"], "云教〔2026〕8号");
    assert_eq!(json["measures"][0]["number"], "四(一)1");
    assert!(!place.path("var").exists());
}

#[test]
fn a_dry_run_leaves_a_database_alone() {
    let place = with_small(2);
    place.import(&[]).done();
    let before = all_rows(&place.database());
    place.write("other.txt", EXAMPLE);
    place
        .run(&["import", "other.txt", "--units", "units.csv", "--dry-run"])
        .done();
    assert_eq!(all_rows(&place.database()), before);
}

#[test]
fn a_plan_is_read_from_standard_input() {
    let place = with_small(2);
    let dry = place
        .run_reading(SMALL.as_bytes(), &["import", "-", "--dry-run"])
        .done();
    assert_eq!(dry.json()["measures"].as_array().map(Vec::len), Some(2));
    place.run_reading(SMALL.as_bytes(), &["import", "-"]).done();
    assert_eq!(number(&place.database(), "SELECT count(*) FROM task"), 2);
    place
        .run_reading(b" \n", &["import", "-"])
        .refused(&["没有文字"]);
}

#[test]
fn a_dry_run_with_units_lists_names_that_match_nothing() {
    let place = Place::new();
    place.write("plan.txt", SMALL);
    place.write("units.csv", small_units(2).replace("教研室", "教科院"));
    let alone = place.run(&["import", "plan.txt", "--dry-run"]).done();
    assert_eq!(problems(&alone), []);
    let with_units = place.import(&["--dry-run"]).done();
    let unknown = ("unknown_unit".to_owned(), "教研室".to_owned());
    assert_eq!(problems(&with_units), [unknown]);
}

#[test]
fn a_year_that_is_not_written_is_listed_and_given_by_an_option() {
    let place = Place::new();
    place.write(
        "plan.txt",
        SMALL
            .replace("（2026年", "（20xx年")
            .replace("—2027年6月", "—次年6月")
            .replace("〔2026〕", "〔20xx〕")
            .replace("2026年", ""),
    );
    let without = place.run(&["import", "plan.txt", "--dry-run"]).done();
    let kinds: Vec<String> = problems(&without)
        .into_iter()
        .map(|(kind, _)| kind)
        .collect();
    assert!(kinds.contains(&"year_unknown".to_owned()), "{kinds:?}");
    let with = place
        .run(&["import", "plan.txt", "--dry-run", "--year", "2028"])
        .done();
    assert_eq!(with.json()["phases"][0]["starts_on"], "2028-04-01");
    place.import(&[]).refused(&["units.csv"]);
}

#[test]
fn a_plan_in_gbk_is_read_like_one_in_utf_8() {
    let place = with_small(2);
    let (gbk, _, _) = encoding_rs::GBK.encode(SMALL);
    place.write("gbk.txt", &gbk);
    let expected = place.run(&["import", "plan.txt", "--dry-run"]).done();
    assert_eq!(
        place.run(&["import", "gbk.txt", "--dry-run"]).done().out,
        expected.out
    );
    let (units, _, _) = encoding_rs::GBK.encode("code,name,kind\nB1,基教科,科室\n");
    place.write("gbk.csv", &units);
    place.run(&["units", "import", "gbk.csv"]).done();
}

#[test]
fn importing_and_issuing_again_changes_nothing() {
    let place = with_example();
    let import = || place.import(&["--issue", "--json"]).done().json();
    let first = import();
    assert_eq!(first["new"], true);
    assert!(first["issued"]["tasks"].as_u64() > Some(0));
    let before = all_rows(&place.database());
    let second = import();
    assert_eq!(second["new"], false);
    assert_eq!(second["issued"]["tasks"], 0);
    assert_eq!(second["plan_id"], first["plan_id"]);
    assert_eq!(second["units"]["changed"], serde_json::json!([]));
    place.run(&["issue", "云教〔2026〕8号"]).done();
    assert_eq!(all_rows(&place.database()), before);
}

#[test]
fn other_content_under_a_known_number_is_refused() {
    let place = with_small(2);
    place.import(&["--issue"]).done();
    let before = all_rows(&place.database());
    place.write("changed.txt", SMALL.replace("一小时", "两小时"));
    place.write("more.csv", small_units(3));
    place
        .run(&["import", "changed.txt", "--units", "more.csv", "--issue"])
        .refused(&["晨光阅读", "changed.txt", "已导入"]);
    assert_eq!(all_rows(&place.database()), before);
}

#[test]
fn tasks_held_back_are_named_and_the_others_issued() {
    let place = Place::new();
    place.write("plan.txt", SMALL);
    place.write("units.csv", small_units(2).replace("教研室", "教科院"));
    let ran = place.import(&["--issue", "--json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let issued = &ran.json()["issued"];
    assert_eq!(issued["tasks"], 1);
    assert_eq!(issued["held"][0]["task_number"], "二2");
    assert!(
        issued["held"][0]["reason"]
            .as_str()
            .is_some_and(|reason| reason.contains("教研室"))
    );
    let told = place.run(&["issue", "晨光阅读"]);
    assert_eq!(told.code, Some(1));
    assert!(
        told.out.contains("未下发") && told.out.contains("二2"),
        "{}",
        told.out
    );
    // Once the name is known, what was held back is issued, and only that.
    place.write("units.csv", small_units(2));
    place.run(&["units", "import", "units.csv"]).done();
    let settled = place.run(&["issue", "晨光阅读", "--json"]).done().json();
    assert_eq!(
        (&settled["tasks"], &settled["held"]),
        (&1.into(), &serde_json::json!([]))
    );
}

#[test]
fn a_units_file_is_an_upsert_that_lists_what_changed() {
    let place = Place::new();
    place.write("units.csv", small_units(3));
    let first = place
        .run(&["units", "import", "units.csv", "--json"])
        .done()
        .json();
    assert_eq!(
        first["added"],
        serde_json::json!(["B1", "B2", "S0001", "S0002", "S0003"])
    );
    place.write(
        "newer.csv",
        format!(
            "{UNITS_HEADING}B1,基础教育科,section,,基教科,,林同志,jijiao@bureau.example.org\n\
             S0001,第1小学,school,,,primary,老师1,new@school1.example.org\n\
             S0004,第4小学,school,,,primary,老师4,\n"
        ),
    );
    let second = place
        .run(&["units", "import", "newer.csv", "--json"])
        .done()
        .json();
    assert_eq!(second["added"], serde_json::json!(["S0004"]));
    assert_eq!(second["changed"], serde_json::json!(["B1"]));
    assert_eq!(second["contacts_changed"], serde_json::json!(["S0001"]));
    assert_eq!(
        second["absent"],
        serde_json::json!(["B2", "S0002", "S0003"])
    );
    assert_eq!(second["without_address"], serde_json::json!(["S0004"]));
    assert_eq!(number(&place.database(), "SELECT count(*) FROM unit"), 6);
    let before = all_rows(&place.database());
    place.run(&["units", "import", "newer.csv"]).done();
    assert_eq!(all_rows(&place.database()), before);
}

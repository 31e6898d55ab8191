//! Cycles, rounds and answers, by hand.

use crate::place::Place;
use crate::rows::all_rows;
use crate::samples::{with_issued_example, with_small};
use serde_json::{Value, json};

/// No unit may be asked at all without a reason.
const NO_BUDGET: [(&str, &str); 1] = [("DUBAN__SUPERVISION__ASKS_PER_UNIT_MONTH", "0")];

fn told(place: &Place, args: &[&str]) -> Value {
    let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
    place.run(&args).done().json()
}

fn id(value: &Value) -> String {
    value["id"].as_str().expect("id").to_owned()
}

#[test]
fn cycles_are_switched_off_and_on() {
    let place = with_issued_example();
    assert_eq!(
        told(&place, &["cycle", "off", "dispatch"]),
        json!({ "changed": ["dispatch"] })
    );
    assert_eq!(
        told(&place, &["cycle", "off", "dispatch"]),
        json!({ "changed": [] })
    );
    let off = told(&place, &["cycle", "list"]);
    let enabled = |list: &Value| {
        list.as_array()
            .expect("list")
            .iter()
            .filter(|one| one["enabled"] == true)
            .count()
    };
    assert_eq!(enabled(&off), 4);
    let others = told(&place, &["cycle", "off", "--plan", "强课提质"]);
    assert_eq!(others["changed"].as_array().map(Vec::len), Some(4));
    let all = told(&place, &["cycle", "on"]);
    assert_eq!(all["changed"].as_array().map(Vec::len), Some(5));
    assert_eq!(enabled(&told(&place, &["cycle", "list"])), 5);
}

#[test]
fn cycles_of_a_plan_that_is_not_issued_stay_off() {
    let place = with_small(2);
    place.import(&[]).done();
    let before = all_rows(&place.database());
    place
        .run(&["cycle", "on"])
        .refused(&["晨光阅读", "duban issue"]);
    place
        .run(&["round", "open", "spot_check"])
        .refused(&["晨光阅读", "duban issue"]);
    assert_eq!(all_rows(&place.database()), before);
    let issued = told(&place, &["issue", "云测教〔2026〕3号", "--cycles-off"]);
    assert_eq!(issued["cycles"], json!([]));
    place
        .run(&["cycle", "on", "appraisal"])
        .refused(&["没有这种督办周期"]);
    place
        .run(&["cycle", "on", "--plan", "另一方案"])
        .refused(&["另一方案"]);
}

#[test]
fn a_round_is_opened_once_and_closed() {
    let place = with_issued_example();
    let opened = told(&place, &["round", "open", "spot_check"]);
    assert!(opened["obligations"].as_u64() > Some(0), "{opened}");
    assert!(opened["due_on"].is_string(), "{opened}");
    let before = all_rows(&place.database());
    place
        .run(&["round", "open", "spot_check"])
        .refused(&["已经开展过"]);
    place
        .run(&["round", "open", "spot_check", "--period", "2026-Q4"])
        .refused(&["2026-Q4"]);
    let nobody = "018f0000-0000-7000-8000-000000000000";
    place.run(&["round", "close", nobody]).refused(&[nobody]);
    place.run(&["draw", "verify", nobody]).refused(&[nobody]);
    assert_eq!(all_rows(&place.database()), before);
    let closed = told(&place, &["round", "close", &id(&opened)]);
    assert_eq!(closed["unanswered"], opened["obligations"]);
    let rounds = told(&place, &["round", "list"]);
    assert_eq!(rounds[0]["open"], false);
    let closed_again = place.run(&["round", "close", &id(&opened)]);
    assert!(
        closed_again.code.is_some_and(|code| code < 2),
        "{}",
        closed_again.err
    );
}

#[test]
fn going_over_the_budget_needs_a_reason() {
    let place = with_issued_example();
    let before = all_rows(&place.database());
    for args in [
        &["round", "open", "spot_check"][..],
        &["round", "open", "spot_check", "--reason", " "],
    ] {
        place
            .run_with(&NO_BUDGET, args)
            .refused(&["上限", "--reason"]);
    }
    assert_eq!(all_rows(&place.database()), before);
    let with = [
        "round",
        "open",
        "spot_check",
        "--reason",
        "上级临时要求",
        "--json",
    ];
    let opened = place.run_with(&NO_BUDGET, &with).done().json();
    assert!(
        opened["listed"]
            .as_array()
            .is_some_and(|listed| !listed.is_empty()),
        "{opened}"
    );
}

#[test]
fn an_answer_is_recorded_in_versions() {
    let place = with_issued_example();
    let asks = told(&place, &["obligation", "list", "--unit", "S001"]);
    let ask = id(&asks[0]);
    let answer = ["obligation", "answer", &ask, "--by", "王老师"];
    assert_eq!(told(&place, &answer), json!({ "version": 1 }));
    assert_eq!(
        told(&place, &[&answer[..], &["--note", "补充"]].concat()),
        json!({ "version": 2 })
    );
    let open = told(&place, &["obligation", "list", "--unit", "S001"]);
    assert!(
        open.as_array()
            .is_some_and(|open| open.iter().all(|one| id(one) != ask))
    );
    let all = told(&place, &["obligation", "list", "--unit", "S001", "--all"]);
    let answered = all
        .as_array()
        .and_then(|all| all.iter().find(|one| id(one) == ask).cloned());
    assert_eq!(answered.expect("kept")["state"], "answered");
    let before = all_rows(&place.database());
    let nobody = "018f0000-0000-7000-8000-000000000000";
    place
        .run(&["obligation", "answer", nobody, "--by", "王老师"])
        .refused(&[nobody]);
    assert_eq!(all_rows(&place.database()), before);
}

#[test]
fn a_dispatch_is_summed_up_before_and_after_its_end() {
    let place = with_issued_example();
    let opened = told(&place, &["round", "open", "dispatch", "--reason", "试"]);
    let round = id(&opened);
    let preview = told(&place, &["round", "summary", &round]);
    assert_eq!(preview["preliminary"], true);
    assert_eq!(preview["sha256"], Value::Null);
    let shown = place.run(&["round", "summary", &round]).done();
    assert!(shown.out.contains("调度小结（预览）"), "{}", shown.out);
    told(&place, &["round", "close", &round]);
    let frozen = told(&place, &["round", "summary", &round]);
    assert_eq!(frozen["preliminary"], false);
    let units = frozen["summary"]["units"].as_array().map_or(0, Vec::len);
    assert_eq!(frozen["summary"]["totals"]["unanswered"], units);
    let check = id(&told(
        &place,
        &["round", "open", "spot_check", "--reason", "试"],
    ));
    place
        .run(&["round", "summary", &check])
        .refused(&["不是调度"]);
}

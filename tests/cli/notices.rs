//! Notices from the command line: what the ladder has drafted is listed, approved, withdrawn.

use crate::place::Place;
use crate::samples::with_issued_example;
use serde_json::Value;

/// The third workday after the completion due on the last day of 2026.
const THIRD_DAY: &str = "2027-01-06T08:30:00+08:00";

fn listed(place: &Place, args: &[&str]) -> Vec<Value> {
    let args: Vec<&str> = ["notice", "list", "--json"]
        .iter()
        .chain(args)
        .copied()
        .collect();
    let told = place.run(&args).done().json();
    told.as_array().cloned().unwrap_or_default()
}

#[test]
fn drafts_are_listed_approved_and_withdrawn() {
    let place = with_issued_example();
    place.run(&["run-job", "remind", "--at", THIRD_DAY]).done();
    let drafts = listed(&place, &["--state", "drafted"]);
    assert!(drafts.len() > 2, "{drafts:?}");
    assert!(drafts.iter().all(|one| one["rung"] == "yellow"));
    let id = |at: usize| drafts[at]["id"].as_str().unwrap_or_default();
    let unit = drafts[0]["unit"].as_str().unwrap_or_default();
    assert_eq!(listed(&place, &["--unit", unit]).len(), 1);
    let approve = |ids: &[&str]| {
        let args: Vec<&str> = ["notice", "approve", "--by", "督导室", "--json"]
            .iter()
            .chain(ids)
            .copied()
            .collect();
        place.run(&args)
    };
    let numbers = approve(&[id(0), id(1)]).done().json();
    let numbers = numbers["numbers"].as_array().cloned().unwrap_or_default();
    let told: Vec<&str> = numbers.iter().filter_map(Value::as_str).collect();
    assert!(
        told[0].ends_with("督字第1号") && told[1].ends_with("督字第2号"),
        "{told:?}"
    );
    approve(&[id(2), id(0)]).refused(&["不能“批准”", "督导室"]);
    assert_eq!(
        listed(&place, &["--state", "drafted"]).len(),
        drafts.len() - 2
    );
    let withdraw = ["notice", "withdraw", id(0), "--by", "督导室", "--reason"];
    let blank: Vec<&str> = withdraw.iter().copied().chain([" "]).collect();
    place.run(&blank).refused(&["理由"]);
    let done: Vec<&str> = withdraw.iter().copied().chain(["已电话办结"]).collect();
    place.run(&done).done();
    assert_eq!(listed(&place, &["--state", "withdrawn"]).len(), 1);
    place
        .run(&["notice", "list", "--unit", "X9"])
        .refused(&["X9"]);
    let text = place.run(&["notice", "list"]).done();
    assert!(
        text.out.contains("待批准") && text.out.contains("已撤回"),
        "{}",
        text.out
    );
}

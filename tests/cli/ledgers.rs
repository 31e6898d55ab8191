//! The task ledger as a file: exported, imported again, refused.

use crate::place::Place;
use crate::rows::all_rows;
use crate::samples::with_issued_example;
use serde_json::json;

fn exported() -> Place {
    let place = with_issued_example();
    let args = ["ledger", "export", "ledger.xlsx", "--json"];
    let told = place.run(&args).done().json();
    assert!(told["rows"].as_u64() > Some(10), "{told}");
    place
}

#[test]
fn a_ledger_goes_out_and_comes_back_unchanged() {
    let place = exported();
    let before = all_rows(&place.database());
    for dry_run in [true, false] {
        let mut args = vec!["ledger", "import", "ledger.xlsx", "--json"];
        args.extend(dry_run.then_some("--dry-run"));
        let told = place.run(&args).done().json();
        assert_eq!(
            (&told["changes"], &told["conflicts"]),
            (&json!([]), &json!([]))
        );
        assert_eq!(told["applied"], !dry_run);
    }
    assert_eq!(all_rows(&place.database()), before);
    let told = place.run(&["ledger", "import", "ledger.xlsx"]).done();
    assert!(told.out.contains("修改 0 处"), "{}", told.out);
}

#[test]
fn a_file_that_is_no_ledger_is_refused() {
    let place = exported();
    place.write("other.xlsx", b"PK\x03\x04");
    for (args, words) in [
        (
            &["ledger", "import", "other.xlsx"][..],
            ["other.xlsx", "无法读取"],
        ),
        (
            &["ledger", "import", "plan.txt", "--dry-run"],
            ["plan.txt", "xlsx"],
        ),
        (
            &["ledger", "export", "a.xlsx", "--plan", "没有的方案"],
            ["没有的方案", "方案"],
        ),
    ] {
        place.run(args).refused(&words);
    }
}

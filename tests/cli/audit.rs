//! `duban verify-audit`: exit code 0 while the audit is whole, 1 once somebody has touched it.

use crate::rows::execute;
use crate::samples::with_small;

#[test]
fn the_exit_code_tells_whether_the_audit_is_whole() {
    let place = with_small(2);
    place.run(&["units", "import", "units.csv"]).done();
    place
        .run(&["user", "create", "he@example.org", "--role", "leader"])
        .done();
    let whole = place.run(&["verify-audit", "--json"]).done().json();
    assert_eq!(
        (&whole["whole"], &whole["unsealed"]),
        (&true.into(), &0.into())
    );
    let checked = whole["checked"].as_i64().unwrap_or_default();
    assert!(checked >= 2, "{whole}");
    let anchor = format!("{checked}:{}", whole["head"].as_str().unwrap_or_default());
    let anchored = ["verify-audit", "--anchor", &anchor];
    place.run(&anchored).done();

    execute(
        &place.database(),
        "UPDATE audit_event SET actor = 'nobody' WHERE chain_no = 2",
    );
    let broken = place.run(&["verify-audit", "--json"]);
    assert_eq!(broken.code, Some(1), "{}", broken.err);
    let told = broken.json();
    assert_eq!(
        (&told["whole"], &told["checked"]),
        (&false.into(), &1.into())
    );
    let said = place.run(&["verify-audit"]);
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("第 2 条"), "{}", said.out);
    assert_eq!(place.run(&anchored).code, Some(1));
}

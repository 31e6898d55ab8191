//! Text: units and quality results as csv, plans as text.
#![no_main]

use duban::documents::quality_table::QualityRow;
use duban::documents::reading::Readable;
use duban::documents::{UnitRow, check_parents, read_document};
use duban::domain::plan::parse_plan;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    match <Vec<UnitRow>>::read("a.csv", data) {
        Ok(units) => {
            assert!(!units.is_empty());
            check_parents(&units, |_| false);
            let written = serde_json::to_vec(&units).expect("written down");
            let again: Vec<UnitRow> = serde_json::from_slice(&written).expect("taken up");
            assert_eq!(again, units);
        }
        Err(unreadable) => assert!(!unreadable.text.is_empty()),
    }
    let _ = <Vec<QualityRow>>::read("a.csv", data);
    if let Ok(document) = read_document("a.md", data) {
        let _ = parse_plan(&document, None);
    }
});

//! What comes as JSON and is kept: rules of cycles, tables of points; what comes out of a cage; query strings and cursors.
#![no_main]

use duban::documents::UnitRow;
use duban::documents::calendar_file::CalendarFile;
use duban::documents::ledger_file::LedgerFile;
use duban::documents::reading::Unreadable;
use duban::domain::cycle::CycleRule;
use duban::domain::plan::document::Document;
use duban::domain::score_rules::ScoreTable;
use duban::http::kernel::cursor::Cursor;
use duban::http::kernel::query::Pairs;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(rule) = serde_json::from_slice::<CycleRule>(data) {
        let _ = rule.check();
    }
    if let Ok(table) = serde_json::from_slice::<ScoreTable>(data) {
        table.faults();
    }
    let _ = serde_json::from_slice::<Result<Document, Unreadable>>(data);
    let _ = serde_json::from_slice::<Result<LedgerFile, Unreadable>>(data);
    let _ = serde_json::from_slice::<Result<Vec<UnitRow>, Unreadable>>(data);
    let _ = serde_json::from_slice::<Result<CalendarFile, Unreadable>>(data);
    if let Ok(text) = str::from_utf8(data) {
        let _ = Pairs::parse(text);
        Cursor::decode(text, [0; 8], "number");
    }
});

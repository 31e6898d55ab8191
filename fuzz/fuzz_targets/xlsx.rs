//! Excel files, by every reader of them: whole files as they are, or the three parts of one, between NULs.
#![no_main]

#[path = "../../tests/documents/files.rs"]
#[expect(dead_code, reason = "the tests make more kinds of files")]
mod files;

use duban::documents::UnitRow;
use duban::documents::ledger_file::LedgerFile;
use duban::documents::quality_table::QualityRow;
use duban::documents::reading::Readable;
use duban::documents::value_template::FilledTemplate;
use duban::domain::plan::document::Document;
use libfuzzer_sys::fuzz_target;

fn read<T: Readable>(bytes: &[u8]) {
    match T::read("a.xlsx", bytes) {
        Ok(value) => {
            let written = serde_json::to_vec(&value).expect("a value is written down");
            serde_json::from_slice::<T>(&written).expect("and taken up again");
        }
        Err(unreadable) => assert!(!unreadable.text.is_empty()),
    }
}

fuzz_target!(|data: &[u8]| {
    let whole;
    let bytes = if data.starts_with(b"PK") {
        data
    } else {
        let text = String::from_utf8_lossy(data);
        let mut parts = text.splitn(3, '\0');
        let mut part = || parts.next().unwrap_or_default();
        whole = files::xlsx_with(part(), part(), part());
        &whole
    };
    read::<Document>(bytes);
    read::<Vec<UnitRow>>(bytes);
    read::<Vec<QualityRow>>(bytes);
    read::<LedgerFile>(bytes);
    read::<FilledTemplate>(bytes);
});

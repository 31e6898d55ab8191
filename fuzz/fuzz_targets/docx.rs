//! Word files as plans: whole files as they are, or the three parts of one, between NULs.
#![no_main]

#[path = "../../tests/documents/files.rs"]
#[expect(dead_code, reason = "the tests make more kinds of files")]
mod files;

use duban::documents::read_document;
use duban::domain::plan::parse_plan;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let whole;
    let bytes = if data.starts_with(b"PK") {
        data
    } else {
        let text = String::from_utf8_lossy(data);
        let mut parts = text.splitn(3, '\0');
        let mut part = || parts.next().unwrap_or_default();
        whole = files::docx_with(part(), part(), part());
        &whole
    };
    match read_document("a.docx", bytes) {
        Ok(document) => {
            assert!(!document.blocks.is_empty());
            let _ = parse_plan(&document, Some(2026));
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

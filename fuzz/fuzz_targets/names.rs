//! Names of files: what is shown can be shown, and no name makes a header of its own.
#![no_main]

use duban::files::name::{content_disposition, extension, shown_name};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|name: &str| {
    let shown = shown_name(name);
    assert!(
        !shown.is_empty() && shown.chars().count() <= 120,
        "{shown:?}"
    );
    assert!(
        !shown.contains(['/', '\\', '"', '<', '>', '|', '?', '*', ':']),
        "{shown:?}"
    );
    assert!(!shown.contains(char::is_control), "{shown:?}");
    assert_eq!(shown_name(&shown), shown);
    extension(name);
    let header = content_disposition(name);
    assert!(
        header.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
        "{header:?}"
    );
    assert!(header.starts_with("attachment; filename=\""), "{header:?}");
});

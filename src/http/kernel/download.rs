//! Answers that are files: saved by the client, never shown by its browser. A file is handed out whole or not at all: its
//! checksum is that of all its bytes, so a Range is ignored, as RFC 9110 §14.2 allows, and Accept-Ranges says so.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What RFC 8187 lets stand in a `filename*`.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A file to be saved.
#[derive(Debug)]
pub struct Download {
    /// Its name, as the client will see it; any characters.
    pub file_name: String,
    /// Its media type.
    pub media_type: String,
    /// Its content.
    pub bytes: Bytes,
}

/// The Content-Disposition of a file (RFC 6266): a name in ASCII for old clients, and the real one (RFC 8187).
pub fn disposition(file_name: &str) -> String {
    let clean: String = file_name
        .chars()
        .filter(|letter| !letter.is_control() && !super::text::is_hidden(*letter))
        .map(|letter| {
            if matches!(letter, '/' | '\\') {
                '_'
            } else {
                letter
            }
        })
        .take(120)
        .collect();
    let clean = if clean.is_empty() {
        "file".to_owned()
    } else {
        clean
    };
    let ascii: String = clean
        .chars()
        .map(|letter| match letter {
            '"' | '%' | ';' => '_',
            letter if letter.is_ascii_graphic() || letter == ' ' => letter,
            _ => '_',
        })
        .collect();
    let exact = utf8_percent_encode(&clean, UNRESERVED);
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{exact}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_chinese_name_is_told_twice() {
        assert_eq!(
            disposition("通报 1.docx"),
            "attachment; filename=\"__ 1.docx\"; filename*=UTF-8''%E9%80%9A%E6%8A%A5%201.docx"
        );
    }

    proptest! {
        #[test]
        fn no_name_breaks_the_header(name in any::<String>()) {
            let header = disposition(&name);
            prop_assert!(header.bytes().all(|byte| (b' '..0x7f).contains(&byte)));
            prop_assert_eq!(header.matches('"').count(), 2);
        }
    }
}

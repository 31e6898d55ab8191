//! Cursors: where a page ended, as an opaque text. It carries the order and the filter it was made for, and is refused by
//! every other list; it holds no secret and gives no access.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Changes when what follows it does.
const VERSION: u8 = 1;

/// A last key is no longer than this.
const LONGEST_KEY: usize = 1_000;

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The order: `due_on`, or `-due_on` for descending.
    pub sort: String,
    /// The last row's value in that order; `None` where the row has none.
    pub key: Option<String>,
    /// The last row's id.
    pub id: Uuid,
}

impl Cursor {
    /// The opaque text, good for the list and filter of `fingerprint`.
    pub fn encode(&self, fingerprint: [u8; 8]) -> String {
        let sort = self.sort.as_bytes();
        let mut bytes = vec![VERSION, u8::try_from(sort.len()).unwrap_or(u8::MAX)];
        bytes.extend(sort.iter().take(usize::from(u8::MAX)));
        bytes.extend(fingerprint);
        bytes.extend(self.id.as_bytes());
        if let Some(key) = &self.key {
            bytes.push(1);
            bytes.extend(key.as_bytes());
        }
        bytes.extend(checksum(&bytes));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a text made for the same list, filter and order; `None` for any other.
    pub fn decode(text: &str, fingerprint: [u8; 8], sort: &str) -> Option<Self> {
        if text.len() > 2 * LONGEST_KEY {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (rest, sum) = bytes.split_last_chunk::<4>()?;
        if checksum(rest) != *sum {
            return None;
        }
        let ([version, length], rest) = rest.split_first_chunk::<2>()?;
        let (given, rest) = rest.split_at_checked(usize::from(*length))?;
        let (filter, rest) = rest.split_first_chunk::<8>()?;
        let (id, rest) = rest.split_first_chunk::<16>()?;
        if *version != VERSION || given != sort.as_bytes() || *filter != fingerprint {
            return None;
        }
        let key = match rest.split_first() {
            None => None,
            Some((_, key)) => Some(std::str::from_utf8(key).ok()?.to_owned()),
        };
        Some(Self {
            sort: sort.to_owned(),
            key: key.filter(|key| !key.contains('\0')),
            id: Uuid::from_bytes(*id),
        })
    }
}

/// Against slips, not against malice: a made-up cursor shows nothing that the filter would not.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    let mut sum = [0; 4];
    for (to, from) in sum.iter_mut().zip(Sha256::digest(bytes)) {
        *to = from;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILTER: [u8; 8] = [7; 8];

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_was(key in proptest::option::of("[^\\x00]{0,40}"), id in any::<u128>()) {
            let cursor = Cursor { sort: "-due_on".to_owned(), key, id: Uuid::from_u128(id) };
            let text = cursor.encode(FILTER);
            prop_assert_eq!(Cursor::decode(&text, FILTER, "-due_on"), Some(cursor));
            prop_assert_eq!(Cursor::decode(&text, FILTER, "due_on"), None);
            prop_assert_eq!(Cursor::decode(&text, [8; 8], "-due_on"), None);
        }

        #[test]
        fn a_damaged_cursor_is_no_cursor(at in 0usize..40, flip in 1u8..64) {
            let cursor = Cursor { sort: "due_on".to_owned(), key: Some("2026-01-01".to_owned()), id: Uuid::nil() };
            let mut bytes = URL_SAFE_NO_PAD.decode(cursor.encode(FILTER)).expect("our own text");
            let at = at % bytes.len();
            bytes[at] ^= flip;
            prop_assert_eq!(Cursor::decode(&URL_SAFE_NO_PAD.encode(bytes), FILTER, "due_on"), None);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[A-Za-z0-9_=-]{0,90}") {
            let _ = Cursor::decode(&text, FILTER, "due_on");
        }
    }
}

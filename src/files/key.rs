//! The key under which a file is stored. The server makes it; nothing that a client sends is part of it.

use std::fmt;

use uuid::Uuid;

/// Names one stored file for ever; a key is not used again after its file is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileKey(Uuid);

impl FileKey {
    /// A key that nothing else has (UUIDv7).
    pub(super) fn new() -> FileKey {
        FileKey(Uuid::now_v7())
    }

    /// The key with this id, as a record keeps it. Whether a file lies there shows when it is opened.
    pub const fn from_uuid(id: Uuid) -> FileKey {
        FileKey(id)
    }

    /// The id, for the record of the file.
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// The key that is displayed as `text`; `None` for any other text, other ways to write a UUID among
    /// them, so that one key has one name.
    pub fn of_text(text: &str) -> Option<FileKey> {
        let key = FileKey(Uuid::try_parse(text).ok()?);
        (key.to_string() == text).then_some(key)
    }
}

/// Lower case with hyphens, 36 characters.
impl fmt::Display for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.hyphenated(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_name() {
        let key = FileKey::new();
        assert_eq!(FileKey::of_text(&key.to_string()), Some(key));
        assert_eq!(FileKey::from_uuid(key.uuid()), key);
        let upper = key.to_string().to_uppercase();
        let braced = format!("{{{key}}}");
        let simple = key.uuid().simple().to_string();
        for text in ["", "../../etc/passwd", &upper, &braced, &simple] {
            assert_eq!(FileKey::of_text(text), None, "{text}");
        }
    }
}

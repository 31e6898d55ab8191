//! Fields of a PATCH that may be left out, null, or a value: left out stays, null is taken away.

use serde::{Deserialize, Deserializer};

/// Reads a field that is there: `Some(None)` for null. With `#[serde(default)]`, one that is left out is `None`.
///
/// # Errors
/// Those of reading `T`.
pub fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

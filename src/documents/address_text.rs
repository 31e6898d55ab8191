//! An address of a units file on its way between the process that has read it and the one that stores it: written out
//! whole on purpose, as the type itself has no `Serialize`.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::email_address::EmailAddress;

/// The address as text.
pub fn serialize<S: Serializer>(
    address: &Option<EmailAddress>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let text = address.as_ref().map(EmailAddress::as_str);
    text.serialize(serializer)
}

/// The address that a text is.
///
/// # Errors
/// The text is no address.
pub fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<EmailAddress>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    let address = text.map(|text| EmailAddress::parse(&text)).transpose();
    address.map_err(D::Error::custom)
}

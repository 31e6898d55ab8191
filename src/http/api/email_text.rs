//! An e-mail address in a body or a query, checked while it is read.

use crate::domain::email_address::EmailAddress;
use serde::{Deserialize, Deserializer, de::Error};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// One address, trimmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailText(pub EmailAddress);

impl<'de> Deserialize<'de> for EmailText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        EmailAddress::parse(text.trim())
            .map(Self)
            .map_err(D::Error::custom)
    }
}

impl PartialSchema for EmailText {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("email".to_owned())))
            .min_length(Some(3))
            .max_length(Some(254))
            .into()
    }
}

impl ToSchema for EmailText {}

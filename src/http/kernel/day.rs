//! Calendar days in bodies and queries: `YYYY-MM-DD`, 1900 to 2200. What a task may be due on is a rule of the domain;
//! here is only what can be a day of anybody's plan at all.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

/// A bureau-local day between 1900-01-01 and 2200-12-31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Day(pub NaiveDate);

impl Day {
    /// Reads `YYYY-MM-DD`, exactly ten characters.
    ///
    /// # Errors
    /// What is wrong with it, in Chinese.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let is_shape = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !is_shape {
            return Err("日期应写成“年-月-日”，例如 2026-09-01");
        }
        let day =
            NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| "没有这一天，请核对日期")?;
        match (1900..=2200).contains(&day.year()) {
            true => Ok(Self(day)),
            false => Err("日期应在 1900 年至 2200 年之间"),
        }
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

impl PartialSchema for Day {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .pattern(Some(
                "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$|^2200-[0-9]{2}-[0-9]{2}$",
            ))
            .description(Some("YYYY-MM-DD，1900 年至 2200 年"))
            .into()
    }
}

impl ToSchema for Day {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_days_of_a_sane_span_are_days() {
        assert!(Day::parse("2026-02-28").is_ok());
        for bad in [
            "0000-00-00",
            "9999-12-31",
            "2026-02-30",
            "1899-12-31",
            "2201-01-01",
            "31",
            "",
            "2026-2-3",
            "+2026-02-1",
            "２０２６-01-01",
            "2026-01-01T00:00:00Z",
            "2026-13-01",
        ] {
            assert!(Day::parse(bad).is_err(), "{bad}");
        }
    }
}

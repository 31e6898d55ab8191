//! The section `supervision`: the supervision office, and how much units may be asked.

use super::ConfigError;
use serde::Deserialize;

/// Characters of a telephone number at the most.
const MOST_PHONE: usize = 60;
/// Digits of a telephone number at the least: short numbers of a house have three.
const LEAST_DIGITS: usize = 3;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSupervision {
    unit: String,
    phone: String,
    pub(super) asks_per_unit_month: u32,
}

impl RawSupervision {
    /// The code of the office's unit; none where it is left empty.
    pub(super) fn unit(&self) -> Option<String> {
        let code = self.unit.trim();
        (!code.is_empty()).then(|| code.to_owned())
    }

    /// The office's telephone number as people dial it; none where it is left empty.
    pub(super) fn phone(&self) -> Result<Option<String>, ConfigError> {
        let phone = self.phone.trim();
        if phone.is_empty() {
            return Ok(None);
        }
        let is_dialled = |sign: char| sign.is_ascii_digit() || " +-()（）转,，、/".contains(sign);
        let digits = phone.chars().filter(char::is_ascii_digit).count();
        let fits = phone.chars().count() <= MOST_PHONE && phone.chars().all(is_dialled);
        if digits < LEAST_DIGITS || !fits {
            let advice = "请写电话号码，例如 010-12345678 转 602，最多 60 个字";
            return Err(ConfigError::value("supervision.phone", phone, advice));
        }
        Ok(Some(phone.to_owned()))
    }
}

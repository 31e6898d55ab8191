//! The section `accounts`: how long people stay signed in, and who may.

use super::ConfigError;
use chrono::TimeDelta;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAccounts {
    session_hours: u32,
    session_days: u32,
    contacts_may_sign_in: bool,
}

/// How people sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountSettings {
    /// A session that is not used for so long ends.
    pub idle: TimeDelta,
    /// Every session ends after so long.
    pub longest: TimeDelta,
    /// Whether contacts of units become users by signing in with a mailed link.
    pub contacts_may_sign_in: bool,
}

impl RawAccounts {
    pub(super) fn check(&self) -> Result<AccountSettings, ConfigError> {
        let bounded = |key, value: u32, most: u32| match (1..=most).contains(&value) {
            true => Ok(i64::from(value)),
            false => {
                let advice = format!("请写 1 至 {most} 之间的整数");
                Err(ConfigError::value(key, &value.to_string(), advice))
            }
        };
        let hours = bounded("accounts.session_hours", self.session_hours, 720)?;
        let days = bounded("accounts.session_days", self.session_days, 90)?;
        Ok(AccountSettings {
            idle: TimeDelta::hours(hours),
            longest: TimeDelta::days(days),
            contacts_may_sign_in: self.contacts_may_sign_in,
        })
    }
}

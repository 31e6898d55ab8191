//! Between instants (UTC) and the bureau's local days and hours.

use chrono::{DateTime, Datelike, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// The bureau's time zone; Asia/Shanghai by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalZone(Tz);

impl Default for LocalZone {
    fn default() -> Self {
        Self(Tz::Asia__Shanghai)
    }
}

impl LocalZone {
    /// The zone of an IANA name such as `Asia/Shanghai`.
    pub fn named(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }

    /// Its IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The zone itself, for the clockwork.
    pub fn tz(self) -> Tz {
        self.0
    }

    /// Local date and time of an instant.
    pub fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        at.with_timezone(&self.0).naive_local()
    }

    /// Local date of an instant.
    pub fn day(self, at: DateTime<Utc>) -> NaiveDate {
        self.local(at).date()
    }

    /// The instant of a local time. A time that the clock skips is the first valid one after it; a time that comes
    /// twice is its first (RFC 5545 §3.3.5).
    pub fn instant(self, local: NaiveDateTime) -> DateTime<Utc> {
        // Gaps are at most a day (Apia 2011-12-30); quarter hours, since zones change by these.
        for quarter in 0..=96 {
            let tried = local
                .checked_add_signed(TimeDelta::minutes(15 * quarter))
                .unwrap_or(local);
            match self.0.from_local_datetime(&tried) {
                LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => {
                    return at.with_timezone(&Utc);
                }
                LocalResult::None => {}
            }
        }
        Utc.from_utc_datetime(&local)
    }

    /// RFC 3339 with the local offset, such as `2026-01-04T08:30:00+08:00`.
    pub fn rfc3339(self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.0)
            .to_rfc3339_opts(chrono::SecondsFormat::Secs, false)
    }
}

/// 2026年11月23日: Arabic digits without leading zeros (GB/T 9704-2012 §7.3.5).
#[must_use]
pub fn chinese_day(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// 2026年11月23日 08:05: a bureau-local time, to the minute.
#[must_use]
pub fn chinese_minute(local: NaiveDateTime) -> String {
    format!("{} {}", chinese_day(local.date()), local.format("%H:%M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn shanghai_is_eight_hours_ahead() {
        let zone = LocalZone::default();
        let at = zone.instant(local("2026-01-04T08:30:00"));
        assert_eq!(at.to_rfc3339(), "2026-01-04T00:30:00+00:00");
        assert_eq!(zone.rfc3339(at), "2026-01-04T08:30:00+08:00");
        assert_eq!(
            zone.day(zone.instant(local("2026-01-04T00:00:00")))
                .to_string(),
            "2026-01-04"
        );
    }

    #[test]
    fn dates_have_no_leading_zeros() {
        let day = NaiveDate::from_ymd_opt(2026, 3, 5).unwrap();
        assert_eq!(chinese_day(day), "2026年3月5日");
        let early = day.and_hms_opt(8, 5, 59).unwrap();
        assert_eq!(chinese_minute(early), "2026年3月5日 08:05");
    }

    #[test]
    fn skipped_times_move_on_and_doubled_times_are_the_first() {
        let new_york = LocalZone::named("America/New_York").unwrap();
        assert_eq!(
            new_york.instant(local("2026-03-08T02:30:00")),
            new_york.instant(local("2026-03-08T03:00:00"))
        );
        assert_eq!(
            new_york.instant(local("2026-11-01T01:30:00")).to_rfc3339(),
            "2026-11-01T05:30:00+00:00"
        );
        let apia = LocalZone::named("Pacific/Apia").unwrap();
        assert_eq!(
            apia.instant(local("2011-12-30T09:00:00")),
            apia.instant(local("2011-12-31T00:00:00"))
        );
        assert!(LocalZone::named("Mars/Olympus").is_none());
    }
}

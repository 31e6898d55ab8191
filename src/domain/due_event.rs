//! A due day as an event of somebody's calendar: which event it is, which of its versions, and whether it still stands.

use crate::domain::ids::{CycleId, ObligationId, UnitId};
use crate::domain::period_key::PeriodKey;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

/// What an event is about; it stays the same event however often its day moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DueEventKey {
    /// A request to a unit.
    Obligation(ObligationId),
    /// A round that is still to open, for a unit that it will ask.
    Round(CycleId, PeriodKey, UnitId),
}

impl DueEventKey {
    /// The name that no other event has, at `domain`: `…@bureau.example.org`.
    pub fn uid(self, domain: &str) -> String {
        match self {
            Self::Obligation(id) => format!("{id}@{domain}"),
            Self::Round(cycle, period, unit) => format!("{cycle}-{period}-{unit}@{domain}"),
        }
    }
}

/// Whether an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueEventStatus {
    /// It does.
    Confirmed,
    /// Its day rests on a calendar that is not announced yet.
    Tentative,
    /// Nothing is due any more.
    Cancelled,
}

/// A due day, ready to be written into a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueEvent {
    /// Which event it is.
    pub key: DueEventKey,
    /// How often its due day was set anew.
    pub due_revision: i32,
    /// The due day, local.
    pub due_on: NaiveDate,
    /// Whether it stands.
    pub status: DueEventStatus,
    /// What is due, on one line.
    pub summary: String,
    /// What else there is to say, on any number of lines; may be empty.
    pub description: String,
    /// Whether the calendar is to remind of it.
    pub has_alarm: bool,
}

impl DueEvent {
    /// The number of this version; what is told later of an event has a higher one. Each revision of the due day has two: a
    /// cancellation must outdo what it cancels (RFC 5546 §2.1.4), and be outdone when the request is opened again.
    pub fn sequence(&self) -> i64 {
        let cancelled = self.status == DueEventStatus::Cancelled;
        i64::from(self.due_revision) * 2 + i64::from(cancelled)
    }
}

/// How long before the beginning of the due day a calendar reminds: at nine o'clock of the day before.
pub const ALARM_BEFORE: TimeDelta = TimeDelta::hours(15);

/// Whether the moment at which a calendar would remind of a due day lies ahead; later, most calendars would ring at once.
pub fn alarm_lies_ahead(due_on: NaiveDate, now: NaiveDateTime) -> bool {
    let begins_at = due_on.and_time(NaiveTime::MIN);
    let rings_at = begins_at.checked_sub_signed(ALARM_BEFORE);
    rings_at.is_some_and(|rings_at| now < rings_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn event(due_revision: i32, status: DueEventStatus) -> DueEvent {
        DueEvent {
            key: DueEventKey::Obligation(ObligationId(Uuid::nil())),
            due_revision,
            due_on: day("2026-12-31"),
            status,
            summary: String::new(),
            description: String::new(),
            has_alarm: false,
        }
    }

    #[test]
    fn what_is_told_later_has_a_higher_number() {
        use DueEventStatus::{Cancelled, Confirmed, Tentative};
        let told = [
            event(0, Confirmed),
            event(0, Cancelled),
            event(1, Tentative),
            event(1, Cancelled),
            event(2, Confirmed),
        ];
        assert!(told.is_sorted_by(|one, next| one.sequence() < next.sequence()));
        assert_eq!(
            event(1, Tentative).sequence(),
            event(1, Confirmed).sequence()
        );
    }

    #[test]
    fn an_event_keeps_its_name() {
        let id = Uuid::from_u128(7);
        let obligation = DueEventKey::Obligation(ObligationId(id));
        assert_eq!(
            obligation.uid("edu.example.org"),
            format!("{id}@edu.example.org")
        );
        let round = |unit| {
            let period = "2026-12".parse().expect("a period");
            let unit = UnitId(Uuid::from_u128(unit));
            DueEventKey::Round(CycleId(id), period, unit).uid("edu.example.org")
        };
        assert_eq!(round(1), round(1));
        assert_ne!(round(1), round(2));
    }

    #[test]
    fn an_alarm_rings_at_nine_of_the_day_before() {
        let at = |day: &str, hour, minute| {
            day.parse::<NaiveDate>()
                .ok()
                .and_then(|day| day.and_hms_opt(hour, minute, 0))
                .expect("a moment")
        };
        let due_on = day("2027-01-01");
        assert!(alarm_lies_ahead(due_on, at("2026-12-31", 8, 59)));
        assert!(!alarm_lies_ahead(due_on, at("2026-12-31", 9, 0)));
        assert!(!alarm_lies_ahead(due_on, at("2027-01-02", 0, 0)));
    }
}

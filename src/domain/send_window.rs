//! The hours in which mail may leave: 08:30–18:00 on workdays by default. Times are the bureau's local wall clock
//! (Asia/Shanghai by default); turning them into instants is left to the caller.

use chrono::{Days, NaiveDateTime, NaiveTime};
use serde::{Deserialize, Serialize};

use super::calendar::Holidays;

/// When mail may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "UncheckedWindow")]
pub enum SendWindow {
    /// At any time.
    Always,
    /// On workdays, from the first time on and before the second.
    Workdays {
        /// First moment of the day.
        from: NaiveTime,
        /// The end, itself outside.
        until: NaiveTime,
    },
}

/// Why a window is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("发信时段的开始时间 {from} 应早于结束时间 {until}，请修改。")]
pub struct EmptySendWindow {
    from: NaiveTime,
    until: NaiveTime,
}

/// The same as read, before it is known that the window is not empty.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum UncheckedWindow {
    Always,
    Workdays { from: NaiveTime, until: NaiveTime },
}

impl TryFrom<UncheckedWindow> for SendWindow {
    type Error = EmptySendWindow;

    fn try_from(window: UncheckedWindow) -> Result<Self, Self::Error> {
        match window {
            UncheckedWindow::Always => Ok(Self::Always),
            UncheckedWindow::Workdays { from, until } => Self::workdays(from, until),
        }
    }
}

impl Default for SendWindow {
    /// 08:30–18:00 on workdays (design §6).
    fn default() -> Self {
        Self::Workdays {
            from: NaiveTime::from_hms_opt(8, 30, 0).unwrap_or(NaiveTime::MIN),
            until: NaiveTime::from_hms_opt(18, 0, 0).unwrap_or(NaiveTime::MIN),
        }
    }
}

impl SendWindow {
    /// A window on workdays, within one day.
    ///
    /// # Errors
    /// `from` is not before `until`.
    pub fn workdays(from: NaiveTime, until: NaiveTime) -> Result<Self, EmptySendWindow> {
        if from < until {
            Ok(Self::Workdays { from, until })
        } else {
            Err(EmptySendWindow { from, until })
        }
    }

    /// Whether mail may leave at `local`.
    pub fn is_open(self, local: NaiveDateTime, holidays: &Holidays) -> bool {
        match self {
            Self::Always => true,
            Self::Workdays { from, until } => {
                (from..until).contains(&local.time()) && holidays.is_workday(local.date())
            }
        }
    }

    /// The first moment from `local` on at which mail may leave: `local` itself inside the window, else the window's
    /// next beginning.
    pub fn next_moment(self, local: NaiveDateTime, holidays: &Holidays) -> NaiveDateTime {
        match self {
            Self::Always => local,
            Self::Workdays { .. } if self.is_open(local, holidays) => local,
            Self::Workdays { from, .. } => {
                let first_day = if local.time() < from {
                    local.date()
                } else {
                    let tomorrow = local.date().checked_add_days(Days::new(1));
                    tomorrow.unwrap_or(local.date())
                };
                holidays.on_or_after(first_day).and_time(from)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn at(day: u32, hour: u32, minute: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(2027, 3, day)
            .and_then(|date| date.and_hms_opt(hour, minute, 0))
            .expect("a real moment")
    }

    #[test]
    fn mail_waits_for_the_window() {
        let plain = Holidays::default();
        let (friday, monday) = (5, 8);
        let cases = [
            (at(friday, 8, 29), at(friday, 8, 30)),
            (at(friday, 8, 30), at(friday, 8, 30)),
            (at(friday, 17, 59), at(friday, 17, 59)),
            (at(friday, 18, 0), at(monday, 8, 30)),
            (at(6, 0, 0), at(monday, 8, 30)),
            (at(7, 23, 59), at(monday, 8, 30)),
        ];
        for (local, expected) in cases {
            let moment = SendWindow::default().next_moment(local, &plain);
            assert_eq!(moment, expected);
            assert!(SendWindow::default().is_open(moment, &plain));
            assert_eq!(SendWindow::Always.next_moment(local, &plain), local);
        }
    }

    #[test]
    fn an_empty_window_is_refused_also_in_json() {
        let (early, late) = (at(5, 8, 0).time(), at(5, 9, 0).time());
        assert!(SendWindow::workdays(late, early).is_err());
        assert!(SendWindow::workdays(early, early).is_err());
        let json = serde_json::to_string(&SendWindow::default()).expect("serialises");
        assert_eq!(
            serde_json::from_str::<SendWindow>(&json).expect("reads"),
            SendWindow::default()
        );
        let swapped = json.replace("08:30", "19:30");
        assert!(serde_json::from_str::<SendWindow>(&swapped).is_err());
    }
}

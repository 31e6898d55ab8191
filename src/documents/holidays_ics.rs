//! Reads public Chinese holiday calendars in iCalendar form (RFC 5545): events marked 休 or 班. Read line by line, so
//! that a message can name the line. The JSON form and the checks on the days themselves are in `holidays`.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::holidays::{Days, HolidayFileError, LONGEST_RUN, checked_text, is_plausible, shortened};
use crate::domain::calendar::{DayKind, HolidayEntry};

/// The entries of an iCalendar holiday file, by date.
///
/// An event counts as day off or make-up workday by `X-APPLE-SPECIAL-DAY`, else by the mark in its summary (国庆节 休,
/// 国庆节（班）, 春节 补班); events without mark (节气, 除夕 …) and cancelled ones are left aside. `DTEND` is exclusive;
/// times of day are read as China's (UTC+8).
///
/// # Errors
/// The file is too large, not UTF-8, holds no marked event, or a marked event has an impossible day, an absurd length,
/// a repetition, or contradicts another.
pub fn read_holidays_ics(bytes: &[u8]) -> Result<Vec<HolidayEntry>, HolidayFileError> {
    let text = checked_text(bytes)?;
    let mut days = Days::default();
    let mut event: Option<Event> = None;
    for line in unfolded(text) {
        let Some(property) = Property::parse(&line.text) else {
            continue;
        };
        match (property.name.as_str(), property.value) {
            ("BEGIN", "VEVENT") => event = Some(Event::new(line.number)),
            ("END", "VEVENT") => {
                if let Some(ended) = event.take() {
                    ended.add_to(&mut days)?;
                }
            }
            _ => {
                if let Some(open) = &mut event {
                    open.read(line.number, &property);
                }
            }
        }
    }
    days.finish()
}

/// One content line, its folds undone (RFC 5545 §3.1).
struct Line {
    /// Where it begins in the file, from 1.
    number: usize,
    text: String,
}

fn unfolded(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (index, raw) in text.lines().enumerate() {
        match (raw.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some(line)) => line.text.push_str(rest),
            _ => lines.push(Line {
                number: index + 1,
                text: raw.to_owned(),
            }),
        }
    }
    lines
}

/// `NAME;PARAMETERS:value`; parameters are not needed, because a date and a moment differ in form.
struct Property<'a> {
    name: String,
    value: &'a str,
}

impl<'a> Property<'a> {
    /// `None` for a line without a value.
    fn parse(line: &'a str) -> Option<Self> {
        let mut quoted = false;
        let colon = line.find(|c| {
            quoted ^= c == '"';
            c == ':' && !quoted
        })?;
        let (head, value) = line.split_at_checked(colon)?;
        let name = head.split(';').next()?.trim().to_ascii_uppercase();
        Some(Self {
            name,
            value: value.strip_prefix(':')?.trim(),
        })
    }
}

/// An event as far as read.
struct Event {
    line: usize,
    starts_on: Option<NaiveDate>,
    ends_before: Option<NaiveDate>,
    length: Option<i64>,
    summary: String,
    apple_kind: Option<DayKind>,
    cancelled: bool,
    recurring: bool,
    unreadable_date: Option<HolidayFileError>,
}

impl Event {
    fn new(line: usize) -> Self {
        Self {
            line,
            starts_on: None,
            ends_before: None,
            length: None,
            summary: String::new(),
            apple_kind: None,
            cancelled: false,
            recurring: false,
            unreadable_date: None,
        }
    }

    fn read(&mut self, line: usize, property: &Property<'_>) {
        match property.name.as_str() {
            "SUMMARY" => self.summary = unescaped(property.value),
            "X-APPLE-SPECIAL-DAY" => {
                self.apple_kind = match property.value {
                    "WORK-HOLIDAY" => Some(DayKind::Off),
                    "ALTERNATE-WORKDAY" => Some(DayKind::Work),
                    _ => None,
                }
            }
            "STATUS" => self.cancelled = property.value.eq_ignore_ascii_case("CANCELLED"),
            "RRULE" | "RDATE" => self.recurring = true,
            "DTSTART" => self.starts_on = self.moment(line, property).map(|at| at.date()),
            "DTEND" => {
                // An end within a day still takes that day; midnight ends the day before.
                let nearly_a_day = TimeDelta::seconds(86_399);
                self.ends_before = self
                    .moment(line, property)
                    .and_then(|at| at.checked_add_signed(nearly_a_day))
                    .map(|at| at.date());
            }
            "DURATION" => self.length = whole_days(property.value),
            _ => {}
        }
    }

    /// A date or moment of an event, at China's time of day. What cannot be read counts only if the event is marked.
    fn moment(&mut self, line: usize, property: &Property<'_>) -> Option<NaiveDateTime> {
        let at = local_moment(property.value).filter(|at| is_plausible(at.date()));
        if at.is_none() {
            self.unreadable_date = Some(HolidayFileError::Date {
                place: format!("第 {line} 行"),
                text: shortened(property.value, 40),
            });
        }
        at
    }

    fn add_to(self, days: &mut Days) -> Result<(), HolidayFileError> {
        let Some(kind) = self.apple_kind.or_else(|| marked_kind(&self.summary)) else {
            return Ok(());
        };
        if self.cancelled {
            return Ok(());
        }
        let place = format!("第 {} 行", self.line);
        if self.recurring {
            return Err(HolidayFileError::Recurring { place });
        }
        if let Some(error) = self.unreadable_date {
            return Err(error);
        }
        let Some(starts_on) = self.starts_on else {
            return Err(HolidayFileError::Date {
                place,
                text: String::new(),
            });
        };
        let length = match (self.ends_before, self.length) {
            (Some(ends_before), _) => (ends_before - starts_on).num_days(),
            (None, Some(length)) => length,
            (None, None) => 1,
        };
        let Some(count) = usize::try_from(length)
            .ok()
            .filter(|n| (1..=LONGEST_RUN).contains(n))
        else {
            return Err(HolidayFileError::Range {
                place,
                starts_on,
                days: length,
            });
        };
        let name = holiday_name(&self.summary);
        for date in starts_on.iter_days().take(count) {
            days.add(&place, date, kind, &name)?;
        }
        Ok(())
    }
}

/// `20261001`, `20261001T000000` or, in UTC, `20260930T160000Z`, as China's wall clock.
fn local_moment(value: &str) -> Option<NaiveDateTime> {
    if let Some(utc) = value.strip_suffix('Z') {
        let at = NaiveDateTime::parse_from_str(utc, "%Y%m%dT%H%M%S").ok()?;
        return at.checked_add_signed(TimeDelta::hours(8));
    }
    if value.contains('T') {
        return NaiveDateTime::parse_from_str(value, "%Y%m%dT%H%M%S").ok();
    }
    NaiveDate::parse_from_str(value, "%Y%m%d")
        .ok()
        .map(|date| date.and_time(NaiveTime::MIN))
}

/// `P3D` or `P1W` in days; `None` for other durations.
fn whole_days(value: &str) -> Option<i64> {
    let length = value.strip_prefix('P')?;
    if let Some(weeks) = length.strip_suffix('W') {
        return weeks.parse::<u16>().ok().map(|weeks| i64::from(weeks) * 7);
    }
    let days: u16 = length.strip_suffix('D')?.parse().ok()?;
    Some(i64::from(days))
}

/// What the mark in a summary says. 班 wins over 休, because 调休上班 and 休假补班 are workdays.
fn marked_kind(summary: &str) -> Option<DayKind> {
    if summary.contains('班') {
        return Some(DayKind::Work);
    }
    let is_off = summary.contains('休') || summary.contains("放假") || summary.contains("假期");
    // 调休 alone does not say which of the two days it is.
    let is_unclear = summary.contains("调休") && !summary.replace("调休", "").contains('休');
    (is_off && !is_unclear).then_some(DayKind::Off)
}

/// A summary without its mark: 国庆节（班） is 国庆节.
fn holiday_name(summary: &str) -> String {
    let mut name = summary.to_owned();
    for mark in [
        "补班", "上班", "调休", "休假", "休息", "放假", "假期", "休", "班",
    ] {
        name = name.replace(mark, "");
    }
    name.trim_matches(|c: char| c.is_whitespace() || "()（）[]【】·-—:：".contains(c))
        .to_owned()
}

/// The text escapes of RFC 5545 §3.3.11 undone.
fn unescaped(value: &str) -> String {
    value
        .replace("\\n", " ")
        .replace("\\N", " ")
        .replace("\\,", ",")
        .replace("\\;", ";")
        .replace("\\\\", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(events: &str) -> String {
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")
    }

    fn event(lines: &[&str]) -> String {
        format!("BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n", lines.join("\r\n"))
    }

    fn days(events: &str) -> Vec<(String, DayKind, String)> {
        read_holidays_ics(calendar(events).as_bytes())
            .expect("reads")
            .into_iter()
            .map(|entry| (entry.date.to_string(), entry.kind, entry.name))
            .collect()
    }

    #[test]
    fn summaries_as_public_calendars_write_them() {
        let cases = [
            ("国庆节 休", Some((DayKind::Off, "国庆节"))),
            ("国庆节（班）", Some((DayKind::Work, "国庆节"))),
            ("春节 补班", Some((DayKind::Work, "春节"))),
            ("元旦(休)", Some((DayKind::Off, "元旦"))),
            ("劳动节 调休上班", Some((DayKind::Work, "劳动节"))),
            ("中秋节假期", Some((DayKind::Off, "中秋节"))),
            ("【休】端午节", Some((DayKind::Off, "端午节"))),
            ("清明节 调休", None),
            ("立春", None),
        ];
        for (summary, expected) in cases {
            assert_eq!(
                marked_kind(summary),
                expected.map(|(kind, _)| kind),
                "{summary}"
            );
            if let Some((_, name)) = expected {
                assert_eq!(holiday_name(summary), name);
            }
        }
    }

    #[test]
    fn the_end_is_exclusive_and_unmarked_or_cancelled_events_are_left_aside() {
        let events = [
            event(&[
                "DTSTART;VALUE=DATE:20271001",
                "DTEND;VALUE=DATE:20271003",
                "SUMMARY:国庆节 休",
            ]),
            event(&["DTSTART;VALUE=DATE:20271009", "SUMMARY:国庆节（", " 班）"]),
            event(&[
                "DTSTART;VALUE=DATE:20271014",
                "SUMMARY:重阳节",
                "RRULE:FREQ=YEARLY",
            ]),
            event(&[
                "DTSTART;VALUE=DATE:20271015",
                "SUMMARY:运动会 休",
                "STATUS:CANCELLED",
            ]),
        ]
        .concat();
        let national_day = || "国庆节".to_owned();
        assert_eq!(
            days(&events),
            [
                ("2027-10-01".to_owned(), DayKind::Off, national_day()),
                ("2027-10-02".to_owned(), DayKind::Off, national_day()),
                ("2027-10-09".to_owned(), DayKind::Work, national_day()),
            ]
        );
    }

    #[test]
    fn apple_marks_durations_and_moments_are_understood() {
        let events = [
            event(&[
                "DTSTART;VALUE=DATE:20270101",
                "DURATION:P2D",
                "SUMMARY:元旦",
                "X-APPLE-SPECIAL-DAY:WORK-HOLIDAY",
            ]),
            event(&[
                "DTSTART:20270103T160000Z",
                "DTEND:20270104T160000Z",
                "SUMMARY:元旦 班",
            ]),
            event(&[
                "DTSTART;TZID=\"Asia:Shanghai\":20270105T000000",
                "DTEND:20270105T235959",
                "SUMMARY:元旦 班",
            ]),
        ]
        .concat();
        let dates: Vec<_> = days(&events).into_iter().map(|(date, ..)| date).collect();
        assert_eq!(
            dates,
            ["2027-01-01", "2027-01-02", "2027-01-04", "2027-01-05"]
        );
    }

    #[test]
    fn bad_events_are_refused_by_line() {
        let cases = [
            (
                event(&["DTSTART;VALUE=DATE:20270230", "SUMMARY:休"]),
                "第 4 行：“20270230”",
            ),
            (event(&["SUMMARY:国庆节 休"]), "第 3 行"),
            (
                event(&["DTSTART:20270101", "DTEND:20280101", "SUMMARY:休"]),
                "第 3 行：自 2027-01-01 起的一段放假或上班为 365 天",
            ),
            (
                event(&["DTSTART:20270101", "DTEND:20270101", "SUMMARY:休"]),
                "为 0 天",
            ),
            (
                event(&["DTSTART:20270101", "DTEND:20261201", "SUMMARY:休"]),
                "为 -31 天",
            ),
            (
                event(&["DTSTART:20270101", "SUMMARY:休", "RRULE:FREQ=DAILY"]),
                "RRULE",
            ),
            (
                event(&["DTSTART:20270101", "SUMMARY:休"])
                    + &event(&["DTSTART:20270101", "SUMMARY:班"]),
                "既列为放假又列为上班",
            ),
            (event(&["DTSTART:20270101", "SUMMARY:立春"]), "没有放假"),
            (String::new(), "没有放假"),
        ];
        for (events, expected) in cases {
            let message = read_holidays_ics(calendar(&events).as_bytes())
                .expect_err(&events)
                .to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}

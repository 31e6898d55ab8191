//! Due days as an iCalendar file (RFC 5545), for mails (RFC 5546: published, cancelled) and for feeds. Whatever a title
//! holds, it stays the value of its own property.

use crate::documents::printable::{printable, printable_line};
use crate::domain::due_event::{ALARM_BEFORE, DueEvent, DueEventStatus};
use chrono::{DateTime, NaiveDate, Utc};

/// A content line has at most so many octets, without its line break (RFC 5545 §3.1).
const LINE_OCTETS: usize = 75;

/// The longest summary, in characters.
const SUMMARY_CHARS: usize = 300;

/// The longest description, in characters.
const DESCRIPTION_CHARS: usize = 5_000;

/// The program, as RFC 5545 §3.7.3 wants it named.
const PRODUCT: &str = "-//Duban//Duban//ZH";

/// How often a calendar program may look at a feed.
const REFRESH: &str = "PT6H";

/// What a calendar file does to the calendar that takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarMethod {
    /// Adds its events, or replaces older versions of them.
    Publish,
    /// Takes its events away.
    Cancel,
}

impl CalendarMethod {
    /// Its name, in the file and in the media type.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "PUBLISH",
            Self::Cancel => "CANCEL",
        }
    }

    /// The media type of a file with this method (RFC 6047 §2.4).
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Publish => "text/calendar; charset=utf-8; method=PUBLISH",
            Self::Cancel => "text/calendar; charset=utf-8; method=CANCEL",
        }
    }
}

/// A calendar file, but for its events.
#[derive(Debug, Clone, Copy)]
pub struct CalendarHead<'a> {
    /// What it does.
    pub method: CalendarMethod,
    /// When it is made.
    pub made_at: DateTime<Utc>,
    /// Domain of the events' names.
    pub uid_domain: &'a str,
    /// Address of whoever sets the days.
    pub organizer: &'a str,
    /// Their name; may be empty.
    pub organizer_name: &'a str,
    /// Name of the calendar, where the file is a feed that is looked at again and again.
    pub feed_name: Option<&'a str>,
}

/// The file: UTF-8, lines of at most 75 octets ending in CRLF. The same input gives the same text.
pub fn calendar_out(head: &CalendarHead<'_>, events: &[DueEvent]) -> String {
    let mut out = Lines::default();
    out.property("BEGIN", "VCALENDAR");
    out.property("VERSION", "2.0");
    out.property("PRODID", PRODUCT);
    out.property("CALSCALE", "GREGORIAN");
    out.property("METHOD", head.method.as_str());
    if let Some(name) = head.feed_name {
        let name = text(&printable_line(name), SUMMARY_CHARS);
        out.property("NAME", &name);
        // Before RFC 7986 programs had these names for the same.
        out.property("X-WR-CALNAME", &name);
        out.property("REFRESH-INTERVAL;VALUE=DURATION", REFRESH);
        out.property("X-PUBLISHED-TTL", REFRESH);
    }
    for event in events {
        write_event(&mut out, head, event);
    }
    out.property("END", "VCALENDAR");
    out.0
}

fn write_event(out: &mut Lines, head: &CalendarHead<'_>, event: &DueEvent) {
    let summary = text(&printable_line(&event.summary), SUMMARY_CHARS);
    out.property("BEGIN", "VEVENT");
    out.property("UID", &event.key.uid(head.uid_domain));
    out.property("SEQUENCE", &event.sequence().to_string());
    out.property(
        "DTSTAMP",
        &head.made_at.format("%Y%m%dT%H%M%SZ").to_string(),
    );
    out.property("DTSTART;VALUE=DATE", &date(event.due_on));
    // The end is exclusive. It may be left out, but not every program knows.
    if let Some(next) = event.due_on.succ_opt() {
        out.property("DTEND;VALUE=DATE", &date(next));
    }
    let organizer = format!("mailto:{}", head.organizer);
    match parameter(head.organizer_name).as_str() {
        "" => out.property("ORGANIZER", &organizer),
        name => out.property(&format!("ORGANIZER;CN=\"{name}\""), &organizer),
    }
    out.property("SUMMARY", &summary);
    if !event.description.is_empty() {
        let description = text(&printable(&event.description), DESCRIPTION_CHARS);
        out.property("DESCRIPTION", &description);
    }
    out.property(
        "STATUS",
        match event.status {
            DueEventStatus::Confirmed => "CONFIRMED",
            DueEventStatus::Tentative => "TENTATIVE",
            DueEventStatus::Cancelled => "CANCELLED",
        },
    );
    // A day on which something is due is not a day on which nobody has time.
    out.property("TRANSP", "TRANSPARENT");
    if event.has_alarm {
        out.property("BEGIN", "VALARM");
        out.property("ACTION", "DISPLAY");
        out.property("TRIGGER", &format!("-PT{}H", ALARM_BEFORE.num_hours()));
        out.property("DESCRIPTION", &summary);
        out.property("END", "VALARM");
    }
    out.property("END", "VEVENT");
}

fn date(day: NaiveDate) -> String {
    day.format("%Y%m%d").to_string()
}

/// A value of type TEXT (RFC 5545 §3.3.11), cut to `limit` characters.
fn text(value: &str, limit: usize) -> String {
    let mut escaped = String::with_capacity(value.len().min(limit * 4));
    for (length, c) in value.chars().enumerate() {
        if length == limit {
            escaped.push('…');
            break;
        }
        match c {
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            // Some programs end a line at these as well.
            '\n' | '\u{2028}' | '\u{2029}' => escaped.push_str("\\n"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A value of a quoted parameter (RFC 5545 §3.2): there is no way to write a quotation mark in it.
fn parameter(value: &str) -> String {
    let line = printable_line(value).replace(['"', '\u{2028}', '\u{2029}'], "'");
    line.chars().take(SUMMARY_CHARS).collect()
}

/// Content lines, folded.
#[derive(Default)]
struct Lines(String);

impl Lines {
    /// Adds `name:value`; neither may hold a line break.
    fn property(&mut self, name: &str, value: &str) {
        let mut used = 0;
        for c in name.chars().chain([':']).chain(value.chars()) {
            if used + c.len_utf8() > LINE_OCTETS {
                self.0.push_str("\r\n ");
                used = 1;
            }
            self.0.push(c);
            used += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }
}

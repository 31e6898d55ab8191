//! Calendar files: holidays as JSON and iCalendar, terms as csv.
#![no_main]

use duban::documents::calendar_file::{CalendarFile, read_calendar_file};
use duban::documents::default_calendar::default_calendar;
use duban::domain::calendar::Holidays;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static KNOWN: LazyLock<duban::domain::school_calendar::SchoolCalendar> =
    LazyLock::new(|| default_calendar().expect("what is compiled in"));

fuzz_target!(|data: &[u8]| {
    match read_calendar_file(data) {
        Ok(CalendarFile::Holidays(entries)) => {
            let days: Vec<_> = entries.iter().map(|entry| entry.date).collect();
            let all = KNOWN.holidays.updated_by(&Holidays::from_entries(entries));
            for day in days {
                assert!(all.is_workday(all.on_or_after(day)));
                all.add_workdays(day, 60);
            }
        }
        Ok(CalendarFile::Terms(rows)) => {
            let _ = KNOWN.terms.updated_by(&rows);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});

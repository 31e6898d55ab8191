//! The pure rules, tried from outside: calendars, cycles, reminders, plans. No database, no clock.

mod board_cases;
mod board_past;
mod board_properties;
mod board_reference;
mod board_samples;
mod calendar_properties;
mod catch_up;
mod cycle_days;
mod holiday_notices;
mod plan_reader;
mod plan_reader_generated;
mod plan_reader_properties;
mod reminder_stages;
mod term_tables;

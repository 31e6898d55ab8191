//! One sea-orm entity per table. Columns and types; rules live in the `duban` crate, constraints in `migration`.

pub mod announced_year;
pub mod assignment;
pub mod contact;
pub mod cycle;
pub mod holiday;
pub mod indicator;
pub mod mail;
pub mod mark;
pub mod obligation;
pub mod obligation_item;
pub mod phase;
pub mod plan;
pub mod reminder;
pub mod report;
pub mod round;
pub mod sending_deadline;
pub mod task;
pub mod task_party;
pub mod term;
pub mod unit;

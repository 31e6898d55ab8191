//! What programs outside read page by page: one list a file, its filter, its orders, and which rows a caller meets (bounded
//! in SQL). Names of what a row refers to come with a whole page in one query each.

pub mod assignment_events;
pub mod assignments;
pub mod audit_events;
pub mod contacts;
pub mod cycles;
pub mod decisions;
pub mod extensions;
pub mod indicator_values;
pub mod indicators;
pub mod labels;
pub mod mails;
pub mod obligations;
pub mod plans;
pub mod reminders;
pub mod reports;
pub mod rounds;
pub mod tasks;
pub mod tokens;
pub mod units;
pub mod users;
pub mod visible;

mod parts;
pub(super) mod text_search;

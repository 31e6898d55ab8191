//! What programs outside read page by page: one list a file, its filter, its orders, and which rows a caller meets.
//! Names of what a row refers to come with a whole page in one query each.

pub mod cycles;
pub mod labels;
pub mod mails;
pub mod obligations;
pub mod reminders;
pub mod reports;
pub mod rounds;
pub mod visible;

pub mod audit_events;
pub mod contacts;
mod parts;
pub(super) mod text_search;
pub mod tokens;
pub mod units;
pub mod users;

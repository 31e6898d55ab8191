//! What programs outside read page by page: one list a file, its filter, its orders, and which rows a caller meets.
//! Names of what a row refers to come with a whole page in one query each.

pub mod audit_events;
pub mod contacts;
pub mod tokens;
pub mod units;
pub mod users;

mod parts;
pub(super) mod text_search;

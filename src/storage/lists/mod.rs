//! What programs outside read page by page: one list a file, its filter, its orders, and which rows a caller meets (bounded
//! in SQL). Names of what a row refers to come with a whole page in one query each.

pub mod amendments;
pub mod appraisals;
pub mod ask_overrides;
pub mod assignment_events;
pub mod assignments;
pub mod audit_events;
pub mod bulletins;
pub mod completions;
pub mod contacts;
pub mod cycles;
pub mod decisions;
pub mod delegations;
pub mod extensions;
pub mod findings;
pub mod indicator_values;
pub mod indicators;
pub mod inspections;
pub mod inspectors;
pub mod labels;
pub mod mails;
pub mod notices;
pub mod obligations;
pub mod plans;
pub mod quality_results;
pub mod reminders;
pub mod reports;
pub mod rounds;
pub mod score_objections;
pub mod score_rules;
pub mod scores;
pub mod tasks;
pub mod tokens;
pub mod units;
pub mod users;
pub mod visible;
pub mod walls;
pub mod warnings;
pub mod webhooks;

mod parts;
pub(super) mod text_search;

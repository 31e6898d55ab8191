//! The resources of `/api/v1`, one file each: what they look like from outside, and which use case or list they call.

pub mod assignment_events;
pub mod assignments;
pub mod attachments;
pub mod attainment;
pub mod audit_events;
pub mod calendars;
pub mod changes;
pub mod contacts;
pub mod cycles;
pub mod dashboard;
pub mod examples;
pub mod extensions;
pub mod indicator_values;
pub mod indicators;
pub mod ledgers;
pub mod mails;
pub mod me;
pub mod obligations;
pub mod plan_import;
pub mod plans;
pub mod reminders;
pub mod reports;
pub mod roll_up;
pub mod rounds;
pub mod task_writes;
pub mod tasks;
pub mod term_reports;
pub mod tokens;
pub mod unit_groups;
pub mod units;
pub mod users;
pub mod value_files;

mod asked_items;
mod cycle_rules;
mod dashboard_json;
mod email_text;
mod given;
mod light_query;
mod links;
mod plan_json;
mod report_body;
mod shown_light;
mod task_json;
mod whose;

use crate::http::kernel::Endpoint;

/// Every endpoint, by resource.
pub fn endpoints() -> Vec<Endpoint> {
    let resources = [
        assignment_events::endpoints(),
        assignments::endpoints(),
        attachments::endpoints(),
        attainment::endpoints(),
        audit_events::endpoints(),
        calendars::endpoints(),
        changes::endpoints(),
        contacts::endpoints(),
        cycles::endpoints(),
        dashboard::endpoints(),
        extensions::endpoints(),
        indicator_values::endpoints(),
        indicators::endpoints(),
        ledgers::endpoints(),
        mails::endpoints(),
        me::endpoints(),
        obligations::endpoints(),
        plan_import::endpoints(),
        plans::endpoints(),
        reminders::endpoints(),
        reports::endpoints(),
        roll_up::endpoints(),
        rounds::endpoints(),
        task_writes::endpoints(),
        tasks::endpoints(),
        term_reports::endpoints(),
        tokens::endpoints(),
        unit_groups::endpoints(),
        units::endpoints(),
        users::endpoints(),
        value_files::endpoints(),
    ];
    resources.into_iter().flatten().collect()
}

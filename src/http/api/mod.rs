//! The resources of `/api/v1`, one file each: what they look like from outside, and which use case or list they call.

pub mod amendments;
pub mod appraisals;
pub mod ask_overrides;
pub mod assignment_events;
pub mod assignments;
pub mod attachments;
pub mod attainment;
pub mod audit_events;
pub mod bulletin_files;
pub mod bulletins;
pub mod burden;
pub mod calendar_feeds;
pub mod calendars;
pub mod changes;
pub mod completions;
pub mod contacts;
pub mod cycles;
pub mod dashboard;
pub mod decisions;
pub mod delegations;
pub mod dispatch_form;
pub mod draws;
pub mod examples;
pub mod extensions;
pub mod findings;
pub mod indicator_values;
pub mod indicators;
pub mod inspections;
pub mod inspectors;
pub mod leader_page;
pub mod ledgers;
pub mod mails;
pub mod me;
pub mod notice_steps;
pub mod notices;
pub mod obligations;
pub mod plan_import;
pub mod plans;
pub mod quality_results;
pub mod reminders;
pub mod reports;
pub mod revisions;
pub mod roll_up;
pub mod round_summaries;
pub mod rounds;
pub mod score_objections;
pub mod score_rules;
pub mod scores;
pub mod task_amends;
pub mod task_writes;
pub mod tasks;
pub mod term_reports;
pub mod tokens;
pub mod unit_groups;
pub mod units;
pub mod users;
pub mod value_files;
pub mod walls;
pub mod warnings;
pub mod webhook_deliveries;
pub mod webhooks;

mod asked_items;
mod bulletin_json;
mod cycle_rules;
mod dashboard_json;
mod email_text;
mod evidence_file;
mod given;
mod light_query;
mod linked_files;
mod links;
mod plan_json;
mod report_body;
mod shown_light;
mod summary_json;
mod task_json;
mod whose;

use crate::http::kernel::Endpoint;

/// Every endpoint, by resource.
pub fn endpoints() -> Vec<Endpoint> {
    let resources = [
        ask_overrides::endpoints(),
        amendments::endpoints(),
        appraisals::endpoints(),
        assignment_events::endpoints(),
        assignments::endpoints(),
        attachments::endpoints(),
        attainment::endpoints(),
        audit_events::endpoints(),
        burden::endpoints(),
        bulletin_files::endpoints(),
        bulletins::endpoints(),
        calendar_feeds::endpoints(),
        calendars::endpoints(),
        changes::endpoints(),
        completions::endpoints(),
        contacts::endpoints(),
        cycles::endpoints(),
        dashboard::endpoints(),
        draws::endpoints(),
        decisions::endpoints(),
        delegations::endpoints(),
        dispatch_form::endpoints(),
        extensions::endpoints(),
        findings::endpoints(),
        indicator_values::endpoints(),
        indicators::endpoints(),
        inspections::endpoints(),
        inspectors::endpoints(),
        leader_page::endpoints(),
        ledgers::endpoints(),
        mails::endpoints(),
        me::endpoints(),
        notice_steps::endpoints(),
        notices::endpoints(),
        obligations::endpoints(),
        plan_import::endpoints(),
        plans::endpoints(),
        quality_results::endpoints(),
        reminders::endpoints(),
        reports::endpoints(),
        revisions::endpoints(),
        roll_up::endpoints(),
        round_summaries::endpoints(),
        rounds::endpoints(),
        task_amends::endpoints(),
        score_objections::endpoints(),
        score_rules::endpoints(),
        scores::endpoints(),
        task_writes::endpoints(),
        tasks::endpoints(),
        term_reports::endpoints(),
        tokens::endpoints(),
        unit_groups::endpoints(),
        units::endpoints(),
        users::endpoints(),
        value_files::endpoints(),
        walls::endpoints(),
        warnings::endpoints(),
        webhook_deliveries::endpoints(),
        webhooks::endpoints(),
    ];
    resources.into_iter().flatten().collect()
}

//! The real flows, from a document to a mail taken by the server, on a clock that the tests set and on both databases:
//! every test here runs once on SQLite and once on PostgreSQL (see `support::on_both`).

#[macro_use]
mod support;
mod sweep;

mod answers;
mod api_assignment_events;
mod api_assignments;
mod api_attachments;
mod api_audit_events;
mod api_calendars;
mod api_changes;
mod api_contacts;
mod api_cycles;
mod api_dashboard;
mod api_dashboard_links;
mod api_extensions;
mod api_mails;
mod api_obligations;
mod api_plans;
mod api_reminders;
mod api_reports;
mod api_returns;
mod api_rounds;
mod api_task_writes;
mod api_tasks;
mod api_units;
mod api_users;
mod attempts;
mod audit;
mod bad_input;
mod calendar;
mod callers;
mod city_plan;
mod claims;
mod closing;
mod contacts;
mod counter;
mod deliveries;
mod digests;
mod draws;
mod explanations;
mod imports;
mod issues;
mod mirror;
mod once;
mod repeats;
mod rest_access;
mod rest_document;
mod rounds;
mod schema;
mod simulations;
mod stages;
mod vacations;

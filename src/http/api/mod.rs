//! The resources of `/api/v1`, one file each: what they look like from outside, and which use case or list they call.

pub mod changes;
pub mod cycles;
pub mod examples;
pub mod mails;
pub mod obligations;
pub mod reminders;
pub mod reports;
pub mod rounds;

mod cycle_rules;
mod whose;

use crate::http::kernel::Endpoint;

/// Every endpoint, by resource.
pub fn endpoints() -> Vec<Endpoint> {
    let resources = [
        changes::endpoints(),
        cycles::endpoints(),
        mails::endpoints(),
        obligations::endpoints(),
        reminders::endpoints(),
        reports::endpoints(),
        rounds::endpoints(),
    ];
    resources.into_iter().flatten().collect()
}

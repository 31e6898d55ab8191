//! The resources of `/api/v1`, one file each: what they look like from outside, and which use case or list they call.

pub mod audit_events;
pub mod calendars;
pub mod contacts;
pub mod email_text;
pub mod examples;
pub mod given;
pub mod me;
pub mod tokens;
pub mod unit_groups;
pub mod units;
pub mod users;

use crate::http::kernel::Endpoint;

/// Every endpoint, by resource.
pub fn endpoints() -> Vec<Endpoint> {
    let resources: [Vec<Endpoint>; 8] = [
        audit_events::endpoints(),
        calendars::endpoints(),
        contacts::endpoints(),
        me::endpoints(),
        tokens::endpoints(),
        unit_groups::endpoints(),
        units::endpoints(),
        users::endpoints(),
    ];
    resources.into_iter().flatten().collect()
}

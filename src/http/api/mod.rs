//! The resources of `/api/v1`, one file each: what they look like from outside, and which use case or list they call.

pub mod dashboard;
mod dashboard_json;
pub mod examples;
pub mod links;
pub mod shown_light;

use crate::http::kernel::Endpoint;

/// Every endpoint, by resource.
pub fn endpoints() -> Vec<Endpoint> {
    let resources = [dashboard::endpoints()];
    resources.into_iter().flatten().collect()
}

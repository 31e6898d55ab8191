//! The resources of `/api/v1`, one file each: what they look like from outside, and which use case or list they call.

pub mod examples;

use crate::http::kernel::Endpoint;

/// Every endpoint, by resource.
pub fn endpoints() -> Vec<Endpoint> {
    let resources: [Vec<Endpoint>; 0] = [];
    resources.into_iter().flatten().collect()
}

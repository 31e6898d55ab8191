//! The resources of `/api/v1`, one file each: what they look like from outside, and which use case or list they call.

mod assignments;
mod attachments;
pub mod examples;
mod plan_import;
mod plan_json;
mod plans;
mod task_json;
mod task_writes;
mod tasks;

use crate::http::kernel::Endpoint;

/// Every endpoint, by resource.
pub fn endpoints() -> Vec<Endpoint> {
    let resources = [
        assignments::endpoints(),
        attachments::endpoints(),
        plan_import::endpoints(),
        plans::endpoints(),
        task_writes::endpoints(),
        tasks::endpoints(),
    ];
    resources.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::kernel::faults;

    #[test]
    fn the_table_of_endpoints_has_no_faults() {
        assert_eq!(faults(&endpoints()), Vec::<String>::new());
    }
}

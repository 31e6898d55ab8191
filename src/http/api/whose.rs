//! Whether a row is the caller's to see, and the fields that several resources show of a unit.

use crate::domain::access::{Action, Viewer};
use crate::domain::ids::UnitId;
use crate::http::kernel::Problem;

/// Lets a row of `unit` pass that the caller meets under an action; `target` names it in the audit (`obligation 0198…`).
///
/// # Errors
/// 404 that looks as if there were no such row.
pub(super) fn require(
    viewer: &Viewer,
    action: Action,
    unit: UnitId,
    target: impl FnOnce() -> String,
) -> Result<(), Problem> {
    match viewer.reach(action).covers(unit) {
        true => Ok(()),
        false => Err(Problem::hidden(target())),
    }
}

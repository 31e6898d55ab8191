//! How much the steps of jobs have done.

use crate::flow::FlowError;

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Things it made, sent or closed.
    pub done: usize,
}

impl Progress {
    /// What all steps have done together. Each was taken whatever became of those before it: what fails in one place must
    /// keep nobody elsewhere from being told.
    ///
    /// # Errors
    /// The first step's that failed; the others' are logged.
    pub fn of_all(
        steps: impl IntoIterator<Item = Result<Self, FlowError>>,
    ) -> Result<Self, FlowError> {
        let mut all = Self::default();
        let mut failed = None;
        for step in steps {
            match (step, &failed) {
                (Ok(progress), _) => all.done += progress.done,
                (Err(error), None) => failed = Some(error),
                (Err(error), Some(_)) => tracing::error!(%error, "Another step failed, too"),
            }
        }
        failed.map_or(Ok(all), Err)
    }
}

//! How far long work has come: a line on the terminal, on standard error, that is gone when the work is done. Where
//! standard error is no terminal nothing is written.

use indicatif::{ProgressBar, ProgressStyle};
use rust_i18n::t;
use std::time::Duration;

/// How often the line is drawn anew, also where nothing is told.
const EVERY: Duration = Duration::from_millis(200);

/// The line; it lives until it is dropped.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Does work of which only the time is known that it has taken; `what` is a key under `cli.progress`.
    pub(super) async fn during<T>(what: &str, work: impl Future<Output = T>) -> T {
        let template = "{spinner} {prefix} {elapsed}";
        let _line = Self::drawn(ProgressBar::new_spinner(), what, template);
        work.await
    }

    /// Work of so many steps; `what` as above.
    pub(super) fn steps(what: &str, steps: u64) -> Self {
        let template = "{prefix} {wide_bar} {percent}% {msg} {elapsed}";
        Self::drawn(ProgressBar::new(steps), what, template)
    }

    /// So many steps are done; `at` says where that is.
    pub(super) fn at(&self, done: u64, at: String) {
        self.0.set_position(done);
        self.0.set_message(at);
    }

    /// So many steps are done, of how many is known only now.
    pub(super) fn at_of(&self, done: u64, of: u64) {
        self.0.set_length(of);
        self.0.set_position(done);
    }

    fn drawn(bar: ProgressBar, what: &str, template: &str) -> Self {
        bar.set_prefix(t!(format!("cli.progress.{what}")).into_owned());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(EVERY);
        Self(bar)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

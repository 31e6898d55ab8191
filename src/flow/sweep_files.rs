//! Files and their records are compared once in a while: a file that no record knows (its sender broke off, the program was
//! killed in between) goes after a day, and a record whose file is gone is reported.

use crate::clock::Clock;
use crate::files::key::FileKey;
use crate::files::store::Swept;
use crate::flow::{Ctx, FlowError};
use crate::storage::{attachments, marks};
use chrono::TimeDelta;
use std::collections::HashSet;

/// No upload takes that long.
const FILE_KEPT: TimeDelta = TimeDelta::days(1);

/// Sweeps the folder of attached files; `None` where it was left alone: nothing was attached yet, the folder is another
/// database's, or the time is not the machine's (files are dated by that).
///
/// # Errors
/// [`FlowError`].
pub async fn sweep_files(ctx: &Ctx) -> Result<Option<Swept>, FlowError> {
    let Clock::System = ctx.real_clock else {
        return Ok(None);
    };
    // Chosen before the records are read: a file of that age has its record by then.
    let before = ctx.real_clock.now() - FILE_KEPT;
    let keys = attachments::store_keys(&ctx.db).await?;
    if keys.is_empty() {
        return Ok(None);
    }
    let store = ctx.files()?;
    if !store.claim(&marks::epoch(&ctx.db).await?).await? {
        tracing::warn!(
            folder = %ctx.settings.files_folder.display(),
            "The folder of attached files is another database's: nothing is swept. If it is not, remove the file `owner` in it"
        );
        return Ok(None);
    }
    let known: HashSet<FileKey> = keys.into_iter().map(FileKey::from_uuid).collect();
    let swept = store.sweep(known, before).await?;
    metrics::gauge!("duban_files_lost").set(as_gauge(swept.lost));
    if swept.lost > 0 {
        tracing::error!(
            files = swept.lost,
            "Attached files are recorded, but not there: restore them from a backup"
        );
    }
    if swept.files + swept.drafts > 0 {
        metrics::counter!("duban_files_swept_total").increment(swept.files + swept.drafts);
        tracing::info!(
            files = swept.files,
            drafts = swept.drafts,
            bytes = swept.bytes,
            "Removed files that no record knows"
        );
    }
    Ok(Some(swept))
}

fn as_gauge(number: u64) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

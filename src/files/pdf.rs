//! PDFs: whole, and no second file behind the end. What the pages hold is not looked at.

use super::error::{Carried, FileProblem};
use super::tail::{carried, is_filler};

/// How far before the end of a file its end mark may stand; readers look no farther (ISO 32000-1 annex H.3.4.4).
const END_SEARCH_BYTES: usize = 1_024;

/// Refuses a PDF that breaks off, or that carries a second file behind its end. Filler behind the end is let through,
/// and so is as much stray data as PDF readers put up with.
///
/// # Errors
/// [`FileProblem::Incomplete`], [`FileProblem::TwoFiles`].
pub(super) fn check_pdf(bytes: &[u8]) -> Result<(), FileProblem> {
    const END: &[u8] = b"%%EOF";
    let end = bytes
        .windows(END.len())
        .rposition(|window| window == END)
        .ok_or(FileProblem::Incomplete)?;
    let tail = bytes.get(end + END.len()..).unwrap_or_default();
    let filled = tail.iter().rev().take_while(|byte| is_filler(**byte));
    let stray = tail.len() - filled.count();
    if stray > END_SEARCH_BYTES {
        return Err(FileProblem::TwoFiles(Carried::Tail));
    }
    match carried(tail) {
        Some(carried) => Err(FileProblem::TwoFiles(carried)),
        None => Ok(()),
    }
}

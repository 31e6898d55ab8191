//! Texts and tables as text: readable, and no web page. What they say is not looked at.

use super::error::{FileProblem, RefusedKind};
use super::tail::holds_markup;
use crate::documents::encoding::decode_text;

/// How far browsers look for the beginning of a web page (WHATWG MIME Sniffing §5.2 reads 1,445 bytes).
const MARKUP_SEARCH_BYTES: usize = 1_445;

/// Refuses what is no text in UTF-8, UTF-16 with a mark, or GB18030 (GBK), and what is a web page, a vector picture or
/// other XML under another name. A text cannot also be a zip: the records of one hold zero bytes.
///
/// # Errors
/// [`FileProblem::Encoding`], [`FileProblem::Empty`], [`FileProblem::Refused`].
pub(super) fn check_text(bytes: &[u8]) -> Result<(), FileProblem> {
    let text = decode_text(bytes)?;
    let begin = text.trim_start();
    if begin.is_empty() {
        return Err(FileProblem::Empty);
    }
    let mut chars = begin.chars();
    let is_tag = chars.next() == Some('<')
        && chars
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '!' | '?' | '/'));
    let begin = begin.as_bytes();
    let start = begin.get(..MARKUP_SEARCH_BYTES).unwrap_or(begin);
    if is_tag || holds_markup(start) {
        return Err(FileProblem::Refused(RefusedKind::Markup));
    }
    Ok(())
}

//! What stands behind the end of a file: filler and a camera's own data are harmless, a second file is not. Zips are
//! looked for in `zip_end`, from the end of the whole file.

use super::error::{Carried, RefusedKind};
use super::sniff::{Sniffed, sniff};

/// Beginnings of web pages, in lower case; five bytes at least, so that they do not stand in compressed data by chance.
const MARKUP: [&[u8]; 6] = [
    b"<html",
    b"<script",
    b"<!doctype",
    b"<svg ",
    b"<svg>",
    b"<iframe",
];

/// The second file that `tail` is or holds; `None` where nothing of the kind is recognised.
pub(super) fn carried(tail: &[u8]) -> Option<Carried> {
    let start = tail.iter().position(|byte| !is_filler(*byte))?;
    let tail = tail.get(start..).unwrap_or_default();
    let begins = match sniff(tail) {
        Sniffed::Zip | Sniffed::Refused(RefusedKind::Archive) => Some(Carried::Zip),
        Sniffed::Pdf => Some(Carried::Pdf),
        Sniffed::Refused(RefusedKind::Program) => Some(Carried::Program),
        Sniffed::Refused(RefusedKind::OldOffice | RefusedKind::Rtf) => Some(Carried::Tail),
        Sniffed::Refused(RefusedKind::Markup | RefusedKind::Ofd) => Some(Carried::Markup),
        // Telephones append a second picture, or a short film, to a photograph.
        Sniffed::Refused(RefusedKind::OtherPicture | RefusedKind::Media)
        | Sniffed::Png
        | Sniffed::Jpeg
        | Sniffed::Other => None,
    };
    begins.or_else(|| holds_markup(tail).then_some(Carried::Markup))
}

/// Whether a web page or a script begins somewhere in `bytes`, in any case.
pub(super) fn holds_markup(bytes: &[u8]) -> bool {
    let candidates = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'<')
        .filter_map(|(at, _)| bytes.get(at..));
    candidates.into_iter().any(|rest| {
        MARKUP.iter().any(|begin| {
            rest.get(..begin.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(begin))
        })
    })
}

/// White space and zero bytes, with which disks and scanners fill up blocks.
pub(super) fn is_filler(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0
}

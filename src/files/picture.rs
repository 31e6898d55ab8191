//! Pictures by their headers: whole, of a size that can be opened safely, and no second file behind the end. Nothing is
//! decoded, here or elsewhere.

use super::error::{Carried, FileProblem};
use super::tail::carried;

/// Pixels of a picture; a scan of an A3 page at 600 dpi has 70 million.
pub const MAX_PIXELS: u64 = 100_000_000;

/// Pixels of one side of a picture.
pub const MAX_SIDE: u32 = 20_000;

/// Length of a PNG's signature.
const PNG_SIGNATURE_LEN: usize = 8;

/// Walks the chunks of a PNG (ISO/IEC 15948) from its header to its end chunk. Nothing may follow that: programs that
/// left the rest of an older picture there have shown what was cut away.
///
/// # Errors
/// [`FileProblem::Incomplete`], [`FileProblem::PictureTooLarge`], [`FileProblem::TwoFiles`].
pub(super) fn check_png(bytes: &[u8]) -> Result<(), FileProblem> {
    let mut rest = bytes.get(PNG_SIGNATURE_LEN..).unwrap_or_default();
    let mut is_first = true;
    let mut has_data = false;
    loop {
        let (kind, content, after) = png_chunk(rest).ok_or(FileProblem::Incomplete)?;
        if is_first != (kind == b"IHDR") {
            return Err(FileProblem::Incomplete);
        }
        if is_first {
            let width = big_endian_u32(content.get(..4)).ok_or(FileProblem::Incomplete)?;
            let height = big_endian_u32(content.get(4..8)).ok_or(FileProblem::Incomplete)?;
            check_size(width, height)?;
        }
        is_first = false;
        has_data |= kind == b"IDAT";
        if kind == b"IEND" {
            return match (has_data, after) {
                (false, _) => Err(FileProblem::Incomplete),
                (true, []) => Ok(()),
                (true, tail) => Err(FileProblem::TwoFiles(
                    carried(tail).unwrap_or(Carried::Tail),
                )),
            };
        }
        rest = after;
    }
}

/// Walks the segments of a JPEG (ISO/IEC 10918-1 annex B) from its first to its end mark. Cameras append data of their
/// own to it; a file of another sort there is refused.
///
/// # Errors
/// [`FileProblem::Incomplete`], [`FileProblem::PictureTooLarge`], [`FileProblem::TwoFiles`].
pub(super) fn check_jpeg(bytes: &[u8]) -> Result<(), FileProblem> {
    let mut at = 2;
    let mut has_frame = false;
    loop {
        let (marker, after_marker) = next_marker(bytes, at).ok_or(FileProblem::Incomplete)?;
        match marker {
            // End of image.
            0xD9 => {
                if !has_frame {
                    return Err(FileProblem::Incomplete);
                }
                let tail = bytes.get(after_marker..).unwrap_or_default();
                return match carried(tail) {
                    Some(carried) => Err(FileProblem::TwoFiles(carried)),
                    None => Ok(()),
                };
            }
            // Marks without a segment: restarts, start of image, TEM.
            0xD0..=0xD8 | 0x01 => at = after_marker,
            _ => {
                let segment = segment(bytes, after_marker).ok_or(FileProblem::Incomplete)?;
                // Start of frame of every coding process; C4, C8 and CC are tables.
                if matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC) {
                    let (width, height) = frame_size(segment).ok_or(FileProblem::Incomplete)?;
                    check_size(width, height)?;
                    has_frame = true;
                }
                // The length counts its own two bytes.
                at = after_marker + 2 + segment.len();
            }
        }
    }
}

/// The next mark at or after `at`, and where it ends. Coded data between segments is passed over: in it, FF is followed
/// by 00 (B.1.1.5).
fn next_marker(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let data = bytes.get(at..)?;
    let found = data
        .windows(2)
        .position(|pair| matches!(pair, [0xFF, mark] if !matches!(mark, 0x00 | 0xFF)))?;
    Some((*data.get(found + 1)?, at + found + 2))
}

/// The content of the segment whose length field is at `at`.
fn segment(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let length = bytes.get(at..at + 2)?;
    let length = usize::from(u16::from_be_bytes(length.try_into().ok()?));
    bytes.get(at + 2..at + length.max(2))
}

/// Width and height in a frame header (B.2.2).
fn frame_size(segment: &[u8]) -> Option<(u32, u32)> {
    match segment {
        [_, height_high, height_low, width_high, width_low, ..] => Some((
            u32::from(u16::from_be_bytes([*width_high, *width_low])),
            u32::from(u16::from_be_bytes([*height_high, *height_low])),
        )),
        _ => None,
    }
}

/// The type, the content and what follows of the chunk at the start of `bytes`; its checksum is passed over.
fn png_chunk(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let length = usize::try_from(big_endian_u32(bytes.get(..4))?).ok()?;
    let kind = bytes.get(4..8)?;
    let content_end = length.checked_add(8)?;
    let content = bytes.get(8..content_end)?;
    let after = bytes.get(content_end.checked_add(4)?..)?;
    Some((kind, content, after))
}

fn big_endian_u32(bytes: Option<&[u8]>) -> Option<u32> {
    Some(u32::from_be_bytes(bytes?.try_into().ok()?))
}

fn check_size(width: u32, height: u32) -> Result<(), FileProblem> {
    // A side of 0 is left to be told later in the picture, which no camera does.
    if width == 0 || height == 0 {
        return Err(FileProblem::Incomplete);
    }
    let pixels = u64::from(width) * u64::from(height);
    if width > MAX_SIDE || height > MAX_SIDE || pixels > MAX_PIXELS {
        return Err(FileProblem::PictureTooLarge { width, height });
    }
    Ok(())
}

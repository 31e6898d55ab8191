//! What a file is by its first bytes, whatever its name says. Whether it is whole and harmless is checked by kind.

use super::error::RefusedKind;

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sniffed {
    /// A zip, of which Office files are one sort.
    Zip,
    /// A PDF.
    Pdf,
    /// A PNG picture.
    Png,
    /// A JPEG picture.
    Jpeg,
    /// Something known that is not taken in.
    Refused(RefusedKind),
    /// Text, or something unknown.
    Other,
}

/// Beginnings that stand for one thing alone.
const MAGIC: [(&[u8], Sniffed); 37] = [
    (b"PK\x03\x04", Sniffed::Zip),
    (b"PK\x05\x06", Sniffed::Zip),
    (b"%PDF-", Sniffed::Pdf),
    (b"\x89PNG\r\n\x1a\n", Sniffed::Png),
    (b"\xff\xd8\xff", Sniffed::Jpeg),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLD_OFFICE),
    (b"{\\rtf", Sniffed::Refused(RefusedKind::Rtf)),
    (b"\x7fELF", PROGRAM),
    (b"#!", PROGRAM),
    // Mach-O of both widths and byte orders; Java classes and universal binaries share the fifth.
    (b"\xfe\xed\xfa\xce", PROGRAM),
    (b"\xfe\xed\xfa\xcf", PROGRAM),
    (b"\xce\xfa\xed\xfe", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),
    (b"\0asm", PROGRAM),
    (b"dex\n", PROGRAM),
    // A Windows shortcut ([MS-SHLLINK] 2.1).
    (b"L\0\0\0\x01\x14\x02\0", PROGRAM),
    (b"Rar!\x1a\x07", ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", ARCHIVE),
    (b"\x1f\x8b", ARCHIVE),
    (b"BZh", ARCHIVE),
    (b"\xfd7zXZ\0", ARCHIVE),
    (b"\x28\xb5\x2f\xfd", ARCHIVE),
    (b"MSCF", ARCHIVE),
    (b"PK\x07\x08", ARCHIVE),
    (b"GIF87a", PICTURE),
    (b"GIF89a", PICTURE),
    (b"II*\0", PICTURE),
    (b"MM\0*", PICTURE),
    (b"8BPS", PICTURE),
    (b"\0\0\x01\0", PICTURE),
    (b"ID3", MEDIA),
    (b"OggS", MEDIA),
    (b"fLaC", MEDIA),
    (b"\x1aE\xdf\xa3", MEDIA),
    (b"FLV\x01", MEDIA),
    (b"0&\xb2u\x8ef\xcf\x11", MEDIA),
];

const OLD_OFFICE: Sniffed = Sniffed::Refused(RefusedKind::OldOffice);
const PROGRAM: Sniffed = Sniffed::Refused(RefusedKind::Program);
const ARCHIVE: Sniffed = Sniffed::Refused(RefusedKind::Archive);
const PICTURE: Sniffed = Sniffed::Refused(RefusedKind::OtherPicture);
const MEDIA: Sniffed = Sniffed::Refused(RefusedKind::Media);

/// What the beginning of `bytes` says.
pub(super) fn sniff(bytes: &[u8]) -> Sniffed {
    let known = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic));
    if let Some((_, sniffed)) = known {
        return *sniffed;
    }
    if is_dos_program(bytes) {
        return PROGRAM;
    }
    if is_bitmap(bytes) {
        return PICTURE;
    }
    let brand = |range| bytes.get(range).unwrap_or_default();
    match (brand(0..4), brand(4..8), brand(8..12)) {
        (b"RIFF", _, b"WEBP") => PICTURE,
        (b"RIFF", _, b"WAVE" | b"AVI ") => MEDIA,
        // ISO base media (ISO/IEC 14496-12): pictures of telephones name one of these brands.
        (_, b"ftyp", b"heic" | b"heix" | b"mif1" | b"msf1" | b"hevc" | b"avif") => PICTURE,
        (_, b"ftyp", _) => MEDIA,
        _ => Sniffed::Other,
    }
}

/// `MZ`, and binary right behind it: a text may begin with these letters.
fn is_dos_program(bytes: &[u8]) -> bool {
    let start = bytes.get(..64).unwrap_or(bytes);
    start.starts_with(b"MZ") && start.contains(&0)
}

/// `BM`, and the four reserved bytes that are zero: a text may begin with these letters.
fn is_bitmap(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BM") && bytes.get(6..10) == Some(&[0; 4])
}

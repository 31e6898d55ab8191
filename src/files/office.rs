//! Office files (OOXML, ECMA-376): a zip whose table of contents says which program it belongs to, without macros.
//! Nothing else in it is unpacked.

use std::io::Read as _;

use super::error::{Carried, FileProblem, RefusedKind};
use super::kind::FileKind;
use super::zip_end::ends_with_record;
use crate::documents::ArchiveError;
use crate::documents::archive::{Archive, reason};

/// The part that names the type of every other part (ECMA-376 part 2 §10.1.2), as the archive names it.
const CONTENT_TYPES: &str = "[content_types].xml";

/// Bytes of that part: it has some 150 for each other part.
const MAX_CONTENT_TYPES_BYTES: u64 = 1024 * 1024;

/// A kind, the folder its parts lie in, and the type of its main part (in lower case).
const PACKAGES: [(FileKind, &str, &str); 3] = [
    (
        FileKind::Docx,
        "word/",
        "wordprocessingml.document.main+xml",
    ),
    (FileKind::Xlsx, "xl/", "spreadsheetml.sheet.main+xml"),
    (
        FileKind::Pptx,
        "ppt/",
        "presentationml.presentation.main+xml",
    ),
];

/// Which Office kind the zip in `bytes` is.
///
/// # Errors
/// [`FileProblem::Container`] for a broken, encrypted or hostile zip; [`FileProblem::Macros`];
/// [`FileProblem::TwoFiles`]; [`FileProblem::Refused`] for any other zip.
pub(super) fn checked_office(bytes: &[u8]) -> Result<FileKind, FileProblem> {
    let mut archive = Archive::open(bytes)?;
    if archive.names().any(|name| name == "ofd.xml") {
        return Err(FileProblem::Refused(RefusedKind::Ofd));
    }
    if !archive.names().any(|name| name == CONTENT_TYPES) {
        return Err(FileProblem::Refused(RefusedKind::Archive));
    }
    if !ends_with_record(bytes) {
        return Err(FileProblem::TwoFiles(Carried::Tail));
    }
    let types = content_types(&mut archive)?;
    let has_macros = archive.names().any(|name| name.ends_with("vbaproject.bin"));
    if has_macros || types.contains("macroenabled") || types.contains("vbaproject") {
        return Err(FileProblem::Macros);
    }
    let kinds: Vec<FileKind> = PACKAGES
        .into_iter()
        .filter(|(_, folder, _)| archive.names().any(|name| name.starts_with(folder)))
        .filter(|(_, _, main_part)| types.contains(main_part))
        .map(|(kind, _, _)| kind)
        .collect();
    match kinds.as_slice() {
        [kind] => Ok(*kind),
        [] => Err(FileProblem::Refused(RefusedKind::Archive)),
        _ => Err(ArchiveError::Suspicious("同时是两种 Office 文件").into()),
    }
}

/// The text of the table of contents in lower case, without the zero bytes that UTF-16 puts between its letters.
fn content_types(archive: &mut Archive<'_>) -> Result<String, FileProblem> {
    let Some(part) = archive.entry(CONTENT_TYPES)? else {
        return Err(ArchiveError::Broken.into());
    };
    let mut bytes = Vec::new();
    part.take(MAX_CONTENT_TYPES_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| reason(&error))?;
    if bytes.len() as u64 > MAX_CONTENT_TYPES_BYTES {
        return Err(ArchiveError::TooLarge.into());
    }
    bytes.retain(|byte| *byte != 0);
    // Letters written as numbers would hide a macro from the search; no program writes them here.
    if bytes.windows(2).any(|window| window == b"&#") {
        return Err(ArchiveError::Suspicious("部件类型写法异常").into());
    }
    Ok(String::from_utf8_lossy(&bytes).to_ascii_lowercase())
}

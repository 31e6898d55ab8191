//! Whether a file is taken in, and as what: its bytes decide, and the extension of its name must agree. The checks of
//! the single kinds are in `office`, `pdf`, `picture` and `text`.

use super::error::{Carried, FileError, FileProblem};
use super::kind::FileKind;
use super::name::{extension, shown_name};
use super::sniff::{Sniffed, sniff};
use super::{office, pdf, picture, text, zip_end};

/// How far readers look for the beginning of a PDF (ISO 32000-1 annex H.3.4.1).
const PDF_SEARCH_BYTES: usize = 1_024;

/// The kind of the file `bytes`, which came with the name `given_name`. Time and memory are proportional to the length
/// of `bytes`, which the caller has bounded; pictures are not decoded, and of Office files only the table of contents
/// is unpacked.
///
/// # Errors
/// [`FileError`], with the shown name and one sentence on what to do.
pub fn check_file(given_name: &str, bytes: &[u8]) -> Result<FileKind, FileError> {
    let name = shown_name(given_name);
    checked_kind(&name, bytes).map_err(|reason| FileError { name, reason })
}

fn checked_kind(name: &str, bytes: &[u8]) -> Result<FileKind, FileProblem> {
    if bytes.is_empty() {
        return Err(FileProblem::Empty);
    }
    let extension = extension(name);
    let promised = extension.as_deref().and_then(FileKind::of_extension);
    let sniffed = sniff(bytes);
    // What is refused anyway is told first: "save as docx" helps more than "unknown extension .doc".
    if let Sniffed::Refused(refused) = sniffed {
        return Err(FileProblem::Refused(refused));
    }
    let promised = promised.ok_or_else(|| FileProblem::UnknownExtension {
        extension: extension.map_or_else(|| "没有扩展名".to_owned(), |known| format!(".{known}")),
    })?;
    let found = found_kind(sniffed, promised, bytes)?;
    if found != promised {
        return Err(FileProblem::Mismatch { promised, found });
    }
    Ok(found)
}

/// What the bytes are, after the checks of that kind.
fn found_kind(sniffed: Sniffed, promised: FileKind, bytes: &[u8]) -> Result<FileKind, FileProblem> {
    match sniffed {
        Sniffed::Zip => {
            let kind = office::checked_office(bytes)?;
            if begins_like_pdf(bytes) {
                return Err(FileProblem::TwoFiles(Carried::Pdf));
            }
            Ok(kind)
        }
        Sniffed::Pdf => {
            refuse_zip_inside(bytes)?;
            pdf::check_pdf(bytes)?;
            Ok(FileKind::Pdf)
        }
        Sniffed::Png | Sniffed::Jpeg => {
            refuse_zip_inside(bytes)?;
            if begins_like_pdf(bytes) {
                return Err(FileProblem::TwoFiles(Carried::Pdf));
            }
            if sniffed == Sniffed::Png {
                picture::check_png(bytes)?;
                Ok(FileKind::Png)
            } else {
                picture::check_jpeg(bytes)?;
                Ok(FileKind::Jpeg)
            }
        }
        Sniffed::Other => match promised {
            FileKind::Csv | FileKind::Txt => {
                text::check_text(bytes)?;
                Ok(promised)
            }
            FileKind::Pdf
            | FileKind::Docx
            | FileKind::Xlsx
            | FileKind::Pptx
            | FileKind::Png
            | FileKind::Jpeg => Err(FileProblem::NotAsPromised { promised }),
        },
        Sniffed::Refused(refused) => Err(FileProblem::Refused(refused)),
    }
}

fn refuse_zip_inside(bytes: &[u8]) -> Result<(), FileProblem> {
    if zip_end::reads_as_zip(bytes) {
        return Err(FileProblem::TwoFiles(Carried::Zip));
    }
    Ok(())
}

/// Whether a PDF reader would find a PDF in bytes that begin as something else.
fn begins_like_pdf(bytes: &[u8]) -> bool {
    let start = bytes.get(..PDF_SEARCH_BYTES).unwrap_or(bytes);
    start.windows(5).any(|window| window == b"%PDF-")
}

//! Files in: txt, md, docx and xlsx become blocks of text, units files become rows, calendar files become days and terms. What the text means is decided in
//! `domain`; nothing here touches a database or the network.
//!
//! Files out: an official document (公文) becomes docx, html or text ([`official_docx`], [`official_html`],
//! [`official_text`]), rows become xlsx ([`sheet_out`]), due days iCalendar ([`calendar_out`]). The same input gives the same
//! bytes.
//!
//! Files come from strangers. Every reader is bounded by `limits`, and whatever the bytes are, the answer is a value or
//! an error that a clerk can act on.

mod address_text;
pub(crate) mod archive;
pub mod calendar_file;
pub mod calendar_out;
pub mod default_calendar;
mod docx;
mod docx_numbering;
mod docx_paragraph;
mod docx_styles;
mod docx_table;
pub(crate) mod encoding;
mod error;
mod format;
pub mod holidays;
pub mod holidays_ics;
pub mod ledger_file;
pub mod ledger_sheet;
mod light_colour;
mod limits;
mod number_format;
pub mod official_docx;
pub mod official_html;
pub mod official_text;
mod official_title;
mod package;
mod printable;
pub mod quality_table;
pub mod reading;
mod sheet_limits;
pub mod sheet_out;
pub mod terms;
mod units;
mod units_columns;
mod units_parents;
mod units_table;
mod units_values;
pub mod value_template;
mod xlsx;
mod xlsx_format;
mod xlsx_sheet;
mod xlsx_workbook;
mod xml;
mod xml_out;

pub use archive::ArchiveError;
pub use encoding::EncodingError;
pub use error::{CellProblem, DocumentError};
pub use format::{Content, Format};
pub use units::{UnitProblem, UnitProblemKind, UnitRow, UnitsFileError, read_units};
pub use units_parents::{MissingParent, check_parents};
pub use xml::XmlError;

use crate::domain::plan::document::Document;
use limits::MAX_FILE_BYTES;
use package::Package;

/// The extensions that hold a plan.
const PLAN_EXTENSIONS: &str = "txt、md、docx 或 xlsx";

/// The text of a plan file: txt, md, docx or xlsx by the extension of `name` (`-` is text from standard input), if the
/// content agrees. At least one block holds text.
///
/// # Errors
/// [`DocumentError`]; its message tells a clerk what to do.
pub fn read_document(name: &str, bytes: &[u8]) -> Result<Document, DocumentError> {
    let format = checked_format(name, bytes, PLAN_EXTENSIONS)?;
    let document = match format {
        Format::Txt | Format::Md => Document::from_text(&read_text(format, bytes)?),
        Format::Docx => docx::read_docx(open_package(format, bytes)?)?,
        Format::Xlsx => xlsx::read_xlsx(open_package(format, bytes)?)?,
        Format::Csv => {
            return Err(DocumentError::UnknownExtension {
                extension: format::shown_extension(name),
                expected: PLAN_EXTENSIONS,
            });
        }
    };
    if document.blocks.is_empty() {
        return Err(DocumentError::Empty);
    }
    Ok(document)
}

/// The format that `name` stands for, after the checks that need no reading: size, emptiness, extension.
fn checked_format(
    name: &str,
    bytes: &[u8],
    expected: &'static str,
) -> Result<Format, DocumentError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(DocumentError::TooLarge);
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(DocumentError::Empty);
    }
    // Old Office files have extensions of their own, and better advice than "unknown".
    if Content::sniff(bytes) == Content::Ole {
        return Err(DocumentError::OldOffice);
    }
    Format::of_name(name).ok_or_else(|| DocumentError::UnknownExtension {
        extension: format::shown_extension(name),
        expected,
    })
}

/// The text of a file whose name says that it is text.
fn read_text(format: Format, bytes: &[u8]) -> Result<String, DocumentError> {
    let content = match Content::sniff(bytes) {
        // Say which package it is, if it opens.
        Content::Zip => Package::open(bytes).map_or(Content::Zip, |package| package.content()),
        content => content,
    };
    if content != Content::Other {
        return Err(DocumentError::Mismatch { format, content });
    }
    let text = encoding::decode_text(bytes)?;
    if text.trim().is_empty() {
        return Err(DocumentError::Empty);
    }
    if text.len() > limits::MAX_TEXT_BYTES {
        return Err(DocumentError::TooMuchText);
    }
    if text.lines().count() > limits::MAX_ITEMS {
        return Err(DocumentError::TooManyItems);
    }
    Ok(text)
}

/// The package in a file whose name says docx or xlsx.
fn open_package(format: Format, bytes: &[u8]) -> Result<Package<'_>, DocumentError> {
    let mismatch = |content| DocumentError::Mismatch { format, content };
    match Content::sniff(bytes) {
        Content::Zip => {}
        content => return Err(mismatch(content)),
    }
    let package = Package::open(bytes)?;
    let agrees = match package.content() {
        Content::Docx => format == Format::Docx,
        Content::Xlsx => format == Format::Xlsx,
        Content::Zip
        | Content::Ole
        | Content::Pdf
        | Content::Picture
        | Content::Rtf
        | Content::Other => false,
    };
    if agrees {
        Ok(package)
    } else {
        Err(mismatch(package.content()))
    }
}

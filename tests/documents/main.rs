//! Files in and out, as a caller sees them: every file here is made by the test that reads it. Rules of single pieces (number
//! formats, e-mail addresses, cell references) are tested beside their code.

#[path = "../it/support/filled_sheet.rs"]
mod filled_sheet;

mod any_bytes;
mod calendar_out;
mod container;
mod docx;
mod docx_numbering;
mod files;
mod formats;
mod hostile;
mod ledger;
mod official_docx;
mod official_docx_text;
mod official_html;
mod official_parts;
mod official_samples;
mod sheet_out;
mod units;
mod value_template;
mod xlsx;

//! Files in, as a caller sees them: every file here is made by the test that reads it. Rules of single pieces (number
//! formats, e-mail addresses, cell references) are tested beside their code.

mod any_bytes;
mod container;
mod docx;
mod docx_numbering;
mod files;
mod formats;
mod hostile;
mod units;
mod xlsx;

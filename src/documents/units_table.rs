//! A file with one table → rows of cells with their row numbers, be it csv or xlsx. What the cells of a units file mean is
//! read in `units`, those of quality results in `quality_table`.

use csv::{ByteRecord, ReaderBuilder};

use super::error::DocumentError;
use super::format::Format;
use super::limits::{Allowance, MAX_COLUMNS};
use super::{checked_format, open_package, read_text, xlsx};

/// Rows above the header that are looked at: titles and remarks.
const MAX_ROWS_ABOVE: usize = 20;

/// The extensions that hold tables.
const TABLE_EXTENSIONS: &str = "csv 或 xlsx";

/// Whether the cells of a row name the columns.
pub type IsHeader = fn(&[String]) -> bool;

/// One row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// 1-based line of a csv file, or row of a sheet.
    pub row: usize,
    /// The cells as written.
    pub cells: Vec<String>,
}

impl FileRow {
    fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// A table that begins with its header row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileTable {
    /// The row that names the columns.
    pub header: FileRow,
    /// The rows below that hold text.
    pub rows: Vec<FileRow>,
}

/// Why a file gave no one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableError {
    /// The file itself cannot be read.
    Document(DocumentError),
    /// No row near the top names the columns.
    NoHeader,
    /// More than one sheet does.
    SeveralTables,
}

impl From<DocumentError> for TableError {
    fn from(error: DocumentError) -> TableError {
        TableError::Document(error)
    }
}

/// The table in a csv (UTF-8, UTF-16 or GBK; divided by comma, semicolon or tab) or xlsx file.
///
/// # Errors
/// [`TableError`].
pub fn read_table(name: &str, bytes: &[u8], is_header: IsHeader) -> Result<FileTable, TableError> {
    let format = checked_format(name, bytes, TABLE_EXTENSIONS)?;
    match format {
        Format::Csv => read_csv(&read_text(format, bytes)?, is_header),
        Format::Xlsx => {
            let sheets = xlsx::read_sheets(open_package(format, bytes)?)?;
            let tables = sheets.into_iter().filter_map(|sheet| {
                let rows = sheet.rows.into_iter().map(|row| FileRow {
                    row: row.row,
                    cells: row.cells,
                });
                below_header(rows.collect(), is_header)
            });
            let mut tables = tables.collect::<Vec<_>>().into_iter();
            match (tables.next(), tables.next()) {
                (None, _) => Err(TableError::NoHeader),
                (Some(table), None) => Ok(table),
                (Some(_), Some(_)) => Err(TableError::SeveralTables),
            }
        }
        Format::Txt | Format::Md | Format::Docx => {
            Err(TableError::Document(DocumentError::UnknownExtension {
                extension: format!(".{format}"),
                expected: TABLE_EXTENSIONS,
            }))
        }
    }
}

/// The table by the first of the three dividers that makes a header appear.
fn read_csv(text: &str, is_header: IsHeader) -> Result<FileTable, TableError> {
    for divider in [b',', b';', b'\t'] {
        let top = csv_rows(text, divider, MAX_ROWS_ABOVE + 1)?;
        if below_header(top, is_header).is_some() {
            let rows = csv_rows(text, divider, usize::MAX)?;
            return below_header(rows, is_header).ok_or(TableError::NoHeader);
        }
    }
    Err(TableError::NoHeader)
}

/// The first `count` rows that are not blank.
fn csv_rows(text: &str, divider: u8, count: usize) -> Result<Vec<FileRow>, DocumentError> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(divider)
        .from_reader(text.as_bytes());
    let mut allowance = Allowance::whole();
    let mut rows = Vec::new();
    let mut record = ByteRecord::new();
    // Blank lines belong to no record, so line numbers are counted here: up to the byte where a record's text begins.
    let mut line = 1;
    let mut counted = 0;
    while rows.len() < count {
        let start = usize::try_from(reader.position().byte()).unwrap_or(text.len());
        // Reading from memory cannot fail, and rows of any length are allowed.
        if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
            break;
        }
        let rest = text.get(start..).unwrap_or_default();
        let begins = start + (rest.len() - rest.trim_start_matches('\n').len());
        line += text
            .get(counted..begins)
            .unwrap_or_default()
            .matches('\n')
            .count();
        counted = begins;
        if record.len() > MAX_COLUMNS {
            return Err(DocumentError::TooManyColumns {
                place: format!("第 {line} 行"),
            });
        }
        let mut cells = Vec::with_capacity(record.len());
        for field in &record {
            let cell = String::from_utf8_lossy(field).into_owned();
            allowance.take(&cell)?;
            cells.push(cell);
        }
        let row = FileRow { row: line, cells };
        if !row.is_blank() {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// The header among the first rows, and the rows below it.
fn below_header(rows: Vec<FileRow>, is_header: IsHeader) -> Option<FileTable> {
    let at = rows
        .iter()
        .take(MAX_ROWS_ABOVE + 1)
        .position(|row| is_header(&row.cells))?;
    let mut rows = rows.into_iter().skip(at);
    let header = rows.next()?;
    let rows = rows.filter(|row| !row.is_blank()).collect();
    Some(FileTable { header, rows })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::units_columns::Header;

    fn table(text: &str) -> FileTable {
        read_table("单位.csv", text.as_bytes(), Header::is_header).unwrap()
    }

    #[test]
    fn csv_rows_keep_their_line_numbers() {
        let table = table("单位名册,,\n\ncode,name,aliases\n\n\nA,甲,\"x\ny\"\r\nB,乙,\n,,\nC,丙");
        assert_eq!(table.header.row, 3);
        let lines: Vec<usize> = table.rows.iter().map(|row| row.row).collect();
        assert_eq!(lines, [6, 8, 10]);
        assert_eq!(table.rows[0].cells, ["A", "甲", "x\ny"]);
    }

    #[test]
    fn each_divider_is_found_out() {
        for divider in [",", ";", "\t"] {
            let text = ["code,name,aliases", "A,甲,\"a,b;c\td\""]
                .join("\n")
                .replacen(',', divider, 2)
                .replacen("A,甲,", &format!("A{divider}甲{divider}"), 1);
            assert_eq!(table(&text).rows[0].cells, ["A", "甲", "a,b;c\td"]);
        }
    }

    #[test]
    fn a_file_without_header_is_refused() {
        let read = |text: &str| read_table("u.csv", text.as_bytes(), Header::is_header);
        assert_eq!(read("A,甲\nB,乙"), Err(TableError::NoHeader));
        let far_down = "x,y\n".repeat(30) + "code,name\n";
        assert_eq!(read(&far_down), Err(TableError::NoHeader));
    }
}

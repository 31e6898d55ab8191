//! Sheets out: rows of values → xlsx, as ledgers and annexes go to the bureau. What the columns mean is decided by who
//! fills them; what Excel cannot hold is refused by `sheet_limits`.
//!
//! The same sheets give the same bytes. Text is always text, whatever it looks like: `=1+1` computes nothing, `007` keeps
//! its zeros, also after somebody has edited the cell.

use std::collections::HashMap;

use chrono::{Datelike as _, NaiveDate};
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, ProtectionOptions,
    Workbook, Worksheet, XlsxError,
};

use super::light_colour::light_colour;
use super::printable::printable;
pub use super::sheet_limits::SheetError;
use super::sheet_limits::{check_sheet, check_sheets};
use crate::domain::light::Light;

/// Excel's own format `@`, under which text stays text when its cell is edited.
const TEXT_FORMAT: u8 = 49;

/// A sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetOut {
    /// Its name: at most 31 characters, none of `[ ] : * ? / \`, no other sheet's.
    pub name: String,
    /// Its columns from A on.
    pub columns: Vec<SheetColumn>,
    /// The rows below the head row; one shorter than the columns ends in blank cells.
    pub rows: Vec<Vec<SheetCell>>,
}

/// A column. The head row is frozen, repeated on each printed page, and carries the filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetColumn {
    /// Its cell in the head row.
    pub header: String,
    /// Its width in Latin characters, 1 to 255; a Chinese one takes two.
    pub width: u16,
    /// How its values are shown.
    pub kind: ColumnKind,
    /// Whether it is seen.
    pub shown: ColumnShown,
}

impl SheetColumn {
    /// A column that is seen.
    #[must_use]
    pub fn new(header: &str, width: u16, kind: ColumnKind) -> Self {
        Self {
            header: header.to_owned(),
            width,
            kind,
            shown: ColumnShown::Shown,
        }
    }
}

/// How the values of a column are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// As they are, on one line.
    Text,
    /// As they are, on as many lines as they need.
    LongText,
    /// Numbers as Excel shows them; to the right.
    Number,
    /// Days as 2026-11-23.
    Date,
    /// Fractions as 72.9%.
    Percent,
    /// Numbers that whoever gets the sheet fills in. On a sheet with columns to fill in, the cells of all others are
    /// protected, without a password: against slips, not against people.
    FillNumber,
    /// Words that whoever gets the sheet fills in, on as many lines as they need.
    FillText,
    /// Numbers that whoever gets the sheet may edit. They are marked; nothing else on the sheet is protected for them.
    EditNumber,
    /// The same of words, on as many lines as they need.
    EditText,
    /// The same of days.
    EditDate,
}

impl ColumnKind {
    fn is_filled_in(self) -> bool {
        match self {
            Self::FillNumber | Self::FillText => true,
            Self::Text
            | Self::LongText
            | Self::Number
            | Self::Date
            | Self::Percent
            | Self::EditNumber
            | Self::EditText
            | Self::EditDate => false,
        }
    }
}

/// Whether a column is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnShown {
    /// It is.
    Shown,
    /// It is there for programs only, such as an id by which rows are found again.
    Hidden,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SheetCell {
    /// What it holds.
    pub value: SheetValue,
    /// A light that colours its ground.
    pub light: Option<Light>,
}

impl SheetCell {
    /// Text without colour; a blank cell where there is none.
    #[must_use]
    pub fn text(text: &str) -> Self {
        match text.is_empty() {
            true => Self::default(),
            false => SheetValue::Text(text.to_owned()).into(),
        }
    }

    /// Text, also where it is empty, on the ground of a light, if there is one.
    #[must_use]
    pub fn coloured(text: &str, light: Option<Light>) -> Self {
        Self {
            value: SheetValue::Text(text.to_owned()),
            light,
        }
    }

    /// A count of things; a blank cell where there is none, or more than 4,294,967,295.
    #[must_use]
    pub fn count(count: Option<usize>) -> Self {
        let count = count.and_then(|count| u32::try_from(count).ok());
        let number = count.map(f64::from);
        number.map_or(SheetValue::Blank, SheetValue::Number).into()
    }

    /// A day; a blank cell where there is none.
    #[must_use]
    pub fn day(day: Option<NaiveDate>) -> Self {
        day.map_or(SheetValue::Blank, SheetValue::Date).into()
    }
}

impl From<SheetValue> for SheetCell {
    /// A cell without colour.
    fn from(value: SheetValue) -> Self {
        Self { value, light: None }
    }
}

/// What a cell holds. A value of another kind than its column's is written as what it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum SheetValue {
    /// Nothing.
    #[default]
    Blank,
    /// Text, never a formula.
    Text(String),
    /// A finite number; in a percent column 0.5 is 50%.
    Number(f64),
    /// A day from March 1900 on.
    Date(NaiveDate),
}

/// The sheets as an Excel file, said to be made on `made_on`. There must be at least one.
///
/// # Errors
/// [`SheetError`]: what Excel cannot hold, with the place.
pub fn sheets_xlsx(sheets: &[SheetOut], made_on: NaiveDate) -> Result<Vec<u8>, SheetError> {
    check_sheets(sheets)?;
    let mut workbook = Workbook::new();
    let made_at = excel_day(made_on).ok_or(SheetError::MadeOn { day: made_on })?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made_at));
    for sheet in sheets {
        check_sheet(sheet)?;
        let mut formats = Formats::default();
        let worksheet = workbook.add_worksheet();
        set_up(worksheet, sheet)?;
        write_head(worksheet, sheet)?;
        for (index, row) in sheet.rows.iter().enumerate() {
            // Checked: a row of Excel has room for it.
            let at = u32::try_from(index + 1).unwrap_or(u32::MAX);
            write_row(worksheet, &mut formats, at, sheet, row)?;
        }
    }
    Ok(workbook.save_to_buffer()?)
}

/// Name, printing, widths, filters.
fn set_up(worksheet: &mut Worksheet, sheet: &SheetOut) -> Result<(), XlsxError> {
    worksheet.set_name(&sheet.name)?;
    // A4 across, as wide as one page and as long as need be.
    worksheet
        .set_paper_size(9)
        .set_landscape()
        .set_print_fit_to_pages(1, 0)
        .set_footer("&C第 &P 页，共 &N 页");
    worksheet.set_repeat_rows(0, 0)?;
    worksheet.set_freeze_panes(1, 0)?;
    for (column, at) in sheet.columns.iter().zip(0_u16..) {
        worksheet.set_column_width(at, f64::from(column.width.clamp(1, 255)))?;
        match column.shown {
            ColumnShown::Shown => {}
            ColumnShown::Hidden => {
                worksheet.set_column_hidden(at)?;
            }
        }
    }
    let last_row = u32::try_from(sheet.rows.len()).unwrap_or(u32::MAX);
    let last_column = u16::try_from(sheet.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
    worksheet.autofilter(0, 0, last_row, last_column)?;
    if sheet.columns.iter().any(|one| one.kind.is_filled_in()) {
        worksheet.protect_with_options(&ProtectionOptions {
            format_columns: true,
            format_rows: true,
            use_autofilter: true,
            ..ProtectionOptions::default()
        });
    }
    Ok(())
}

fn write_head(worksheet: &mut Worksheet, sheet: &SheetOut) -> Result<(), XlsxError> {
    let format = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_border(FormatBorder::Thin)
        .set_background_color(Color::RGB(0xF2_F4F7))
        .set_num_format_index(TEXT_FORMAT);
    for (column, at) in sheet.columns.iter().zip(0_u16..) {
        worksheet.write_string_with_format(0, at, printable(&column.header), &format)?;
    }
    Ok(())
}

fn write_row(
    worksheet: &mut Worksheet,
    formats: &mut Formats,
    at: u32,
    sheet: &SheetOut,
    row: &[SheetCell],
) -> Result<(), SheetError> {
    let blank = SheetCell::default();
    let cells = row.iter().chain(std::iter::repeat(&blank));
    for ((column, cell), column_at) in sheet.columns.iter().zip(cells).zip(0_u16..) {
        let format = formats.of(column.kind, &cell.value, cell.light);
        match &cell.value {
            SheetValue::Blank => worksheet.write_blank(at, column_at, format)?,
            SheetValue::Text(text) => {
                worksheet.write_string_with_format(at, column_at, printable(text), format)?
            }
            SheetValue::Number(number) => {
                worksheet.write_number_with_format(at, column_at, *number, format)?
            }
            SheetValue::Date(day) => match excel_day(*day) {
                Some(day) => worksheet.write_datetime_with_format(at, column_at, day, format)?,
                None => return Err(SheetError::date(sheet, at, column, *day)),
            },
        };
    }
    Ok(())
}

/// The day for Excel; `None` before 1 March 1900, up to which Excel counts days wrongly, and from the year 10000 on.
fn excel_day(day: NaiveDate) -> Option<ExcelDateTime> {
    let first = NaiveDate::from_ymd_opt(1900, 3, 1)?;
    let year = u16::try_from(day.year()).ok()?;
    let month = u8::try_from(day.month()).ok()?;
    let of_month = u8::try_from(day.day()).ok()?;
    (day >= first)
        .then(|| ExcelDateTime::from_ymd(year, month, of_month).ok())
        .flatten()
}

/// How a value is shown that is in a column of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Shape {
    Text,
    LongText,
    Number,
    Percent,
    Date,
    FillNumber,
    FillText,
    EditNumber,
    EditText,
    EditDate,
}

/// Formats made so far: a few for each sheet, however many cells.
#[derive(Default)]
struct Formats {
    made: HashMap<(Shape, Option<u32>), Format>,
}

impl Formats {
    fn of(&mut self, kind: ColumnKind, value: &SheetValue, light: Option<Light>) -> &Format {
        let shape = shape(kind, value);
        let colour = light.map(light_colour);
        let made = self.made.entry((shape, colour));
        made.or_insert_with(|| format(shape, colour))
    }
}

/// A value that does not suit its column keeps its own shape: 长期 among days, a day among texts.
fn shape(kind: ColumnKind, value: &SheetValue) -> Shape {
    match (value, kind) {
        (_, ColumnKind::FillNumber) => Shape::FillNumber,
        (_, ColumnKind::FillText) => Shape::FillText,
        (_, ColumnKind::EditNumber) => Shape::EditNumber,
        (_, ColumnKind::EditText) => Shape::EditText,
        (SheetValue::Text(_), ColumnKind::EditDate) => Shape::EditText,
        (_, ColumnKind::EditDate) => Shape::EditDate,
        (SheetValue::Text(_), ColumnKind::LongText) => Shape::LongText,
        (SheetValue::Text(_), _) => Shape::Text,
        (SheetValue::Number(_), ColumnKind::Percent) => Shape::Percent,
        (SheetValue::Number(_), _) => Shape::Number,
        (SheetValue::Date(_), _) => Shape::Date,
        (SheetValue::Blank, ColumnKind::Text) => Shape::Text,
        (SheetValue::Blank, ColumnKind::LongText) => Shape::LongText,
        (SheetValue::Blank, ColumnKind::Number) => Shape::Number,
        (SheetValue::Blank, ColumnKind::Percent) => Shape::Percent,
        (SheetValue::Blank, ColumnKind::Date) => Shape::Date,
    }
}

fn format(shape: Shape, colour: Option<u32>) -> Format {
    let format = Format::new()
        .set_border(FormatBorder::Thin)
        .set_align(FormatAlign::VerticalCenter);
    let format = match shape {
        Shape::Text => format.set_num_format_index(TEXT_FORMAT),
        Shape::LongText => format.set_num_format_index(TEXT_FORMAT).set_text_wrap(),
        Shape::Number => format.set_align(FormatAlign::Right),
        Shape::Percent => format.set_num_format("0.0%").set_align(FormatAlign::Right),
        Shape::Date => format
            .set_num_format("yyyy-mm-dd")
            .set_align(FormatAlign::Center),
        Shape::FillNumber => filled_in(format).set_align(FormatAlign::Right),
        Shape::FillText => filled_in(format)
            .set_num_format_index(TEXT_FORMAT)
            .set_text_wrap(),
        Shape::EditNumber => marked(format).set_align(FormatAlign::Right),
        Shape::EditText => marked(format)
            .set_num_format_index(TEXT_FORMAT)
            .set_text_wrap(),
        Shape::EditDate => marked(format)
            .set_num_format("yyyy-mm-dd")
            .set_align(FormatAlign::Center),
    };
    match colour {
        Some(colour) => format.set_background_color(Color::RGB(colour)),
        None => format,
    }
}

/// The look of cells to fill in.
fn filled_in(format: Format) -> Format {
    marked(format).set_unlocked()
}

/// The ground of cells that may be written in.
fn marked(format: Format) -> Format {
    format.set_background_color(Color::RGB(0xFF_F9E5))
}

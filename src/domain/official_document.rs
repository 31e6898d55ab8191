//! An official document (公文) as data: its parts in the order of GB/T 9704-2012, what they say, and nothing of how they
//! look. Numbers of headings, points and annexes follow from the structure and are made in `official_numbering`; the
//! layout is made in `documents`.

use chrono::NaiveDate;
use thiserror::Error;

use super::light::Light;

/// Columns that a table may have: Word knows no wider ones.
pub const MAX_TABLE_COLUMNS: usize = 63;

/// An official document. All text is data: line feeds are kept where a part says so, other control characters are left
/// out when it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficialDocument {
    /// 发文机关标志, the red head: 某某市教育局文件, or the name of a bulletin. A line feed begins a new line. `None` for
    /// a document without a red head.
    pub mark: Option<String>,
    /// What stands between the red head and its rule; without a head, above the title.
    pub reference: Option<Reference>,
    /// 紧急程度.
    pub urgency: Option<Urgency>,
    /// 标题. A line feed begins a new line; otherwise long titles are divided evenly.
    pub title: String,
    /// 主送: the main recipients, group by group. Empty for a document that is sent to nobody in particular.
    pub recipients: Vec<String>,
    /// 正文.
    pub body: Vec<Block>,
    /// 附件: in order; the attachment note behind the body follows from them.
    pub annexes: Vec<Annex>,
    /// 署名 and 成文日期.
    pub signature: Option<Signature>,
    /// 版记.
    pub imprint: Option<Imprint>,
}

/// How a document is referred to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// 发文字号, as written: 某教督〔2026〕5号.
    Number(String),
    /// The line of a serial such as a bulletin: 第3期, who issues it, and when.
    Issue {
        /// The number of the issue.
        number: u32,
        /// The office that issues it.
        office: String,
        /// The day printed at its end.
        dated_on: NaiveDate,
    },
}

/// 紧急程度 of a document on paper (GB/T 9704-2012 §7.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// 加急.
    Urgent,
    /// 特急.
    MostUrgent,
}

impl Urgency {
    /// The words printed.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Urgent => "加急",
            Self::MostUrgent => "特急",
        }
    }
}

/// A piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A numbered heading.
    Heading(Heading),
    /// A paragraph.
    Paragraph(Paragraph),
    /// Points of equal rank, each a paragraph, numbered from one.
    Points {
        /// How they are numbered.
        mark: PointMark,
        /// The points without their numbers.
        points: Vec<Paragraph>,
    },
    /// A table.
    Table(Table),
    /// A line in small type, for whoever verifies the document: where its numbers come from.
    FinePrint(String),
}

/// A heading; its number is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// Its rank.
    pub level: HeadingLevel,
    /// Its words without number: 总体情况.
    pub text: String,
    /// Text that runs on behind the heading in the same paragraph, in the type of the body; may be empty.
    pub run_on: String,
}

/// The rank of a heading (GB/T 9704-2012 §7.3.3). The fourth rank, （1）, is [`Block::Points`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeadingLevel {
    /// 一、
    One,
    /// （一）
    Two,
    /// 1.
    Three,
}

/// A paragraph. Line feeds stay line breaks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paragraph {
    /// Words at its start that stand out; may be empty.
    pub lead: String,
    /// The rest.
    pub text: String,
}

/// How points are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointMark {
    /// （1）, （2）, …: the fourth rank of the standard.
    Bracketed,
    /// 一是, 二是, …: as bulletins enumerate demands.
    Spoken,
}

/// A table with one head row. Rows shorter than the columns end in empty cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Words above it; may be empty.
    pub caption: String,
    /// Its columns from the left.
    pub columns: Vec<Column>,
    /// The rows below the head row.
    pub rows: Vec<Vec<Cell>>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its cell in the head row.
    pub header: String,
    /// Its part of the table's width, against the sum of all shares; 0 counts as 1.
    pub share: u16,
    /// Where its cells' text stands.
    pub align: Align,
}

/// Where the text of a cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// For words.
    Left,
    /// For short entries.
    Centre,
    /// For numbers.
    Right,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// What it says; line feeds stay line breaks.
    pub text: String,
    /// A light that colours its ground; the colour only repeats what the row says, for whoever prints in black.
    pub light: Option<Light>,
}

impl Block {
    /// A heading without text that runs on behind it.
    #[must_use]
    pub fn heading(level: HeadingLevel, text: impl Into<String>) -> Self {
        Self::Heading(Heading {
            level,
            text: text.into(),
            run_on: String::new(),
        })
    }

    /// A paragraph without words that stand out.
    #[must_use]
    pub fn paragraph(text: impl Into<String>) -> Self {
        Self::Paragraph(Paragraph::led("", text))
    }
}

impl Paragraph {
    /// A paragraph that begins with words that stand out.
    #[must_use]
    pub fn led(lead: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            lead: lead.into(),
            text: text.into(),
        }
    }
}

impl Column {
    /// A column of this share of the width.
    #[must_use]
    pub fn new(header: &str, share: u16, align: Align) -> Self {
        Self {
            header: header.to_owned(),
            share,
            align,
        }
    }
}

impl Cell {
    /// A cell without colour.
    #[must_use]
    pub fn new(text: impl ToString) -> Self {
        Self::coloured(text, None)
    }

    /// A cell whose ground repeats a light, if there is one.
    #[must_use]
    pub fn coloured(text: impl ToString, light: Option<Light>) -> Self {
        Self {
            text: text.to_string(),
            light,
        }
    }
}

/// An annex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annex {
    /// Its title, as the attachment note names it and as it stands above its first page.
    pub title: String,
    /// Where it is.
    pub content: AnnexContent,
}

/// Where an annex is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnnexContent {
    /// On pages of its own at the end of the document.
    Pages {
        /// How they lie.
        orientation: Orientation,
        /// What stands on them; headings are numbered anew.
        blocks: Vec<Block>,
    },
    /// In a file of its own, such as a ledger in Excel: only the attachment note names it.
    File,
}

/// How pages lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orientation {
    /// Upright.
    Portrait,
    /// Across, for wide tables.
    Landscape,
}

/// Who signs, and the day on which the document is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// 署名: the office, or several that issue together, the first one first.
    pub offices: Vec<String>,
    /// 成文日期.
    pub signed_on: NaiveDate,
}

/// 版记: who gets copies, who printed it and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imprint {
    /// 抄送; may be empty.
    pub copies: Vec<String>,
    /// 印发机关.
    pub printed_by: String,
    /// 印发日期.
    pub printed_on: NaiveDate,
}

/// Why a document cannot be written. The messages are read by the clerk who releases it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OfficialDocumentError {
    /// The title is blank.
    #[error("公文没有标题：请填写标题后再生成")]
    NoTitle,
    /// An annex has no title.
    #[error("附件{number}没有标题：请填写附件标题后再生成")]
    UntitledAnnex {
        /// Its place, from 1.
        number: usize,
    },
    /// A table has no columns, or more than [`MAX_TABLE_COLUMNS`].
    #[error(
        "表格「{table}」有 {columns} 列：请保留 1 至 {MAX_TABLE_COLUMNS} 列，更宽的台账请用 Excel 附件"
    )]
    Columns {
        /// The table: its caption, else its first column.
        table: String,
        /// How many there are.
        columns: usize,
    },
    /// A row has cells beyond the last column.
    #[error("表格「{table}」第 {row} 行有 {cells} 格，表头只有 {columns} 列：请删去多余的单元格")]
    RowTooLong {
        /// The table: its caption, else its first column.
        table: String,
        /// The row below the head row, from 1.
        row: usize,
        /// The cells it has.
        cells: usize,
        /// The columns there are.
        columns: usize,
    },
}

impl OfficialDocument {
    /// Whether the document can be written.
    ///
    /// # Errors
    /// The first thing that is wrong with it, from the top.
    pub fn check(&self) -> Result<(), OfficialDocumentError> {
        if self.title.trim().is_empty() {
            return Err(OfficialDocumentError::NoTitle);
        }
        check_blocks(&self.body)?;
        for (index, annex) in self.annexes.iter().enumerate() {
            if annex.title.trim().is_empty() {
                return Err(OfficialDocumentError::UntitledAnnex { number: index + 1 });
            }
            match &annex.content {
                AnnexContent::Pages { blocks, .. } => check_blocks(blocks)?,
                AnnexContent::File => {}
            }
        }
        Ok(())
    }
}

fn check_blocks(blocks: &[Block]) -> Result<(), OfficialDocumentError> {
    for block in blocks {
        match block {
            Block::Table(table) => table.check()?,
            Block::Heading(_)
            | Block::Paragraph(_)
            | Block::Points { .. }
            | Block::FinePrint(_) => {}
        }
    }
    Ok(())
}

impl Table {
    fn check(&self) -> Result<(), OfficialDocumentError> {
        let columns = self.columns.len();
        if columns == 0 || columns > MAX_TABLE_COLUMNS {
            let table = self.name();
            return Err(OfficialDocumentError::Columns { table, columns });
        }
        match self.rows.iter().position(|row| row.len() > columns) {
            None => Ok(()),
            Some(index) => Err(OfficialDocumentError::RowTooLong {
                table: self.name(),
                row: index + 1,
                cells: self.rows.get(index).map_or(0, Vec::len),
                columns,
            }),
        }
    }

    fn name(&self) -> String {
        let first = self.columns.first().map(|column| column.header.as_str());
        let name = Some(self.caption.as_str()).filter(|caption| !caption.trim().is_empty());
        name.or(first).unwrap_or("无标题").to_owned()
    }

    /// The cells of a row, one for each column.
    pub fn cells<'a>(&self, row: &'a [Cell]) -> impl Iterator<Item = &'a Cell> + use<'a> {
        static EMPTY: Cell = Cell {
            text: String::new(),
            light: None,
        };
        let missing = self.columns.len().saturating_sub(row.len());
        row.iter().chain(std::iter::repeat_n(&EMPTY, missing))
    }
}

#[cfg(test)]
#[path = "official_document_tests.rs"]
mod tests;

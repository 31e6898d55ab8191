//! A Word file → blocks: paragraphs and tables in order, with automatic numbers written out. How numbers, styles, tables
//! and single paragraphs are read stands in the files beside this one; the plan's meaning is read in `domain::plan`.

use super::docx_numbering::{Counters, Numbering};
use super::docx_paragraph::{ParagraphEnd, RawParagraph, enter, holds_placeholder, read_paragraph};
use super::docx_styles::{ParagraphRules, StyleUse, Styles};
use super::docx_table::{Cell, Grid, HorizontalMerge, VerticalMerge, too_many_columns};
use super::error::DocumentError;
use super::limits::{Allowance, MAX_COLUMNS};
use super::package::Package;
use super::xml::{Element, XmlReader};
use crate::domain::plan::document::{Block, Document, Paragraph, Table, TableRow};

/// The text of a Word package. Lines are counted by paragraph and table row, blank ones too; the lines of a paragraph
/// with line breaks become paragraphs of their own with the same number. Headers, footers, notes, comments, text boxes
/// and embedded objects are not read, nor the lines of an automatic table of contents.
///
/// # Errors
/// [`DocumentError`]; nothing is returned of a file that cannot be read to its end.
pub fn read_docx(mut package: Package<'_>) -> Result<Document, DocumentError> {
    let main_part = package.main_part().to_owned();
    let links = package.relationships(&main_part)?;
    let part_of = |kind: &str| {
        links
            .iter()
            .find(|link| link.kind == kind)
            .map_or("", |link| link.target.as_str())
    };
    let styles = package.read(part_of("styles"), Styles::read)?;
    let numbering = package.read(part_of("numbering"), Numbering::read)?;
    let mut reader = DocxReader {
        styles: styles.unwrap_or_default(),
        numbering: numbering.unwrap_or_default(),
        counters: Counters::default(),
        allowance: Allowance::whole(),
        line: 0,
        run_on: String::new(),
    };
    let blocks = package.read(&main_part, |xml| {
        let mut blocks = Vec::new();
        if enter(xml, "body")? {
            reader.read_blocks(xml, Place::Body, &mut blocks)?;
            // The deleted end of the last paragraph joins it to nothing.
            let text = std::mem::take(&mut reader.run_on);
            let last = Numbered {
                text,
                ..Numbered::default()
            };
            reader.push_paragraph(last, Place::Body, &mut blocks)?;
        }
        Ok(blocks)
    })?;
    match blocks {
        None => Err(DocumentError::MissingPart(main_part)),
        Some(blocks) => Ok(Document { blocks }),
    }
}

/// Where blocks stand: lines are counted in the body only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Body,
    Cell,
}

struct DocxReader {
    styles: Styles,
    numbering: Numbering,
    counters: Counters,
    allowance: Allowance,
    line: usize,
    /// Text of paragraphs whose end was deleted: it belongs to the next one.
    run_on: String,
}

/// A paragraph with its number.
#[derive(Default)]
struct Numbered {
    label: String,
    text: String,
    heading_level: Option<u8>,
}

impl DocxReader {
    /// Reads the blocks of the element that began last. Recursion (cells, wrappers) is bounded by the XML depth.
    fn read_blocks(
        &mut self,
        xml: &mut XmlReader<'_>,
        place: Place,
        blocks: &mut Vec<Block>,
    ) -> Result<(), DocumentError> {
        while let Some(element) = xml.next_child()? {
            match element.name.as_str() {
                "p" => {
                    if place == Place::Body {
                        self.line += 1;
                    }
                    if let Some(paragraph) = self.read_paragraph(xml)? {
                        self.push_paragraph(paragraph, place, blocks)?;
                    }
                }
                "tbl" => {
                    let rows = self.read_table(xml, place)?;
                    if !rows.is_empty() {
                        blocks.push(Block::Table(Table { rows }));
                    }
                }
                // A control that shows its prompt holds no text of the author's.
                "sdtPr" => {
                    if holds_placeholder(xml)? {
                        while xml.next_child()?.is_some() {
                            xml.skip()?;
                        }
                        return Ok(());
                    }
                }
                "sdt" | "sdtContent" | "ins" | "moveTo" | "customXml" | "smartTag"
                | "AlternateContent" | "Choice" => self.read_blocks(xml, place, blocks)?,
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    /// `None` where the paragraph is not shown: it runs on into the next, or repeats headings.
    fn read_paragraph(
        &mut self,
        xml: &mut XmlReader<'_>,
    ) -> Result<Option<Numbered>, DocumentError> {
        let mut raw = read_paragraph(xml, &mut self.allowance)?;
        if raw.end == ParagraphEnd::Deleted {
            self.run_on.push_str(&raw.text);
            return Ok(None);
        }
        if !self.run_on.is_empty() {
            raw.text = std::mem::take(&mut self.run_on) + &raw.text;
        }
        let style = self.styles.get(raw.style_id.as_deref());
        if style.usage() == StyleUse::TableOfContents {
            return Ok(None);
        }
        let rules = style.rules(raw.rules);
        let heading_level = style.heading_level(rules);
        let label = self.next_label(&raw, rules).unwrap_or_default();
        self.allowance.take_text(label.len())?;
        Ok(Some(Numbered {
            label,
            heading_level,
            text: raw.text,
        }))
    }

    /// Counts the paragraph, if `rules`, its own and its style's, put it in a list.
    fn next_label(&mut self, raw: &RawParagraph, rules: ParagraphRules) -> Option<String> {
        let style_id = raw.style_id.as_deref();
        let num_id = rules.num_id.filter(|&id| id != 0)?;
        // Numbered through its style, a paragraph has the level that the list keeps for that style (§17.9.23).
        let by_style = match raw.rules.num_id {
            Some(_) => None,
            None => style_id.and_then(|id| self.numbering.level_of_style(num_id, id)),
        };
        let level = raw
            .rules
            .list_level
            .or(by_style)
            .or(rules.list_level)
            .unwrap_or(0);
        self.counters.next_label(&self.numbering, num_id, level)
    }

    /// Adds the paragraph's lines; in the body those that hold text, in a cell (whose blanks and lone numbers matter) all.
    fn push_paragraph(
        &mut self,
        paragraph: Numbered,
        place: Place,
        blocks: &mut Vec<Block>,
    ) -> Result<(), DocumentError> {
        let text = paragraph.text.trim();
        if text.is_empty() && (place == Place::Body || paragraph.label.is_empty()) {
            return Ok(());
        }
        let numbered = format!("{}{text}", paragraph.label);
        for (index, text) in numbered.trim().split('\n').enumerate() {
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            // The first line was paid for with its paragraph.
            if index > 0 {
                self.allowance.take("")?;
            }
            blocks.push(Block::Paragraph(Paragraph {
                line: self.line,
                text: text.to_owned(),
                heading_level: paragraph.heading_level,
            }));
        }
        Ok(())
    }

    /// The rows of the table that began last, without blank ones.
    fn read_table(
        &mut self,
        xml: &mut XmlReader<'_>,
        place: Place,
    ) -> Result<Vec<TableRow>, DocumentError> {
        let mut grid = Grid::default();
        let mut rows = Vec::new();
        self.read_rows(xml, place, &mut grid, &mut rows)?;
        Ok(rows)
    }

    fn read_rows(
        &mut self,
        xml: &mut XmlReader<'_>,
        place: Place,
        grid: &mut Grid,
        rows: &mut Vec<TableRow>,
    ) -> Result<(), DocumentError> {
        while let Some(element) = xml.next_child()? {
            match element.name.as_str() {
                "tr" => {
                    if place == Place::Body {
                        self.line += 1;
                    }
                    let mut row = RawRow::default();
                    self.read_row(xml, &mut row)?;
                    if row.is_deleted {
                        continue;
                    }
                    let cells =
                        grid.lay_out(self.line, row.skipped, row.cells, &mut self.allowance)?;
                    if cells.iter().any(|cell| !cell.is_empty()) {
                        let line = self.line;
                        rows.push(TableRow { line, cells });
                    }
                }
                "sdt" | "sdtContent" | "ins" | "customXml" => {
                    self.read_rows(xml, place, grid, rows)?;
                }
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    fn read_row(&mut self, xml: &mut XmlReader<'_>, row: &mut RawRow) -> Result<(), DocumentError> {
        while let Some(element) = xml.next_child()? {
            match element.name.as_str() {
                "trPr" => {
                    while let Some(property) = xml.next_child()? {
                        match property.name.as_str() {
                            "gridBefore" => row.skipped = property.number("val").unwrap_or(0),
                            "del" => row.is_deleted = true,
                            _ => {}
                        }
                        xml.skip()?;
                    }
                }
                "tc" if row.cells.len() >= MAX_COLUMNS => {
                    return Err(too_many_columns(self.line));
                }
                "tc" => {
                    let cell = self.read_cell(xml)?;
                    row.cells.push(cell);
                }
                "sdt" | "sdtContent" | "ins" | "customXml" => self.read_row(xml, row)?,
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    fn read_cell(&mut self, xml: &mut XmlReader<'_>) -> Result<Cell, DocumentError> {
        let mut cell = Cell {
            text: String::new(),
            span: 1,
            vertical: VerticalMerge::None,
            horizontal: HorizontalMerge::None,
        };
        let mut blocks = Vec::new();
        // The properties come first in a cell, and only there.
        while let Some(element) = xml.next_child()? {
            match element.name.as_str() {
                "tcPr" => read_cell_properties(xml, &mut cell)?,
                "p" => {
                    if let Some(paragraph) = self.read_paragraph(xml)? {
                        self.push_paragraph(paragraph, Place::Cell, &mut blocks)?;
                    }
                }
                "tbl" => {
                    let rows = self.read_table(xml, Place::Cell)?;
                    blocks.push(Block::Table(Table { rows }));
                }
                "sdt" | "sdtContent" | "ins" | "moveTo" | "customXml" | "smartTag" => {
                    self.read_blocks(xml, Place::Cell, &mut blocks)?;
                }
                _ => xml.skip()?,
            }
        }
        // A deleted paragraph end never joins text across cells.
        let left_over = std::mem::take(&mut self.run_on);
        let lines = blocks.iter().map(flattened).chain([left_over]);
        let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
        cell.text = lines.join("\n");
        Ok(cell)
    }
}

#[derive(Default)]
struct RawRow {
    skipped: usize,
    is_deleted: bool,
    cells: Vec<Cell>,
}

fn read_cell_properties(xml: &mut XmlReader<'_>, cell: &mut Cell) -> Result<(), DocumentError> {
    while let Some(property) = xml.next_child()? {
        match property.name.as_str() {
            "gridSpan" => cell.span = property.number("val").unwrap_or(1).max(1),
            "vMerge" => {
                cell.vertical = if restarts(&property) {
                    VerticalMerge::Restart
                } else {
                    VerticalMerge::Continue
                };
            }
            "hMerge" if !restarts(&property) => cell.horizontal = HorizontalMerge::Continue,
            _ => {}
        }
        xml.skip()?;
    }
    Ok(())
}

fn restarts(merge: &Element) -> bool {
    merge.attribute("val") == Some("restart")
}

/// A block inside a cell as lines of text; the cells of a nested row are set apart by spaces.
fn flattened(block: &Block) -> String {
    match block {
        Block::Paragraph(paragraph) => paragraph.text.clone(),
        Block::Table(table) => {
            let rows: Vec<String> = table
                .rows
                .iter()
                .map(|row| row.cells.join(" ").trim().to_owned())
                .collect();
            rows.join("\n")
        }
    }
}

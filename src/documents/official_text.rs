//! An official document → plain text, for the text part of a mail: one line a paragraph, tables row by row under the
//! names of their columns. Folding lines is the mail's work.

use super::official_html::signature_lines;
use super::official_title::title_lines;
use super::printable::{printable, printable_line};
use crate::domain::local_time::chinese_day;
use crate::domain::official_document::{
    Block, OfficialDocument, OfficialDocumentError, Paragraph, Reference, Table,
};
use crate::domain::official_numbering::{ANNEX_LABEL, COPIES_LABEL, numbered};

/// The document as text; its lines end with a line feed, its parts stand apart by blank lines.
///
/// # Errors
/// [`OfficialDocumentError`], as [`OfficialDocument::check`].
pub fn official_text(document: &OfficialDocument) -> Result<String, OfficialDocumentError> {
    document.check()?;
    let mut parts = vec![head(document)];
    let mut body = Vec::new();
    body.extend(document.recipients_line().map(|line| printable_line(&line)));
    write_blocks(&mut body, &document.body);
    parts.push(body);
    let label = format!("{ANNEX_LABEL}：");
    let note = document.attachment_note().into_iter().enumerate();
    let indent = |index| if index == 0 { label.as_str() } else { "      " };
    parts.push(
        note.map(|(index, entry)| format!("{}{}", indent(index), printable_line(&entry)))
            .collect(),
    );
    parts.push(signature_lines(document));
    for annex in document.printed_annexes() {
        let mut lines = vec![annex.label(), printable_line(annex.title)];
        write_blocks(&mut lines, annex.blocks);
        parts.push(lines);
    }
    if let Some(imprint) = &document.imprint {
        let copies = imprint.copies_line();
        let copies = copies.map(|line| format!("{COPIES_LABEL}{}", printable_line(&line)));
        let printed = format!(
            "{}  {}",
            printable_line(&imprint.printed_by),
            imprint.printed_line()
        );
        parts.push(copies.into_iter().chain([printed]).collect());
    }
    parts.retain(|lines| !lines.is_empty());
    let parts: Vec<String> = parts.iter().map(|lines| lines.join("\n") + "\n").collect();
    Ok(parts.join("\n"))
}

fn head(document: &OfficialDocument) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(document.urgency.map(|urgency| urgency.label().to_owned()));
    lines.extend(document.mark.as_deref().map(printable_line));
    lines.extend(document.issue_number());
    match &document.reference {
        Some(Reference::Number(number)) => lines.push(printable_line(number)),
        Some(Reference::Issue {
            office, dated_on, ..
        }) => lines.push(format!(
            "{}  {}",
            printable_line(office),
            chinese_day(*dated_on)
        )),
        None => {}
    }
    lines.push(title_lines(&document.title, usize::MAX).concat());
    lines.retain(|line| !line.is_empty());
    lines
}

fn write_blocks(lines: &mut Vec<String>, blocks: &[Block]) {
    for (number, block) in numbered(blocks) {
        match block {
            Block::Heading(heading) => {
                let words = printable_line(&heading.text);
                lines.push(format!("{number}{words}{}", printable(&heading.run_on)));
            }
            Block::Paragraph(paragraph) => lines.push(paragraph_line("", paragraph)),
            Block::Points { mark, points } => {
                let points = points.iter().enumerate();
                lines.extend(
                    points.map(|(index, point)| paragraph_line(&mark.number(index), point)),
                );
            }
            Block::Table(table) => write_table(lines, table),
            Block::FinePrint(text) => lines.push(printable_line(text)),
        }
    }
}

fn paragraph_line(number: &str, paragraph: &Paragraph) -> String {
    format!(
        "{number}{}{}",
        printable_line(&paragraph.lead),
        printable(&paragraph.text)
    )
}

/// Each row on a line, 单位：… ；进度：…; empty cells go.
fn write_table(lines: &mut Vec<String>, table: &Table) {
    let caption = printable_line(&table.caption);
    lines.extend((!caption.is_empty()).then_some(caption));
    for row in &table.rows {
        let cells = table.columns.iter().zip(table.cells(row));
        let entries: Vec<String> = cells
            .map(|(column, cell)| (printable_line(&column.header), printable_line(&cell.text)))
            .filter(|(_, text)| !text.is_empty())
            .map(|(header, text)| format!("{header}：{text}"))
            .collect();
        lines.push(format!("- {}", entries.join("；")));
    }
}

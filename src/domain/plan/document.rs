//! What a plan document is to the plan reader: paragraphs and tables in order, each with its line. Text and
//! markdown are read here; Word and Excel files are turned into a [`Document`] elsewhere.

use serde::{Deserialize, Serialize};

/// A plan as it came out of its file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Paragraphs and tables in the order of the file; empty paragraphs may be left out.
    pub blocks: Vec<Block>,
}

/// One paragraph or one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    /// A paragraph of running text or a heading.
    Paragraph(Paragraph),
    /// A table, header row included.
    Table(Table),
}

/// A paragraph. `text` has Word's automatic number already resolved and put in front ("（一）", "1．").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paragraph {
    /// 1-based line (or paragraph position) in the file, for messages.
    pub line: usize,
    /// The text without its line end.
    pub text: String,
    /// The level of a Word or markdown heading style, 1 the highest; only a hint.
    pub heading_level: Option<u8>,
}

/// A table. Merged cells are already carried down and right by the reader of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The rows, header and title rows included; rows may have different lengths.
    pub rows: Vec<TableRow>,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRow {
    /// 1-based line in the file.
    pub line: usize,
    /// The cells; a line break inside a cell is `\n`.
    pub cells: Vec<String>,
}

/// A line with more cells than this is text, not a row.
const MAX_COLUMNS: usize = 64;

impl Document {
    /// Reads plain text or markdown: one paragraph a line (CRLF, CR and LF alike), empty lines left out.
    /// Markdown headings, bold marks and bullets are taken off; pipe tables and runs of lines with the same
    /// number of tabs (cells pasted from a sheet) become tables. Never fails: what is no markdown is text.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let text = text
            .strip_prefix('\u{feff}')
            .unwrap_or(text)
            .replace("\r\n", "\n")
            .replace('\r', "\n");
        let lines: Vec<&str> = text.split('\n').collect();
        let mut blocks = Vec::new();
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            let rest = lines.get(at..).unwrap_or_default();
            if let Some((table, length)) = pipe_table(rest, at).or_else(|| tab_table(rest, at)) {
                blocks.push(Block::Table(table));
                at += length;
                continue;
            }
            blocks.extend(paragraph(line, at + 1).map(Block::Paragraph));
            at += 1;
        }
        Self { blocks }
    }
}

fn paragraph(source: &str, line: usize) -> Option<Paragraph> {
    let source = source.trim();
    let hashes = source.chars().take_while(|c| *c == '#').count();
    let after = source.get(hashes..).unwrap_or_default();
    let is_heading = (1..=6).contains(&hashes) && after.starts_with([' ', '\t']);
    let body = if is_heading { after } else { source };
    let body = ["- ", "* ", "+ ", "> "]
        .iter()
        .find_map(|mark| body.strip_prefix(mark))
        .unwrap_or(body);
    let text = without_bold(body);
    let text = text.trim();
    if text.is_empty() || is_rule(text) {
        return None;
    }
    let heading_level = if is_heading {
        u8::try_from(hashes).ok()
    } else {
        None
    };
    Some(Paragraph {
        line,
        text: text.to_owned(),
        heading_level,
    })
}

/// Takes off `**` and `__`, and the backslash of markdown's "1\." which keeps a number from becoming a list.
/// A run of three or more underscores is a blank to fill in and stays.
fn without_bold(text: &str) -> String {
    let mut plain = text.replace("**", "").replace("\\.", ".");
    if plain.contains("__") && !plain.contains("___") {
        plain = plain.replace("__", "");
    }
    plain
}

/// A markdown rule (`---`, `***`) says nothing.
fn is_rule(text: &str) -> bool {
    text.len() >= 3 && text.chars().all(|c| matches!(c, '-' | '*' | '_' | '='))
}

fn pipe_table(lines: &[&str], first: usize) -> Option<(Table, usize)> {
    let is_framed = |line: &str| {
        let line = line.trim();
        line.len() > 2
            && line.starts_with('|')
            && line.ends_with('|')
            && line.matches('|').count() > 2
    };
    let has_rule = lines.get(1).is_some_and(|line| is_delimiter_row(line));
    let head = lines.first()?;
    if !(is_framed(head) || has_rule && head.contains('|')) {
        return None;
    }
    let length = lines
        .iter()
        .take_while(|line| {
            if has_rule {
                line.contains('|')
            } else {
                is_framed(line)
            }
        })
        .count();
    let mut rows = Vec::new();
    for (offset, line) in lines.iter().take(length).enumerate() {
        if is_delimiter_row(line) {
            continue;
        }
        let cells = pipe_cells(line)?;
        rows.push(TableRow {
            line: first + offset + 1,
            cells,
        });
    }
    Some((Table { rows }, length))
}

fn is_delimiter_row(line: &str) -> bool {
    line.contains('-')
        && line.contains('|')
        && line
            .trim()
            .chars()
            .all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

/// The cells of a row, `\|` being a bar inside a cell; `None` with more columns than any table has.
fn pipe_cells(line: &str) -> Option<Vec<String>> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let line = line.strip_suffix('|').unwrap_or(line);
    let mut cells = vec![String::new()];
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, characters.peek()) {
            ('\\', Some('|')) => {
                characters.next();
                cells.last_mut()?.push('|');
            }
            ('|', _) if cells.len() == MAX_COLUMNS => return None,
            ('|', _) => cells.push(String::new()),
            _ => cells.last_mut()?.push(c),
        }
    }
    Some(cells.iter().map(|cell| cell_text(cell)).collect())
}

fn cell_text(cell: &str) -> String {
    let cell = cell
        .replace("<br>", "\n")
        .replace("<br/>", "\n")
        .replace("<br />", "\n");
    without_bold(&cell).trim().to_owned()
}

/// Two or more lines with the same number (at least two) of inner tabs are cells pasted from a sheet.
fn tab_table(lines: &[&str], first: usize) -> Option<(Table, usize)> {
    let tabs = |line: &str| line.trim_matches(['\n', ' ']).matches('\t').count();
    let count = tabs(lines.first()?);
    if !(2..MAX_COLUMNS).contains(&count) || lines.first()?.trim().is_empty() {
        return None;
    }
    let length = lines
        .iter()
        .take_while(|line| tabs(line) == count && !line.trim().is_empty())
        .count();
    if length < 2 {
        return None;
    }
    let rows = lines
        .iter()
        .take(length)
        .enumerate()
        .map(|(offset, line)| TableRow {
            line: first + offset + 1,
            cells: line
                .split('\t')
                .map(|cell| cell.trim().to_owned())
                .collect(),
        })
        .collect();
    Some((Table { rows }, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraphs(text: &str) -> Vec<(usize, String, Option<u8>)> {
        Document::from_text(text)
            .blocks
            .into_iter()
            .map(|block| match block {
                Block::Paragraph(p) => (p.line, p.text, p.heading_level),
                Block::Table(table) => (0, format!("table of {}", table.rows.len()), None),
            })
            .collect()
    }

    #[test]
    fn lines_keep_their_number_across_empty_lines_and_every_line_end() {
        assert_eq!(
            paragraphs("\u{feff}甲\r\n\r\n乙\r丙\n"),
            vec![
                (1, "甲".into(), None),
                (3, "乙".into(), None),
                (4, "丙".into(), None)
            ]
        );
    }

    #[test]
    fn markdown_marks_are_taken_off() {
        assert_eq!(
            paragraphs("## 一、**目标**\n- 1\\. 开展\n---\n#标签"),
            vec![
                (1, "一、目标".into(), Some(2)),
                (2, "1. 开展".into(), None),
                (4, "#标签".into(), None)
            ]
        );
    }

    #[test]
    fn pipe_and_tab_tables_become_tables_with_their_lines() {
        let document =
            Document::from_text("前\n| 序号 | 任务 |\n|---|:--|\n| 1 | 甲\\|乙<br>丙 |\n后");
        assert_eq!(document.blocks.len(), 3);
        let Block::Table(table) = &document.blocks[1] else {
            panic!("a table")
        };
        assert_eq!(
            table.rows[1],
            TableRow {
                line: 4,
                cells: vec!["1".into(), "甲|乙\n丙".into()]
            }
        );
        assert_eq!(paragraphs("序号\t任务\t单位\n1\t甲\t乙")[0].1, "table of 2");
    }

    #[test]
    fn one_line_of_bars_or_tabs_is_text() {
        assert_eq!(paragraphs(&"|".repeat(9000)).len(), 1);
        assert_eq!(paragraphs("甲\t乙\t丙").len(), 1);
        assert_eq!(paragraphs("甲|乙").len(), 1);
    }
}

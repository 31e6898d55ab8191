//! Which lines of a document are what: head, body, list of annexes, heading of an annex, signature. What the
//! head says is read in `heading`; how the body nests, in `tree`.

use super::document::{Block, Document, Table};
use super::outline::{Level, mark_of};
use super::punctuation::{Text, find, word_at};
use super::section::is_section_name;
use super::unit_name::looks_like_unit;

/// A paragraph with its place.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) line: usize,
    pub(crate) text: Text,
    pub(crate) heading_level: Option<u8>,
}

/// A line or a table of the document.
#[derive(Debug)]
pub(crate) enum Part<'a> {
    Line(Line),
    Table(&'a Table),
}

/// What a part of the document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Region {
    /// In front of the first heading: title, number, addressee, preamble.
    Head,
    Body,
    /// 附件：1.… 2.… in front of the signature.
    AnnexList,
    /// 附件1 in front of the annex itself.
    AnnexHeading,
    /// Issuer, date and what stands below them.
    Signature,
}

/// The document cut into regions; `regions[i]` belongs to `parts[i]`.
#[derive(Debug)]
pub(crate) struct Layout<'a> {
    pub(crate) parts: Vec<Part<'a>>,
    pub(crate) regions: Vec<Region>,
}

impl<'a> Layout<'a> {
    /// Cuts a document; empty paragraphs are left out.
    pub(crate) fn of(document: &'a Document) -> Self {
        let parts: Vec<Part<'a>> = document.blocks.iter().filter_map(part_of).collect();
        // A first line in any heading style is the title.
        let is_styled_title = |(at, part): &(usize, &Part<'_>)| {
            *at == 0
                && matches!(part, Part::Line(line) if line.heading_level.is_some() && mark_of(line.text.folded()).is_none())
        };
        let body = parts
            .iter()
            .enumerate()
            .position(|(at, part)| begins_body(part) && !is_styled_title(&(at, part)))
            .unwrap_or(parts.len());
        let mut regions = Vec::with_capacity(parts.len());
        let mut in_annex_list = false;
        for (at, part) in parts.iter().enumerate() {
            let region = match part {
                Part::Line(line) if is_signature(&parts, at) || is_imprint(&line.text) => {
                    Region::Signature
                }
                Part::Line(line) => match annex_line(&line.text) {
                    Some(region) => region,
                    None if in_annex_list && is_annex_entry(&line.text) => Region::AnnexList,
                    None if at < body => Region::Head,
                    None => Region::Body,
                },
                Part::Table(_) => Region::Body,
            };
            in_annex_list = region == Region::AnnexList;
            regions.push(region);
        }
        Self { parts, regions }
    }

    /// The lines of one region with their index, in order.
    pub(crate) fn lines(&self, region: Region) -> impl Iterator<Item = (usize, &Line)> {
        self.parts
            .iter()
            .zip(&self.regions)
            .enumerate()
            .filter_map(move |(at, (part, found))| match part {
                Part::Line(line) if *found == region => Some((at, line)),
                Part::Line(_) | Part::Table(_) => None,
            })
    }

    /// The line at an index; `None` for a table.
    pub(crate) fn line(&self, at: usize) -> Option<&Line> {
        match self.parts.get(at)? {
            Part::Line(line) => Some(line),
            Part::Table(_) => None,
        }
    }
}

fn part_of(block: &Block) -> Option<Part<'_>> {
    match block {
        Block::Paragraph(paragraph) => {
            let text = Text::new(&paragraph.text);
            let line = Line {
                line: paragraph.line,
                text,
                heading_level: paragraph.heading_level,
            };
            (!line.text.is_empty()).then_some(Part::Line(line))
        }
        Block::Table(table) => Some(Part::Table(table)),
    }
}

/// The body begins with the first numbered paragraph, section heading or table.
fn begins_body(part: &Part<'_>) -> bool {
    match part {
        Part::Table(_) => true,
        Part::Line(line) => {
            let is_numbered = mark_of(line.text.folded()).is_some_and(|mark| {
                !matches!(
                    mark.level,
                    Level::Clause | Level::Decimal | Level::DeepDecimal
                )
            });
            is_numbered
                || line.heading_level.is_some_and(|level| level > 1)
                || is_section_name(line.text.folded())
        }
    }
}

/// A line that begins with 附件: a list (附件：1.…), or the heading of the annex itself (附件1).
fn annex_line(text: &Text) -> Option<Region> {
    let folded = text.folded();
    if !word_at(folded, 0, "附件") || folded.len() > 60 || folded.contains(&'。') {
        return None;
    }
    let is_list = find(folded, 2..6, ":").is_some_and(|colon| colon + 1 < folded.len());
    Some(if is_list {
        Region::AnnexList
    } else {
        Region::AnnexHeading
    })
}

/// "2．任务分解表" under "附件：1．…".
fn is_annex_entry(text: &Text) -> bool {
    text.len() <= 50
        && !text.folded().contains(&'。')
        && mark_of(text.folded()).is_some_and(|mark| mark.level == Level::Point)
}

/// A line of date only, the issuers in front of one, or both on one line.
fn is_signature(parts: &[Part<'_>], at: usize) -> bool {
    let line = |at: usize| match parts.get(at) {
        Some(Part::Line(line)) => Some(&line.text),
        Some(Part::Table(_)) | None => None,
    };
    let Some(text) = line(at) else { return false };
    if is_date_line(text) || signed_issuer(text).is_some() {
        return true;
    }
    let is_name = |text: &Text| {
        text.len() <= 40
            && mark_of(text.folded()).is_none()
            && text
                .folded()
                .split(|c| *c == ' ')
                .filter(|word| !word.is_empty())
                .all(looks_like_unit)
    };
    // Up to three issuers stand above the date; a name as the very last line signs as well.
    let signs_above = (1..=3).take_while(|offset| line(at + offset - 1).is_some_and(is_name));
    let is_dated = signs_above
        .into_iter()
        .any(|offset| line(at + offset).is_some_and(is_date_line));
    is_dated || (at + 1 == parts.len() && at > 0 && is_name(text))
}

/// "2026年3月20日", "二〇二六年三月二十日", "20xx年x月x日", with or without 印发 behind it.
pub(crate) fn is_date_line(text: &Text) -> bool {
    let is_date_character = |c: &char| {
        c.is_ascii_digit()
            || c.is_whitespace()
            || "〇○零一二三四五六七八九十年月日xX*×()".contains(*c)
    };
    (6..=20).contains(&text.len())
        && text.folded().contains(&'年')
        && text.folded().contains(&'月')
        && text
            .folded()
            .last()
            .is_some_and(|c| matches!(c, '日' | '月' | ')'))
        && text.folded().iter().all(is_date_character)
}

/// The issuer of a line like "某市教育局　2026年3月20日".
pub(crate) fn signed_issuer(text: &Text) -> Option<Text> {
    let space = text
        .folded()
        .iter()
        .rposition(|c| *c == ' ')
        .filter(|_| text.len() <= 60)?;
    // The date may have spaces of its own: the name ends before the first space that a date follows.
    let first = (1..=space).find(|at| {
        text.folded().get(*at) == Some(&' ')
            && is_date_line(&Text::new(&text.written(*at..text.len())))
    })?;
    let name = Text::new(&text.written(0..first));
    looks_like_unit(name.folded()).then_some(name)
}

/// 抄送 and the other lines below the signature.
fn is_imprint(text: &Text) -> bool {
    let folded = text.folded();
    [
        "抄送",
        "抄报",
        "主题词",
        "(此件",
        "此件公开",
        "(信息公开",
        "(公开属性",
        "信息公开选项",
    ]
    .iter()
    .any(|word| word_at(folded, 0, word))
        || (folded.len() <= 50
            && folded.len() > 8
            && word_at(folded, folded.len() - 2, "印发")
            && folded.contains(&'年')
            && folded.contains(&'日'))
}

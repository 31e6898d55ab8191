//! An official document → html, for the web and for mail: styles stand in the elements, there is no script, nothing is
//! fetched, and wide tables scroll by themselves. The templates lie in `templates/`; what the parts say is made in
//! `domain::official_numbering`, as for Word.

use askama::Template;

use super::light_colour::light_colour;
use super::official_title::title_lines;
use super::printable::{printable, printable_line};
use crate::domain::local_time::chinese_day;
use crate::domain::official_document::{
    Align, Block, Heading, HeadingLevel, OfficialDocument, OfficialDocumentError, Paragraph,
    Reference, Table,
};
use crate::domain::official_numbering::numbered;

/// Half characters in a line of a title; narrow screens fold it further.
const TITLE_WIDTH: usize = 44;
/// Pixels below which a column is not narrowed before the table scrolls.
const COLUMN_PIXELS: usize = 64;

/// The typefaces, each with what other systems have in its place.
struct Faces {
    fang_song: &'static str,
    kai: &'static str,
    hei: &'static str,
    title: &'static str,
}

const FACES: Faces = Faces {
    fang_song: "仿宋_GB2312,仿宋,FangSong,STFangsong,'Noto Serif CJK SC',SimSun,serif",
    kai: "楷体_GB2312,楷体,KaiTi,STKaiti,'Noto Serif CJK SC',SimSun,serif",
    hei: "黑体,SimHei,STHeiti,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif",
    title: "方正小标宋简体,华文中宋,STZhongsong,'Noto Serif CJK SC',SimSun,serif",
};

/// Why no html was made. The messages are read by the clerk who releases the document.
#[derive(Debug, thiserror::Error)]
pub enum OfficialHtmlError {
    /// The document cannot be written as it is.
    #[error(transparent)]
    Document(#[from] OfficialDocumentError),
    /// A template failed, which no content can cause.
    #[error("公文网页无法生成，请联系系统管理员")]
    Template(#[from] askama::Error),
}

/// The document as a piece of html, one `div`, to be set into a page.
///
/// # Errors
/// [`OfficialHtmlError`].
pub fn official_html(document: &OfficialDocument) -> Result<String, OfficialHtmlError> {
    document.check()?;
    Ok(view(document).render()?)
}

/// The document as a whole html page, as mail and files need it.
///
/// # Errors
/// [`OfficialHtmlError`].
pub fn official_page(document: &OfficialDocument) -> Result<String, OfficialHtmlError> {
    let text = official_html(document)?;
    let name = printable_line(&document.title);
    Ok(PageView { name, text }.render()?)
}

#[derive(Template)]
#[template(path = "official.html", config = "config/askama.toml")]
struct PageView {
    name: String,
    /// Html already.
    text: String,
}

#[derive(Template)]
#[template(path = "official_text.html", config = "config/askama.toml")]
struct TextView {
    faces: Faces,
    head: HeadView,
    body: Vec<Piece>,
    note: Vec<String>,
    signature: Vec<String>,
    annexes: Vec<AnnexView>,
    imprint: Option<ImprintView>,
}

struct HeadView {
    urgency: Option<&'static str>,
    mark: Vec<String>,
    number: Option<String>,
    issuer: Option<(String, String)>,
    title: Vec<String>,
    recipients: Option<String>,
}

struct AnnexView {
    label: String,
    title: Vec<String>,
    pieces: Vec<Piece>,
}

struct ImprintView {
    copies: Option<String>,
    printed_by: String,
    printed_line: String,
}

/// A block, or a point of a list.
enum Piece {
    Heading(HeadingView),
    Paragraph(ParagraphView),
    Table(TableView),
    FinePrint(String),
}

struct HeadingView {
    style: String,
    words: String,
    run_on: Vec<String>,
}

struct ParagraphView {
    number: String,
    lead: String,
    lines: Vec<String>,
}

struct TableView {
    caption: String,
    min_width: usize,
    columns: Vec<ColumnView>,
    rows: Vec<Vec<CellView>>,
}

struct ColumnView {
    header: String,
    percent: u64,
}

struct CellView {
    align: &'static str,
    colour: Option<String>,
    lines: Vec<String>,
}

fn view(document: &OfficialDocument) -> TextView {
    let annexes = document.printed_annexes().map(|annex| AnnexView {
        label: annex.label(),
        title: title_lines(annex.title, TITLE_WIDTH),
        pieces: pieces(annex.blocks),
    });
    TextView {
        faces: FACES,
        head: head(document),
        body: pieces(&document.body),
        note: cleaned(&document.attachment_note()),
        signature: signature_lines(document),
        annexes: annexes.collect(),
        imprint: document.imprint.as_ref().map(|imprint| ImprintView {
            copies: imprint.copies_line().map(|line| printable_line(&line)),
            printed_by: printable_line(&imprint.printed_by),
            printed_line: imprint.printed_line(),
        }),
    }
}

fn head(document: &OfficialDocument) -> HeadView {
    let number = match &document.reference {
        Some(Reference::Number(number)) => Some(printable_line(number)),
        Some(Reference::Issue { .. }) => document.issue_number(),
        None => None,
    };
    let issuer = match &document.reference {
        Some(Reference::Issue {
            office, dated_on, ..
        }) => Some((printable_line(office), chinese_day(*dated_on))),
        Some(Reference::Number(_)) | None => None,
    };
    HeadView {
        urgency: document.urgency.map(|urgency| urgency.label()),
        mark: document.mark.as_deref().map(lines).unwrap_or_default(),
        number,
        issuer,
        title: title_lines(&document.title, TITLE_WIDTH),
        recipients: document.recipients_line().map(|line| printable_line(&line)),
    }
}

/// The offices and the date, one below the other.
pub(super) fn signature_lines(document: &OfficialDocument) -> Vec<String> {
    let Some(signature) = &document.signature else {
        return Vec::new();
    };
    let mut lines = cleaned(&signature.offices);
    lines.retain(|line| !line.is_empty());
    lines.push(chinese_day(signature.signed_on));
    lines
}

fn cleaned(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| printable_line(text)).collect()
}

/// The lines of a text, without its forbidden characters.
fn lines(text: &str) -> Vec<String> {
    printable(text).lines().map(str::to_owned).collect()
}

fn pieces(blocks: &[Block]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (number, block) in numbered(blocks) {
        match block {
            Block::Heading(heading) => pieces.push(Piece::Heading(heading_view(heading, &number))),
            Block::Paragraph(paragraph) => {
                pieces.push(Piece::Paragraph(paragraph_view(paragraph, number)));
            }
            Block::Points { mark, points } => {
                let points = points.iter().enumerate();
                pieces.extend(points.map(|(index, point)| {
                    Piece::Paragraph(paragraph_view(point, mark.number(index)))
                }));
            }
            Block::Table(table) => pieces.push(Piece::Table(table_view(table))),
            Block::FinePrint(text) => pieces.push(Piece::FinePrint(printable_line(text))),
        }
    }
    pieces
}

fn heading_view(heading: &Heading, number: &str) -> HeadingView {
    let style = match heading.level {
        HeadingLevel::One => format!("font-family:{};font-weight:bold;", FACES.hei),
        HeadingLevel::Two => format!("font-family:{};font-weight:bold;", FACES.kai),
        HeadingLevel::Three => "font-weight:bold;".to_owned(),
    };
    HeadingView {
        style,
        words: format!("{number}{}", printable_line(&heading.text)),
        run_on: lines(&heading.run_on),
    }
}

fn paragraph_view(paragraph: &Paragraph, number: String) -> ParagraphView {
    ParagraphView {
        number,
        lead: printable_line(&paragraph.lead),
        lines: lines(&paragraph.text),
    }
}

fn table_view(table: &Table) -> TableView {
    let shares = table
        .columns
        .iter()
        .map(|column| u64::from(column.share).max(1));
    let total = shares.clone().sum::<u64>().max(1);
    let columns = table.columns.iter().zip(shares);
    let columns = columns.map(|(column, share)| ColumnView {
        header: printable_line(&column.header),
        percent: (share * 100 / total).max(1),
    });
    let rows = table.rows.iter().map(|row| {
        let cells = table.cells(row).zip(&table.columns);
        cells
            .map(|(cell, column)| CellView {
                align: match column.align {
                    Align::Left => "left",
                    Align::Centre => "center",
                    Align::Right => "right",
                },
                colour: cell
                    .light
                    .map(|light| format!("#{:06x}", light_colour(light))),
                lines: lines(&cell.text),
            })
            .collect()
    });
    TableView {
        caption: printable_line(&table.caption),
        min_width: table.columns.len() * COLUMN_PIXELS,
        columns: columns.collect(),
        rows: rows.collect(),
    }
}

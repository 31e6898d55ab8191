//! The parts that all sheets of a workbook share: the list of sheets, the shared strings, and the number formats.

use std::collections::HashMap;

use super::error::DocumentError;
use super::limits::{Allowance, MAX_ITEMS};
use super::package::Package;
use super::xlsx_format::{CellFormat, DateSystem};
use super::xml::XmlReader;

/// Visible sheets of one workbook.
const MAX_SHEETS: usize = 1_000;

/// What the cells of a workbook refer to.
#[derive(Debug, Default)]
pub struct Workbook {
    /// The visible sheets in order.
    pub sheets: Vec<SheetLink>,
    /// The day that dates count from.
    pub dates: DateSystem,
    /// The shared strings, by index.
    pub strings: Vec<String>,
    /// By index of a cell's style.
    pub formats: Vec<CellFormat>,
}

/// Where a sheet is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetLink {
    /// The name on its tab.
    pub name: String,
    /// Its part in the package.
    pub part: String,
}

impl Workbook {
    /// Reads what the sheets need. Hidden sheets (which hold the choices of drop-down lists) and charts are left out.
    ///
    /// # Errors
    /// [`DocumentError`]: a broken part, or too many strings or formats.
    pub fn read(package: &mut Package<'_>) -> Result<Workbook, DocumentError> {
        let main_part = package.main_part().to_owned();
        let links = package.relationships(&main_part)?;
        let (names, dates) = package
            .read(&main_part, read_main)?
            .ok_or_else(|| DocumentError::MissingPart(main_part.clone()))?;
        let sheets = names.into_iter().filter_map(|(name, id)| {
            let link = links.iter().find(|link| link.id == id)?;
            (link.kind == "worksheet").then(|| SheetLink {
                name,
                part: link.target.clone(),
            })
        });
        let sheets = sheets.collect();
        let part_of = |kind: &str| {
            let link = links.iter().find(|link| link.kind == kind);
            link.map_or("", |link| link.target.as_str())
        };
        let strings = package.read(part_of("sharedStrings"), read_strings)?;
        let formats = package.read(part_of("styles"), read_formats)?;
        Ok(Workbook {
            sheets,
            dates,
            strings: strings.unwrap_or_default(),
            formats: formats.unwrap_or_default(),
        })
    }
}

/// Names and relationship ids of the visible sheets, and the date system.
type Main = (Vec<(String, String)>, DateSystem);

fn read_main(xml: &mut XmlReader<'_>) -> Result<Main, DocumentError> {
    let mut sheets = Vec::new();
    let mut dates = DateSystem::From1900;
    if xml.next_child()?.is_none() {
        return Ok((sheets, dates));
    }
    while let Some(element) = xml.next_child()? {
        match element.name.as_str() {
            "workbookPr" => {
                if matches!(element.attribute("date1904"), Some("1" | "true" | "on")) {
                    dates = DateSystem::From1904;
                }
                xml.skip()?;
            }
            "sheets" => {
                while let Some(sheet) = xml.next_child()? {
                    let is_visible = matches!(sheet.attribute("state"), None | Some("visible"));
                    if let (true, Some(name), Some(id)) =
                        (is_visible, sheet.attribute("name"), sheet.attribute("id"))
                    {
                        if sheets.len() >= MAX_SHEETS {
                            return Err(DocumentError::TooManyItems);
                        }
                        sheets.push((name.to_owned(), id.to_owned()));
                    }
                    xml.skip()?;
                }
            }
            _ => xml.skip()?,
        }
    }
    Ok((sheets, dates))
}

/// The strings as they are; how many the file declares is not looked at.
fn read_strings(xml: &mut XmlReader<'_>) -> Result<Vec<String>, DocumentError> {
    let mut allowance = Allowance::whole();
    let mut strings = Vec::new();
    if xml.next_child()?.is_none() {
        return Ok(strings);
    }
    while let Some(element) = xml.next_child()? {
        if element.name == "si" {
            allowance.take("")?;
            strings.push(read_rich_text(xml, &mut allowance)?);
        } else {
            xml.skip()?;
        }
    }
    Ok(strings)
}

/// The text of a shared or inline string: its plain or formatted pieces, without phonetic guides.
///
/// # Errors
/// As [`XmlReader::token`]; [`DocumentError::TooMuchText`].
pub fn read_rich_text(
    xml: &mut XmlReader<'_>,
    allowance: &mut Allowance,
) -> Result<String, DocumentError> {
    let mut text = String::new();
    while let Some(element) = xml.next_child()? {
        match element.name.as_str() {
            "t" => push_text(xml, &mut text, allowance)?,
            "r" => {
                while let Some(piece) = xml.next_child()? {
                    if piece.name == "t" {
                        push_text(xml, &mut text, allowance)?;
                    } else {
                        xml.skip()?;
                    }
                }
            }
            _ => xml.skip()?,
        }
    }
    Ok(unescaped(&text))
}

fn push_text(
    xml: &mut XmlReader<'_>,
    text: &mut String,
    allowance: &mut Allowance,
) -> Result<(), DocumentError> {
    let piece = xml.text()?;
    allowance.take_text(piece.len())?;
    text.push_str(&piece);
    Ok(())
}

/// Trimmed, with line ends as `\n`, and with the `_xHHHH_` by which Excel writes characters that XML cannot hold
/// (ECMA-376 part 1 §22.9.2.19) resolved; control characters among them are dropped.
pub fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("_x") {
        let (before, from) = rest.split_at(start);
        plain.push_str(before);
        let code = from
            .get(2..6)
            .filter(|_| from.get(6..7) == Some("_"))
            .filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|code| u32::from_str_radix(code, 16).ok());
        match code {
            Some(code) => {
                plain.extend(char::from_u32(code));
                rest = from.get(7..).unwrap_or_default();
            }
            None => {
                plain.push_str("_x");
                rest = from.get(2..).unwrap_or_default();
            }
        }
    }
    plain.push_str(rest);
    let plain = plain.replace("\r\n", "\n").replace('\r', "\n");
    plain
        .trim()
        .chars()
        .filter(|&c| c == '\n' || c == '\t' || !c.is_control())
        .collect()
}

/// The formats of the cell styles, in order.
fn read_formats(xml: &mut XmlReader<'_>) -> Result<Vec<CellFormat>, DocumentError> {
    let mut custom: HashMap<u32, CellFormat> = HashMap::new();
    let mut ids: Vec<u32> = Vec::new();
    if xml.next_child()?.is_none() {
        return Ok(Vec::new());
    }
    while let Some(element) = xml.next_child()? {
        match element.name.as_str() {
            "numFmts" => {
                while let Some(format) = xml.next_child()? {
                    if let (Some(id), Some(code)) =
                        (format.number("numFmtId"), format.attribute("formatCode"))
                    {
                        custom.insert(id, CellFormat::of_code(code));
                    }
                    check_count(custom.len())?;
                    xml.skip()?;
                }
            }
            "cellXfs" => {
                while let Some(style) = xml.next_child()? {
                    ids.push(style.number("numFmtId").unwrap_or_default());
                    check_count(ids.len())?;
                    xml.skip()?;
                }
            }
            _ => xml.skip()?,
        }
    }
    let format_of = |id: u32| {
        let own = custom.get(&id).copied();
        own.or_else(|| CellFormat::built_in(id)).unwrap_or_default()
    };
    Ok(ids.into_iter().map(format_of).collect())
}

fn check_count(count: usize) -> Result<(), DocumentError> {
    if count > MAX_ITEMS {
        return Err(DocumentError::TooManyItems);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn escaped_characters_are_resolved() {
        let table = [
            ("一_x000D_\n二", "一\n二"),
            (" a_x005F_b ", "a_b"),
            ("_x0041_", "A"),
            ("_x00", "_x00"),
            ("_xZZZZ_", "_xZZZZ_"),
            ("_x教育局_", "_x教育局_"),
            ("a_x0000_b", "ab"),
            ("_xD800_", ""),
            ("max_x", "max_x"),
        ];
        for (text, expected) in table {
            assert_eq!(unescaped(text), expected, "{text}");
        }
    }
}

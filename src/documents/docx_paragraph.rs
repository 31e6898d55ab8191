//! Reading one Word paragraph: its text as a reader of the printed page sees it, and what it says about its style.
//! Numbering and blocks are put together in `docx`.

use super::docx_styles::ParagraphRules;
use super::error::DocumentError;
use super::limits::Allowance;
use super::xml::{Element, Token, XmlReader};

/// A paragraph as the file has it.
#[derive(Debug, Default)]
pub struct RawParagraph {
    /// Its text; `\n` for line breaks, `\t` for tabs.
    pub text: String,
    /// Its paragraph style.
    pub style_id: Option<String>,
    /// What it says itself about list and outline.
    pub rules: ParagraphRules,
    /// Whether the paragraph still ends here.
    pub end: ParagraphEnd,
}

/// What became of the paragraph's end under change tracking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ParagraphEnd {
    /// It stands.
    #[default]
    Kept,
    /// Deleted: the text runs on into the next paragraph.
    Deleted,
}

/// Where the reader is in a complex field (`w:fldChar`): only the result is text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FieldPart {
    Code,
    Result,
}

/// Whether a run's text is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Yes,
    No,
}

/// The paragraph whose start was read last, up to its end. Deleted and hidden text, field codes, text boxes, pictures,
/// embedded objects, notes, comments and phonetic guides are left out.
///
/// # Errors
/// As [`XmlReader::token`]; what [`Allowance::take`] returns.
pub fn read_paragraph(
    xml: &mut XmlReader<'_>,
    allowance: &mut Allowance,
) -> Result<RawParagraph, DocumentError> {
    allowance.take("")?;
    let mut reader = ParagraphReader {
        paragraph: RawParagraph::default(),
        fields: Vec::new(),
        codes: 0,
        allowance,
    };
    reader.read_inline(xml, Shown::Yes)?;
    Ok(reader.paragraph)
}

/// A paragraph while it is read. Fields do not outlive it: a result may run on over paragraphs, but a code that does
/// not end in its own would swallow the rest of the document.
struct ParagraphReader<'a> {
    paragraph: RawParagraph,
    /// The open fields, outermost first.
    fields: Vec<FieldPart>,
    /// How many of them are in their code.
    codes: usize,
    allowance: &'a mut Allowance,
}

impl ParagraphReader<'_> {
    /// Reads the content of a paragraph, run or wrapper. Recursion is bounded by the depth that `xml` allows.
    fn read_inline(
        &mut self,
        xml: &mut XmlReader<'_>,
        mut shown: Shown,
    ) -> Result<(), DocumentError> {
        while let Some(element) = xml.next_child()? {
            match element.name.as_str() {
                "pPr" => read_properties(xml, &mut self.paragraph)?,
                "rPr" => {
                    if is_hidden(xml)? {
                        shown = Shown::No;
                    }
                }
                "t" => {
                    let text = xml.text()?;
                    // Line ends inside w:t come from hand-made files; Word shows them as spaces.
                    self.push(shown, &text.replace(['\r', '\n'], " "))?;
                }
                "sdtPr" => {
                    if holds_placeholder(xml)? {
                        shown = Shown::No;
                    }
                }
                // Wrappers whose content is part of the text.
                "r" | "ins" | "moveTo" | "hyperlink" | "smartTag" | "sdt" | "sdtContent"
                | "fldSimple" | "customXml" | "dir" | "bdo" | "ruby" | "rubyBase"
                | "AlternateContent" | "Choice" => self.read_inline(xml, shown)?,
                // Equations: 80% is sometimes typed as one.
                "oMath" | "oMathPara" | "f" | "num" | "e" | "d" | "sup" | "sub" | "sSup"
                | "sSub" => self.read_inline(xml, shown)?,
                "den" => {
                    self.push(shown, "/")?;
                    self.read_inline(xml, shown)?;
                }
                _ => {
                    self.read_mark(&element, shown)?;
                    xml.skip()?;
                }
            }
        }
        Ok(())
    }

    /// Takes up an element that stands for a character or for part of a field; anything else is no text.
    fn read_mark(&mut self, element: &Element, shown: Shown) -> Result<(), DocumentError> {
        match element.name.as_str() {
            "tab" | "ptab" => self.push(shown, "\t"),
            "br" | "cr" => self.push(shown, "\n"),
            "noBreakHyphen" => self.push(shown, "-"),
            "sym" => {
                // Symbol fonts use the private area, where the code says nothing without the font.
                let symbol = element
                    .attribute("char")
                    .and_then(|code| u32::from_str_radix(code, 16).ok())
                    .filter(|code| !(0xE000..0xF900).contains(code))
                    .and_then(char::from_u32)
                    .filter(|symbol| !symbol.is_control());
                match symbol {
                    Some(symbol) => self.push(shown, symbol.encode_utf8(&mut [0; 4])),
                    None => Ok(()),
                }
            }
            "fldChar" => {
                self.read_field_mark(element.attribute("fldCharType"));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn read_field_mark(&mut self, kind: Option<&str>) {
        let left = match kind {
            Some("begin") => {
                self.fields.push(FieldPart::Code);
                self.codes += 1;
                None
            }
            Some("separate") => {
                let innermost = self.fields.last_mut();
                innermost.map(|part| std::mem::replace(part, FieldPart::Result))
            }
            Some("end") => self.fields.pop(),
            _ => None,
        };
        if left == Some(FieldPart::Code) {
            self.codes -= 1;
        }
    }

    fn push(&mut self, shown: Shown, text: &str) -> Result<(), DocumentError> {
        if shown == Shown::Yes && self.codes == 0 {
            self.allowance.take_text(text.len())?;
            self.paragraph.text.push_str(text);
        }
        Ok(())
    }
}

fn read_properties(
    xml: &mut XmlReader<'_>,
    paragraph: &mut RawParagraph,
) -> Result<(), DocumentError> {
    while let Some(element) = xml.next_child()? {
        match element.name.as_str() {
            "pStyle" => {
                paragraph.style_id = element.attribute("val").map(str::to_owned);
                xml.skip()?;
            }
            // The properties of the paragraph mark itself.
            "rPr" => {
                while let Some(child) = xml.next_child()? {
                    if child.name == "del" || child.name == "moveFrom" {
                        paragraph.end = ParagraphEnd::Deleted;
                    }
                    xml.skip()?;
                }
            }
            _ => paragraph.rules.read_child(&element, xml)?,
        }
    }
    Ok(())
}

fn is_hidden(xml: &mut XmlReader<'_>) -> Result<bool, DocumentError> {
    let mut hidden = false;
    while let Some(element) = xml.next_child()? {
        hidden |= element.name == "vanish" && element.is_on();
        xml.skip()?;
    }
    Ok(hidden)
}

/// Whether the content control whose properties these are still shows its prompt ("单击此处输入文字").
pub fn holds_placeholder(xml: &mut XmlReader<'_>) -> Result<bool, DocumentError> {
    let mut placeholder = false;
    while let Some(element) = xml.next_child()? {
        placeholder |= element.name == "showingPlcHdr" && element.is_on();
        xml.skip()?;
    }
    Ok(placeholder)
}

/// Passes over everything up to the start of the first element called `name`; `false` where there is none.
///
/// # Errors
/// As [`XmlReader::token`].
pub fn enter(xml: &mut XmlReader<'_>, name: &str) -> Result<bool, DocumentError> {
    loop {
        match xml.token()? {
            Token::Start(element) if element.name == name => return Ok(true),
            Token::Eof => return Ok(false),
            Token::Start(_) | Token::End | Token::Text(_) => {}
        }
    }
}

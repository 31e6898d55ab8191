//! Reading XML parts as a stream of elements and text, bounded in every direction: no DTD, no entities but the five of
//! XML and numeric ones, limited depth, sizes and counts. Names are given without their namespace prefix.

use std::io::{self, BufRead, Read};

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use thiserror::Error;

use super::archive::{self, ArchiveError};
use super::error::DocumentError;
use super::limits::{MAX_XML_DEPTH, MAX_XML_NODE_BYTES, MAX_XML_NODES, MIB};

/// Attributes of one element; more are refused.
const MAX_ATTRIBUTES: usize = 512;

/// Why a part is not readable XML.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum XmlError {
    /// Not well-formed, or not UTF-8.
    #[error("第 {byte} 个字节附近不是有效的 XML")]
    Malformed {
        /// Byte position inside the part.
        byte: u64,
    },
    /// `<!DOCTYPE`: refused before anything in it could be expanded or fetched.
    #[error("含有文档类型定义（DOCTYPE）")]
    DocumentType,
    /// An entity that XML itself does not define.
    #[error("含有未知的实体引用")]
    UnknownEntity,
    /// Deeper than `MAX_XML_DEPTH`.
    #[error("元素嵌套超过 {MAX_XML_DEPTH} 层（例如表格里层层套着表格）")]
    TooDeep,
    /// More than `MAX_XML_NODES` tags and texts, or more attributes on one than any office program writes.
    #[error("元素或属性太多")]
    TooMany,
    /// One tag or text larger than `MAX_XML_NODE_BYTES`.
    #[error("单个元素或一段文字超过 {} MB", MAX_XML_NODE_BYTES / MIB)]
    NodeTooLarge,
    /// The container failed while the part was being unpacked.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// The next thing in a part.
#[derive(Debug)]
pub enum Token {
    /// An element begins; an empty element is a `Start` followed by an `End`.
    Start(Element),
    /// The innermost open element ends.
    End,
    /// Some text, unescaped. Text may come in several pieces.
    Text(String),
    /// The part is over; every element has ended.
    Eof,
}

/// The start of an element.
#[derive(Debug)]
pub struct Element {
    /// The name without prefix.
    pub name: String,
    /// Names without prefix, and values, as written.
    attributes: Vec<(String, String)>,
}

impl Element {
    /// The value of the first attribute of that name, whatever its prefix.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The attribute as a number; `None` where it is absent or no such number.
    pub fn number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        self.attribute(name)?.trim().parse().ok()
    }

    /// Whether an on/off element (`<w:b/>`, `<w:b w:val="0"/>`) says on (ECMA-376 part 1 §17.17.4).
    pub fn is_on(&self) -> bool {
        !matches!(self.attribute("val"), Some("0" | "false" | "off"))
    }
}

/// A pull reader over one part.
pub struct XmlReader<'r> {
    /// The part's name, for errors.
    part: &'r str,
    reader: Reader<Bounded<Box<dyn BufRead + 'r>>>,
    buffer: Vec<u8>,
    depth: usize,
    nodes: usize,
}

impl<'r> XmlReader<'r> {
    /// A reader of `part`, whose bytes `input` gives; they must be UTF-8, as office programs write them.
    pub fn new(part: &'r str, input: impl BufRead + 'r) -> XmlReader<'r> {
        let mut reader = Reader::from_reader(Bounded {
            inner: Box::new(input) as Box<dyn BufRead + 'r>,
            since_node: 0,
        });
        reader.config_mut().expand_empty_elements = true;
        XmlReader {
            part,
            reader,
            buffer: Vec::new(),
            depth: 0,
            nodes: 0,
        }
    }

    /// The next token. Comments, processing instructions and the declaration are passed over.
    ///
    /// # Errors
    /// [`DocumentError::Xml`] with the part's name, or [`DocumentError::Archive`]; after an error the reader must not
    /// be used again.
    pub fn token(&mut self) -> Result<Token, DocumentError> {
        self.pull().map_err(|error| self.named(error))
    }

    fn named(&self, error: XmlError) -> DocumentError {
        match error {
            XmlError::Archive(error) => DocumentError::Archive(error),
            source => DocumentError::Xml {
                part: self.part.to_owned(),
                source,
            },
        }
    }

    fn pull(&mut self) -> Result<Token, XmlError> {
        loop {
            self.nodes += 1;
            if self.nodes > MAX_XML_NODES {
                return Err(XmlError::TooMany);
            }
            self.buffer.clear();
            self.reader.get_mut().since_node = 0;
            let event = match self.reader.read_event_into(&mut self.buffer) {
                Ok(event) => event,
                Err(quick_xml::Error::Io(error)) => return Err(io_reason(&error)),
                Err(_) => return Err(malformed(&self.reader)),
            };
            match event {
                Event::Start(start) => {
                    self.depth += 1;
                    if self.depth > MAX_XML_DEPTH {
                        return Err(XmlError::TooDeep);
                    }
                    let element = element_of(&start, self.reader.buffer_position())?;
                    return Ok(Token::Start(element));
                }
                // Not given while empty elements are expanded.
                Event::Empty(_) => return Err(malformed(&self.reader)),
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(Token::End);
                }
                Event::Text(text) => {
                    let text = String::from(&*text);
                    return self.checked(text);
                }
                Event::CData(text) => {
                    let text = String::from(&*text);
                    return self.checked(text);
                }
                Event::GeneralRef(entity) => {
                    let resolved = resolve(&entity).ok_or(XmlError::UnknownEntity)?;
                    return self.checked(resolved.to_string());
                }
                Event::DocType(_) => return Err(XmlError::DocumentType),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof if self.depth == 0 => return Ok(Token::Eof),
                Event::Eof => return Err(malformed(&self.reader)),
            }
        }
    }

    /// The text, if XML allows its characters (XML 1.0 §2.2: no control characters but tab and line ends).
    fn checked(&self, text: String) -> Result<Token, XmlError> {
        let is_forbidden = |c: char| c < ' ' && !matches!(c, '\t' | '\n' | '\r');
        if text.contains(is_forbidden) {
            return Err(malformed(&self.reader));
        }
        Ok(Token::Text(text))
    }

    /// The next element that begins inside the current one; `None` when the current one ends. Text is passed over.
    ///
    /// # Errors
    /// As [`XmlReader::token`].
    pub fn next_child(&mut self) -> Result<Option<Element>, DocumentError> {
        loop {
            match self.token()? {
                Token::Start(element) => return Ok(Some(element)),
                Token::End | Token::Eof => return Ok(None),
                Token::Text(_) => {}
            }
        }
    }

    /// Passes over the rest of the element that began last, with all inside.
    ///
    /// # Errors
    /// As [`XmlReader::token`].
    pub fn skip(&mut self) -> Result<(), DocumentError> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            self.token()?;
        }
        Ok(())
    }

    /// Reads what is left of the part.
    ///
    /// # Errors
    /// As [`XmlReader::token`].
    pub fn finish(&mut self) -> Result<(), DocumentError> {
        while !matches!(self.token()?, Token::Eof) {}
        Ok(())
    }

    /// The text directly inside the element that began last, up to its end.
    ///
    /// # Errors
    /// As [`XmlReader::token`]; [`XmlError::NodeTooLarge`] where its pieces add up to too much.
    pub fn text(&mut self) -> Result<String, DocumentError> {
        let mut text = String::new();
        loop {
            match self.token()? {
                Token::Text(piece) => text.push_str(&piece),
                Token::Start(_) => self.skip()?,
                Token::End | Token::Eof => return Ok(text),
            }
            if text.len() > MAX_XML_NODE_BYTES {
                return Err(self.named(XmlError::NodeTooLarge));
            }
        }
    }
}

fn malformed<R>(reader: &Reader<R>) -> XmlError {
    XmlError::Malformed {
        byte: reader.error_position(),
    }
}

fn element_of(start: &BytesStart<'_>, byte: u64) -> Result<Element, XmlError> {
    let mut attributes = Vec::new();
    // The reader's own check for repeated attributes compares each with all before it.
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| XmlError::Malformed { byte })?;
        if attributes.len() == MAX_ATTRIBUTES {
            return Err(XmlError::TooMany);
        }
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|_| XmlError::UnknownEntity)?;
        let key: &str = attribute.key.local_name().into_inner();
        attributes.push((key.to_owned(), value.into_owned()));
    }
    let name: &str = start.local_name().into_inner();
    Ok(Element {
        name: name.to_owned(),
        attributes,
    })
}

/// The character of a numeric reference, or of one of XML's own five.
fn resolve(entity: &BytesRef<'_>) -> Option<char> {
    match &**entity {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => entity.resolve_char_ref().ok().flatten(),
    }
}

/// What an I/O error below the reader means.
fn io_reason(error: &io::Error) -> XmlError {
    let inner = error.get_ref();
    match inner.and_then(|inner| inner.downcast_ref::<XmlError>()) {
        Some(own) => own.clone(),
        None => XmlError::Archive(archive::reason(error)),
    }
}

/// Refuses to feed more than [`MAX_XML_NODE_BYTES`] into one token, which the reader would gather in memory.
struct Bounded<R> {
    inner: R,
    since_node: usize,
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let read = available.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since_node > MAX_XML_NODE_BYTES {
            return Err(io::Error::other(XmlError::NodeTooLarge));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.since_node += amount;
        self.inner.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_tags_and_texts_is_limited() {
        let mut xml = XmlReader::new("a.xml", &b"<a><b/>text</a>"[..]);
        // As after so many others.
        xml.nodes = MAX_XML_NODES - 4;
        for _ in 0..4 {
            xml.token().unwrap();
        }
        let refused = DocumentError::Xml {
            part: "a.xml".to_owned(),
            source: XmlError::TooMany,
        };
        assert_eq!(xml.token().unwrap_err(), refused);
    }

    #[test]
    fn skipping_ends_with_the_element_that_began_last() {
        let mut xml = XmlReader::new("a.xml", &b"<a><b><c/>x<d>y</d></b><e f=\"1\"/></a>"[..]);
        assert_eq!(xml.next_child().unwrap().unwrap().name, "a");
        assert_eq!(xml.next_child().unwrap().unwrap().name, "b");
        xml.skip().unwrap();
        let element = xml.next_child().unwrap().unwrap();
        assert_eq!((element.name.as_str(), element.number("f")), ("e", Some(1)));
        xml.finish().unwrap();
    }

    #[test]
    fn a_part_that_ends_too_early_is_malformed() {
        let mut xml = XmlReader::new("a.xml", &b"<a><b>"[..]);
        assert!(matches!(
            xml.finish(),
            Err(DocumentError::Xml {
                source: XmlError::Malformed { .. },
                ..
            })
        ));
    }
}

//! What Word's paragraph styles say about numbering and headings (`styles.xml`). Fonts and spacing are not read.

use std::collections::HashMap;

use super::error::DocumentError;
use super::limits::MAX_DEFINITIONS;
use super::xml::{Element, XmlReader};

/// Styles that build on each other deeper than this (or in a circle) are followed no further.
const MAX_CHAIN: usize = 32;

/// What a paragraph, or a style, says about its place in a list and in the outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ParagraphRules {
    /// `w:numId`; 0 switches numbering off.
    pub num_id: Option<u32>,
    /// `w:ilvl`, 0-based.
    pub list_level: Option<usize>,
    /// `w:outlineLvl`, 0-based; 9 is body text.
    pub outline_level: Option<u8>,
}

impl ParagraphRules {
    /// Takes up one child of `w:pPr`; what concerns neither list nor outline is passed over.
    ///
    /// # Errors
    /// As [`XmlReader::token`].
    pub fn read_child(
        &mut self,
        element: &Element,
        xml: &mut XmlReader<'_>,
    ) -> Result<(), DocumentError> {
        match element.name.as_str() {
            "outlineLvl" => self.outline_level = element.number("val"),
            "numPr" => {
                while let Some(child) = xml.next_child()? {
                    match child.name.as_str() {
                        "numId" => self.num_id = child.number("val"),
                        "ilvl" => self.list_level = child.number("val"),
                        _ => {}
                    }
                    xml.skip()?;
                }
                return Ok(());
            }
            _ => {}
        }
        xml.skip()
    }

    /// These rules, with gaps filled from `base`.
    fn or(self, base: ParagraphRules) -> ParagraphRules {
        ParagraphRules {
            num_id: self.num_id.or(base.num_id),
            list_level: self.list_level.or(base.list_level),
            outline_level: self.outline_level.or(base.outline_level),
        }
    }
}

/// Whether a style's paragraphs are content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StyleUse {
    /// Ordinary text.
    #[default]
    Text,
    /// Lines of an automatic table of contents, which only repeat the headings.
    TableOfContents,
}

/// A paragraph style; after [`Styles::read`], with what it takes over from the styles that it builds on.
#[derive(Debug, Clone, Default)]
pub struct Style {
    based_on: Option<String>,
    rules: ParagraphRules,
    /// The heading level that its name says, 1 to 9.
    named_level: Option<u8>,
    usage: StyleUse,
}

impl Style {
    /// What holds for a paragraph of this style that says `own`.
    pub fn rules(&self, own: ParagraphRules) -> ParagraphRules {
        own.or(self.rules)
    }

    /// The heading level, 1 to 9, of a paragraph for which `rules` hold: by its outline level, else by the style's name
    /// (`heading 2`, `标题 2`); `None` for body text.
    pub fn heading_level(&self, rules: ParagraphRules) -> Option<u8> {
        match rules.outline_level {
            Some(level) => (level < 9).then_some(level + 1),
            None => self.named_level,
        }
    }

    /// Whether paragraphs of this style are content.
    pub fn usage(&self) -> StyleUse {
        self.usage
    }

    fn take_over(&mut self, base: &Style) {
        self.rules = self.rules.or(base.rules);
        self.named_level = self.named_level.or(base.named_level);
        if base.usage == StyleUse::TableOfContents {
            self.usage = base.usage;
        }
    }
}

/// The paragraph styles of a document.
#[derive(Debug, Default)]
pub struct Styles {
    by_id: HashMap<String, Style>,
    /// The style of paragraphs that name none, or an unknown one.
    default: Style,
}

impl Styles {
    /// Reads `styles.xml`.
    ///
    /// # Errors
    /// As [`XmlReader::token`].
    pub fn read(xml: &mut XmlReader<'_>) -> Result<Styles, DocumentError> {
        let mut by_id = HashMap::new();
        let mut default_id = None;
        if xml.next_child()?.is_none() {
            return Ok(Styles::default());
        }
        while let Some(element) = xml.next_child()? {
            let id = element.attribute("styleId").unwrap_or_default().to_owned();
            let is_paragraph = element.attribute("type").unwrap_or("paragraph") == "paragraph";
            if element.name != "style" || !is_paragraph {
                xml.skip()?;
                continue;
            }
            if by_id.len() >= MAX_DEFINITIONS {
                return Err(DocumentError::TooManyDefinitions);
            }
            if matches!(element.attribute("default"), Some("1" | "true" | "on")) {
                default_id = Some(id.clone());
            }
            by_id.insert(id, read_style(xml)?);
        }
        let by_id: HashMap<String, Style> = by_id
            .keys()
            .map(|id| (id.clone(), resolved(&by_id, id)))
            .collect();
        let default = default_id.and_then(|id| by_id.get(&id).cloned());
        Ok(Styles {
            default: default.unwrap_or_default(),
            by_id,
        })
    }

    /// The style `id`; the default one where there is none of that name.
    pub fn get(&self, id: Option<&str>) -> &Style {
        id.and_then(|id| self.by_id.get(id))
            .unwrap_or(&self.default)
    }
}

/// The style with all that it takes over.
fn resolved(by_id: &HashMap<String, Style>, id: &str) -> Style {
    let mut chain =
        std::iter::successors(by_id.get(id), |style| by_id.get(style.based_on.as_deref()?))
            .take(MAX_CHAIN);
    let mut style = chain.next().cloned().unwrap_or_default();
    for base in chain {
        style.take_over(base);
    }
    style
}

fn read_style(xml: &mut XmlReader<'_>) -> Result<Style, DocumentError> {
    let mut style = Style::default();
    while let Some(element) = xml.next_child()? {
        match element.name.as_str() {
            "pPr" => {
                while let Some(child) = xml.next_child()? {
                    style.rules.read_child(&child, xml)?;
                }
                continue;
            }
            "name" => {
                let name = element.attribute("val").unwrap_or_default().to_lowercase();
                style.named_level = level_after(&name, ["heading", "标题"]);
                if level_after(&name, ["toc", "目录"]).is_some() {
                    style.usage = StyleUse::TableOfContents;
                }
            }
            "basedOn" => style.based_on = element.attribute("val").map(str::to_owned),
            _ => {}
        }
        xml.skip()?;
    }
    Ok(style)
}

/// The level in a lower-case style name that begins with one of two words: `heading 2`, `标题 2`, `toc 1`.
fn level_after(name: &str, words: [&str; 2]) -> Option<u8> {
    let level = words.iter().find_map(|word| name.strip_prefix(word))?;
    level
        .trim()
        .parse()
        .ok()
        .filter(|level| (1..=9).contains(level))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heading_levels_are_found_in_english_and_chinese_names() {
        let level = |name| level_after(name, ["heading", "标题"]);
        assert_eq!(level("heading 2"), Some(2));
        assert_eq!(level("heading3"), Some(3));
        assert_eq!(level("标题 1"), Some(1));
        for name in [
            "title",
            "标题",
            "heading 0",
            "heading 10",
            "normal",
            "标题 1 字符",
        ] {
            assert_eq!(level(name), None, "{name}");
        }
    }

    #[test]
    fn styles_that_build_on_each_other_in_a_circle_are_read() {
        let xml = r#"<styles>
            <style styleId="a"><basedOn val="b"/></style>
            <style styleId="b"><basedOn val="a"/><pPr><outlineLvl val="1"/></pPr></style>
        </styles>"#;
        let styles = Styles::read(&mut XmlReader::new("styles.xml", xml.as_bytes())).unwrap();
        let rules = styles.get(Some("a")).rules(ParagraphRules::default());
        assert_eq!(rules.outline_level, Some(1));
        assert_eq!(styles.get(Some("a")).heading_level(rules), Some(2));
    }
}

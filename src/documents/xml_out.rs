//! Writing XML parts: elements that always close, and text that cannot break out of them. What the elements mean is
//! decided by who writes them.

use std::fmt::Display;

use quick_xml::escape::escape;

use super::printable::printable;

/// An attribute: its name, with prefix, and its value.
pub(super) type Attribute<'a> = (&'a str, &'a dyn Display);

/// A part, or a piece of one, being written.
#[derive(Debug, Default)]
pub(super) struct XmlOut {
    written: String,
}

impl XmlOut {
    /// A whole part: the XML declaration, and the element that `content` fills.
    pub(super) fn part(
        name: &str,
        attributes: &[Attribute<'_>],
        content: impl FnOnce(&mut XmlOut),
    ) -> String {
        let mut xml = XmlOut {
            written: r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#.to_owned(),
        };
        xml.element(name, attributes, content);
        xml.written
    }

    /// An element with content.
    pub(super) fn element(
        &mut self,
        name: &str,
        attributes: &[Attribute<'_>],
        content: impl FnOnce(&mut XmlOut),
    ) {
        self.tag(name, attributes, ">");
        content(self);
        self.written.push_str("</");
        self.written.push_str(name);
        self.written.push('>');
    }

    /// An element without content.
    pub(super) fn leaf(&mut self, name: &str, attributes: &[Attribute<'_>]) {
        self.tag(name, attributes, "/>");
    }

    /// Text: escaped, and without the characters that XML forbids.
    pub(super) fn text(&mut self, text: &str) {
        self.written.push_str(&escape(&*printable(text)));
    }

    /// A piece written elsewhere.
    pub(super) fn append(&mut self, piece: XmlOut) {
        self.written.push_str(&piece.written);
    }

    fn tag(&mut self, name: &str, attributes: &[Attribute<'_>], end: &str) {
        self.written.push('<');
        self.written.push_str(name);
        for (name, value) in attributes {
            self.written.push(' ');
            self.written.push_str(name);
            self.written.push_str("=\"");
            self.text(&value.to_string());
            self.written.push('"');
        }
        self.written.push_str(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_text_nor_values_break_out_of_their_place() {
        let part = XmlOut::part("a", &[("b", &"\"><x y='\u{1}'"), ("n", &-849)], |xml| {
            xml.leaf("c", &[]);
            xml.text("</a>&\u{0}]]>");
        });
        assert_eq!(
            part,
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\
             <a b=\"&quot;&gt;&lt;x y=&apos;&apos;\" n=\"-849\"><c/>&lt;/a&gt;&amp;]]&gt;</a>"
        );
    }
}

//! The container of a docx (ECMA-376 part 2): its parts, how they find each other, and a zip that is the same every time.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::OfficialFileError;
use super::footers::footer_part;
use super::styles::{WORD, fonts_part, styles_part};
use crate::documents::printable::printable_line;
use crate::documents::xml_out::XmlOut;
use crate::domain::official_document::{OfficialDocument, Orientation, Reference};

/// The namespace of links between parts.
pub(super) const OFFICE_LINKS: &str =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE_LINKS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const CONTENT_TYPES: &str = "http://schemas.openxmlformats.org/package/2006/content-types";
const CORE: &str = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties";
const WORD_TYPE: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";

/// A footer of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FooterId {
    Odd,
    Even,
    OddAcross,
    EvenAcross,
}

impl FooterId {
    const ALL: [Self; 4] = [Self::Odd, Self::Even, Self::OddAcross, Self::EvenAcross];

    /// Those of odd and of even pages that lie so.
    pub(super) const fn of(orientation: Orientation) -> [Self; 2] {
        match orientation {
            Orientation::Portrait => [Self::Odd, Self::Even],
            Orientation::Landscape => [Self::OddAcross, Self::EvenAcross],
        }
    }

    /// The name of its part inside `word/`, without extension, which is also the id of the link to it.
    pub(super) const fn relationship(self) -> &'static str {
        match self {
            Self::Odd => "footer1",
            Self::Even => "footer2",
            Self::OddAcross => "footer3",
            Self::EvenAcross => "footer4",
        }
    }
}

/// The parts beside the text inside `word/`: their names without extension, which are also the kinds of the links.
const COMPANIONS: [&str; 3] = ["styles", "settings", "fontTable"];

/// Packs the document's text, `word/document.xml`, with all that belongs to it.
///
/// # Errors
/// [`OfficialFileError::Packing`], [`OfficialFileError::Writing`].
pub(super) fn pack(document: &OfficialDocument, text: &str) -> Result<Vec<u8>, OfficialFileError> {
    let mut parts = vec![
        ("[Content_Types].xml".to_owned(), content_types()),
        ("_rels/.rels".to_owned(), root_links()),
        ("docProps/core.xml".to_owned(), core_properties(document)),
        ("word/document.xml".to_owned(), text.to_owned()),
        ("word/_rels/document.xml.rels".to_owned(), text_links()),
        ("word/styles.xml".to_owned(), styles_part()),
        ("word/settings.xml".to_owned(), settings_part()),
        ("word/fontTable.xml".to_owned(), fonts_part()),
    ];
    for footer in FooterId::ALL {
        let name = format!("word/{}.xml", footer.relationship());
        parts.push((name, footer_part(footer)));
    }
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer
            .start_file(name, options)
            .map_err(OfficialFileError::Packing)?;
        writer.write_all(content.as_bytes())?;
    }
    let packed = writer.finish().map_err(OfficialFileError::Packing)?;
    Ok(packed.into_inner())
}

fn content_types() -> String {
    XmlOut::part("Types", &[("xmlns", &CONTENT_TYPES)], |xml| {
        let relationships = "application/vnd.openxmlformats-package.relationships+xml";
        for (extension, kind) in [("rels", relationships), ("xml", "application/xml")] {
            xml.leaf(
                "Default",
                &[("Extension", &extension), ("ContentType", &kind)],
            );
        }
        let mut part = |name: &str, kind: &str| {
            xml.leaf("Override", &[("PartName", &name), ("ContentType", &kind)]);
        };
        part(
            "/docProps/core.xml",
            "application/vnd.openxmlformats-package.core-properties+xml",
        );
        part(
            "/word/document.xml",
            &format!("{WORD_TYPE}.document.main+xml"),
        );
        for name in COMPANIONS {
            part(
                &format!("/word/{name}.xml"),
                &format!("{WORD_TYPE}.{name}+xml"),
            );
        }
        for footer in FooterId::ALL {
            let name = footer.relationship();
            part(
                &format!("/word/{name}.xml"),
                &format!("{WORD_TYPE}.footer+xml"),
            );
        }
    })
}

fn link(xml: &mut XmlOut, id: &str, kind: &str, target: &str) {
    xml.leaf(
        "Relationship",
        &[("Id", &id), ("Type", &kind), ("Target", &target)],
    );
}

fn root_links() -> String {
    XmlOut::part("Relationships", &[("xmlns", &PACKAGE_LINKS)], |xml| {
        link(
            xml,
            "document",
            &format!("{OFFICE_LINKS}/officeDocument"),
            "word/document.xml",
        );
        let core = format!("{PACKAGE_LINKS}/metadata/core-properties");
        link(xml, "core", &core, "docProps/core.xml");
    })
}

fn text_links() -> String {
    XmlOut::part("Relationships", &[("xmlns", &PACKAGE_LINKS)], |xml| {
        for name in COMPANIONS {
            link(
                xml,
                name,
                &format!("{OFFICE_LINKS}/{name}"),
                &format!("{name}.xml"),
            );
        }
        for footer in FooterId::ALL {
            let name = footer.relationship();
            link(
                xml,
                name,
                &format!("{OFFICE_LINKS}/footer"),
                &format!("{name}.xml"),
            );
        }
    })
}

/// Title, office and day as the document names them; nothing of the machine or the hour.
fn core_properties(document: &OfficialDocument) -> String {
    let attributes: [(&str, &dyn std::fmt::Display); 4] = [
        ("xmlns:cp", &CORE),
        ("xmlns:dc", &"http://purl.org/dc/elements/1.1/"),
        ("xmlns:dcterms", &"http://purl.org/dc/terms/"),
        ("xmlns:xsi", &"http://www.w3.org/2001/XMLSchema-instance"),
    ];
    let issue = match &document.reference {
        Some(Reference::Issue {
            office, dated_on, ..
        }) => Some((office, *dated_on)),
        Some(Reference::Number(_)) | None => None,
    };
    let signature = document.signature.as_ref();
    let office = signature
        .and_then(|signature| signature.offices.first())
        .or(issue.map(|(office, _)| office));
    let day = signature
        .map(|signature| signature.signed_on)
        .or(issue.map(|(_, day)| day));
    XmlOut::part("cp:coreProperties", &attributes, |xml| {
        xml.element("dc:title", &[], |xml| {
            xml.text(&printable_line(&document.title));
        });
        if let Some(office) = office {
            xml.element("dc:creator", &[], |xml| xml.text(&printable_line(office)));
        }
        if let Some(day) = day {
            for name in ["dcterms:created", "dcterms:modified"] {
                xml.element(name, &[("xsi:type", &"dcterms:W3CDTF")], |xml| {
                    xml.text(&format!("{}T00:00:00Z", day.format("%Y-%m-%d")));
                });
            }
        }
    })
}

/// Odd and even pages differ; the rest is what Word itself writes for Chinese documents.
fn settings_part() -> String {
    XmlOut::part("w:settings", &[("xmlns:w", &WORD)], |xml| {
        xml.leaf("w:zoom", &[("w:percent", &100)]);
        xml.leaf("w:bordersDoNotSurroundHeader", &[]);
        xml.leaf("w:bordersDoNotSurroundFooter", &[]);
        xml.leaf("w:defaultTabStop", &[("w:val", &420)]);
        xml.leaf("w:evenAndOddHeaders", &[]);
        xml.leaf("w:drawingGridVerticalSpacing", &[("w:val", &156)]);
        xml.leaf(
            "w:characterSpacingControl",
            &[("w:val", &"compressPunctuation")],
        );
        xml.element("w:compat", &[], |xml| {
            for rule in [
                "w:spaceForUL",
                "w:balanceSingleByteDoubleByteWidth",
                "w:doNotLeaveBackslashAlone",
                "w:ulTrailSpace",
                "w:doNotExpandShiftReturn",
                "w:useFELayout",
            ] {
                xml.leaf(rule, &[]);
            }
            xml.leaf(
                "w:compatSetting",
                &[
                    ("w:name", &"compatibilityMode"),
                    ("w:uri", &"http://schemas.microsoft.com/office/word"),
                    ("w:val", &15),
                ],
            );
        });
        xml.leaf(
            "w:themeFontLang",
            &[("w:val", &"en-US"), ("w:eastAsia", &"zh-CN")],
        );
    })
}

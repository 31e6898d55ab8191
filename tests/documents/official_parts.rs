//! Looking into the parts of a Word file that was written.

use std::io::{Cursor, Read};

use duban::documents::official_docx::official_docx;
use duban::domain::official_document::OfficialDocument;
use quick_xml::Reader;
use quick_xml::events::Event;

/// The parts of a container: names and contents, in order.
pub fn parts(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut parts = Vec::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let mut content = String::new();
        file.read_to_string(&mut content).unwrap();
        parts.push((file.name().unwrap().into_owned(), content));
    }
    parts
}

pub fn part(document: &OfficialDocument, name: &str) -> String {
    let parts = parts(&official_docx(document).unwrap());
    let found = parts.into_iter().find(|(found, _)| found == name);
    found.unwrap_or_else(|| panic!("no {name}")).1
}

pub fn text_of(document: &OfficialDocument) -> String {
    part(document, "word/document.xml")
}

/// Asserts that each element closes, no attribute stands twice, and no character is one that XML forbids.
pub fn assert_well_formed(name: &str, xml: &str) {
    let mut reader = Reader::from_str(xml);
    let mut depth = 0_i32;
    loop {
        match reader
            .read_event()
            .unwrap_or_else(|error| panic!("{name}: {error}"))
        {
            Event::Start(start) => {
                depth += 1;
                assert!(start.attributes().all(|one| one.is_ok()), "{name}");
            }
            Event::Empty(start) => assert!(start.attributes().all(|one| one.is_ok()), "{name}"),
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "{name}");
    let is_forbidden =
        |c: char| (c < ' ' && !matches!(c, '\t' | '\n')) || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    assert!(!xml.contains(is_forbidden), "{name}");
}

/// The values of an attribute of each element of this name, in order; `None` where it has none.
pub fn values(xml: &str, element: &str, attribute: &str) -> Vec<Option<String>> {
    let mut reader = Reader::from_str(xml);
    let mut values = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) | Event::Empty(start) if start.name().as_ref() == element => {
                let found = start.try_get_attribute(attribute).unwrap();
                values.push(found.map(|found| found.value.to_string()));
            }
            Event::Eof => return values,
            _ => {}
        }
    }
}

pub fn numbers(xml: &str, element: &str, attribute: &str) -> Vec<f64> {
    let values = values(xml, element, attribute);
    let given = values.iter().flatten();
    given.map(|value| value.parse().unwrap()).collect()
}

/// Asserts that a length in twips is so many millimetres, within one twip.
pub fn assert_millimetres(twips: f64, millimetres: f64) {
    let exact = millimetres / 25.4 * 1440.0;
    assert!(
        (twips - exact).abs() <= 1.0,
        "{twips} is no {millimetres} mm ({exact})"
    );
}

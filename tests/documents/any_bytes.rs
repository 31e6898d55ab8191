//! Whatever the bytes and the name: an answer, never a panic.

use duban::documents::value_template::read_filled;
use duban::documents::{read_document, read_units};
use proptest::prelude::*;

use crate::files::{docx_with, xlsx_with};

const NAMES: [&str; 8] = [
    "a.txt", "a.md", "a.docx", "a.xlsx", "a.csv", "-", "a.doc", "",
];

const STARTS: [&[u8]; 5] = [
    b"",
    b"PK\x03\x04",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"code,name,kind\n",
];

/// A document or an error; if a document, one that keeps its promises.
fn check(name: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    match read_document(name, bytes) {
        Ok(document) => prop_assert!(!document.blocks.is_empty()),
        Err(error) => prop_assert!(!error.to_string().is_empty()),
    }
    match read_units(name, bytes) {
        Ok(units) => prop_assert!(!units.is_empty()),
        Err(error) => prop_assert!(!error.to_string().is_empty()),
    }
    match read_filled(name, bytes) {
        Ok(filled) => prop_assert!(filled.faults.len() <= 50),
        Err(error) => prop_assert!(!error.to_string().is_empty()),
    }
    Ok(())
}

fn sample_docx() -> Vec<u8> {
    let item = r#"<w:p><w:pPr><w:pStyle w:val="h"/><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>文</w:t></w:r></w:p>"#;
    let table = format!(
        r#"<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/><w:vMerge/></w:tcPr>{item}</w:tc></w:tr></w:tbl>"#
    );
    docx_with(
        &format!("{item}{table}{item}"),
        r#"<w:style w:styleId="h"><w:name w:val="heading 1"/><w:basedOn w:val="h"/></w:style>"#,
        r#"<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>"#,
    )
}

fn sample_xlsx() -> Vec<u8> {
    xlsx_with(
        r#"<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>46203</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells>"#,
        "<sst><si><t>code</t></si></sst>",
        r#"<numFmts><numFmt numFmtId="164" formatCode="yyyy-mm-dd"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs>"#,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn arbitrary_bytes_are_read_or_refused(
        name in prop::sample::select(&NAMES[..]),
        magic in prop::sample::select(&STARTS[..]),
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        check(name, &[magic, &bytes].concat())?;
    }

    #[test]
    fn damaged_packages_are_read_or_refused(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        for (name, mut bytes) in [("a.docx", sample_docx()), ("a.xlsx", sample_xlsx())] {
            for (place, byte) in &damage {
                let place = place.index(bytes.len());
                bytes[place] = *byte;
            }
            if let Some(cut) = cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            check(name, &bytes)?;
        }
    }

    #[test]
    fn packages_of_arbitrary_xml_are_read_or_refused(
        xml in "(<(w:)?(p|r|t|tbl|tr|tc|tcPr|vMerge|gridSpan|numPr|numId|ilvl|fldChar|sdt|row|c|v|is|si|f)( (w:)?(val|r|t|s)=\"[0-9A-Z]{0,9}\")*/?>|</(w:)?(p|r|t|tbl|tr|tc|row|c|v)>|文|&amp;|&#[0-9]{1,8};){0,40}",
    ) {
        check("a.docx", &docx_with(&xml, &xml, &xml))?;
        let sheet = format!("<sheetData>{xml}</sheetData>");
        check("a.xlsx", &xlsx_with(&sheet, &format!("<sst>{xml}</sst>"), &xml))?;
    }

    #[test]
    fn arbitrary_tables_of_units_are_read_or_refused(text in "(code|name|kind|编码|名称|类型|上级|A|B|school|学校|小学|\\||,|;|\t|\"|\n|@|\r){0,60}") {
        check("a.csv", text.as_bytes())?;
        check("a.csv", format!("code,name,kind,parent\n{text}").as_bytes())?;
    }
}

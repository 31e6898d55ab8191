//! Files made to fill memory or time. Each is refused with its reason, and quickly; sizes are as small as shows the
//! guard, which is why each case names the guard that must have refused it.

use std::fmt::Write as _;

use duban::documents::{ArchiveError, DocumentError, XmlError};

use crate::files::{container, docx, docx_with, refusal, relationships, xlsx, xlsx_with};

fn xml_refusal(name: &str, bytes: &[u8]) -> XmlError {
    match refusal(name, bytes) {
        DocumentError::Xml { source, .. } => source,
        other => panic!("refused for another reason: {other}"),
    }
}

/// So many MiB of letters that hardly repeat, so that the packing ratio is not what refuses them.
fn noise(mib: usize) -> String {
    let mut noise = String::new();
    let mut seed = 7_u64;
    while noise.len() < mib * 1024 * 1024 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        write!(noise, "{seed:x}").unwrap();
    }
    noise
}

#[test]
fn a_part_that_unpacks_to_far_more_than_it_is_is_refused() {
    // 16 MiB of blanks, packed a thousandfold.
    let blanks = " ".repeat(1024);
    let filling = format!("<w:p>{blanks}</w:p>").repeat(16 * 1024);
    assert_eq!(
        refusal("a.docx", &docx(&filling)),
        DocumentError::Archive(ArchiveError::TooLarge)
    );
    let rows = format!("<row>{blanks}</row>").repeat(16 * 1024);
    assert_eq!(
        refusal("a.xlsx", &xlsx(&format!("<sheetData>{rows}</sheetData>"))),
        DocumentError::Archive(ArchiveError::TooLarge)
    );
}

#[test]
fn document_types_are_refused_before_anything_is_expanded_or_fetched() {
    let laughs = r#"<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><w:document><w:body><w:p><w:r><w:t>&c;</w:t></w:r></w:p></w:body></w:document>"#;
    let external = r#"<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y SYSTEM "http://127.0.0.1/">]><w:document/>"#;
    let root = relationships(&[("officeDocument", "word/document.xml")]);
    for document in [laughs, external] {
        let bytes = container(&[("_rels/.rels", &root), ("word/document.xml", document)]);
        assert_eq!(xml_refusal("a.docx", &bytes), XmlError::DocumentType);
    }
    let in_relationships = container(&[("_rels/.rels", external)]);
    assert_eq!(
        xml_refusal("a.docx", &in_relationships),
        XmlError::DocumentType
    );
}

#[test]
fn entities_beyond_those_of_xml_are_refused() {
    let entity = docx("<w:p><w:r><w:t>&nbsp;</w:t></w:r></w:p>");
    assert_eq!(xml_refusal("a.docx", &entity), XmlError::UnknownEntity);
    let in_attribute = docx("<w:p w:x=\"&x;\"/>");
    assert_eq!(
        xml_refusal("a.docx", &in_attribute),
        XmlError::UnknownEntity
    );
    for control in ["&#0;", "&#x1;", "\u{1}"] {
        let bytes = docx(&format!("<w:p><w:r><w:t>{control}</w:t></w:r></w:p>"));
        assert!(matches!(
            xml_refusal("a.docx", &bytes),
            XmlError::Malformed { .. } | XmlError::UnknownEntity
        ));
    }
}

#[test]
fn deep_nesting_is_refused() {
    let deep = "<w:tbl><w:tr><w:tc>".repeat(5000) + &"</w:tc></w:tr></w:tbl>".repeat(5000);
    assert_eq!(xml_refusal("a.docx", &docx(&deep)), XmlError::TooDeep);
    let unclosed = "<w:sdt>".repeat(5000);
    assert_eq!(xml_refusal("a.docx", &docx(&unclosed)), XmlError::TooDeep);
    let skipped = "<a>".repeat(5000);
    assert_eq!(xml_refusal("a.docx", &docx(&skipped)), XmlError::TooDeep);
}

#[test]
fn tables_nested_within_the_limit_are_read() {
    let levels = 60;
    let deep = "<w:tbl><w:tr><w:tc>".repeat(levels)
        + "<w:p><w:r><w:t>底</w:t></w:r></w:p>"
        + &"</w:tc></w:tr></w:tbl>".repeat(levels);
    assert_eq!(crate::files::read("a.docx", &docx(&deep)), ["1| 底"]);
}

#[test]
fn one_huge_tag_or_text_is_refused() {
    let noise = noise(5);
    for inner in [
        format!("<w:p><w:r><w:t>{noise}</w:t></w:r></w:p>"),
        format!("<w:p w:x=\"{noise}\"/>"),
        format!("<!-- {noise} -->"),
    ] {
        assert_eq!(xml_refusal("a.docx", &docx(&inner)), XmlError::NodeTooLarge);
    }
}

#[test]
fn too_many_attributes_are_refused() {
    let attributes: String = (0..2000).map(|index| format!(" a{index}=\"\"")).collect();
    assert_eq!(
        xml_refusal("a.docx", &docx(&format!("<w:p{attributes}/>"))),
        XmlError::TooMany
    );
}

#[test]
fn a_million_rows_or_paragraphs_are_refused() {
    let mut body = String::new();
    for index in 0..210_000_u64 {
        write!(body, "<w:p w:i=\"{}\"/>", index * 7919 % 1_000_003).unwrap();
    }
    assert_eq!(refusal("a.docx", &docx(&body)), DocumentError::TooManyItems);
    let mut rows = String::from("<sheetData>");
    for index in 0..210_000_u64 {
        write!(
            rows,
            "<row><c><v>{}</v></c></row>",
            index * 7919 % 1_000_003
        )
        .unwrap();
    }
    rows.push_str("</sheetData>");
    assert_eq!(refusal("a.xlsx", &xlsx(&rows)), DocumentError::TooManyItems);
}

#[test]
fn a_row_of_countless_cells_is_refused() {
    let body = format!("<w:tbl><w:tr>{}</w:tr></w:tbl>", "<w:tc/>".repeat(300));
    assert!(matches!(
        refusal("a.docx", &docx(&body)),
        DocumentError::TooManyColumns { .. }
    ));
    // Refused while the row is read, not only when it is laid out: what is broken behind it is never reached.
    let endless = format!("<w:tbl><w:tr>{}<broken", "<w:tc/>".repeat(300));
    assert!(matches!(
        refusal("a.docx", &docx(&endless)),
        DocumentError::TooManyColumns { .. }
    ));
    let span = "<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val=\"4294967295\"/></w:tcPr></w:tc></w:tr></w:tbl>";
    assert!(matches!(
        refusal("a.docx", &docx(span)),
        DocumentError::TooManyColumns { .. }
    ));
}

#[test]
fn one_cell_in_the_last_corner_is_refused_by_name() {
    let sheet = r#"<sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>"#;
    let error = refusal("a.xlsx", &xlsx(sheet));
    assert!(matches!(error, DocumentError::TooManyColumns { .. }));
    assert!(error.to_string().contains("XFD1048576"));
}

#[test]
fn references_outside_any_sheet_are_refused() {
    for sheet in [
        r#"<sheetData><row r="0"/></sheetData>"#,
        r#"<sheetData><row r="1048577"/></sheetData>"#,
        r#"<sheetData><row r="-1"/></sheetData>"#,
        r#"<sheetData><row r="1"><c r="XFE1"/></row></sheetData>"#,
        r#"<sheetData><row r="1"><c r="A2"/></row></sheetData>"#,
        r#"<sheetData/><mergeCells><mergeCell ref="B2:A1"/></mergeCells>"#,
    ] {
        let error = refusal("a.xlsx", &xlsx(sheet));
        assert!(matches!(error, DocumentError::Cell { .. }), "{sheet}");
    }
}

#[test]
fn declared_counts_are_not_believed() {
    let strings = r#"<sst count="4294967295" uniqueCount="4294967295"><si><t>甲</t></si></sst>"#;
    let sheet = r#"<dimension ref="A1:XFD1048576"/><sheetData><row spans="1:16384"><c t="s"><v>0</v></c></row></sheetData>"#;
    assert_eq!(
        crate::files::read("a.xlsx", &xlsx_with(sheet, strings, "")),
        ["1| 甲"]
    );
}

#[test]
fn text_that_is_repeated_by_reference_is_counted_each_time() {
    // 100 KiB of text in 300 cells is 30 MiB.
    let mut long = String::new();
    for index in 0..20_000 {
        write!(long, "{index:x}").unwrap();
    }
    let strings = format!("<sst><si><t>{long}</t></si></sst>");
    let row = r#"<row><c t="s"><v>0</v></c></row>"#.repeat(400);
    let sheet = format!("<sheetData>{row}</sheetData>");
    assert_eq!(
        refusal("a.xlsx", &xlsx_with(&sheet, &strings, "")),
        DocumentError::TooMuchText
    );
    // The same by merged cells, in a sheet and in a table.
    let rows: String = (0..400).map(|_| "<row><c/><c><v>1</v></c></row>").collect();
    let first = format!(r#"<row><c t="inlineStr"><is><t>{long}</t></is></c></row>"#);
    let merged = format!(
        r#"<sheetData>{first}{rows}</sheetData><mergeCells><mergeCell ref="A1:A401"/></mergeCells>"#
    );
    assert_eq!(
        refusal("a.xlsx", &xlsx(&merged)),
        DocumentError::TooMuchText
    );
    let cell = |merge: &str, text: &str| {
        format!(
            "<w:tr><w:tc><w:tcPr><w:vMerge {merge}/></w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc></w:tr>"
        )
    };
    let table = cell("w:val=\"restart\"", &long) + &cell("", "").repeat(400);
    assert_eq!(
        refusal("a.docx", &docx(&format!("<w:tbl>{table}</w:tbl>"))),
        DocumentError::TooMuchText
    );
}

#[test]
fn one_text_of_many_pieces_is_counted_as_it_grows() {
    let piece = noise(1);
    let runs = format!("<w:r><w:t>{piece}</w:t></w:r>").repeat(17);
    assert_eq!(
        refusal("a.docx", &docx(&format!("<w:p>{runs}</w:p>"))),
        DocumentError::TooMuchText
    );
    let pieces = format!("<r><t>{piece}</t></r>").repeat(17);
    let strings = format!("<sst><si>{pieces}</si></sst>");
    assert_eq!(
        refusal("a.xlsx", &xlsx_with("", &strings, "")),
        DocumentError::TooMuchText
    );
}

#[test]
fn countless_strings_blank_cells_and_sheets_are_refused() {
    let mut strings = String::from("<sst>");
    for index in 0..200_001_u64 {
        write!(strings, "<si i=\"{}\"/>", index * 7919 % 1_000_003).unwrap();
    }
    strings.push_str("</sst>");
    let mut wide = String::from("<sheetData>");
    for index in 1..=1000 {
        write!(
            wide,
            r#"<row r="{index}"><c r="IV{index}"><v>1</v></c></row>"#
        )
        .unwrap();
    }
    wide.push_str("</sheetData>");
    let root = relationships(&[("officeDocument", "xl/workbook.xml")]);
    let tabs = r#"<sheet name="a" r:id="r1"/>"#.repeat(1001);
    let workbook = format!("<workbook><sheets>{tabs}</sheets></workbook>");
    let sheets = container(&[("_rels/.rels", &root), ("xl/workbook.xml", &workbook)]);
    for bytes in [xlsx_with("", &strings, ""), xlsx(&wide), sheets] {
        assert_eq!(refusal("a.xlsx", &bytes), DocumentError::TooManyItems);
    }
}

#[test]
fn merged_areas_that_overlap_by_the_thousand_are_refused() {
    let mut rows = String::new();
    for row in 1..=3000 {
        write!(
            rows,
            "<row><c><v>{row}</v></c><c/><c><v>{row}</v></c></row>"
        )
        .unwrap();
    }
    let mut merges = String::new();
    for top in 1..=3000 {
        write!(merges, r#"<mergeCell ref="A{top}:C3000"/>"#).unwrap();
    }
    let sheet = format!("<sheetData>{rows}</sheetData><mergeCells>{merges}</mergeCells>");
    assert_eq!(
        refusal("a.xlsx", &xlsx(&sheet)),
        DocumentError::TooManyItems
    );
}

#[test]
fn long_labels_on_blank_paragraphs_are_counted() {
    let placeholders = "%1".repeat(32);
    let numbering = format!(
        r#"<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="3888"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="{placeholders}"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>"#
    );
    let mut body = String::new();
    for index in 0..120_000_u64 {
        write!(
            body,
            r#"<w:p w:i="{}"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:p>"#,
            index * 7919 % 1_000_003
        )
        .unwrap();
    }
    assert_eq!(
        refusal("a.docx", &docx_with(&body, "", &numbering)),
        DocumentError::TooMuchText
    );
}

#[test]
fn countless_styles_and_lists_are_refused() {
    let styles = r#"<w:style w:styleId="ID"/>"#;
    let lists = r#"<w:num w:numId="ID"/>"#;
    let many = |one: &str| {
        let each = (0..10_001).map(|index| one.replace("ID", &index.to_string()));
        each.collect::<String>()
    };
    for bytes in [
        docx_with("", &many(styles), ""),
        docx_with("", "", &many(lists)),
    ] {
        assert_eq!(refusal("a.docx", &bytes), DocumentError::TooManyDefinitions);
    }
}

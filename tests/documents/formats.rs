//! Names, contents and encodings: what is read, and what is refused with which advice.

use duban::documents::{Content, DocumentError, Format};

use crate::files::{container, docx, read, refusal, relationships, xlsx};

const PARAGRAPH: &str = "<w:p><w:r><w:t>一、总体要求</w:t></w:r></w:p>";
const SHEET: &str =
    r#"<sheetData><row><c t="inlineStr"><is><t>序号</t></is></c></row></sheetData>"#;

#[test]
fn text_is_read_in_every_encoding_by_any_name_of_text() {
    let text = "一、总体要求\r\n（一）抓好教学常规\r\n";
    let (gbk, _, _) = encoding_rs::GBK.encode(text);
    let expected = ["1 一、总体要求", "2 （一）抓好教学常规"];
    assert_eq!(read("方案.TXT", text.as_bytes()), expected);
    assert_eq!(read("方案.md", text.as_bytes()), expected);
    assert_eq!(read("-", text.as_bytes()), expected);
    assert_eq!(read("方案.txt", &gbk), expected);
}

#[test]
fn packages_are_read_by_their_name() {
    assert_eq!(read("a.docx", &docx(PARAGRAPH)), ["1 一、总体要求"]);
    assert_eq!(read("a.xlsx", &xlsx(SHEET)), ["1| 序号"]);
}

#[test]
fn a_file_without_text_is_empty() {
    let only_blank = docx("<w:p/><w:p><w:r><w:t>  </w:t></w:r></w:p><w:tbl/>");
    let cases: [(&str, &[u8]); 6] = [
        ("a.txt", b""),
        ("a.docx", b""),
        ("a.md", b" \r\n\t\n"),
        ("-", "\u{feff}\u{3000}\n".as_bytes()),
        ("a.docx", &only_blank),
        ("a.xlsx", &xlsx("<sheetData/>")),
    ];
    for (name, bytes) in cases {
        assert_eq!(refusal(name, bytes), DocumentError::Empty, "{name}");
    }
}

#[test]
fn a_name_that_contradicts_the_content_is_refused_with_both_named() {
    let document = docx(PARAGRAPH);
    let sheet = xlsx(SHEET);
    let other_zip = container(&[("mimetype", "application/epub+zip")]);
    let root = relationships(&[("officeDocument", "ppt/presentation.xml")]);
    let slides = container(&[("_rels/.rels", &root), ("ppt/presentation.xml", "<p/>")]);
    let cases: [(&str, &[u8], Format, Content); 11] = [
        ("a.txt", &document, Format::Txt, Content::Docx),
        ("-", &sheet, Format::Txt, Content::Xlsx),
        ("a.docx", &sheet, Format::Docx, Content::Xlsx),
        ("a.xlsx", &document, Format::Xlsx, Content::Docx),
        ("a.docx", &other_zip, Format::Docx, Content::Zip),
        ("a.docx", &slides, Format::Docx, Content::Zip),
        (
            "a.docx",
            b"\x89PNG\r\n\x1a\n....",
            Format::Docx,
            Content::Picture,
        ),
        ("a.xlsx", b"%PDF-1.7 ....", Format::Xlsx, Content::Pdf),
        ("a.txt", b"{\\rtf1 x}", Format::Txt, Content::Rtf),
        ("a.docx", b"just text", Format::Docx, Content::Other),
        ("a.txt", b"PK\x03\x04broken", Format::Txt, Content::Zip),
    ];
    for (name, bytes, format, content) in cases {
        let error = refusal(name, bytes);
        assert_eq!(error, DocumentError::Mismatch { format, content }, "{name}");
        assert!(error.to_string().contains(&format.to_string()));
    }
}

#[test]
fn old_office_files_get_the_advice_to_save_them_anew() {
    let ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and the rest";
    for name in ["a.doc", "a.xls", "a.docx", "a.txt", "a.wps"] {
        let error = refusal(name, ole);
        assert_eq!(error, DocumentError::OldOffice);
        assert!(error.to_string().contains("另存为不加密的 docx 或 xlsx"));
    }
}

#[test]
fn other_extensions_are_named_with_those_that_are_read() {
    for (name, shown) in [
        ("a.pdf", "「.pdf」"),
        ("a.csv", "「.csv」"),
        ("README", "「无扩展名」"),
    ] {
        let message = refusal(name, b"text").to_string();
        assert!(message.contains(shown), "{message}");
        assert!(message.contains("txt、md、docx 或 xlsx"), "{message}");
    }
}

#[test]
fn binary_under_a_name_of_text_is_refused() {
    let message = refusal("a.txt", b"line\nMZ\x90\0\x03").to_string();
    assert!(message.contains("第 2 行"), "{message}");
}

#[test]
fn a_file_over_the_limit_is_refused_before_it_is_looked_at() {
    let large = vec![b'a'; 20 * 1024 * 1024 + 1];
    let error = refusal("a.txt", &large);
    assert_eq!(error, DocumentError::TooLarge);
    assert!(error.to_string().contains("20 MB"));
}

#[test]
fn text_of_too_many_lines_is_refused() {
    let lines = "a\n".repeat(200_001);
    assert_eq!(
        refusal("a.txt", lines.as_bytes()),
        DocumentError::TooManyItems
    );
}

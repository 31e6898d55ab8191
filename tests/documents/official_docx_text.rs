//! What becomes of the text of an official document in a Word file: any text, long text, and what is refused.

use duban::documents::official_docx::{OfficialFileError, official_docx};
use duban::domain::official_document::{
    Block, HeadingLevel, OfficialDocument, OfficialDocumentError,
};
use proptest::prelude::*;

use crate::files::read;
use crate::official_parts::{assert_well_formed, parts, text_of};
use crate::official_samples::{bare, filled_with, heading, paragraph, table};

#[test]
fn what_cannot_be_written_is_refused_in_words() {
    let untitled = official_docx(&bare(" ")).unwrap_err();
    assert!(matches!(
        untitled,
        OfficialFileError::Document(OfficialDocumentError::NoTitle)
    ));
    let mut wide = table();
    wide.columns = vec![wide.columns[0].clone(); 64];
    let document = OfficialDocument {
        body: vec![Block::Table(wide)],
        ..bare("通报")
    };
    let message = official_docx(&document).unwrap_err().to_string();
    assert_eq!(
        message,
        "表格「各区进展」有 64 列：请保留 1 至 63 列，更宽的台账请用 Excel 附件"
    );
}

#[test]
fn line_feeds_are_breaks_and_everything_else_is_text() {
    let document = OfficialDocument {
        body: vec![
            heading(HeadingLevel::One, "甲 <b>&\n乙", ""),
            Block::Paragraph(paragraph("", "一\u{0}\r\n二 =1+1 👩‍🏫 ]]> \u{202E}三")),
        ],
        ..bare("通报")
    };
    let xml = text_of(&document);
    assert!(xml.contains("一、甲 &lt;b&gt;&amp; 乙"));
    assert!(xml.contains(">一</w:t><w:br/><w:t xml:space=\"preserve\">二 =1+1 👩‍🏫 ]]&gt; 三</w:t>"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_gives_a_file_that_opens(text in any::<String>()) {
        let document = filled_with(&text);
        let bytes = official_docx(&document).unwrap();
        for (name, content) in parts(&bytes) {
            assert_well_formed(&name, &content);
        }
        prop_assert!(!read("a.docx", &bytes).is_empty());
        prop_assert_eq!(official_docx(&document).unwrap(), bytes);
    }
}

#[test]
fn very_long_texts_are_written_whole() {
    // Not the same letter all along, which our reader would take for an attack.
    let text: String = (0..40_000).map(|number| format!("第{number}字")).collect();
    let bytes = official_docx(&filled_with(&text)).unwrap();
    let lines = read("a.docx", &bytes);
    assert!(lines.iter().any(|line| line.ends_with(&text)));
}

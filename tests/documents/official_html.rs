//! Official documents as html and as text.

use duban::documents::official_html::{official_html, official_page};
use duban::documents::official_text::official_text;
use duban::domain::official_document::{Block, OfficialDocument, OfficialDocumentError};
use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::official_samples::{bare, bulletin, filled_with, paragraph};

/// Asserts that the tags match, but for those that html does not close, and returns the names of all others.
fn checked(html: &str) -> Vec<String> {
    let is_open = |name: &str| matches!(name, "br" | "meta");
    let mut reader = Reader::from_str(html);
    reader.config_mut().check_end_names = false;
    let mut open = Vec::new();
    let mut seen = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                let name: String = start.name().as_ref().to_owned();
                assert!(start.attributes().all(|one| one.is_ok()), "{name}");
                if !is_open(&name) {
                    open.push(name.clone());
                    seen.push(name);
                }
            }
            Ok(Event::End(end)) => {
                let name: String = end.name().as_ref().to_owned();
                assert_eq!(open.pop(), Some(name));
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) => panic!("{error}: {html}"),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    seen
}

#[test]
fn the_page_says_everything_and_fetches_nothing() {
    let page = official_page(&bulletin()).unwrap();
    for words in [
        "特急",
        "清河市教育局督查通报",
        "第3期",
        "2026年11月23日",
        "<title>关于2026年第三季度全市教育重点工作落实情况的通报</title>",
        "各区教育局，市直各学校：",
        "一、总体情况",
        "<b>课后服务方面。</b>",
        "（一）压实责任</span>。各单位建立台账。",
        "一是逐项对账销号。",
        "附件：",
        "1.重点任务台账",
        "附件3",
        "抄送：市委办公室，局领导。",
        "2026年11月24日印发",
        "bgcolor=\"#ffc7ce\"",
    ] {
        assert!(page.contains(words), "{words}");
    }
    let names = checked(&page);
    for fetching in ["script", "link", "img", "iframe", "style", "form"] {
        assert!(!names.iter().any(|name| name == fetching), "{fetching}");
    }
    for reference in ["http:", "https:", "url(", "src=", "href=", "@import"] {
        assert!(!page.contains(reference), "{reference}");
    }
}

#[test]
fn a_piece_for_a_page_is_one_element() {
    let html = official_html(&bulletin()).unwrap();
    assert!(html.starts_with("<div ") && html.trim_end().ends_with("</div>"));
    assert_eq!(checked(&html)[0], "div");
}

/// Bad input G2: markup in an official document.
#[test]
fn text_cannot_become_markup() {
    let names =
        checked(&official_page(&filled_with("</td><script>alert(1)</script>\"'&")).unwrap());
    assert!(!names.iter().any(|name| name == "script"));
}

#[test]
fn the_text_has_every_part_in_order() {
    let text = official_text(&bulletin()).unwrap();
    let expected = [
        "特急\n",
        "第3期\n清河市教育局督导办公室  2026年11月23日\n",
        "通报\n\n各区教育局，市直各学校：\n",
        "\n一、总体情况\n课后服务方面。",
        "各区进展\n- 单位：东区；进度：达进度；办结率：72.9%\n- 单位：西区；进度：欠进度\n",
        "（一）压实责任。各单位建立台账。\n1.定期会商\n一是逐项对账销号。\n二是按时报送。\n",
        "\n附件：1.重点任务台账\n      2.任务明细\n",
        "\n清河市教育局督导办公室\n2026年11月23日\n",
        "\n附件1\n重点任务台账\n",
        "\n附件3\n未报送单位名单\n一、学校\n",
        "\n抄送：市委办公室，局领导。\n清河市教育局办公室  2026年11月24日印发\n",
    ];
    let mut rest = text.as_str();
    for piece in expected {
        let at = rest
            .find(piece)
            .unwrap_or_else(|| panic!("{piece} is not in {rest}"));
        rest = &rest[at..];
    }
}

#[test]
fn a_bare_document_has_no_empty_parts() {
    let document = OfficialDocument {
        body: vec![Block::Paragraph(paragraph("", "一\n二"))],
        ..bare("通知")
    };
    assert_eq!(official_text(&document).unwrap(), "通知\n\n一\n二\n");
    let html = official_html(&document).unwrap();
    for absent in ["附件", "抄送", "#e60000"] {
        assert!(!html.contains(absent), "{absent}");
    }
    assert!(html.contains("一<br>二"));
}

#[test]
fn what_cannot_be_written_is_refused() {
    assert_eq!(
        official_text(&bare("")),
        Err(OfficialDocumentError::NoTitle)
    );
    assert!(official_html(&bare("")).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_gives_matching_tags(text in any::<String>()) {
        let page = official_page(&filled_with(&text)).unwrap();
        checked(&page);
        let forbidden = |c: char| c < ' ' && !matches!(c, '\t' | '\n');
        prop_assert!(!page.contains(forbidden));
        prop_assert!(!official_text(&filled_with(&text)).unwrap().contains(forbidden));
    }
}

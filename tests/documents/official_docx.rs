//! Official documents as Word files: the layout of GB/T 9704-2012 as numbers in the parts, and what our own reader makes
//! of them. How they look on paper is judged by eyes.

use std::io::Cursor;

use duban::documents::official_docx::official_docx;
use duban::domain::official_document::{Block, OfficialDocument, Orientation, Reference};

use crate::files::read;
use crate::official_parts::{
    assert_millimetres, assert_well_formed, numbers, part, parts, text_of, values,
};
use crate::official_samples::{bare, bulletin, paragraph};

#[test]
fn every_part_is_well_formed_and_every_link_leads_to_one() {
    let parts = parts(&official_docx(&bulletin()).unwrap());
    for (name, content) in &parts {
        assert_well_formed(name, content);
    }
    let has = |name: &str| parts.iter().any(|(found, _)| found == name);
    for (name, folder) in [
        ("_rels/.rels", ""),
        ("word/_rels/document.xml.rels", "word/"),
    ] {
        let links = &parts.iter().find(|(found, _)| found == name).unwrap().1;
        for target in values(links, "Relationship", "Target") {
            let target = format!("{folder}{}", target.unwrap());
            assert!(has(&target), "{target}");
        }
    }
    for name in values(&parts[0].1, "Override", "PartName") {
        assert!(has(name.unwrap().trim_start_matches('/')));
    }
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    let first = official_docx(&bulletin()).unwrap();
    assert_eq!(first, official_docx(&bulletin()).unwrap());
    let mut archive = zip::ZipArchive::new(Cursor::new(&first)).unwrap();
    for index in 0..archive.len() {
        let file = archive.by_index(index).unwrap();
        assert_eq!(file.last_modified(), Some(zip::DateTime::default()));
    }
}

#[test]
fn the_text_area_is_156_by_225_millimetres_on_upright_pages_and_turned_on_others() {
    let xml = text_of(&bulletin());
    let of = |element, attribute| numbers(&xml, element, attribute);
    let (widths, heights) = (of("w:pgSz", "w:w"), of("w:pgSz", "w:h"));
    let orientations = values(&xml, "w:pgSz", "w:orient");
    assert_eq!(
        orientations,
        [None, Some("landscape".to_owned()), None],
        "body, ledger, list"
    );
    for index in 0..3 {
        let is_upright = orientations[index].is_none();
        let (width, height) = if is_upright {
            (210.0, 297.0)
        } else {
            (297.0, 210.0)
        };
        assert_millimetres(widths[index], width);
        assert_millimetres(heights[index], height);
        let margin = |side| of("w:pgMar", side)[index];
        // 天头 37 mm and 订口 28 mm; across, the head lies at the binding.
        let (top, left) = if is_upright {
            (37.0, 28.0)
        } else {
            (28.0, 35.0)
        };
        assert_millimetres(margin("w:top"), top);
        assert_millimetres(margin("w:left"), left);
        let area = (
            widths[index] - margin("w:left") - margin("w:right"),
            heights[index] - margin("w:top") - margin("w:bottom"),
        );
        let (area_width, area_height) = if is_upright { area } else { (area.1, area.0) };
        assert_millimetres(area_width, 156.0);
        assert_millimetres(area_height, 225.0);
    }
}

#[test]
fn the_grid_has_22_lines_of_28_characters() {
    let xml = text_of(&bulletin());
    let pitch = numbers(&xml, "w:docGrid", "w:linePitch")[0];
    let area_height = 225.0 / 25.4 * 1440.0;
    assert!((area_height / pitch).floor() as u32 == 22, "{pitch}");
    let space = numbers(&xml, "w:docGrid", "w:charSpace")[0];
    let cell = (16.0 + space / 4096.0) * 20.0;
    let area_width = 156.0 / 25.4 * 1440.0;
    assert!((area_width / cell).floor() as u32 == 28, "{cell}");
    assert_eq!(
        values(&xml, "w:docGrid", "w:type")[0].as_deref(),
        Some("linesAndChars")
    );
    // The styles say the same, for programs that take the grid otherwise than Word.
    let styles = part(&bulletin(), "word/styles.xml");
    let body = style(&styles, "Body");
    assert_eq!(numbers(&body, "w:sz", "w:val"), [32.0]);
    assert_eq!(numbers(&body, "w:spacing", "w:line")[..1], [pitch]);
    let tighter = numbers(&body, "w:spacing", "w:val")[0];
    assert!((area_width / (320.0 + tighter)).floor() as u32 == 28);
    assert_eq!(numbers(&body, "w:ind", "w:firstLineChars"), [200.0]);
}

/// The element of one style.
fn style(styles: &str, id: &str) -> String {
    let begin = format!("w:styleId=\"{id}\"");
    let found = styles
        .split("<w:style ")
        .find(|style| style.contains(&begin));
    let found = found.unwrap_or_else(|| panic!("no {id}"));
    let (found, _) = found.split_once("</w:style>").unwrap();
    format!("<w:style {found}</w:style>")
}

#[test]
fn faces_and_sizes_are_those_of_the_standard() {
    let styles = part(&bulletin(), "word/styles.xml");
    for (id, face, half_points) in [
        ("Body", "仿宋_GB2312", 32.0),
        ("Title", "方正小标宋简体", 44.0),
        ("Heading1", "黑体", 32.0),
        ("Heading2", "楷体_GB2312", 32.0),
        ("Heading3", "仿宋_GB2312", 32.0),
        ("Urgency", "黑体", 32.0),
        ("AnnexLabel", "黑体", 32.0),
        ("Imprint", "仿宋_GB2312", 28.0),
        ("Footer", "宋体", 28.0),
    ] {
        let style = style(&styles, id);
        let faces = values(&style, "w:rFonts", "w:eastAsia");
        assert_eq!(faces[0].as_deref(), Some(face), "{id}");
        assert_eq!(numbers(&style, "w:sz", "w:val")[0], half_points, "{id}");
    }
    let mark = style(&styles, "Mark");
    assert_eq!(
        values(&mark, "w:color", "w:val"),
        [Some("FF0000".to_owned())]
    );
    let fonts = part(&bulletin(), "word/fontTable.xml");
    let stand_ins = values(&fonts, "w:altName", "w:val");
    assert_eq!(stand_ins.len(), values(&fonts, "w:font", "w:name").len());
    assert!(stand_ins.contains(&Some("仿宋".to_owned())));
}

#[test]
fn every_style_that_the_text_uses_is_there() {
    let styles = part(&bulletin(), "word/styles.xml");
    let known = values(&styles, "w:style", "w:styleId");
    for used in values(&text_of(&bulletin()), "w:pStyle", "w:val") {
        assert!(known.contains(&used), "{used:?}");
    }
}

#[test]
fn the_red_head_lies_35_millimetres_down_with_its_rule_below() {
    let without_urgency = OfficialDocument {
        urgency: None,
        reference: Some(Reference::Number("清教督〔2026〕5号".to_owned())),
        ..bulletin()
    };
    let xml = text_of(&without_urgency);
    assert_millimetres(numbers(&xml, "w:spacing", "w:before")[0], 35.0);
    assert_eq!(
        values(&xml, "w:bottom", "w:color")[0].as_deref(),
        Some("FF0000")
    );
    // An urgency above takes up its line, so that the mark stays where it is.
    let urgent = text_of(&bulletin());
    let pitch = numbers(&urgent, "w:docGrid", "w:linePitch")[0];
    assert_millimetres(numbers(&urgent, "w:spacing", "w:before")[0] + pitch, 35.0);
    let headless = text_of(&bare("通知"));
    assert!(!headless.contains("FF0000"));
}

#[test]
fn page_numbers_stand_right_on_odd_pages_and_left_on_even_ones() {
    let settings = part(&bulletin(), "word/settings.xml");
    assert_eq!(values(&settings, "w:evenAndOddHeaders", "w:val").len(), 1);
    let xml = text_of(&bulletin());
    let kinds = values(&xml, "w:footerReference", "w:type");
    let links = values(&xml, "w:footerReference", "r:id");
    let pairs: Vec<(&str, &str)> = kinds
        .iter()
        .zip(&links)
        .map(|(kind, link)| (kind.as_deref().unwrap(), link.as_deref().unwrap()))
        .collect();
    let upright = [("default", "footer1"), ("even", "footer2")];
    let across = [("default", "footer3"), ("even", "footer4")];
    assert_eq!(pairs, [upright, across, upright].concat());
    for (name, side) in [
        ("footer1", "right"),
        ("footer2", "left"),
        ("footer3", "right"),
        ("footer4", "left"),
    ] {
        let footer = part(&bulletin(), &format!("word/{name}.xml"));
        assert_eq!(values(&footer, "w:jc", "w:val"), [Some(side.to_owned())]);
        let words: String = footer
            .split(['<', '>'])
            .filter(|piece| piece.contains('—') || piece.contains("PAGE"))
            .collect();
        assert_eq!(words, "—  PAGE  —");
    }
    // Across, the number stands 7 mm outside the text, which there is the left edge of the page.
    let odd = part(&bulletin(), "word/footer3.xml");
    let left = numbers(&odd, "w:tblpPr", "w:tblpX")[0] + numbers(&odd, "w:tblW", "w:w")[0] / 2.0;
    assert_millimetres(left, 35.0 - 7.0);
}

#[test]
fn tables_repeat_their_head_keep_their_rows_whole_and_fill_the_width() {
    let xml = text_of(&bulletin());
    let tables: Vec<&str> = xml.split("<w:tbl>").skip(1).collect();
    assert_eq!(
        tables.len(),
        4,
        "one in the body, two in the ledger, the imprint"
    );
    for (index, width) in [(0, 156.0), (1, 225.0), (2, 225.0)] {
        let table = format!(
            "<w:tbl>{}</w:tbl>",
            tables[index].split("</w:tbl>").next().unwrap()
        );
        let rows = values(&table, "w:tr", "x").len();
        assert_eq!(rows, 3);
        assert_eq!(values(&table, "w:cantSplit", "x").len(), rows);
        assert_eq!(values(&table, "w:tblHeader", "x").len(), 1);
        let columns = numbers(&table, "w:gridCol", "w:w");
        assert_millimetres(columns.iter().sum(), width);
        assert!(
            (columns[0] / columns[2] - 3.0).abs() < 0.01,
            "shares of 3 and 1"
        );
        assert_eq!(
            values(&table, "w:tc", "x").len(),
            9,
            "missing cells are empty ones"
        );
        assert_eq!(
            values(&table, "w:shd", "w:fill"),
            [Some("FFC7CE".to_owned())]
        );
        let aligned = values(&table, "w:jc", "w:val");
        let aligned: Vec<&str> = aligned
            .iter()
            .flatten()
            .map(String::as_str)
            .skip(4)
            .collect();
        assert_eq!(aligned[..3], ["left", "center", "right"]);
    }
    // Two tables that touch would become one.
    assert!(!xml.contains("</w:tbl><w:tbl>"));
}

#[test]
fn our_own_reader_reads_what_was_written() {
    let bytes = official_docx(&bulletin()).unwrap();
    let lines: Vec<String> = read("通报.docx", &bytes)
        .into_iter()
        .map(|line| {
            line.trim_start_matches(|c: char| c.is_ascii_digit())
                .to_owned()
        })
        .collect();
    for expected in [
        " 特急",
        " 清河市教育局督查通报",
        " 第3期",
        " 各区教育局，市直各学校：",
        "#1 一、总体情况",
        " 课后服务方面。各单位对照台账逐项推进，多数任务达到序时进度，少数任务推进偏慢。",
        "| 单位 | 进度 | 办结率",
        "| 西区 | 欠进度 | ",
        "#1 二、下一步要求",
        " （一）压实责任。各单位建立台账。",
        "#3 1.定期会商",
        " 一是逐项对账销号。",
        " 附件：1.重点任务台账",
        " 2.任务明细",
        " 3.未报送单位名单",
        " 2026年11月23日",
        " 附件1",
        " 附件3",
        "#1 一、学校",
    ] {
        assert!(
            lines.iter().any(|line| line == expected),
            "{expected}: {lines:#?}"
        );
    }
}

#[test]
fn long_last_paragraphs_are_not_kept_with_the_signature() {
    // Moving all of a long paragraph to the next page would leave this one half empty.
    let kept = |text: &str| {
        let document = OfficialDocument {
            body: vec![Block::Paragraph(paragraph("", text))],
            annexes: vec![],
            ..bulletin()
        };
        let xml = text_of(&document);
        let paragraph = xml
            .split("<w:p>")
            .find(|piece| piece.contains("最后"))
            .unwrap();
        paragraph.contains("<w:keepNext/>")
    };
    assert!(kept("最后一段。"));
    assert!(!kept(&format!("最后{}", "一段很长的话".repeat(30))));
}

#[test]
fn an_imprint_behind_pages_that_lie_across_gets_an_upright_page() {
    let mut document = bulletin();
    document.annexes.truncate(1);
    let orientations = values(&text_of(&document), "w:pgSz", "w:orient");
    assert_eq!(orientations.len(), 3);
    assert_eq!(orientations[2], None);
    document.imprint = None;
    let orientations = values(&text_of(&document), "w:pgSz", "w:orient");
    assert_eq!(orientations[1].as_deref(), Some("landscape"));
    assert_eq!(orientations.len(), 2);
}

#[test]
fn upright_annexes_begin_a_page_without_a_section_of_their_own() {
    let mut document = bulletin();
    document.annexes.remove(0);
    let xml = text_of(&document);
    assert_eq!(values(&xml, "w:sectPr", "x").len(), 1);
    assert_eq!(values(&xml, "w:pageBreakBefore", "x").len(), 1);
    assert!(
        document
            .printed_annexes()
            .all(|annex| annex.orientation == Orientation::Portrait)
    );
}

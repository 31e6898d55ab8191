//! Official documents to write: one with every part, and one made of hostile text.

use chrono::NaiveDate;
use duban::domain::light::Light;
use duban::domain::official_document::{
    Align, Annex, AnnexContent, Block, Cell, Column, Heading, HeadingLevel, Imprint,
    OfficialDocument, Orientation, Paragraph, PointMark, Reference, Signature, Table, Urgency,
};

pub fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

pub fn heading(level: HeadingLevel, text: &str, run_on: &str) -> Block {
    Block::Heading(Heading {
        level,
        text: text.to_owned(),
        run_on: run_on.to_owned(),
    })
}

pub fn paragraph(lead: &str, text: &str) -> Paragraph {
    Paragraph {
        lead: lead.to_owned(),
        text: text.to_owned(),
    }
}

/// A document with nothing but a title.
pub fn bare(title: &str) -> OfficialDocument {
    OfficialDocument {
        mark: None,
        reference: None,
        urgency: None,
        title: title.to_owned(),
        recipients: vec![],
        body: vec![],
        annexes: vec![],
        signature: None,
        imprint: None,
    }
}

/// A table of three columns with a light in its second row, whose last cell is missing.
pub fn table() -> Table {
    let red = Cell::coloured("欠进度", Some(Light::Red));
    Table {
        caption: "各区进展".to_owned(),
        columns: vec![
            Column::new("单位", 3, Align::Left),
            Column::new("进度", 2, Align::Centre),
            Column::new("办结率", 1, Align::Right),
        ],
        rows: vec![
            ["东区", "达进度", "72.9%"].map(Cell::new).to_vec(),
            vec![Cell::new("西区"), red],
        ],
    }
}

/// A bulletin with every part.
pub fn bulletin() -> OfficialDocument {
    let text = "各单位对照台账逐项推进，多数任务达到序时进度，少数任务推进偏慢。";
    OfficialDocument {
        mark: Some("清河市教育局督查通报".to_owned()),
        reference: Some(Reference::Issue {
            number: 3,
            office: "清河市教育局督导办公室".to_owned(),
            dated_on: day(2026, 11, 23),
        }),
        urgency: Some(Urgency::MostUrgent),
        title: "关于2026年第三季度全市教育重点工作落实情况的通报".to_owned(),
        recipients: vec!["各区教育局".to_owned(), "市直各学校".to_owned()],
        body: vec![
            Block::Paragraph(paragraph("", text)),
            heading(HeadingLevel::One, "总体情况", ""),
            Block::Paragraph(paragraph("课后服务方面。", text)),
            Block::Table(table()),
            heading(HeadingLevel::One, "下一步要求", ""),
            heading(HeadingLevel::Two, "压实责任", "。各单位建立台账。"),
            heading(HeadingLevel::Three, "定期会商", ""),
            Block::Points {
                mark: PointMark::Spoken,
                points: vec![paragraph("", "逐项对账销号。"), paragraph("", "按时报送。")],
            },
        ],
        annexes: vec![
            Annex {
                title: "重点任务台账".to_owned(),
                content: AnnexContent::Pages {
                    orientation: Orientation::Landscape,
                    blocks: vec![Block::Table(table()), Block::Table(table())],
                },
            },
            Annex {
                title: "任务明细".to_owned(),
                content: AnnexContent::File,
            },
            Annex {
                title: "未报送单位名单".to_owned(),
                content: AnnexContent::Pages {
                    orientation: Orientation::Portrait,
                    blocks: vec![heading(HeadingLevel::One, "学校", "")],
                },
            },
        ],
        signature: Some(Signature {
            offices: vec!["清河市教育局督导办公室".to_owned()],
            signed_on: day(2026, 11, 23),
        }),
        imprint: Some(Imprint {
            copies: vec!["市委办公室".to_owned(), "局领导".to_owned()],
            printed_by: "清河市教育局办公室".to_owned(),
            printed_on: day(2026, 11, 24),
        }),
    }
}

/// The same text in every place that takes text; the title begins with a word, so that it is not blank.
pub fn filled_with(text: &str) -> OfficialDocument {
    let mut document = bulletin();
    let text = text.to_owned();
    document.mark = Some(text.clone());
    document.reference = Some(Reference::Issue {
        number: 1,
        office: text.clone(),
        dated_on: day(2026, 1, 1),
    });
    document.title = format!("题{text}");
    document.recipients = vec![text.clone()];
    let cell = Cell {
        text: text.clone(),
        light: Some(Light::Yellow),
    };
    document.body = vec![
        heading(HeadingLevel::One, &text, &text),
        heading(HeadingLevel::Two, &text, ""),
        Block::Paragraph(paragraph(&text, &text)),
        Block::Points {
            mark: PointMark::Bracketed,
            points: vec![paragraph(&text, &text)],
        },
        Block::Table(Table {
            caption: text.clone(),
            columns: vec![Column::new(&text, 0, Align::Left)],
            rows: vec![vec![cell]],
        }),
    ];
    document.annexes = vec![Annex {
        title: format!("件{text}"),
        content: AnnexContent::Pages {
            orientation: Orientation::Portrait,
            blocks: vec![],
        },
    }];
    document.signature = Some(Signature {
        offices: vec![text.clone()],
        signed_on: day(2026, 1, 1),
    });
    document.imprint = Some(Imprint {
        copies: vec![text.clone()],
        printed_by: text,
        printed_on: day(2026, 1, 1),
    });
    document
}

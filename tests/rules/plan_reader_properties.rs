//! What holds for the reader on any input at all: it never panics, what it gives stays in proportion to what it
//! was given, and its time grows with the length of the text and not faster.

use std::time::{Duration, Instant};

use duban::domain::plan::document::{Block, Document, Paragraph, Table, TableRow};
use duban::domain::plan::parse_plan;
use proptest::prelude::*;

/// Pieces that plans are made of, so that random text gets deep into the reader.
const PIECES: [&str; 79] = [
    "一、",
    "（一）",
    "(二)",
    "1.",
    "2、",
    "（1）",
    "①",
    "一是",
    "第一阶段：",
    "第二章 ",
    "附件",
    "附件1：",
    "\n",
    "\n",
    "\n",
    "。",
    "，",
    "；",
    "：",
    "、",
    "（",
    "）",
    "【",
    "】",
    "〔",
    "［",
    "“",
    "”",
    "《",
    "》",
    "\"",
    "牵头单位：",
    "责任单位：",
    "配合单位",
    "责任人：",
    "完成时限：",
    "牵头",
    "负责",
    "配合",
    "分别负责",
    "基教科",
    "各地各校",
    "教研室",
    "和",
    "等",
    "2026年",
    "20xx年",
    "6月",
    "12月底前",
    "15日",
    "上旬",
    "—",
    "至",
    "第三季度",
    "年底前",
    "长期坚持",
    "每月",
    "每双月",
    "一",
    "抽查",
    "调度",
    "通报一次",
    "每学期",
    "不少于",
    "80%",
    "20节",
    "全覆盖",
    "以上",
    "将方案报",
    "市教育局",
    "工作举措",
    "工作目标",
    "实施步骤",
    "保障措施",
    "加强",
    "|",
    "\t",
    "|---|---|",
    "99999999999",
];

fn plan_like_text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..120)
        .prop_map(|pieces| pieces.concat())
}

fn table() -> impl Strategy<Value = Document> {
    let cell = prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..4)
        .prop_map(|pieces| pieces.concat());
    let header = prop::sample::select(vec![
        "序号",
        "工作任务",
        "具体措施",
        "牵头单位",
        "责任单位",
        "完成时限",
        "备注",
        "阶段",
        "时间",
        "",
    ]);
    let row = prop::collection::vec(cell, 0..6);
    (
        prop::collection::vec(header, 0..6),
        prop::collection::vec(row, 0..8),
    )
        .prop_map(|(header, rows)| {
            let header = TableRow {
                line: 1,
                cells: header.into_iter().map(str::to_owned).collect(),
            };
            let rows = rows.into_iter().enumerate().map(|(at, cells)| TableRow {
                line: at + 2,
                cells,
            });
            Document {
                blocks: vec![Block::Table(Table {
                    rows: std::iter::once(header).chain(rows).collect(),
                })],
            }
        })
}

/// The length of everything the reader gives.
fn size_of(document: &Document, year: Option<i32>) -> usize {
    serde_json::to_string(&parse_plan(document, year))
        .unwrap()
        .len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,400}", year in prop::option::of(-9999..99999_i32)) {
        size_of(&Document::from_text(&text), year);
    }

    #[test]
    fn plan_like_text_is_read_without_panic_and_in_proportion(text in plan_like_text()) {
        let size = size_of(&Document::from_text(&text), Some(2026));
        prop_assert!(size <= 2000 + 60 * text.len(), "{size} bytes from {}", text.len());
    }

    #[test]
    fn any_table_is_read_without_panic(document in table()) {
        size_of(&document, Some(2026));
    }

    #[test]
    fn lines_of_problems_and_measures_are_lines_of_the_document(text in plan_like_text()) {
        let plan = parse_plan(&Document::from_text(&text), None);
        let lines = text.split('\n').count();
        for line in plan.problems.iter().map(|problem| problem.line) {
            prop_assert!(line <= lines);
        }
        for measure in &plan.measures {
            prop_assert!((1..=lines).contains(&measure.line));
        }
    }

    #[test]
    fn an_extreme_line_number_or_level_changes_nothing(level in any::<u8>(), line in any::<usize>()) {
        let paragraph = Paragraph { line, text: "一、任务".to_owned(), heading_level: Some(level) };
        size_of(&Document { blocks: vec![Block::Paragraph(paragraph)] }, None);
    }
}

/// Enough of one pattern that quadratic work on it would take far longer than the limit: two megabytes in a
/// release build, a twentieth of it in a slow debug build.
const HOSTILE_BYTES: usize = if cfg!(debug_assertions) {
    100_000
} else {
    2_000_000
};

fn hostile_texts() -> Vec<(String, String)> {
    let patterns = [
        "（",
        "）",
        "一、",
        "一、\n",
        "（一）",
        "1.",
        "“",
        "《",
        "牵头单位：",
        "（牵头单位：基教科",
        "基教科、",
        "各校和",
        "2026年",
        "每月",
        "每月一抽查",
        "80%",
        "报",
        "于5月1日前报",
        "6月底前完成",
        "第一阶段",
        "附件",
        "附件1\n",
        "\t",
        "|",
        "|a|b|c|\n",
        "1.1\n",
        "①\n",
        "牵头单位：甲科\n",
        "\n",
        "阶段",
        "20",
        "百",
        "（一）加强。（责任单位：教研室）\n",
        "会同",
        "1,000",
        "、",
        "# 任务\n",
        "一是\n",
        "某市教育局\n2026年1月1日\n",
        "关于印发《",
        " ",
        "责任单位 ",
        "1、加强（甲科牵头，乙科配合）\n",
        "（试行）",
        "，",
        "。",
        "全覆盖",
        "实施步骤\n",
        "（2026年3月—4月）",
    ];
    let mut texts = Vec::new();
    for pattern in patterns {
        let repeated = pattern.repeat(HOSTILE_BYTES / pattern.len());
        texts.push((
            format!("in a measure {pattern:?}"),
            format!("一、重点任务\n1、加强{repeated}（责任单位：教研室）"),
        ));
        texts.push((
            format!("in a goal {pattern:?}"),
            format!("一、工作目标\n{repeated}"),
        ));
        texts.push((
            format!("among units {pattern:?}"),
            format!("一、重点任务\n1、加强管理。（责任单位：{repeated}）"),
        ));
        texts.push((
            format!("in a phrase {pattern:?}"),
            format!("一、重点任务\n1、加强管理。（{repeated}负责）"),
        ));
        texts.push((
            format!("in a request {pattern:?}"),
            format!("一、工作要求\n各校于5月1日前将{repeated}报教研室"),
        ));
        texts.push((format!("alone {pattern:?}"), repeated));
    }
    texts
}

#[test]
fn hostile_repetition_takes_linear_time_and_space() {
    let limit = Duration::from_secs(4);
    for (pattern, text) in hostile_texts() {
        let start = Instant::now();
        let document = Document::from_text(&text);
        let size = size_of(&document, Some(2026));
        let took = start.elapsed();
        assert!(took < limit, "{pattern} took {took:?}");
        assert!(
            size < 40 * text.len(),
            "{pattern} gave {size} bytes from {}",
            text.len()
        );
    }
}

#[test]
fn two_megabytes_of_one_mark_are_read_in_seconds() {
    for pattern in ["（", "一、", "一、\n"] {
        let text = pattern.repeat(2_000_000 / pattern.len());
        let start = Instant::now();
        size_of(&Document::from_text(&text), Some(2026));
        let took = start.elapsed();
        println!("{pattern:?}: {took:?}");
        assert!(took < Duration::from_secs(8), "{pattern:?} took {took:?}");
    }
}

#[test]
fn a_hostile_table_takes_linear_time() {
    let cells = |text: &str| vec![text.to_owned(), "任务".to_owned(), "甲科、乙科".to_owned()];
    let header = TableRow {
        line: 1,
        cells: vec!["序号".into(), "工作任务".into(), "责任单位".into()],
    };
    for number in ["1", "", "同"] {
        let rows = (0..20_000).map(|at| TableRow {
            line: at + 2,
            cells: cells(number),
        });
        let table = Table {
            rows: std::iter::once(header.clone()).chain(rows).collect(),
        };
        let start = Instant::now();
        size_of(
            &Document {
                blocks: vec![Block::Table(table)],
            },
            None,
        );
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{number:?} took {:?}",
            start.elapsed()
        );
    }
}

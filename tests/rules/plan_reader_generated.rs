//! Plans written by a generator: random measures, units, time limits and phases in a random style must come back
//! as they went in, whatever the style of numbers, brackets and labels.

use chrono::NaiveDate;
use duban::domain::plan::{Document, parse_plan};
use proptest::prelude::*;

#[derive(Debug, Clone)]
struct Wanted {
    title: String,
    text: String,
    lead: Vec<String>,
    responsible: Vec<String>,
    due: Due,
}

#[derive(Debug, Clone, Copy)]
enum Due {
    None,
    Month(u32),
    Day(u32, u32),
    Standing,
}

#[derive(Debug, Clone, Copy)]
enum Style {
    /// （牵头单位：A、B，责任单位：C、D）
    Labels {
        open: char,
        close: char,
        comma: char,
    },
    /// （A、B牵头，C、D配合）, cooperating units.
    Phrase,
    /// On lines of their own.
    Lines,
    /// A table.
    Table,
}

const UNITS: [&str; 16] = [
    "基教科",
    "学前教育与高中教育科",
    "“双减”工作专班",
    "办公室（信访科、法规科）",
    "教研室",
    "各地各校",
    "市直学校",
    "各县（市、区）教育局",
    "社会与法治教育科",
    "电教馆",
    "校外活动中心",
    "机关党委",
    "第一实验小学",
    "青云镇中心校",
    "团委",
    "督导办",
];
const TITLES: [&str; 8] = [
    "规范课程管理",
    "打造“高效课堂”",
    "提升师德修养，涵养教育情怀",
    "推进“三个课堂”应用（试行）",
    "完善评价机制",
    "加强作业统筹",
    "开展校本研修",
    "建好用好2个平台",
];
const SENTENCES: [&str; 7] = [
    "各校要因地制宜抓好落实。",
    "坚持问题导向（见前期调研），逐项整改。",
    "2025年已建成的项目继续使用。",
    "每学期至少研究一次。",
    "支持12岁以上学生参加。",
    "教师参与率达80%以上。",
    "抓实一、二年级衔接。",
];

fn units(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<String>> {
    prop::sample::subsequence(UNITS.to_vec(), count)
        .prop_map(|units| units.into_iter().map(str::to_owned).collect())
}

fn measure() -> impl Strategy<Value = Wanted> {
    let due = prop_oneof![
        Just(Due::None),
        (1..=12_u32).prop_map(Due::Month),
        (1..=12_u32, 1..=28_u32).prop_map(|(month, day)| Due::Day(month, day)),
        Just(Due::Standing),
    ];
    let title = prop::sample::select(TITLES.to_vec());
    let sentences = prop::collection::vec(prop::sample::select(SENTENCES.to_vec()), 0..3);
    (title, sentences, units(1..4), units(1..6), due).prop_map(
        |(title, sentences, lead, responsible, due)| Wanted {
            title: title.to_owned(),
            text: format!("{title}。{}", sentences.concat()),
            lead,
            responsible,
            due,
        },
    )
}

fn style() -> impl Strategy<Value = Style> {
    let brackets = prop::sample::select(vec![
        ('（', '）'),
        ('(', ')'),
        ('［', '］'),
        ('【', '】'),
        ('〔', '〕'),
    ]);
    prop_oneof![
        (
            brackets,
            prop::sample::select(vec!['，', '；', '。', ';', ','])
        )
            .prop_map(|((open, close), comma)| Style::Labels { open, close, comma }),
        Just(Style::Phrase),
        Just(Style::Lines),
        Just(Style::Table),
    ]
}

fn limit(due: Due) -> Option<String> {
    match due {
        Due::None => None,
        Due::Month(month) => Some(format!("2026年{month}月底前")),
        Due::Day(month, day) => Some(format!("2026年{month}月{day}日前")),
        Due::Standing => Some("长期坚持".to_owned()),
    }
}

fn written(measure: &Wanted, number: &str, style: Style) -> String {
    let (lead, others) = (measure.lead.join("、"), measure.responsible.join("、"));
    let limit = limit(measure.due);
    match style {
        Style::Labels { open, close, comma } => {
            let limit = limit
                .map(|limit| format!("{comma}完成时限：{limit}"))
                .unwrap_or_default();
            format!(
                "{number}{}{open}牵头单位：{lead}{comma}责任单位：{others}{limit}{close}\n",
                measure.text
            )
        }
        Style::Phrase => {
            let limit = limit.map(|limit| format!("，{limit}")).unwrap_or_default();
            format!(
                "{number}{}（{lead}牵头，{others}配合{limit}）\n",
                measure.text
            )
        }
        Style::Lines => {
            let limit = limit
                .map(|limit| format!("完成时限：{limit}\n"))
                .unwrap_or_default();
            format!(
                "{number}{}\n牵头单位：{lead}\n责任单位：{others}\n{limit}",
                measure.text
            )
        }
        Style::Table => format!(
            "| {number} | {} | {lead} | {others} | {} |\n",
            measure.text,
            limit.unwrap_or_default()
        ),
    }
}

/// The styles of numbers below a section, written and as they are to be read.
const NUMBERS: [(&str, &str, &str, &str); 5] = [
    ("（", "）", "(", ")"),
    ("", "、", "", ""),
    ("", ".", "", ""),
    ("", "．", "", ""),
    ("(", ") ", "(", ")"),
];

fn chinese(number: usize) -> String {
    ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"][number - 1].to_owned()
}

fn plan(measures: &[Wanted], style: Style, numbers: usize) -> (String, Vec<String>) {
    let (open, close, read_open, read_close) = NUMBERS[numbers];
    let digits = |number: usize| {
        if numbers == 0 {
            chinese(number)
        } else {
            number.to_string()
        }
    };
    let mut text =
        String::from("青山市教育提质实施方案\n一、工作目标\n把学校办好。\n二、工作举措\n");
    let mut expected = Vec::new();
    if matches!(style, Style::Table) {
        text.push_str(
            "| 序号 | 工作任务 | 牵头单位 | 责任单位 | 完成时限 |\n|---|---|---|---|---|\n",
        );
    }
    for (at, measure) in measures.iter().enumerate() {
        let number = digits(at + 1);
        if matches!(style, Style::Table) {
            text.push_str(&written(measure, &number, style));
            expected.push(number);
        } else {
            text.push_str(&written(measure, &format!("{open}{number}{close}"), style));
            expected.push(format!("二{read_open}{number}{read_close}"));
        }
    }
    text.push_str("三、实施步骤\n（一）启动（2026年1月）。\n（二）实施（2026年2月—12月）。\n四、工作要求\n（一）加强领导。\n");
    (text, expected)
}

fn due_on(due: Due) -> Option<NaiveDate> {
    match due {
        Due::None | Due::Standing => None,
        Due::Month(12) => NaiveDate::from_ymd_opt(2026, 12, 31),
        Due::Month(month) => NaiveDate::from_ymd_opt(2026, month + 1, 1)?.pred_opt(),
        Due::Day(month, day) => NaiveDate::from_ymd_opt(2026, month, day),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_is_what_is_read(
        measures in prop::collection::vec(measure(), 2..8),
        style in style(),
        numbers in 0..NUMBERS.len(),
    ) {
        let (text, expected) = plan(&measures, style, numbers);
        let read = parse_plan(&Document::from_text(&text), None);
        let found: Vec<String> = read.measures.iter().map(|measure| measure.number.clone()).collect();
        prop_assert_eq!(found, expected, "{}", text);
        for (wanted, measure) in measures.iter().zip(&read.measures) {
            prop_assert_eq!(&measure.title, &wanted.title, "{}", text);
            prop_assert_eq!(&measure.text, &wanted.text, "{}", text);
            prop_assert_eq!(&measure.lead_units, &wanted.lead, "{}", text);
            let others = if matches!(style, Style::Phrase) { &measure.cooperating_units } else { &measure.responsible_units };
            prop_assert_eq!(others, &wanted.responsible, "{}", text);
            prop_assert_eq!(measure.due_on, due_on(wanted.due), "{}", text);
            prop_assert_eq!(measure.continuous, matches!(wanted.due, Due::Standing), "{}", text);
        }
        prop_assert_eq!(read.phases.len(), 2);
    }
}

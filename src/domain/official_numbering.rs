//! What an official document says without anybody typing it: numbers of headings and points, the attachment note, the
//! lines of recipients, copies and printing (GB/T 9704-2012 §7.3, §7.4). Where they stand on the page is not here.

use super::local_time::chinese_day;
use super::official_document::{
    Annex, AnnexContent, Block, HeadingLevel, Imprint, OfficialDocument, Orientation, PointMark,
    Reference,
};

/// The word before the attachment note and on an annex's first page.
pub const ANNEX_LABEL: &str = "附件";

/// The word before those who get copies.
pub const COPIES_LABEL: &str = "抄送：";

/// 一, 二, …, 十, 十一, …, 九十九; Arabic digits for 0 and from 100 on, which no outline reaches.
#[must_use]
pub fn chinese_ordinal(number: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |value: usize| DIGITS.get(value).copied().unwrap_or_default();
    match (number / 10, number % 10) {
        (0, 0) | (10.., _) => number.to_string(),
        (0, ones) => digit(ones).to_owned(),
        (1, ones) => format!("十{}", digit(ones)),
        (tens, ones) => format!("{}十{}", digit(tens), digit(ones)),
    }
}

/// Counts headings through a text. A heading begins the count of the ranks below it anew.
#[derive(Debug, Clone, Default)]
pub struct HeadingCounter {
    counts: [usize; 3],
}

impl HeadingCounter {
    /// The number of the next heading of this rank, with its punctuation: 一、 （一） 1.
    pub fn next(&mut self, level: HeadingLevel) -> String {
        let [one, two, three] = &mut self.counts;
        match level {
            HeadingLevel::One => {
                *one += 1;
                (*two, *three) = (0, 0);
                format!("{}、", chinese_ordinal(*one))
            }
            HeadingLevel::Two => {
                *two += 1;
                *three = 0;
                format!("（{}）", chinese_ordinal(*two))
            }
            HeadingLevel::Three => {
                *three += 1;
                format!("{three}.")
            }
        }
    }
}

/// The blocks with the number of each heading; empty for other blocks.
#[must_use]
pub fn numbered(blocks: &[Block]) -> Vec<(String, &Block)> {
    let mut counter = HeadingCounter::default();
    let number = |block: &Block| match block {
        Block::Heading(heading) => counter.next(heading.level),
        Block::Paragraph(_) | Block::Points { .. } | Block::Table(_) | Block::FinePrint(_) => {
            String::new()
        }
    };
    let numbers: Vec<String> = blocks.iter().map(number).collect();
    numbers.into_iter().zip(blocks).collect()
}

impl PointMark {
    /// The number of the point at `index`, from 0.
    #[must_use]
    pub fn number(self, index: usize) -> String {
        match self {
            Self::Bracketed => format!("（{}）", index + 1),
            Self::Spoken => format!("{}是", chinese_ordinal(index + 1)),
        }
    }
}

/// An annex that has pages in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrintedAnnex<'a> {
    /// Its number among all annexes, from 1; `None` where it is the only one.
    pub number: Option<usize>,
    /// Its title.
    pub title: &'a str,
    /// How its pages lie.
    pub orientation: Orientation,
    /// What stands on them.
    pub blocks: &'a [Block],
}

impl PrintedAnnex<'_> {
    /// The first line of its first page: 附件, or 附件2.
    #[must_use]
    pub fn label(&self) -> String {
        self.number.map_or_else(
            || ANNEX_LABEL.to_owned(),
            |number| format!("{ANNEX_LABEL}{number}"),
        )
    }
}

impl OfficialDocument {
    /// 第3期; `None` where the reference is no issue.
    #[must_use]
    pub fn issue_number(&self) -> Option<String> {
        match &self.reference {
            Some(Reference::Issue { number, .. }) => Some(format!("第{number}期")),
            Some(Reference::Number(_)) | None => None,
        }
    }

    /// The recipients in one line that ends with a colon; `None` where there are none.
    #[must_use]
    pub fn recipients_line(&self) -> Option<String> {
        Some(format!("{}：", joined(&self.recipients)?))
    }

    /// The lines of the attachment note without 附件： before the first: the titles, numbered where there are several,
    /// without punctuation behind them.
    #[must_use]
    pub fn attachment_note(&self) -> Vec<String> {
        let title = |annex: &Annex| annex.title.split_whitespace().collect::<Vec<_>>().join(" ");
        match self.annexes.as_slice() {
            [only] => vec![title(only)],
            several => several
                .iter()
                .enumerate()
                .map(|(index, annex)| format!("{}.{}", index + 1, title(annex)))
                .collect(),
        }
    }

    /// The annexes that have pages, in order, under the numbers of the attachment note.
    pub fn printed_annexes(&self) -> impl Iterator<Item = PrintedAnnex<'_>> {
        let is_only = self.annexes.len() == 1;
        let annexes = self.annexes.iter().enumerate();
        annexes.filter_map(move |(index, annex)| match &annex.content {
            AnnexContent::Pages {
                orientation,
                blocks,
            } => Some(PrintedAnnex {
                number: (!is_only).then_some(index + 1),
                title: &annex.title,
                orientation: *orientation,
                blocks,
            }),
            AnnexContent::File => None,
        })
    }
}

impl Imprint {
    /// Those who get copies, behind 抄送：, ended by a full stop; `None` where there are none.
    #[must_use]
    pub fn copies_line(&self) -> Option<String> {
        Some(format!("{}。", joined(&self.copies)?))
    }

    /// 2026年11月23日印发.
    #[must_use]
    pub fn printed_line(&self) -> String {
        format!("{}印发", chinese_day(self.printed_on))
    }
}

/// The names that are not blank, without punctuation of their own at the end, with full-width commas between them.
fn joined(names: &[String]) -> Option<String> {
    let names: Vec<&str> = names
        .iter()
        .map(|name| name.trim().trim_end_matches(['：', ':', '，', '。']))
        .filter(|name| !name.is_empty())
        .collect();
    (!names.is_empty()).then(|| names.join("，"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    #[test]
    fn ordinals_are_written_as_spoken() {
        let cases = [
            (1, "一"),
            (9, "九"),
            (10, "十"),
            (11, "十一"),
            (20, "二十"),
            (35, "三十五"),
            (99, "九十九"),
            (0, "0"),
            (100, "100"),
            (1011, "1011"),
        ];
        for (number, written) in cases {
            assert_eq!(chinese_ordinal(number), written);
        }
        assert_eq!(PointMark::Spoken.number(1), "二是");
        assert_eq!(PointMark::Bracketed.number(10), "（11）");
    }

    #[test]
    fn a_heading_begins_the_count_below_it_anew() {
        use HeadingLevel::{One, Three, Two};
        let mut counter = HeadingCounter::default();
        let levels = [One, Two, Three, Three, Two, Three, One, Three, Two];
        let numbers: Vec<String> = levels.map(|level| counter.next(level)).into();
        assert_eq!(
            numbers,
            [
                "一、",
                "（一）",
                "1.",
                "2.",
                "（二）",
                "1.",
                "二、",
                "1.",
                "（一）"
            ]
        );
    }

    fn document(titles: &[(&str, bool)]) -> OfficialDocument {
        let annex = |(title, is_file): &(&str, bool)| Annex {
            title: (*title).to_owned(),
            content: if *is_file {
                AnnexContent::File
            } else {
                AnnexContent::Pages {
                    orientation: Orientation::Portrait,
                    blocks: vec![],
                }
            },
        };
        OfficialDocument {
            mark: None,
            reference: None,
            urgency: None,
            title: "通报".to_owned(),
            recipients: vec![
                " 各区教育局：".to_owned(),
                String::new(),
                "局属各学校:".to_owned(),
            ],
            body: vec![],
            annexes: titles.iter().map(annex).collect(),
            signature: None,
            imprint: None,
        }
    }

    #[test]
    fn one_annex_has_no_number_and_several_have() {
        let one = document(&[("任务\n台账", false)]);
        assert_eq!(one.attachment_note(), ["任务 台账"]);
        let label = |document: &OfficialDocument| -> Vec<String> {
            document
                .printed_annexes()
                .map(|annex| annex.label())
                .collect()
        };
        assert_eq!(label(&one), ["附件"]);
        let several = document(&[("甲", false), ("乙", true), ("丙", false)]);
        assert_eq!(several.attachment_note(), ["1.甲", "2.乙", "3.丙"]);
        assert_eq!(label(&several), ["附件1", "附件3"]);
        assert!(document(&[]).attachment_note().is_empty());
    }

    #[test]
    fn lines_of_names_end_as_the_standard_says() {
        let document = document(&[]);
        assert_eq!(
            document.recipients_line().as_deref(),
            Some("各区教育局，局属各学校：")
        );
        let mut imprint = Imprint {
            copies: vec!["市委办公室".to_owned(), "市政府办公室。".to_owned()],
            printed_by: "办公室".to_owned(),
            printed_on: NaiveDate::from_ymd_opt(2026, 11, 24).unwrap(),
        };
        assert_eq!(
            imprint.copies_line().as_deref(),
            Some("市委办公室，市政府办公室。")
        );
        assert_eq!(imprint.printed_line(), "2026年11月24日印发");
        imprint.copies = vec![" ".to_owned()];
        assert_eq!(imprint.copies_line(), None);
    }
}

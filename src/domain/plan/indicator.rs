//! What a plan promises in numbers: comparator, value, unit and how often. The comparator rule: words decide
//! (不少于, 以上 → `>=`; 不超过, 以内 → `<=`); a bare count that is to be created, or done every so often, is a floor
//! (`>=`), since doing more meets it; 全覆盖 and 100 % without 以上 are exactly that (`=`).

use std::ops::Range;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use super::comparator::{clause_frequency, judge};
use super::outline::mark_of;
use super::punctuation::{Nesting, Text, slice, word_at};
use super::quantity::quantity_at;
use crate::domain::frequency::Frequency;
use crate::domain::role::UnknownCode;

/// A number that the plan promises.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Indicator {
    /// The clause that states it, as written.
    pub text: String,
    /// How the value is to be met.
    pub comparator: Comparator,
    /// The value, in `unit`; printed as an integer where whole.
    #[serde(serialize_with = "whole_as_integer")]
    pub value: f64,
    /// The unit as written (%, 节, 次); 百分之 is %.
    pub unit: String,
    /// How often it is to be met; `None` for once or unsaid.
    pub frequency: Option<Frequency>,
}

/// How a value is to be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Comparator {
    /// At least.
    #[serde(rename = ">=")]
    AtLeast,
    /// At most.
    #[serde(rename = "<=")]
    AtMost,
    /// Exactly.
    #[serde(rename = "=")]
    Exactly,
}

impl Comparator {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::AtLeast, Self::AtMost, Self::Exactly];

    /// The sign, as stored and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
            Self::Exactly => "=",
        }
    }
}

impl FromStr for Comparator {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.as_str() == text)
            .ok_or_else(|| UnknownCode::new("comparator", text))
    }
}

/// Where a text stands: in a section of goals a bare count or rate is a promise too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Measure,
    Goals,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
fn whole_as_integer<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
        return serializer.serialize_i64(*value as i64);
    }
    serializer.serialize_f64(*value)
}

/// The indicators of a text in order.
pub(crate) fn find_indicators(text: &Text, place: Place) -> Vec<Indicator> {
    let mut indicators = Vec::new();
    let mut inherited = None;
    for clause in clauses(text.folded()) {
        if clause.begins_sentence {
            inherited = None;
        }
        let found = clause_indicators(text, &clause, place, inherited);
        inherited = clause_frequency(slice(text.folded(), clause.range.clone())).or(inherited);
        indicators.extend(found);
    }
    indicators
}

struct Clause {
    range: Range<usize>,
    begins_sentence: bool,
}

/// Clauses end at ，；。：, brackets and line breaks, but not at the comma of 1,000. Quoted text is left out
/// where it is inside 《》.
fn clauses(folded: &[char]) -> Vec<Clause> {
    let mut clauses = Vec::new();
    let mut start = line_start(folded, 0);
    let mut begins_sentence = true;
    for (at, c) in folded.iter().enumerate() {
        let is_thousands = *c == ','
            && at
                .checked_sub(1)
                .and_then(|before| folded.get(before))
                .is_some_and(char::is_ascii_digit)
            && folded.get(at + 1).is_some_and(char::is_ascii_digit);
        if at < start
            || is_thousands
            || !matches!(c, ',' | ';' | '。' | ':' | '!' | '?' | '(' | ')' | '\n')
        {
            continue;
        }
        clauses.push(Clause {
            range: start..at,
            begins_sentence,
        });
        begins_sentence = matches!(c, '。' | '\n' | ';' | '!' | '?');
        start = if matches!(c, '\n' | '。' | ';') {
            line_start(folded, at + 1)
        } else {
            at + 1
        };
    }
    clauses.push(Clause {
        range: start..folded.len(),
        begins_sentence,
    });
    clauses
}

/// Where the text of a line begins behind its outline number.
fn line_start(folded: &[char], at: usize) -> usize {
    at + mark_of(slice(folded, at..at + 20)).map_or(0, |mark| mark.body)
}

/// A promised number and where in its clause it stands.
struct Hit {
    at: usize,
    end: usize,
    comparator: Comparator,
    value: f64,
    unit: &'static str,
    frequency: Option<Frequency>,
}

fn clause_indicators(
    text: &Text,
    clause: &Clause,
    place: Place,
    inherited: Option<Frequency>,
) -> Vec<Indicator> {
    let hits = clause_hits(slice(text.folded(), clause.range.clone()), place, inherited);
    let starts: Vec<usize> = match hits.len() {
        0 | 1 => vec![clause.range.start],
        // Several promises in one clause are told apart at the 、 in front of each.
        _ => hits
            .iter()
            .enumerate()
            .map(|(index, hit)| {
                if index == 0 {
                    clause.range.start
                } else {
                    segment_start(text.folded(), clause, hit.at)
                }
            })
            .collect(),
    };
    let ends = starts.iter().skip(1).copied().chain([clause.range.end]);
    hits.iter()
        .zip(starts.iter().copied().zip(ends))
        .map(|(hit, (start, end))| Indicator {
            text: stating(text, clause, hit, start..end.max(start)),
            comparator: hit.comparator,
            value: hit.value,
            unit: hit.unit.to_owned(),
            frequency: hit.frequency,
        })
        .collect()
}

/// Longest text that states an indicator, and how much of it may stand before the number where several share it.
const MAX_TEXT: usize = 200;
const MAX_SHARED: usize = 30;

/// The words that state a promise: its part of the clause; what stands in front of it where two share a part.
fn stating(text: &Text, clause: &Clause, hit: &Hit, part: Range<usize>) -> String {
    let at = clause.range.start + hit.at;
    let is_shared = part.is_empty() || !part.contains(&at);
    let start = if is_shared {
        clause.range.start
    } else {
        part.start
    };
    let end = if is_shared {
        hit.end + clause.range.start
    } else {
        part.end
    };
    let reach = if is_shared { MAX_SHARED } else { MAX_TEXT / 2 };
    let start = start.max(at.saturating_sub(reach));
    text.written(start..end.min(start + MAX_TEXT))
        .trim_matches(['、', '“', '”', ' ', '，'])
        .to_owned()
}

fn segment_start(folded: &[char], clause: &Clause, at: usize) -> usize {
    let at = clause.range.start + at;
    let from = clause.range.start.max(at.saturating_sub(MAX_TEXT));
    slice(folded, from..at)
        .iter()
        .rposition(|c| *c == '、')
        .map_or(clause.range.start, |mark| from + mark + 1)
}

fn clause_hits(clause: &[char], place: Place, inherited: Option<Frequency>) -> Vec<Hit> {
    let mut hits = Vec::new();
    let mut nesting = Nesting::default();
    let mut from = 0;
    let mut at = 0;
    while let Some(c) = clause.get(at) {
        nesting.step(*c);
        if nesting.is_quoted() {
            at += 1;
            continue;
        }
        if word_at(clause, at, "全覆盖") && !word_at(clause, at + 3, "式") {
            hits.push(Hit {
                at,
                end: at + 3,
                comparator: Comparator::Exactly,
                value: 100.0,
                unit: "%",
                frequency: None,
            });
            at += 3;
            from = at;
            continue;
        }
        let begins_number = c.is_ascii_digit() || "零一二两三四五六七八九十百千万".contains(*c);
        let Some(quantity) = Some(at)
            .filter(|_| begins_number)
            .and_then(|at| quantity_at(clause, at))
        else {
            at += 1;
            continue;
        };
        if let Some(judgement) = judge(clause, from, &quantity, place, inherited) {
            from = quantity.range.end;
            hits.push(Hit {
                at,
                end: from,
                comparator: judgement.comparator,
                value: quantity.value,
                unit: quantity.unit,
                frequency: judgement.frequency,
            });
        }
        at = quantity.range.end.max(at + 1);
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, place: Place) -> Vec<String> {
        find_indicators(&Text::new(text), place)
            .iter()
            .map(|indicator| {
                let json = serde_json::to_value(indicator).unwrap();
                let frequency = indicator.frequency.map_or("-", Frequency::as_str);
                format!(
                    "{} {} {} {frequency}",
                    json["comparator"].as_str().unwrap(),
                    json["value"],
                    indicator.unit
                )
            })
            .collect()
    }

    #[test]
    fn promises_in_measures_are_read() {
        for (text, expected) in [
            ("参与率达80%以上", ">= 80 % -"),
            ("听课不少于20节", ">= 20 节 -"),
            ("每学期至少举办一次家长接待日", ">= 1 次 term"),
            ("每名班主任每年参加不少于60课时的研修", ">= 60 课时 year"),
            ("每个月安排不少于１次", ">= 1 次 month"),
            ("每周每学科集体研课不得少于1次", ">= 1 次 week"),
            ("书面作业不超过60分钟", "<= 60 分钟 -"),
            ("近视率控制在38%以内", "<= 38 % -"),
            ("辍学率低于0.5%", "<= 0.5 % -"),
            ("开课率达到100%", "= 100 % -"),
            ("课后服务全覆盖", "= 100 % -"),
            ("每学年开展两次", ">= 2 次 school_year"),
            ("达到三分之二以上", ">= 66.67 % -"),
            ("创建60所示范校", ">= 60 所 -"),
            ("人数不少于在岗教师的30%", ">= 30 % -"),
            ("优秀率提高5个百分点", ">= 5 个百分点 -"),
        ] {
            assert_eq!(read(text, Place::Measure), [expected], "{text}");
        }
    }

    #[test]
    fn a_frequency_reaches_over_the_clauses_of_its_sentence() {
        assert_eq!(
            read(
                "教研组长每学期要评课10节以上，备课组长不少于15次。教研员不少于9次",
                Place::Measure
            ),
            [">= 10 节 term", ">= 15 次 term", ">= 9 次 -"]
        );
    }

    #[test]
    fn years_ages_quotes_and_turns_of_phrase_are_no_promise() {
        for text in [
            "2026年启动",
            "“1+1”结对",
            "《3次修订》",
            "连续两年下滑",
            "一名园丁带好一座花园",
            "年满18岁",
            "出现3次以上的教师",
            "“六个一”要求：上一节示范课、写一篇文章",
            "联系电话13800000000",
            "建设一支队伍",
        ] {
            assert_eq!(read(text, Place::Measure), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn goals_count_what_is_to_be_created() {
        assert_eq!(
            read(
                "实施计划（创建2个示范区、培养40名名师和校长、构建一套教学、教研模式），满意度95%",
                Place::Goals
            ),
            [">= 2 个 -", ">= 40 名 -", ">= 1 套 -", ">= 95 % -"]
        );
        let goals = find_indicators(
            &Text::new("（创建2个示范区、构建一套教学、教研模式）"),
            Place::Goals,
        );
        assert_eq!(goals[1].text, "构建一套教学、教研模式");
    }
}

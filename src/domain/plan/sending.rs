//! What is to be sent up: by whom, what, to whom, by when ("各校于5月15日前将方案报市教育局基教科"). What recurs
//! (每月25日前) is no one-off deadline. Obligations are made elsewhere.

use chrono::NaiveDate;
use serde::Serialize;

use super::due::PlanTime;
use super::problem::{Problem, ProblemKind};
use super::punctuation::{Text, slice};
use super::request::{Limit, Sending, subject_of};
use super::sending_verb::{is_sending, verb_at};

/// Something to be sent up once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// The line of the paragraph, for messages; not part of the contract.
    #[serde(skip)]
    pub line: usize,
    /// The sentence, as written.
    pub text: String,
    /// What is to be sent; empty where the sentence does not say.
    pub what: String,
    /// Who sends it, as written; empty where the sentence does not say.
    pub from_units: Vec<String>,
    /// Who receives it, as written, with the issuer's prefix; `None` where the sentence does not say.
    pub to_unit: Option<String>,
    /// The last day, bureau-local; `None` where the year is not known.
    pub due_on: Option<NaiveDate>,
}

/// What is known about the plan when its sentences are read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SendingContext<'a> {
    pub(crate) time: PlanTime,
    /// Who is asked where a sentence names nobody: the addressees of the document.
    pub(crate) addressees: &'a [String],
}

/// The deadlines of a paragraph, and what about them a person should look at.
#[derive(Debug, Default)]
pub(crate) struct Sendings {
    pub(crate) deadlines: Vec<Deadline>,
    pub(crate) problems: Vec<Problem>,
}

/// Sentences longer than this are no sentences.
const MAX_SENTENCE: usize = 500;

/// Finds what a paragraph asks to be sent up by a day.
pub(crate) fn find_sendings(text: &Text, line: usize, context: &SendingContext<'_>) -> Sendings {
    let mut found = Sendings::default();
    let mut start = 0;
    let mut senders = context.addressees.to_vec();
    for end in (0..text.len())
        .filter(|at| matches!(text.folded().get(*at), Some('。' | ';' | '\n')))
        .chain([text.len()])
    {
        if end - start <= MAX_SENTENCE && is_sending(slice(text.folded(), start..end)) {
            let sentence = text.part(start..end);
            // Who is named stays the sender up to the end of the sentence: "各校每周五前报进展；6月30日前报总结。"
            let named = subject_of(&sentence);
            if !named.is_empty() {
                senders = named;
            }
            read_sentence(&sentence, line, context.time, &mut senders, &mut found);
        }
        if text.folded().get(end) != Some(&';') {
            senders = context.addressees.to_vec();
        }
        start = end + 1;
    }
    found
}

fn read_sentence(
    sentence: &Text,
    line: usize,
    time: PlanTime,
    senders: &mut Vec<String>,
    found: &mut Sendings,
) {
    let folded = sentence.folded();
    let mut start = 0;
    let mut at = 0;
    while at < folded.len() {
        let Some(length) = verb_at(folded, at) else {
            at += 1;
            continue;
        };
        let sending = Sending {
            sentence,
            start,
            verb: at..at + length,
        };
        match sending.limit() {
            Limit::Recurring => {
                let problem = Problem::at(line, ProblemKind::RecurringDeadline, sentence);
                if found.problems.last() != Some(&problem) {
                    found.problems.push(problem);
                }
            }
            Limit::Day(date) => {
                let mut deadline = sending.read(&date, time, line);
                if deadline.from_units.is_empty() {
                    deadline.from_units.clone_from(senders);
                }
                senders.clone_from(&deadline.from_units);
                if deadline.from_units.is_empty() {
                    found
                        .problems
                        .push(Problem::at(line, ProblemKind::UnknownSender, sentence));
                }
                if deadline.due_on.is_none() {
                    found
                        .problems
                        .push(Problem::at(line, ProblemKind::Undated, sentence));
                }
                found.deadlines.push(deadline);
            }
            Limit::Nothing => {}
        }
        at += length;
        start = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let time = PlanTime {
            start: NaiveDate::from_ymd_opt(2026, 4, 1),
            year: Some(2026),
        };
        find_sendings(
            &Text::new(text),
            1,
            &SendingContext {
                time,
                addressees: &[],
            },
        )
        .deadlines
        .iter()
        .map(|d| {
            let day = d.due_on.map_or_else(String::new, |day| day.to_string());
            format!(
                "{}|{}|{}|{day}",
                d.from_units.join("+"),
                d.what,
                d.to_unit.as_deref().unwrap_or("-")
            )
        })
        .collect()
    }

    #[test]
    fn who_sends_what_to_whom_by_when() {
        for (text, expected) in [
            (
                "各区教育局、市直学校要细化举措，落到人头，并于5月20日前将工作计划报市教育局督导科。",
                "各区教育局+市直学校|工作计划|市教育局督导科|2026-05-20",
            ),
            (
                "各校活动计划要写明分工，并于6月上旬报专班办公室。",
                "各校|活动计划|专班办公室|2026-06-10",
            ),
            (
                "请各单位于12月10日前将工作总结报送市教育局办公室（信访科）（邮箱：a@example.org）。",
                "各单位|工作总结|市教育局办公室（信访科）|2026-12-10",
            ),
            (
                "5月20日前，各学校将报名表电子版报至区教育局。",
                "各学校|报名表电子版|区教育局|2026-05-20",
            ),
            (
                "各学校将自查报告于3月1日前报送教研室备案",
                "各学校|自查报告|教研室|2027-03-01",
            ),
            (
                "各县区于2026年11月底前向市教育局报送总结材料。",
                "各县区|总结材料|市教育局|2026-11-30",
            ),
            (
                "各校要认真自查，自查报告于9月30日前上报督导办。",
                "各校|自查报告|督导办|2026-09-30",
            ),
        ] {
            assert_eq!(read(text), [expected], "{text}");
        }
    }

    #[test]
    fn one_sentence_may_ask_twice() {
        assert_eq!(
            read("各校于5月15日前将方案报基教科，12月10日前将总结报督导办"),
            ["各校|方案|基教科|2026-05-15", "各校|总结|督导办|2026-12-10"]
        );
    }

    #[test]
    fn reports_in_passing_and_without_a_day_are_no_deadline() {
        for text in [
            "及时通报情况",
            "6月1日前完成报名",
            "各校按时报送材料",
            "7月1日前召开报告会",
            "总结上报经验",
        ] {
            assert_eq!(read(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn what_recurs_is_listed_and_no_deadline() {
        let found = find_sendings(
            &Text::new("各校每月25日前将进展情况报基教科。"),
            3,
            &SendingContext::default(),
        );
        assert!(found.deadlines.is_empty());
        assert_eq!(found.problems[0].kind, ProblemKind::RecurringDeadline);
    }
}

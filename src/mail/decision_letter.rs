//! What a unit is told of a decision about it: a talk or a card that was confirmed, a notice that was taken back, an objection
//! to one, a finding that was withdrawn. Plain data, and how it is worded.

use chrono::NaiveDate;
use rust_i18n::t;

use super::letter::Locale;
use super::plain_text::clean;
use super::wording::{REMARK_CHARS, Wording};
use crate::domain::card::Card;

/// The longest text of a reason, in characters; the paragraph has words of its own beside it.
const REASON_CHARS: usize = 800;

/// A decision in words: what the mail is called and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionWords {
    /// Its subject, which is cut like every other when the mail is made.
    pub subject: String,
    /// What is decided, why, and what is left for the unit to do.
    pub paragraphs: Vec<String>,
}

/// A talk or a card that was confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardTold {
    /// The language.
    pub locale: Locale,
    /// Which.
    pub card: Card,
    /// The year in which the school year of the results begins.
    pub school_year: i32,
    /// The Chinese name of the level: 小学.
    pub level: &'static str,
    /// What is said of each year that led to it, the earliest first.
    pub years: Vec<String>,
    /// Why it was confirmed.
    pub reason: String,
}

/// What was decided about a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeDecided {
    /// It is taken back.
    Withdrawn,
    /// The objection to it is upheld: it is taken back.
    Upheld,
    /// The objection to it is rejected: it stands.
    Rejected,
}

/// What is left for the unit to do about a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeLeaves {
    /// The notice needs no answer any more, what it was about still does.
    Request,
    /// The notice needs no answer any more, the task that it was about goes on.
    Task,
    /// Nothing at all.
    Nothing,
    /// Its answer is there, and is looked at.
    Review,
    /// Its answer.
    Answer,
}

/// A decision about a notice that the unit has received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeTold {
    /// The language.
    pub locale: Locale,
    /// What was decided.
    pub decided: NoticeDecided,
    /// Its number and colour: 〔2026〕督字第3号黄色督办单.
    pub notice: String,
    /// What it is about, as a verb phrase.
    pub about: String,
    /// The local day it was issued.
    pub issued_on: NaiveDate,
    /// Why it was decided so.
    pub reason: Option<String>,
    /// What is left to do.
    pub leaves: NoticeLeaves,
}

/// A finding that was withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingTold {
    /// The language.
    pub locale: Locale,
    /// The local day it was raised.
    pub raised_on: NaiveDate,
    /// What was found.
    pub text: String,
    /// Why it is withdrawn.
    pub reason: String,
}

/// The words of a finding that was withdrawn.
#[must_use]
pub fn finding_words(told: &FindingTold) -> DecisionWords {
    let tag = told.locale.tag();
    let date = Wording::new(told.locale).date(told.raised_on);
    let finding = clean(&told.text, REMARK_CHARS);
    let said = t!(
        "mail.finding_withdrawn.withdrawn",
        locale = tag,
        date = date,
        finding = finding
    );
    DecisionWords {
        subject: t!("mail.finding_withdrawn.subject", locale = tag).into_owned(),
        paragraphs: vec![
            said.into_owned(),
            reason_words(tag, &told.reason),
            t!("mail.finding_withdrawn.leaves_nothing", locale = tag).into_owned(),
        ],
    }
}

/// The words of a confirmed talk or card.
#[must_use]
pub fn card_words(told: &CardTold) -> DecisionWords {
    let tag = told.locale.tag();
    let (decided, next) = match told.card {
        Card::Talk => ("mail.card.decided_talk", "mail.card.next_talk"),
        Card::Yellow => ("mail.card.decided_yellow", "mail.card.next_card"),
        Card::Red => ("mail.card.decided_red", "mail.card.next_card"),
    };
    let (year, until) = (told.school_year, told.school_year + 1);
    let mut paragraphs = vec![
        t!(
            decided,
            locale = tag,
            year = year,
            until = until,
            level = told.level
        )
        .into_owned(),
    ];
    let years = told.years.iter().map(|one| with_stop(one));
    paragraphs.extend(years);
    paragraphs.push(reason_words(tag, &told.reason));
    paragraphs.push(t!(next, locale = tag).into_owned());
    DecisionWords {
        subject: t!(
            match told.card {
                Card::Talk => "mail.card.subject_talk",
                Card::Yellow => "mail.card.subject_yellow",
                Card::Red => "mail.card.subject_red",
            },
            locale = tag,
            year = year,
            until = until
        )
        .into_owned(),
        paragraphs,
    }
}

/// The words of a decision about a notice.
#[must_use]
pub fn notice_words(told: &NoticeTold) -> DecisionWords {
    let tag = told.locale.tag();
    let (subject, decided) = match told.decided {
        NoticeDecided::Withdrawn => (
            "mail.notice_decided.subject_withdrawn",
            "mail.notice_decided.withdrawn",
        ),
        NoticeDecided::Upheld => (
            "mail.notice_decided.subject_upheld",
            "mail.notice_decided.upheld",
        ),
        NoticeDecided::Rejected => (
            "mail.notice_decided.subject_rejected",
            "mail.notice_decided.rejected",
        ),
    };
    let next = match told.leaves {
        NoticeLeaves::Request => "mail.notice_decided.leaves_request",
        NoticeLeaves::Task => "mail.notice_decided.leaves_task",
        NoticeLeaves::Nothing => "mail.notice_decided.leaves_nothing",
        NoticeLeaves::Review => "mail.notice_decided.leaves_review",
        NoticeLeaves::Answer => "mail.notice_decided.leaves_answer",
    };
    let date = Wording::new(told.locale).date(told.issued_on);
    let (notice, about) = (told.notice.as_str(), told.about.as_str());
    let mut paragraphs = vec![
        t!(
            decided,
            locale = tag,
            notice = notice,
            about = about,
            date = date
        )
        .into_owned(),
    ];
    paragraphs.extend(told.reason.as_deref().map(|why| reason_words(tag, why)));
    paragraphs.push(t!(next, locale = tag).into_owned());
    DecisionWords {
        subject: t!(subject, locale = tag, notice = notice).into_owned(),
        paragraphs,
    }
}

fn reason_words(tag: &str, reason: &str) -> String {
    let shown: String = reason.trim().chars().take(REASON_CHARS).collect();
    let shown = match reason.trim().chars().count() > REASON_CHARS {
        true => format!("{shown}……"),
        false => with_stop(&shown),
    };
    t!("mail.decided_because", locale = tag, reason = shown).into_owned()
}

/// The sentence with a full stop at its end, where it has none.
fn with_stop(text: &str) -> String {
    match text.ends_with(['。', '！', '？', '.', '!', '?', '；', '…']) {
        true => text.to_owned(),
        false => format!("{text}。"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(locale: Locale, card: Card) -> DecisionWords {
        card_words(&CardTold {
            locale,
            card,
            school_year: 2025,
            level: "小学",
            years: vec!["2025—2026 学年 60 分；比上一学年（80 分）下降".to_owned()],
            reason: "属实".to_owned(),
        })
    }

    #[test]
    fn every_card_says_what_was_decided_why_and_what_comes_next() {
        for (one, name, next) in [
            (Card::Talk, "约谈", "另行通知"),
            (Card::Yellow, "黄牌", "改进措施"),
            (Card::Red, "红牌", "改进措施"),
        ] {
            let words = card(Locale::ZhCn, one);
            assert!(words.subject.contains(name), "{words:?}");
            let [decided, year, reason, last] = words.paragraphs.as_slice() else {
                panic!("{words:?}");
            };
            assert!(
                decided.contains(name) && decided.contains("2025—2026学年"),
                "{decided}"
            );
            assert!(year.ends_with("下降。"), "{year}");
            assert_eq!(reason, "理由：属实。");
            assert!(last.contains(next), "{last}");
            let english = card(Locale::En, one);
            assert!(!english.subject.contains(name), "{english:?}");
        }
    }

    #[test]
    fn a_withdrawn_finding_leaves_nothing_to_do() {
        let words = finding_words(&FindingTold {
            locale: Locale::ZhCn,
            raised_on: NaiveDate::from_ymd_opt(2026, 4, 2).unwrap(),
            text: "消防通道\n堆放杂物".to_owned(),
            reason: "登记有误".to_owned(),
        });
        let [said, reason, next] = words.paragraphs.as_slice() else {
            panic!("{words:?}");
        };
        assert!(said.contains("2026年4月2日") && said.contains("消防通道 堆放杂物"));
        assert_eq!(reason, "理由：登记有误。");
        assert!(next.contains("不需要"), "{next}");
    }

    #[test]
    fn a_notice_says_what_is_left_to_do() {
        let mut told = NoticeTold {
            locale: Locale::ZhCn,
            decided: NoticeDecided::Withdrawn,
            notice: "〔2026〕督字第3号黄色督办单".to_owned(),
            about: "报送完成情况".to_owned(),
            issued_on: NaiveDate::from_ymd_opt(2026, 5, 8).unwrap(),
            reason: Some("多".repeat(2000)),
            leaves: NoticeLeaves::Nothing,
        };
        let words = notice_words(&told);
        assert_eq!(words.subject, "【督办】〔2026〕督字第3号黄色督办单已经撤回");
        assert!(words.paragraphs[0].contains("2026年5月8日"));
        assert!(words.paragraphs[1].ends_with("……"));
        assert!(words.paragraphs[2].contains("不需要再做什么"));
        told.reason = None;
        for (decided, leaves) in [
            (NoticeDecided::Upheld, NoticeLeaves::Request),
            (NoticeDecided::Upheld, NoticeLeaves::Task),
            (NoticeDecided::Rejected, NoticeLeaves::Review),
            (NoticeDecided::Rejected, NoticeLeaves::Answer),
        ] {
            let other = notice_words(&NoticeTold {
                decided,
                leaves,
                ..told.clone()
            });
            assert_eq!(other.paragraphs.len(), 2);
            assert!(other.subject.contains("异议"), "{other:?}");
            assert_ne!(other.paragraphs[1], words.paragraphs[2]);
        }
    }
}

//! Letters as readers get them: wording kept as snapshots, and what must hold for any letter.

use chrono::NaiveDate;
use duban::mail::compose::{Composed, compose, compose_test};
use duban::mail::letter::{Ask, AskKind, CopyGroup, CopyReason, Letter, Locale, Occasion, Timing};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use crate::sample_letters::{LINKS_BEGIN, all, ask, day, item, letter, test_letter, with_links};

const HOSTILE: &str =
    "x\r\nBcc: evil@example.cn\u{202E}{{7*7}}<img src=x onerror=alert(1)>%{office}\"'&\u{0}";

fn composed(letter: &Letter) -> Composed {
    compose(letter).expect("composed")
}

fn with_asks(asks: Vec<Ask>) -> Letter {
    Letter {
        asks,
        ..letter("张老师", &["滨江区教育局"])
    }
}

fn due(timing: Timing, due_on: Option<&str>, unit: &str) -> Ask {
    Ask {
        timing,
        due_on: due_on.map(day),
        ..ask(unit, AskKind::Complete)
    }
}

#[test]
fn sample_letters_read_as_kept() {
    for (name, letter) in all() {
        let Composed {
            subject,
            text,
            html,
        } = composed(&letter);
        insta::assert_snapshot!(format!("{name}_text"), format!("{subject}\n\n{text}"));
        insta::assert_snapshot!(format!("{name}_html"), html);
    }
    let Composed { subject, text, .. } = compose_test(&test_letter()).expect("composed");
    insta::assert_snapshot!("test_letter_text", format!("{subject}\n\n{text}"));
}

#[test]
fn the_most_urgent_ask_comes_first() {
    let letter = with_asks(vec![
        due(Timing::Undated, None, "甲"),
        due(Timing::Open(9), Some("2026-12-04"), "乙"),
        due(Timing::Overdue(1), Some("2026-11-20"), "丙"),
        due(Timing::Today, Some("2026-11-23"), "丁"),
        due(Timing::Open(4), Some("2026-11-27"), "戊"),
        due(Timing::Overdue(12), Some("2026-11-05"), "己"),
    ]);
    let letter = Letter {
        unit_names: vec!["甲".to_owned(), "乙".to_owned()],
        ..letter
    };
    let text = composed(&letter).text;
    let units: Vec<&str> = text
        .lines()
        .filter_map(|l| l.trim().strip_prefix("单位："))
        .collect();
    assert_eq!(units, ["己", "丙", "丁", "戊", "乙", "甲"]);
}

#[test]
fn the_subject_names_the_day_and_how_many_more() {
    let new = || ask("甲", AskKind::Acknowledge);
    let reminder = Ask {
        occasion: Occasion::Reminder,
        ..new()
    };
    let table = [
        (
            vec![new(), new(), new()],
            "【督办】请于2026年11月27日前签收《云湖市校园阅读提升三年行动工作方案》等3项应报事项",
        ),
        (
            vec![reminder],
            "【督办提醒】请于2026年11月27日前签收《云湖市校园阅读提升三年行动工作方案》",
        ),
        (
            vec![new(), due(Timing::Today, Some("2026-11-23"), "甲")],
            "【督办提醒】报送《云湖市校园阅读提升三年行动工作方案》任务完成情况今日到期，另有1项应报事项",
        ),
        (
            vec![due(Timing::Overdue(3), Some("2026-11-18"), "甲")],
            "【督办催办】报送《云湖市校园阅读提升三年行动工作方案》任务完成情况已逾期3个工作日",
        ),
        (
            vec![due(Timing::Undated, None, "甲")],
            "【督办】请报送《云湖市校园阅读提升三年行动工作方案》任务完成情况",
        ),
        (vec![], "【督办提示】有0条情况请知悉（2026年11月23日）"),
    ];
    for (asks, subject) in table {
        assert_eq!(composed(&with_asks(asks)).subject, subject);
    }
}

#[test]
fn a_long_title_gives_way_before_the_day_and_the_count() {
    let long = "关于进一步加强和改进新时代全市中小学校园阅读工作全面提升学生阅读素养三年行动计划的实施方案".repeat(3);
    let one = Ask {
        plan_title: long,
        ..ask("甲", AskKind::Acknowledge)
    };
    let subject = composed(&with_asks(vec![one.clone(), one])).subject;
    assert_eq!(subject.chars().count(), 60);
    assert!(
        subject.starts_with("【督办】请于2026年11月27日前签收《关于进一步"),
        "{subject}"
    );
    assert!(subject.ends_with("…》等2项应报事项"), "{subject}");
}

#[test]
fn no_more_than_twenty_items_are_listed_and_the_rest_is_counted() {
    let items: Vec<_> = (1..=30)
        .map(|n| item(&format!("N{n}."), "标题", None))
        .collect();
    let full = Ask {
        items: items[..20].to_vec(),
        item_count: 20,
        ..ask("甲", AskKind::Complete)
    };
    let more = Ask {
        items,
        item_count: 300,
        ..ask("甲", AskKind::Complete)
    };
    let shown = |ask: Ask| composed(&with_asks(vec![ask])).text;
    let text = shown(full);
    assert!(text.contains("N20.") && !text.contains("……等共"), "{text}");
    let text = shown(more);
    assert!(
        text.contains("N20.") && !text.contains("N21.") && text.contains("……等共300项"),
        "{text}"
    );
}

#[test]
fn copies_are_one_line_a_task_and_never_one_a_unit() {
    let (_, letter) = all()
        .into_iter()
        .find(|(name, _)| name.starts_with("supervision"))
        .expect("sample");
    let text = composed(&letter).text;
    let tasks = text
        .lines()
        .filter(|line| line.contains("个单位未报"))
        .count();
    assert_eq!(tasks, 2);
    assert!(text.contains("临山区5个、滨江区3个、市直学校1个"));
}

#[test]
fn the_extension_hint_is_given_only_where_one_can_still_be_asked_for() {
    let hint = "申请延期";
    let table = [
        (due(Timing::Open(4), Some("2026-11-27"), "甲"), true),
        (due(Timing::Overdue(1), Some("2026-11-20"), "甲"), false),
        (ask("甲", AskKind::Acknowledge), false),
        (
            Ask {
                occasion: Occasion::ExtensionRefused {
                    reason: String::new(),
                },
                ..due(Timing::Open(4), Some("2026-11-27"), "甲")
            },
            false,
        ),
    ];
    for (ask, is_hinted) in table {
        let text = composed(&with_asks(vec![ask])).text;
        assert_eq!(text.replace('\n', "").contains(hint), is_hinted, "{text}");
    }
}

/// Bad inputs G2 and G3: markup and line breaks in every word of a letter.
#[test]
fn hostile_words_change_neither_headers_nor_markup() {
    let mut hostile = ask(
        HOSTILE,
        AskKind::Other {
            what: HOSTILE.to_owned(),
        },
    );
    hostile.plan_title = HOSTILE.to_owned();
    hostile.occasion = Occasion::Returned {
        reason: HOSTILE.to_owned(),
    };
    hostile.items = vec![item(HOSTILE, HOSTILE, None)];
    hostile.lead_names = vec![HOSTILE.to_owned()];
    let mut letter = with_asks(vec![hostile]);
    letter.recipient_name = Some(HOSTILE.to_owned());
    letter.unit_names = vec![HOSTILE.to_owned(), HOSTILE.to_owned()];
    letter.notes = vec![HOSTILE.to_owned()];
    letter.office.name = HOSTILE.to_owned();
    let Composed {
        subject,
        text,
        html,
    } = composed(&letter);
    assert!(subject.contains("{{7*7}}<img") && !subject.chars().any(char::is_control));
    assert!(
        !html.contains("<img") && html.contains("{{7*7}}&#60;img"),
        "{html}"
    );
    assert!(
        html.contains("%{office}"),
        "words from outside are not filled in again"
    );
    for part in [subject, text, html] {
        assert!(!part.contains(['\r', '\0', '\u{202E}']) && !part.contains("49"));
    }
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    for (name, letter) in all() {
        // Links are followed by a person; nothing else leads out.
        let way_out = format!("<a href=\"{LINKS_BEGIN}");
        let html = composed(&letter).html.replace(&way_out, "");
        for word in [
            "http:", "https:", "<script", "<img", "<link", "<a ", "url(", "@import", "<style",
        ] {
            assert!(!html.contains(word), "{name}: {word}");
        }
        let tag = format!("<html lang=\"{}\">", letter.locale.tag());
        assert!(html.contains(&tag));
    }
}

#[test]
fn each_ask_has_its_links_as_buttons_and_as_lines_of_their_own() {
    for (name, letter) in all() {
        let Composed { text, html, .. } = composed(&letter);
        let links = letter.asks.iter().filter_map(|ask| ask.links.as_ref());
        let urls = links.flat_map(|one| {
            let others = [&one.extend, &one.evidence].into_iter().flatten();
            std::iter::once(&one.answer).chain(others)
        });
        let urls: Vec<&String> = urls.collect();
        assert_eq!(text.matches(LINKS_BEGIN).count(), urls.len(), "{name}");
        for url in urls {
            assert!(text.lines().any(|line| line.trim() == url), "{name}: {url}");
            assert!(
                html.contains(&format!("<a href=\"{url}\"")),
                "{name}: {url}"
            );
        }
    }
}

#[test]
fn what_a_link_does_stands_before_it() {
    let table = [
        (ask("甲", AskKind::Acknowledge), vec!["签收："]),
        (
            due(Timing::Open(4), Some("2026-11-27"), "甲"),
            vec!["填报：", "申请延期：", "上传佐证："],
        ),
        (
            due(Timing::Overdue(2), Some("2026-11-19"), "甲"),
            vec!["填报：", "上传佐证："],
        ),
    ];
    for (ask, labels) in table {
        let text = composed(&with_links(with_asks(vec![ask]))).text;
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let before: Vec<&str> = lines
            .windows(2)
            .filter(|pair| pair[1].starts_with(LINKS_BEGIN))
            .map(|pair| pair[0])
            .collect();
        assert_eq!(before, labels, "{text}");
        assert!(
            text.contains("不需要账号") && text.replace('\n', "").contains("回复本邮件"),
            "{text}"
        );
    }
}

#[test]
fn states_are_told_in_words_beside_their_colour() {
    let letter = with_asks(vec![
        due(Timing::Overdue(3), Some("2026-11-18"), "甲"),
        due(Timing::Today, Some("2026-11-23"), "甲"),
        due(Timing::Open(2), Some("2026-11-25"), "甲"),
        due(Timing::Undated, None, "甲"),
    ]);
    let html = composed(&letter).html;
    let states = [
        ("#b42318", "已逾期3个工作日"),
        ("#b54708", "今日到期"),
        ("#175cd3", "还有2个工作日"),
        ("#475467", "未定期限"),
    ];
    for (colour, words) in states {
        assert!(
            html.contains(&format!("color:{colour};\">{words}<")),
            "{words}"
        );
    }
}

#[test]
fn a_huge_letter_stays_readable() {
    let long = "很长的标题".repeat(2000);
    let big = Ask {
        items: (0..200)
            .map(|n| item(&n.to_string(), &long, None))
            .collect(),
        ..ask(&long, AskKind::Complete)
    };
    let mut asks = vec![ask(&long, AskKind::SendUp { what: long.clone() }); 299];
    asks.push(big);
    let mut letter = with_asks(asks);
    letter.notes = vec![long; 1000];
    let Composed { text, html, .. } = composed(&letter);
    assert!(
        text.len() < 200_000 && html.len() < 500_000,
        "{} {}",
        text.len(),
        html.len()
    );
    assert!(text.contains("另有260项应报事项没有列出"));
    assert!(text.contains("另有950条没有列出"));
}

fn any_timing() -> impl Strategy<Value = Timing> {
    prop_oneof![
        any::<u32>().prop_map(Timing::Overdue),
        Just(Timing::Today),
        any::<u32>().prop_map(Timing::Open),
        Just(Timing::Undated),
    ]
}

fn any_ask() -> impl Strategy<Value = Ask> {
    let words = "\\PC{0,90}";
    let kinds = prop_oneof![
        Just(AskKind::Acknowledge),
        Just(AskKind::Monitoring),
        words.prop_map(|what| AskKind::SendUp { what }),
    ];
    let days = proptest::option::of((1_i32..4000, 1_u32..366));
    (words, words, kinds, any_timing(), days).prop_map(|(unit, plan, what, timing, due)| Ask {
        plan_title: plan,
        timing,
        due_on: due.and_then(|(year, day)| NaiveDate::from_yo_opt(year, day)),
        ..ask(&unit, what)
    })
}

proptest! {
    #[test]
    fn any_letter_has_a_short_subject_and_narrow_lines(
        asks in prop::collection::vec(any_ask(), 0..5),
        is_english in any::<bool>(),
        has_links in any::<bool>(),
        note in "\\PC{0,400}",
    ) {
        let mut letter = with_asks(asks);
        if has_links {
            letter = with_links(letter);
        }
        letter.notes = vec![note];
        letter.copies = vec![CopyGroup { reason: CopyReason::Lead, lines: Vec::new() }];
        if is_english {
            letter.locale = Locale::En;
        }
        let Composed { subject, text, html } = composed(&letter);
        prop_assert!((1..=60).contains(&subject.chars().count()), "{}", subject);
        prop_assert!(!subject.chars().any(char::is_control));
        for line in text.lines() {
            let is_link = line.trim_start().starts_with(LINKS_BEGIN);
            prop_assert!(is_link || line.width() < 78, "{}", line);
        }
        for part in [&subject, &text, &html] {
            prop_assert!(!part.contains("mail."), "a key is missing: {}", part);
        }
    }
}

//! What a notice says as a document, and that the same notice gives the same bytes.

use super::*;
use crate::documents::official_docx::official_docx;
use crate::documents::official_html::official_page;
use crate::domain::ids::{NoticeId, ObligationId, PlanId, UnitId};
use crate::domain::light::Light;
use crate::domain::notice::{NoticeNumber, NoticeState};
use crate::domain::notice_facts::{EarlierFact, LightFact, ReminderFact, TaskFact};
use chrono::NaiveDate;
use uuid::Uuid;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn ask(what: &str, first_due_on: &str, due_on: &str, overdue_workdays: u32) -> AskFact {
    AskFact {
        obligation_id: ObligationId(Uuid::from_u128(7)),
        what: what.to_owned(),
        first_due_on: day(first_due_on),
        due_on: day(due_on),
        overdue_workdays,
        tasks: vec!["四(一)1　落实课堂常规".to_owned()],
        task_count: 1,
    }
}

fn notice(rung: Rung, number: Option<NoticeNumber>) -> StoredNotice {
    StoredNotice {
        id: NoticeId(Uuid::from_u128(1)),
        matter: "due".to_owned(),
        episode: 1,
        rung,
        origin: NoticeOrigin::Ladder,
        state: NoticeState::Issued,
        unit_id: UnitId(Uuid::from_u128(2)),
        plan_id: PlanId(Uuid::from_u128(3)),
        task_id: None,
        obligation_id: None,
        earlier_id: None,
        attachment_id: None,
        number,
        reason: "应于2026年4月30日前填报，已逾期 7 个工作日仍未填报".to_owned(),
        demand: rung.usual_demand().to_owned(),
        answer_workdays: 3,
        facts: NoticeFacts {
            as_of: day("2026-05-13"),
            unit_name: "东区第一小学".to_owned(),
            office: "督导室".to_owned(),
            asks: vec![ask(
                "报送《方案》任务完成情况",
                "2026-04-20",
                "2026-04-30",
                7,
            )],
            task: None,
            light: Some(LightFact {
                light: Light::Red,
                task_number: "四(一)1".to_owned(),
                text: "已逾期 13 天，亮红灯。".to_owned(),
            }),
            reminders: vec![ReminderFact {
                on: day("2026-05-06"),
                stage: "逾期 1 个工作日".to_owned(),
            }],
            reminder_count: 4,
            earlier: Some(EarlierFact {
                number: NoticeNumber {
                    year: 2026,
                    serial: 2,
                },
                rung: Rung::Yellow,
                issued_on: day("2026-05-08"),
            }),
            answer_by: number.map(|_| day("2026-05-18")),
        },
        raised_on: day("2026-05-13"),
        issued_on: number.map(|_| day("2026-05-13")),
        objection: None,
        cleared_on: None,
    }
}

const NUMBER: Option<NoticeNumber> = Some(NoticeNumber {
    year: 2026,
    serial: 3,
});

#[test]
fn a_notice_states_rule_facts_dates_and_what_is_wanted_by_when() {
    let html = official_page(&notice_document(&notice(Rung::Red, NUMBER))).expect("a page");
    for wanted in [
        "特急",
        "〔2026〕督字第3号",
        "关于报送《方案》任务完成情况的督办通知书",
        "东区第一小学",
        "你单位应于2026年4月30日前报送《方案》任务完成情况，截至2026年5月13日已逾期 7 个工作日，仍未办理。",
        "2026年4月20日",
        "四(一)1　落实课堂常规",
        "任务四(一)1：已逾期 13 天，亮红灯。",
        "此前已发邮件提醒 4 次，最近几次为：2026年5月6日（逾期 1 个工作日）。",
        "2026年5月8日已发出〔2026〕督字第2号黄色督办单，至今没有答复，现予升级。",
        "请于2026年5月18日前书面答复督导室。",
        "2026年5月13日",
    ] {
        assert!(html.contains(wanted), "{wanted}: {html}");
    }
}

#[test]
fn the_same_notice_gives_the_same_bytes_and_a_draft_says_that_it_is_one() {
    let issued = notice(Rung::Yellow, NUMBER);
    let first = official_docx(&notice_document(&issued)).expect("a file");
    // Where it stands now is not what it says.
    let closed = StoredNotice {
        state: NoticeState::Closed,
        cleared_on: Some(day("2026-06-01")),
        ..issued.clone()
    };
    let later = official_docx(&notice_document(&closed)).expect("a file");
    assert_eq!(first, later);
    let draft = notice_document(&notice(Rung::Yellow, None));
    assert_eq!(
        draft.title,
        "关于报送《方案》任务完成情况的督办单（送审稿）"
    );
    assert_eq!(draft.reference, None);
    assert_eq!(
        file_title(&issued),
        "〔2026〕督字第3号黄色督办单（东区第一小学）"
    );
}

#[test]
fn several_requests_are_counted_and_a_task_is_named() {
    let mut several = notice(Rung::Yellow, NUMBER);
    several.facts.asks = vec![
        ask("报送甲", "2026-04-30", "2026-04-30", 3),
        ask("报送乙", "2026-04-30", "2026-04-30", 5),
    ];
    let document = notice_document(&several);
    assert_eq!(document.title, "关于报送甲等2项应报事项的督办单");
    let html = official_page(&document).expect("a page");
    assert!(html.contains("你单位有 2 项应报事项逾期未办，最长已逾期 5 个工作日。"));
    assert!(!html.contains("最初期限"), "no day was moved");
    several.facts.asks.clear();
    several.facts.task = Some(TaskFact {
        number: "二(二)4".to_owned(),
        title: "建设信息平台".to_owned(),
        plan_title: "方案".to_owned(),
    });
    let document = notice_document(&several);
    assert_eq!(
        document.title,
        "关于推进任务二(二)4（建设信息平台）的督办单"
    );
}

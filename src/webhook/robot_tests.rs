//! What robots say, word by word.

use super::*;
use crate::domain::assignment_life::AssignmentEvent;
use crate::domain::ids::{
    AssignmentEventId, AssignmentId, BulletinId, ObligationId, PlanId, ReportId, TaskId, UnitId,
    WebhookId,
};
use crate::domain::obligation::ObligationKind;
use crate::domain::webhook_event::{
    AssignmentReturned, BulletinPublished, ObligationOverdue, ReportMade, TaskIssued, WebhookTest,
};
use chrono::DateTime;
use uuid::Uuid;

const NIL: Uuid = Uuid::nil();

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 31).expect("a day")
}

fn event(data: EventData) -> Event {
    Event {
        data,
        timestamp: DateTime::UNIX_EPOCH,
    }
}

fn issued(title: &str) -> Event {
    event(EventData::TaskIssued(TaskIssued {
        task_id: TaskId(NIL),
        task_number: "四(一)1".to_owned(),
        task_title: title.to_owned(),
        plan_id: PlanId(NIL),
        plan_title: "《校园安全工作方案》".to_owned(),
        due_on: Some(day()),
        assignments: 12,
    }))
}

fn one_of_each() -> Vec<Event> {
    let unit = || (UnitId(NIL), "D1".to_owned(), "江岸区教育局".to_owned());
    let (unit_id, unit_code, unit_name) = unit();
    let report = ReportMade {
        report_id: ReportId(NIL),
        version: 1,
        obligation_id: ObligationId(NIL),
        obligation_kind: ObligationKind::Complete,
        due_on: day(),
        unit_id,
        unit_code,
        unit_name,
        plan_id: PlanId(NIL),
        plan_title: "校园安全工作方案".to_owned(),
        items: 2,
    };
    let (unit_id, unit_code, unit_name) = unit();
    let returned = AssignmentReturned {
        assignment_event_id: AssignmentEventId(NIL),
        event: AssignmentEvent::Return,
        assignment_id: AssignmentId(NIL),
        task_id: TaskId(NIL),
        task_number: "四(一)1".to_owned(),
        task_title: "排查隐患".to_owned(),
        unit_id,
        unit_code,
        unit_name,
        due_on: Some(day()),
    };
    let (unit_id, unit_code, unit_name) = unit();
    let overdue = ObligationOverdue {
        obligation_id: ObligationId(NIL),
        obligation_kind: ObligationKind::Acknowledge,
        due_on: day(),
        due_revision: 0,
        unit_id,
        unit_code,
        unit_name,
        plan_id: PlanId(NIL),
        plan_title: "校园安全工作方案".to_owned(),
    };
    let bulletin = BulletinPublished {
        bulletin_id: BulletinId(NIL),
        title: "校园安全工作推进情况通报".to_owned(),
        issue: Some("2026年第1期".to_owned()),
        version: 1,
        plan_id: PlanId(NIL),
        published_on: Some(day()),
    };
    let test = WebhookTest {
        webhook_id: WebhookId(NIL),
        webhook_name: "专班群".to_owned(),
        test_id: NIL,
    };
    vec![
        issued("排查隐患"),
        event(EventData::ReportMade(report)),
        event(EventData::AssignmentReturned(returned)),
        event(EventData::ObligationOverdue(overdue)),
        event(EventData::BulletinPublished(bulletin)),
        event(EventData::WebhookTest(test)),
    ]
}

const LINES: [&str; 6] = [
    "【任务下发】《校园安全工作方案》四(一)1“排查隐患”已下发12个单位，请于2026年3月31日前完成。",
    "【已填报】江岸区教育局：《校园安全工作方案》完成情况已收到。",
    "【退回重报】江岸区教育局承担的四(一)1“排查隐患”已退回，请于2026年3月31日前重新填报。",
    "【逾期未报】江岸区教育局：《校园安全工作方案》签收应于2026年3月31日前完成，目前尚未收到，请抓紧办理。",
    "【通报印发】校园安全工作推进情况通报（2026年第1期）已印发，请查阅。",
    "【测试】本群已与督办系统连通（专班群），无须处理。",
];

fn body(kind: WebhookKind, secret: Option<&SigningSecret>) -> (Vec<(&'static str, String)>, Value) {
    let message = message(
        kind,
        secret,
        &one_of_each(),
        Locale::ZhCn,
        1_700_000_000_123,
    );
    let body = serde_json::from_str(&message.body).expect("JSON");
    (message.query, body)
}

#[test]
fn wecom_gets_markdown() {
    let secret = SigningSecret::of_text("not used");
    let (query, body) = body(WebhookKind::Wecom, Some(&secret));
    let content = format!("**督办动态（6条）**\n> {}", LINES.join("\n> "));
    assert_eq!(
        body,
        json!({ "msgtype": "markdown", "markdown": { "content": content } })
    );
    assert_eq!(query, []);
}

#[test]
fn dingtalk_gets_markdown_and_its_signature_in_the_query() {
    let secret = SigningSecret::of_text("SECtest");
    let (query, told) = body(WebhookKind::Dingtalk, Some(&secret));
    let text = format!("#### 督办动态（6条）\n\n- {}", LINES.join("\n- "));
    assert_eq!(
        told,
        json!({ "msgtype": "markdown", "markdown": { "title": "督办动态（6条）", "text": text } })
    );
    assert_eq!(query[0], ("timestamp", "1700000000123".to_owned()));
    assert_eq!(query[1].0, "sign");
    assert_eq!(body(WebhookKind::Dingtalk, None).0, []);
}

#[test]
fn feishu_gets_a_post_and_its_signature_in_the_body() {
    let secret = SigningSecret::of_text("test");
    let (query, told) = body(WebhookKind::Feishu, Some(&secret));
    let lines: Vec<Value> = LINES
        .iter()
        .map(|line| json!([{ "tag": "text", "text": line }]))
        .collect();
    let sign = robot_signature(WebhookKind::Feishu, &secret, 1_700_000_000_123);
    assert_eq!(
        told,
        json!({
            "timestamp": "1700000000",
            "sign": sign.expect("signed").sign,
            "msg_type": "post",
            "content": { "post": { "zh_cn": { "title": "督办动态（6条）", "content": lines } } },
        })
    );
    assert_eq!(query, []);
    let (_, unsigned) = body(WebhookKind::Feishu, None);
    assert_eq!(unsigned.get("sign"), None);
}

#[test]
fn every_word_is_in_both_languages() {
    for locale in [Locale::ZhCn, Locale::En] {
        let words = Words { tag: locale.tag() };
        for event in one_of_each() {
            let line = words.line(&event.data);
            assert!(!line.contains("webhook.") && !line.contains("%{"), "{line}");
        }
        for kind in ObligationKind::ALL {
            let what = words.what(kind.as_str());
            assert!(!what.contains("webhook."), "{what}");
        }
    }
    let words = Words { tag: "zh-CN" };
    let undated = TaskIssued {
        due_on: None,
        ..match issued("排查隐患").data {
            EventData::TaskIssued(one) => one,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        words.line(&EventData::TaskIssued(undated)),
        "【任务下发】《校园安全工作方案》四(一)1“排查隐患”已下发12个单位，请按要求推进。"
    );
    assert_eq!(
        words.bulletin("通报", None),
        "【通报印发】通报已印发，请查阅。"
    );
}

#[test]
fn a_title_is_neither_markup_nor_a_call_nor_another_line() {
    let event = issued("<@all> [点我](http://x)\n# **重要** `a`_b_");
    let line = Words { tag: "zh-CN" }.line(&event.data);
    assert!(
        line.contains("“＜＠all＞ ［点我］(http://x) ＃ ＊＊重要＊＊ ｀a｀＿b＿”"),
        "{line}"
    );
    assert!(clean(&"长".repeat(200)).chars().count() == TITLE_CHARS + 1);
}

#[test]
fn what_does_not_fit_is_counted() {
    let events = vec![issued(&"长".repeat(60)); 100];
    let made = message(WebhookKind::Wecom, None, &events, Locale::ZhCn, 0);
    let body: Value = serde_json::from_str(&made.body).expect("JSON");
    let content = body["markdown"]["content"].as_str().expect("text");
    assert!(content.len() <= 4_096, "{} bytes", content.len());
    assert!(
        content.ends_with("共100条，请登录督办系统查看其余各条。"),
        "{content}"
    );
}

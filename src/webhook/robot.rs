//! The messages of group robots: what waits together is one message, in the form that each platform takes.

use crate::domain::locale::Locale;
use crate::domain::webhook::WebhookKind;
use crate::domain::webhook_event::{Event, EventData};
use crate::domain::webhook_signature::{SigningSecret, robot_signature};
use chrono::{Datelike as _, NaiveDate};
use rust_i18n::t;
use serde_json::{Value, json};

/// Bytes of a message's text: 企业微信 takes 4096, the others more.
const MOST_BYTES: usize = 3_600;

/// Letters of titles and names.
const TITLE_CHARS: usize = 60;

/// A message as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What goes into the query of the address.
    pub query: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
}

/// The message that tells these events; `at_millis` is the instant that is signed.
pub fn message(
    kind: WebhookKind,
    secret: Option<&SigningSecret>,
    events: &[Event],
    locale: Locale,
    at_millis: i64,
) -> Message {
    let told = Words { tag: locale.tag() }.told(events);
    let signature = secret.and_then(|secret| robot_signature(kind, secret, at_millis));
    let mut query = Vec::new();
    let body = match kind {
        WebhookKind::Standard | WebhookKind::Wecom => wecom(&told),
        WebhookKind::Dingtalk => {
            if let Some(signature) = signature {
                query.push(("timestamp", signature.timestamp.to_string()));
                query.push(("sign", signature.sign));
            }
            dingtalk(&told)
        }
        WebhookKind::Feishu => {
            let mut body = feishu(&told, locale);
            if let Some(signature) = signature {
                body["timestamp"] = signature.timestamp.to_string().into();
                body["sign"] = signature.sign.into();
            }
            body
        }
    };
    Message {
        query,
        body: body.to_string(),
    }
}

/// What is told, before it has a form.
struct Told {
    title: String,
    lines: Vec<String>,
}

fn wecom(told: &Told) -> Value {
    let lines = told.lines.iter().map(|line| format!("> {line}"));
    let lines: Vec<String> = lines.collect();
    let content = format!("**{}**\n{}", told.title, lines.join("\n"));
    json!({ "msgtype": "markdown", "markdown": { "content": content } })
}

fn dingtalk(told: &Told) -> Value {
    let lines = told.lines.iter().map(|line| format!("- {line}"));
    let lines: Vec<String> = lines.collect();
    let text = format!("#### {}\n\n{}", told.title, lines.join("\n"));
    json!({ "msgtype": "markdown", "markdown": { "title": told.title, "text": text } })
}

fn feishu(told: &Told, locale: Locale) -> Value {
    let lines = told.lines.iter();
    let lines: Vec<Value> = lines
        .map(|line| json!([{ "tag": "text", "text": line }]))
        .collect();
    let language = match locale {
        Locale::ZhCn => "zh_cn",
        Locale::En => "en_us",
    };
    let post = json!({ language: { "title": told.title, "content": lines } });
    json!({ "msg_type": "post", "content": { "post": post } })
}

/// The words of one language.
#[derive(Clone, Copy)]
struct Words {
    tag: &'static str,
}

impl Words {
    fn told(self, events: &[Event]) -> Told {
        let count = events.len();
        let title = match count {
            0 | 1 => t!("webhook.title", locale = self.tag),
            _ => t!("webhook.title_many", locale = self.tag, count = count),
        };
        let mut lines = Vec::new();
        let mut bytes = title.len();
        for event in events {
            let line = self.line(&event.data);
            bytes += line.len() + 3;
            if bytes > MOST_BYTES {
                let shown = lines.len();
                let more = t!(
                    "webhook.more",
                    locale = self.tag,
                    shown = shown,
                    count = count
                );
                lines.push(more.into_owned());
                break;
            }
            lines.push(line);
        }
        Told {
            title: title.into_owned(),
            lines,
        }
    }

    fn line(self, data: &EventData) -> String {
        let tag = self.tag;
        let line = match data {
            EventData::TaskIssued(one) => {
                let plan = self.plan(&one.plan_title);
                let (number, title) = (clean(&one.task_number), clean(&one.task_title));
                let units = one.assignments;
                match one.due_on {
                    Some(day) => t!(
                        "webhook.line.task_issued",
                        locale = tag,
                        plan = plan,
                        number = number,
                        title = title,
                        units = units,
                        day = self.day(day)
                    ),
                    None => t!(
                        "webhook.line.task_issued_undated",
                        locale = tag,
                        plan = plan,
                        number = number,
                        title = title,
                        units = units
                    ),
                }
            }
            EventData::ReportMade(one) => t!(
                "webhook.line.report_made",
                locale = tag,
                unit = clean(&one.unit_name),
                plan = self.plan(&one.plan_title),
                what = self.what(one.obligation_kind.as_str())
            ),
            EventData::AssignmentReturned(one) => {
                let unit = clean(&one.unit_name);
                let (number, title) = (clean(&one.task_number), clean(&one.task_title));
                match one.due_on {
                    Some(day) => t!(
                        "webhook.line.assignment_returned",
                        locale = tag,
                        unit = unit,
                        number = number,
                        title = title,
                        day = self.day(day)
                    ),
                    None => t!(
                        "webhook.line.assignment_returned_undated",
                        locale = tag,
                        unit = unit,
                        number = number,
                        title = title
                    ),
                }
            }
            EventData::ObligationOverdue(one) => t!(
                "webhook.line.obligation_overdue",
                locale = tag,
                unit = clean(&one.unit_name),
                plan = self.plan(&one.plan_title),
                what = self.what(one.obligation_kind.as_str()),
                day = self.day(one.due_on)
            ),
            EventData::BulletinPublished(one) => self.bulletin(&one.title, one.issue.as_deref()),
            EventData::WebhookTest(one) => t!(
                "webhook.line.webhook_test",
                locale = tag,
                name = clean(&one.webhook_name)
            ),
        };
        line.into_owned()
    }

    fn bulletin(self, title: &str, issue: Option<&str>) -> std::borrow::Cow<'static, str> {
        let title = clean(title);
        match issue {
            Some(issue) => t!(
                "webhook.line.bulletin_published",
                locale = self.tag,
                title = title,
                issue = clean(issue)
            ),
            None => t!(
                "webhook.line.bulletin_published_unnumbered",
                locale = self.tag,
                title = title
            ),
        }
    }

    fn plan(self, title: &str) -> String {
        // Titles are often recorded with their own 《》.
        let bare = title.strip_prefix('《').and_then(|t| t.strip_suffix('》'));
        let title = clean(bare.unwrap_or(title));
        t!("webhook.plan", locale = self.tag, title = title).into_owned()
    }

    fn day(self, day: NaiveDate) -> String {
        t!(
            "webhook.day",
            locale = self.tag,
            year = day.year(),
            month = day.month(),
            day = day.day()
        )
        .into_owned()
    }

    fn what(self, kind: &str) -> String {
        let key = format!("webhook.what.{kind}");
        t!(&key, locale = self.tag).into_owned()
    }
}

/// One line of words: a title must not become markup, a link, or a call to somebody (`<@all>`).
fn clean(text: &str) -> String {
    let mut line: String = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .filter(|letter| !letter.is_control())
        .map(|letter| match letter {
            '<' => '＜',
            '>' => '＞',
            '[' => '［',
            ']' => '］',
            '*' => '＊',
            '_' => '＿',
            '`' => '｀',
            '#' => '＃',
            '@' => '＠',
            '~' => '～',
            '\\' => '＼',
            other => other,
        })
        .collect();
    if let Some((end, _)) = line.char_indices().nth(TITLE_CHARS) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
#[path = "robot_tests.rs"]
mod tests;

//! Reports that a mail was not delivered after the server had taken it (bounces): RFC 3464 inside RFC 6522, and what
//! providers write that keep to neither. The report is known by the Message-ID of the mail that it returns.

use super::reply_text::presentable;
use mail_parser::{HeaderValue, Message, MessageParser, MessagePart, MimeHeaders, PartType};

/// The longest report that is read, in bytes: providers return whole messages.
pub const MOST_BYTES: usize = 32 << 20;

/// What a report says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The mail was given up.
    Failed,
    /// It is still being tried, or something else that is no end.
    Other,
}

/// A report about one of the mails that somebody has sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReport {
    /// Message-IDs named in it, without brackets, the most certain first.
    pub message_ids: Vec<String>,
    /// What it says.
    pub verdict: Verdict,
    /// The status, such as `5.1.1`; `None` where it names none.
    pub status: Option<String>,
    /// The other server's words, addresses masked, at most 200 characters; may be empty.
    pub detail: String,
}

/// Reads a report; `None` for any other message, an automatic answer of somebody on holiday included.
#[must_use]
pub fn read_report(bytes: &[u8]) -> Option<DeliveryReport> {
    let message = MessageParser::default().parse(bytes)?;
    let message_ids = returned_ids(&message);
    let fields = message.parts.iter().find_map(status_fields);
    let (verdict, status, detail) = match fields {
        Some(fields) => told_by_fields(&fields),
        None if is_from_server(&message) => told_by_words(&message),
        None => return None,
    };
    Some(DeliveryReport {
        message_ids,
        verdict,
        status,
        detail: presentable(&detail),
    })
}

/// Message-IDs of what is returned, and then of what the report answers.
fn returned_ids(message: &Message<'_>) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for part in &message.parts {
        let id = match &part.body {
            PartType::Message(returned) => returned.message_id().map(str::to_owned),
            _ if is_type(part, "text", "rfc822-headers") => MessageParser::default()
                .parse_headers(part.contents())
                .and_then(|headers| headers.message_id().map(str::to_owned)),
            _ => None,
        };
        ids.extend(id);
    }
    for named in [message.in_reply_to(), message.references()] {
        match named {
            HeaderValue::Text(id) => ids.push(id.to_string()),
            HeaderValue::TextList(list) => ids.extend(list.iter().map(ToString::to_string)),
            _ => {}
        }
    }
    ids
}

fn is_type(part: &MessagePart<'_>, main: &str, sub: &str) -> bool {
    part.content_type().is_some_and(|kind| {
        kind.ctype().eq_ignore_ascii_case(main)
            && kind
                .subtype()
                .is_some_and(|it| it.eq_ignore_ascii_case(sub))
    })
}

/// The fields of the machine-readable part, names in lower case, folded lines joined.
fn status_fields(part: &MessagePart<'_>) -> Option<Vec<(String, String)>> {
    if !is_type(part, "message", "delivery-status")
        && !is_type(part, "message", "global-delivery-status")
    {
        return None;
    }
    let text = String::from_utf8_lossy(part.contents()).into_owned();
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match (line.starts_with([' ', '\t']), fields.last_mut()) {
            (true, Some((_, value))) => {
                value.push(' ');
                value.push_str(line.trim());
            }
            _ => {
                if let Some((name, value)) = line.split_once(':') {
                    fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
                }
            }
        }
    }
    Some(fields)
}

/// RFC 3464 §2.3: the fields of the one recipient that each of our mails has.
fn told_by_fields(fields: &[(String, String)]) -> (Verdict, Option<String>, String) {
    let of = |wanted: &str| {
        let field = fields.iter().find(|(name, _)| name == wanted);
        field.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let verdict = match of("action").to_ascii_lowercase().starts_with("failed") {
        true => Verdict::Failed,
        false => Verdict::Other,
    };
    let status = of("status").split_whitespace().next().map(str::to_owned);
    // `smtp; 550 5.1.1 …`: the type of the code is of no use to anybody.
    let detail = of("diagnostic-code");
    let detail = detail
        .split_once(';')
        .map_or(detail, |(_, words)| words.trim());
    (verdict, status, detail.to_owned())
}

/// Whether a mail server speaks, not a person: RFC 5321 §4.5.5 (null return path), or the accounts that servers write from.
fn is_from_server(message: &Message<'_>) -> bool {
    let sender = message.from().and_then(|from| from.first());
    let local = sender
        .and_then(|sender| sender.address())
        .and_then(|address| address.split('@').next())
        .unwrap_or_default()
        .to_ascii_lowercase();
    ["mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon"].contains(&local.as_str())
}

/// QQ and 163 write for people; what they say names the status or the reply all the same.
fn told_by_words(message: &Message<'_>) -> (Verdict, Option<String>, String) {
    let text = message.body_text(0).unwrap_or_default();
    let words = || text.split(|c: char| c.is_whitespace() || "()[]<>,;:，；：（）".contains(c));
    let is_status = |word: &&str| {
        let mut parts = word.split('.');
        let class = parts.next();
        let rest: Vec<&str> = parts.collect();
        class == Some("5")
            && rest.len() == 2
            && rest.iter().all(|part| {
                (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
            })
    };
    let status = words().find(is_status).map(str::to_owned);
    let has_reply = words().any(|word| {
        word.len() == 3 && word.starts_with('5') && word.bytes().all(|b| b.is_ascii_digit())
    });
    let line = text
        .lines()
        .find(|line| line.contains(" 5") || line.contains("55") || line.contains("不存在"))
        .unwrap_or_default();
    let verdict = match status.is_some() || has_reply || text.contains("不存在") {
        true => Verdict::Failed,
        false => Verdict::Other,
    };
    (verdict, status, line.trim().to_owned())
}

#[cfg(test)]
#[path = "delivery_report_tests.rs"]
mod tests;

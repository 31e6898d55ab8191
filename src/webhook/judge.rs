//! What an answer means: taken, or why not and when to come again.

use crate::domain::webhook::{DeliveryTrouble, WebhookKind};
use crate::webhook::caller::{Received, Trouble};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The status, where there was an answer.
    pub status: Option<u16>,
    /// Why it is not taken; `None` where it is.
    pub trouble: Option<Trouble>,
    /// After what pause the endpoint wants to be asked again.
    pub asked_pause: Option<TimeDelta>,
}

/// Judges an answer of an endpoint of this kind; `now` is what a date in Retry-After is counted from.
pub fn judge(kind: WebhookKind, answer: Result<Received, Trouble>, now: DateTime<Utc>) -> Verdict {
    let received = match answer {
        Ok(received) => received,
        Err(trouble) => {
            return Verdict {
                status: None,
                trouble: Some(trouble),
                asked_pause: None,
            };
        }
    };
    let status = received.status;
    let of_status = |kind| Some(Trouble::new(kind, &format!("HTTP {status}")));
    let trouble = match status {
        200..=299 if kind.is_robot() => refused_by_robot(&received.body),
        200..=299 => None,
        300..=399 => of_status(DeliveryTrouble::Redirected),
        410 => of_status(DeliveryTrouble::Gone),
        429 => of_status(DeliveryTrouble::Throttled),
        _ => of_status(DeliveryTrouble::BadStatus),
    };
    let asked = received.retry_after.filter(|_| trouble.is_some());
    Verdict {
        status: Some(status),
        asked_pause: asked.and_then(|text| pause_asked(&text, now)),
        trouble,
    }
}

/// Retry-After: seconds, or a date (RFC 9110 §10.2.3).
fn pause_asked(text: &str, now: DateTime<Utc>) -> Option<TimeDelta> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(TimeDelta::seconds(i64::from(seconds)));
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    Some(until.with_timezone(&Utc) - now)
}

/// Codes by which the platforms say that messages come too fast.
const TOO_FAST: [i64; 4] = [45_009, 130_101, 410_100, 11_232];

/// Robots answer 200 whatever becomes of a message; a code in the body tells.
fn refused_by_robot(body: &[u8]) -> Option<Trouble> {
    let Ok(told) = serde_json::from_slice::<Value>(body) else {
        return Some(Trouble::new(DeliveryTrouble::Garbled, &"no JSON"));
    };
    let first = |names: [&str; 3]| names.into_iter().find_map(|name| told.get(name));
    let code = first(["errcode", "code", "StatusCode"]).and_then(Value::as_i64);
    let said = first(["errmsg", "msg", "StatusMessage"]).and_then(Value::as_str);
    match code {
        Some(0) => None,
        Some(code) => {
            let kind = match TOO_FAST.contains(&code) {
                true => DeliveryTrouble::Throttled,
                false => DeliveryTrouble::RobotRefused,
            };
            let said = said.unwrap_or_default();
            Some(Trouble::new(kind, &format!("{code} {said}")))
        }
        None => Some(Trouble::new(DeliveryTrouble::Garbled, &"no code")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: WebhookKind, status: u16, retry_after: Option<&str>, body: &str) -> Verdict {
        let received = Received {
            status,
            retry_after: retry_after.map(str::to_owned),
            body: body.as_bytes().to_vec(),
        };
        let now = "2026-03-09T02:00:00Z".parse().expect("an instant");
        judge(kind, Ok(received), now)
    }

    fn trouble(verdict: &Verdict) -> Option<DeliveryTrouble> {
        verdict.trouble.as_ref().map(|trouble| trouble.kind)
    }

    #[test]
    fn only_2xx_is_taken() {
        use DeliveryTrouble as T;
        for (status, wanted) in [
            (200, None),
            (204, None),
            (299, None),
            (301, Some(T::Redirected)),
            (304, Some(T::Redirected)),
            (308, Some(T::Redirected)),
            (400, Some(T::BadStatus)),
            (404, Some(T::BadStatus)),
            (410, Some(T::Gone)),
            (429, Some(T::Throttled)),
            (500, Some(T::BadStatus)),
            (503, Some(T::BadStatus)),
        ] {
            let verdict = told(WebhookKind::Standard, status, None, "");
            assert_eq!(trouble(&verdict), wanted, "{status}");
            assert_eq!(verdict.status, Some(status));
        }
    }

    #[test]
    fn robots_tell_in_the_body_what_became_of_it() {
        use DeliveryTrouble as T;
        for (body, wanted) in [
            (r#"{"errcode":0,"errmsg":"ok"}"#, None),
            (r#"{"code":0,"msg":"success","data":{}}"#, None),
            (r#"{"StatusCode":0,"StatusMessage":"success"}"#, None),
            (
                r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#,
                Some(T::RobotRefused),
            ),
            (
                r#"{"errcode":310000,"errmsg":"sign not match"}"#,
                Some(T::RobotRefused),
            ),
            (
                r#"{"code":19021,"msg":"sign match fail"}"#,
                Some(T::RobotRefused),
            ),
            (
                r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#,
                Some(T::Throttled),
            ),
            (r#"{"ok":true}"#, Some(T::Garbled)),
            ("<html>", Some(T::Garbled)),
            ("", Some(T::Garbled)),
        ] {
            let verdict = told(WebhookKind::Wecom, 200, None, body);
            assert_eq!(trouble(&verdict), wanted, "{body}");
        }
    }

    #[test]
    fn the_pause_asked_for_is_read_in_both_ways() {
        for (text, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Mon, 09 Mar 2026 02:01:00 GMT", Some(60)),
            ("Mon, 09 Mar 2026 01:59:00 GMT", Some(-60)),
            ("-5", None),
            ("soon", None),
            ("99999999999", None),
        ] {
            let verdict = told(WebhookKind::Standard, 503, Some(text), "");
            let asked = verdict.asked_pause.map(|pause| pause.num_seconds());
            assert_eq!(asked, seconds, "{text}");
        }
        let taken = told(WebhookKind::Standard, 200, Some("120"), "");
        assert_eq!(taken.asked_pause, None);
    }
}

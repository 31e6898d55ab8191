//! Webhooks: who is told of what happens here, in which form, and where each delivery stands.

use crate::domain::coded::coded;
use crate::domain::role::UnknownCode;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

coded! {
    /// The form in which an endpoint is told.
    WebhookKind "webhook kind" {
        /// JSON, signed as Standard Webhooks says: for programs.
        Standard "standard" "标准格式",
        /// A message to a group robot of 企业微信.
        Wecom "wecom" "企业微信群机器人",
        /// A message to a group robot of 钉钉.
        Dingtalk "dingtalk" "钉钉群机器人",
        /// A message to a group robot of 飞书.
        Feishu "feishu" "飞书群机器人",
    }
}

impl WebhookKind {
    /// Whether people read it: a robot speaks in a group, at the hours at which mails leave.
    pub fn is_robot(self) -> bool {
        match self {
            Self::Standard => false,
            Self::Wecom | Self::Dingtalk | Self::Feishu => true,
        }
    }

    /// Whether its platform gives a secret to sign with.
    pub fn takes_secret(self) -> bool {
        match self {
            Self::Standard | Self::Wecom => false,
            Self::Dingtalk | Self::Feishu => true,
        }
    }
}

coded! {
    /// Where a delivery stands.
    DeliveryState "delivery state" {
        /// Waits for its first try, or for another.
        Waiting "waiting" "待发送",
        /// The endpoint has taken it.
        Delivered "delivered" "已送达",
        /// Given up; a person may send it again.
        Failed "failed" "未送达",
    }
}

coded! {
    /// Why an endpoint is off.
    OffReason "reason of being off" {
        /// A person has switched it off.
        ByHand "by_hand" "人工停用",
        /// The endpoint said 410: it is gone for good.
        Gone "gone" "接收方答复 410，表示不再接收",
        /// Nothing got through for days.
        Failing "failing" "连续多日未能送达",
    }
}

coded! {
    /// Why a try failed.
    DeliveryTrouble "delivery trouble" {
        /// The name has no address.
        Unresolved "unresolved" "域名无法解析",
        /// The name has an address to which nothing may be sent.
        AddressRefused "address_refused" "目标地址不允许访问",
        /// No connection.
        Unreachable "unreachable" "无法连接",
        /// No encryption, or a certificate that is not believed.
        TlsFailed "tls_failed" "加密连接失败",
        /// No answer in time.
        TimedOut "timed_out" "应答超时",
        /// An answer that is none.
        Garbled "garbled" "应答无法识别",
        /// It points elsewhere; nobody follows.
        Redirected "redirected" "对方要求转到别处，未跟随",
        /// Another status than 2xx.
        BadStatus "bad_status" "对方答复出错",
        /// Too many requests.
        Throttled "throttled" "对方要求放慢",
        /// 410.
        Gone "gone" "对方答复 410，不再接收",
        /// The robot's platform took the request, but not the message.
        RobotRefused "robot_refused" "群机器人拒收",
        /// The endpoint was switched off before it was sent.
        SwitchedOff "switched_off" "已停用，未发送",
    }
}

impl DeliveryTrouble {
    /// Whether what is sent next would fare no better: nobody is there.
    pub fn is_of_the_way(self) -> bool {
        match self {
            Self::Unresolved
            | Self::AddressRefused
            | Self::Unreachable
            | Self::TlsFailed
            | Self::TimedOut
            | Self::Throttled => true,
            Self::Garbled
            | Self::Redirected
            | Self::BadStatus
            | Self::Gone
            | Self::RobotRefused
            | Self::SwitchedOff => false,
        }
    }
}

macro_rules! event_types {
    ($($(#[$doc:meta])* $name:ident $code:literal $label:literal),+ $(,)?) => {
        /// What kind of thing happened; its code is part of the contract with programs outside.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum EventType {
            $($(#[$doc])* #[serde(rename = $code)] $name,)+
        }

        impl EventType {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable code.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// The Chinese name.
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label),+ }
            }
        }
    };
}

event_types! {
    /// A task was issued.
    TaskIssued "task.issued" "任务下发",
    /// A report was handed in.
    ReportMade "report.made" "单位填报",
    /// An assignment was sent back.
    AssignmentReturned "assignment.returned" "分工退回",
    /// A request was not answered by its due day.
    ObligationOverdue "obligation.overdue" "事项逾期",
    /// A bulletin was published.
    BulletinPublished "bulletin.published" "通报印发",
    /// Somebody tries whether the endpoint is reached.
    WebhookTest "webhook.test" "测试",
}

impl EventType {
    /// Whether endpoints choose it; a test goes to the endpoint that is tried, whatever it has chosen.
    pub fn is_chosen(self) -> bool {
        self != Self::WebhookTest
    }
}

impl FromStr for EventType {
    type Err = UnknownCode;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.iter().copied();
        all.find(|one| one.as_str() == code)
            .ok_or_else(|| UnknownCode::new("event type", code))
    }
}

/// Pauses after the first try, the second, and so on, in seconds; as the Standard Webhooks specification proposes.
const PAUSES: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/// The longest pause that an endpoint may ask for.
const LONGEST_ASKED: TimeDelta = TimeDelta::hours(24);

/// An endpoint that nothing got through to for so long is switched off.
pub const FAILING_FOR: TimeDelta = TimeDelta::days(5);

/// Messages to a robot are at least so far apart: each platform takes 20 a minute.
pub const ROBOT_PAUSE: TimeDelta = TimeDelta::milliseconds(3_100);

/// The pause before the next try; `None` where it is given up.
///
/// `tries` counts those made so far, from 1. `asked` is what the endpoint wants (Retry-After): never less than that, up to a
/// day. `jitter` in `0.0..=1.0` lengthens the pause by up to a fifth, so that what failed together does not come back
/// together.
pub fn next_pause(tries: u32, asked: Option<TimeDelta>, jitter: f64) -> Option<TimeDelta> {
    let step = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    let seconds = *PAUSES.get(step)?;
    let jitter = match jitter.is_finite() {
        true => jitter.clamp(0.0, 1.0),
        false => 0.5,
    };
    let spread = TimeDelta::milliseconds((seconds as f64 * 1_000.0 * (1.0 + 0.2 * jitter)) as i64);
    Some(asked.map_or(spread, |asked| asked.min(LONGEST_ASKED).max(spread)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_back_and_are_those_of_json() {
        for one in EventType::ALL {
            assert_eq!(one.as_str().parse(), Ok(*one));
            let json = serde_json::to_string(one).expect("JSON");
            assert_eq!(json, format!("\"{}\"", one.as_str()));
        }
        for one in DeliveryTrouble::ALL {
            let json = serde_json::to_string(one).expect("JSON");
            assert_eq!(json, format!("\"{}\"", one.as_str()));
        }
        assert!("task.closed".parse::<EventType>().is_err());
    }

    #[test]
    fn pauses_grow_to_a_day_and_end_after_the_tenth_try() {
        let pauses: Vec<i64> = (1..)
            .map_while(|tries| next_pause(tries, None, 0.0))
            .map(|pause| pause.num_seconds())
            .collect();
        assert_eq!(pauses, PAUSES);
        assert_eq!(next_pause(10, Some(TimeDelta::seconds(1)), 0.0), None);
        assert_eq!(next_pause(u32::MAX, None, 0.0), None);
    }

    #[test]
    fn jitter_lengthens_by_a_fifth_at_most() {
        let pause = |jitter| next_pause(2, None, jitter).map(|pause| pause.num_seconds());
        assert_eq!(
            [pause(0.0), pause(1.0), pause(7.0), pause(f64::NAN)],
            [Some(300), Some(360), Some(360), Some(330)]
        );
    }

    #[test]
    fn what_the_endpoint_asks_for_is_kept_within_bounds() {
        for (tries, asked, pause) in [
            (1, 120, 120),
            (1, 1, 5),
            (1, -9, 5),
            (3, 60, 1_800),
            (1, 900_000, 86_400),
            (9, 900_000, 86_400),
        ] {
            let given = next_pause(tries, Some(TimeDelta::seconds(asked)), 0.0);
            assert_eq!(given, Some(TimeDelta::seconds(pause)), "{tries} {asked}");
        }
    }
}

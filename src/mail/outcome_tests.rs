//! The table of replies and mishaps against outcomes.

use super::*;

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Deferred(Option<u64>),
    Failed,
    Stopped,
    Unknown,
}

fn kind(stage: Stage, mishap: &Mishap) -> (Kind, ReasonCode) {
    match judge(stage, mishap) {
        Failure::Refused(Refusal::Deferred { reason, hint }) => {
            (Kind::Deferred(hint.map(|h| h.as_secs())), reason.code())
        }
        Failure::Refused(Refusal::Failed { reason }) => (Kind::Failed, reason.code()),
        Failure::Refused(Refusal::QueueStopped { reason }) => (Kind::Stopped, reason.code()),
        Failure::Unknown { reason } => (Kind::Unknown, reason.code()),
    }
}

#[test]
fn every_reply_has_the_outcome_of_the_table() {
    use Kind::{Deferred, Failed, Stopped};
    use ReasonCode as R;
    #[rustfmt::skip] // One line a case.
    let table = [
        (Stage::Greeting, 421, "HL:ICC too many connections", Deferred(None), R::RateLimited),
        (Stage::Greeting, 421, "service closing", Deferred(None), R::TemporaryRefusal),
        (Stage::Greeting, 554, "5.7.1 go away", Deferred(None), R::TemporaryRefusal),
        (Stage::Tls, 454, "TLS not available due to temporary reason", Deferred(None), R::TemporaryRefusal),
        (Stage::Tls, 502, "not implemented", Stopped, R::TlsUnavailable),
        (Stage::Login, 535, "5.7.8 authentication failed", Stopped, R::LoginFailed),
        (Stage::Login, 534, "mechanism too weak", Stopped, R::LoginFailed),
        (Stage::Login, 550, "User has no permission", Stopped, R::LoginFailed),
        (Stage::Login, 535, "login frequency limited", Stopped, R::LoginFailed),
        (Stage::Login, 454, "4.7.0 temporary authentication failure", Deferred(None), R::TemporaryRefusal),
        (Stage::Sender, 451, "4.3.0 try later", Deferred(None), R::TemporaryRefusal),
        (Stage::Sender, 530, "authentication required", Stopped, R::LoginFailed),
        (Stage::Sender, 553, "Mail from must equal authorized user", Stopped, R::SenderRefused),
        (Stage::Sender, 450, "MI:DMC too many mails", Deferred(None), R::RateLimited),
        (Stage::Recipient, 450, "4.7.1 Greylisted, try again in 300 seconds", Deferred(Some(300)), R::Greylisted),
        (Stage::Recipient, 451, "MI:SFQ", Deferred(None), R::RateLimited),
        (Stage::Recipient, 550, "5.1.1 user unknown", Failed, R::UnknownRecipient),
        (Stage::Recipient, 550, "Domain frequency limited", Deferred(None), R::RateLimited),
        (Stage::Recipient, 550, "Mailbox unavailable or access denied", Deferred(None), R::RateLimited),
        (Stage::Recipient, 550, "5.7.1 blocked", Failed, R::RecipientRefused),
        (Stage::Recipient, 550, "用户不存在", Failed, R::UnknownRecipient),
        (Stage::Recipient, 553, "5.7.1 <a@x.cn>: Sender address rejected: not owned by user", Stopped, R::SenderRefused),
        (Stage::Recipient, 554, "5.7.1 message from unknown network refused", Failed, R::RecipientRefused),
        (Stage::Recipient, 552, "5.2.2 over quota", Deferred(None), R::StorageExceeded),
        (Stage::Recipient, 550, "5.2.2 mailbox full", Deferred(None), R::StorageExceeded),
        (Stage::Recipient, 452, "4.5.3 insufficient storage", Deferred(None), R::StorageExceeded),
        (Stage::Data, 554, "no valid recipients", Failed, R::ContentRefused),
        (Stage::FinalReply, 554, "DT:SPM looks like spam", Failed, R::ContentRefused),
        (Stage::FinalReply, 451, "DT:SPM 请保持邮件队列，两分钟后重投", Deferred(Some(120)), R::TemporaryRefusal),
        (Stage::FinalReply, 550, "Sender frequency limited", Deferred(None), R::RateLimited),
        (Stage::FinalReply, 552, "message too large", Deferred(None), R::StorageExceeded),
        (Stage::FinalReply, 421, "shutting down", Deferred(None), R::TemporaryRefusal),
    ];
    for (stage, code, text, expected, reason) in table {
        let mishap = Mishap::Reply {
            code,
            text: text.to_owned(),
        };
        assert_eq!(
            kind(stage, &mishap),
            (expected, reason),
            "{stage:?} {code} {text}"
        );
    }
}

#[test]
fn silence_is_a_deferral_before_the_final_dot_and_unknown_after_it() {
    let mishaps = [
        Mishap::Lost {
            detail: String::new(),
        },
        Mishap::TimedOut,
        Mishap::Garbled {
            detail: String::new(),
        },
    ];
    let before = [
        Stage::Connect,
        Stage::Greeting,
        Stage::Tls,
        Stage::Login,
        Stage::Sender,
        Stage::Recipient,
        Stage::Data,
        Stage::Body,
    ];
    for mishap in &mishaps {
        for stage in before {
            assert_eq!(
                kind(stage, mishap).0,
                Kind::Deferred(None),
                "{stage:?} {mishap:?}"
            );
        }
        let after = kind(Stage::FinalReply, mishap);
        assert_eq!(after, (Kind::Unknown, ReasonCode::ReplyLost), "{mishap:?}");
    }
}

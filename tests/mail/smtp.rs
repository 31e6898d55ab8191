//! The SMTP transport against a scripted server: every way a dialogue can go wrong, and what is made of it. Keeping and
//! replacing connections is in `smtp_connection`.

use duban::mail::reason::{ReasonCode, Stage};
use duban::mail::smtp_settings::{Security, SmtpSettings, SmtpTimeouts};

use crate::smtp_client::{
    EHLO, PLAIN_EHLO, SHORT, connection, deliver, deliver_text, peer, settings, told,
};
use crate::smtp_peer::{Act, Peer, PeerTls};

#[tokio::test]
async fn every_scripted_refusal_has_its_outcome() {
    use ReasonCode as R;
    use Stage as S;
    let gbk_unknown = b"550 \xd3\xc3\xbb\xa7\xb2\xbb\xb4\xe6\xd4\xda\r\n".to_vec();
    #[rustfmt::skip] // One line a case.
    let table = [
        ("GREETING", Act::SayAndClose("421 HL:ICC too many"), "deferred", R::RateLimited, S::Greeting),
        ("GREETING", Act::SayAndClose("554 no"), "deferred", R::TemporaryRefusal, S::Greeting),
        ("GREETING", Act::Close, "deferred", R::ConnectionLost, S::Greeting),
        ("GREETING", Act::Say("hello, this is HTTP"), "deferred", R::ProtocolError, S::Greeting),
        ("EHLO", Act::Say("502 what?"), "deferred", R::TemporaryRefusal, S::Greeting),
        ("MAIL", Act::Say("451 4.3.0 later"), "deferred", R::TemporaryRefusal, S::Sender),
        ("MAIL", Act::Say("553 Mail from must equal authorized user"), "stopped", R::SenderRefused, S::Sender),
        ("MAIL", Act::Say("530 5.7.0 login first"), "stopped", R::LoginFailed, S::Sender),
        ("MAIL", Act::Close, "deferred", R::ConnectionLost, S::Sender),
        ("RCPT", Act::Say("550 5.1.1 user unknown"), "failed", R::UnknownRecipient, S::Recipient),
        ("RCPT", Act::Raw(gbk_unknown), "failed", R::UnknownRecipient, S::Recipient),
        ("RCPT", Act::Say("550 Domain frequency limited"), "deferred", R::RateLimited, S::Recipient),
        ("RCPT", Act::Say("552 5.2.2 quota"), "deferred", R::StorageExceeded, S::Recipient),
        ("RCPT", Act::Say("452 4.2.2 quota"), "deferred", R::StorageExceeded, S::Recipient),
        ("RCPT", Act::Say("451 MI:SFQ"), "deferred", R::RateLimited, S::Recipient),
        ("RCPT", Act::Say("354 odd"), "deferred", R::ProtocolError, S::Recipient),
        ("RCPT", Act::Close, "deferred", R::ConnectionLost, S::Recipient),
        ("DATA", Act::Say("554 no valid recipients"), "failed", R::ContentRefused, S::Data),
        ("DATA", Act::Say("250 ok?"), "deferred", R::ProtocolError, S::Data),
        ("DATA", Act::Close, "deferred", R::ConnectionLost, S::Data),
        ("DOT", Act::Say("554 DT:SPM spam"), "failed", R::ContentRefused, S::FinalReply),
        ("DOT", Act::Say("451 4.3.0 later"), "deferred", R::TemporaryRefusal, S::FinalReply),
        ("DOT", Act::SayAndClose("421 closing"), "deferred", R::TemporaryRefusal, S::FinalReply),
        ("DOT", Act::Close, "unknown", R::ReplyLost, S::FinalReply),
        ("DOT", Act::Say("this is no reply"), "unknown", R::ReplyLost, S::FinalReply),
        ("DOT", Act::Say("354 more?"), "unknown", R::ReplyLost, S::FinalReply),
    ];
    for (step, act, kind, reason, stage) in table {
        for ehlo in [EHLO, PLAIN_EHLO] {
            let peer = Peer::start(ehlo, PeerTls::Never).await;
            peer.at(step, act.clone());
            let delivery = deliver(&mut connection(settings(&peer))).await;
            assert_eq!(
                told(&delivery),
                (kind, Some((reason, stage)), None),
                "{step} {delivery:?}"
            );
        }
    }
}

#[tokio::test]
async fn silence_ends_at_each_step_with_the_right_outcome() {
    let table = [
        (
            "GREETING",
            "deferred",
            ReasonCode::TimedOut,
            Stage::Greeting,
        ),
        ("EHLO", "deferred", ReasonCode::TimedOut, Stage::Greeting),
        ("MAIL", "deferred", ReasonCode::TimedOut, Stage::Sender),
        ("RCPT", "deferred", ReasonCode::TimedOut, Stage::Recipient),
        ("DATA", "deferred", ReasonCode::TimedOut, Stage::Data),
        ("DOT", "unknown", ReasonCode::ReplyLost, Stage::FinalReply),
    ];
    for (step, kind, reason, stage) in table {
        let peer = peer().await;
        peer.at(step, Act::Hang);
        let mut settings = settings(&peer);
        settings.timeouts = SmtpTimeouts {
            connect: SHORT,
            greeting: SHORT,
            command: SHORT,
            data: SHORT,
            block: SHORT,
            final_reply: SHORT,
            quit: SHORT,
        };
        let delivery = deliver(&mut connection(settings)).await;
        assert_eq!(
            told(&delivery),
            (kind, Some((reason, stage)), None),
            "{step}"
        );
    }
}

/// Larger than what the sockets' buffers take, so that the dot cannot have left.
fn huge_message() -> Vec<u8> {
    let mut message = b"Subject: a\r\n\r\n".to_vec();
    message.extend(b"0123456789abcdef\r\n".repeat(2_000_000));
    message
}

#[tokio::test]
async fn a_connection_lost_within_the_message_is_a_deferral() {
    let peer = peer().await;
    peer.at("BODY", Act::Close);
    let delivery = deliver_text(&mut connection(settings(&peer)), &huge_message()).await;
    let expected = (
        "deferred",
        Some((ReasonCode::ConnectionLost, Stage::Body)),
        None,
    );
    assert_eq!(told(&delivery), expected);
}

#[tokio::test]
async fn a_server_that_stops_reading_is_given_up_before_the_dot() {
    let peer = peer().await;
    peer.at("BODY", Act::Hang);
    let mut settings = settings(&peer);
    settings.timeouts.block = SHORT;
    let delivery = deliver_text(&mut connection(settings), &huge_message()).await;
    let expected = ("deferred", Some((ReasonCode::TimedOut, Stage::Body)), None);
    assert_eq!(told(&delivery), expected);
}

#[tokio::test]
async fn a_refused_connection_is_a_deferral() {
    let port = peer().await.address.port();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("port");
    let closed = listener.local_addr().expect("address").port();
    drop(listener);
    assert_ne!(port, closed);
    let settings = SmtpSettings::new("127.0.0.1", closed, Security::None);
    let delivery = deliver(&mut connection(settings)).await;
    let expected = (
        "deferred",
        Some((ReasonCode::ConnectionFailed, Stage::Connect)),
        None,
    );
    assert_eq!(told(&delivery), expected);
}

#[tokio::test]
async fn floods_and_broken_replies_neither_hang_nor_panic() {
    let endless_line = vec![b'x'; 8_000_000];
    let endless_lines = b"250-more\r\n".repeat(100_000);
    let cases = [
        ("EHLO", Act::Raw(endless_lines.clone()), "deferred"),
        (
            "EHLO",
            Act::Raw(b"250-peer\r\n250- \t\r\n250 x\r\n".to_vec()),
            "sent",
        ),
        (
            "RCPT",
            Act::Raw([b"250 ".to_vec(), endless_line, b"\r\n".to_vec()].concat()),
            "sent",
        ),
        ("DOT", Act::Raw(endless_lines), "unknown"),
        ("DOT", Act::Raw(b"250\r\n".to_vec()), "sent"),
    ];
    for (step, act, kind) in cases {
        let peer = peer().await;
        peer.at(step, act);
        let mut settings = settings(&peer);
        settings.timeouts.quit = SHORT;
        assert_eq!(
            told(&deliver(&mut connection(settings)).await).0,
            kind,
            "{step}"
        );
    }
}

#[tokio::test]
async fn replies_kept_for_people_show_no_address() {
    let peer = peer().await;
    peer.at(
        "RCPT",
        Act::Say("550 5.1.1 <zhang@school.example.cn> unknown"),
    );
    let shown = format!("{:?}", deliver(&mut connection(settings(&peer))).await);
    assert!(
        shown.contains("z***@school.example.cn") && !shown.contains("zhang@"),
        "{shown}"
    );
}

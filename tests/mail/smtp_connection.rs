//! How the SMTP transport uses its connection: one mail after another, broken off, replaced, grown old.

use std::time::Duration;

use duban::mail::outcome::Delivery;
use duban::mail::reason::{ReasonCode, Stage};

use crate::smtp_client::{
    EHLO, MESSAGE, PLAIN_EHLO, SHORT, connection, deliver, deliver_text, envelope, peer, settings,
    to, told,
};
use crate::smtp_peer::{Act, Peer, PeerTls};

#[tokio::test]
async fn a_message_arrives_dot_stuffed_and_the_connection_is_reused() {
    let peer = peer().await;
    let mut connection = connection(settings(&peer));
    let text = b"Subject: a\r\n\r\n.\r\n..two\r\nlast\r\n";
    let first = deliver_text(&mut connection, text).await;
    assert_eq!(
        first,
        Delivery::Sent {
            reply: "2.0.0 queued as 77".to_owned()
        }
    );
    assert_eq!(told(&deliver(&mut connection).await).0, "sent");
    connection.quit().await;
    let (commands, messages) = peer.saw(|j| (j.commands.join(" "), j.messages.clone()));
    assert_eq!(
        commands,
        "1:EHLO 1:MAIL 1:RCPT 1:DATA 1:MAIL 1:RCPT 1:DATA 1:QUIT"
    );
    assert!(
        messages[0].contains("\r\n\r\n..\r\n...two\r\nlast\r\n"),
        "{}",
        messages[0]
    );
}

#[tokio::test]
async fn greylisting_is_deferred_by_the_time_named_and_succeeds_on_the_same_connection() {
    let peer = peer().await;
    peer.at(
        "RCPT",
        Act::Say("450 4.7.1 Greylisted, try again in 300 seconds"),
    );
    let mut connection = connection(settings(&peer));
    let first = told(&deliver(&mut connection).await);
    let expected = Some((ReasonCode::Greylisted, Stage::Recipient));
    assert_eq!(first, ("deferred", expected, Some(300)));
    assert_eq!(told(&deliver(&mut connection).await).0, "sent");
    let commands = peer.saw(|journal| journal.commands.join(" "));
    assert_eq!(commands, "1:EHLO 1:MAIL 1:RCPT 1:RSET 1:MAIL 1:RCPT 1:DATA");
}

#[tokio::test]
async fn what_is_said_of_a_recipient_after_a_refused_sender_is_not_taken_for_the_next_answer() {
    for (ehlo, told_of) in [(EHLO, "1:MAIL 1:RCPT"), (PLAIN_EHLO, "1:MAIL")] {
        let peer = Peer::start(ehlo, PeerTls::Never).await;
        peer.at("MAIL", Act::Say("451 4.7.1 not now"));
        if ehlo == EHLO {
            peer.at("RCPT", Act::Say("503 5.5.1 need MAIL first"));
        }
        let mut connection = connection(settings(&peer));
        let first = deliver(&mut connection).await;
        let (kind, reason, _) = told(&first);
        assert_eq!(
            (kind, reason.map(|(_, stage)| stage)),
            ("deferred", Some(Stage::Sender))
        );
        assert_eq!(told(&deliver(&mut connection).await).0, "sent");
        let commands = peer.saw(|journal| journal.commands.join(" "));
        let expected = format!("1:EHLO {told_of} 1:RSET 1:MAIL 1:RCPT 1:DATA");
        assert_eq!(commands, expected);
    }
}

#[tokio::test]
async fn an_offer_not_transmitted_is_reset_before_the_next() {
    let peer = peer().await;
    let mut connection = connection(settings(&peer));
    connection.offer(&envelope()).await.expect("offered");
    connection
        .offer(&to("li@school.example.cn"))
        .await
        .expect("offered again");
    connection.transmit(MESSAGE).await.expect("sent");
    let commands = peer.saw(|journal| journal.commands.join(" "));
    assert_eq!(commands, "1:EHLO 1:MAIL 1:RCPT 1:RSET 1:MAIL 1:RCPT 1:DATA");
}

#[tokio::test]
async fn a_kept_connection_that_fails_is_replaced_once() {
    let failures = [
        Act::Close,
        Act::SayAndClose("421 4.4.2 idle too long"),
        Act::Say("450 MI:DMC too many mails in one connection"),
    ];
    for failure in failures {
        let peer = peer().await;
        let mut connection = connection(settings(&peer));
        assert_eq!(told(&deliver(&mut connection).await).0, "sent");
        peer.at("MAIL", failure);
        assert_eq!(told(&deliver(&mut connection).await).0, "sent");
        let connections = peer.saw(|j| j.commands.iter().filter(|c| c.ends_with("EHLO")).count());
        assert_eq!(connections, 2);
    }
}

#[tokio::test]
async fn a_server_that_fails_twice_is_not_tried_a_third_time() {
    let peer = peer().await;
    let mut connection = connection(settings(&peer));
    assert_eq!(told(&deliver(&mut connection).await).0, "sent");
    peer.at("MAIL", Act::Close).at("MAIL", Act::Close);
    assert_eq!(told(&deliver(&mut connection).await).0, "deferred");
    let connections = peer.saw(|j| j.commands.iter().filter(|c| c.ends_with("EHLO")).count());
    assert_eq!(connections, 2);
}

#[tokio::test]
async fn a_connection_is_left_after_its_share_of_messages_or_when_it_has_grown_old() {
    let peer = peer().await;
    let mut few = settings(&peer);
    few.messages_per_connection = 2;
    let mut connection = connection(few);
    for _ in 0..5 {
        assert_eq!(told(&deliver(&mut connection).await).0, "sent");
    }
    let ehlos = peer.saw(|j| j.commands.iter().filter(|c| c.ends_with("EHLO")).count());
    assert_eq!(ehlos, 3);

    let peer = self::peer().await;
    let mut young = settings(&peer);
    young.idle_limit = Duration::ZERO;
    let mut connection = self::connection(young);
    for _ in 0..2 {
        assert_eq!(told(&deliver(&mut connection).await).0, "sent");
    }
    let commands = peer.saw(|journal| journal.commands.join(" "));
    assert!(
        commands.contains("1:QUIT") && commands.contains("2:DATA"),
        "{commands}"
    );
}

#[tokio::test]
async fn a_call_given_up_midway_leaves_no_half_used_connection() {
    let peer = peer().await;
    let mut connection = connection(settings(&peer));
    peer.at("DOT", Act::Hang);
    connection.offer(&envelope()).await.expect("offered");
    let given_up = tokio::time::timeout(SHORT, connection.transmit(MESSAGE)).await;
    assert!(given_up.is_err());
    assert_eq!(told(&deliver(&mut connection).await).0, "sent");
    let commands = peer.saw(|journal| journal.commands.join(" "));
    assert!(
        commands.ends_with("2:EHLO 2:MAIL 2:RCPT 2:DATA"),
        "{commands}"
    );
}

#[tokio::test]
async fn a_malformed_message_is_refused_before_data() {
    let peer = peer().await;
    let mut connection = connection(settings(&peer));
    let smuggled = b"Subject: a\r\n\r\nb\n.\nMAIL FROM:<x@y.cn>\r\n";
    let delivery = deliver_text(&mut connection, smuggled).await;
    assert_eq!(told(&delivery).0, "failed");
    assert_eq!(told(&deliver(&mut connection).await).0, "sent");
    let commands = peer.saw(|journal| journal.commands.join(" "));
    assert_eq!(commands, "1:EHLO 1:MAIL 1:RCPT 1:RSET 1:MAIL 1:RCPT 1:DATA");
}

#[tokio::test]
async fn transmitting_without_an_offer_sends_nothing() {
    let peer = peer().await;
    let mut connection = connection(settings(&peer));
    let failure = connection
        .transmit(MESSAGE)
        .await
        .expect_err("nothing offered");
    assert_eq!(told(&failure.into()).0, "deferred");
    assert!(peer.saw(|journal| journal.commands.is_empty()));
}

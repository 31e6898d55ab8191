//! The client's side of the SMTP tests: settings for a scripted peer, and outcomes in a form to compare.

use std::sync::Arc;
use std::time::Duration;

use duban::domain::email_address::EmailAddress;
use duban::mail::outcome::Delivery;
use duban::mail::reason::{ReasonCode, Stage};
use duban::mail::smtp_settings::{Security, SmtpSettings};
use duban::mail::transport::{Connection, Envelope, Transport};

use crate::smtp_peer::{Peer, PeerTls};

pub const EHLO: &str = "250-peer\r\n250-PIPELINING\r\n250 SIZE 10240000";
/// Takes one command at a time.
pub const PLAIN_EHLO: &str = "250-peer\r\n250 SIZE 10240000";
pub const MESSAGE: &[u8] = b"Message-ID: <1@x.cn>\r\nSubject: a\r\n\r\nhello\r\n";
pub const SHORT: Duration = Duration::from_millis(150);

pub fn envelope() -> Envelope {
    to("zhang@school.example.cn")
}

pub fn to(recipient: &str) -> Envelope {
    Envelope {
        from: EmailAddress::parse("duban@bureau.example.cn").expect("address"),
        to: EmailAddress::parse(recipient).expect("address"),
    }
}

pub async fn peer() -> Peer {
    Peer::start(EHLO, PeerTls::Never).await
}

pub fn settings(peer: &Peer) -> SmtpSettings {
    SmtpSettings::new("127.0.0.1", peer.address.port(), Security::None)
}

pub fn connection(settings: SmtpSettings) -> Connection {
    Transport::Smtp(Arc::new(settings)).connection()
}

pub async fn deliver_text(connection: &mut Connection, message: &[u8]) -> Delivery {
    match connection.offer(&envelope()).await {
        Err(refusal) => refusal.into(),
        Ok(()) => match connection.transmit(message).await {
            Ok(accepted) => accepted.into(),
            Err(failure) => failure.into(),
        },
    }
}

pub async fn deliver(connection: &mut Connection) -> Delivery {
    deliver_text(connection, MESSAGE).await
}

/// Kind, reason, stage and waiting time of an outcome.
pub fn told(delivery: &Delivery) -> (&'static str, Option<(ReasonCode, Stage)>, Option<u64>) {
    let (kind, reason, hint) = match delivery {
        Delivery::Sent { .. } => ("sent", None, None),
        Delivery::Deferred { reason, hint } => ("deferred", Some(reason), *hint),
        Delivery::Failed { reason } => ("failed", Some(reason), None),
        Delivery::Unknown { reason } => ("unknown", Some(reason), None),
        Delivery::QueueStopped { reason } => ("stopped", Some(reason), None),
    };
    let reason = reason.map(|reason| (reason.code(), reason.stage()));
    (kind, reason, hint.map(|hint| hint.as_secs()))
}

//! Encryption and login of the SMTP transport, against a scripted server with a certificate of its own.

use std::sync::Arc;

use crate::smtp_peer::{Act, Peer, PeerTls};
use duban::domain::email_address::EmailAddress;
use duban::mail::outcome::Delivery;
use duban::mail::reason::ReasonCode;
use duban::mail::smtp_settings::{Security, SmtpLogin, SmtpSettings, Trust};
use duban::mail::transport::{Envelope, Transport};
use secrecy::SecretString;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const PLAIN: &str = "250-peer\r\n250 AUTH PLAIN LOGIN";
const LOGIN_ONLY: &str = "250-peer\r\n250-AUTH LOGIN\r\n250 8BITMIME";
const STARTTLS: &str = "250-peer\r\n250-STARTTLS\r\n250 AUTH PLAIN";
const NO_AUTH: &str = "250-peer\r\n250 8BITMIME";

struct Authority {
    acceptor: TlsAcceptor,
    certificate: CertificateDer<'static>,
}

fn authority(host: &str) -> Authority {
    let signed = rcgen::generate_simple_self_signed([host.to_owned()]).expect("certificate");
    let certificate = signed.cert.der().clone();
    let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der()).expect("key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("server");
    Authority {
        acceptor: TlsAcceptor::from(Arc::new(config)),
        certificate,
    }
}

fn settings(peer: &Peer, security: Security, trusted: &Authority) -> SmtpSettings {
    let mut settings = SmtpSettings::new("localhost", peer.address.port(), security);
    settings.trust = Trust::Only(vec![trusted.certificate.clone()]);
    settings.timeouts.quit = std::time::Duration::from_millis(100);
    settings
}

fn with_login(mut settings: SmtpSettings) -> SmtpSettings {
    settings.login = Some(SmtpLogin {
        user: "duban".to_owned(),
        password: SecretString::from("hunter2"),
    });
    settings
}

async fn outcome(settings: SmtpSettings) -> Result<(), ReasonCode> {
    let mut connection = Transport::Smtp(Arc::new(settings)).connection();
    let envelope = Envelope {
        from: EmailAddress::parse("duban@bureau.example.cn").expect("address"),
        to: EmailAddress::parse("zhang@school.example.cn").expect("address"),
    };
    if let Err(refusal) = connection.offer(&envelope).await {
        return Err(refusal.reason().code());
    }
    let message = b"Subject: a\r\n\r\nhello\r\n";
    match connection.transmit(message).await {
        Ok(_) => {
            connection.quit().await;
            Ok(())
        }
        Err(failure) => panic!("{:?}", Delivery::from(failure)),
    }
}

#[tokio::test]
async fn starttls_encrypts_before_the_login_and_greets_again() {
    let own = authority("localhost");
    for security in [Security::Required, Security::Opportunistic] {
        let peer = Peer::start(STARTTLS, PeerTls::OnStartTls(own.acceptor.clone())).await;
        assert_eq!(
            outcome(with_login(settings(&peer, security, &own))).await,
            Ok(())
        );
        let commands = peer.saw(|journal| journal.commands.join(" "));
        let expected = "1:EHLO 1:STARTTLS 1:EHLO 1:AUTH 1:MAIL 1:RCPT 1:DATA 1:QUIT";
        assert_eq!(commands, expected);
        assert_eq!(peer.saw(|journal| journal.messages.len()), 1);
    }
}

#[tokio::test]
async fn implicit_tls_encrypts_from_the_first_byte() {
    let own = authority("localhost");
    let peer = Peer::start(PLAIN, PeerTls::FromStart(own.acceptor.clone())).await;
    let settings = with_login(settings(&peer, Security::Implicit, &own));
    assert_eq!(outcome(settings).await, Ok(()));
    // RFC 4616: \0user\0password.
    assert_eq!(
        peer.saw(|j| j.login.clone()),
        ["AUTH PLAIN AGR1YmFuAGh1bnRlcjI="]
    );
}

#[tokio::test]
async fn a_certificate_not_trusted_or_of_another_host_stops_the_queue() {
    let own = authority("localhost");
    let foreign = authority("localhost");
    let misnamed = authority("mail.example.cn");
    for (served, trusted) in [(&foreign, &own), (&misnamed, &misnamed)] {
        for security in [
            Security::Required,
            Security::Opportunistic,
            Security::Implicit,
        ] {
            let acceptor = served.acceptor.clone();
            let tls = match security {
                Security::Implicit => PeerTls::FromStart(acceptor),
                _ => PeerTls::OnStartTls(acceptor),
            };
            let peer = Peer::start(STARTTLS, tls).await;
            let refused = outcome(settings(&peer, security, trusted)).await;
            assert_eq!(refused, Err(ReasonCode::CertificateRefused), "{security:?}");
            assert!(peer.saw(|j| !j.commands.iter().any(|c| c.ends_with("MAIL"))));
        }
    }
}

#[tokio::test]
async fn required_tls_that_is_not_offered_or_refused_stops_the_queue() {
    let own = authority("localhost");
    let peer = Peer::start(NO_AUTH, PeerTls::Never).await;
    let refused = outcome(settings(&peer, Security::Required, &own)).await;
    assert_eq!(refused, Err(ReasonCode::TlsUnavailable));

    let peer = Peer::start(STARTTLS, PeerTls::Never).await;
    peer.at("STARTTLS", Act::Say("502 not today"));
    let refused = outcome(settings(&peer, Security::Required, &own)).await;
    assert_eq!(refused, Err(ReasonCode::TlsUnavailable));

    let peer = Peer::start(STARTTLS, PeerTls::Never).await;
    peer.at("STARTTLS", Act::SayAndClose("220 go ahead"));
    let refused = outcome(settings(&peer, Security::Required, &own)).await;
    assert_eq!(refused, Err(ReasonCode::ConnectionLost));
}

#[tokio::test]
async fn a_server_speaking_plainly_where_tls_is_expected_stops_the_queue() {
    let own = authority("localhost");
    let peer = Peer::start(NO_AUTH, PeerTls::Never).await;
    let refused = outcome(settings(&peer, Security::Implicit, &own)).await;
    assert_eq!(refused, Err(ReasonCode::TlsFailed));
}

#[tokio::test]
async fn text_slipped_in_before_the_handshake_is_refused() {
    let own = authority("localhost");
    let peer = Peer::start(STARTTLS, PeerTls::OnStartTls(own.acceptor.clone())).await;
    peer.at(
        "STARTTLS",
        Act::Raw(b"220 go\r\n250-peer\r\n250 AUTH PLAIN\r\n".to_vec()),
    );
    let refused = outcome(settings(&peer, Security::Required, &own)).await;
    assert_eq!(refused, Err(ReasonCode::ProtocolError));
}

#[tokio::test]
async fn login_asks_for_name_and_password_one_by_one_where_plain_is_not_offered() {
    let own = authority("localhost");
    let peer = Peer::start(LOGIN_ONLY, PeerTls::FromStart(own.acceptor.clone())).await;
    // The peer compares in capitals: "duban" and "hunter2" in base64.
    peer.at("AUTH", Act::Say("334 VXNlcm5hbWU6"))
        .at("ZHVIYW4=", Act::Say("334 UGFzc3dvcmQ6"))
        .at("AHVUDGVYMG==", Act::Say("235 ok"));
    let settings = with_login(settings(&peer, Security::Implicit, &own));
    assert_eq!(outcome(settings).await, Ok(()));
}

#[tokio::test]
async fn a_refused_login_stops_the_queue() {
    let own = authority("localhost");
    for reply in [
        "535 5.7.8 wrong",
        "534 too weak",
        "550 User has no permission",
    ] {
        let peer = Peer::start(PLAIN, PeerTls::FromStart(own.acceptor.clone())).await;
        peer.at("AUTH", Act::Say(reply));
        let settings = with_login(settings(&peer, Security::Implicit, &own));
        assert_eq!(
            outcome(settings).await,
            Err(ReasonCode::LoginFailed),
            "{reply}"
        );
    }
    let peer = Peer::start(NO_AUTH, PeerTls::FromStart(own.acceptor.clone())).await;
    let settings = with_login(settings(&peer, Security::Implicit, &own));
    assert_eq!(outcome(settings).await, Err(ReasonCode::LoginFailed));
}

#[tokio::test]
async fn on_this_machine_a_password_may_go_unencrypted() {
    let own = authority("localhost");
    let peer = Peer::start(PLAIN, PeerTls::Never).await;
    let settings = with_login(settings(&peer, Security::None, &own));
    assert_eq!(outcome(settings).await, Ok(()));
    assert_eq!(peer.saw(|journal| journal.login.len()), 1);
}

#[tokio::test]
async fn elsewhere_a_password_never_goes_unencrypted() {
    let own = authority("localhost");
    for security in [Security::Opportunistic, Security::None] {
        let peer = Peer::start(PLAIN, PeerTls::Never).await;
        let mut settings = with_login(settings(&peer, security, &own));
        // Reaches the peer under a name that is not taken for this machine's.
        settings.host = "127.1".to_owned();
        assert_eq!(outcome(settings).await, Err(ReasonCode::LoginNeedsTls));
        assert!(peer.saw(|journal| journal.login.is_empty()));
    }
}

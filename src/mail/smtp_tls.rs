//! TLS for a mail connection: whose certificates are believed, and what a failed handshake means. The dialogue around
//! it is in `smtp_session`.

use std::io;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, Error as TlsError, RootCertStore};

use super::outcome::{Mishap, Refusal, judge};
use super::reason::{ReasonCode, Stage};
use super::smtp::certain;
use super::smtp_session::stopped;
use super::smtp_settings::{SmtpSettings, Trust};
use super::smtp_stream::{Break, SmtpStream};

/// Encrypts the connection and checks the server's certificate against its host name.
pub(super) async fn encrypt(stream: &SmtpStream, settings: &SmtpSettings) -> Result<(), Refusal> {
    let host = settings.host.trim_start_matches('[').trim_end_matches(']');
    let server = ServerName::try_from(host.to_owned())
        .map_err(|error| stopped(ReasonCode::TlsFailed, Stage::Tls, &error.to_string()))?;
    let connector = connector(&settings.trust).await?;
    stream
        .start_tls(&connector, server, settings.timeouts.greeting)
        .await
        .map_err(|error| refusal_of(stream, &error))
}

async fn connector(trust: &Trust) -> Result<TlsConnector, Refusal> {
    let roots = match trust {
        Trust::System => system_roots().await,
        Trust::Only(authorities) => authorities.clone(),
    };
    let mut store = RootCertStore::empty();
    let (usable, _unreadable) = store.add_parsable_certificates(roots);
    if usable == 0 {
        let detail = "系统中没有可用的根证书，请安装 ca-certificates";
        return Err(stopped(ReasonCode::CertificateRefused, Stage::Tls, detail));
    }
    // The provider is named, because rustls panics where several are compiled in and none is chosen.
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| stopped(ReasonCode::TlsFailed, Stage::Tls, &error.to_string()))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Read anew for each connection, so that an authority added by the operator counts without a restart.
async fn system_roots() -> Vec<CertificateDer<'static>> {
    tokio::task::spawn_blocking(|| rustls_native_certs::load_native_certs().certs)
        .await
        .unwrap_or_default()
}

/// What TLS itself objects to stays so until somebody changes a setting; a broken connection does not.
fn refusal_of(stream: &SmtpStream, error: &io::Error) -> Refusal {
    let objection = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<TlsError>());
    match objection {
        Some(TlsError::InvalidCertificate(cause)) => stopped(
            ReasonCode::CertificateRefused,
            Stage::Tls,
            &format!("{cause:?}"),
        ),
        Some(other) => stopped(ReasonCode::TlsFailed, Stage::Tls, &other.to_string()),
        None => {
            let mishap = match stream.broken() {
                Some(Break::TimedOut) => Mishap::TimedOut,
                Some(Break::Flooded) => Mishap::Garbled {
                    detail: "text between STARTTLS and the handshake".to_owned(),
                },
                Some(Break::Lost) | None => Mishap::Lost {
                    detail: error.to_string(),
                },
            };
            certain(judge(Stage::Tls, &mishap))
        }
    }
}

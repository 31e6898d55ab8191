//! TLS of a request: whose certificates are believed, and the handshake.

use crate::domain::webhook::DeliveryTrouble;
use crate::webhook::caller::Trouble;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Whose certificates are believed.
#[derive(Debug, Clone)]
pub enum Roots {
    /// Those of the system.
    System,
    /// These authorities alone.
    Only(Vec<CertificateDer<'static>>),
}

/// Encrypts a connection and checks the certificate against the host's name.
pub(super) async fn encrypt(
    stream: TcpStream,
    host: &str,
    roots: &Roots,
) -> Result<TlsStream<TcpStream>, Trouble> {
    let failed = |error: &dyn std::fmt::Display| Trouble::new(DeliveryTrouble::TlsFailed, error);
    let server = ServerName::try_from(host.to_owned()).map_err(|error| failed(&error))?;
    let roots = match roots {
        // Read anew each time, so that an authority added by the operator counts without a restart.
        Roots::System => {
            tokio::task::spawn_blocking(|| rustls_native_certs::load_native_certs().certs)
                .await
                .unwrap_or_default()
        }
        Roots::Only(authorities) => authorities.clone(),
    };
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots);
    // The provider is named, because rustls panics where several are compiled in and none is chosen.
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?
        .with_root_certificates(store)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
        .connect(server, stream)
        .await
        .map_err(|error| failed(&error))
}

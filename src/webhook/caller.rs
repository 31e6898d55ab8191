//! One request to an endpoint: a POST over HTTP/1.1 to an address that was judged. No redirect is followed, no more of the
//! answer is read than is looked at, and everything together takes 15 seconds at the most.

use crate::domain::webhook::DeliveryTrouble;
use crate::domain::webhook_target::Target;
use crate::webhook::{Outward, guard, tls};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use std::fmt::Display;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

/// All of it takes no longer.
pub const WHOLE_TIME: Duration = Duration::from_secs(15);

/// An address that does not answer is given up after this; the name may have others.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// Bytes of the answer's body that are looked at.
const MOST_BODY: usize = 4 << 10;

/// Bytes of its head.
const MOST_HEAD: usize = 16 << 10;

/// Letters of what went wrong that are kept.
const DETAIL_CHARS: usize = 200;

/// What is sent.
#[derive(Debug, Clone)]
pub struct Outgoing<'a> {
    /// Where to.
    pub target: &'a Target,
    /// More for the query.
    pub query: Vec<(&'static str, String)>,
    /// Headers besides the usual ones.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The status.
    pub status: u16,
    /// Retry-After as it stands there.
    pub retry_after: Option<String>,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What kind of trouble.
    pub kind: DeliveryTrouble,
    /// A few words of whoever noticed it.
    pub detail: String,
}

impl Trouble {
    /// Trouble with what is said of it, cut short.
    pub fn new(kind: DeliveryTrouble, detail: &dyn Display) -> Self {
        let detail = detail.to_string();
        let detail = detail.chars().filter(|letter| !letter.is_control());
        Self {
            kind,
            detail: detail.take(DETAIL_CHARS).collect(),
        }
    }
}

/// Sends a request; its answer, whatever the status.
///
/// # Errors
/// [`Trouble`] where there is none.
pub async fn post(outward: &Outward, outgoing: Outgoing<'_>) -> Result<Received, Trouble> {
    match tokio::time::timeout(WHOLE_TIME, exchange(outward, outgoing)).await {
        Ok(told) => told,
        Err(late) => Err(Trouble::new(DeliveryTrouble::TimedOut, &late)),
    }
}

async fn exchange(outward: &Outward, outgoing: Outgoing<'_>) -> Result<Received, Trouble> {
    let target = outgoing.target;
    let addresses = guard::addresses(target, &outward.intranet).await?;
    let request = request(&outgoing)?;
    let stream = connected(&addresses).await?;
    match target.is_encrypted() {
        true => {
            let stream = tls::encrypt(stream, target.host(), &outward.roots).await?;
            talk(stream, request).await
        }
        false => talk(stream, request).await,
    }
}

/// A connection to the first of the addresses that answers.
async fn connected(addresses: &[SocketAddr]) -> Result<TcpStream, Trouble> {
    let mut last = Trouble::new(DeliveryTrouble::Unreachable, &"no address");
    for address in addresses {
        match tokio::time::timeout(CONNECT_TIME, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = Trouble::new(DeliveryTrouble::Unreachable, &error),
            Err(late) => last = Trouble::new(DeliveryTrouble::TimedOut, &late),
        }
    }
    Err(last)
}

fn request(outgoing: &Outgoing<'_>) -> Result<Request<Full<Bytes>>, Trouble> {
    let query = outgoing.query.iter();
    let query: Vec<(&str, &str)> = query.map(|(name, text)| (*name, text.as_str())).collect();
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(outgoing.target.path_with(&query))
        .header(HOST, outgoing.target.authority())
        .header(
            USER_AGENT,
            HeaderValue::from_static(concat!("duban/", env!("CARGO_PKG_VERSION"))),
        )
        .header(CONTENT_TYPE, "application/json; charset=utf-8");
    for (name, value) in &outgoing.headers {
        request = request.header(*name, value);
    }
    request
        .body(Full::new(Bytes::from(outgoing.body.clone())))
        // What cannot be written as a request is no fault of the network; the address is to be corrected.
        .map_err(|error| Trouble::new(DeliveryTrouble::Unreachable, &error))
}

async fn talk<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Received, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let opened = http1::Builder::new()
        .max_buf_size(MOST_HEAD)
        .handshake(TokioIo::new(stream))
        .await;
    let (mut sender, connection) = opened.map_err(|error| broken(&error))?;
    let _driven = AbortOnDropHandle::new(tokio::spawn(connection));
    let answer = sender.send_request(request).await;
    let answer = answer.map_err(|error| broken(&error))?;
    Ok(received(answer).await)
}

fn broken(error: &hyper::Error) -> Trouble {
    let kind = match error.is_parse() || error.is_parse_status() {
        true => DeliveryTrouble::Garbled,
        false => DeliveryTrouble::Unreachable,
    };
    Trouble::new(kind, error)
}

/// Status, Retry-After and the beginning of the body; one that is too long or breaks off is as good as none.
async fn received(answer: Response<Incoming>) -> Received {
    let retry_after = answer.headers().get(RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| value.to_str().ok());
    let retry_after = retry_after.map(str::to_owned);
    let status = answer.status().as_u16();
    let body = Limited::new(answer.into_body(), MOST_BODY).collect().await;
    let body = body.map(|body| body.to_bytes().to_vec());
    Received {
        status,
        retry_after,
        body: body.unwrap_or_default(),
    }
}

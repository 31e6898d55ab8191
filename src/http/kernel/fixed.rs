//! Content that never changes while the process lives: the document, the files of its page. With an ETag of its own bytes.

use super::encoding::{Encoding, gzip};
use super::etag::{Known, none_match};
use super::read::header;
use actix_web::http::header::{
    ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue,
    IF_NONE_MATCH, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use tokio::sync::OnceCell;

/// The methods of fixed content.
pub(super) const ALLOWED: &str = "GET, HEAD, OPTIONS";

/// Bytes with their type and ETag.
pub(super) struct Fixed {
    media_type: String,
    body: Bytes,
    digest: String,
    packed: OnceCell<Option<Bytes>>,
}

impl Fixed {
    /// Content of a media type.
    pub fn new(media_type: &str, body: Bytes) -> Self {
        let mut digest = String::new();
        for byte in Sha256::digest(&body).iter().take(12) {
            // Writing to a String cannot fail.
            let _ = write!(digest, "{byte:02x}");
        }
        Self {
            media_type: media_type.to_owned(),
            body,
            digest,
            packed: OnceCell::new(),
        }
    }

    /// Answers GET, HEAD and OPTIONS; `None` for another method.
    pub async fn answer(&self, request: &HttpRequest) -> Option<HttpResponseBuilderWithBody> {
        match *request.method() {
            Method::GET | Method::HEAD => {}
            Method::OPTIONS => {
                let mut builder = HttpResponse::NoContent();
                builder.insert_header((ALLOW, ALLOWED));
                return Some((builder, Bytes::new()));
            }
            _ => return None,
        }
        let packed = match Encoding::asked_for(header(request, ACCEPT_ENCODING)) {
            Encoding::Gzip => self.packed.get_or_init(|| gzip(&self.body)).await.clone(),
            Encoding::Identity => None,
        };
        let letter = if packed.is_some() { 'g' } else { 'i' };
        let tag = format!("\"{}.{letter}\"", self.digest);
        let known =
            header(request, IF_NONE_MATCH).map_or(Known::No, |given| none_match(given, &tag));
        let (status, is_known) = match known {
            Known::No => (StatusCode::OK, false),
            Known::Yes | Known::IfAny => (StatusCode::NOT_MODIFIED, true),
        };
        let mut builder = HttpResponse::build(status);
        builder
            .insert_header((ETAG, tag))
            .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-cache")))
            .insert_header((VARY, HeaderValue::from_static("Accept-Encoding")))
            .insert_header((X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")));
        if is_known {
            return Some((builder, Bytes::new()));
        }
        builder.insert_header((CONTENT_TYPE, self.media_type.as_str()));
        if packed.is_some() {
            builder.insert_header((CONTENT_ENCODING, HeaderValue::from_static("gzip")));
        }
        Some((builder, packed.unwrap_or_else(|| self.body.clone())))
    }
}

/// A response whose headers may still be added to, and its body.
pub(super) type HttpResponseBuilderWithBody = (HttpResponseBuilder, Bytes);

//! HTTP: health and metrics.

pub mod health;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::CONTENT_ENCODING;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};

/// The routes; each names who may call it.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        // Anybody: tells nothing but that the process lives, or can serve.
        .route("/healthz", web::get().to(health::healthz))
        .route("/readyz", web::get().to(health::readyz))
        // Anybody who can reach the listener: counts only, no names and no addresses.
        .route("/metrics", web::get().to(health::metrics_text));
}

/// Refuses encoded request bodies: this version of the framework bounds a body before it is unpacked, not after
/// (GHSA-qph8-7859-gq2f).
///
/// # Errors
/// Those of the handlers behind it.
pub async fn refuse_encoded_bodies(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let encoded = request
        .headers()
        .get_all(CONTENT_ENCODING)
        .any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"));
    if encoded {
        let refusal =
            HttpResponse::UnsupportedMediaType().body("请求正文不能压缩(Content-Encoding)");
        return Ok(request.into_response(refusal).map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

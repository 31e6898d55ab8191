//! Answers as HTTP: statuses, headers, bytes.

use super::code::Code;
use super::download::disposition;
use super::encoding::Encoding;
use super::problem::{PROBLEM_JSON, Problem};
use super::reply::{Answer, Content};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
    VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use bytes::Bytes;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// How a request ended well.
pub(super) enum Outcome {
    /// 304.
    NotModified {
        /// The ETag.
        tag: String,
    },
    /// 200 with JSON of a GET.
    Json {
        /// The bytes, packed as `encoding` says.
        body: Bytes,
        /// How they are packed.
        encoding: Encoding,
        /// The ETag.
        tag: String,
    },
    /// Any other answer.
    Whole {
        /// The answer.
        answer: Answer,
        /// The ETag of a GET.
        tag: Option<String>,
        /// Whether it was given before.
        is_replay: bool,
    },
    /// 204 to OPTIONS.
    Options {
        /// The Allow header.
        allow: String,
    },
}

/// The response to a request that ended so.
pub(super) fn respond(
    outcome: Result<Outcome, Problem>,
    request: &HttpRequest,
    request_id: &str,
) -> HttpResponse {
    match outcome {
        Ok(Outcome::NotModified { tag }) => {
            let mut builder = begin(StatusCode::NOT_MODIFIED, request_id);
            shared_state(&mut builder, &tag);
            builder.finish()
        }
        Ok(Outcome::Json {
            body,
            encoding,
            tag,
        }) => {
            let mut builder = begin(StatusCode::OK, request_id);
            shared_state(&mut builder, &tag);
            builder.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
            match encoding {
                Encoding::Gzip => {
                    builder.insert_header((CONTENT_ENCODING, HeaderValue::from_static("gzip")))
                }
                Encoding::Identity => &mut builder,
            };
            builder.body(body)
        }
        Ok(Outcome::Whole {
            answer,
            tag,
            is_replay,
        }) => whole(answer, tag, is_replay, request_id),
        Ok(Outcome::Options { allow }) => {
            let mut builder = begin(StatusCode::NO_CONTENT, request_id);
            builder.insert_header((ALLOW, allow)).finish()
        }
        Err(problem) => refused(&problem, request, request_id),
    }
}

fn begin(status: StatusCode, request_id: &str) -> HttpResponseBuilder {
    let mut builder = HttpResponse::build(status);
    builder
        .insert_header((X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .insert_header((
            VARY,
            HeaderValue::from_static("Authorization, Accept-Encoding"),
        ))
        .insert_header((X_REQUEST_ID, request_id));
    builder
}

/// What a 200 and its 304 both say.
fn shared_state(builder: &mut HttpResponseBuilder, tag: &str) {
    builder
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("private, no-cache")))
        .insert_header((ETAG, tag));
}

fn whole(answer: Answer, tag: Option<String>, is_replay: bool, request_id: &str) -> HttpResponse {
    let mut builder = begin(answer.status, request_id);
    match tag {
        Some(tag) => shared_state(&mut builder, &tag),
        None => {
            builder.insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")));
        }
    }
    if let Some(location) = answer.location {
        builder.insert_header((LOCATION, location));
    }
    if is_replay {
        builder.insert_header((IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true")));
    }
    match answer.content {
        Content::Nothing => builder.finish(),
        Content::Json(body) => {
            builder.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
            builder.body(body)
        }
        Content::File(file) => {
            let unnamed = HeaderValue::from_static("application/octet-stream");
            let media_type = HeaderValue::from_str(&file.media_type).unwrap_or(unnamed);
            builder
                .insert_header((CONTENT_TYPE, media_type))
                .insert_header((CONTENT_DISPOSITION, disposition(&file.file_name)))
                .insert_header((ACCEPT_RANGES, HeaderValue::from_static("none")))
                .insert_header((
                    CONTENT_SECURITY_POLICY,
                    HeaderValue::from_static("default-src 'none'; sandbox"),
                ));
            builder.body(file.bytes)
        }
    }
}

fn refused(problem: &Problem, request: &HttpRequest, request_id: &str) -> HttpResponse {
    let mut builder = begin(problem.status(), request_id);
    builder
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .insert_header((CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON)));
    if let Some(seconds) = problem.aside.retry_after {
        builder.insert_header((RETRY_AFTER, seconds));
    }
    if let Some(allow) = &problem.aside.allow {
        builder.insert_header((ALLOW, allow.as_str()));
    }
    if problem.status() == Code::Unauthenticated.status() {
        builder.insert_header((
            WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer realm=\"duban\""),
        ));
    }
    if closes(problem.status()) {
        builder.force_close();
    }
    builder.body(problem.render(request.path(), request_id))
}

/// After these what is left of the request may still be on its way: what follows could not be told from it.
fn closes(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 413 | 415 | 431)
}

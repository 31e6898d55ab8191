//! A unit's calendar feed, for calendar programs: whoever knows its address reads it. A wrong address is a path that does
//! not exist, and counts like one; what was asked for stands in no log.

use crate::flow::Ctx;
use crate::flow::unit_calendar::unit_calendar;
use crate::http::kernel::Kernel;
use crate::http::kernel::etag::{Known, none_match};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, web};

const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");

/// Answers with the feed, or 304 where the program has it.
pub async fn calendar_feed(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    secret: web::Path<String>,
    request: HttpRequest,
) -> HttpResponse {
    let calendar = match unit_calendar(&ctx, &secret).await {
        Ok(Some(calendar)) => calendar,
        Ok(None) => return kernel.not_found(request).await,
        Err(error) => {
            tracing::error!(%error, "A calendar feed could not be made");
            return kernel.failed(error.into(), &request);
        }
    };
    let given = request.headers().get(IF_NONE_MATCH);
    let known = given
        .and_then(|header| header.to_str().ok())
        .map_or(Known::No, |header| none_match(header, &calendar.tag));
    let status = match known {
        Known::No => StatusCode::OK,
        Known::Yes | Known::IfAny => StatusCode::NOT_MODIFIED,
    };
    let mut builder = HttpResponse::build(status);
    builder
        .insert_header((
            CACHE_CONTROL,
            HeaderValue::from_static("private, max-age=300"),
        ))
        .insert_header((ETAG, calendar.tag))
        .insert_header((X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .insert_header((REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
        .insert_header((X_ROBOTS_TAG, HeaderValue::from_static("noindex")));
    match known {
        Known::No => builder
            .insert_header((
                CONTENT_TYPE,
                HeaderValue::from_static("text/calendar; charset=utf-8"),
            ))
            .body(calendar.file),
        Known::Yes | Known::IfAny => builder.finish(),
    }
}

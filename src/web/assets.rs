//! What pages load: one style sheet, inside the binary. Its address holds its checksum, so that browsers keep it for good.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderValue, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::LazyLock;

const SHEET: &str = include_str!("assets/duban.css");

/// Its route.
pub(super) const STYLE: &str = "/assets/{checksum}/duban.css";

static CHECKSUM: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::digest(SHEET.as_bytes());
    digest.iter().take(8).fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
});

/// Its address.
pub(super) fn style_address() -> String {
    STYLE.replace("{checksum}", &CHECKSUM)
}

/// Answers with the style sheet; under another checksum too, which a page kept open over an update may still name.
pub(super) async fn style(request: HttpRequest) -> HttpResponse {
    let tag = format!("\"{}\"", *CHECKSUM);
    let known = request
        .headers()
        .get(IF_NONE_MATCH)
        .is_some_and(|given| given.as_bytes() == tag.as_bytes());
    let is_current = request.match_info().get("checksum") == Some(CHECKSUM.as_str());
    let keep = match is_current {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let mut builder = match known {
        true => HttpResponse::NotModified(),
        false => HttpResponse::Ok(),
    };
    builder
        .insert_header(("ETag", tag))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static(keep)))
        .insert_header((X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")));
    if known {
        return builder.finish();
    }
    builder
        .insert_header((
            CONTENT_TYPE,
            HeaderValue::from_static("text/css; charset=utf-8"),
        ))
        .body(SHEET)
}

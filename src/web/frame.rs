//! What all pages have in common: the frame around them, and the headers they are sent with.

use super::assets::{own_script_address, script_address, style_address};
use super::nav::NavGroup;
use super::words::Words;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;

/// Pages load their style sheet and their script and send their forms to this host, and do nothing else: no script or style
/// of their own, no frame, nothing from elsewhere (OWASP ASVS 5 §3.4).
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'";

/// The frame around a page.
pub(super) struct Frame {
    /// The language.
    pub(super) words: Words,
    /// Its heading, also in the window's title.
    pub(super) title: String,
    /// Address of the style sheet.
    pub(super) style: String,
    /// Of somebody who signed in.
    pub(super) signed: Option<Signed>,
}

/// What the frame has for somebody who signed in.
pub(super) struct Signed {
    /// Their name.
    pub(super) name: String,
    /// Proves that a form came from our page.
    pub(super) token: String,
    /// The way around.
    pub(super) nav: Vec<NavGroup>,
    /// What everybody on the page should know first: that work is paused, that mail does not leave.
    pub(super) alarms: Vec<String>,
    /// Address of htmx.
    pub(super) script: String,
    /// Address of our own script.
    pub(super) own_script: String,
}

impl Signed {
    /// For somebody of this name.
    pub(super) fn new(name: String, token: String, nav: Vec<NavGroup>) -> Self {
        Self {
            name,
            token,
            nav,
            alarms: Vec::new(),
            script: script_address(),
            own_script: own_script_address(),
        }
    }
}

impl Frame {
    /// The frame of a page with this heading.
    pub(super) fn new(words: Words, title: impl Into<String>) -> Self {
        Self {
            words,
            title: title.into(),
            style: style_address(),
            signed: None,
        }
    }

    /// The same, for somebody who signed in.
    pub(super) fn signed(self, signed: Signed) -> Self {
        Self {
            signed: Some(signed),
            ..self
        }
    }
}

/// A page as an answer. It is kept by nobody on its way, and names no address it came from to anybody.
pub(super) fn answer(status: StatusCode, page: &impl Template, is_https: bool) -> HttpResponse {
    rendered(start(status, is_https, "no-store"), page)
}

/// What all answers with pages begin with; `cache` says who may keep it.
pub(super) fn start(
    status: StatusCode,
    is_https: bool,
    cache: &'static str,
) -> HttpResponseBuilder {
    let mut builder = HttpResponse::build(status);
    builder
        .insert_header((CACHE_CONTROL, HeaderValue::from_static(cache)))
        .insert_header((CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)))
        .insert_header((REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
        .insert_header((X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .insert_header((
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        ));
    if is_https {
        builder.insert_header((
            STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        ));
    }
    builder
}

/// An answer with a page in it.
pub(super) fn rendered(mut builder: HttpResponseBuilder, page: &impl Template) -> HttpResponse {
    let Ok(html) = page.render() else {
        tracing::error!("A page could not be made");
        return HttpResponse::InternalServerError()
            .insert_header((
                CONTENT_TYPE,
                HeaderValue::from_static("text/plain; charset=utf-8"),
            ))
            .body("页面未能生成，请稍后再试，或与督导办联系。\n");
    };
    builder
        .insert_header((
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ))
        .body(html)
}

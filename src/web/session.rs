//! Who looks at a page: the session in the cookie, the tokens of its forms, and whether a form comes from our pages.

use super::browser::browser_named;
use super::frame::answer;
use super::words::Words;
use crate::domain::access::{Action, Viewer};
use crate::domain::locale::Locale;
use crate::domain::session_mac;
use crate::flow::recognise_caller::recognise_session;
use crate::flow::sessions::{SessionBegun, SignInPlace};
use crate::flow::{Ctx, FlowError};
use crate::http::kernel::Kernel;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, COOKIE, HOST, HeaderName, HeaderValue, LOCATION, ORIGIN,
    REFERER, REFERRER_POLICY, SET_COOKIE, USER_AGENT,
};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use std::sync::Arc;
use url::Url;

/// Where people sign in.
pub(super) const SIGN_IN: &str = "/sign-in";

/// Where they are led to unless they wanted something else.
pub(super) const HOME: &str = "/";

/// The longest path that somebody is led back to.
const MOST_NEXT: usize = 2_000;

/// The longest path that a mailed link leads on to: its address is to be short enough for every reader of mails.
const MOST_MAILED_NEXT: usize = 300;

/// Somebody who is signed in.
pub(super) struct Visitor {
    /// Who, and what they may do.
    pub(super) viewer: Arc<Viewer>,
    /// The session's text.
    pub(super) text: String,
}

impl Visitor {
    /// The token of the forms on their pages.
    pub(super) fn form_token(&self) -> String {
        session_mac::form_token(&self.text)
    }

    /// Whether that is the token of the forms on their pages.
    pub(super) fn form_token_fits(&self, given: &str) -> bool {
        session_mac::form_token_fits(&self.text, given)
    }

    /// The context of what they do.
    pub(super) fn acting(&self, ctx: &Ctx, action: Action) -> Ctx {
        ctx.acting_as(self.viewer.acting(action))
    }
}

/// Who is signed in; nobody where the cookie is absent, or is none of ours any more.
pub(super) async fn visitor(
    ctx: &Ctx,
    request: &HttpRequest,
) -> Result<Option<Visitor>, FlowError> {
    let Some(text) = cookie(ctx, request) else {
        return Ok(None);
    };
    let viewer = recognise_session(ctx, &text).await?;
    Ok(viewer.map(|viewer| Visitor { viewer, text }))
}

/// Whether the service is reached by HTTPS.
pub(super) fn is_https(ctx: &Ctx) -> bool {
    ctx.settings.base_url.starts_with("https:")
}

/// A cookie of that prefix is the whole host's, and was set over HTTPS (RFC 6265bis §4.1.3).
fn cookie_name(ctx: &Ctx) -> &'static str {
    match is_https(ctx) {
        true => "__Host-duban",
        false => "duban",
    }
}

/// The one cookie of ours; none where there are two, one of which somebody else must have set.
fn cookie(ctx: &Ctx, request: &HttpRequest) -> Option<String> {
    let headers = request.headers().get_all(COOKIE);
    let pairs = headers
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let mut ours = pairs.filter(|(name, _)| *name == cookie_name(ctx));
    let (_, text) = ours.next()?;
    ours.next().is_none().then(|| text.to_owned())
}

/// Puts a session that has begun into the browser.
pub(super) fn keep_session(response: &mut HttpResponse, ctx: &Ctx, session: &SessionBegun) {
    set_cookie(response, ctx, session.text.expose_secret(), "");
}

/// Takes the session out of the browser.
pub(super) fn forget_session(response: &mut HttpResponse, ctx: &Ctx) {
    set_cookie(response, ctx, "", "; Max-Age=0");
}

fn set_cookie(response: &mut HttpResponse, ctx: &Ctx, text: &str, more: &str) {
    let name = cookie_name(ctx);
    let secure = if is_https(ctx) { "; Secure" } else { "" };
    let cookie = format!("{name}={text}; Path=/; HttpOnly; SameSite=Lax{secure}{more}");
    if let Ok(mut value) = HeaderValue::from_str(&cookie) {
        value.set_sensitive(true);
        response.headers_mut().append(SET_COOKIE, value);
    }
}

/// Whether a form was sent from a page of ours: what the browser says of its origin (which pages cannot change) is our own
/// address, or the host that was asked.
pub(super) fn origin_fits(ctx: &Ctx, request: &HttpRequest) -> bool {
    let header = |name: HeaderName| {
        let mut given = request.headers().get_all(name);
        let first = given.next()?.to_str().ok();
        first.filter(|_| given.next().is_none())
    };
    if let Some(origin) = header(ORIGIN).filter(|origin| *origin != "null") {
        return is_ours(ctx, header(HOST), origin);
    }
    // A page that names no referrer has the origin `null`, as have pages of nobody.
    if let Some(site) = header(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    !request.headers().contains_key(ORIGIN)
        && header(REFERER).is_some_and(|page| is_ours(ctx, header(HOST), page))
}

fn is_ours(ctx: &Ctx, host: Option<&str>, address: &str) -> bool {
    let Ok(given) = Url::parse(address) else {
        return false;
    };
    let own = Url::parse(&ctx.settings.base_url);
    if own.is_ok_and(|own| own.origin() == given.origin()) {
        return true;
    }
    let Some(asked) =
        host.and_then(|host| Url::parse(&format!("{}://{host}", given.scheme())).ok())
    else {
        return false;
    };
    ["http", "https"].contains(&given.scheme()) && asked.origin() == given.origin()
}

/// The words of the language that the visitor has chosen, else of the browser's.
pub(super) fn words_of(ctx: &Ctx, request: &HttpRequest, visitor: Option<&Visitor>) -> Words {
    let chosen = visitor.and_then(|one| one.viewer.locale);
    let header = request.headers().get(ACCEPT_LANGUAGE);
    let wanted = || header?.to_str().ok().and_then(Locale::accepted);
    let locale = chosen.or_else(wanted).unwrap_or_default();
    Words::of(locale, ctx.settings.zone)
}

/// Where somebody signs in.
pub(super) fn place_of(
    kernel: &Kernel,
    request: &HttpRequest,
    before: Option<&Visitor>,
) -> SignInPlace {
    let agent = request.headers().get(USER_AGENT);
    let agent = agent.and_then(|header| header.to_str().ok());
    SignInPlace {
        browser: browser_named(agent.unwrap_or_default()),
        client: kernel.client_of(request),
        replaces: before.map(|one| one.viewer.token_id),
    }
}

/// A page with forms as an answer. It names itself to this host alone: browsers say where a form comes from only where
/// pages may be named.
pub(super) fn form_answer(status: StatusCode, page: &impl Template, ctx: &Ctx) -> HttpResponse {
    let mut response = answer(status, page, is_https(ctx));
    let policy = HeaderValue::from_static("same-origin");
    response.headers_mut().insert(REFERRER_POLICY, policy);
    response
}

/// Leads to another page.
pub(super) fn lead_to(path: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, path))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .finish()
}

/// Leads to where people sign in, and from there back to what was asked.
pub(super) fn lead_to_sign_in(request: &HttpRequest) -> HttpResponse {
    let asked = request.uri().path_and_query().map(|asked| asked.as_str());
    lead_to(&leading_on(SIGN_IN, asked.unwrap_or_default()))
}

/// The address of a page that leads on to a path, where somebody may be led there.
pub(super) fn leading_on(page: &str, next: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_');
    match next_path(next) {
        Some(next) => format!("{page}?next={}", utf8_percent_encode(next, KEPT)),
        None => page.to_owned(),
    }
}

/// The path that a mailed link leads on to: none where it is too long to be mailed.
pub(super) fn mailed_next(next: &str) -> &str {
    match next.len() <= MOST_MAILED_NEXT {
        true => next_path(next).unwrap_or_default(),
        false => "",
    }
}

/// A path on this host that somebody may be led to: one that no browser takes for another host's.
pub(super) fn next_path(text: &str) -> Option<&str> {
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_local = text.starts_with('/') && !text.starts_with("//");
    (is_plain && is_local && text.len() <= MOST_NEXT).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_host() {
        for (text, is_taken) in [
            ("/", true),
            ("/account", true),
            ("/tasks?q=%E6%95%B0&x=//y", true),
            ("", false),
            ("account", false),
            ("//evil.example", false),
            ("/\\evil.example", false),
            ("\\/evil.example", false),
            ("/a\\b", false),
            ("/\t/evil.example", false),
            ("/a\r\nSet-Cookie: b", false),
            ("https://evil.example", false),
            (" /account", false),
            ("/督办", false),
        ] {
            assert_eq!(next_path(text).is_some(), is_taken, "{text:?}");
            let query = leading_on("", mailed_next(text));
            assert_eq!(!query.is_empty(), is_taken, "{text:?}");
        }
    }

    #[test]
    fn where_a_link_leads_on_is_one_word_of_its_address() {
        let text = "/tasks?q=%E6%95%B0&x=y#z";
        assert_eq!(
            leading_on(SIGN_IN, text),
            "/sign-in?next=/tasks%3Fq%3D%25E6%2595%25B0%26x%3Dy%23z"
        );
        assert_eq!(mailed_next(&format!("/{}", "x".repeat(300))), "");
    }
}

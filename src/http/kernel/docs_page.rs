//! The browsable document at `/api/docs`: Swagger UI from files inside the binary. It names no other host, and its
//! Content-Security-Policy lets it reach none.

use super::fixed::{ALLOWED, Fixed};
use super::kernel_state::Shared;
use super::problem::Problem;
use super::respond::respond;
use super::serve::unknown_path;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use utoipa_swagger_ui::Config;

/// Where the document is.
pub(super) const DOCUMENT: &str = "/api/v1/openapi.json";

/// The page sets styles on its elements and shows pictures from data: addresses; it needs nothing else.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page's files by name; the index has the empty name.
static FILES: LazyLock<BTreeMap<&'static str, Fixed>> = LazyLock::new(|| {
    let config = Config::new([DOCUMENT])
        .try_it_out_enabled(true)
        .display_operation_id(true)
        .doc_expansion("none")
        .validator_url("none");
    let config = Arc::new(config);
    let names = [
        "",
        "index.css",
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-ui-standalone-preset.js",
        "swagger-initializer.js",
        "favicon-16x16.png",
        "favicon-32x32.png",
    ];
    names
        .into_iter()
        .filter_map(|name| Some((name, file(name, &config)?)))
        .collect()
});

fn file(name: &'static str, config: &Arc<Config<'static>>) -> Option<Fixed> {
    let file = utoipa_swagger_ui::serve(name, config.clone()).ok()??;
    let body: Bytes = match (name, String::from_utf8(file.bytes.to_vec())) {
        // Under /api/docs, without a slash at the end, relative addresses would lead elsewhere.
        ("", Ok(html)) => html
            .replace("\"./", "\"/api/docs/")
            .replace("\"index.css\"", "\"/api/docs/index.css\"")
            .replace("<title>Swagger UI</title>", "<title>督办 REST 接口</title>")
            .into(),
        (_, Ok(text)) => text.into(),
        (_, Err(bytes)) => bytes.into_bytes().into(),
    };
    let media_type = match file.content_type.as_str() {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    Some(Fixed::new(&media_type, body))
}

/// Answers `/api/docs`, `/api/docs/` and the files below.
pub(super) async fn docs_page(shared: Arc<Shared>, request: HttpRequest) -> HttpResponse {
    let name = request.match_info().get("file").unwrap_or_default();
    let Some(file) = FILES.get(name) else {
        return unknown_path(shared, request).await;
    };
    fixed(&shared, file, &request).await
}

/// Answers with fixed content, or 405.
pub(super) async fn fixed(shared: &Shared, file: &Fixed, request: &HttpRequest) -> HttpResponse {
    match file.answer(request).await {
        Some((mut builder, body)) => builder
            .insert_header((CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)))
            .insert_header((REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
            .body(body),
        None => {
            let problem = Problem::method_not_allowed(request.method(), ALLOWED.to_owned());
            respond(Err(problem), request, &shared.request_ids.next())
        }
    }
}

//! What pages load: one style sheet, two scripts and an icon, inside the binary. Their addresses hold their checksums, so that
//! browsers keep them for good.

use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, IF_NONE_MATCH,
    VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::LazyLock;

/// A file that pages load.
struct Asset {
    route: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
    checksum: String,
    packed: Option<Vec<u8>>,
}

impl Asset {
    fn new(route: &'static str, media_type: &'static str, bytes: &'static [u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let checksum = digest.iter().take(8).fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let packed = encoder.write_all(bytes).and_then(|()| encoder.finish());
        Self {
            route,
            media_type,
            bytes,
            checksum,
            packed: packed.ok(),
        }
    }

    fn address(&self) -> String {
        self.route.replace("{checksum}", &self.checksum)
    }
}

/// The style sheet's route.
pub(super) const STYLE: &str = "/assets/{checksum}/duban.css";

/// The route of htmx.
pub(super) const SCRIPT: &str = "/assets/{checksum}/htmx.js";

/// The route of our own script.
pub(super) const OWN_SCRIPT: &str = "/assets/{checksum}/duban.js";

/// The icon's route: where browsers look for it by themselves.
pub(super) const ICON: &str = "/favicon.ico";

static SHEET: LazyLock<Asset> = LazyLock::new(|| {
    let bytes = include_bytes!("assets/duban.css");
    Asset::new(STYLE, "text/css; charset=utf-8", bytes)
});

/// htmx 2.0, as its project publishes it (licence 0BSD): pages load parts of themselves anew; without it they are complete.
static HTMX: LazyLock<Asset> = LazyLock::new(|| {
    let bytes = include_bytes!("assets/htmx.min.js");
    Asset::new(SCRIPT, "text/javascript; charset=utf-8", bytes)
});

/// What forms say while they are sent.
static OWN: LazyLock<Asset> = LazyLock::new(|| {
    let bytes = include_bytes!("assets/duban.js");
    Asset::new(OWN_SCRIPT, "text/javascript; charset=utf-8", bytes)
});

/// A tick, as on a list that is worked off.
static TICK: LazyLock<Asset> = LazyLock::new(|| {
    let bytes = include_bytes!("assets/icon.svg");
    Asset::new(ICON, "image/svg+xml", bytes)
});

/// The style sheet's address.
pub(super) fn style_address() -> String {
    SHEET.address()
}

/// The address of htmx.
pub(super) fn script_address() -> String {
    HTMX.address()
}

/// The address of our own script.
pub(super) fn own_script_address() -> String {
    OWN.address()
}

/// Answers with the style sheet.
pub(super) async fn style(request: HttpRequest) -> HttpResponse {
    file(&SHEET, &request)
}

/// Answers with htmx.
pub(super) async fn script(request: HttpRequest) -> HttpResponse {
    file(&HTMX, &request)
}

/// Answers with our own script.
pub(super) async fn own_script(request: HttpRequest) -> HttpResponse {
    file(&OWN, &request)
}

/// Answers with the icon.
pub(super) async fn icon(request: HttpRequest) -> HttpResponse {
    file(&TICK, &request)
}

/// Under another checksum too, which a page kept open over an update may still name.
fn file(asset: &'static Asset, request: &HttpRequest) -> HttpResponse {
    let header = |name| request.headers().get(name);
    let packs = header(ACCEPT_ENCODING)
        .and_then(|given| given.to_str().ok())
        .is_some_and(|given| given.contains("gzip"));
    let packed = asset.packed.as_deref().filter(|_| packs);
    let tag = match packed {
        Some(_) => format!("\"{}-gzip\"", asset.checksum),
        None => format!("\"{}\"", asset.checksum),
    };
    let known = header(IF_NONE_MATCH).is_some_and(|given| given.as_bytes() == tag.as_bytes());
    let is_current = request.match_info().get("checksum") == Some(asset.checksum.as_str());
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
        .insert_header((VARY, HeaderValue::from_static("accept-encoding")))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static(keep)))
        .insert_header((X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")));
    if known {
        return builder.finish();
    }
    builder.insert_header((CONTENT_TYPE, HeaderValue::from_static(asset.media_type)));
    match packed {
        Some(packed) => builder
            .insert_header((CONTENT_ENCODING, HeaderValue::from_static("gzip")))
            .body(packed),
        None => builder.body(asset.bytes),
    }
}

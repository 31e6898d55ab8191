//! Request bodies as they arrive: type, size and time are bounded before anything is understood of them.

use super::code::Code;
use super::problem::Problem;
use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use std::time::Duration;

/// What kinds of body there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// None: what a client sends is not read.
    Nothing,
    /// `application/json`.
    Json,
    /// `multipart/form-data`.
    Form,
}

/// Refuses, before a byte of it is read, a body of a wrong type, or one announced to be too large.
///
/// # Errors
/// 415, 413.
pub fn judge_head(request: &HttpRequest, kind: BodyKind, limit: usize) -> Result<(), Problem> {
    let headers = request.headers();
    let (wanted, named) = match kind {
        BodyKind::Nothing => return Ok(()),
        BodyKind::Json => ("application/json", "application/json"),
        BodyKind::Form => ("multipart/form-data", "multipart/form-data（表单上传）"),
    };
    let is_encoded = headers
        .get_all(CONTENT_ENCODING)
        .any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"));
    if is_encoded {
        let detail = "请求正文不能压缩，请去掉 Content-Encoding 后原样发送。";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    if !is_media_type(headers, wanted) {
        let detail = format!("请把 Content-Type 设为 {named}。");
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    match announced {
        Some(length) if length > limit as u64 => Err(too_large(limit)),
        _ => Ok(()),
    }
}

fn is_media_type(headers: &HeaderMap, wanted: &str) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE);
    let (Some(first), None) = (types.next(), types.next()) else {
        return false;
    };
    let Ok(text) = first.to_str() else {
        return false;
    };
    let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
    // A charset other than UTF-8 is a type that we do not read.
    let is_utf8 = parameters
        .split(';')
        .all(|parameter| match parameter.trim().split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
                value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        });
    essence.trim().eq_ignore_ascii_case(wanted) && is_utf8
}

/// The 413 of a body over `limit` bytes.
pub fn too_large(limit: usize) -> Problem {
    let size = match limit {
        limit if limit >= 1 << 20 => format!("{} MiB", limit >> 20),
        limit if limit >= 1 << 10 => format!("{} KiB", limit >> 10),
        limit => format!("{limit} 字节"),
    };
    let detail = format!("这里的请求正文最多 {size}，请缩小或分次提交。");
    Problem::new(Code::BodyTooLarge, detail)
}

/// The 408 of a body that stops arriving.
pub fn too_slow(patience: Duration) -> Problem {
    let seconds = patience.as_secs().max(1);
    let detail = format!("请求正文没有在 {seconds} 秒内收全，请重新提交。");
    Problem::new(Code::BodyTimeout, detail)
}

/// What a broken stream of bytes means.
pub fn broken(error: &PayloadError) -> Problem {
    let mut problem = Problem::new(
        Code::BodyIncomplete,
        "请求正文没有收全或格式有误，请重新提交。",
    );
    problem.aside.cause = Some(error.to_string());
    problem
}

/// Reads a whole body of at most `limit` bytes that arrives within `patience`. Memory is taken as bytes arrive, not as they are announced.
///
/// # Errors
/// 413, 408, 400 `body_incomplete`.
pub async fn read_all<S>(mut stream: S, limit: usize, patience: Duration) -> Result<Bytes, Problem>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    let reading = async {
        let mut whole = BytesMut::new();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| broken(&error))?;
            if whole.len() + chunk.len() > limit {
                return Err(too_large(limit));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    };
    match tokio::time::timeout(patience, reading).await {
        Ok(read) => read,
        Err(_) => Err(too_slow(patience)),
    }
}

//! Whole bodies: too large, packed, no JSON, of another type.

use super::Sweep;
use crate::support::operations::Operation;
use crate::support::service::BOUNDARY;
use std::io::Write;

/// One byte over the limit is 413, whether it is announced, sent, or sent in chunks.
pub async fn too_large(sweep: &Sweep<'_>) {
    for operation in sweep.of_bodies() {
        let Some(body) = &operation.body else {
            continue;
        };
        let limit = body.limit;
        let what = |how: &str| format!("{} over {limit} bytes, {how}", operation.id);
        for announced in [limit + 1, usize::MAX >> 1] {
            let response = sweep.service.raw(&head(
                sweep,
                operation,
                &format!("Content-Length: {announced}"),
            ));
            sweep.refused(what("announced"), &response, 413, &["body_too_large"]);
        }
        let mut chunked = head(sweep, operation, "Transfer-Encoding: chunked");
        if body.is_form {
            let part = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n"
            );
            chunked.extend(format!("{:x}\r\n{part}\r\n", part.len()).as_bytes());
        }
        for _ in 0..=limit / 0x10000 {
            chunked.extend(b"10000\r\n");
            chunked.extend([b' '; 0x10000]);
            chunked.extend(b"\r\n");
        }
        chunked.extend(b"0\r\n\r\n");
        let response = sweep.service.raw(&chunked);
        sweep.refused(what("in chunks"), &response, 413, &["body_too_large"]);
        if !body.is_form {
            let mut padded = body.example.to_string().into_bytes();
            padded.resize(limit + 1, b' ');
            let response = sweep.asked(&operation.request().body(padded));
            sweep.refused(what("sent"), &response, 413, &["body_too_large"]);
        }
    }
}

/// A Content-Length that is too short cuts the body; one that is too long is never acted on.
pub async fn lying_lengths(sweep: &Sweep<'_>) {
    for operation in sweep.of_json() {
        let example = operation.request().body;
        let short = [
            head(
                sweep,
                operation,
                &format!("Content-Length: {}", example.len() - 1),
            ),
            example.clone(),
        ]
        .concat();
        let response = sweep.service.raw(&short);
        sweep.refused(
            format!("{}, cut short", operation.id),
            &response,
            400,
            &["invalid_json"],
        );
        let long = [
            head(
                sweep,
                operation,
                &format!("Content-Length: {}", example.len() + 9),
            ),
            example.clone(),
        ]
        .concat();
        let answered = sweep
            .service
            .half_closed(&long)
            .map(|response| response.status);
        sweep.hold(matches!(answered, None | Some(400)), || {
            format!("{}, longer announced than sent: {answered:?}", operation.id)
        });
    }
}

/// A body that does not come is 408. For a service of little patience.
pub async fn endless(sweep: &Sweep<'_>) {
    for operation in sweep.of_bodies() {
        for framing in ["Content-Length: 500", "Transfer-Encoding: chunked"] {
            let mut bytes = head(sweep, operation, framing);
            if framing.starts_with('T') {
                bytes.extend(b"2\r\n{ \r\n");
            }
            let response = sweep.service.raw(&bytes);
            sweep.refused(
                format!("{}, {framing}", operation.id),
                &response,
                408,
                &["body_timeout"],
            );
        }
    }
}

/// What is packed is not unpacked: ten kilobytes may be a gigabyte.
pub async fn packed(sweep: &Sweep<'_>) {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let packed = packer
        .write_all(&vec![b' '; 10 << 20])
        .and_then(|()| packer.finish());
    let Ok(packed) = packed else {
        return sweep.hold(false, || "gzip".to_owned());
    };
    for operation in sweep.of_bodies() {
        for encoding in ["gzip", "br", "deflate", "zstd", "identity, gzip"] {
            let request = operation
                .request()
                .header(format!("Content-Encoding: {encoding}"))
                .body(packed.clone());
            let response = sweep.asked(&request);
            sweep.refused(
                format!("{}, {encoding}", operation.id),
                &response,
                415,
                &["unsupported_media_type"],
            );
        }
    }
}

/// What is no JSON, or not one JSON, is 400.
pub async fn no_json(sweep: &Sweep<'_>) {
    for operation in sweep.of_json() {
        let example = String::from_utf8_lossy(&operation.request().body).into_owned();
        let deep =
            |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
        let first = first_member(&example);
        let mut bad = vec![
            deep("[", "]"),
            deep("{\"a\":", "}"),
            "[".repeat(1_000_000),
            format!("{example}x"),
            format!("{example}{example}"),
            format!("{example}\u{0}"),
            example.trim_end_matches('}').to_owned(),
            "NaN".to_owned(),
            "1e999".to_owned(),
            "'a'".to_owned(),
            "\u{feff}{}".to_owned(),
            "{a:1}".to_owned(),
            "{\"a\":1,}".to_owned(),
            "{\"a\":1,\"a\":2}".to_owned(),
            "{\"a\":{\"b\":1,\"b\":2}}".to_owned(),
            "{\"a\":NaN}".to_owned(),
            "{\"a\":Infinity}".to_owned(),
            "{\"a\":-1e999}".to_owned(),
            "{\"a\":01}".to_owned(),
            "{\"a\":\"\n\"}".to_owned(),
        ];
        if let Some((name, value)) = first {
            bad.push(format!("{{{name}:{value},{}", &example[1..]));
            bad.push(format!("{{{name}:NaN}}"));
            bad.push(format!("{{{name}:1e999}}"));
        }
        for bad in bad {
            let shown: String = bad.chars().take(80).collect();
            let response = sweep.asked(&operation.request().body(bad));
            sweep.refused(
                format!("{} {shown:?}", operation.id),
                &response,
                400,
                &["invalid_json"],
            );
        }
        for blank in ["", " ", "\r\n\t"] {
            let response = sweep.asked(&operation.request().body(blank));
            sweep.refused(
                format!("{} {blank:?}", operation.id),
                &response,
                400,
                &["body_required"],
            );
        }
        for other in ["null", "true", "7", "\"a\""] {
            let response = sweep.asked(&operation.request().body(other));
            sweep.refused(
                format!("{} {other}", operation.id),
                &response,
                422,
                &["invalid_field"],
            );
        }
    }
}

/// The examples themselves are answered: whatever they are told, it is no failure.
pub async fn examples(sweep: &Sweep<'_>) {
    for operation in sweep.closed() {
        sweep.asked(&operation.request());
    }
}

/// A body of another type than the operation's is not read.
pub async fn other_types(sweep: &Sweep<'_>) {
    let form = format!("multipart/form-data; boundary={BOUNDARY}");
    for operation in sweep.of_bodies() {
        let is_form = operation.body.as_ref().is_some_and(|body| body.is_form);
        let other = match is_form {
            true => "application/json",
            false => form.as_str(),
        };
        let types = [
            "",
            other,
            "text/plain",
            "text/html",
            "application/x-www-form-urlencoded",
            "application/xml",
            "application/json; charset=gbk",
            "application/jsonp",
            "*/*",
            "json",
        ];
        for given in types {
            let mut request = operation.request().without("content-type");
            if !given.is_empty() {
                request = request.header(format!("Content-Type: {given}"));
            }
            let response = sweep.asked(&request);
            sweep.refused(
                format!("{} as {given:?}", operation.id),
                &response,
                415,
                &["unsupported_media_type"],
            );
        }
        let twice = operation.request().header("Content-Type: text/plain");
        let response = sweep.asked(&twice);
        sweep.refused(
            format!("{} as two types", operation.id),
            &response,
            415,
            &["unsupported_media_type"],
        );
    }
}

/// The head of a request whose body follows.
fn head(sweep: &Sweep<'_>, operation: &Operation, framing: &str) -> Vec<u8> {
    let request = operation.request();
    let mut head = format!(
        "{} {} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n{framing}\r\n",
        request.method, request.path, sweep.token
    );
    for header in &request.headers {
        head.push_str(&format!("{header}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}

/// The first name of an object with its value, as they are written.
fn first_member(example: &str) -> Option<(String, String)> {
    let object: serde_json::Value = serde_json::from_str(example).ok()?;
    let (name, value) = object.as_object()?.iter().next()?;
    Some((
        serde_json::Value::from(name.as_str()).to_string(),
        value.to_string(),
    ))
}

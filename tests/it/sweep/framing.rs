//! Requests that are no proper HTTP, methods that are none, paths that lead out, other people's origins.

use super::Sweep;
use crate::support::operations::Operation;
use std::collections::BTreeMap;

/// Two framings of one body, headers without end or number, line breaks in a header: refused, and the connection is over.
pub async fn broken_heads(sweep: &Sweep<'_>) {
    for operation in sweep.closed() {
        let request = operation.request();
        let line = format!(
            "{} {} HTTP/1.1\r\nHost: x\r\n",
            request.method, request.path
        );
        let auth = format!("Authorization: Bearer {}\r\n", sweep.token);
        let typed = "Content-Type: application/json\r\n";
        let framings = [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Content-Length: -1\r\n",
            "Content-Length: 5 5\r\n",
            "Transfer-Encoding: xchunked\r\n",
        ];
        for framing in framings {
            let bytes = format!("{line}{auth}{typed}{framing}\r\n0\r\n\r\n");
            closes(
                sweep,
                &format!("{} {framing:?}", operation.id),
                bytes.as_bytes(),
                &[400],
            );
        }
        let broken = [
            "X: a\rb\r\n",
            "X: a\nb\r\n",
            "X\u{0}: a\r\n",
            "X: a\u{0}b\r\n",
            "X y: 1\r\n",
            ": 1\r\n",
        ];
        for header in broken {
            let bytes = format!("{line}{auth}{header}\r\n");
            closes(
                sweep,
                &format!("{} {header:?}", operation.id),
                bytes.as_bytes(),
                &[400],
            );
        }
        let padding = format!("X: {}\r\n", "a".repeat(100_000));
        let many: String = (0..1_000)
            .map(|number| format!("X-{number}: 1\r\n"))
            .collect();
        for (what, headers) in [("100 KB of header", padding), ("1,000 headers", many)] {
            let bytes = format!("{line}{auth}{headers}\r\n");
            closes(
                sweep,
                &format!("{} with {what}", operation.id),
                bytes.as_bytes(),
                &[400, 431],
            );
        }
    }
}

/// Sends bytes: they are answered with one of these statuses, or not at all, and then the connection is closed.
fn closes(sweep: &Sweep<'_>, what: &str, bytes: &[u8], statuses: &[u16]) {
    match sweep.service.answers_until_close(bytes) {
        Ok(answered) => {
            let is_refused = answered.iter().all(|status| statuses.contains(status));
            sweep.hold(is_refused && answered.len() <= 1, || {
                format!("{what}: {answered:?}")
            });
        }
        Err(error) => sweep.hold(false, || {
            format!("{what}: the connection stays open: {error}")
        }),
    }
}

/// Methods that a path does not know are 405 with those that it knows.
pub async fn other_methods(sweep: &Sweep<'_>) {
    for (path, known) in paths(sweep) {
        for method in [
            "TRACE", "CONNECT", "PROPFIND", "FOO", "GET", "PUT", "PATCH", "DELETE", "POST",
        ] {
            if known.contains(&method) {
                continue;
            }
            for token in ["", &sweep.token] {
                let response = sweep.service.send(method, &path, token, &[], b"");
                let what = format!("{method} {path}");
                sweep.refused(&what, &response, 405, &["method_not_allowed"]);
                let allow = response.header("allow");
                let is_told =
                    known.iter().all(|known| allow.contains(known)) && allow.contains("OPTIONS");
                sweep.hold(is_told, || format!("{what}: Allow: {allow}"));
            }
        }
    }
}

/// No other origin is given anything: neither when it asks before nor when it asks.
pub async fn other_origins(sweep: &Sweep<'_>) {
    for (path, known) in paths(sweep) {
        for origin in ["https://evil.example", "null", "http://localhost"] {
            let origin = format!("Origin: {origin}");
            let asked = [
                "Access-Control-Request-Method: POST",
                "Access-Control-Request-Headers: authorization",
                &origin,
            ];
            let mut responses = vec![sweep.service.send("OPTIONS", &path, "", &asked, b"")];
            sweep.hold(responses[0].status == 204, || {
                format!("OPTIONS {path}: {}", responses[0].status)
            });
            if known.contains(&"GET") {
                responses.push(
                    sweep
                        .service
                        .send("GET", &path, &sweep.token, &[&origin], b""),
                );
                responses.push(sweep.service.send("GET", &path, "", &[&origin], b""));
            }
            for response in responses {
                let given = response
                    .headers
                    .keys()
                    .find(|name| name.starts_with("access-control"));
                sweep.hold(given.is_none(), || {
                    format!("{path} gives {origin} {given:?}")
                });
            }
        }
    }
}

/// Paths that are none, however they are written, are 404.
pub async fn other_paths(sweep: &Sweep<'_>) {
    let mut bad: Vec<String> = [
        "/.git/config",
        "/.env",
        "/..%2f..%2fetc/passwd",
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v2/tasks",
        "/api/v1/..%2f..%2fetc/passwd",
        "/api/v1/%00",
        "/api/v1/%2f",
        "//",
        "/api/docs/../x",
        "/api/docs/..%2f..%2fx",
        "/index.php",
        "/actuator/health",
    ]
    .map(str::to_owned)
    .to_vec();
    for operation in &sweep.operations {
        let path = operation.request().path;
        let path = path.split('?').next().unwrap_or_default();
        let below = path.trim_start_matches("/api/v1");
        bad.extend([
            format!("{path}/"),
            format!("{path};a=b"),
            format!("{path}%00"),
            format!("{path}/%00"),
            format!("{path}.json"),
            format!("{path}%20"),
            format!("/{path}"),
            format!("/api//v1{below}"),
            format!("/api/v1/{below}"),
            format!("/API/v1{below}"),
        ]);
    }
    for path in bad {
        for token in ["", &sweep.token] {
            let response = sweep.service.send("GET", &path, token, &[], b"");
            // A row of a path that is known is asked for by whoever is known.
            let is_row = token.is_empty() && response.status == 401 && is_below_row(sweep, &path);
            if !is_row {
                sweep.refused(format!("GET {path}"), &response, 404, &["not_found"]);
            }
        }
    }
}

/// Whether a path is one of a row, whatever stands in the place of its id.
fn is_below_row(sweep: &Sweep<'_>, path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let is_like = |operation: &Operation| {
        let known = format!("/api/v1{}", operation.path);
        let known: Vec<&str> = known.split('/').collect();
        known.len() == parts.len()
            && known
                .iter()
                .zip(&parts)
                .all(|(known, part)| known.starts_with('{') || known == part)
    };
    sweep.operations.iter().any(is_like)
}

/// Every path as a request has it, with the methods that it knows.
fn paths<'a>(sweep: &'a Sweep<'_>) -> BTreeMap<String, Vec<&'a str>> {
    let mut paths: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for operation in &sweep.operations {
        let path = operation.request().path;
        let path = path.split('?').next().unwrap_or_default().to_owned();
        paths.entry(path).or_default().push(&operation.method);
    }
    paths
}

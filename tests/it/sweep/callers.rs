//! Callers without a token, with a damaged one, with one in the wrong place, without the role.

use super::{Sweep, logs};
use crate::support::operations::{Operation, Request};
use duban::domain::token_scope::TokenScope;
use duban::domain::user_role::UserRole;
use std::collections::{BTreeSet, HashSet};

/// Nobody gets anything without a token, whatever the operation.
pub async fn nobody(sweep: &Sweep<'_>) {
    for operation in sweep.closed() {
        let mut requests = vec![sweep.real(operation.request())];
        if operation.reads() {
            requests.push(Request {
                method: "HEAD".to_owned(),
                ..requests[0].clone()
            });
        }
        for request in requests {
            let what = format!("{} {} without a token", request.method, operation.id);
            let response = sweep.ask(&request, "");
            sweep.hold(response.status == 401, || {
                format!("{what}: {}", response.status)
            });
            let challenge = response.header("www-authenticate");
            sweep.hold(challenge.starts_with("Bearer"), || what.clone());
            sweep.hold(response.header("etag").is_empty(), || what.clone());
            if request.method != "HEAD" {
                sweep.refused(&what, &response, 401, &["unauthenticated"]);
                let told = response.json();
                // In whatever order they come.
                let told: BTreeSet<&str> = told
                    .as_object()
                    .into_iter()
                    .flat_map(|all| all.keys().map(String::as_str))
                    .collect();
                sweep.hold(
                    told.iter().eq(&[
                        "code",
                        "detail",
                        "instance",
                        "request_id",
                        "status",
                        "title",
                        "type",
                    ]),
                    || format!("{what} tells {told:?}"),
                );
            }
        }
    }
}

/// A token with one bit flipped, cut short, or far too long is none.
pub async fn damaged_tokens(sweep: &Sweep<'_>) {
    let good = sweep.token.clone();
    let mut bad: Vec<Vec<u8>> = Vec::new();
    for at in 0..good.len() {
        bad.push(good.as_bytes()[..at].to_vec());
        for bit in 0..8 {
            let mut bytes = good.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            bad.push(bytes);
        }
    }
    bad.push([good.as_bytes(), b"0"].concat());
    bad.push([good.as_bytes(), good.as_bytes()].concat());
    bad.push([good.as_bytes(), &vec![b'0'; 8_000]].concat());
    bad.push(good.to_uppercase().into_bytes());
    let Some(operation) = sweep.closed().find(|one| one.reads()) else {
        return sweep.hold(false, || "no operation reads".to_owned());
    };
    let path = sweep.real(operation.request()).path;
    for token in bad {
        // Control characters are refused by the framework: such a header is no HTTP.
        let is_text = token.iter().all(|byte| *byte >= b' ' && *byte != 0x7f);
        let head = [
            format!(
                "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
            )
            .as_bytes(),
            &token,
            b"\r\n\r\n",
        ]
        .concat();
        let what = format!(
            "{} with the token {:?}",
            operation.id,
            String::from_utf8_lossy(&token)
        );
        match (is_text, sweep.service.try_raw(&head)) {
            (true, Some(response)) => sweep.refused(what, &response, 401, &["unauthenticated"]),
            (false, Some(response)) => {
                let is_refused = matches!(response.status, 400 | 401);
                sweep.hold(is_refused, || format!("{what}: {}", response.status));
            }
            (true, None) => sweep.hold(false, || format!("{what}: no answer")),
            (false, None) => {}
        }
    }
    for operation in sweep.closed() {
        let request = sweep.real(operation.request());
        let what = format!("{} with a flipped bit", operation.id);
        let response = sweep.ask(&request, &good.replace("duban_", "duban^"));
        sweep.refused(what, &response, 401, &["unauthenticated"]);
    }
}

/// A token in the address is none, is no parameter either, and is written to no log.
pub async fn tokens_in_the_address(sweep: &Sweep<'_>) {
    let listener = logs::listen();
    let mut ids = Vec::new();
    for operation in sweep.closed() {
        for name in ["token", "access_token", "api_key"] {
            let request = operation
                .request()
                .query(&format!("{name}={}", sweep.token));
            let response = sweep.ask(&request, "");
            sweep.refused(
                format!("{} ?{name}=", operation.id),
                &response,
                401,
                &["unauthenticated"],
            );
            ids.push(response.header("x-request-id").to_owned());
            let both = sweep.asked(&request);
            sweep.refused(
                format!("{} ?{name}= too", operation.id),
                &both,
                422,
                &["unknown_parameter"],
            );
            ids.push(both.header("x-request-id").to_owned());
        }
    }
    let heard = listener.heard();
    // Thousands of ids in a long log: its words once, not the log once for each.
    let is_apart = |sign: char| !sign.is_ascii_alphanumeric() && sign != '-';
    let words: HashSet<&str> = heard.split(is_apart).collect();
    let unheard = ids.iter().find(|id| !words.contains(id.as_str()));
    sweep.hold(unheard.is_none(), || {
        format!("the log knows nothing of request {unheard:?}: was it read at all?")
    });
    sweep.hold(!heard.contains(&sweep.token), || {
        "a token stands in the log".to_owned()
    });
}

/// Who has not the role is refused, with one audit event; whose token only reads is refused where something is written.
pub async fn roles_and_scopes(sweep: &Sweep<'_>) -> anyhow::Result<()> {
    for role in UserRole::ALL {
        let unit = role.is_of_unit().then_some("S1");
        let writes = sweep.service.token(role, unit).await?;
        let reads = sweep.service.token_of(role, unit, TokenScope::Read).await?;
        for operation in sweep.closed() {
            let request = sweep.real(operation.request());
            let may = operation.is_open_to(role);
            let before = sweep.audited().await?;
            if !may {
                for token in [&writes, &reads] {
                    let response = sweep.ask(&request, token);
                    let what = format!("{} as {}", operation.id, role.as_str());
                    sweep.refused(what, &response, 403, &["forbidden"]);
                }
                let now = sweep.audited().await?;
                sweep.hold(now == before + 2, || {
                    format!(
                        "{} as {}: {} audit events",
                        operation.id,
                        role.as_str(),
                        now - before
                    )
                });
            } else if !operation.reads() {
                let response = sweep.ask(&request, &reads);
                let what = format!("{} with a reading token of {}", operation.id, role.as_str());
                sweep.refused(what, &response, 403, &["read_only_token"]);
            }
        }
    }
    Ok(())
}

/// A header that names another method changes nothing: what a contact may not do stays what it is.
pub async fn method_overrides(sweep: &Sweep<'_>) -> anyhow::Result<()> {
    let contact = sweep
        .service
        .token(UserRole::UnitContact, Some("S1"))
        .await?;
    let reads = sweep
        .service
        .token_of(UserRole::UnitContact, Some("S1"), TokenScope::Read)
        .await?;
    let shut: Vec<&Operation> = sweep
        .closed()
        .filter(|one| !one.reads() && !one.is_open_to(UserRole::UnitContact))
        .collect();
    sweep.hold(!shut.is_empty(), || {
        "a contact may do everything".to_owned()
    });
    for operation in shut {
        // A POST of its own might be theirs: with a token that only reads it cannot be carried out.
        for (method, token) in [("GET", &contact), ("POST", &reads)] {
            let plain = Request {
                method: method.to_owned(),
                ..sweep.real(operation.request())
            };
            let usual = sweep.ask(&plain, token);
            for name in [
                "X-HTTP-Method-Override",
                "X-HTTP-Method",
                "X-Method-Override",
            ] {
                let other = plain
                    .clone()
                    .header(format!("{name}: {}", operation.method));
                let other = sweep.ask(&other, token);
                let what = format!("{method} instead of {} with {name}", operation.id);
                sweep.hold(usual.status == other.status, || {
                    format!("{what}: {} instead of {}", other.status, usual.status)
                });
                let is_refused = matches!(other.status, 403 | 405);
                sweep.hold(method == "GET" || is_refused, || {
                    format!("{what}: {}", other.status)
                });
            }
        }
    }
    Ok(())
}

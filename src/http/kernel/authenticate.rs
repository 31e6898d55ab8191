//! Who calls, and whether they may: a token in the Authorization header and nowhere else.

use super::code::Code;
use super::endpoint::Endpoint;
use super::kernel_state::Shared;
use super::network::client_address;
use super::problem::Problem;
use crate::domain::access::Viewer;
use crate::domain::token_scope::TokenScope;
use crate::flow::recognise_caller::recognise_caller;
use crate::flow::record_refusal::record_refusal;
use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// An Authorization header is no longer than this.
const LONGEST: usize = 4 << 10;

/// The viewer whose token the request carries; counts the request.
///
/// # Errors
/// 401, 429, 503.
pub(super) async fn authenticate(
    shared: &Shared,
    request: &HttpRequest,
) -> Result<Arc<Viewer>, Problem> {
    let refused = |detail: &str| {
        // Counted by address, so that trying tokens ends in 429.
        match shared.rates.count_address(address(shared, request)) {
            Ok(()) => Problem::new(Code::Unauthenticated, detail),
            Err(limited) => limited,
        }
    };
    let Some(token) = bearer(request.headers()) else {
        return Err(refused(
            "请在请求头中给出令牌：Authorization: Bearer 令牌。",
        ));
    };
    let Some(viewer) = recognise_caller(&shared.ctx, token).await? else {
        return Err(refused(
            "令牌无效、已过期或已停用，请向管理员申请新的令牌。",
        ));
    };
    shared.rates.count_token(viewer.token_id)?;
    Ok(viewer)
}

/// The token of `Authorization: Bearer …`; `None` where there is none, or two, or one that cannot be a token.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(AUTHORIZATION);
    let (Some(header), None) = (given.next(), given.next()) else {
        return None;
    };
    if header.len() > LONGEST {
        return None;
    }
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("Bearer") && is_token).then_some(token)
}

/// The client's address, as far as it can be believed.
pub(super) fn address(shared: &Shared, request: &HttpRequest) -> IpAddr {
    let unknown = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let peer = request.peer_addr().map_or(unknown, |peer| peer.ip());
    if shared.limits.trusted_proxies.is_empty() {
        return peer;
    }
    let headers: Vec<&str> = request
        .headers()
        .get_all("x-forwarded-for")
        .filter_map(|header| header.to_str().ok())
        .collect();
    client_address(peer, headers.into_iter(), &shared.limits.trusted_proxies)
}

/// Whether the viewer may do what the endpoint does.
///
/// # Errors
/// 403; a role's refusal leaves an audit row.
pub(super) async fn judge(
    shared: &Shared,
    viewer: &Viewer,
    endpoint: &Endpoint,
    path: &str,
) -> Result<(), Problem> {
    let action = endpoint.action;
    if viewer.may(action) {
        return Ok(());
    }
    let has_role = viewer
        .memberships
        .iter()
        .any(|one| action.roles().contains(&one.role));
    if has_role && action.writes() && viewer.scope == TokenScope::Read {
        let detail = "这个令牌只能读取。请改用可写的令牌。";
        return Err(Problem::new(Code::ReadOnlyToken, detail));
    }
    audit(shared, viewer, endpoint, path).await;
    let detail = "您的角色没有这项权限。如确有需要，请联系督导办或系统管理员。";
    Err(Problem::new(Code::Forbidden, detail))
}

/// Writes the audit row of a refusal. The client is refused all the same where it cannot be written.
pub(super) async fn audit(shared: &Shared, viewer: &Viewer, endpoint: &Endpoint, target: &str) {
    let target: String = target.chars().take(200).collect();
    let ctx = shared.ctx.acting_as(viewer.acting(endpoint.action));
    if let Err(error) = record_refusal(&ctx, endpoint.action, &target).await {
        tracing::error!(operation = endpoint.operation, %error, "A refusal could not be recorded");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    #[test]
    fn only_one_well_formed_bearer_token_is_taken() {
        let of = |values: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(
                    AUTHORIZATION,
                    HeaderValue::from_bytes(value).expect("a header"),
                );
            }
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(of(&[b"Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(of(&[b"bearer abc"]).as_deref(), Some("abc"));
        let long = [b"Bearer ".as_slice(), &[b'a'; 5_000]].concat();
        let bad: [&[&[u8]]; 8] = [
            &[],
            &[b"Bearer"],
            &[b"Bearer "],
            &[b"Basic abc"],
            &[b"Bearer a b"],
            &[b"Bearer \xff\xfe"],
            &[b"Bearer a", b"Bearer b"],
            &[&long],
        ];
        for values in bad {
            assert_eq!(of(values), None);
        }
    }
}

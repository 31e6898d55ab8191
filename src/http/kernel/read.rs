//! GET: change number → If-None-Match → kept answer → handler. The number is read before anything is shown, so that an
//! answer is never older than its ETag says.

use super::body::RawBody;
use super::call::Params;
use super::day::Day;
use super::encoding::Encoding;
use super::endpoint::{Incoming, Keeping};
use super::etag::{Known, Seen, State, none_match};
use super::problem::Problem;
use super::query::Pairs;
use super::reply::{Answer, Content};
use super::respond::Outcome;
use super::response_cache::Made;
use super::serve::Passage;
use crate::flow::Now;
use actix_web::HttpRequest;
use actix_web::http::header::{ACCEPT_ENCODING, HeaderName, IF_NONE_MATCH};
use std::sync::Arc;

/// Answers a GET or HEAD.
///
/// # Errors
/// Those of reading the query, of the handler, and 503.
pub(super) async fn read(passage: &Passage<'_>, request: &HttpRequest) -> Result<Outcome, Problem> {
    let shared = passage.shared;
    let now = shared.ctx.now();
    let change_no = shared.ctx.change_no().await?;
    let encoding = Encoding::asked_for(header(request, ACCEPT_ENCODING));
    let place = request
        .uri()
        .path_and_query()
        .map_or("", |place| place.as_str());
    let state = State {
        change_no,
        day: as_of(request.query_string()).unwrap_or(now.today),
        scope: passage.viewer.scope_key(),
    };
    let tag = state.tag(encoding, place);
    let known = header(request, IF_NONE_MATCH).map_or(Known::No, |header| none_match(header, &tag));
    if known == Known::Yes {
        return Ok(Outcome::NotModified { tag });
    }
    let pairs = Pairs::parse(request.query_string())?;
    let made = show(passage, params(request), pairs, &state, now).await?;
    let (content, change_no) = match made {
        Shown::Json(made) => (Some(made.in_encoding(encoding).await), made.change_no),
        Shown::Other(answer) => {
            return Ok(Outcome::Whole {
                answer,
                tag: Some(tag),
                is_replay: false,
            });
        }
    };
    let tag = State { change_no, ..state }.tag(encoding, place);
    match (known, content) {
        (Known::IfAny, _) | (_, None) => Ok(Outcome::NotModified { tag }),
        (_, Some((body, encoding))) => Ok(Outcome::Json {
            body,
            encoding,
            tag,
        }),
    }
}

/// The answer of a GET, kept or made.
///
/// # Errors
/// Those of reading the query, of the handler, and 503.
pub(super) async fn show(
    passage: &Passage<'_>,
    params: Params,
    pairs: Pairs,
    state: &State<'_>,
    now: Now,
) -> Result<Shown, Problem> {
    let key = key(passage, &params, &pairs, state);
    let incoming = Incoming {
        viewer: passage.viewer.clone(),
        params,
        pairs,
        body: RawBody::Nothing,
        seen: Seen::NotAsked,
        now,
        request_id: passage.request_id.clone(),
    };
    match passage.way.endpoint.keeping {
        Keeping::Kept => make_kept(passage, incoming, key, state.change_no).await,
        Keeping::Never => Ok(make(passage, incoming).await?.in_state(state.change_no)),
    }
}

/// An answer to a GET.
pub(super) enum Shown {
    Json(Arc<Made>),
    Other(Answer),
}

async fn make_kept(
    passage: &Passage<'_>,
    incoming: Incoming,
    key: String,
    change_no: i64,
) -> Result<Shown, Problem> {
    let mut other = None;
    let made = passage.shared.cache.get_or_make(key, change_no, async || {
        let answer = make(passage, incoming).await?;
        match answer.content {
            Content::Json(body) => Ok(body),
            Content::Nothing | Content::File(_) => {
                other = Some(answer);
                Err(Problem::internal("not to be kept"))
            }
        }
    });
    match (made.await, other) {
        (_, Some(answer)) => Ok(Shown::Other(answer)),
        (made, None) => Ok(Shown::Json(made?)),
    }
}

async fn make(passage: &Passage<'_>, incoming: Incoming) -> Result<Answer, Problem> {
    let ready = (passage.way.endpoint.prepare)(incoming)?;
    ready(passage.ctx()).await
}

impl Answer {
    fn in_state(self, change_no: i64) -> Shown {
        match self.content {
            Content::Json(body) => Shown::Json(Arc::new(Made::new(change_no, body))),
            Content::Nothing | Content::File(_) => Shown::Other(self),
        }
    }
}

/// A header as text; `None` where it is missing or no text.
pub(super) fn header(request: &HttpRequest, name: HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok()
}

/// The parts of the path that stand for names.
pub(super) fn params(request: &HttpRequest) -> Params {
    let part = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    Params(request.match_info().iter().map(part).collect())
}

/// The day asked for by `as_of`; what is no day is refused later, when the query is read.
fn as_of(query: &str) -> Option<chrono::NaiveDate> {
    let text = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("as_of="))?;
    Some(Day::parse(text).ok()?.0)
}

/// What tells a kept answer from others. Each part is preceded by its length: none can pass for another.
fn key(passage: &Passage<'_>, params: &Params, pairs: &Pairs, state: &State<'_>) -> String {
    use std::fmt::Write as _;
    let mut key = String::with_capacity(160);
    let day = state.day.to_string();
    let fixed = [passage.way.endpoint.operation, state.scope, &day];
    let named = params
        .0
        .iter()
        .chain(&pairs.0)
        .flat_map(|(name, value)| [name.as_str(), value]);
    for part in fixed.into_iter().chain(named) {
        // Writing to a String cannot fail.
        let _ = write!(key, "{}:{part}", part.len());
    }
    key
}

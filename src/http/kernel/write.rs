//! POST, PUT, PATCH, DELETE: If-Match → body → (with Idempotency-Key: begin) → handler → (finish or release). What has
//! begun goes on to its end though the client leaves: the guard must learn the outcome.

use super::body::RawBody;
use super::call::Params;
use super::code::Code;
use super::endpoint::{Incoming, Prepare, Ready, Verb};
use super::etag::{Seen, read_if_match};
use super::kernel_state::{Shared, kibibytes};
use super::problem::Problem;
use super::query::Pairs;
use super::raw_body::{BodyKind, judge_head, read_all};
use super::read::{header, params};
use super::reply::{Answer, Content};
use super::respond::Outcome;
use super::serve::{Passage, panic_text, timed_out};
use super::upload::{FormBounds, UPLOAD_PARTS, read_form};
use crate::domain::access::Viewer;
use crate::flow::Ctx;
use crate::flow::repeat_guard::{self, Begun, StoredReply, Ticket};
use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_LENGTH, HeaderName, IF_MATCH};
use actix_web::{HttpRequest, web};
use futures_util::FutureExt;
use sha2::{Digest, Sha256};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// Pauses before further tries of a call whose transaction stood in another's way, in milliseconds.
const AGAIN_AFTER_MS: [u64; 4] = [10, 40, 160, 640];

/// An idempotency key is no longer than this.
pub(super) const LONGEST_KEY: usize = 128;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Answers a POST, PUT, PATCH or DELETE.
///
/// # Errors
/// Those of reading, of the guard and of the handler.
pub(super) async fn write(
    passage: &Passage<'_>,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Outcome, Problem> {
    let endpoint = &passage.way.endpoint;
    let seen = match endpoint.verb.needs_seen() {
        true => read_if_match(
            joined(request, IF_MATCH).as_deref(),
            passage.viewer.scope_key(),
        )?,
        false => Seen::NotAsked,
    };
    let key = match endpoint.verb {
        Verb::Post => idempotency_key(request)?,
        Verb::Get | Verb::Put | Verb::Patch | Verb::Delete => None,
    };
    let pairs = Pairs::parse(request.query_string())?;
    let (body, room) = receive(passage, request, payload).await?;
    let place = request
        .uri()
        .path_and_query()
        .map_or("", |place| place.as_str());
    let guard = key.map(|key| (key, fingerprint(request.method().as_str(), place, &body)));
    let wanted = Wanted {
        params: params(request),
        pairs,
        body,
        seen,
        guard,
        room,
    };
    carry_out(passage, wanted).await
}

/// A writing call that was received.
pub(super) struct Wanted {
    pub params: Params,
    pub pairs: Pairs,
    pub body: RawBody,
    pub seen: Seen,
    /// Its idempotency key, and the [`fingerprint`] of what is sent under it.
    pub guard: Option<(String, String)>,
    /// The memory that its body takes.
    pub room: Option<OwnedSemaphorePermit>,
}

/// Carries a writing call out, to its end though the caller leaves.
///
/// # Errors
/// Those of reading it, of the guard and of the handler.
pub(super) async fn carry_out(passage: &Passage<'_>, wanted: Wanted) -> Result<Outcome, Problem> {
    let (shared, endpoint) = (passage.shared, &passage.way.endpoint);
    let incoming = Incoming {
        viewer: passage.viewer.clone(),
        params: wanted.params,
        pairs: wanted.pairs,
        body: wanted.body,
        seen: wanted.seen,
        now: shared.ctx.now(),
        request_id: passage.request_id.clone(),
    };
    let again = match &incoming.body {
        RawBody::Nothing | RawBody::Json(_) => Some(incoming.clone()),
        // Its bytes are there once.
        RawBody::Form(_) => None,
    };
    let ready = (endpoint.prepare)(incoming)?;
    let ctx = passage.ctx();
    let work = Work {
        shared: shared.clone(),
        viewer: passage.viewer.clone(),
        statuses: endpoint.statuses.clone(),
        prepare: endpoint.prepare.clone(),
        again,
        guard: wanted.guard,
        _room: wanted.room,
    };
    match actix_web::rt::spawn(work.run(ready, ctx)).await {
        Ok(outcome) => outcome,
        Err(error) => Err(Problem::internal(format!("the work was cut off: {error}"))),
    }
}

/// Receives the body; for an upload there must be room for it in memory first.
async fn receive(
    passage: &Passage<'_>,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<(RawBody, Option<OwnedSemaphorePermit>), Problem> {
    let Passage { shared, way, .. } = *passage;
    let (kind, limit) = (way.endpoint.body_kind, way.endpoint.body_limit);
    let patience = shared.limits.body_time;
    judge_head(request, kind, limit)?;
    match kind {
        BodyKind::Nothing => Ok((RawBody::Nothing, None)),
        BodyKind::Json => Ok((
            RawBody::Json(read_all(payload, limit, patience).await?),
            None,
        )),
        BodyKind::Form => {
            let room = room(shared, request, limit).await?;
            let form = Multipart::new(request.headers(), payload);
            let bounds = FormBounds {
                bytes: limit,
                parts: UPLOAD_PARTS,
                files: &way.endpoint.files,
                time: patience,
            };
            let form = read_form(form, bounds).await?;
            Ok((RawBody::Form(form), Some(room)))
        }
    }
}

/// Room in memory for an upload, to be kept until it is carried out.
pub(super) async fn room(
    shared: &Shared,
    request: &HttpRequest,
    limit: usize,
) -> Result<OwnedSemaphorePermit, Problem> {
    let announced = header(request, CONTENT_LENGTH).and_then(|length| length.parse().ok());
    // An upload larger than all the room there is waits for all of it.
    let most = kibibytes(shared.limits.upload_bytes);
    let wanted = kibibytes(announced.unwrap_or(limit)).min(most);
    let waiting = shared.uploads.clone().acquire_many_owned(wanted);
    match tokio::time::timeout(shared.limits.body_time, waiting).await {
        Ok(Ok(room)) => Ok(room),
        Ok(Err(_)) | Err(_) => Err(Problem::unavailable("no room for another upload")),
    }
}

/// Several headers of one name mean the same as one with commas (RFC 9110 §5.3); what is no text is no tag of ours.
fn joined(request: &HttpRequest, name: HeaderName) -> Option<String> {
    let values: Vec<&str> = request
        .headers()
        .get_all(name)
        .map(|value| value.to_str().unwrap_or_default())
        .collect();
    (!values.is_empty()).then(|| values.join(","))
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let mut given = request.headers().get_all(IDEMPOTENCY_KEY);
    let (Some(first), second) = (given.next(), given.next()) else {
        return Ok(None);
    };
    let bytes = first.as_bytes();
    let is_key = (1..=LONGEST_KEY).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    match first.to_str() {
        Ok(key) if is_key && second.is_none() => Ok(Some(key.to_owned())),
        Ok(_) | Err(_) => {
            let detail = "Idempotency-Key 应为 1 至 128 个可见的 ASCII 字符，且只出现一次。";
            Err(Problem::new(Code::InvalidIdempotencyKey, detail))
        }
    }
}

/// SHA-256 of method, path with query, and body. A form is taken by its parts: its boundary is another each time.
pub(super) fn fingerprint(method: &str, place: &str, body: &RawBody) -> String {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    add(method.as_bytes());
    add(place.as_bytes());
    match body {
        RawBody::Nothing => {}
        RawBody::Json(bytes) => add(bytes),
        RawBody::Form(form) => {
            for (name, text) in &form.texts {
                add(name.as_bytes());
                add(text.as_bytes());
            }
            for file in &form.files {
                add(file.part.as_bytes());
                add(file.file_name.as_bytes());
                add(&file.bytes);
            }
        }
    }
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// What a writing request needs to go on to its end alone.
struct Work {
    shared: Arc<Shared>,
    viewer: Arc<Viewer>,
    statuses: Vec<StatusCode>,
    prepare: Arc<Prepare>,
    /// The call once more, for another try.
    again: Option<Incoming>,
    guard: Option<(String, String)>,
    /// Given back when the work is done.
    _room: Option<OwnedSemaphorePermit>,
}

impl Work {
    async fn run(self, ready: Ready, ctx: Ctx) -> Result<Outcome, Problem> {
        let Some((key, fingerprint)) = &self.guard else {
            let answer = self.handle(ready, ctx).await?;
            return Ok(Outcome::Whole {
                answer,
                tag: None,
                is_replay: false,
            });
        };
        match repeat_guard::begin(&self.shared.ctx, &self.viewer, key, fingerprint).await? {
            Begun::New(ticket) => self.guarded(ready, ctx, ticket).await,
            Begun::Replay(reply) => replayed(reply),
            Begun::Running => {
                let detail = "相同 Idempotency-Key 的请求正在处理，请稍后用同一请求再试。";
                Err(Problem::new(Code::RequestInProgress, detail).retry_after(2))
            }
            Begun::OtherRequest => {
                let detail = "这个 Idempotency-Key 已用于另一个请求，请换一个。";
                Err(Problem::new(Code::IdempotencyKeyReused, detail))
            }
            Begun::Lost => {
                let detail = "相同 Idempotency-Key 的请求已经办理，但当时的答复没有留下来。请先查询是否已经生效，不要直接重复提交。";
                Err(Problem::new(Code::OutcomeUnknown, detail))
            }
        }
    }

    async fn guarded(&self, ready: Ready, ctx: Ctx, ticket: Ticket) -> Result<Outcome, Problem> {
        let answer = match self.handle(ready, ctx.with_ticket(ticket.clone())).await {
            Ok(answer) => answer,
            Err(problem) => {
                // Also of one that was stopped in the middle: it is told whether it was carried out, and what of it is
                // still under way is overtaken.
                if let Err(error) = repeat_guard::release(&self.shared.ctx, &ticket).await {
                    tracing::error!(%error, "An idempotency key could not be released");
                }
                return Err(problem);
            }
        };
        let reply = StoredReply {
            status: answer.status.as_u16(),
            location: answer.location.clone(),
            body: match answer.again.as_ref().unwrap_or(&answer.content) {
                Content::Json(body) => String::from_utf8_lossy(body).into_owned(),
                Content::Nothing | Content::File(_) => String::new(),
            },
        };
        if let Err(error) = repeat_guard::finish(&self.shared.ctx, &ticket, &reply).await {
            tracing::error!(%error, "A reply could not be kept for repetitions");
        }
        Ok(Outcome::Whole {
            answer,
            tag: None,
            is_replay: false,
        })
    }

    /// Handles the call; where its transaction stood in another's way, once more from the beginning.
    async fn handle(&self, ready: Ready, ctx: Ctx) -> Result<Answer, Problem> {
        let mut ready = ready;
        for pause in AGAIN_AFTER_MS {
            let outcome = self.handle_once(ready, ctx.clone()).await;
            let is_transient = matches!(&outcome, Err(problem) if problem.aside.is_transient);
            let Some(incoming) = self.again.clone().filter(|_| is_transient) else {
                return outcome;
            };
            ctx.give_way(pause).await;
            ready = (self.prepare)(incoming)?;
        }
        self.handle_once(ready, ctx).await
    }

    async fn handle_once(&self, ready: Ready, ctx: Ctx) -> Result<Answer, Problem> {
        let patience = self.shared.limits.answer_time;
        let handling = AssertUnwindSafe(async move { ready(ctx).await }).catch_unwind();
        let answer = match tokio::time::timeout(patience, handling).await {
            Ok(Ok(answer)) => answer?,
            Ok(Err(panic)) => {
                let text = panic_text(&*panic);
                return Err(Problem::internal(format!("a handler panicked: {text}")));
            }
            Err(_) => return Err(timed_out(patience)),
        };
        if !self.statuses.contains(&answer.status) {
            // The work is done: it would be wrong to tell the client otherwise.
            tracing::error!(
                status = answer.status.as_u16(),
                "A status that the document does not know"
            );
        }
        Ok(answer)
    }
}

fn replayed(reply: StoredReply) -> Result<Outcome, Problem> {
    let status = StatusCode::from_u16(reply.status);
    let status = status.map_err(|_| Problem::internal("a kept reply has no status"))?;
    let content = match reply.body.is_empty() {
        true => Content::Nothing,
        false => Content::Json(reply.body.into()),
    };
    let answer = Answer {
        status,
        location: reply.location,
        content,
        again: None,
    };
    Ok(Outcome::Whole {
        answer,
        tag: None,
        is_replay: true,
    })
}

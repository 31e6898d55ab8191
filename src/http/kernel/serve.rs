//! The way of a request: id → method → who → how often → may → (GET: [`read`], others: [`write`]) → headers. Each step is
//! one file; here is only their order.

use super::authenticate::{address, audit, authenticate, judge};
use super::code::Code;
use super::endpoint::Verb;
use super::kernel_state::Shared;
use super::problem::{Problem, ProblemCode};
use super::read::read;
use super::respond::{Outcome, respond};
use super::table::{Place, Way};
use super::write::write;
use crate::domain::access::Viewer;
use crate::flow::Ctx;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Headers are no larger than this together, in bytes.
const MOST_HEADERS: usize = 32 << 10;

/// A call on its way: to which endpoint, by whom.
pub(super) struct Passage<'a> {
    pub shared: &'a Arc<Shared>,
    pub way: &'a Way,
    pub request_id: &'a Arc<str>,
    pub viewer: Arc<Viewer>,
}

impl Passage<'_> {
    /// The context of the handler: acts as the viewer, on behalf of this request.
    pub fn ctx(&self) -> Ctx {
        let shared = &self.shared.ctx;
        shared
            .acting_as(self.viewer.acting(self.way.endpoint.action))
            .for_request(self.request_id)
    }
}

/// Answers a request to one of the table's paths.
pub(super) async fn serve(
    shared: Arc<Shared>,
    place: Arc<Place>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let began = Instant::now();
    let request_id: Arc<str> = shared.request_ids.next().into();
    let way = match *request.method() {
        Method::GET | Method::HEAD => place.endpoints.get(&Verb::Get),
        Method::POST => place.endpoints.get(&Verb::Post),
        Method::PUT => place.endpoints.get(&Verb::Put),
        Method::PATCH => place.endpoints.get(&Verb::Patch),
        Method::DELETE => place.endpoints.get(&Verb::Delete),
        _ => None,
    };
    let Some(way) = way else {
        let outcome = no_such_method(&shared, &place, &request);
        return respond(outcome, &request, &request_id);
    };
    let answering = AssertUnwindSafe(answer(&shared, way, &request, payload, &request_id));
    let outcome = match answering.catch_unwind().await {
        Ok(outcome) => outcome,
        Err(panic) => Err(Problem::internal(format!(
            "a handler panicked: {}",
            panic_text(&*panic)
        ))),
    };
    if let Err(problem) = &outcome {
        log(problem, way.endpoint.operation, &request_id);
    }
    let response = respond(outcome, &request, &request_id);
    way.meters.count(response.status(), began.elapsed());
    response
}

async fn answer(
    shared: &Arc<Shared>,
    way: &Way,
    request: &HttpRequest,
    payload: web::Payload,
    request_id: &Arc<str>,
) -> Result<Outcome, Problem> {
    judge_headers(request)?;
    let patience = shared.limits.answer_time;
    let viewer = match tokio::time::timeout(patience, authenticate(shared, request)).await {
        Ok(viewer) => viewer?,
        Err(_) => return Err(timed_out(patience)),
    };
    judge(shared, &viewer, &way.endpoint, request.path()).await?;
    let passage = Passage {
        shared,
        way,
        request_id,
        viewer: viewer.clone(),
    };
    let outcome = match way.endpoint.verb {
        Verb::Get => match tokio::time::timeout(patience, read(&passage, request)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(timed_out(patience)),
        },
        Verb::Post | Verb::Put | Verb::Patch | Verb::Delete => {
            write(&passage, request, payload).await
        }
    };
    match outcome {
        Err(problem) => Err(weigh(problem, shared, way, &viewer).await),
        done => done,
    }
}

/// The framework takes headers of up to 128 KiB; none of ours is that long.
fn judge_headers(request: &HttpRequest) -> Result<(), Problem> {
    let sizes = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len());
    match sizes.sum::<usize>() {
        0..=MOST_HEADERS => Ok(()),
        _ => {
            let detail = "请求头超过 32 KiB，请去掉不需要的内容。";
            Err(Problem::new(Code::HeadersTooLarge, detail))
        }
    }
}

/// A 404 is counted, and one that hides a foreign row leaves an audit row; beyond the count it becomes a 429.
pub(super) async fn weigh(
    problem: Problem,
    shared: &Shared,
    way: &Way,
    viewer: &Viewer,
) -> Problem {
    if let ProblemCode::Refusal(code) = problem.code()
        && !way.endpoint.refusals.contains(&code)
    {
        let operation = way.endpoint.operation;
        tracing::warn!(
            operation,
            code = code.as_str(),
            "A refusal that the document does not know"
        );
    }
    if problem.status() != Code::NotFound.status() {
        return problem;
    }
    if let Some(target) = &problem.aside.hidden {
        audit(shared, viewer, &way.endpoint, target).await;
    }
    match shared.rates.count_miss(viewer.token_id) {
        Ok(()) => problem,
        Err(limited) => limited,
    }
}

fn no_such_method(
    shared: &Shared,
    place: &Place,
    request: &HttpRequest,
) -> Result<Outcome, Problem> {
    shared.rates.count_address(address(shared, request))?;
    match *request.method() {
        Method::OPTIONS => Ok(Outcome::Options {
            allow: place.allow.clone(),
        }),
        ref method => Err(Problem::method_not_allowed(method, place.allow.clone())),
    }
}

/// Answers a path that is none of ours, in the API's way.
pub(super) async fn unknown_path(shared: Arc<Shared>, request: HttpRequest) -> HttpResponse {
    let request_id: Arc<str> = shared.request_ids.next().into();
    let counted = shared.rates.count_address(address(&shared, &request));
    let problem = counted.err().unwrap_or_else(Problem::not_found);
    respond(Err(problem), &request, &request_id)
}

/// The 503 of an answer that takes too long.
pub(super) fn timed_out(patience: Duration) -> Problem {
    let detail = format!(
        "处理超过 {} 秒，已停止。请缩小范围后再试。",
        patience.as_secs().max(1)
    );
    Problem::new(Code::TimedOut, detail).retry_after(5)
}

/// What a panic said, where it said it in words.
pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "without words".to_owned())
}

/// Failures of ours are errors; what a client did wrong is only for those who look for it.
pub(super) fn log(problem: &Problem, operation: &str, request_id: &str) {
    let (code, cause) = (
        problem.code_str(),
        problem.aside.cause.as_deref().unwrap_or_default(),
    );
    if problem.status().is_server_error() {
        tracing::error!(operation, request_id, code, cause, "A request failed");
    } else {
        tracing::debug!(operation, request_id, code, cause, "A request was refused");
    }
}

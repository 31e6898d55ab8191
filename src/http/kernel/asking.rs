//! Asking the API from inside the process, as pages do: the same judgement of who may, the same reading of what is asked,
//! the same answers. So what a person sees and does on a page is exactly what the API would show them and do for them.

use super::authenticate::judge;
use super::body::RawBody;
use super::call::Params;
use super::download::Download;
use super::etag::{Seen, State};
use super::kernel_state::{Kernel, Shared};
use super::problem::Problem;
use super::query::Pairs;
use super::read::{Shown, show};
use super::reply::Content;
use super::respond::Outcome;
use super::serve::{Passage, log, panic_text, timed_out, weigh};
use super::table::Way;
use super::upload::check_parts;
use super::write::{Wanted, carry_out, fingerprint};
use crate::domain::access::Viewer;
use actix_web::http::StatusCode;
use bytes::Bytes;
use futures_util::FutureExt;
use serde_json::Value;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// Somebody who asks.
#[derive(Clone)]
pub struct Asking {
    shared: Arc<Shared>,
    viewer: Arc<Viewer>,
    request_id: Arc<str>,
}

/// What a GET told.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The change number that it is not older than: what a form that changes it has seen.
    pub change_no: i64,
    /// The answer.
    pub json: Value,
}

/// Something to be done.
#[derive(Debug)]
pub struct Act<'a> {
    /// The operation, as in the OpenAPI document.
    pub operation: &'a str,
    /// Parts of the path, by name.
    pub params: &'a [(&'a str, &'a str)],
    /// Its query.
    pub query: &'a [(&'a str, &'a str)],
    /// Its body.
    pub body: RawBody,
    /// The change number at which its author looked, for operations that need If-Match.
    pub seen: Option<i64>,
    /// A text that is another for each form: what is sent twice under it is done once.
    pub once: Option<&'a str>,
    /// The memory that its body takes.
    pub room: Option<OwnedSemaphorePermit>,
}

/// What came of an [`Act`].
#[derive(Debug, Clone, PartialEq)]
pub struct Acted {
    /// Its status.
    pub status: StatusCode,
    /// The path of what was made, below `/api/v1`.
    pub location: Option<String>,
    /// The answer; null where there is none.
    pub json: Value,
    /// Whether it had been done before under the same `once`.
    pub is_replay: bool,
}

impl Kernel {
    /// Asks as this caller, who was recognised before.
    pub fn asking(&self, viewer: Arc<Viewer>) -> Asking {
        Asking {
            shared: self.0.clone(),
            viewer,
            request_id: self.0.request_ids.next().into(),
        }
    }
}

impl Asking {
    /// Who asks.
    pub fn viewer(&self) -> &Arc<Viewer> {
        &self.viewer
    }

    /// Whether the caller's roles allow an operation; whether a single row allows it is the operation's to say.
    pub fn may(&self, operation: &str) -> bool {
        let way = self.way(operation);
        way.is_ok_and(|way| self.viewer.may(way.endpoint.action))
    }

    /// Whether the query of an operation has a parameter of this name.
    pub fn knows(&self, operation: &str, parameter: &str) -> bool {
        let way = self.way(operation);
        way.is_ok_and(|way| {
            let mut all = (way.endpoint.shape.parameters)().into_iter();
            all.any(|known| known.name == parameter)
        })
    }

    /// Refuses a caller whose roles do not allow an operation, and leaves the audit row of that.
    ///
    /// # Errors
    /// 403.
    pub async fn judge(&self, operation: &str) -> Result<(), Problem> {
        let endpoint = &self.way(operation)?.endpoint;
        judge(&self.shared, &self.viewer, endpoint, endpoint.path).await
    }

    /// Reads.
    ///
    /// # Errors
    /// As the operation says, and 500 where it is none that answers JSON.
    pub async fn read(
        &self,
        operation: &str,
        params: &[(&str, &str)],
        query: &[(&str, &str)],
    ) -> Result<Told, Problem> {
        let (change_no, shown) = self.shown(operation, params, query).await?;
        match shown {
            Shown::Json(made) => Ok(Told {
                change_no: made.change_no,
                json: read_json(&made.body)?,
            }),
            Shown::Other(answer) => match answer.content {
                Content::Json(body) => Ok(Told {
                    change_no,
                    json: read_json(&body)?,
                }),
                Content::Nothing | Content::File(_) => Err(other_kind(operation)),
            },
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// As the operation says, and 500 where it is none that answers a file.
    pub async fn download(
        &self,
        operation: &str,
        params: &[(&str, &str)],
        query: &[(&str, &str)],
    ) -> Result<Download, Problem> {
        match self.shown(operation, params, query).await?.1 {
            Shown::Other(answer) => match answer.content {
                Content::File(file) => Ok(file),
                Content::Json(_) | Content::Nothing => Err(other_kind(operation)),
            },
            Shown::Json(_) => Err(other_kind(operation)),
        }
    }

    /// Does something, to its end though the caller leaves.
    ///
    /// # Errors
    /// As the operation says.
    pub async fn act(&self, act: Act<'_>) -> Result<Acted, Problem> {
        let way = self.way(act.operation)?;
        let done = self.done(way, act).await;
        match done {
            Ok(Outcome::Whole {
                answer, is_replay, ..
            }) => Ok(Acted {
                status: answer.status,
                location: answer.location,
                json: match answer.content {
                    Content::Json(body) => read_json(&body)?,
                    Content::Nothing | Content::File(_) => Value::Null,
                },
                is_replay,
            }),
            Ok(Outcome::NotModified { .. } | Outcome::Json { .. } | Outcome::Options { .. }) => {
                Err(other_kind(way.endpoint.operation))
            }
            Err(problem) => Err(self.weighed(problem, way).await),
        }
    }

    async fn done(&self, way: &Way, act: Act<'_>) -> Result<Outcome, Problem> {
        let endpoint = &way.endpoint;
        judge(&self.shared, &self.viewer, endpoint, endpoint.path).await?;
        if let RawBody::Form(form) = &act.body {
            check_parts(form, &endpoint.files)?;
        }
        let pairs = pairs(act.query);
        let guard = act.once.map(|once| {
            let place = place(endpoint.path, act.params, &pairs);
            let print = fingerprint(endpoint.verb.as_str(), &place, &act.body);
            (once.to_owned(), print)
        });
        let wanted = Wanted {
            params: named(act.params),
            pairs,
            body: act.body,
            seen: match (endpoint.verb.needs_seen(), act.seen) {
                (false, _) => Seen::NotAsked,
                (true, Some(change_no)) => Seen::At(change_no),
                (true, None) => Seen::Anything,
            },
            guard,
            room: act.room,
        };
        carry_out(&self.passage(way), wanted).await
    }

    async fn shown(
        &self,
        operation: &str,
        params: &[(&str, &str)],
        query: &[(&str, &str)],
    ) -> Result<(i64, Shown), Problem> {
        let way = self.way(operation)?;
        let reading = async {
            judge(&self.shared, &self.viewer, &way.endpoint, way.endpoint.path).await?;
            let now = self.shared.ctx.now();
            let change_no = self.shared.ctx.change_no().await?;
            let as_of = query.iter().find(|(name, _)| *name == "as_of");
            let day = as_of.and_then(|(_, text)| text.parse().ok());
            let state = State {
                change_no,
                day: day.unwrap_or(now.today),
                scope: self.viewer.scope_key(),
            };
            let passage = self.passage(way);
            let shown = show(&passage, named(params), pairs(query), &state, now).await?;
            Ok((change_no, shown))
        };
        let patience = self.shared.limits.answer_time;
        let reading = AssertUnwindSafe(reading).catch_unwind();
        let read = match tokio::time::timeout(patience, reading).await {
            Ok(Ok(read)) => read,
            Ok(Err(panic)) => {
                let text = panic_text(&*panic);
                Err(Problem::internal(format!("a handler panicked: {text}")))
            }
            Err(_) => Err(timed_out(patience)),
        };
        match read {
            Ok(shown) => Ok(shown),
            Err(problem) => Err(self.weighed(problem, way).await),
        }
    }

    async fn weighed(&self, problem: Problem, way: &Way) -> Problem {
        let problem = weigh(problem, &self.shared, way, &self.viewer).await;
        log(&problem, way.endpoint.operation, &self.request_id);
        problem
    }

    fn passage<'a>(&'a self, way: &'a Way) -> Passage<'a> {
        Passage {
            shared: &self.shared,
            way,
            request_id: &self.request_id,
            viewer: self.viewer.clone(),
        }
    }

    fn way(&self, operation: &str) -> Result<&Way, Problem> {
        let found = self.shared.operations.get(operation);
        let way = found.and_then(|(at, verb)| self.shared.places.get(*at)?.endpoints.get(verb));
        way.ok_or_else(|| Problem::internal(format!("there is no operation {operation}")))
    }
}

fn named(params: &[(&str, &str)]) -> Params {
    let pair = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    Params(params.iter().map(pair).collect())
}

fn pairs(query: &[(&str, &str)]) -> Pairs {
    let pair = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    let mut pairs: Vec<_> = query.iter().map(pair).collect();
    pairs.sort_by(|one, other| one.0.cmp(&other.0));
    Pairs(pairs)
}

/// What names a call among those under one key, in place of the path with its query.
fn place(path: &str, params: &[(&str, &str)], pairs: &Pairs) -> String {
    let mut place = path.to_owned();
    for (name, text) in params {
        place = place.replace(&format!("{{{name}}}"), text);
    }
    format!("{place} {:?}", pairs.0)
}

fn read_json(bytes: &Bytes) -> Result<Value, Problem> {
    serde_json::from_slice(bytes)
        .map_err(|error| Problem::internal(format!("an answer is no JSON: {error}")))
}

fn other_kind(operation: &str) -> Problem {
    Problem::internal(format!("{operation} answers something else"))
}

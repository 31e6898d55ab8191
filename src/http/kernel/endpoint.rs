//! One way into the service: method, path, handler, who may, and what the document says of it. The handler's own types
//! make both the reading and the document, so that the two cannot differ.

use super::body::{Body, RawBody};
use super::call::{Call, Params};
use super::etag::Seen;
use super::problem::Problem;
use super::query::{Pairs, Parameter, Query};
use super::raw_body::BodyKind;
use super::reply::{Answer, Reply, ReplyBody, Shown};
use super::schemas::Schemas;
use super::upload::{FileCount, FilePart};
use crate::domain::access::{Action, Viewer};
use crate::flow::refusal::RefusalCode;
use crate::flow::{Ctx, Now};
use actix_web::http::StatusCode;
use serde_json::Value;
use std::pin::Pin;
use std::sync::Arc;
use utoipa::openapi::{RefOr, Schema};

/// A JSON body is no larger than this unless the endpoint says otherwise.
pub const USUAL_BODY: usize = 1 << 20;

/// The methods that endpoints have. HEAD goes with GET, OPTIONS with all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Reads.
    Get,
    /// Makes, or does.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Takes away.
    Delete,
}

impl Verb {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether it needs If-Match.
    pub fn needs_seen(self) -> bool {
        match self {
            Self::Put | Self::Patch | Self::Delete => true,
            Self::Get | Self::Post => false,
        }
    }
}

/// A group of endpoints in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag {
    /// Its name, as in the path: `tasks`.
    pub name: &'static str,
    /// What it is, in Chinese.
    pub says: &'static str,
}

/// Whether answers to a GET are kept in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// Kept until something changes.
    Kept,
    /// Made each time: large, or seldom asked for twice.
    Never,
}

/// The examples of the document. They are read with the handler's types by [`faults`](super::table::faults).
#[derive(Debug, Clone, Default)]
pub struct Examples {
    /// A query string, without `?`.
    pub query: &'static str,
    /// A JSON body; for an upload its text fields.
    pub body: Option<Value>,
    /// Parts of the path by name.
    pub params: Vec<(&'static str, &'static str)>,
}

/// A call before it is read.
#[derive(Clone)]
pub(super) struct Incoming {
    pub viewer: Arc<Viewer>,
    pub params: Params,
    pub pairs: Pairs,
    pub body: RawBody,
    pub seen: Seen,
    pub now: Now,
    pub request_id: Arc<str>,
}

/// A rendered answer that is being made.
pub(super) type Answering = Pin<Box<dyn Future<Output = Result<Answer, Problem>>>>;

/// A call that was read and checked, and waits for its context.
pub(super) type Ready = Box<dyn FnOnce(Ctx) -> Answering>;

pub(super) type Prepare = dyn Fn(Incoming) -> Result<Ready, Problem> + Send + Sync;

/// What the types of a handler say, for the document.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub parameters: fn() -> Vec<Parameter>,
    pub query: fn(&mut Schemas),
    pub body: fn(&mut Schemas, &[FilePart]) -> Option<RefOr<Schema>>,
    pub is_closed: fn() -> bool,
    pub reply: fn(&mut Schemas) -> Shown,
    pub read_query: fn(&Pairs, &'static str) -> Result<(), Problem>,
    pub read_body: fn(&RawBody) -> Result<(), Problem>,
}

/// One way into the service.
#[derive(Clone)]
pub struct Endpoint {
    pub(super) verb: Verb,
    pub(super) path: &'static str,
    pub(super) operation: &'static str,
    pub(super) action: Action,
    pub(super) tag: Tag,
    pub(super) summary: &'static str,
    pub(super) english: &'static str,
    pub(super) description: &'static str,
    pub(super) refusals: Vec<RefusalCode>,
    pub(super) statuses: Vec<StatusCode>,
    pub(super) body_kind: BodyKind,
    pub(super) body_limit: usize,
    pub(super) files: Vec<FilePart>,
    pub(super) keeping: Keeping,
    pub(super) examples: Examples,
    pub(super) prepare: Arc<Prepare>,
    pub(super) shape: Shape,
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident $verb:ident $status:ident;)+) => {$(
        $(#[$doc])*
        pub fn $name<Q, B, R, F, A>(
            path: &'static str,
            operation: &'static str,
            action: Action,
            handler: F,
        ) -> Self
        where
            Q: Query,
            B: Body,
            R: ReplyBody,
            F: Fn(Call<Q, B>) -> A + Send + Sync + 'static,
            A: Future<Output = Result<Reply<R>, Problem>> + 'static,
        {
            Self::new(Verb::$verb, StatusCode::$status, path, operation, action, handler)
        }
    )+};
}

impl Endpoint {
    constructors! {
        /// A way to read. The path is below `/api/v1` (`/tasks/{id}`), the operation a stable id in snake_case. Answers 200.
        get Get OK;
        /// A way to make or do something. Answers 201 unless [`Endpoint::answers`] says otherwise.
        post Post CREATED;
        /// A way to replace something; needs If-Match. Answers 200.
        put Put OK;
        /// A way to change something; needs If-Match. Answers 200.
        patch Patch OK;
        /// A way to take something away; needs If-Match. Answers 204.
        delete Delete NO_CONTENT;
    }

    fn new<Q, B, R, F, A>(
        verb: Verb,
        status: StatusCode,
        path: &'static str,
        operation: &'static str,
        action: Action,
        handler: F,
    ) -> Self
    where
        Q: Query,
        B: Body,
        R: ReplyBody,
        F: Fn(Call<Q, B>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Reply<R>, Problem>> + 'static,
    {
        Self {
            verb,
            path,
            operation,
            action,
            tag: Tag {
                name: "other",
                says: "其他",
            },
            summary: "",
            english: "",
            description: "",
            refusals: Vec::new(),
            statuses: vec![status],
            body_kind: B::KIND,
            body_limit: USUAL_BODY,
            files: Vec::new(),
            keeping: Keeping::Kept,
            examples: Examples::default(),
            prepare: prepare(operation, handler),
            shape: Shape {
                parameters: Q::parameters,
                query: Q::collect,
                body: B::describe,
                is_closed: B::is_closed,
                reply: R::describe,
                read_query: |pairs, operation| Q::read(pairs, operation).map(drop),
                read_body: |raw| B::read(raw).map(drop),
            },
        }
    }

    /// Its group in the document.
    pub fn tag(mut self, tag: Tag) -> Self {
        self.tag = tag;
        self
    }

    /// A summary of a few words in Chinese, the same in English, and a description in Chinese (may be empty).
    pub fn says(
        mut self,
        summary: &'static str,
        english: &'static str,
        description: &'static str,
    ) -> Self {
        self.summary = summary;
        self.english = english;
        self.description = description;
        self
    }

    /// The refusals of its use case.
    pub fn refuses(mut self, codes: &[RefusalCode]) -> Self {
        self.refusals = codes.to_vec();
        self
    }

    /// The statuses of success, where they are not the method's usual one. An answer with another is a fault.
    pub fn answers(mut self, statuses: &[StatusCode]) -> Self {
        self.statuses = statuses.to_vec();
        self
    }

    /// The largest body, in bytes.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// A file part of an upload, and what it is, in Chinese.
    pub fn file(mut self, name: &'static str, count: FileCount, says: &'static str) -> Self {
        self.files.push(FilePart { name, says, count });
        self
    }

    /// Answers are made each time.
    pub fn never_kept(mut self) -> Self {
        self.keeping = Keeping::Never;
        self
    }

    /// An example of the query string, without `?`.
    pub fn example_query(mut self, query: &'static str) -> Self {
        self.examples.query = query;
        self
    }

    /// An example of the JSON body, or of an upload's text fields.
    pub fn example_body(mut self, body: Value) -> Self {
        self.examples.body = Some(body);
        self
    }

    /// An example of a part of the path.
    pub fn example_param(mut self, name: &'static str, value: &'static str) -> Self {
        self.examples.params.push((name, value));
        self
    }

    /// The names in braces of its path.
    pub fn param_names(&self) -> impl Iterator<Item = &'static str> {
        let parts = self.path.split('/');
        parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}

fn prepare<Q, B, R, F, A>(operation: &'static str, handler: F) -> Arc<Prepare>
where
    Q: Query,
    B: Body,
    R: ReplyBody,
    F: Fn(Call<Q, B>) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Reply<R>, Problem>> + 'static,
{
    let handler = Arc::new(handler);
    Arc::new(move |incoming: Incoming| {
        let query = Q::read(&incoming.pairs, operation)?;
        let body = B::read(&incoming.body)?;
        let handler = handler.clone();
        let ready: Ready = Box::new(move |ctx| {
            Box::pin(async move {
                let call = Call {
                    ctx,
                    viewer: incoming.viewer,
                    query,
                    body,
                    seen: incoming.seen,
                    now: incoming.now,
                    request_id: incoming.request_id,
                    params: incoming.params,
                };
                handler(call).await?.render()
            })
        });
        Ok(ready)
    })
}

//! What handlers answer with.

use super::download::Download;
use super::problem::Problem;
use super::schemas::Schemas;
use actix_web::http::StatusCode;
use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

/// A successful answer.
#[derive(Debug)]
pub struct Reply<R> {
    status: StatusCode,
    location: Option<String>,
    body: R,
    /// What a repetition of the request gets instead of the body.
    again: Option<R>,
}

impl<R> Reply<R> {
    /// 200.
    pub fn ok(body: R) -> Self {
        Self {
            status: StatusCode::OK,
            location: None,
            body,
            again: None,
        }
    }

    /// 201, with the path of what was made below `/api/v1`: `/tasks/0198…`.
    pub fn created(body: R, path: &str) -> Self {
        Self {
            status: StatusCode::CREATED,
            location: Some(format!("/api/v1{path}")),
            body,
            again: None,
        }
    }

    /// 202: begun, not done.
    pub fn accepted(body: R) -> Self {
        Self {
            status: StatusCode::ACCEPTED,
            location: None,
            body,
            again: None,
        }
    }

    /// With another body for repetitions of the request under its Idempotency-Key: what is told only once is not kept.
    #[must_use]
    pub fn told_again_as(self, body: R) -> Self {
        Self {
            again: Some(body),
            ..self
        }
    }

    pub(super) fn render(self) -> Result<Answer, Problem>
    where
        R: ReplyBody,
    {
        Ok(Answer {
            status: self.status,
            location: self.location,
            content: self.body.render()?,
            again: self.again.map(R::render).transpose()?,
        })
    }
}

impl Reply<Nothing> {
    /// 204.
    pub fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            location: None,
            body: Nothing,
            again: None,
        }
    }
}

/// The body of an answer without one.
#[derive(Debug, Clone, Copy)]
pub struct Nothing;

/// What can be the body of an answer: anything with `Serialize` and `ToSchema` (JSON), [`Download`], [`Nothing`].
pub trait ReplyBody: Sized + 'static {
    /// The bytes.
    ///
    /// # Errors
    /// 500 where it cannot be written as JSON.
    fn render(self) -> Result<Content, Problem>;

    /// How the document shows it.
    fn describe(schemas: &mut Schemas) -> Shown;
}

/// The body of an answer, rendered.
#[derive(Debug)]
pub enum Content {
    /// None.
    Nothing,
    /// JSON.
    Json(Bytes),
    /// A file.
    File(Download),
}

/// The body of an answer as the document shows it.
pub enum Shown {
    /// None.
    Nothing,
    /// JSON of that schema.
    Json(Box<RefOr<Schema>>),
    /// A file.
    File,
}

impl<T: Serialize + ToSchema + 'static> ReplyBody for T {
    fn render(self) -> Result<Content, Problem> {
        match serde_json::to_vec(&self) {
            Ok(json) => Ok(Content::Json(json.into())),
            Err(error) => Err(Problem::internal(format!("an answer is no JSON: {error}"))),
        }
    }

    fn describe(schemas: &mut Schemas) -> Shown {
        Shown::Json(Box::new(schemas.of::<T>()))
    }
}

impl ReplyBody for Download {
    fn render(self) -> Result<Content, Problem> {
        Ok(Content::File(self))
    }

    fn describe(_: &mut Schemas) -> Shown {
        Shown::File
    }
}

impl ReplyBody for Nothing {
    fn render(self) -> Result<Content, Problem> {
        Ok(Content::Nothing)
    }

    fn describe(_: &mut Schemas) -> Shown {
        Shown::Nothing
    }
}

/// An answer, rendered.
#[derive(Debug)]
pub struct Answer {
    /// Its status, 2xx.
    pub status: StatusCode,
    /// Path of what was made.
    pub location: Option<String>,
    /// Its body.
    pub content: Content,
    /// What a repetition of the request gets instead.
    pub again: Option<Content>,
}

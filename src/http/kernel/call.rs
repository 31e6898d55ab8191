//! What a handler is called with.

use super::body::NoBody;
use super::etag::Seen;
use super::problem::Problem;
use super::query::NoQuery;
use crate::domain::access::Viewer;
use crate::flow::{Ctx, Now};
use serde::de::DeserializeOwned;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use std::str::FromStr;
use std::sync::Arc;
use uuid::Uuid;

/// A call that was let in, read and checked.
#[derive(Debug)]
pub struct Call<Q = NoQuery, B = NoBody> {
    /// Acts as the viewer, and carries the ticket of a request that may be repeated.
    pub ctx: Ctx,
    /// Who calls. What rows they may see is for the handler's flow to ask.
    pub viewer: Arc<Viewer>,
    /// The query string.
    pub query: Q,
    /// The body.
    pub body: B,
    /// What the client of a PUT, PATCH or DELETE has seen.
    pub seen: Seen,
    /// The moment of the call.
    pub now: Now,
    /// For logs and letters to the administrator.
    pub request_id: Arc<str>,
    pub(super) params: Params,
}

/// The parts of the path that stand for names in braces.
#[derive(Debug, Clone, Default)]
pub struct Params(pub Vec<(String, String)>);

impl<Q, B> Call<Q, B> {
    /// The id in the path, `{name}`.
    ///
    /// # Errors
    /// 404 where it is no UUID in its usual form: such a row cannot exist.
    pub fn id<I: DeserializeOwned>(&self, name: &str) -> Result<I, Problem> {
        let text = self.text(name)?;
        // The UUID reader also takes other forms; a row has one address only.
        let is_usual = text.len() == 36 && Uuid::try_parse(text).is_ok();
        let reader: StrDeserializer<'_, Error> = text.into_deserializer();
        match I::deserialize(reader) {
            Ok(id) if is_usual => Ok(id),
            Ok(_) | Err(_) => Err(Problem::not_found()),
        }
    }

    /// Another part of the path, `{name}`: a year, a code.
    ///
    /// # Errors
    /// 404 where it is none; nothing is named with a control character, and PostgreSQL takes no NUL.
    pub fn part<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(part) if !text.contains(char::is_control) => Ok(part),
            Ok(_) | Err(_) => Err(Problem::not_found()),
        }
    }

    fn text(&self, name: &str) -> Result<&str, Problem> {
        let part = self.params.0.iter().find(|(known, _)| known == name);
        match part {
            Some((_, text)) => Ok(text),
            None => Err(Problem::internal(format!(
                "the path has no part named {name}"
            ))),
        }
    }
}

//! Bad inputs for every operation that a service's own document names, so that none is forgotten, also of those to come.
//! What is wrong is gathered and told together. Each file has one kind of input; none has a test of its own: they are run on
//! the town's service and on the sample endpoints.

pub mod bodies;
pub mod callers;
pub mod fields;
pub mod framing;
pub mod logs;
pub mod queries;
pub mod writes;

use crate::support::example_rows::Samples;
use crate::support::operations::{Document, Operation, Request};
use crate::support::service::{Response, Service};
use crate::support::state::state_hash;
use crate::support::town::Town;
use duban::domain::user_role::UserRole;
use duban::http::kernel::{Endpoint, Limits};
use entity::audit_event;
use sea_orm::{EntityTrait, PaginatorTrait};
use std::fmt::Display;
use std::sync::{Mutex, PoisonError};

/// Words that only somebody inside may read.
const INNER_WORDS: [&str; 11] = [
    "SELECT ",
    "INSERT ",
    "sqlx",
    "sea_orm",
    "panicked",
    "error returned",
    "duban::",
    ".rs:",
    "RUST_",
    "invalid byte",
    "expected ",
];

/// A service under bad inputs.
pub struct Sweep<'a> {
    pub town: &'a Town,
    pub service: Service,
    pub document: Document,
    pub operations: Vec<Operation>,
    /// Of an administrator.
    pub token: String,
    /// Rows to take in the place of the document's examples.
    pub samples: Samples,
    found: Mutex<Vec<String>>,
}

impl<'a> Sweep<'a> {
    /// Serves a table of endpoints and reads its document. Fails where the document names no operation: nothing would be
    /// tried.
    pub async fn of(
        town: &'a Town,
        endpoints: Vec<Endpoint>,
        limits: Limits,
    ) -> anyhow::Result<Self> {
        let service = Service::of(&town.ctx, endpoints, limits)?;
        let document = Document::of(&service);
        let operations = document.operations();
        assert!(
            operations.iter().any(|one| !one.is_public),
            "the document names no operation"
        );
        let token = service.token(UserRole::Administrator, None).await?;
        Ok(Self {
            town,
            service,
            document,
            operations,
            token,
            samples: Samples::default(),
            found: Mutex::default(),
        })
    }

    /// The operations that need a token.
    pub fn closed(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|one| !one.is_public)
    }

    /// Those that take JSON.
    pub fn of_json(&self) -> impl Iterator<Item = &Operation> {
        let takes_json = |one: &&Operation| one.body.as_ref().is_some_and(|body| !body.is_form);
        self.closed().filter(takes_json)
    }

    /// Those that take a body.
    pub fn of_bodies(&self) -> impl Iterator<Item = &Operation> {
        self.closed().filter(|one| one.body.is_some())
    }

    /// The request with the ids of real rows.
    pub fn real(&self, request: Request) -> Request {
        self.samples.real(request)
    }

    /// Sends a request; whatever it is, the answer is no 5xx and tells nothing from inside.
    pub fn ask(&self, request: &Request, token: &str) -> Response {
        let response = request.sent(&self.service, token);
        self.judge(&format!("{} {}", request.method, request.path), &response);
        response
    }

    /// The same as the administrator.
    pub fn asked(&self, request: &Request) -> Response {
        self.ask(request, &self.token)
    }

    /// What no answer may be.
    pub fn judge(&self, what: &str, response: &Response) {
        let body = String::from_utf8_lossy(&response.body);
        self.hold(response.status < 500, || {
            format!("{what}: {} {body}", response.status)
        });
        if response.status >= 400 {
            let inner = INNER_WORDS.iter().find(|word| body.contains(**word));
            self.hold(inner.is_none(), || format!("{what} tells too much: {body}"));
        }
    }

    /// Holds that an answer is a problem of that status, with one of these codes where any are named.
    pub fn refused(&self, what: impl Display, response: &Response, status: u16, codes: &[&str]) {
        let body = String::from_utf8_lossy(&response.body);
        let is_problem = response.header("content-type") == "application/problem+json";
        if response.status != status || !is_problem {
            let text = format!("{what}: {} instead of {status}: {body}", response.status);
            return self.hold(false, || text);
        }
        let code = response.code();
        let is_known = codes.is_empty() || codes.contains(&code.as_str());
        self.hold(is_known, || format!("{what}: {code} instead of {codes:?}"));
    }

    /// Notes what does not hold.
    pub fn hold(&self, holds: bool, found: impl FnOnce() -> String) {
        if !holds {
            let mut all = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            all.push(found());
        }
    }

    /// Tries something that must change no row and send no mail.
    pub async fn spared<T>(&self, tries: impl AsyncFnOnce(&Self) -> T) -> anyhow::Result<T> {
        let before = self.state().await?;
        let tried = tries(self).await;
        let after = self.state().await?;
        self.hold(before == after, || "something was changed".to_owned());
        Ok(tried)
    }

    /// All that a refused request may not change.
    pub async fn state(&self) -> anyhow::Result<(String, usize)> {
        let mails = self.town.outbox.mails().len();
        Ok((state_hash(&self.town.ctx.db).await?, mails))
    }

    /// How many audit events there are.
    pub async fn audited(&self) -> anyhow::Result<u64> {
        Ok(audit_event::Entity::find().count(&self.town.ctx.db).await?)
    }

    /// All that was found.
    pub fn findings(&self) -> Vec<String> {
        let all = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        all.clone()
    }

    /// Ends the sweep: fails with what was found, where anything was.
    #[track_caller]
    pub fn told(&self) {
        let all = self.findings();
        let some = all.iter().take(40).map(String::as_str);
        let some: Vec<&str> = some.collect();
        assert!(all.is_empty(), "{} found:\n{}", all.len(), some.join("\n"));
    }
}

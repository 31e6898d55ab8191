//! A request to a page of accounts, by anybody: whoever has not signed in asks the API nothing. What these pages have in
//! common.

use super::field::{Field, Input, Typed};
use super::part::{Action as Way, Link, Page, Part};
use super::session::{
    HOME, SIGN_IN, Visitor, form_answer, keep_session, lead_to, next_path, origin_fits, visitor,
    words_of,
};
use super::visit::bare;
use super::words::Words;
use crate::flow::sessions::SessionBegun;
use crate::flow::{Ctx, FlowError};
use crate::http::kernel::upload::FormBounds;
use crate::http::kernel::{Kernel, Problem};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use std::time::Duration;
use url::form_urlencoded;

/// What bounds a form of these pages.
const BOUNDS: FormBounds<'static> = FormBounds {
    bytes: 64 << 10,
    parts: 20,
    files: &[],
    time: Duration::from_secs(30),
};

/// A request to a page of accounts.
pub(super) struct AccountVisit<'a> {
    /// The service.
    pub(super) ctx: &'a Ctx,
    /// Receives forms and counts strangers.
    pub(super) kernel: &'a Kernel,
    /// The request.
    pub(super) request: &'a HttpRequest,
    /// The language.
    pub(super) words: Words,
    /// Whoever is signed in.
    pub(super) visitor: Option<Visitor>,
}

impl<'a> AccountVisit<'a> {
    /// A request, with who is signed in.
    pub(super) async fn of(
        ctx: &'a Ctx,
        kernel: &'a Kernel,
        request: &'a HttpRequest,
    ) -> Result<Self, HttpResponse> {
        let visitor = visitor(ctx, request).await;
        let visit = |visitor: Option<Visitor>| Self {
            ctx,
            kernel,
            request,
            words: words_of(ctx, request, visitor.as_ref()),
            visitor,
        };
        match visitor {
            Ok(visitor) => Ok(visit(visitor)),
            Err(error) => Err(visit(None).failed(&error)),
        }
    }

    /// The path that the visitor wants to be led on to, by the query of the address; empty for none, or for none of ours.
    pub(super) fn next(&self) -> String {
        let mut query = form_urlencoded::parse(self.request.query_string().as_bytes());
        let next = query.find(|(name, _)| name == "next");
        let next = next.filter(|(_, path)| next_path(path).is_some());
        next.map(|(_, path)| path.into_owned()).unwrap_or_default()
    }

    /// The page whose title stands under `account.{key}`, as an answer.
    pub(super) fn page(&self, status: StatusCode, key: &str, parts: Vec<Part>) -> HttpResponse {
        let title = self.words.say(&format!("account.{key}.title"));
        let page = Page {
            foot: Some(self.words.say("account.foot")),
            ..bare(self.words, title, parts)
        };
        form_answer(status, &page, self.ctx)
    }

    /// The way to the page to sign in, at `address`.
    pub(super) fn way_to_sign_in(&self, address: impl Into<String>) -> Part {
        Part::Links(vec![Way {
            link: Link::new(address, self.words.say("account.to_sign_in")),
            is_main: false,
        }])
    }

    /// The page that says what stands under `account.refused.{key}`.
    pub(super) fn refused(&self, status: StatusCode, key: &str) -> HttpResponse {
        let text = self.words.say(&format!("account.refused.{key}.text"));
        let parts = vec![Part::Text(text), self.way_to_sign_in(SIGN_IN)];
        self.page(status, &format!("refused.{key}"), parts)
    }

    /// The page that says to try again, for what is nobody's fault.
    pub(super) fn failed(&self, error: &FlowError) -> HttpResponse {
        let key = match error {
            FlowError::Busy(_) => "busy",
            other => {
                tracing::error!(error = %other, "A page could not be answered");
                "failed"
            }
        };
        self.refused(StatusCode::SERVICE_UNAVAILABLE, key)
    }

    /// Receives a form that was sent from a page of ours.
    pub(super) async fn receive(&self, payload: web::Payload) -> Result<Typed, HttpResponse> {
        if !origin_fits(self.ctx, self.request) {
            return Err(self.refused(StatusCode::FORBIDDEN, "elsewhere"));
        }
        let received = self
            .kernel
            .receive_form(self.request, payload, BOUNDS)
            .await;
        match received {
            Ok(received) => Ok(Typed::of(&received.form)),
            Err(problem) => Err(self.unreadable(&problem)),
        }
    }

    /// The same, with the token of the session's forms.
    pub(super) async fn receive_of(
        &self,
        visitor: &Visitor,
        payload: web::Payload,
    ) -> Result<Typed, HttpResponse> {
        let typed = self.receive(payload).await?;
        match visitor.form_token_fits(&typed.raw("form")) {
            true => Ok(typed),
            false => Err(self.refused(StatusCode::FORBIDDEN, "elsewhere")),
        }
    }

    fn unreadable(&self, problem: &Problem) -> HttpResponse {
        self.refused(problem.status(), "unreadable")
    }

    /// Counts who has brought nothing good; whoever has done so too often is told to wait.
    pub(super) fn turned_away(&self) -> Option<HttpResponse> {
        let counted = self.kernel.count_stranger(self.request);
        counted
            .err()
            .map(|_| self.refused(StatusCode::TOO_MANY_REQUESTS, "often"))
    }

    /// The page of a link that is no good; whoever tries many of them is told to wait.
    pub(super) fn bad_link(&self, key: &str) -> HttpResponse {
        self.turned_away()
            .unwrap_or_else(|| self.refused(StatusCode::GONE, key))
    }

    /// Leads on whoever has signed in.
    pub(super) fn entered(&self, session: &SessionBegun, next: &str) -> HttpResponse {
        let mut response = lead_to(next_path(next).unwrap_or(HOME));
        keep_session(&mut response, self.ctx, session);
        response
    }
}

/// A field of these pages with the words of its name, and what browsers may fill it in with.
pub(super) fn account_field(
    words: Words,
    name: &str,
    input: Input,
    autocomplete: &'static str,
) -> Field {
    let label = words.say(&format!("account.field.{name}"));
    Field::new(name, label, input).filled_with(autocomplete)
}

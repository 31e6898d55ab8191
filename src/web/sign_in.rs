//! `/sign-in` and `/sign-out`: with address and password, or with a link that is mailed.

use super::account_form::{BOUNDS, Field, Form, FormPage, Input, Typed, Wrong};
use super::session::{
    HOME, SIGN_IN, Visitor, forget_session, form_answer, keep_session, lead_to, next_path,
    origin_fits, place_of, visitor, words_of,
};
use super::sign_in_link::ASK;
use super::words::Words;
use crate::domain::access::Action;
use crate::flow::sessions::{SessionBegun, sign_out};
use crate::flow::sign_in::{SignIn, sign_in};
use crate::flow::{Ctx, FlowError};
use crate::http::kernel::{Kernel, Problem};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::TimeDelta;
use serde::Deserialize;

/// The routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource(SIGN_IN)
                .route(web::get().to(show))
                .route(web::head().to(show))
                .route(web::post().to(enter)),
        )
        .route("/sign-out", web::post().to(leave));
}

/// Where somebody wanted to go.
#[derive(Debug, Deserialize)]
struct Wanted {
    next: Option<String>,
}

/// A request to a page of accounts.
pub(super) struct Visit<'a> {
    pub(super) ctx: &'a Ctx,
    pub(super) kernel: &'a Kernel,
    pub(super) request: &'a HttpRequest,
    pub(super) words: Words,
    pub(super) visitor: Option<Visitor>,
}

impl<'a> Visit<'a> {
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

    /// The page that says what stands under `account.refused.{key}`.
    pub(super) fn refused(&self, status: StatusCode, key: &str) -> HttpResponse {
        let says = vec![self.words.say(&format!("account.refused.{key}.text"))];
        let page = FormPage::saying(self.words, &format!("refused.{key}"), says);
        let page = page.leading_to(SIGN_IN, self.words.say("account.to_sign_in"));
        form_answer(status, &page, self.ctx)
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
            Ok(received) => Ok(Typed::of(received.form)),
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
        match visitor.csrf_fits(typed.text("csrf")) {
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

    /// The page to sign in.
    pub(super) fn sign_in_page(
        &self,
        status: StatusCode,
        next: &str,
        typed: Option<&Typed>,
        wrong: Vec<Wrong>,
    ) -> HttpResponse {
        let words = self.words;
        let next = next_path(next).unwrap_or_default();
        let form = Form {
            action: SIGN_IN.to_owned(),
            hidden: vec![("next", next.to_owned())],
            fields: vec![
                Field::new(words, "email", Input::Email, "username"),
                Field::new(words, "password", Input::Password, "current-password"),
            ],
            button: words.say("account.sign_in.button"),
            second: Some((ASK, words.say("account.sign_in.link"))),
            errors: Vec::new(),
        };
        let form = match typed {
            Some(typed) => form.typed(typed),
            None => form,
        };
        let says = vec![words.say("account.sign_in.text")];
        let page = FormPage::asking(words, "sign_in", says, form.marked(wrong));
        form_answer(status, &page, self.ctx)
    }
}

/// A time to wait, in whole minutes that are enough.
pub(super) fn minutes(wait: TimeDelta) -> String {
    (wait.num_seconds().max(0) / 60 + 1).min(15).to_string()
}

async fn show(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: HttpRequest,
    wanted: web::Query<Wanted>,
) -> HttpResponse {
    let visit = match Visit::of(&ctx, &kernel, &request).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    let next = wanted.next.as_deref().unwrap_or_default();
    match visit.visitor {
        Some(_) => lead_to(next_path(next).unwrap_or(HOME)),
        None => visit.sign_in_page(StatusCode::OK, next, None, Vec::new()),
    }
}

async fn enter(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let visit = match Visit::of(&ctx, &kernel, &request).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    let typed = match visit.receive(payload).await {
        Ok(typed) => typed,
        Err(response) => return response,
    };
    let place = place_of(&kernel, &request, visit.visitor.as_ref());
    let done = sign_in(&ctx, typed.text("email"), &typed.secret("password"), place).await;
    let words = visit.words;
    let (status, wrong) = match done {
        Ok(SignIn::Done(session)) => return visit.entered(&session, typed.text("next")),
        Ok(SignIn::Wrong) => {
            if let Some(away) = visit.turned_away() {
                return away;
            }
            (
                StatusCode::UNPROCESSABLE_ENTITY,
                words.say("account.wrong.sign_in"),
            )
        }
        Ok(SignIn::AccountWaits(wait)) => {
            let with = [("minutes", &*minutes(wait))];
            let wrong = words.fill("account.wrong.account_waits", &with);
            (StatusCode::TOO_MANY_REQUESTS, wrong)
        }
        Ok(SignIn::ClientWaits(wait)) => {
            let with = [("minutes", &*minutes(wait))];
            let wrong = words.fill("account.wrong.client_waits", &with);
            (StatusCode::TOO_MANY_REQUESTS, wrong)
        }
        Err(error) => return visit.failed(&error),
    };
    let wrong = vec![(String::new(), wrong)];
    visit.sign_in_page(status, typed.text("next"), Some(&typed), wrong)
}

async fn leave(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let visit = match Visit::of(&ctx, &kernel, &request).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    if let Some(visitor) = &visit.visitor {
        if let Err(response) = visit.receive_of(visitor, payload).await {
            return response;
        }
        let acting = visitor.acting(&ctx, Action::WriteTokens);
        if let Err(error) = sign_out(&acting, &visitor.viewer).await {
            return visit.failed(&error);
        }
    }
    let mut response = lead_to(SIGN_IN);
    forget_session(&mut response, &ctx);
    response
}

//! `/sign-in` and `/sign-out`: with address and password, or with a link that is mailed.

use super::account_visit::{AccountVisit, account_field};
use super::field::{Input, Typed, Wrong};
use super::part::{Form, OtherButton, OtherDoes, Part};
use super::session::{HOME, SIGN_IN, forget_session, lead_to, next_path, place_of};
use super::sign_in_link::ASK;
use crate::domain::access::Action;
use crate::flow::Ctx;
use crate::flow::sessions::sign_out;
use crate::flow::sign_in::{SignIn, sign_in};
use crate::http::kernel::Kernel;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::TimeDelta;

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

/// The page to sign in, which leads on to `next`.
pub(super) fn sign_in_page(
    visit: &AccountVisit<'_>,
    status: StatusCode,
    next: &str,
    typed: Option<&Typed>,
    wrong: Vec<Wrong>,
) -> HttpResponse {
    let words = visit.words;
    let next = next_path(next).unwrap_or_default();
    let mut form = Form {
        hidden: vec![("next".to_owned(), next.to_owned())],
        fields: vec![
            account_field(words, "email", Input::Email, "username"),
            account_field(words, "password", Input::Password, "current-password"),
        ],
        other: Some(OtherButton {
            does: OtherDoes::GoesTo(ASK),
            text: words.say("account.sign_in.link"),
        }),
        ..Form::posting(SIGN_IN, words.say("account.sign_in.button"))
    };
    if let Some(typed) = typed {
        form.retype(typed);
    }
    form.mark(wrong);
    let text = Part::Text(words.say("account.sign_in.text"));
    let parts = vec![text, Part::Form(form)];
    visit.page(status, "sign_in", parts)
}

/// A time to wait, in whole minutes that are enough.
pub(super) fn minutes(wait: TimeDelta) -> String {
    (wait.num_seconds().max(0) / 60 + 1).min(15).to_string()
}

async fn show(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: HttpRequest,
) -> HttpResponse {
    let visit = match AccountVisit::of(&ctx, &kernel, &request).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    let next = visit.next();
    match visit.visitor {
        Some(_) => lead_to(next_path(&next).unwrap_or(HOME)),
        None => sign_in_page(&visit, StatusCode::OK, &next, None, Vec::new()),
    }
}

async fn enter(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let visit = match AccountVisit::of(&ctx, &kernel, &request).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    let typed = match visit.receive(payload).await {
        Ok(typed) => typed,
        Err(response) => return response,
    };
    let place = place_of(&kernel, &request, visit.visitor.as_ref());
    let email = typed.text("email").unwrap_or_default();
    let next = typed.raw("next");
    let done = sign_in(&ctx, &email, &typed.secret("password"), place).await;
    let words = visit.words;
    let (status, wrong) = match done {
        Ok(SignIn::Done(session)) => return visit.entered(&session, &next),
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
    sign_in_page(&visit, status, &next, Some(&typed), wrong)
}

async fn leave(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let visit = match AccountVisit::of(&ctx, &kernel, &request).await {
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

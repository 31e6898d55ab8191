//! `/sign-in/link`: asking for a link by mail, and using it. Opening the link shows a button alone, as programs that check
//! mails open links; only the button signs in.

use super::account_visit::AccountVisit;
use super::part::{Form, Part};
use super::session::{SIGN_IN, leading_on, mailed_next, origin_fits, place_of};
use super::sign_in::sign_in_page;
use crate::domain::email_address::EmailAddress;
use crate::flow::Ctx;
use crate::flow::sign_in_by_link::{address_of_link, mail_sign_in_link, sign_in_by_link};
use crate::http::kernel::Kernel;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

/// Where a link is asked for.
pub(super) const ASK: &str = "/sign-in/link";

/// The routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route(ASK, web::post().to(ask)).service(
        web::resource("/sign-in/link/{secret}")
            .route(web::get().to(show))
            .route(web::head().to(show))
            .route(web::post().to(enter)),
    );
}

/// The answer is the same whatever the address, and does not wait for what is done.
async fn ask(
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
    if let Some(away) = visit.turned_away() {
        return away;
    }
    let words = visit.words;
    let next = typed.raw("next");
    let email = typed.text("email").unwrap_or_default();
    let Ok(to) = EmailAddress::parse(&email) else {
        let wrong = vec![("email".to_owned(), words.say("account.wrong.email"))];
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        return sign_in_page(&visit, status, &next, Some(&typed), wrong);
    };
    let own = ctx.clone();
    let query = leading_on("", mailed_next(&next));
    actix_web::rt::spawn(async move {
        if let Err(error) = mail_sign_in_link(&own, &to, &query).await {
            tracing::error!(%error, "A link to sign in could not be mailed");
        }
    });
    let parts = vec![
        Part::Text(words.say("account.mailed.text")),
        Part::Text(words.say("account.mailed.more")),
        visit.way_to_sign_in(leading_on(SIGN_IN, &next)),
    ];
    visit.page(StatusCode::OK, "mailed", parts)
}

fn secret(request: &HttpRequest) -> &str {
    request.match_info().get("secret").unwrap_or_default()
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
    let address = match address_of_link(&ctx, secret(&request)).await {
        Ok(Some(address)) => address,
        Ok(None) => return visit.bad_link("used"),
        Err(error) => return visit.failed(&error),
    };
    let words = visit.words;
    let text = words.fill("account.by_link.text", &[("address", &address)]);
    let leads = leading_on(request.path(), &visit.next());
    let form = Form::posting(leads, words.say("account.by_link.button"));
    let parts = vec![Part::Text(text), Part::Form(form)];
    visit.page(StatusCode::OK, "by_link", parts)
}

async fn enter(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: HttpRequest,
) -> HttpResponse {
    let visit = match AccountVisit::of(&ctx, &kernel, &request).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    if !origin_fits(&ctx, &request) {
        return visit.refused(StatusCode::FORBIDDEN, "elsewhere");
    }
    let place = place_of(&kernel, &request, visit.visitor.as_ref());
    match sign_in_by_link(&ctx, secret(&request), &place).await {
        Ok(Some(session)) => visit.entered(&session, &visit.next()),
        Ok(None) => visit.bad_link("used"),
        Err(error) => visit.failed(&error),
    }
}

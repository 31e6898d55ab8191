//! `/setup/…` and `/invitation/…`: the first password, of the first user of all, and of whoever was invited.

use super::account_visit::{AccountVisit, account_field};
use super::field::{Field, Input, Typed, Wrong};
use super::part::{Form, Part};
use super::session::place_of;
use super::words::Words;
use crate::domain::email_address::EmailAddress;
use crate::domain::password_rules;
use crate::flow::invite_user::{accept_invitation, invited_by_link};
use crate::flow::set_up::{FirstUser, is_setup_link, set_up};
use crate::flow::{Ctx, FlowError};
use crate::http::kernel::Kernel;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::ExposeSecret;

/// Letters of a name.
const MOST_NAME: usize = 100;

/// The routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/setup/{secret}")
                .route(web::get().to(show_setup))
                .route(web::head().to(show_setup))
                .route(web::post().to(act_setup)),
        )
        .service(
            web::resource("/invitation/{secret}")
                .route(web::get().to(show_invitation))
                .route(web::head().to(show_invitation))
                .route(web::post().to(act_invitation)),
        );
}

/// The fields for a new password.
pub(super) fn password_fields(words: Words) -> [Field; 2] {
    let hint = words.say("account.hint.new_password");
    [
        account_field(words, "new_password", Input::Password, "new-password").hinted(hint),
        account_field(words, "again", Input::Password, "new-password"),
    ]
}

/// What is wrong with a new password, for the user of an address.
pub(super) fn password_faults(words: Words, typed: &Typed, address: &str) -> Vec<Wrong> {
    let (new, again) = (typed.secret("new_password"), typed.secret("again"));
    if let Err(fault) = password_rules::check(new.expose_secret(), address) {
        let key = format!("account.password.{}", fault.key());
        return vec![("new_password".to_owned(), words.say(&key))];
    }
    match new.expose_secret() == again.expose_secret() {
        true => Vec::new(),
        false => vec![("again".to_owned(), words.say("account.wrong.again"))],
    }
}

/// A name, if one was typed that is not too long.
pub(super) fn name_of(typed: &Typed) -> Option<String> {
    let name = typed.text("name")?;
    let is_name = name.chars().count() <= MOST_NAME && !name.chars().any(char::is_control);
    is_name.then_some(name)
}

/// The field for a name.
pub(super) fn name_field(words: Words) -> Field {
    account_field(words, "name", Input::Line, "name").at_most(MOST_NAME)
}

fn secret(request: &HttpRequest) -> &str {
    request.match_info().get("secret").unwrap_or_default()
}

fn setup_form(visit: &AccountVisit<'_>) -> Form {
    let words = visit.words;
    let mut fields = vec![
        name_field(words),
        account_field(words, "email", Input::Email, "username"),
    ];
    fields.extend(password_fields(words));
    Form {
        fields,
        ..Form::posting(visit.request.path(), words.say("account.setup.button"))
    }
}

fn setup_page(visit: &AccountVisit<'_>, status: StatusCode, form: Form) -> HttpResponse {
    let text = Part::Text(visit.words.say("account.setup.text"));
    visit.page(status, "setup", vec![text, Part::Form(form)])
}

fn setup_refused(visit: &AccountVisit<'_>, typed: &Typed, wrong: Vec<Wrong>) -> HttpResponse {
    let mut form = setup_form(visit);
    form.retype(typed);
    form.mark(wrong);
    setup_page(visit, StatusCode::UNPROCESSABLE_ENTITY, form)
}

async fn show_setup(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: HttpRequest,
) -> HttpResponse {
    let visit = match AccountVisit::of(&ctx, &kernel, &request).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    match is_setup_link(&ctx, secret(&request)).await {
        Ok(true) => setup_page(&visit, StatusCode::OK, setup_form(&visit)),
        Ok(false) => visit.bad_link("set_up"),
        Err(error) => visit.failed(&error),
    }
}

async fn act_setup(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let visit = match AccountVisit::of(&ctx, &kernel, &request).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    match is_setup_link(&ctx, secret(&request)).await {
        Ok(true) => {}
        Ok(false) => return visit.bad_link("set_up"),
        Err(error) => return visit.failed(&error),
    }
    let typed = match visit.receive(payload).await {
        Ok(typed) => typed,
        Err(response) => return response,
    };
    let words = visit.words;
    let mut wrong = Vec::new();
    let name = name_of(&typed);
    if name.is_none() {
        wrong.push(("name".to_owned(), words.say("account.wrong.name")));
    }
    let written = typed.text("email").unwrap_or_default();
    let email = EmailAddress::parse(&written).ok();
    if email.is_none() {
        wrong.push(("email".to_owned(), words.say("account.wrong.email")));
    }
    wrong.extend(password_faults(words, &typed, &written));
    let (Some(name), Some(email), true) = (name, email, wrong.is_empty()) else {
        return setup_refused(&visit, &typed, wrong);
    };
    let first = FirstUser {
        name,
        email,
        password: typed.secret("new_password"),
    };
    let place = place_of(&kernel, &request, visit.visitor.as_ref());
    match set_up(&ctx, secret(&request), first, &place).await {
        Ok(Some(session)) => visit.entered(&session, ""),
        Ok(None) => visit.bad_link("set_up"),
        Err(FlowError::Refused(refusal)) => {
            let wrong = vec![("new_password".to_owned(), visit.words.refusal(&refusal))];
            setup_refused(&visit, &typed, wrong)
        }
        Err(error) => visit.failed(&error),
    }
}

fn invitation_page(
    visit: &AccountVisit<'_>,
    status: StatusCode,
    email: &str,
    wrong: Vec<Wrong>,
) -> HttpResponse {
    let words = visit.words;
    let mut form = Form {
        fields: password_fields(words).into(),
        ..Form::posting(visit.request.path(), words.say("account.invitation.button"))
    };
    form.mark(wrong);
    let text = Part::Text(words.fill("account.invitation.text", &[("address", email)]));
    let parts = vec![text, Part::Form(form)];
    visit.page(status, "invitation", parts)
}

async fn show_invitation(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: HttpRequest,
) -> HttpResponse {
    let visit = match AccountVisit::of(&ctx, &kernel, &request).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    match invited_by_link(&ctx, secret(&request)).await {
        Ok(Some(user)) => invitation_page(&visit, StatusCode::OK, &user.email, Vec::new()),
        Ok(None) => visit.bad_link("used"),
        Err(error) => visit.failed(&error),
    }
}

async fn act_invitation(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let visit = match AccountVisit::of(&ctx, &kernel, &request).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    let user = match invited_by_link(&ctx, secret(&request)).await {
        Ok(Some(user)) => user,
        Ok(None) => return visit.bad_link("used"),
        Err(error) => return visit.failed(&error),
    };
    let typed = match visit.receive(payload).await {
        Ok(typed) => typed,
        Err(response) => return response,
    };
    let wrong = password_faults(visit.words, &typed, &user.address);
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    if !wrong.is_empty() {
        return invitation_page(&visit, status, &user.email, wrong);
    }
    let place = place_of(&kernel, &request, visit.visitor.as_ref());
    let password = typed.secret("new_password");
    match accept_invitation(&ctx, secret(&request), &password, &place).await {
        Ok(Some(session)) => visit.entered(&session, ""),
        Ok(None) => visit.bad_link("used"),
        Err(FlowError::Refused(refusal)) => {
            let wrong = vec![("new_password".to_owned(), visit.words.refusal(&refusal))];
            invitation_page(&visit, status, &user.email, wrong)
        }
        Err(error) => visit.failed(&error),
    }
}

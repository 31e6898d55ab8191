//! Pages for people: made on the server, complete without script, and without anything from another host.
//!
//! ```text
//! request → visit (who) → list_page | detail_page | act_page | a page of its own
//!                              ↓ the API, asked inside the process as the visitor
//!                         parts → page.html
//! ```
//!
//! The paths of pages are those of the API, so that an address of one leads to the other.

mod account;
mod account_page;
mod account_visit;
mod act;
mod act_body;
mod act_page;
mod answer_act;
mod answer_form;
mod answer_page;
mod answer_routes;
mod assets;
mod browser;
mod calendar;
mod charts;
mod dashboard;
mod dashboard_charts;
mod dashboard_tables;
mod detail_page;
mod field;
mod files;
mod frame;
mod leader_page;
mod link_routes;
mod list_page;
mod my_work;
mod nav;
mod outage;
mod pages;
mod part;
mod plan_import;
mod review;
mod roles_page;
mod round_pages;
mod row;
mod secret_pages;
mod session;
mod set_password;
mod settings_page;
mod sign_in;
mod sign_in_link;
mod svg;
mod visit;
mod wall;
mod why;
mod words;

pub use outage::while_database_answers;

use crate::flow::Ctx;
use crate::http::kernel::Kernel;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, ALLOW};
use actix_web::{HttpRequest, HttpResponse, Resource, web};
use part::{Action, Link, Part};
use secret_pages::Secret;
use visit::{Shown, Visit};

/// The routes of pages. They need the same data as those of [`crate::http::routes`].
///
/// Unless it says otherwise here, a page is for whoever signed in, and shows and does what the API would show them and do for
/// them.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        // Anybody: what pages look like.
        .route(assets::STYLE, web::get().to(assets::style))
        .route(assets::SCRIPT, web::get().to(assets::script))
        .route(assets::OWN_SCRIPT, web::get().to(assets::own_script))
        .route(assets::ICON, web::get().to(assets::icon))
        // Whoever was sent the link: one contact, for one purpose about one request. What carries no good link tells
        // nothing.
        .service(link_routes::resource())
        // Whoever has the secret in the address: a screen on a wall brings no account.
        .service(wall::resource())
        // Anybody: to become somebody.
        .configure(sign_in::routes)
        // Whoever was sent the link, or was shown it by the service: once.
        .configure(sign_in_link::routes)
        .configure(set_password::routes)
        // Whoever is signed in: their own account.
        .configure(account::routes);
    config.service(page("/", my_work::my_work));
    config.service(page("/dashboard", dashboard::dashboard));
    config.service(page("/calendar", calendar::calendar));
    config.service(page("/reminders/why", why::why));
    config.service(page("/leader-page", leader_page::leader_page));
    config.service(page("/settings", settings_page::settings_page));
    config.service(page("/rounds/{id}/draw", round_pages::draw));
    config.service(page("/rounds/{id}/results", round_pages::results));
    config.service(page("/cycles/{id}/preview", round_pages::preview));
    config.service(page("/cycles/{id}/letter", round_pages::letter));
    config.service(page("/cycles/{id}/letter/html", files::letter_as_read));
    config.service(page("/mails/{id}/html", files::mail_as_read));
    config.service(form("/review", review::show_review, review::do_review));
    config.service(form(
        "/plans/import",
        plan_import::show_import,
        plan_import::do_import,
    ));
    config.service(form(
        "/users/{id}/roles",
        roles_page::show_roles,
        roles_page::do_roles,
    ));
    steps(config);
    tables(config);
}

/// Pages with a form of their own.
fn steps(config: &mut web::ServiceConfig) {
    for (path, secret) in [
        ("/tokens/new", Secret::Token),
        ("/units/{id}/calendar-feed", Secret::Feed),
        ("/walls/new", Secret::Wall),
        ("/webhooks/new", Secret::Webhook),
        ("/webhooks/{id}/secret", Secret::Renewed),
    ] {
        config.service(form(
            path,
            move |visit| secret_pages::show_secret(secret, visit),
            move |visit, request, payload| secret_pages::do_secret(secret, visit, request, payload),
        ));
    }
    config.service(page("/bulletins/{id}/preview", files::bulletin_preview));
    for file in files::FILES {
        config.service(page(file.0, move |visit| files::file_page(file, visit)));
    }
    for (path, purpose) in answer_routes::PURPOSES {
        config.service(form(
            path,
            move |visit| answer_routes::show_answer(purpose, visit),
            move |visit, request, payload| {
                answer_routes::do_answer(purpose, visit, request, payload)
            },
        ));
    }
}

/// The pages of the tables in `pages`. They come last: a page of its own goes before one of a table.
fn tables(config: &mut web::ServiceConfig) {
    for act in pages::acts() {
        config.service(form(
            act.path,
            move |visit| act_page::show_act(act, visit),
            move |visit, request, payload| act_page::do_act(act, visit, request, payload),
        ));
    }
    for list in pages::lists() {
        config.service(page(list.path, move |visit| {
            list_page::list_page(list, visit)
        }));
    }
    for detail in pages::details() {
        config.service(page(detail.path, move |visit| {
            detail_page::detail_page(detail, visit)
        }));
    }
}

/// A page that is only looked at.
fn page<F, A>(path: &str, make: F) -> Resource
where
    F: Fn(Visit) -> A + Clone + 'static,
    A: Future<Output = Shown> + 'static,
{
    let answer = move |ctx: web::Data<Ctx>, kernel: web::Data<Kernel>, request: HttpRequest| {
        let make = make.clone();
        async move { shown(ctx, kernel, &request, &make).await }
    };
    web::resource(path)
        .route(web::get().to(answer.clone()))
        .route(web::head().to(answer))
        .default_service(web::to(|| other_method("GET, HEAD")))
}

/// A page with a form that acts.
fn form<F, A, G, B>(path: &str, make: F, act: G) -> Resource
where
    F: Fn(Visit) -> A + Clone + 'static,
    A: Future<Output = Shown> + 'static,
    G: Fn(Visit, HttpRequest, web::Payload) -> B + Clone + 'static,
    B: Future<Output = Shown> + 'static,
{
    let answer = move |ctx: web::Data<Ctx>, kernel: web::Data<Kernel>, request: HttpRequest| {
        let make = make.clone();
        async move { shown(ctx, kernel, &request, &make).await }
    };
    let acts = move |ctx: web::Data<Ctx>,
                     kernel: web::Data<Kernel>,
                     request: HttpRequest,
                     payload: web::Payload| {
        let act = act.clone();
        async move {
            let asked = request.clone();
            shown(ctx, kernel, &request, |visit| act(visit, asked, payload)).await
        }
    };
    web::resource(path)
        .route(web::get().to(answer.clone()))
        .route(web::head().to(answer))
        .route(web::post().to(acts))
        .default_service(web::to(|| other_method("GET, HEAD, POST")))
}

/// Lets the visitor in and answers with the page, or with what kept it from being made.
async fn shown<M, A>(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: &HttpRequest,
    make: M,
) -> HttpResponse
where
    M: FnOnce(Visit) -> A,
    A: Future<Output = Shown>,
{
    let entered = Visit::enter(ctx.clone(), kernel.clone(), request).await;
    let visit = match entered {
        Ok(visit) => visit,
        Err(away) => return away,
    };
    match make(visit).await {
        Ok(answer) => answer,
        Err(problem) => match Visit::enter(ctx, kernel, request).await {
            Ok(visit) => visit.problem(&problem),
            Err(away) => away,
        },
    }
}

/// Answers a path that is none of ours: a person by a page, a program as the API does.
pub async fn unknown(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: HttpRequest,
) -> HttpResponse {
    let accepts = request.headers().get(ACCEPT);
    let accepts = accepts.and_then(|accepts| accepts.to_str().ok());
    let is_person = accepts.is_some_and(|accepts| accepts.contains("text/html"));
    let answer = kernel.not_found(request.clone()).await;
    if !is_person || answer.status() != StatusCode::NOT_FOUND {
        return answer;
    }
    let words = session::words_of(&ctx, &request, None);
    let title = words.say("wrong.not_found");
    let home = Action {
        link: Link::new("/", words.say("page.my_work")),
        is_main: true,
    };
    let page = visit::bare(words, title, vec![Part::Links(vec![home])]);
    session::form_answer(StatusCode::NOT_FOUND, &page, &ctx)
}

async fn other_method(allow: &'static str) -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, allow))
        .finish()
}

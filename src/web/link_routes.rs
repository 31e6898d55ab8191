//! `/l/{link}`: a mail's link. GET shows what is asked; only a POST from that page acts (design §5.7), as programs that
//! check mails open links, and some run scripts.

use super::answer_act::{BOUNDS, Failed, carry_out};
use super::answer_page::{AnswerPage, Asked, Outcome};
use super::field::Typed;
use super::frame::{Frame, answer};
use super::session::words_of;
use super::words::Words;
use crate::domain::actor::Actor;
use crate::flow::follow_link::{LinkFollowed, LinkRefusal, LinkTarget, follow_link};
use crate::flow::link_keys::{form_token, form_token_fits};
use crate::flow::{Ctx, FlowError};
use crate::http::kernel::{Kernel, Problem};
use actix_web::http::StatusCode;
use actix_web::http::header::ALLOW;
use actix_web::{HttpRequest, HttpResponse, Resource, web};
use askama::Template;

/// Its route, with the methods it knows.
pub(super) fn resource() -> Resource {
    web::resource("/l/{link}")
        .route(web::get().to(show))
        .route(web::head().to(show))
        .route(web::post().to(act))
        .default_service(web::to(other_method))
}

async fn other_method() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, "GET, HEAD, POST"))
        .finish()
}

/// What a request to a link's page comes with.
struct Visit<'a> {
    ctx: &'a Ctx,
    words: Words,
    text: &'a str,
    is_https: bool,
}

impl<'a> Visit<'a> {
    fn of(ctx: &'a Ctx, request: &'a HttpRequest) -> Self {
        Self {
            ctx,
            words: words_of(ctx, request, None),
            text: request.match_info().get("link").unwrap_or_default(),
            is_https: ctx.settings.base_url.starts_with("https:"),
        }
    }

    fn refused(&self, status: StatusCode, key: &str) -> HttpResponse {
        answer(status, &RefusedPage::saying(self.words, key), self.is_https)
    }

    /// The page that says why nothing was done, for what is no fault of the form.
    fn failed(&self, error: &FlowError) -> HttpResponse {
        tracing::error!(%error, "A page could not be answered");
        self.refused(StatusCode::SERVICE_UNAVAILABLE, "failed")
    }

    async fn page(
        &self,
        status: StatusCode,
        target: &LinkTarget,
        outcome: Outcome<'_>,
    ) -> Result<HttpResponse, FlowError> {
        let token = form_token(self.ctx, self.text, "")
            .await?
            .unwrap_or_default();
        let office = office(self.ctx, self.words).await?;
        let asked = Asked {
            words: self.words,
            frame: Frame::new(self.words, ""),
            purpose: target.link.purpose,
            target: &target.asked,
            address: format!("/l/{}", self.text),
            token,
            office: &office,
            today: self.ctx.now().today,
            is_by_link: true,
        };
        let page = AnswerPage::of(asked, outcome);
        Ok(answer(status, &page, self.is_https))
    }
}

/// Whom to ask: the supervision office, with its telephone number where one is known.
pub(super) async fn office(ctx: &Ctx, words: Words) -> Result<String, FlowError> {
    let directory = ctx.units().await?;
    let unit = ctx.supervision_unit(&directory);
    let name = unit.map_or_else(|| "督导办".to_owned(), |unit| unit.name.clone());
    Ok(match &ctx.settings.supervision_phone {
        Some(phone) => words.fill("frame.office_phone", &[("office", &name), ("phone", phone)]),
        None => name,
    })
}

/// Whoever tries links is counted; whoever has tried too many is told to wait.
fn turned_away(visit: &Visit<'_>, kernel: &Kernel, request: &HttpRequest) -> Option<HttpResponse> {
    kernel
        .count_stranger(request)
        .err()
        .map(|_| visit.refused(StatusCode::TOO_MANY_REQUESTS, "often"))
}

/// GET, HEAD: what is asked. Changes nothing.
async fn show(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: HttpRequest,
) -> HttpResponse {
    let visit = Visit::of(&ctx, &request);
    let shown = match follow_link(&ctx, visit.text).await {
        Ok(LinkFollowed::Open(target)) => {
            visit.page(StatusCode::OK, &target, Outcome::Nothing).await
        }
        Ok(LinkFollowed::Refused(refusal)) => {
            if let Some(away) = turned_away(&visit, &kernel, &request) {
                return away;
            }
            let (status, page) = RefusedPage::of(visit.words, refusal);
            Ok(answer(status, &page, visit.is_https))
        }
        Err(error) => Err(error),
    };
    shown.unwrap_or_else(|error| visit.failed(&error))
}

/// POST: does what the link is for.
async fn act(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let visit = Visit::of(&ctx, &request);
    let target = match follow_link(&ctx, visit.text).await {
        Ok(LinkFollowed::Open(target)) => target,
        Ok(LinkFollowed::Refused(refusal)) => {
            if let Some(away) = turned_away(&visit, &kernel, &request) {
                return away;
            }
            let (status, page) = RefusedPage::of(visit.words, refusal);
            return answer(status, &page, visit.is_https);
        }
        Err(error) => return visit.failed(&error),
    };
    let received = match kernel.receive_form(&request, payload, BOUNDS).await {
        Ok(received) => received,
        Err(problem) => return visit.refused(problem.status(), unreadable(&problem)),
    };
    let typed = Typed::of(&received.form);
    let token = typed.text("form").unwrap_or_default();
    match form_token_fits(&ctx, visit.text, "", &token).await {
        Ok(true) => {}
        Ok(false) => return visit.refused(StatusCode::FORBIDDEN, "form"),
        Err(error) => return visit.failed(&error),
    }
    let acting = ctx.acting_as(Actor::Link {
        contact_id: target.contact.id,
        address: target.contact.address.clone().unwrap_or_default(),
    });
    let done = carry_out(
        &acting,
        visit.words,
        target.link.purpose,
        &target.asked,
        &typed,
        received.form,
    )
    .await;
    let answered = match done {
        Ok(key) => {
            visit
                .page(StatusCode::OK, &target, Outcome::Done(key))
                .await
        }
        Err(Failed::Wrong(status, wrong)) => {
            let typed = &typed;
            visit
                .page(status, &target, Outcome::Wrong { typed, wrong })
                .await
        }
        Err(Failed::Other(error)) => Err(error),
    };
    answered.unwrap_or_else(|error| visit.failed(&error))
}

/// The key of the page for a form that could not be read.
fn unreadable(problem: &Problem) -> &'static str {
    match problem.status() {
        StatusCode::PAYLOAD_TOO_LARGE => "large",
        StatusCode::REQUEST_TIMEOUT => "slow",
        StatusCode::SERVICE_UNAVAILABLE => "failed",
        _ => "unreadable",
    }
}

/// A page that says why a link does not work.
#[derive(Template)]
#[template(path = "link_refused.html", config = "config/askama.toml")]
pub(super) struct RefusedPage {
    frame: Frame,
    text: String,
    advice: String,
}

impl RefusedPage {
    /// The page for a refusal; with its status.
    pub(super) fn of(words: Words, refusal: LinkRefusal) -> (StatusCode, Self) {
        let (status, key) = match refusal {
            LinkRefusal::Unknown => (StatusCode::BAD_REQUEST, "unknown"),
            LinkRefusal::Expired => (StatusCode::GONE, "expired"),
            LinkRefusal::Over => (StatusCode::GONE, "over"),
            LinkRefusal::NotYours => (StatusCode::FORBIDDEN, "not_yours"),
        };
        (status, Self::saying(words, key))
    }

    /// The page that says what stands under `link.refused.{key}`.
    pub(super) fn saying(words: Words, key: &str) -> Self {
        Self {
            frame: Frame::new(words, words.say(&format!("link.refused.{key}.title"))),
            text: words.say(&format!("link.refused.{key}.text")),
            advice: words.say("link.refused.advice"),
        }
    }
}

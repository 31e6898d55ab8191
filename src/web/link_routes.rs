//! `/l/{link}`: a mail's link. GET shows what is asked; only a POST from that page acts (design §5.7), as programs that
//! check mails open links, and some run scripts.

use super::frame::answer;
use super::link_form::{Typed, Wrong, bounded, day_of, name_of, typed_items, typed_values};
use super::link_page::{LinkPage, Outcome, RefusedPage};
use super::words::Words;
use crate::domain::actor::Actor;
use crate::domain::ids::AssignmentId;
use crate::domain::locale::Locale;
use crate::domain::mail_link::LinkPurpose;
use crate::flow::answer_by_link::{ByLink, LinkAnswer, answer_by_link};
use crate::flow::attach_file::NewFile;
use crate::flow::extend_due_day::{ExtensionWanted, request_extension};
use crate::flow::follow_link::{LinkFollowed, LinkTarget, follow_link};
use crate::flow::link_keys::{form_token, form_token_fits};
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::http::kernel::upload::{FileCount, FilePart, FormBounds, RawForm};
use crate::http::kernel::{Kernel, Problem};
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_LANGUAGE, ALLOW};
use actix_web::{HttpRequest, HttpResponse, Resource, web};
use std::time::Duration;

/// What bounds a form: files over slow lines, and four fields of each item.
const BOUNDS: FormBounds<'static> = FormBounds {
    bytes: 60 << 20,
    parts: 900,
    files: &[FilePart {
        name: "files",
        says: "佐证材料",
        count: FileCount::Any,
    }],
    time: Duration::from_secs(120),
};

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
        let wanted = request.headers().get(ACCEPT_LANGUAGE);
        let wanted = wanted.and_then(|header| header.to_str().ok());
        Self {
            ctx,
            words: Words::of(wanted.and_then(Locale::accepted).unwrap_or_default()),
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
        let office = office(self.ctx).await?;
        let page = LinkPage::of(
            self.words,
            target,
            &format!("/l/{}", self.text),
            token,
            &office,
            self.ctx.now().today,
            outcome,
        );
        Ok(answer(status, &page, self.is_https))
    }
}

/// Whom to ask: the supervision office.
async fn office(ctx: &Ctx) -> Result<String, FlowError> {
    let directory = ctx.units().await?;
    let unit = ctx.supervision_unit(&directory);
    Ok(unit.map_or_else(|| "督导办".to_owned(), |unit| unit.name.clone()))
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
    let done = carry_out(&acting, visit.words, &target, &typed, received.form).await;
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

/// Why nothing was done.
enum Failed {
    /// What was typed is shown again, with what is wrong by field.
    Wrong(StatusCode, Vec<Wrong>),
    /// It is no fault of the form.
    Other(FlowError),
}

impl From<FlowError> for Failed {
    fn from(error: FlowError) -> Self {
        let FlowError::Refused(refusal) = error else {
            return Self::Other(error);
        };
        let status = match refusal.code {
            RefusalCode::InvalidValue => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::CONFLICT,
        };
        let field = refusal.fields.first().map(|field| field.path.clone());
        Self::Wrong(status, vec![(field.unwrap_or_default(), refusal.text)])
    }
}

fn wrong(wrong: Vec<Wrong>) -> Failed {
    Failed::Wrong(StatusCode::UNPROCESSABLE_ENTITY, wrong)
}

/// Does what the link is for; the key of what is said then.
async fn carry_out(
    ctx: &Ctx,
    words: Words,
    target: &LinkTarget,
    typed: &Typed,
    form: RawForm,
) -> Result<&'static str, Failed> {
    let purpose = target.link.purpose;
    if purpose == LinkPurpose::Extend {
        return ask_for_time(ctx, words, target, typed).await;
    }
    let mut faults = Vec::new();
    let note = bounded(words, typed, "note", &mut faults);
    let (items, values) = match purpose {
        LinkPurpose::Report => (
            typed_items(words, target, typed, &mut faults),
            typed_values(words, target, typed, &mut faults),
        ),
        LinkPurpose::Acknowledge | LinkPurpose::Evidence | LinkPurpose::Extend => {
            (Vec::new(), Vec::new())
        }
    };
    let files: Vec<NewFile> = form
        .files
        .into_iter()
        // An empty file field is sent as a nameless, empty file.
        .filter(|file| !(file.file_name.is_empty() && file.bytes.is_empty()))
        .map(|file| NewFile {
            name: file.file_name,
            bytes: file.bytes.to_vec(),
            unit_id: Some(target.unit.id),
        })
        .collect();
    if purpose == LinkPurpose::Evidence && files.is_empty() {
        faults.push(("files".to_owned(), words.say("link.wrong.no_file")));
    }
    if !faults.is_empty() {
        return Err(wrong(faults));
    }
    let seen = typed.text("seen").and_then(|seen| seen.parse().ok());
    let answer = LinkAnswer {
        obligation_id: target.obligation.id,
        seen: seen.unwrap_or(target.last_version),
        note,
        items,
        values,
        files,
    };
    let sent: Vec<AssignmentId> = answer.items.iter().map(|item| item.assignment_id).collect();
    let done = answer_by_link(ctx, answer)
        .await
        .map_err(|error| beside(&sent, error))?;
    Ok(match (purpose, done) {
        (LinkPurpose::Acknowledge, ByLink::Done) => "signed",
        (LinkPurpose::Acknowledge, ByLink::Already) => "signed_already",
        (_, ByLink::Done) => "told",
        (_, ByLink::Already) => "told_already",
    })
}

/// A refusal that names an item names the item's field on the page.
fn beside(sent: &[AssignmentId], error: FlowError) -> Failed {
    let failed = Failed::from(error);
    let Failed::Wrong(status, wrong) = failed else {
        return failed;
    };
    let named = wrong
        .into_iter()
        .map(|(path, text)| (name_of(sent, &path).unwrap_or_default(), text));
    Failed::Wrong(status, named.collect())
}

async fn ask_for_time(
    ctx: &Ctx,
    words: Words,
    target: &LinkTarget,
    typed: &Typed,
) -> Result<&'static str, Failed> {
    let mut faults = Vec::new();
    let mut needed = |name: &str| {
        let text = bounded(words, typed, name, &mut faults);
        if text.is_none() {
            faults.push((name.to_owned(), words.say("link.wrong.empty")));
        }
        text.unwrap_or_default()
    };
    let (reason, progress) = (needed("reason"), needed("progress"));
    let expected_on = typed.text("expected_on").and_then(|text| day_of(&text));
    if expected_on.is_none() {
        faults.push(("expected_on".to_owned(), words.say("link.wrong.day")));
    }
    let Some(expected_on) = expected_on.filter(|_| faults.is_empty()) else {
        return Err(wrong(faults));
    };
    let wanted = ExtensionWanted {
        obligation_id: target.obligation.id,
        reason,
        progress,
        expected_on,
    };
    match request_extension(ctx, ctx.actor.name(), wanted).await {
        Ok(_) => Ok("asked"),
        Err(FlowError::Refused(refusal)) if refusal.code == RefusalCode::ExtensionPending => {
            Ok("asked_already")
        }
        Err(error) => Err(Failed::from(error)),
    }
}

//! `/obligations/{id}/…`: answering a request after signing in, on the same page as behind a mail's link.

use super::answer_act::{BOUNDS, Failed, carry_out};
use super::answer_page::{AnswerPage, Asked, Outcome};
use super::field::Typed;
use super::link_routes::office;
use super::visit::{Shown, Visit};
use crate::domain::access::Action;
use crate::domain::mail_link::LinkPurpose;
use crate::flow::FlowError;
use crate::flow::answer_target::{AnswerTarget, answer_target};
use crate::http::kernel::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

/// The purposes with their paths; the keys of the acts that lead there are the paths' last parts.
pub(super) const PURPOSES: [(&str, LinkPurpose); 4] = [
    ("/obligations/{id}/acknowledge", LinkPurpose::Acknowledge),
    ("/obligations/{id}/report", LinkPurpose::Report),
    ("/obligations/{id}/extend", LinkPurpose::Extend),
    ("/obligations/{id}/evidence", LinkPurpose::Evidence),
];

/// What the request in the path asks for, where the visitor may answer it.
async fn target(visit: &Visit) -> Result<AnswerTarget, Problem> {
    let id = visit
        .param("id")
        .parse()
        .map_err(|_| Problem::not_found())?;
    let found = answer_target(&visit.ctx, id).await?;
    let target = found.ok_or_else(Problem::not_found)?;
    let reach = visit.asking.viewer().reach(Action::AnswerObligations);
    match reach.covers(target.unit.id) {
        true => Ok(target),
        // Told, and audited, as the API does.
        false => {
            visit.asking.judge("make_report").await?;
            let parts = visit.parts();
            visit.read("get_obligation", &parts, &[]).await?;
            Err(Problem::not_found())
        }
    }
}

async fn page(
    visit: &Visit,
    purpose: LinkPurpose,
    target: &AnswerTarget,
    status: StatusCode,
    outcome: Outcome<'_>,
) -> Result<HttpResponse, FlowError> {
    let office = office(&visit.ctx, visit.words).await?;
    let asked = Asked {
        words: visit.words,
        frame: visit.frame(""),
        purpose,
        target,
        address: visit.path.clone(),
        token: visit.visitor.form_token(),
        office: &office,
        today: visit.now.today,
        is_by_link: false,
    };
    Ok(visit.answer(status, &AnswerPage::of(asked, outcome)))
}

/// GET: what is asked.
pub(super) async fn show_answer(purpose: LinkPurpose, visit: Visit) -> Shown {
    let target = target(&visit).await?;
    Ok(page(&visit, purpose, &target, StatusCode::OK, Outcome::Nothing).await?)
}

/// POST: answers.
pub(super) async fn do_answer(
    purpose: LinkPurpose,
    visit: Visit,
    request: HttpRequest,
    payload: web::Payload,
) -> Shown {
    let target = target(&visit).await?;
    let received = visit.kernel.receive_form(&request, payload, BOUNDS).await?;
    let typed = Typed::of(&received.form);
    if !visit.is_ours(&request, &typed.raw("form")) {
        return Ok(visit.stale_form());
    }
    if target.is_over() {
        return Err(Problem::not_found());
    }
    let acting = visit.visitor.acting(&visit.ctx, Action::AnswerObligations);
    let words = visit.words;
    match carry_out(&acting, words, purpose, &target, &typed, received.form).await {
        Ok(key) => Ok(page(&visit, purpose, &target, StatusCode::OK, Outcome::Done(key)).await?),
        Err(Failed::Wrong(status, wrong)) => {
            let typed = &typed;
            let outcome = Outcome::Wrong { typed, wrong };
            Ok(page(&visit, purpose, &target, status, outcome).await?)
        }
        Err(Failed::Other(error)) => Err(error.into()),
    }
}

//! `/account`: everybody's own account.

use super::account_page::{Outcome, Sent, account_page};
use super::account_visit::AccountVisit;
use super::field::{Typed, Wrong, day_of};
use super::frame::Signed;
use super::nav::nav;
use super::session::{SIGN_IN, Visitor, form_answer, lead_to, lead_to_sign_in, leading_on};
use super::set_password::{name_of, password_faults};
use super::sign_in::minutes;
use crate::domain::access::Action;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{DelegationId, TokenId};
use crate::domain::locale::Locale;
use crate::flow::change_password::{PasswordChange, change_password};
use crate::flow::delegate::{NewDelegation, delegate, end_delegation};
use crate::flow::my_account::{change_profile, my_account};
use crate::flow::sessions::{end_other_sessions, end_session};
use crate::flow::{Ctx, FlowError};
use crate::http::kernel::Kernel;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use uuid::Uuid;

/// The longest reason.
pub(super) const MOST_REASON: usize = 200;

/// The routes.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/account")
                .route(web::get().to(show))
                .route(web::head().to(show)),
        )
        .route("/account/profile", web::post().to(act))
        .route("/account/password", web::post().to(act))
        .route("/account/sessions/end", web::post().to(act))
        .route("/account/sessions/{id}/end", web::post().to(act))
        .route("/account/delegations", web::post().to(act))
        .route("/account/delegations/{id}/end", web::post().to(act));
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
    let Some(visitor) = &visit.visitor else {
        return lead_to_sign_in(&request);
    };
    // What was done is told by the address that a form led to.
    let done = request.query_string().strip_prefix("done=");
    let done = done.filter(|key| {
        key.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    });
    let outcome = done.map_or(Outcome::Nothing, Outcome::Done);
    page(&visit, visitor, StatusCode::OK, outcome).await
}

async fn page(
    visit: &AccountVisit<'_>,
    visitor: &Visitor,
    status: StatusCode,
    outcome: Outcome<'_>,
) -> HttpResponse {
    let account = match my_account(visit.ctx, &visitor.viewer).await {
        Ok(account) => account,
        Err(error) => return visit.failed(&error),
    };
    let words = visit.words;
    let asking = visit.kernel.asking(visitor.viewer.clone());
    let signed = Signed::new(
        visitor.viewer.address.clone(),
        visitor.form_token(),
        nav(words, &asking, "/account"),
    );
    let mut page = account_page(words, visitor, &account, outcome);
    page.frame.signed = Some(signed);
    form_answer(status, &page, visit.ctx)
}

/// What a form leads to: what was done, or what is wrong with which form.
enum Done {
    As(&'static str),
    Wrong(Sent, Vec<Wrong>),
}

async fn act(
    ctx: web::Data<Ctx>,
    kernel: web::Data<Kernel>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let visit = match AccountVisit::of(&ctx, &kernel, &request).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    let Some(visitor) = &visit.visitor else {
        return lead_to(&leading_on(SIGN_IN, "/account"));
    };
    let typed = match visit.receive_of(visitor, payload).await {
        Ok(typed) => typed,
        Err(response) => return response,
    };
    let id = request.match_info().get("id");
    let id: Option<Uuid> = id.and_then(|id| id.parse().ok());
    let path = request.match_pattern().unwrap_or_default();
    let done = match (path.as_str(), id) {
        ("/account/profile", _) => profile(&visit, visitor, &typed).await,
        ("/account/password", _) => password(&visit, visitor, &typed).await,
        ("/account/sessions/end", _) => {
            let acting = visitor.acting(&ctx, Action::WriteTokens);
            let ended = end_other_sessions(&acting, &visitor.viewer).await;
            ended.map(|_| Done::As("sessions"))
        }
        ("/account/sessions/{id}/end", Some(id)) => {
            let acting = visitor.acting(&ctx, Action::WriteTokens);
            let ended = end_session(&acting, &visitor.viewer, TokenId(id)).await;
            ended.map(|()| Done::As("session"))
        }
        ("/account/delegations", _) => stand_in(&visit, visitor, &typed).await,
        ("/account/delegations/{id}/end", Some(id)) => end(&visit, visitor, DelegationId(id)).await,
        _ => Ok(Done::As("session")),
    };
    match done {
        Ok(Done::As(key)) => lead_to(&format!("/account?done={key}")),
        Ok(Done::Wrong(sent, wrong)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            page(&visit, visitor, status, Outcome::Wrong(sent, &typed, wrong)).await
        }
        Err(error) => visit.failed(&error),
    }
}

async fn profile(
    visit: &AccountVisit<'_>,
    visitor: &Visitor,
    typed: &Typed,
) -> Result<Done, FlowError> {
    let Some(name) = name_of(typed) else {
        let says = visit.words.say("account.wrong.name");
        return Ok(Done::Wrong(Sent::Profile, vec![("name".to_owned(), says)]));
    };
    let locale = typed.text("locale").map(|tag| Locale::of_tag(&tag));
    let acting = visitor.acting(visit.ctx, Action::WriteTokens);
    change_profile(&acting, &visitor.viewer, name, locale).await?;
    Ok(Done::As("profile"))
}

async fn password(
    visit: &AccountVisit<'_>,
    visitor: &Visitor,
    typed: &Typed,
) -> Result<Done, FlowError> {
    let words = visit.words;
    let wrong = password_faults(words, typed, &visitor.viewer.address);
    if !wrong.is_empty() {
        return Ok(Done::Wrong(Sent::Password, wrong));
    }
    let acting = visitor.acting(visit.ctx, Action::WriteTokens);
    let (present, new) = (typed.secret("present"), typed.secret("new_password"));
    let says = match change_password(&acting, &visitor.viewer, &present, &new).await? {
        PasswordChange::Done => return Ok(Done::As("password")),
        PasswordChange::Wrong => words.say("account.wrong.present"),
        PasswordChange::Waits(wait) => words.fill(
            "account.wrong.present_waits",
            &[("minutes", &*minutes(wait))],
        ),
    };
    Ok(Done::Wrong(
        Sent::Password,
        vec![("present".to_owned(), says)],
    ))
}

async fn stand_in(
    visit: &AccountVisit<'_>,
    visitor: &Visitor,
    typed: &Typed,
) -> Result<Done, FlowError> {
    let words = visit.words;
    let mut wrong = Vec::new();
    let mut fault = |field: &str, key: &str| {
        wrong.push((field.to_owned(), words.say(&format!("account.wrong.{key}"))));
    };
    let to = EmailAddress::parse(&typed.text("delegate").unwrap_or_default()).ok();
    if to.is_none() {
        fault("delegate", "email");
    }
    let day = |name: &str| typed.text(name).as_deref().and_then(day_of);
    let (from_on, until_on) = (day("from_on"), day("until_on"));
    for (name, day) in [("from_on", from_on), ("until_on", until_on)] {
        if day.is_none() {
            fault(name, "day");
        }
    }
    let reason = typed.text("reason").unwrap_or_default();
    if reason.is_empty() || reason.chars().count() > MOST_REASON {
        fault("reason", "reason");
    }
    let (Some(to), Some(from_on), Some(until_on), true) = (to, from_on, until_on, wrong.is_empty())
    else {
        return Ok(Done::Wrong(Sent::Delegation, wrong));
    };
    let new = NewDelegation {
        user_id: visitor.viewer.user_id,
        delegate: to,
        from_on,
        until_on,
        reason,
    };
    let acting = visitor.acting(visit.ctx, Action::WriteDelegations);
    match delegate(&acting, new).await {
        Ok(_) => Ok(Done::As("delegation")),
        Err(FlowError::Refused(refusal)) => {
            let field = refusal.fields.first().map(|field| match &*field.path {
                "delegate_email" => "delegate".to_owned(),
                other => other.to_owned(),
            });
            let wrong = vec![(field.unwrap_or_default(), words.refusal(&refusal))];
            Ok(Done::Wrong(Sent::Delegation, wrong))
        }
        Err(error) => Err(error),
    }
}

async fn end(
    visit: &AccountVisit<'_>,
    visitor: &Visitor,
    id: DelegationId,
) -> Result<Done, FlowError> {
    let account = my_account(visit.ctx, &visitor.viewer).await?;
    let mut own = account.delegations.iter();
    if own.any(|one| one.delegation.id == id) {
        let acting = visitor.acting(visit.ctx, Action::WriteDelegations);
        end_delegation(&acting, id, None).await?;
    }
    Ok(Done::As("delegation_ended"))
}

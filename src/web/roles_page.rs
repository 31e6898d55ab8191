//! `/users/{id}/roles`: all roles of a user, given and taken in one form.

use super::field::{Field, Input, Typed};
use super::part::{Form, Link, Page, Part};
use super::row::{rows, text_at};
use super::visit::{Shown, Visit};
use crate::domain::user_role::UserRole;
use crate::http::kernel::upload::FormBounds;
use crate::http::kernel::{Act, Problem, RawBody};
use actix_web::{HttpRequest, web};
use serde_json::{Value, json};
use std::time::Duration;

/// What bounds the form.
const BOUNDS: FormBounds<'static> = FormBounds {
    bytes: 64 << 10,
    parts: 20,
    files: &[],
    time: Duration::from_secs(30),
};

/// GET: the roles as they are.
pub(super) async fn show_roles(visit: Visit) -> Shown {
    let told = visit.asking.read("read_user", &visit.parts(), &[]).await?;
    visit.asking.judge("change_user").await?;
    let page = page(&visit, &told.json, told.change_no, None, Vec::new())?;
    visit.shown(&page)
}

/// The bureau's roles as boxes, those of units as lists of units' codes.
fn fields(visit: &Visit, user: &Value) -> Vec<Field> {
    let words = visit.words;
    let held = rows(user, "roles");
    let of_role = |role: UserRole| {
        held.iter()
            .filter(move |one| text_at(one, "role") == role.as_str())
    };
    let field = |role: UserRole| {
        let name = role.as_str();
        let label = words.code("UserRole", name);
        match role.is_of_unit() {
            true => {
                let codes: Vec<String> =
                    of_role(role).map(|one| text_at(one, "unit_code")).collect();
                Field::new(name, label, Input::Text { rows: 2 })
                    .hinted(words.say("roles.of_unit"))
                    .holding(codes.join("、"))
            }
            false => {
                let is_held = of_role(role).next().is_some();
                Field::new(name, label, Input::Check).holding(match is_held {
                    true => "true",
                    false => "",
                })
            }
        }
    };
    UserRole::ALL.iter().map(|role| field(*role)).collect()
}

fn page(
    visit: &Visit,
    user: &Value,
    change_no: i64,
    typed: Option<&Typed>,
    wrong: Vec<(String, String)>,
) -> Result<Page, Problem> {
    let words = visit.words;
    let user_page = format!("/users/{}", visit.param("id"));
    let seen = [("seen", change_no.to_string())];
    let mut form = Form {
        hint: words.say("roles.hint"),
        fields: fields(visit, user),
        back: Some(Link::new(user_page.clone(), words.say("word.back"))),
        ..visit.posting(&seen, words.say("roles.button"))
    };
    if let Some(typed) = typed {
        form.retype(typed);
    }
    form.mark(wrong);
    let trail = vec![Link::new(user_page, text_at(user, "email"))];
    Ok(visit.page(words.say("roles.title"), trail, vec![Part::Form(form)]))
}

/// POST: gives and takes them.
pub(super) async fn do_roles(visit: Visit, request: HttpRequest, payload: web::Payload) -> Shown {
    let received = visit.kernel.receive_form(&request, payload, BOUNDS).await?;
    let typed = Typed::of(&received.form);
    if !visit.is_ours(&request, &typed.raw("form")) {
        return Ok(visit.stale_form());
    }
    let mut roles = Vec::new();
    for role in UserRole::ALL {
        let Some(text) = typed.text(role.as_str()) else {
            continue;
        };
        match role.is_of_unit() {
            false => roles.push((role, json!({ "role": role.as_str() }))),
            true => {
                let codes = text.split(['、', '，', ',', '\n']).map(str::trim);
                let codes = codes.filter(|code| !code.is_empty());
                roles.extend(
                    codes.map(|code| (role, json!({ "role": role.as_str(), "unit_code": code }))),
                );
            }
        }
    }
    let body: Vec<&Value> = roles.iter().map(|(_, one)| one).collect();
    let body = json!({ "roles": body });
    let parts = visit.parts();
    let acted = visit
        .asking
        .act(Act {
            operation: "change_user",
            params: &parts,
            query: &[],
            body: RawBody::Json(body.to_string().into()),
            seen: typed.raw("seen").parse().ok(),
            once: None,
            room: None,
        })
        .await;
    let problem = match acted {
        Ok(_) => {
            let user = format!("/users/{}?done=change_user", visit.param("id"));
            return Ok(visit.to(&user));
        }
        Err(problem) if problem.status().is_server_error() => return Err(problem),
        Err(problem) => problem,
    };
    // `roles[2].unit_code` is about the field of that role.
    let named = |path: &str| {
        let position = path.strip_prefix("roles[")?.split(']').next()?;
        let (role, _) = roles.get(position.parse::<usize>().ok()?)?;
        Some(role.as_str().to_owned())
    };
    let mut wrong: Vec<(String, String)> = problem
        .errors()
        .iter()
        .map(|error| {
            (
                named(&error.path).unwrap_or_default(),
                visit.words.wrong_field(&problem, error),
            )
        })
        .collect();
    if wrong.is_empty() {
        wrong.push((String::new(), visit.words.problem_met(&problem)));
    }
    let told = visit.asking.read("read_user", &visit.parts(), &[]).await?;
    let page = page(&visit, &told.json, told.change_no, Some(&typed), wrong)?;
    Ok(visit.answer(problem.status(), &page))
}

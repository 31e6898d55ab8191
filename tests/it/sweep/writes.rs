//! The same request again, and changes by one who has not seen the present state.

use super::Sweep;
use crate::support::operations::{Operation, Request};
use crate::support::service::Response;
use duban::domain::resource::Resource;
use entity::{change, change_counter};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};

/// Every POST twice under one key: carried out, it gives the same reply and changes nothing more, and no other body passes
/// under that key; refused, it gives the key back. The operations that were carried out.
pub async fn repeats(
    sweep: &Sweep<'_>,
    request_of: impl Fn(&Operation) -> Request,
) -> anyhow::Result<Vec<String>> {
    let mut done = Vec::new();
    for operation in sweep.closed().filter(|one| one.method == "POST") {
        let key = format!("Idempotency-Key: sweep-{}", operation.id);
        let request = sweep.real(request_of(operation)).header(&key);
        let first = sweep.asked(&request);
        let before = sweep.state().await?;
        let second = sweep.asked(&request);
        let what = &operation.id;
        let replayed = second.header("idempotency-replayed");
        if first.status >= 300 {
            sweep.hold(replayed.is_empty(), || {
                format!("{what}: a refusal was kept")
            });
            continue;
        }
        done.push(operation.id.clone());
        let told = |one: &Response| {
            (
                one.status,
                one.body.clone(),
                one.header("location").to_owned(),
            )
        };
        let is_secret_left_out = first.status == second.status && without_secret(&first, &second);
        sweep.hold(told(&first) == told(&second) || is_secret_left_out, || {
            format!(
                "{what}: {} first, then {} {}",
                first.status,
                second.status,
                String::from_utf8_lossy(&second.body)
            )
        });
        sweep.hold(
            replayed == "true" && first.header("idempotency-replayed").is_empty(),
            || format!("{what}: a repetition is not told"),
        );
        for other in others(operation, &request) {
            let response = sweep.asked(&other);
            sweep.refused(what, &response, 422, &["idempotency_key_reused"]);
        }
        let after = sweep.state().await?;
        sweep.hold(before == after, || format!("{what} was carried out twice"));
    }
    Ok(done)
}

/// Whether the second reply is the first without a token's text, the address of a feed or a screen, or a webhook's secret,
/// which are told once.
fn without_secret(first: &Response, second: &Response) -> bool {
    let mut told = first.json();
    let secrets = [
        ("text", "duban_"),
        ("url", "/calendar/"),
        ("url", "/wall/"),
        ("secret", "whsec_"),
    ];
    let secret = secrets.into_iter().find(|(name, mark)| {
        let text = told[name].as_str();
        text.is_some_and(|text| text.contains(mark))
    });
    let Some((name, _)) = secret else {
        return false;
    };
    told[name] = serde_json::Value::Null;
    told == second.json()
}

/// Other requests that can be read as well: with a space in the JSON, with another file.
fn others(operation: &Operation, request: &Request) -> Vec<Request> {
    match &operation.body {
        None => Vec::new(),
        Some(body) if body.is_form => {
            vec![body.form(request.clone(), &body.texts(), b"another file")]
        }
        Some(_) => vec![
            request
                .clone()
                .body([b" ", request.body.as_slice()].concat()),
        ],
    }
}

/// A PUT, PATCH or DELETE without the ETag of the present state is refused: without any, with none of ours, with that of
/// `other`, who sees other rows, and with one from before another instance changed the row.
pub async fn unseen(sweep: &Sweep<'_>, other: &str) -> anyhow::Result<Vec<String>> {
    let reading = sweep
        .closed()
        .find(|one| one.reads() && one.params.is_empty());
    let Some(reading) = reading else {
        sweep.hold(false, || "nothing can be read".to_owned());
        return Ok(Vec::new());
    };
    let tag = |token: &str| {
        sweep
            .ask(&reading.request(), token)
            .header("etag")
            .to_owned()
    };
    let mut tried = Vec::new();
    for operation in sweep.closed().filter(|one| one.needs_seen()) {
        let plain = sweep.real(operation.request()).without("if-match");
        let what = |how: &str| format!("{} {how}", operation.id);
        let response = sweep.asked(&plain);
        sweep.refused(what("unseen"), &response, 428, &["precondition_required"]);
        let weak = format!("W/{}", tag(&sweep.token));
        for seen in [
            "",
            "x",
            "\"x\"",
            "\"1.2.i.3.4\"",
            &weak,
            &tag(other),
            "\"*\"",
        ] {
            let response = sweep.asked(&plain.clone().header(format!("If-Match: {seen}")));
            sweep.refused(what(seen), &response, 412, &["precondition_failed"]);
        }
        let old = tag(&sweep.token);
        change_elsewhere(sweep).await?;
        let response = sweep.asked(&plain.header(format!("If-Match: {old}")));
        let is_refused = matches!(response.status, 409 | 412);
        sweep.hold(is_refused, || {
            let body = String::from_utf8_lossy(&response.body);
            format!("{}: {} {body}", what("changed meanwhile"), response.status)
        });
        tried.push(operation.id.clone());
    }
    Ok(tried)
}

/// Another instance has changed every row that the sweep knows: so the feed says.
async fn change_elsewhere(sweep: &Sweep<'_>) -> anyhow::Result<()> {
    let other = sweep.town.another().await?;
    let counter = change_counter::Entity::find().one(&other.db).await?;
    let Some(counter) = counter else {
        anyhow::bail!("no counter");
    };
    let change_no = counter.value + 1;
    let mut counter = counter.into_active_model();
    counter.value = Set(change_no);
    counter.update(&other.db).await?;
    let rows = (0..)
        .zip(sweep.samples.ids())
        .map(|(position, row_id)| change::ActiveModel {
            change_no: Set(change_no),
            position: Set(position),
            resource: Set(Resource::Tasks.as_str().to_owned()),
            row_id: Set(row_id),
            changed_at: Set(other.now().at),
        });
    change::Entity::insert_many(rows)
        .exec_without_returning(&other.db)
        .await?;
    Ok(other.db.close().await?)
}

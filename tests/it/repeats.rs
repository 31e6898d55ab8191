//! A request with a key is carried out once over HTTP, whatever happens to it: sent again, sent to another instance, cut off
//! between its commit and its reply. What becomes of attempts is in `attempts`.

use crate::support::Town;
use crate::support::sample_tasks::make_task;
use crate::support::samples::{FAILS_AFTERWARDS, Runs, SLOW, endpoints};
use crate::support::service::{Response, Service, no_rates};
use anyhow::Context;
use chrono::TimeDelta;
use duban::domain::access::Viewer;
use duban::domain::token_scope::TokenScope;
use duban::domain::user_role::UserRole;
use duban::flow::recognise_caller::recognise_caller;
use duban::storage::kept_replies;
use entity::{kept_reply, user};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::json;
use std::sync::Arc;

on_both!(
    the_same_key_gives_the_same_reply_and_one_row,
    another_request_under_the_key_is_refused,
    each_user_has_keys_of_their_own,
    what_is_being_done_is_not_done_beside,
    a_lost_reply_is_told_over_http,
    a_failure_after_the_commit_is_told_on_repetition,
    a_refused_request_gives_its_key_back,
    another_instance_gives_the_same_reply,
    two_instances_asked_at_once_do_it_once,
    a_reply_is_kept_for_a_day_of_the_business_clock,
);

/// A service of sample endpoints and a caller.
pub struct Desk {
    pub service: Service,
    pub runs: Runs,
    pub token: String,
    pub viewer: Arc<Viewer>,
}

pub async fn desk(town: &Town) -> anyhow::Result<Desk> {
    let runs = Runs::default();
    let service = Service::of(&town.ctx, endpoints(&runs), no_rates())?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let viewer = recognise_caller(&town.ctx, &token)
        .await?
        .context("known")?;
    Ok(Desk {
        service,
        runs,
        token,
        viewer,
    })
}

fn body(title: &str) -> String {
    json!({ "title": title, "weights": [] }).to_string()
}

fn make(service: &Service, token: &str, key: &str, title: &str) -> Response {
    let key = format!("Idempotency-Key: {key}");
    let headers = ["Content-Type: application/json", &key];
    service.send(
        "POST",
        "/api/v1/tasks",
        token,
        &headers,
        body(title).as_bytes(),
    )
}

/// How many sample tasks of that title there are.
pub async fn made(town: &Town, title: &str) -> anyhow::Result<u64> {
    let find = user::Entity::find().filter(user::Column::Name.eq(title));
    Ok(find.count(&town.ctx.db).await?)
}

async fn the_same_key_gives_the_same_reply_and_one_row(town: &Town) -> anyhow::Result<()> {
    let desk = desk(town).await?;
    let first = make(&desk.service, &desk.token, "k", "甲");
    assert_eq!(
        (first.status, first.header("idempotency-replayed")),
        (201, "")
    );
    for _ in 0..3 {
        let again = make(&desk.service, &desk.token, "k", "甲");
        assert_eq!(
            (again.status, again.header("idempotency-replayed")),
            (201, "true")
        );
        assert_eq!(again.body, first.body);
        for name in ["location", "content-type", "cache-control"] {
            assert_eq!(again.header(name), first.header(name), "{name}");
        }
    }
    assert_eq!((desk.runs.count(), made(town, "甲").await?), (1, 1));
    Ok(())
}

async fn another_request_under_the_key_is_refused(town: &Town) -> anyhow::Result<()> {
    let desk = desk(town).await?;
    make(&desk.service, &desk.token, "k", "甲").expect(201);
    let other = make(&desk.service, &desk.token, "k", "乙");
    assert_eq!(other.refused(422), "idempotency_key_reused");
    // The same body under the key, but elsewhere.
    let headers = ["Content-Type: application/json", "Idempotency-Key: k"];
    let elsewhere = desk.service.send(
        "POST",
        "/api/v1/panics",
        &desk.token,
        &headers,
        body("甲").as_bytes(),
    );
    assert_eq!(elsewhere.refused(422), "idempotency_key_reused");
    assert_eq!((desk.runs.count(), made(town, "乙").await?), (1, 0));
    // The first is still what it was.
    let again = make(&desk.service, &desk.token, "k", "甲");
    assert_eq!(
        (again.status, again.header("idempotency-replayed")),
        (201, "true")
    );
    Ok(())
}

async fn each_user_has_keys_of_their_own(town: &Town) -> anyhow::Result<()> {
    let desk = desk(town).await?;
    let other = desk.service.token(UserRole::Administrator, None).await?;
    make(&desk.service, &desk.token, "k", "甲").expect(201);
    let theirs = make(&desk.service, &other, "k", "乙");
    assert_eq!(
        (theirs.status, theirs.header("idempotency-replayed")),
        (201, "")
    );
    // Another token of the same user is the same user.
    let mine = desk
        .service
        .token_of(UserRole::Supervisor, None, TokenScope::Write)
        .await?;
    assert_ne!(mine, desk.token);
    let again = make(&desk.service, &mine, "k", "甲");
    assert_eq!(
        (again.status, again.header("idempotency-replayed")),
        (201, "true")
    );
    Ok(())
}

async fn what_is_being_done_is_not_done_beside(town: &Town) -> anyhow::Result<()> {
    let desk = desk(town).await?;
    std::thread::scope(|scope| {
        let first = scope.spawn(|| make(&desk.service, &desk.token, "k", SLOW));
        // The handler counts itself once the key is taken.
        while desk.runs.count() == 0 && !first.is_finished() {
            std::thread::yield_now();
        }
        let second = make(&desk.service, &desk.token, "k", SLOW);
        assert_eq!(second.refused(409), "request_in_progress");
        assert!(
            second
                .header("retry-after")
                .parse::<u32>()
                .is_ok_and(|seconds| seconds >= 1)
        );
        let first = first.join().expect("an answer");
        assert_eq!(first.status, 201);
        let third = make(&desk.service, &desk.token, "k", SLOW);
        assert_eq!((third.status, &third.body), (201, &first.body));
    });
    assert_eq!((desk.runs.count(), made(town, SLOW).await?), (1, 1));
    Ok(())
}

async fn a_lost_reply_is_told_over_http(town: &Town) -> anyhow::Result<()> {
    let desk = desk(town).await?;
    make(&desk.service, &desk.token, "k", "甲").expect(201);
    // As if the process had died before it could keep the reply.
    kept_reply::Entity::update_many()
        .col_expr(kept_reply::Column::Status, Expr::value(Option::<i32>::None))
        .col_expr(
            kept_reply::Column::Body,
            Expr::value(Option::<String>::None),
        )
        .exec(&town.ctx.db)
        .await?;
    for (after, code) in [
        (119, "request_in_progress"),
        (1, "outcome_unknown"),
        (600, "outcome_unknown"),
    ] {
        town.clock
            .set(town.ctx.now().at + TimeDelta::seconds(after));
        let again = make(&desk.service, &desk.token, "k", "甲");
        assert_eq!(again.refused(409), code);
    }
    assert_eq!((desk.runs.count(), made(town, "甲").await?), (1, 1));
    Ok(())
}

async fn a_failure_after_the_commit_is_told_on_repetition(town: &Town) -> anyhow::Result<()> {
    let desk = desk(town).await?;
    let failed = make(&desk.service, &desk.token, "k", FAILS_AFTERWARDS);
    assert_eq!(failed.refused(500), "internal");
    let again = make(&desk.service, &desk.token, "k", FAILS_AFTERWARDS);
    assert_eq!(again.refused(409), "outcome_unknown");
    assert_eq!(
        (desk.runs.count(), made(town, FAILS_AFTERWARDS).await?),
        (1, 1)
    );
    Ok(())
}

async fn a_refused_request_gives_its_key_back(town: &Town) -> anyhow::Result<()> {
    let desk = desk(town).await?;
    make_task(&town.ctx, "甲", None).await?;
    for _ in 0..2 {
        assert_eq!(
            make(&desk.service, &desk.token, "k", "甲").refused(409),
            "taken"
        );
        assert_eq!(kept_replies::count(&town.ctx.db).await?, 0);
    }
    make(&desk.service, &desk.token, "k", "乙").expect(201);
    assert_eq!(kept_replies::count(&town.ctx.db).await?, 1);
    Ok(())
}

async fn another_instance_gives_the_same_reply(town: &Town) -> anyhow::Result<()> {
    let desk = desk(town).await?;
    let runs = Runs::default();
    let other = Service::of(&town.another().await?, endpoints(&runs), no_rates())?;
    let first = make(&desk.service, &desk.token, "k", "甲");
    let again = make(&other, &desk.token, "k", "甲");
    assert_eq!(
        (again.status, again.header("idempotency-replayed")),
        (201, "true")
    );
    assert_eq!(
        (again.body, again.headers.get("location")),
        (first.body, first.headers.get("location"))
    );
    assert_eq!(
        make(&other, &desk.token, "k", "乙").refused(422),
        "idempotency_key_reused"
    );
    assert_eq!((desk.runs.count(), runs.count()), (1, 0));
    Ok(())
}

async fn two_instances_asked_at_once_do_it_once(town: &Town) -> anyhow::Result<()> {
    let desk = desk(town).await?;
    let other = Service::of(&town.another().await?, endpoints(&desk.runs), no_rates())?;
    for round in 0..5 {
        let (key, title) = (format!("k{round}"), format!("第{round}次"));
        let answers: Vec<Response> = std::thread::scope(|scope| {
            let ask = |at: usize| {
                let service = [&desk.service, &other][at & 1];
                make(service, &desk.token, &key, &title)
            };
            let asked: Vec<_> = (0..8).map(|at| scope.spawn(move || ask(at))).collect();
            asked
                .into_iter()
                .map(|one| one.join().expect("an answer"))
                .collect()
        });
        let (done, busy): (Vec<_>, Vec<_>) = answers.iter().partition(|one| one.status == 201);
        assert!(
            busy.iter()
                .all(|one| one.refused(409) == "request_in_progress")
        );
        let news = done
            .iter()
            .filter(|one| one.header("idempotency-replayed").is_empty());
        assert_eq!(news.count(), 1);
        assert!(done.iter().all(|one| one.body == done[0].body));
        assert_eq!(made(town, &title).await?, 1);
        assert_eq!(desk.runs.count(), round + 1);
    }
    Ok(())
}

async fn a_reply_is_kept_for_a_day_of_the_business_clock(town: &Town) -> anyhow::Result<()> {
    let desk = desk(town).await?;
    let first = make(&desk.service, &desk.token, "k", "甲");
    let began = town.ctx.now().at;
    for after in [TimeDelta::hours(23), TimeDelta::hours(24)] {
        town.clock.set(began + after);
        let again = make(&desk.service, &desk.token, "k", "甲");
        assert_eq!((again.status, &again.body), (201, &first.body));
        // Looking at it does not make it last.
        town.run("housekeep").await?;
    }
    town.clock
        .set(began + TimeDelta::hours(24) + TimeDelta::seconds(1));
    make(&desk.service, &desk.token, "k", "乙").expect(201);
    assert_eq!(kept_replies::count(&town.ctx.db).await?, 1);
    town.clock.set(began + TimeDelta::hours(49));
    town.run("housekeep").await?;
    assert_eq!(kept_replies::count(&town.ctx.db).await?, 0);
    Ok(())
}

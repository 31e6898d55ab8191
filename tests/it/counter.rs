//! The change counter, and the ETags that rest on it: new with every change and every local day, and with nothing else.

use crate::support::Town;
use crate::support::sample_tasks::{TaskState, change_task, make_task};
use crate::support::samples::{Runs, endpoints};
use crate::support::service::{Response, Service, no_rates};
use anyhow::Context;
use chrono::TimeDelta;
use duban::domain::token_scope::TokenScope;
use duban::domain::user_role::UserRole;
use duban::flow::Ctx;
use duban::flow::manage_users::{make_token, revoke_token};
use duban::flow::recognise_caller::recognise_caller;
use duban::flow::repeat_guard::{Begun, StoredReply, begin, finish, release};
use duban::storage::{changes, kept_replies, marks};
use entity::{contact, token, unit};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::collections::BTreeSet;
use std::time::Duration;

on_both!(
    a_transaction_that_changes_rows_raises_it_once,
    what_changes_nothing_does_not_raise_it,
    what_nobody_can_see_does_not_raise_it,
    a_request_under_a_key_raises_it_for_its_changes_alone,
    two_instances_share_one_counter,
    the_feed_names_each_change_under_its_number,
    a_change_makes_a_new_tag_at_once_here_and_within_50_ms_elsewhere,
    midnight_makes_a_new_tag_and_the_hours_before_do_not,
    reading_refusals_and_housekeeping_leave_the_tag,
    the_tag_is_the_same_at_every_instance,
);

/// What is promised of a change made by another instance (design §7). Waiting for it is what these tests are about.
const PROMISED: Duration = Duration::from_millis(50);

/// What stands in the database, whatever this process knows.
async fn number(ctx: &Ctx) -> anyhow::Result<i64> {
    let stored = changes::span(&ctx.db).await?.newest;
    // What this process has written itself it knows at once.
    assert_eq!(ctx.change_no().await?, stored);
    Ok(stored)
}

async fn a_transaction_that_changes_rows_raises_it_once(town: &Town) -> anyhow::Result<()> {
    let before = number(&town.ctx).await?;
    make_task(&town.ctx, "甲", None).await?;
    assert_eq!(number(&town.ctx).await?, before + 1);
    // Thirteen units, their contacts and the audit event are one transaction.
    town.import_units(crate::support::town::UNITS).await?;
    assert_eq!(number(&town.ctx).await?, before + 2);
    let tx = town.ctx.write().await?;
    for liaison in ["甲", "乙"] {
        unit::Entity::update_many()
            .col_expr(unit::Column::Liaison, Expr::value(liaison))
            .filter(unit::Column::Code.eq("S1"))
            .exec(&tx)
            .await?;
    }
    tx.commit().await?;
    assert_eq!(number(&town.ctx).await?, before + 3);
    Ok(())
}

async fn what_changes_nothing_does_not_raise_it(town: &Town) -> anyhow::Result<()> {
    town.import_units(crate::support::town::UNITS).await?;
    make_task(&town.ctx, "甲", None).await?;
    let now = town.ctx.now();
    let tx = town.ctx.write().await?;
    marks::record_digests_made(&tx, now.today, now.at).await?;
    tx.commit().await?;
    let before = number(&town.ctx).await?;
    // Reads only.
    let tx = town.ctx.write().await?;
    unit::Entity::find().all(&tx).await?;
    tx.commit().await?;
    // Finds no row to change, and none to remove.
    let tx = town.ctx.write().await?;
    unit::Entity::update_many()
        .col_expr(unit::Column::Liaison, Expr::value("甲"))
        .filter(unit::Column::Code.eq("nowhere"))
        .exec(&tx)
        .await?;
    unit::Entity::delete_many()
        .filter(unit::Column::Code.eq("nowhere"))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    // Inserts what is there already.
    let tx = town.ctx.write().await?;
    marks::record_digests_made(&tx, now.today, now.at).await?;
    tx.commit().await?;
    // Is given up.
    let tx = town.ctx.write().await?;
    contact::Entity::delete_many().exec(&tx).await?;
    drop(tx);
    // Is refused.
    assert!(make_task(&town.ctx, "甲", None).await.is_err());
    assert_eq!(number(&town.ctx).await?, before);
    assert!(contact::Entity::find().one(&town.ctx.db).await?.is_some());
    Ok(())
}

async fn what_nobody_can_see_does_not_raise_it(town: &Town) -> anyhow::Result<()> {
    let service = Service::of(&town.ctx, endpoints(&Runs::default()), no_rates())?;
    let text = service.token(UserRole::Supervisor, None).await?;
    let viewer = recognise_caller(&town.ctx, &text).await?.context("known")?;
    let before = number(&town.ctx).await?;
    let tx = town.ctx.write().await?;
    token::Entity::update_many()
        .col_expr(token::Column::LastUsedAt, Expr::value(town.ctx.now().at))
        .exec(&tx)
        .await?;
    tx.commit_unseen().await?;
    assert!(
        token::Entity::find()
            .one(&town.ctx.db)
            .await?
            .is_some_and(|row| row.last_used_at.is_some())
    );
    let Begun::New(ticket) = begin(&town.ctx, &viewer, "k", "x").await? else {
        anyhow::bail!("the key is new");
    };
    let reply = StoredReply {
        status: 200,
        location: None,
        body: "{}".to_owned(),
    };
    finish(&town.ctx, &ticket, &reply).await?;
    release(&town.ctx, &ticket).await?;
    assert_eq!(kept_replies::count(&town.ctx.db).await?, 1);
    assert_eq!(number(&town.ctx).await?, before);
    Ok(())
}

async fn a_request_under_a_key_raises_it_for_its_changes_alone(town: &Town) -> anyhow::Result<()> {
    let service = Service::of(&town.ctx, endpoints(&Runs::default()), no_rates())?;
    let text = service.token(UserRole::Supervisor, None).await?;
    let viewer = recognise_caller(&town.ctx, &text).await?.context("known")?;
    let other = make_token(&town.ctx, viewer.user_id, "other", TokenScope::Read, 1).await?;
    let before = number(&town.ctx).await?;
    // Taking it back twice changes nothing the second time, though its reply is earned.
    for (key, raised) in [("k1", 1), ("k2", 1)] {
        let Begun::New(ticket) = begin(&town.ctx, &viewer, key, "x").await? else {
            anyhow::bail!("the key is new");
        };
        let ctx = town.ctx.with_ticket(ticket.clone());
        revoke_token(&ctx, other.token.id, None).await?;
        assert_eq!(number(&town.ctx).await?, before + raised, "{key}");
        release(&town.ctx, &ticket).await?;
        assert_eq!(begin(&town.ctx, &viewer, key, "x").await?, Begun::Lost);
    }
    assert_eq!(changes::after(&town.ctx.db, before, 0, 100).await?.len(), 1);
    Ok(())
}

async fn two_instances_share_one_counter(town: &Town) -> anyhow::Result<()> {
    let other = town.another().await?;
    let before = number(&town.ctx).await?;
    let one = async |ctx: &Ctx, name: &str| -> anyhow::Result<()> {
        for number in 0..20 {
            make_task(ctx, &format!("{name}{number}"), None).await?;
        }
        Ok(())
    };
    let (first, second) = tokio::join!(one(&town.ctx, "甲"), one(&other, "乙"));
    first?;
    second?;
    tokio::time::sleep(PROMISED).await;
    assert_eq!(number(&town.ctx).await?, before + 40);
    assert_eq!(number(&other).await?, before + 40);
    let feed = changes::after(&other.db, before, i32::MAX, 1_000).await?;
    let numbers: BTreeSet<i64> = feed.iter().map(|change| change.change_no).collect();
    assert_eq!(numbers, (before + 1..=before + 40).collect());
    Ok(())
}

async fn the_feed_names_each_change_under_its_number(town: &Town) -> anyhow::Result<()> {
    let before = number(&town.ctx).await?;
    let id = make_task(&town.ctx, "甲", None).await?;
    let made = number(&town.ctx).await?;
    change_task(&town.ctx, id, TaskState::Closed, Some(made)).await?;
    let feed = changes::after(&town.ctx.db, before, i32::MAX, 100).await?;
    let named: Vec<_> = feed
        .iter()
        .map(|change| (change.change_no, change.row_id))
        .collect();
    assert_eq!(named, [(before + 1, id.0), (before + 2, id.0)]);
    for (seen, has_changed) in [(before, true), (before + 1, true), (before + 2, false)] {
        assert_eq!(
            changes::changed_since(&town.ctx.db, id.0, seen).await?,
            has_changed,
            "{seen}"
        );
    }
    // Beyond what is kept, whatever was seen is old.
    let tx = town.ctx.write().await?;
    changes::forget_before(&tx, town.ctx.now().at + TimeDelta::seconds(1)).await?;
    tx.commit().await?;
    assert!(changes::changed_since(&town.ctx.db, id.0, before + 1).await?);
    Ok(())
}

/// A service of sample endpoints, and a caller's token.
struct Desk {
    service: Service,
    token: String,
}

async fn desk(town: &Town) -> anyhow::Result<Desk> {
    let service = Service::of(&town.ctx, endpoints(&Runs::default()), no_rates())?;
    let token = service.token(UserRole::Supervisor, None).await?;
    Ok(Desk { service, token })
}

const LIST: &str = "/api/v1/tasks";
/// Of a day that has passed: midnight changes nothing of it.
const PAST: &str = "/api/v1/tasks?as_of=2026-01-01";

impl Desk {
    fn tag(&self, path: &str) -> String {
        let answer = self.service.send("GET", path, &self.token, &[], b"");
        assert_eq!(answer.status, 200);
        answer.header("etag").to_owned()
    }

    fn if_new(&self, path: &str, tag: &str) -> Response {
        let known = format!("If-None-Match: {tag}");
        self.service.send("GET", path, &self.token, &[&known], b"")
    }
}

async fn a_change_makes_a_new_tag_at_once_here_and_within_50_ms_elsewhere(
    town: &Town,
) -> anyhow::Result<()> {
    let desk = desk(town).await?;
    let other = town.another().await?;
    for round in 0..5 {
        let tag = desk.tag(LIST);
        assert_eq!(desk.if_new(LIST, &tag).status, 304);
        make_task(&town.ctx, &format!("本机{round}"), None).await?;
        let here = desk.if_new(LIST, &tag);
        assert_eq!(here.status, 200);
        let tag = here.header("etag").to_owned();
        assert_eq!(desk.if_new(LIST, &tag).status, 304);
        make_task(&other, &format!("他机{round}"), None).await?;
        tokio::time::sleep(PROMISED).await;
        let elsewhere = desk.if_new(LIST, &tag);
        assert_eq!(elsewhere.status, 200);
        // The tag is not ahead of what it stands for either.
        assert_eq!(
            elsewhere.json()["items"].as_array().map(Vec::len),
            Some(2 * (round + 1))
        );
    }
    Ok(())
}

async fn midnight_makes_a_new_tag_and_the_hours_before_do_not(town: &Town) -> anyhow::Result<()> {
    let desk = desk(town).await?;
    town.set("2026-03-09", "00:00")?;
    let (tag, past) = (desk.tag(LIST), desk.tag(PAST));
    for time in ["08:00", "15:59", "16:00", "23:59"] {
        town.set("2026-03-09", time)?;
        assert_eq!(desk.if_new(LIST, &tag).status, 304, "{time}");
    }
    town.set("2026-03-10", "00:00")?;
    let next = desk.if_new(LIST, &tag);
    assert_eq!(next.status, 200);
    assert_ne!(next.header("etag"), tag);
    assert_eq!(desk.if_new(LIST, next.header("etag")).status, 304);
    // What was asked for a day stays that day's.
    assert_eq!(desk.if_new(PAST, &past).status, 304);
    Ok(())
}

async fn reading_refusals_and_housekeeping_leave_the_tag(town: &Town) -> anyhow::Result<()> {
    let desk = desk(town).await?;
    // What housekeeping has to do at all it has done.
    town.run("housekeep").await?;
    let (tag, past) = (desk.tag(LIST), desk.tag(PAST));
    let used = token::Entity::find()
        .one(&town.ctx.db)
        .await?
        .context("a token")?
        .last_used_at;
    assert_eq!(used, None);
    let json = "Content-Type: application/json";
    let keyed = ["Idempotency-Key: k", json];
    let send = |method: &str, path: &str, token: &str, headers: &[&str], body: &[u8]| {
        desk.service.send(method, path, token, headers, body).status
    };
    assert_eq!(
        send(
            "GET",
            "/api/v1/tasks/0198c1f2-7a10-7000-8000-000000000009",
            &desk.token,
            &[],
            b""
        ),
        404
    );
    assert_eq!(send("GET", "/api/v1/tasks?x=1", &desk.token, &[], b""), 422);
    assert_eq!(send("GET", LIST, "", &[], b""), 401);
    assert_eq!(send("POST", LIST, &desk.token, &[json], b"{"), 400);
    assert_eq!(
        send(
            "POST",
            LIST,
            &desk.token,
            &keyed,
            b"{\"title\":\"\",\"weights\":[]}"
        ),
        422
    );
    assert_eq!(desk.if_new(LIST, &tag).status, 304);
    town.run("housekeep").await?;
    let used = token::Entity::find()
        .one(&town.ctx.db)
        .await?
        .context("a token")?
        .last_used_at;
    assert!(used.is_some(), "the use was written down");
    assert_eq!(desk.if_new(LIST, &tag).status, 304);
    assert_eq!(desk.if_new(PAST, &past).status, 304);
    // A day later housekeeping forgets a kept reply, which nobody can read.
    let made = b"{\"title\":\"\xe7\x94\xb2\",\"weights\":[]}";
    assert_eq!(send("POST", LIST, &desk.token, &keyed, made), 201);
    town.set("2026-03-10", "09:00")?;
    town.run("housekeep").await?;
    let past = desk.tag(PAST);
    town.set("2026-03-10", "10:01")?;
    assert_eq!(kept_replies::count(&town.ctx.db).await?, 1);
    town.run("housekeep").await?;
    assert_eq!(kept_replies::count(&town.ctx.db).await?, 0);
    assert_eq!(desk.if_new(PAST, &past).status, 304);
    Ok(())
}

async fn the_tag_is_the_same_at_every_instance(town: &Town) -> anyhow::Result<()> {
    let desk = desk(town).await?;
    let id = make_task(&town.ctx, "甲", None).await?;
    let other = Desk {
        service: Service::of(
            &town.another().await?,
            endpoints(&Runs::default()),
            no_rates(),
        )?,
        token: desk.token.clone(),
    };
    let tag = desk.tag(LIST);
    assert_eq!(other.if_new(LIST, &tag).status, 304);
    assert_eq!(other.tag(LIST), tag);
    // And what was seen at one may be changed at the other.
    let headers = [
        &format!("If-Match: {tag}"),
        "Content-Type: application/json",
    ];
    let path = format!("{LIST}/{id}");
    let change = |service: &Service| {
        service.send(
            "PATCH",
            &path,
            &desk.token,
            &headers,
            b"{\"state\":\"closed\"}",
        )
    };
    change(&other.service).expect(200);
    assert_eq!(change(&desk.service).refused(412), "stale");
    Ok(())
}

//! Who a token belongs to, and what they may do: by the next request here, within 50 ms on another instance.

use crate::support::Town;
use crate::support::town::{UNITS, instant};
use anyhow::Context;
use chrono::TimeDelta;
use duban::domain::access::{Action, Membership, Reach, Viewer};
use duban::domain::email_address::EmailAddress;
use duban::domain::ids::{UnitId, UserId};
use duban::domain::resource::Resource;
use duban::domain::token_scope::TokenScope;
use duban::domain::user_role::UserRole;
use duban::flow::Ctx;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::manage_users::{
    NewUser, TokenMade, UserChange, change_user, create_user, make_token, revoke_token,
};
use duban::flow::recognise_caller::recognise_caller;
use duban::storage::{changes, users};
use entity::change;
use sea_orm::{ActiveValue::Set, EntityTrait};
use std::sync::Arc;
use std::time::Duration;

on_both!(
    a_token_is_good_until_its_last_moment,
    what_was_never_a_token_is_none,
    a_revoked_token_is_none_at_once,
    a_disabled_user_s_tokens_are_none_until_it_is_enabled,
    a_user_without_role_is_nobody,
    the_next_request_has_the_new_role,
    another_instance_knows_within_50_ms,
    a_caller_is_looked_up_again_only_where_users_tokens_or_units_changed,
    no_revocation_hides_behind_many_changes,
    no_revocation_hides_in_what_is_no_longer_kept,
    who_sees_other_rows_has_another_scope,
    a_district_meets_the_schools_below_it,
    a_token_s_text_is_stored_nowhere,
);

/// What is promised of a change made by another instance (design §7). Waiting for it is what these tests are about.
const PROMISED: Duration = Duration::from_millis(50);

struct Caller {
    user: UserId,
    token: TokenMade,
}

async fn unit(ctx: &Ctx, code: &str) -> anyhow::Result<UnitId> {
    let directory = ctx.units().await?;
    let unit = directory.by_code(code).map(|unit| unit.id);
    unit.ok_or_else(|| anyhow::anyhow!("no unit {code}"))
}

async fn caller(town: &Town, roles: Vec<Membership>, days: u32) -> anyhow::Result<Caller> {
    let new = NewUser {
        email: EmailAddress::parse("somebody@example.org")
            .map_err(|error| anyhow::anyhow!("{error:?}"))?,
        name: None,
        roles,
    };
    let user = create_user(&town.ctx, new).await?.id;
    let token = make_token(&town.ctx, user, "test", TokenScope::Write, days).await?;
    Ok(Caller { user, token })
}

fn office() -> Vec<Membership> {
    vec![Membership {
        role: UserRole::Supervisor,
        unit_id: None,
    }]
}

async fn known(ctx: &Ctx, caller: &Caller) -> anyhow::Result<Option<Arc<Viewer>>> {
    Ok(recognise_caller(ctx, &caller.token.text).await?)
}

async fn change(ctx: &Ctx, caller: &Caller, change: UserChange) -> anyhow::Result<()> {
    change_user(ctx, caller.user, change, None).await?;
    Ok(())
}

fn enabled(enabled: bool) -> UserChange {
    UserChange {
        enabled: Some(enabled),
        ..UserChange::default()
    }
}

fn roles(roles: Vec<Membership>) -> UserChange {
    UserChange {
        roles: Some(roles),
        ..UserChange::default()
    }
}

async fn a_token_is_good_until_its_last_moment(town: &Town) -> anyhow::Result<()> {
    let caller = caller(town, office(), 30).await?;
    let ends = caller.token.token.expires_at;
    assert_eq!(ends, instant(town, "2026-04-08", "10:00")?);
    for (at, is_good) in [
        (ends - TimeDelta::seconds(1), true),
        (ends - TimeDelta::microseconds(1), true),
        (ends, false),
        (ends + TimeDelta::seconds(1), false),
        // What is remembered of a token is no verdict for good.
        (ends - TimeDelta::seconds(1), true),
    ] {
        town.clock.set(at);
        assert_eq!(known(&town.ctx, &caller).await?.is_some(), is_good, "{at}");
    }
    Ok(())
}

async fn what_was_never_a_token_is_none(town: &Town) -> anyhow::Result<()> {
    let caller = caller(town, office(), 30).await?;
    let good = caller.token.text.clone();
    let hash = caller.token.token.hash.clone();
    let last = match good.ends_with('0') {
        true => "1",
        false => "0",
    };
    for bad in [
        String::new(),
        "duban_".to_owned(),
        good[..good.len() - 1].to_owned(),
        format!("{}{last}", &good[..good.len() - 1]),
        format!("{good}0"),
        good.to_uppercase(),
        good.trim_start_matches("duban_").to_owned(),
        // Whoever reads the database has no token yet.
        hash.clone(),
        format!("duban_{hash}"),
        caller.token.token.id.to_string(),
    ] {
        assert!(recognise_caller(&town.ctx, &bad).await?.is_none(), "{bad}");
    }
    assert!(recognise_caller(&town.ctx, &good).await?.is_some());
    Ok(())
}

async fn a_revoked_token_is_none_at_once(town: &Town) -> anyhow::Result<()> {
    let caller = caller(town, office(), 30).await?;
    let other = make_token(&town.ctx, caller.user, "other", TokenScope::Read, 30).await?;
    assert!(known(&town.ctx, &caller).await?.is_some());
    revoke_token(&town.ctx, caller.token.token.id, None).await?;
    assert!(known(&town.ctx, &caller).await?.is_none());
    let viewer = recognise_caller(&town.ctx, &other.text).await?;
    let viewer = viewer.ok_or_else(|| anyhow::anyhow!("the other token is good"))?;
    assert_eq!(
        (viewer.token_id, viewer.scope),
        (other.token.id, TokenScope::Read)
    );
    assert!(viewer.may(Action::ReadTasks) && !viewer.may(Action::WriteTasks));
    Ok(())
}

async fn a_disabled_user_s_tokens_are_none_until_it_is_enabled(town: &Town) -> anyhow::Result<()> {
    let caller = caller(town, office(), 30).await?;
    for is_enabled in [true, false, true] {
        change(&town.ctx, &caller, enabled(is_enabled)).await?;
        assert_eq!(known(&town.ctx, &caller).await?.is_some(), is_enabled);
    }
    Ok(())
}

async fn a_user_without_role_is_nobody(town: &Town) -> anyhow::Result<()> {
    let caller = caller(town, Vec::new(), 30).await?;
    assert!(known(&town.ctx, &caller).await?.is_none());
    change(&town.ctx, &caller, roles(office())).await?;
    assert!(known(&town.ctx, &caller).await?.is_some());
    change(&town.ctx, &caller, roles(Vec::new())).await?;
    assert!(known(&town.ctx, &caller).await?.is_none());
    Ok(())
}

async fn the_next_request_has_the_new_role(town: &Town) -> anyhow::Result<()> {
    town.import_units(UNITS).await?;
    let caller = caller(town, office(), 30).await?;
    let before = known(&town.ctx, &caller).await?;
    let before = before.ok_or_else(|| anyhow::anyhow!("known"))?;
    assert!(before.may(Action::WriteTasks));
    assert_eq!(before.reach(Action::ReadTasks), Reach::All);
    let contact = Membership {
        role: UserRole::UnitContact,
        unit_id: Some(unit(&town.ctx, "S1").await?),
    };
    change(&town.ctx, &caller, roles(vec![contact])).await?;
    let after = known(&town.ctx, &caller).await?;
    let after = after.ok_or_else(|| anyhow::anyhow!("known"))?;
    assert_eq!(after.memberships, [contact]);
    assert!(!after.may(Action::WriteTasks));
    assert_ne!(after.reach(Action::ReadTasks), Reach::All);
    assert_ne!(after.scope_key, before.scope_key);
    Ok(())
}

async fn another_instance_knows_within_50_ms(town: &Town) -> anyhow::Result<()> {
    town.import_units(UNITS).await?;
    let other = town.another().await?;
    let caller = caller(town, office(), 30).await?;
    let contact = Membership {
        role: UserRole::UnitContact,
        unit_id: Some(unit(&town.ctx, "S1").await?),
    };
    let steps: [(UserChange, Option<Action>); 4] = [
        (roles(vec![contact]), Some(Action::AnswerObligations)),
        (roles(office()), Some(Action::WriteTasks)),
        (enabled(false), None),
        (enabled(true), Some(Action::WriteTasks)),
    ];
    tokio::time::sleep(PROMISED).await;
    for (step, may) in steps {
        // The other instance has just looked: what it knows is as fresh as it can be when the change comes.
        known(&other, &caller).await?;
        change(&town.ctx, &caller, step).await?;
        tokio::time::sleep(PROMISED).await;
        let seen = known(&other, &caller).await?;
        assert_eq!(seen.is_some(), may.is_some());
        assert!(may.is_none_or(|action| seen.is_some_and(|viewer| viewer.may(action))));
    }
    known(&other, &caller).await?;
    revoke_token(&town.ctx, caller.token.token.id, None).await?;
    tokio::time::sleep(PROMISED).await;
    assert!(known(&other, &caller).await?.is_none());
    Ok(())
}

async fn a_caller_is_looked_up_again_only_where_users_tokens_or_units_changed(
    town: &Town,
) -> anyhow::Result<()> {
    town.import_units(UNITS).await?;
    let one = caller(town, office(), 30).await?;
    let mut before = known(&town.ctx, &one).await?.context("known")?;
    let mut is_same = async |what: &str| -> anyhow::Result<bool> {
        let after = known(&town.ctx, &one).await?.context(what.to_owned())?;
        let is_same = Arc::ptr_eq(&before, &after);
        before = after;
        Ok(is_same)
    };
    assert!(is_same("nothing").await?);
    town.import().await?;
    assert!(is_same("a plan").await?);
    make_token(&town.ctx, one.user, "other", TokenScope::Read, 30).await?;
    assert!(!is_same("a token").await?);
    town.issue(CyclesAtIssue::Off).await?;
    assert!(is_same("tasks").await?);
    change(&town.ctx, &one, roles(office())).await?;
    assert!(!is_same("a user").await?);
    town.import_units(&UNITS.replace("东区第一小学", "东区实验小学"))
        .await?;
    assert!(!is_same("a unit").await?);
    Ok(())
}

async fn no_revocation_hides_behind_many_changes(town: &Town) -> anyhow::Result<()> {
    let other = town.another().await?;
    let caller = caller(town, office(), 30).await?;
    tokio::time::sleep(PROMISED).await;
    assert!(known(&other, &caller).await?.is_some());
    let next = changes::span(&town.ctx.db).await?.newest + 1;
    let at = town.ctx.now().at;
    let tasks = (0..1_000).map(|position| change::ActiveModel {
        change_no: Set(next),
        position: Set(position),
        resource: Set(Resource::Tasks.as_str().to_owned()),
        row_id: Set(caller.user.0),
        changed_at: Set(at),
    });
    let tx = town.ctx.write().await?;
    change::Entity::insert_many(tasks)
        .exec_without_returning(&tx)
        .await?;
    tx.commit().await?;
    revoke_token(&town.ctx, caller.token.token.id, None).await?;
    tokio::time::sleep(PROMISED).await;
    assert!(known(&other, &caller).await?.is_none());
    Ok(())
}

async fn no_revocation_hides_in_what_is_no_longer_kept(town: &Town) -> anyhow::Result<()> {
    let other = town.another().await?;
    let caller = caller(town, office(), 30).await?;
    tokio::time::sleep(PROMISED).await;
    assert!(known(&other, &caller).await?.is_some());
    revoke_token(&town.ctx, caller.token.token.id, None).await?;
    let tx = town.ctx.write().await?;
    changes::forget_before(&tx, town.ctx.now().at + TimeDelta::seconds(1)).await?;
    tx.commit().await?;
    tokio::time::sleep(PROMISED).await;
    assert!(known(&other, &caller).await?.is_none());
    Ok(())
}

async fn who_sees_other_rows_has_another_scope(town: &Town) -> anyhow::Result<()> {
    town.import_units(UNITS).await?;
    let mut keys = Vec::new();
    let head = |unit_id| Membership {
        role: UserRole::UnitHead,
        unit_id: Some(unit_id),
    };
    let (s1, s2) = (unit(&town.ctx, "S1").await?, unit(&town.ctx, "S2").await?);
    let all = [
        office(),
        vec![Membership {
            role: UserRole::Leader,
            unit_id: None,
        }],
        vec![head(s1)],
        vec![head(s2)],
        vec![head(s1), head(s2)],
        vec![head(unit(&town.ctx, "D1").await?)],
    ];
    let caller = caller(town, office(), 30).await?;
    for some in all {
        change(&town.ctx, &caller, roles(some)).await?;
        let viewer = known(&town.ctx, &caller).await?;
        keys.extend(viewer.map(|viewer| viewer.scope_key.clone()));
    }
    // A school that moves under another district is seen by other people from then on.
    town.import_units(&UNITS.replace("S1,东区第一小学,school,D1", "S1,东区第一小学,school,D2"))
        .await?;
    let viewer = known(&town.ctx, &caller).await?;
    keys.extend(viewer.map(|viewer| viewer.scope_key.clone()));
    let count = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!((count, keys.len()), (7, 7));
    Ok(())
}

async fn a_district_meets_the_schools_below_it(town: &Town) -> anyhow::Result<()> {
    town.import_units(UNITS).await?;
    let head = Membership {
        role: UserRole::UnitHead,
        unit_id: Some(unit(&town.ctx, "D1").await?),
    };
    let caller = caller(town, vec![head], 30).await?;
    let viewer = known(&town.ctx, &caller).await?;
    let viewer = viewer.ok_or_else(|| anyhow::anyhow!("known"))?;
    for (code, reads, answers) in [
        ("D1", true, true),
        ("S1", true, false),
        ("S4", false, false),
        ("B0", false, false),
    ] {
        let unit = unit(&town.ctx, code).await?;
        assert_eq!(
            viewer.reach(Action::ReadObligations).covers(unit),
            reads,
            "{code}"
        );
        assert_eq!(
            viewer.reach(Action::AnswerObligations).covers(unit),
            answers,
            "{code}"
        );
    }
    Ok(())
}

async fn a_token_s_text_is_stored_nowhere(town: &Town) -> anyhow::Result<()> {
    let caller = caller(town, office(), 30).await?;
    known(&town.ctx, &caller).await?;
    town.run("housekeep").await?;
    let text = &caller.token.text;
    let secret = text.trim_start_matches("duban_");
    let rows = crate::support::state::rows(&town.ctx.db).await?;
    let hash = &caller.token.token.hash;
    assert!(
        rows.iter().any(|row| row.contains(hash)),
        "every row is looked at"
    );
    assert!(!rows.iter().any(|row| row.contains(secret)));
    let stored = users::token(&town.ctx.db, caller.token.token.id).await?;
    assert_eq!(stored.map(|token| token.hash).as_ref(), Some(hash));
    Ok(())
}

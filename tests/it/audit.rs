//! The audit: every change is written with the change itself, and sealed so that whoever touches it afterwards is found.

use crate::support::Town;
use crate::support::town::UNITS;
use duban::domain::access::Membership;
use duban::domain::actor::Actor;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::email_address::EmailAddress;
use duban::domain::ids::{TokenId, UserId};
use duban::domain::obligation::ObligationKind;
use duban::domain::token_scope::TokenScope;
use duban::domain::unit_kind::UnitKind;
use duban::domain::user_role::UserRole;
use duban::flow::close_asks::close_round_by_hand;
use duban::flow::import_calendar::import_calendar;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::manage_contacts::{Wanted, end_contact, move_contacts, set_contact};
use duban::flow::manage_units::{NewUnit, UnitChange, change_unit, create_unit};
use duban::flow::manage_users::{
    NewUser, UserChange, change_user, create_user, make_token, revoke_token,
};
use duban::flow::seal_audit::{AuditVerified, seal_audit, verify_audit};
use duban::flow::{Ctx, FlowError};
use duban::storage::contacts;
use entity::audit_event;
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, QueryOrder};
use uuid::Uuid;

async fn events(town: &Town) -> anyhow::Result<Vec<audit_event::Model>> {
    let find = audit_event::Entity::find()
        .order_by_asc(audit_event::Column::HappenedAt)
        .order_by_asc(audit_event::Column::Id);
    Ok(find.all(&town.ctx.db).await?)
}

fn somebody(ctx: &Ctx) -> Ctx {
    ctx.acting_as(Actor::User {
        user_id: UserId(Uuid::from_u128(5)),
        token_id: TokenId(Uuid::from_u128(6)),
        address: "he@example.org".to_owned(),
        stands_in_for: Vec::new(),
    })
    .for_request("r-1")
}

fn wanted(name: &str, email: &str) -> Wanted {
    Wanted {
        name: Some(name.to_owned()),
        email: EmailAddress::parse(email).ok(),
    }
}

/// The events of what `act` did: action, whether it tells what was, whether it tells what is.
async fn told(
    town: &Town,
    act: impl AsyncFnOnce(&Ctx) -> Result<(), FlowError>,
) -> anyhow::Result<Vec<(String, bool, bool)>> {
    let before: Vec<Uuid> = events(town).await?.iter().map(|event| event.id).collect();
    act(&somebody(&town.ctx)).await?;
    let mut new = events(town).await?;
    new.retain(|event| !before.contains(&event.id));
    for event in &new {
        assert_eq!(
            (
                event.actor_kind.as_str(),
                event.actor.as_str(),
                event.outcome.as_str()
            ),
            ("user", "he@example.org", "done")
        );
        assert_eq!(
            (event.user_id, event.token_id, event.request_id.as_deref()),
            (
                Some(Uuid::from_u128(5)),
                Some(Uuid::from_u128(6)),
                Some("r-1")
            )
        );
        assert!(
            event.row_id.is_some() && !event.target.is_empty(),
            "{event:?}"
        );
    }
    Ok(new
        .into_iter()
        .map(|event| (event.action, event.before.is_some(), event.after.is_some()))
        .collect())
}

fn one(action: &str, before: bool, after: bool) -> Vec<(String, bool, bool)> {
    vec![(action.to_owned(), before, after)]
}

async fn contacts_and_units_tell_before_and_after(town: &Town) -> anyhow::Result<()> {
    town.import_units(UNITS).await?;
    let directory = town.ctx.units().await?;
    let id = |code: &str| directory.by_code(code).map(|unit| unit.id).expect("a unit");
    let (s1, s2) = (id("S1"), id("S2"));
    let he = wanted("何老师", "he@town.example.org");
    let set = told(town, async |ctx: &Ctx| {
        set_contact(ctx, s1, &he, None).await
    });
    assert_eq!(set.await?, one("set_contact", true, true));
    let again = told(town, async |ctx: &Ctx| {
        set_contact(ctx, s1, &he, None).await
    });
    assert_eq!(again.await?, [], "nothing done, nothing told");
    let moved = told(town, async |ctx: &Ctx| {
        move_contacts(ctx, &[s1, s2], &he).await.map(drop)
    });
    assert_eq!(
        moved.await?,
        one("move_contact", true, true),
        "one unit had it already"
    );
    let contact = contacts::last_of(&town.ctx.db, s2)
        .await?
        .expect("a contact")
        .id;
    let ended = told(town, async |ctx: &Ctx| {
        end_contact(ctx, contact, None).await
    });
    assert_eq!(ended.await?, one("end_contact", true, false));
    let new = NewUnit {
        code: "N1".to_owned(),
        name: "新单位".to_owned(),
        kind: UnitKind::External,
        parent_code: None,
        aliases: vec![],
        levels: vec![],
        groups: vec![],
        liaison: None,
    };
    let made = told(town, async |ctx: &Ctx| {
        create_unit(ctx, new).await.map(drop)
    });
    assert_eq!(made.await?, one("create_unit", false, true));
    let change = UnitChange {
        liaison: Some(Some("王局长".to_owned())),
        ..UnitChange::default()
    };
    let same = change.clone();
    let changed = told(town, async |ctx: &Ctx| {
        change_unit(ctx, s1, change, None).await
    });
    assert_eq!(changed.await?, one("change_unit", true, true));
    let unchanged = told(town, async |ctx: &Ctx| {
        change_unit(ctx, s1, same, None).await
    });
    assert_eq!(unchanged.await?, []);
    Ok(())
}

async fn users_and_tokens_tell_before_and_after(town: &Town) -> anyhow::Result<()> {
    let new = NewUser {
        email: EmailAddress::parse("a@example.org")?,
        name: None,
        roles: vec![Membership {
            role: UserRole::Administrator,
            unit_id: None,
        }],
    };
    let made = told(town, async |ctx: &Ctx| {
        create_user(ctx, new).await.map(drop)
    });
    assert_eq!(made.await?, one("create_user", false, true));
    let user = UserId(events(town).await?[0].row_id.expect("the user"));
    let change = UserChange {
        name: Some(Some("甲".to_owned())),
        ..UserChange::default()
    };
    let changed = told(town, async |ctx: &Ctx| {
        change_user(ctx, user, change, None).await.map(drop)
    });
    assert_eq!(changed.await?, one("change_user", true, true));
    let mut token = None;
    let given = told(town, async |ctx: &Ctx| {
        let made = make_token(ctx, user, "x", TokenScope::Read, 1).await?;
        token = Some(made);
        Ok(())
    });
    assert_eq!(given.await?, one("make_token", false, true));
    let token = token.expect("a token");
    let revoked = told(town, async |ctx: &Ctx| {
        revoke_token(ctx, token.token.id, None).await
    });
    assert_eq!(revoked.await?, one("revoke_token", false, false));
    let text = format!("{:?}", events(town).await?);
    assert!(!text.contains(&token.text) && !text.contains(&token.token.hash));
    Ok(())
}

async fn supervision_is_told_from_import_to_close(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-02", "10:00")?;
    town.issue(CyclesAtIssue::On).await?;
    town.dawn("2026-04-01").await?;
    let round = town
        .rounds(CycleKind::SpotCheck)
        .await?
        .pop()
        .expect("a round");
    let closed = told(town, async |ctx: &Ctx| {
        close_round_by_hand(ctx, round.id).await.map(drop)
    });
    assert_eq!(closed.await?[0].0, "close_round");
    let ask = town.ask("S1", ObligationKind::Acknowledge).await?;
    town.answer(ask.id).await?;
    import_calendar(
        &town.ctx,
        "学期.csv",
        "学年,学期,学段,开始,结束\n2027,1,小学,2027-09-01,2028-01-20\n".as_bytes(),
    )
    .await?;
    let all = events(town).await?;
    let actions: Vec<&str> = all.iter().map(|event| event.action.as_str()).collect();
    for action in [
        "import_units",
        "import_plans",
        "issue_tasks",
        "open_round",
        "close_round",
        "answer_obligations",
        "import_calendar",
    ] {
        assert!(actions.contains(&action), "{action}: {actions:?}");
    }
    let issued = all
        .iter()
        .find(|event| event.action == "issue_tasks")
        .expect("it was issued");
    assert_eq!(issued.row_id, Some(town.plan().await?.id.0));
    Ok(())
}

async fn a_refused_change_leaves_no_event(town: &Town) -> anyhow::Result<()> {
    town.import_units(UNITS).await?;
    let before = events(town).await?;
    let directory = town.ctx.units().await?;
    let s1 = directory.by_code("S1").expect("a unit").id;
    let circle = UnitChange {
        parent_code: Some(Some("S1".to_owned())),
        ..UnitChange::default()
    };
    assert!(change_unit(&town.ctx, s1, circle, None).await.is_err());
    let nobody = Wanted {
        name: None,
        email: None,
    };
    assert!(set_contact(&town.ctx, s1, &nobody, None).await.is_err());
    assert_eq!(events(town).await?, before);
    Ok(())
}

/// A sealed chain of seven events.
async fn sealed(town: &Town) -> anyhow::Result<AuditVerified> {
    town.import_units(UNITS).await?;
    let directory = town.ctx.units().await?;
    let s1 = directory.by_code("S1").expect("a unit").id;
    for number in 0..6 {
        let contact = wanted("何老师", &format!("n{number}@town.example.org"));
        set_contact(&town.ctx, s1, &contact, None).await?;
    }
    assert_eq!(seal_audit(&town.ctx).await?.done, 7);
    let verified = verify_audit(&town.ctx, None).await?;
    assert_eq!(
        (verified.whole, verified.checked, verified.unsealed),
        (true, 7, 0)
    );
    assert_eq!(
        seal_audit(&town.ctx).await?.done,
        0,
        "what is sealed is not sealed again"
    );
    Ok(verified)
}

async fn found(town: &Town, sql: &str) -> anyhow::Result<(i64, String)> {
    town.ctx.db.execute_unprepared(sql).await?;
    let verified = verify_audit(&town.ctx, None).await?;
    assert_eq!(verified.whole, verified.broken.is_none());
    Ok((verified.checked, verified.broken.unwrap_or_default()))
}

async fn an_altered_event_is_found_and_named(town: &Town) -> anyhow::Result<()> {
    sealed(town).await?;
    let id = events(town)
        .await?
        .into_iter()
        .find(|event| event.chain_no == Some(3))
        .expect("the third")
        .id;
    let (checked, broken) = found(
        town,
        "UPDATE audit_event SET actor = 'nobody' WHERE chain_no = 3",
    )
    .await?;
    assert_eq!(checked, 2);
    assert!(
        broken.contains("第 3 条") && broken.contains(&id.to_string()),
        "{broken}"
    );
    Ok(())
}

async fn a_removed_event_is_missed(town: &Town) -> anyhow::Result<()> {
    sealed(town).await?;
    let (checked, broken) = found(town, "DELETE FROM audit_event WHERE chain_no = 3").await?;
    assert_eq!((checked, broken.as_str()), (2, "缺少第 3 条审计记录"));
    Ok(())
}

async fn an_inserted_event_is_found(town: &Town) -> anyhow::Result<()> {
    sealed(town).await?;
    // Room is made behind the fourth, and a copy of the first put there with the hash of the one that was there.
    town.ctx
        .db
        .execute_unprepared("UPDATE audit_event SET chain_no = chain_no + 100 WHERE chain_no > 4")
        .await?;
    town.ctx
        .db
        .execute_unprepared("UPDATE audit_event SET chain_no = chain_no - 99 WHERE chain_no > 100")
        .await?;
    let mut forged = events(town)
        .await?
        .into_iter()
        .find(|event| event.chain_no == Some(1))
        .expect("the first");
    forged.id = Uuid::now_v7();
    forged.chain_no = Some(5);
    let id = forged.id;
    let row: audit_event::ActiveModel = forged.into();
    audit_event::Entity::insert(row.reset_all())
        .exec_without_returning(&town.ctx.db)
        .await?;
    let verified = verify_audit(&town.ctx, None).await?;
    assert_eq!((verified.whole, verified.checked), (false, 4));
    let broken = verified.broken.unwrap_or_default();
    assert!(
        broken.contains("第 5 条") && broken.contains(&id.to_string()),
        "{broken}"
    );
    Ok(())
}

async fn a_cut_tail_is_found(town: &Town) -> anyhow::Result<()> {
    let whole = sealed(town).await?;
    let (checked, broken) = found(town, "DELETE FROM audit_event WHERE chain_no > 5").await?;
    assert_eq!(
        (checked, broken.as_str()),
        (5, "末尾的审计记录缺失：应有 7 条，实有 5 条")
    );
    // Who also forges the head kept in the database is found by the head that was noted down outside.
    let head = events(town)
        .await?
        .into_iter()
        .find(|event| event.chain_no == Some(5))
        .and_then(|event| event.hash);
    let forge = format!(
        "UPDATE mark SET value = '5:{}' WHERE name = 'audit_head'",
        head.unwrap_or_default()
    );
    assert_eq!(found(town, &forge).await?, (5, String::new()));
    let anchored = verify_audit(&town.ctx, Some((7, &whole.head))).await?;
    assert!(!anchored.whole);
    assert!(anchored.broken.is_some_and(|text| text.contains("第 7 条")));
    Ok(())
}

async fn a_chain_written_anew_is_found_by_an_anchor(town: &Town) -> anyhow::Result<()> {
    let whole = sealed(town).await?;
    for sql in [
        "UPDATE audit_event SET actor = 'nobody', chain_no = NULL, hash = NULL",
        "DELETE FROM mark WHERE name = 'audit_head'",
    ] {
        town.ctx.db.execute_unprepared(sql).await?;
    }
    seal_audit(&town.ctx).await?;
    assert!(
        verify_audit(&town.ctx, None).await?.whole,
        "nothing inside tells"
    );
    let anchored = verify_audit(&town.ctx, Some((7, &whole.head))).await?;
    assert!(!anchored.whole && anchored.broken.is_some());
    Ok(())
}

async fn instances_that_seal_at_once_make_one_chain(town: &Town) -> anyhow::Result<()> {
    town.import_units(UNITS).await?;
    let other = town.another().await?;
    let directory = town.ctx.units().await?;
    let s1 = directory.by_code("S1").expect("a unit").id;
    for round in 0..3 {
        for number in 0..20 {
            let contact = wanted("何老师", &format!("n{round}-{number}@town.example.org"));
            set_contact(&town.ctx, s1, &contact, None).await?;
        }
        let (one, two) = tokio::join!(seal_audit(&town.ctx), seal_audit(&other));
        // Whoever comes second may be turned away, and leaves nothing half done.
        assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
    }
    seal_audit(&town.ctx).await?;
    let verified = verify_audit(&other, None).await?;
    assert_eq!(
        (verified.whole, verified.checked, verified.unsealed),
        (true, 61, 0)
    );
    Ok(())
}

async fn later_events_go_on_from_the_last_seal(town: &Town) -> anyhow::Result<()> {
    sealed(town).await?;
    town.set("2026-03-09", "11:00")?;
    let directory = town.ctx.units().await?;
    let s1 = directory.by_code("S1").expect("a unit").id;
    set_contact(
        &town.ctx,
        s1,
        &wanted("何老师", "last@town.example.org"),
        None,
    )
    .await?;
    let before = verify_audit(&town.ctx, None).await?;
    assert_eq!((before.checked, before.unsealed), (7, 1));
    seal_audit(&town.ctx).await?;
    let after = verify_audit(&town.ctx, Some((7, &before.head))).await?;
    assert_eq!((after.whole, after.checked, after.unsealed), (true, 8, 0));
    Ok(())
}

on_both! {
    contacts_and_units_tell_before_and_after,
    users_and_tokens_tell_before_and_after,
    supervision_is_told_from_import_to_close,
    a_refused_change_leaves_no_event,
    an_altered_event_is_found_and_named,
    a_removed_event_is_missed,
    an_inserted_event_is_found,
    a_cut_tail_is_found,
    a_chain_written_anew_is_found_by_an_anchor,
    instances_that_seal_at_once_make_one_chain,
    later_events_go_on_from_the_last_seal,
}

//! Sessions of people: how they begin, how long they last, how they end. Bad input A7, A8.

use crate::support::Town;
use crate::support::pages::all;
use crate::support::service::Service;
use crate::support::state::state_hash;
use crate::support::town::instant;
use crate::support::web_browser::{Browser, LI, PASSWORD, sign_in, signed_up, text};
use chrono::TimeDelta;
use duban::domain::user_role::UserRole;
use duban::flow::manage_users::{UserChange, change_user};
use duban::flow::recognise_caller::{recognise_caller, recognise_session};
use duban::storage::users;
use std::time::Duration;

on_both!(
    a_session_from_before_is_not_kept,
    a_session_ends_when_it_is_not_used_and_at_the_latest_after_a_week,
    signing_out_ends_the_session_and_others_end_from_afar,
    another_password_ends_all_other_sessions,
    a_disabled_user_is_out_at_once_and_for_good,
    tokens_and_sessions_are_not_good_in_each_other_s_place,
);

async fn a_session_from_before_is_not_kept(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let browser = Browser::new(&service);
    let planted = format!("dubans_{}", "0".repeat(64));
    *browser.cookie.borrow_mut() = Some(format!("duban={planted}"));
    assert!(!browser.is_in());
    assert_eq!(sign_in(&browser, "li@town.example.org", PASSWORD), 303);
    let first = browser.session();
    assert_ne!(first, planted);
    // Signing in once more gives another session, and the one before ends.
    assert_eq!(sign_in(&browser, "li@town.example.org", PASSWORD), 303);
    assert_ne!(browser.session(), first);
    assert!(browser.is_in());
    assert!(recognise_session(&town.ctx, &first).await?.is_none());
    // Two cookies of one name are nobody's.
    let two = format!("duban={}; duban={first}", browser.session());
    *browser.cookie.borrow_mut() = Some(two);
    assert!(!browser.is_in());
    Ok(())
}

async fn a_session_ends_when_it_is_not_used_and_at_the_latest_after_a_week(
    town: &Town,
) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let browser = Browser::new(&service);
    assert_eq!(sign_in(&browser, "li@town.example.org", PASSWORD), 303);
    let begun = instant(town, "2026-03-09", "10:00")?;
    let another = town.another().await?;
    // Looking at pages changes nothing for an hour.
    let before = state_hash(&town.ctx.db).await?;
    town.clock.set(begun + TimeDelta::minutes(59));
    assert!(browser.is_in());
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    assert!(
        recognise_session(&another, &browser.session())
            .await?
            .is_some()
    );
    // Used after eleven hours, it is good for twelve more, for other instances too, though nothing else has changed.
    let counted = town.ctx.db.change_no().await?;
    town.clock.set(begun + TimeDelta::hours(11));
    assert!(browser.is_in());
    town.clock.set(begun + TimeDelta::hours(22));
    assert!(
        recognise_session(&another, &browser.session())
            .await?
            .is_some()
    );
    assert!(browser.is_in());
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(town.ctx.db.change_no().await?, counted);
    town.clock.set(begun + TimeDelta::hours(34));
    assert!(!browser.is_in(), "not used for twelve hours");
    assert!(
        recognise_session(&another, &browser.session())
            .await?
            .is_none()
    );
    // Used every ten hours, it ends after seven days.
    assert_eq!(sign_in(&browser, "li@town.example.org", PASSWORD), 303);
    let begun = begun + TimeDelta::hours(34);
    for hours in (10..168).step_by(10) {
        town.clock.set(begun + TimeDelta::hours(hours));
        assert!(browser.is_in(), "{hours}");
    }
    town.clock
        .set(begun + TimeDelta::days(7) - TimeDelta::seconds(1));
    assert!(browser.is_in());
    town.clock.set(begun + TimeDelta::days(7));
    assert!(!browser.is_in());
    Ok(())
}

async fn signing_out_ends_the_session_and_others_end_from_afar(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let browsers: Vec<Browser<'_>> = (0..4).map(|_| Browser::new(&service)).collect();
    for browser in &browsers {
        assert_eq!(sign_in(browser, "li@town.example.org", PASSWORD), 303);
    }
    let kept = browsers[0].session();
    let out = browsers[0].send("/sign-out", &[]);
    assert_eq!((out.status, out.header("location")), (303, "/sign-in"));
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert!(recognise_session(&town.ctx, &kept).await?.is_none());
    // One, by its button.
    let page = text(&browsers[1].get("/account"));
    let ends: Vec<&str> = page
        .split("action=\"/account/sessions/")
        .filter_map(|rest| rest.split_once("/end\"").map(|(id, _)| id))
        .filter(|id| id.len() == 36)
        .collect();
    assert_eq!(
        ends.len(),
        2 + 1,
        "two others, and that of the first password: {page}"
    );
    let ended = browsers[1].send(&format!("/account/sessions/{}/end", ends[0]), &[]);
    assert_eq!(ended.status, 303);
    let left: Vec<bool> = browsers[1..].iter().map(Browser::is_in).collect();
    assert_eq!(left, [true, true, false]);
    // All others.
    assert_eq!(browsers[1].send("/account/sessions/end", &[]).status, 303);
    let left: Vec<bool> = browsers[1..].iter().map(Browser::is_in).collect();
    assert_eq!(left, [true, false, false]);
    // Over REST.
    let office = service.token(UserRole::Administrator, None).await?;
    let sessions = all(&service, &office, "/tokens?kind=session&revoked=false", 50);
    assert_eq!(sessions.len(), 1);
    let path = format!("/tokens/{}", sessions[0]["id"].as_str().unwrap_or_default());
    let etag = service.get(&office, &path).header("etag").to_owned();
    assert_eq!(service.delete(&office, &path, &etag).status, 204);
    assert!(!browsers[1].is_in());
    // Somebody else's stays.
    signed_up(
        town,
        &service,
        "wu@town.example.org",
        UserRole::Supervisor,
        None,
        PASSWORD,
    )
    .await?;
    let (li, wu) = (&browsers[2], &browsers[3]);
    assert_eq!(sign_in(li, "li@town.example.org", PASSWORD), 303);
    assert_eq!(sign_in(wu, "wu@town.example.org", PASSWORD), 303);
    let of_wu = recognise_session(&town.ctx, &wu.session())
        .await?
        .expect("a viewer");
    li.send(&format!("/account/sessions/{}/end", of_wu.token_id), &[]);
    assert!(wu.is_in());
    Ok(())
}

async fn another_password_ends_all_other_sessions(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let (one, two) = (Browser::new(&service), Browser::new(&service));
    for browser in [&one, &two] {
        assert_eq!(sign_in(browser, "li@town.example.org", PASSWORD), 303);
    }
    let new = "两岸青山相对出 2026";
    let form = |present: &'static str, new: &'static str| {
        [("present", present), ("new_password", new), ("again", new)]
    };
    let before = state_hash(&town.ctx.db).await?;
    assert_eq!(
        one.send("/account/password", &form("wrong password", new))
            .status,
        422
    );
    assert_eq!(one.send("/account/password", &form("", new)).status, 422);
    assert_eq!(
        one.send("/account/password", &form(PASSWORD, "short"))
            .status,
        422
    );
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    assert!(two.is_in());
    assert_eq!(
        one.send("/account/password", &form(PASSWORD, new)).status,
        303
    );
    assert!(one.is_in() && !two.is_in());
    assert_eq!(sign_in(&two, "li@town.example.org", PASSWORD), 422);
    assert_eq!(sign_in(&two, "li@town.example.org", new), 303);
    Ok(())
}

async fn a_disabled_user_is_out_at_once_and_for_good(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let browser = Browser::new(&service);
    assert_eq!(sign_in(&browser, "li@town.example.org", PASSWORD), 303);
    let user = users::by_address(&town.ctx.db, "li@town.example.org")
        .await?
        .expect("a user");
    let enabled = |enabled| UserChange {
        enabled: Some(enabled),
        ..UserChange::default()
    };
    change_user(&town.ctx, user.id, enabled(false), None).await?;
    assert!(!browser.is_in());
    assert_eq!(sign_in(&browser, "li@town.example.org", PASSWORD), 422);
    change_user(&town.ctx, user.id, enabled(true), None).await?;
    assert!(!browser.is_in());
    assert_eq!(sign_in(&browser, "li@town.example.org", PASSWORD), 303);
    Ok(())
}

async fn tokens_and_sessions_are_not_good_in_each_other_s_place(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let bearer = service.token(UserRole::Administrator, None).await?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let browser = Browser::new(&service);
    assert_eq!(sign_in(&browser, "li@town.example.org", PASSWORD), 303);
    let session = browser.session();
    assert!(session.starts_with("dubans_"), "a prefix of its own");
    assert_eq!(service.get(&session, "/me").status, 401);
    assert_eq!(service.get(&bearer, "/me").status, 200);
    let cookie = format!("Cookie: duban={session}");
    let by_cookie = service.send("GET", "/api/v1/me", "", &[&cookie], b"");
    assert_eq!(by_cookie.status, 401, "a cookie is no way into the API");
    *browser.cookie.borrow_mut() = Some(format!("duban={bearer}"));
    assert!(!browser.is_in());
    assert!(recognise_caller(&town.ctx, &session).await?.is_none());
    assert!(recognise_session(&town.ctx, &bearer).await?.is_none());
    // Not even with the other's prefix.
    let (_, letters) = bearer.split_once('_').unwrap_or_default();
    assert!(
        recognise_session(&town.ctx, &format!("dubans_{letters}"))
            .await?
            .is_none()
    );
    Ok(())
}

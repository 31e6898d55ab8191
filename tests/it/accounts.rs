//! How people sign in: with a password, by the first link of all, by an invitation; and how it ends. Bad input E1 to E9.

use crate::support::Town;
use crate::support::pages::all;
use crate::support::service::{Service, no_rates};
use crate::support::state::{rows, state_hash};
use crate::support::town::instant;
use crate::support::web_browser::{Browser, hidden, mailed_link, signed_up, text};
use chrono::TimeDelta;
use duban::domain::user_role::UserRole;
use duban::flow::manage_users::{UserChange, change_user};
use duban::flow::recognise_caller::{recognise_caller, recognise_session};
use duban::flow::set_up::make_setup_link;
use duban::storage::users;
use serde_json::json;
use std::time::Duration;

on_both!(
    the_first_user_is_whoever_was_shown_the_link,
    whoever_is_invited_sets_a_password_and_signs_in,
    nobody_learns_whether_an_address_has_an_account,
    whoever_guesses_has_to_wait,
    a_session_from_before_is_not_kept,
    a_session_ends_when_it_is_not_used_and_at_the_latest_after_a_week,
    signing_out_ends_the_session_and_others_end_from_afar,
    another_password_ends_all_other_sessions,
    a_disabled_user_is_out_at_once_and_for_good,
    a_form_from_elsewhere_changes_nothing,
    tokens_and_sessions_are_not_good_in_each_other_s_place,
    nobody_is_led_to_another_host,
    no_secret_is_stored_or_told,
    the_cookie_is_the_host_s_alone,
    pages_speak_the_language_that_was_chosen,
);

const PASSWORD: &str = "春风又绿江南岸2026";

/// The path of an address of the service.
fn path_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split_once('/')
        .map_or("/".to_owned(), |(_, path)| format!("/{path}"))
}

/// Signs in, answering the status.
fn sign_in(browser: &Browser<'_>, email: &str, password: &str) -> u16 {
    browser
        .post("/sign-in", &[("email", email), ("password", password)])
        .status
}

async fn the_first_user_is_whoever_was_shown_the_link(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let old = path_of(&make_setup_link(&town.ctx).await?.expect("a link"));
    let link = path_of(&make_setup_link(&town.ctx).await?.expect("a link"));
    let browser = Browser::new(&service);
    // The one made before is good no more, nor is one that was altered.
    assert_eq!(browser.get(&old).status, 410);
    let altered = link.replace(&link[link.len() - 1..], "x");
    assert_eq!(browser.get(&altered).status, 410);
    let before = state_hash(&town.ctx.db).await?;
    let page = text(&browser.get(&link));
    assert!(page.contains("系统管理员"), "{page}");
    let mut form = vec![
        ("name", "何主任"),
        ("email", "he@town.example.org"),
        ("new_password", "short"),
        ("again", "short"),
    ];
    let refused = browser.post(&link, &form);
    assert_eq!(refused.status, 422);
    let page = text(&refused);
    assert!(
        page.contains("何主任") && page.contains("he@town.example.org"),
        "{page}"
    );
    assert!(
        page.contains("至少 10 个字符") && !page.contains("short\""),
        "{page}"
    );
    form[2] = ("new_password", PASSWORD);
    form[3] = ("again", "春风又绿江南岸2027");
    assert_eq!(browser.post(&link, &form).status, 422);
    assert_eq!(
        browser
            .post_from(&link, &form, &["Origin: http://evil.example"])
            .status,
        403
    );
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    form[3] = ("again", PASSWORD);
    let done = browser.post(&link, &form);
    assert_eq!((done.status, done.header("location")), (303, "/"));
    let page = text(&browser.get("/account"));
    assert!(
        page.contains("系统管理员") && page.contains("he@town.example.org"),
        "{page}"
    );
    // Once, and never again while there is a user.
    let late = Browser::new(&service);
    assert_eq!(late.post(&link, &form).status, 410);
    assert_eq!(make_setup_link(&town.ctx).await?, None);
    assert_eq!(sign_in(&late, "he@town.example.org", PASSWORD), 303);
    Ok(())
}

async fn whoever_is_invited_sets_a_password_and_signs_in(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Administrator, None).await?;
    let wanted = json!({ "email": "Li@town.example.org", "name": "李老师", "roles": [{ "role": "supervisor", "unit_code": null }] });
    let id = service.post(&office, "/users", &wanted).expect(201)["id"].clone();
    let id = id.as_str().unwrap_or_default().to_owned();
    let path = format!("/users/{id}/invitation");
    let other = service.token(UserRole::Supervisor, None).await?;
    assert_eq!(service.post(&other, &path, &json!({})).status, 403);
    // At any hour: who was invited waits for it.
    town.set("2026-03-14", "22:00")?;
    assert_eq!(
        service.post(&office, &path, &json!({})).expect(201)["email"],
        "Li@town.example.org"
    );
    let first = mailed_link(town, "li@town.example.org", "/invitation/").await?;
    service.post(&office, &path, &json!({})).expect(201);
    town.run("deliver").await?;
    assert_eq!(town.taken(), ["Li@town.example.org", "Li@town.example.org"]);
    let link = mailed_link(town, "li@town.example.org", "/invitation/").await?;
    let browser = Browser::new(&service);
    assert_eq!(
        browser.get(&first).status,
        410,
        "the one before is good no more"
    );
    let before = state_hash(&town.ctx.db).await?;
    let page = text(&browser.get(&link));
    assert!(page.contains("Li@town.example.org"), "{page}");
    for bad in ["", "1234567890", "li@town.example.org", "duban2026!"] {
        let form = [("new_password", bad), ("again", bad)];
        assert_eq!(browser.post(&link, &form).status, 422, "{bad}");
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    let form = [("new_password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(browser.post(&link, &form).status, 303);
    assert!(browser.is_in());
    let again = Browser::new(&service);
    assert_eq!(again.post(&link, &form).status, 410, "used");
    assert_eq!(sign_in(&again, " LI@town.example.org ", PASSWORD), 303);
    // Seven days, and for the enabled alone.
    service.post(&office, &path, &json!({})).expect(201);
    let link = mailed_link(town, "li@town.example.org", "/invitation/").await?;
    town.set("2026-03-21", "21:59")?;
    assert_eq!(again.get(&link).status, 200);
    town.set("2026-03-21", "22:00")?;
    assert_eq!(again.get(&link).status, 410);
    assert_eq!(again.post(&link, &form).status, 410);
    let off = UserChange {
        enabled: Some(false),
        ..UserChange::default()
    };
    let user = users::by_address(&town.ctx.db, "li@town.example.org")
        .await?
        .expect("a user");
    change_user(&town.ctx, user.id, off, None).await?;
    assert_eq!(
        service.post(&office, &path, &json!({})).refused(409),
        "user_disabled"
    );
    Ok(())
}

async fn nobody_learns_whether_an_address_has_an_account(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(
        town,
        &service,
        "li@town.example.org",
        UserRole::Supervisor,
        None,
        PASSWORD,
    )
    .await?;
    let browser = Browser::new(&service);
    let try_one = |email: &str, password: &str| {
        let form = [("email", email), ("password", password)];
        let answer = browser.post("/sign-in", &form);
        assert_eq!(answer.header("set-cookie"), "");
        let page = text(&answer).replace(email, "@");
        (answer.status, page)
    };
    let known = try_one("li@town.example.org", "not the password");
    let unknown = try_one("nobody@town.example.org", "not the password");
    assert_eq!(known, unknown);
    assert_eq!(known.0, 422);
    assert!(!known.1.contains("not the password"), "{}", known.1);
    // Also when there were too many.
    for email in ["li@town.example.org", "nobody@town.example.org"] {
        for _ in 0..7 {
            try_one(email, "not the password");
        }
    }
    let known = try_one("li@town.example.org", PASSWORD);
    let unknown = try_one("nobody@town.example.org", PASSWORD);
    assert_eq!(known, unknown);
    assert_eq!(known.0, 429);
    // Nor from a link that is asked for.
    let ask = |email: &str| {
        let answer = browser.post("/sign-in/link", &[("email", email)]);
        (answer.status, text(&answer))
    };
    assert_eq!(ask("li@town.example.org"), ask("nobody@town.example.org"));
    assert_eq!(ask("no address").0, 422);
    Ok(())
}

async fn whoever_guesses_has_to_wait(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(
        town,
        &service,
        "li@town.example.org",
        UserRole::Supervisor,
        None,
        PASSWORD,
    )
    .await?;
    let browser = Browser::new(&service);
    for _ in 0..8 {
        assert_eq!(
            sign_in(&browser, "li@town.example.org", "wrong password"),
            422
        );
    }
    let form = [("email", "li@town.example.org"), ("password", PASSWORD)];
    let waits = browser.post("/sign-in", &form);
    assert_eq!(waits.status, 429);
    assert!(text(&waits).contains("16 分钟后再试"), "{}", text(&waits));
    assert!(!browser.is_in());
    town.set("2026-03-09", "10:15")?;
    assert_eq!(
        sign_in(&browser, "li@town.example.org", "wrong password"),
        422
    );
    // Success makes up for it.
    assert_eq!(sign_in(&browser, "li@town.example.org", PASSWORD), 303);
    let other = Browser::new(&service);
    for _ in 0..7 {
        assert_eq!(
            sign_in(&other, "li@town.example.org", "wrong password"),
            422
        );
    }
    assert_eq!(sign_in(&other, "li@town.example.org", PASSWORD), 303);
    // Whoever tries many addresses is stopped by the rate of strangers.
    let strict = Service::with(
        &town.ctx,
        duban::http::kernel::Limits {
            address_per_minute: 12,
            ..no_rates()
        },
    )?;
    let stranger = Browser::new(&strict);
    let statuses: Vec<u16> = (0..6)
        .map(|number| sign_in(&stranger, &format!("a{number}@town.example.org"), "x"))
        .collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    Ok(())
}

async fn a_session_from_before_is_not_kept(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(
        town,
        &service,
        "li@town.example.org",
        UserRole::Supervisor,
        None,
        PASSWORD,
    )
    .await?;
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
    signed_up(
        town,
        &service,
        "li@town.example.org",
        UserRole::Supervisor,
        None,
        PASSWORD,
    )
    .await?;
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
    signed_up(
        town,
        &service,
        "li@town.example.org",
        UserRole::Supervisor,
        None,
        PASSWORD,
    )
    .await?;
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
    signed_up(
        town,
        &service,
        "li@town.example.org",
        UserRole::Supervisor,
        None,
        PASSWORD,
    )
    .await?;
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
    signed_up(
        town,
        &service,
        "li@town.example.org",
        UserRole::Supervisor,
        None,
        PASSWORD,
    )
    .await?;
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

async fn a_form_from_elsewhere_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(
        town,
        &service,
        "li@town.example.org",
        UserRole::Supervisor,
        None,
        PASSWORD,
    )
    .await?;
    let browser = Browser::new(&service);
    let entering = [("email", "li@town.example.org"), ("password", PASSWORD)];
    let elsewhere: [&[&str]; 9] = [
        &["Origin: http://evil.example"],
        &["Origin: http://x.evil.example"],
        &["Origin: null"],
        &["Origin: null", "Sec-Fetch-Site: cross-site"],
        &["Origin: http://x", "Origin: http://evil.example"],
        &["Sec-Fetch-Site: same-site"],
        &["Referer: http://evil.example/http://x/"],
        &["Origin: null", "Referer: http://x/sign-in"],
        &[],
    ];
    let before = state_hash(&town.ctx.db).await?;
    for headers in elsewhere {
        assert_eq!(
            browser.post_from("/sign-in", &entering, headers).status,
            403,
            "{headers:?}"
        );
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    for headers in [
        ["Origin: http://127.0.0.1:8080"].as_slice(),
        &["Origin: http://x"],
        &["Origin: null", "Sec-Fetch-Site: same-origin"],
        &["Sec-Fetch-Site: same-origin"],
        &["Referer: http://x/sign-in?next=%2F"],
    ] {
        assert_eq!(
            browser.post_from("/sign-in", &entering, headers).status,
            303,
            "{headers:?}"
        );
    }
    // Within a session the form needs its token as well, that of this session.
    let other = Browser::new(&service);
    assert_eq!(sign_in(&other, "li@town.example.org", PASSWORD), 303);
    let foreign = hidden(&text(&other.get("/account")), "csrf");
    let own = hidden(&text(&browser.get("/account")), "csrf");
    assert_ne!(own, foreign);
    let before = state_hash(&town.ctx.db).await?;
    for path in [
        "/sign-out",
        "/account/profile",
        "/account/password",
        "/account/sessions/end",
        "/account/delegations",
    ] {
        for csrf in ["", "0", foreign.as_str()] {
            let form = [("csrf", csrf), ("name", "别人"), ("locale", "en")];
            assert_eq!(browser.post(path, &form).status, 403, "{path} {csrf}");
        }
        let form = [("csrf", own.as_str()), ("name", "别人")];
        let answer = browser.post_from(path, &form, &["Origin: http://evil.example"]);
        assert_eq!(answer.status, 403, "{path}");
        assert_eq!(browser.get(path).status / 100, 4, "{path}");
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    assert!(browser.is_in());
    Ok(())
}

async fn tokens_and_sessions_are_not_good_in_each_other_s_place(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let bearer = service.token(UserRole::Administrator, None).await?;
    signed_up(
        town,
        &service,
        "li@town.example.org",
        UserRole::Supervisor,
        None,
        PASSWORD,
    )
    .await?;
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

async fn nobody_is_led_to_another_host(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(
        town,
        &service,
        "li@town.example.org",
        UserRole::Supervisor,
        None,
        PASSWORD,
    )
    .await?;
    let browser = Browser::new(&service);
    let led = browser.get("/account?done=%2F%2Fevil");
    assert_eq!(
        led.header("location"),
        "/sign-in?next=%2Faccount%3Fdone%3D%252F%252Fevil".replace("%2Faccount", "/account")
    );
    for (next, wanted) in [
        ("/l/x?y=1", "/l/x?y=1"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("account", "/"),
    ] {
        let browser = Browser::new(&service);
        let form = [
            ("email", "li@town.example.org"),
            ("password", PASSWORD),
            ("next", next),
        ];
        let done = browser.post("/sign-in", &form);
        assert_eq!(
            (done.status, done.header("location")),
            (303, wanted),
            "{next}"
        );
    }
    let page = text(&browser.get("/sign-in?next=//evil.example"));
    assert!(!page.contains("evil"), "{page}");
    let page = text(&browser.get("/sign-in?next=%2Ftasks%3Fa%3Db"));
    assert_eq!(hidden(&page, "next"), "/tasks?a=b");
    // Whoever is in already goes on.
    assert_eq!(sign_in(&browser, "li@town.example.org", PASSWORD), 303);
    assert_eq!(
        browser.get("/sign-in?next=%2Faccount").header("location"),
        "/account"
    );
    assert_eq!(
        browser
            .get("/sign-in?next=%2F%2Fevil.example")
            .header("location"),
        "/account"
    );
    Ok(())
}

async fn no_secret_is_stored_or_told(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let setup = path_of(&make_setup_link(&town.ctx).await?.expect("a link"));
    signed_up(
        town,
        &service,
        "li@town.example.org",
        UserRole::Supervisor,
        None,
        PASSWORD,
    )
    .await?;
    let invitation = mailed_link(town, "li@town.example.org", "/invitation/").await?;
    let browser = Browser::new(&service);
    assert_eq!(sign_in(&browser, "li@town.example.org", PASSWORD), 303);
    let secret_of = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let session = browser.session();
    let everything = rows(&town.ctx.db).await?;
    for secret in [
        PASSWORD,
        session.as_str(),
        &session["dubans_".len()..],
        &secret_of(&setup),
    ] {
        assert!(!everything.iter().any(|row| row.contains(secret)));
    }
    // The mail itself has the link; nobody else is told of it.
    let secret = secret_of(&invitation);
    let office = service.token(UserRole::Administrator, None).await?;
    for mail in all(&service, &office, "/mails", 50) {
        let id = mail["id"].as_str().unwrap_or_default();
        let whole = service.get(&office, &format!("/mails/{id}"));
        assert_eq!(whole.json()["kind"], "account");
        assert!(!text(&whole).contains(&secret), "{}", text(&whole));
        assert!(text(&whole).contains("/invitation/…"), "{}", text(&whole));
    }
    for path in ["/audit-events", "/tokens", "/users", "/changes"] {
        let told = text(&service.get(&office, path));
        assert!(
            !told.contains(&secret) && !told.contains("argon2"),
            "{told}"
        );
    }
    Ok(())
}

async fn the_cookie_is_the_host_s_alone(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(
        town,
        &service,
        "li@town.example.org",
        UserRole::Supervisor,
        None,
        PASSWORD,
    )
    .await?;
    let form = [("email", "li@town.example.org"), ("password", PASSWORD)];
    let given = Browser::new(&service).post("/sign-in", &form);
    let cookie = given.header("set-cookie").to_owned();
    assert!(cookie.starts_with("duban=dubans_"), "{cookie}");
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    assert_eq!(given.header("cache-control"), "no-store");
    let secure = town.under(|settings| settings.base_url = "https://duban.example.org".to_owned());
    let secure = Service::with(&secure, no_rates())?;
    let browser = Browser::new(&secure);
    let given = browser.post_from("/sign-in", &form, &["Origin: https://duban.example.org"]);
    let cookie = given.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-duban=dubans_"), "{cookie}");
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"),
        "{cookie}"
    );
    assert!(browser.is_in());
    let page = browser.get("/account");
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert_eq!(page.header("cache-control"), "no-store");
    *browser.cookie.borrow_mut() = Some(format!("duban={}", browser.session()));
    assert!(
        !browser.is_in(),
        "the cookie that anybody may set is not looked at"
    );
    Ok(())
}

async fn pages_speak_the_language_that_was_chosen(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(
        town,
        &service,
        "li@town.example.org",
        UserRole::Supervisor,
        None,
        PASSWORD,
    )
    .await?;
    let browser = Browser::new(&service);
    assert_eq!(sign_in(&browser, "li@town.example.org", PASSWORD), 303);
    assert!(text(&browser.get("/account")).contains("我的账号"));
    assert_eq!(
        browser
            .send("/account/profile", &[("name", ""), ("locale", "en")])
            .status,
        422
    );
    let done = browser.send("/account/profile", &[("name", "Li <b>"), ("locale", "en")]);
    assert_eq!(done.header("location"), "/account?done=profile");
    let page = text(&browser.get("/account?done=profile"));
    assert!(
        page.contains("My account") && page.contains("lang=\"en\""),
        "{page}"
    );
    assert!(
        !page.contains("Li <b>") && page.contains("Li &#60;b"),
        "{page}"
    );
    Ok(())
}

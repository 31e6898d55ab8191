//! How people sign in: by the first link of all, by an invitation, with a password; and what strangers learn.
//! Bad input A2, A3, A12, A15.

use crate::support::Town;
use crate::support::pages::all;
use crate::support::service::{Service, no_rates};
use crate::support::state::{rows, state_hash};
use crate::support::web_browser::{
    Browser, LI, PASSWORD, mailed_link, path_of, sign_in, signed_up, text,
};
use duban::domain::user_role::UserRole;
use duban::flow::manage_users::{UserChange, change_user};
use duban::flow::set_up::make_setup_link;
use duban::storage::users;
use serde_json::json;

on_both!(
    the_first_user_is_whoever_was_shown_the_link,
    whoever_is_invited_sets_a_password_and_signs_in,
    nobody_learns_whether_an_address_has_an_account,
    whoever_guesses_has_to_wait,
    no_secret_is_stored_or_told,
);

async fn the_first_user_is_whoever_was_shown_the_link(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let old = path_of(&make_setup_link(&town.ctx).await?.expect("a link"));
    let link = path_of(&make_setup_link(&town.ctx).await?.expect("a link"));
    let browser = Browser::new(&service);
    // The one made before is good no more, nor is one that was altered.
    assert_eq!(browser.get(&old).status, 410);
    let altered = format!("{}x", &link[..link.len() - 1]);
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
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
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
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
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
    assert!(text(&waits).contains("15 分钟后再试"), "{}", text(&waits));
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

async fn no_secret_is_stored_or_told(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let setup = path_of(&make_setup_link(&town.ctx).await?.expect("a link"));
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
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

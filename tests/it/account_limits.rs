//! What may be a password, what is no session, and how many sign in at once. Bad input A4 to A6, A9.

use crate::support::Town;
use crate::support::service::{Service, no_rates};
use crate::support::state::state_hash;
use crate::support::web_browser::{Browser, LI, PASSWORD, mailed_link, sign_in, signed_up, text};
use duban::domain::user_role::UserRole;
use serde_json::json;
use std::sync::Mutex;

on_both!(
    a_password_is_taken_exactly_as_it_is,
    what_is_no_session_opens_nothing,
    many_who_sign_in_at_once_are_all_answered,
);

/// Bad inputs A5 and A6.
async fn a_password_is_taken_exactly_as_it_is(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Administrator, None).await?;
    let wanted = json!({ "email": LI, "roles": [{ "role": "supervisor", "unit_code": null }] });
    let id = service.post(&office, "/users", &wanted).expect(201)["id"].clone();
    let invitation = format!("/users/{}/invitation", id.as_str().unwrap_or_default());
    service.post(&office, &invitation, &json!({})).expect(201);
    let link = mailed_link(town, LI, "/invitation/").await?;
    let browser = Browser::new(&service);
    let before = state_hash(&town.ctx.db).await?;
    let long = "长".repeat(10_000);
    for bad in [
        "abc1234",
        "密码密码密码",
        "password123",
        LI,
        "督办系统2026",
        &long,
    ] {
        let form = [("new_password", bad), ("again", bad)];
        let refused = browser.post(&link, &form);
        assert_eq!(refused.status, 422, "{bad}");
        let shown = format!("value=\"{bad}\"");
        assert!(!text(&refused).contains(&shown), "{bad}");
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    let words = " 山高 水长 🏫 ";
    let long = words.repeat(15).chars().take(128).collect::<String>();
    let short = long.chars().take(64).collect::<String>();
    for good in [&short, &long] {
        service.post(&office, &invitation, &json!({})).expect(201);
        let link = mailed_link(town, LI, "/invitation/").await?;
        let form = [("new_password", good.as_str()), ("again", good.as_str())];
        assert_eq!(browser.post(&link, &form).status, 303);
        let other = Browser::new(&service);
        assert_eq!(sign_in(&other, LI, good.trim()), 422);
        assert_eq!(sign_in(&other, LI, good), 303);
    }
    let other = Browser::new(&service);
    assert_eq!(sign_in(&other, LI, &short), 422, "nothing was cut off");
    Ok(())
}

/// Bad input A9.
async fn what_is_no_session_opens_nothing(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let browser = Browser::new(&service);
    assert_eq!(sign_in(&browser, LI, PASSWORD), 303);
    let session = browser.session();
    let (head, last) = session.split_at(session.len() - 1);
    let flipped = format!("{head}{}", if last == "0" { "1" } else { "0" });
    let wrong = [
        flipped.as_str(),
        head,
        "",
        "dubans_",
        "\u{fffd}",
        &"x".repeat(8 << 10),
    ];
    let before = state_hash(&town.ctx.db).await?;
    for session in wrong {
        let stranger = Browser::new(&service);
        *stranger.cookie.borrow_mut() = Some(format!("duban={session}"));
        let answer = stranger.get("/plans");
        let is_refused = [303, 400, 431].contains(&answer.status);
        assert!(is_refused, "{}: {}", session.len(), answer.status);
        assert!(!text(&answer).contains("/sign-out"));
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    assert!(browser.is_in());
    Ok(())
}

/// Bad input A4.
async fn many_who_sign_in_at_once_are_all_answered(town: &Town) -> anyhow::Result<()> {
    let service = Service::with(&town.ctx, no_rates())?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let statuses = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for number in 0..200 {
            let (service, statuses) = (&service, &statuses);
            scope.spawn(move || {
                let browser = Browser::new(service);
                let email = format!("a{number}@town.example.org");
                let status = sign_in(&browser, &email, PASSWORD);
                statuses.lock().expect("statuses").push(status);
            });
        }
    });
    let statuses = statuses.into_inner().expect("statuses");
    assert_eq!(statuses.len(), 200);
    let expected = |status: &u16| [422, 429, 503].contains(status);
    assert!(statuses.iter().all(expected), "{statuses:?}");
    // From one place so many guesses are followed by a pause; those that found no room were none.
    let guess = |number: usize| {
        let email = format!("b{number}@town.example.org");
        sign_in(&Browser::new(&service), &email, PASSWORD)
    };
    assert!((0..200).any(|number| guess(number) == 429));
    assert_eq!(sign_in(&Browser::new(&service), LI, PASSWORD), 429);
    town.set("2026-03-09", "10:20")?;
    assert_eq!(sign_in(&Browser::new(&service), LI, PASSWORD), 303);
    Ok(())
}

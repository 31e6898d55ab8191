//! Links that sign somebody in, as people and as programs that check mails open them. Bad input A10, A11, A13.

use crate::support::Town;
use crate::support::pages::all;
use crate::support::service::{Service, no_rates};
use crate::support::state::state_hash;
use crate::support::web_browser::{Browser, LI, PASSWORD, mailed_link, signed_up, text};
use anyhow::{Context, ensure};
use duban::domain::user_role::UserRole;
use duban::flow::invite_user::{InvitationWay, invite_user};
use duban::flow::manage_users::{UserChange, change_user};
use duban::storage::users;
use serde_json::json;
use std::time::Duration;

on_both!(
    a_mailed_link_signs_in_once_within_a_quarter_of_an_hour,
    opening_a_link_changes_nothing,
    an_altered_link_is_none,
    nobody_is_flooded_with_links,
    a_contact_becomes_a_user_by_using_a_link,
    whoever_is_no_contact_any_more_answers_no_more,
    a_contact_may_be_kept_out,
    a_link_stands_for_the_password_for_ten_minutes,
    a_link_that_is_used_twice_at_once_signs_in_once,
    a_link_leads_on_to_what_was_wanted,
    a_changed_password_is_told_to_its_address,
);

/// Asks for a link and waits until it is mailed; its path.
async fn asked(town: &Town, browser: &Browser<'_>, address: &str) -> anyhow::Result<String> {
    asked_with(town, browser, &[("email", address)]).await
}

/// The same with these fields, that of the address first.
async fn asked_with(
    town: &Town,
    browser: &Browser<'_>,
    fields: &[(&str, &str)],
) -> anyhow::Result<String> {
    let address = fields[0].1;
    let before = town.mails_to(address).await?.len();
    let answer = browser.post("/sign-in/link", fields);
    ensure!(answer.status == 200, "{}", text(&answer));
    ensure!(text(&answer).contains("15 分钟内有效"));
    for _ in 0..400 {
        if town.mails_to(address).await?.len() > before {
            return mailed_link(town, address, "/sign-in/link/").await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("no link was mailed to {address}")
}

async fn a_mailed_link_signs_in_once_within_a_quarter_of_an_hour(
    town: &Town,
) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    // On a Saturday night, too.
    town.set("2026-03-14", "23:00")?;
    let browser = Browser::new(&service);
    let link = asked(town, &browser, LI).await?;
    town.run("deliver").await?;
    assert_eq!(town.taken().len(), 2, "the invitation and the link");
    assert_eq!(
        browser
            .post_from(&link, &[], &["Origin: http://evil.example"])
            .status,
        403
    );
    let done = browser.post(&link, &[]);
    assert_eq!((done.status, done.header("location")), (303, "/"));
    assert!(browser.is_in());
    let other = Browser::new(&service);
    assert_eq!(other.post(&link, &[]).status, 410);
    assert_eq!(other.get(&link).status, 410);
    assert!(!other.is_in());
    // In time, and too late.
    let link = asked(town, &browser, LI).await?;
    town.set("2026-03-14", "23:14")?;
    assert_eq!(other.get(&link).status, 200);
    town.set("2026-03-14", "23:15")?;
    assert_eq!(other.get(&link).status, 410);
    assert_eq!(other.post(&link, &[]).status, 410);
    // Not for the disabled.
    let link = asked(town, &browser, LI).await?;
    let user = users::by_address(&town.ctx.db, LI)
        .await?
        .context("a user")?;
    let off = UserChange {
        enabled: Some(false),
        ..UserChange::default()
    };
    change_user(&town.ctx, user.id, off, None).await?;
    assert_eq!(other.post(&link, &[]).status, 410);
    // What was done is told to the auditor.
    let office = service.token(UserRole::Administrator, None).await?;
    let events = all(&service, &office, "/audit-events?action=sign_in", 50);
    let of_li = events.iter().filter(|event| event["actor"] == LI);
    assert_eq!(of_li.count(), 2, "{events:?}");
    Ok(())
}

async fn opening_a_link_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let browser = Browser::new(&service);
    let link = asked(town, &browser, LI).await?;
    let before = state_hash(&town.ctx.db).await?;
    for _ in 0..20 {
        let page = browser.get(&link);
        assert_eq!((page.status, page.header("set-cookie")), (200, ""));
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(text(&page).contains("<button type=\"submit\">登录</button>"));
        let head = service.send("HEAD", &link, "", &[], b"");
        assert_eq!((head.status, head.body.len()), (200, 0));
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    assert!(!browser.is_in());
    Ok(())
}

async fn an_altered_link_is_none(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let browser = Browser::new(&service);
    let link = asked(town, &browser, LI).await?;
    let secret = link.rsplit('/').next().unwrap_or_default();
    let before = state_hash(&town.ctx.db).await?;
    let turned: String = secret.chars().rev().collect();
    let bad = [
        format!("/sign-in/link/{turned}"),
        format!("/sign-in/link/{}", secret.to_uppercase()),
        format!("/sign-in/link/{}", &secret[..63]),
        format!("/sign-in/link/{secret}0"),
        "/sign-in/link/%00".to_owned(),
        // Of another purpose.
        format!("/invitation/{secret}"),
        format!("/setup/{secret}"),
    ];
    for path in &bad {
        assert_eq!(browser.get(path).status, 410, "{path}");
        let form = [("new_password", PASSWORD), ("again", PASSWORD)];
        assert_eq!(browser.post(path, &form).status, 410, "{path}");
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    // Whoever tries many is told to wait.
    let limits = duban::http::kernel::Limits {
        address_per_minute: 12,
        ..no_rates()
    };
    let strict = Service::with(&town.ctx, limits)?;
    let stranger = Browser::new(&strict);
    let statuses: Vec<u16> = (0..6).map(|_| stranger.get(&bad[0]).status).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    Ok(())
}

async fn nobody_is_flooded_with_links(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    town.set("2026-03-09", "11:00")?;
    let browser = Browser::new(&service);
    for _ in 0..3 {
        asked(town, &browser, LI).await?;
    }
    let before = state_hash(&town.ctx.db).await?;
    for email in [LI, "nobody@town.example.org"] {
        let answer = browser.post("/sign-in/link", &[("email", email)]);
        assert_eq!(answer.status, 200);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    town.set("2026-03-09", "11:16")?;
    asked(town, &browser, LI).await?;
    Ok(())
}

/// The address of the contact of S1.
async fn contact_of_s1(town: &Town) -> anyhow::Result<String> {
    let directory = town.ctx.units().await?;
    let unit = directory.by_code("S1").context("a unit")?;
    let all = duban::storage::contacts::present_of(&town.ctx.db, &[unit.id]).await?;
    all.into_iter()
        .find_map(|one| one.address)
        .context("an address")
}

async fn a_contact_becomes_a_user_by_using_a_link(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let service = Service::start(town)?;
    let address = contact_of_s1(town).await?;
    let browser = Browser::new(&service);
    let link = asked(town, &browser, &address).await?;
    assert_eq!(browser.get(&link).status, 200);
    assert!(users::by_address(&town.ctx.db, &address).await?.is_none());
    assert_eq!(browser.post(&link, &[]).status, 303);
    let page = text(&browser.get("/account"));
    assert!(page.contains("单位联络员（"), "{page}");
    let office = service.token(UserRole::Administrator, None).await?;
    let found = all(&service, &office, &format!("/users?q={address}"), 50);
    assert_eq!(found.len(), 1);
    let roles = found[0]["roles"].as_array().cloned().unwrap_or_default();
    assert!(
        roles.iter().all(|role| role["role"] == "unit_contact"),
        "{roles:?}"
    );
    assert!(
        roles.iter().any(|role| role["unit_code"] == "S1"),
        "{roles:?}"
    );
    let events = all(&service, &office, "/audit-events?action=become_user", 50);
    assert_eq!(events.len(), 1);
    assert_eq!(
        (&events[0]["actor_kind"], &events[0]["actor"]),
        (&"mail_link".into(), &address.as_str().into())
    );
    // A user from now on: another link makes no other.
    let link = asked(town, &browser, &address).await?;
    assert_eq!(browser.post(&link, &[]).status, 303);
    assert_eq!(
        all(&service, &office, &format!("/users?q={address}"), 50).len(),
        1
    );
    Ok(())
}

async fn whoever_is_no_contact_any_more_answers_no_more(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let service = Service::start(town)?;
    let address = contact_of_s1(town).await?;
    let browser = Browser::new(&service);
    let link = asked(town, &browser, &address).await?;
    assert_eq!(browser.post(&link, &[]).status, 303);
    let office = service.token(UserRole::Administrator, None).await?;
    let held = |unit: &str| {
        let found = all(&service, &office, &format!("/users?q={address}"), 5);
        let roles = found[0]["roles"].as_array().cloned().unwrap_or_default();
        roles.iter().any(|role| role["unit_code"] == unit)
    };
    let unit = service.get(&office, "/units/by-code/S1").expect(200)["id"].clone();
    let path = format!("/units/{}/contact", unit.as_str().unwrap_or_default());
    assert!(held("S1"));
    let new = json!({ "name": "新联络员", "email": "new@town.example.org" });
    let changed = service.change("PUT", &office, &path, "*", &new);
    assert_eq!(changed.status, 200, "{}", text(&changed));
    assert!(!held("S1"));
    let events = all(
        &service,
        &office,
        "/audit-events?action=end_contact_role",
        5,
    );
    assert_eq!(events.len(), 1);
    Ok(())
}

async fn a_contact_may_be_kept_out(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let address = contact_of_s1(town).await?;
    let open = Service::start(town)?;
    let link = asked(town, &Browser::new(&open), &address).await?;
    let closed = town.under(|settings| settings.accounts.contacts_may_sign_in = false);
    let service = Service::with(&closed, no_rates())?;
    let browser = Browser::new(&service);
    assert_eq!(browser.get(&link).status, 410);
    assert_eq!(browser.post(&link, &[]).status, 410);
    let before = state_hash(&town.ctx.db).await?;
    assert_eq!(
        browser.post("/sign-in/link", &[("email", &address)]).status,
        200
    );
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn a_link_stands_for_the_password_for_ten_minutes(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let browser = Browser::new(&service);
    let link = asked(town, &browser, LI).await?;
    assert_eq!(browser.post(&link, &[]).status, 303);
    let new = "两岸青山相对出 2026";
    let form = [("present", ""), ("new_password", new), ("again", new)];
    town.set("2026-03-09", "10:10")?;
    assert_eq!(browser.send("/account/password", &form).status, 422);
    town.set("2026-03-09", "10:09")?;
    let page = text(&browser.get("/account"));
    assert!(!page.contains("name=\"present\""), "{page}");
    assert_eq!(browser.send("/account/password", &form).status, 303);
    let other = Browser::new(&service);
    let entering = [("email", LI), ("password", new)];
    assert_eq!(other.post("/sign-in", &entering).status, 303);
    Ok(())
}

async fn a_link_that_is_used_twice_at_once_signs_in_once(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let link = asked(town, &Browser::new(&service), LI).await?;
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| Browser::new(&service).post(&link, &[]).status))
            .collect();
        tries
            .into_iter()
            .filter_map(|one| one.join().ok())
            .collect()
    });
    let entered = statuses.iter().filter(|status| **status == 303).count();
    assert_eq!((entered, statuses.len()), (1, 4), "{statuses:?}");
    Ok(())
}

async fn a_link_leads_on_to_what_was_wanted(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let long = format!("/{}", "x".repeat(300));
    for (minutes, (next, query, wanted)) in [
        (
            "/tasks?q=a&b=c",
            "?next=/tasks%3Fq%3Da%26b%3Dc",
            "/tasks?q=a&b=c",
        ),
        ("//evil.example", "", "/"),
        ("https://evil.example", "", "/"),
        ("/\\evil.example", "", "/"),
        (&long, "", "/"),
    ]
    .into_iter()
    .enumerate()
    {
        // A quarter of an hour apart, as nobody is flooded.
        town.set("2026-03-09", &format!("{:02}:00", 10 + minutes))?;
        let browser = Browser::new(&service);
        let link = asked_with(town, &browser, &[("email", LI), ("next", next)]).await?;
        let mut mails = town.mails_to(LI).await?;
        mails.sort_by_key(|mail| mail.id);
        let mail = mails.pop().context("a mail")?.text_body;
        ensure!(mail.contains(&format!("{link}{query}\n")), "{next}: {mail}");
        let page = text(&browser.get(&format!("{link}{query}")));
        ensure!(
            page.contains(&format!("action=\"{link}{query}\"")),
            "{next}: {page}"
        );
        let done = browser.post(&format!("{link}{query}"), &[]);
        assert_eq!(
            (done.status, done.header("location")),
            (303, wanted),
            "{next}"
        );
    }
    // Whoever alters the link is led nowhere else.
    for (hour, next) in [
        "//evil.example",
        "%2F%2Fevil.example",
        "https://evil.example",
    ]
    .into_iter()
    .enumerate()
    {
        town.set("2026-03-10", &format!("{:02}:00", 10 + hour))?;
        let browser = Browser::new(&service);
        let link = asked(town, &browser, LI).await?;
        let altered = format!("{link}?next={next}");
        ensure!(!text(&browser.get(&altered)).contains("evil"), "{next}");
        assert_eq!(
            browser.post(&altered, &[]).header("location"),
            "/",
            "{next}"
        );
    }
    // The page that says the mail is on its way, and the one that says the address is none, keep it as well.
    let browser = Browser::new(&service);
    let form = [("email", "nobody@town.example.org"), ("next", "/tasks")];
    let page = text(&browser.post("/sign-in/link", &form));
    ensure!(page.contains("href=\"/sign-in?next=/tasks\""), "{page}");
    let form = [("email", "nobody"), ("next", "/tasks")];
    let page = text(&browser.post("/sign-in/link", &form));
    ensure!(page.contains("name=\"next\" value=\"/tasks\""), "{page}");
    Ok(())
}

async fn a_changed_password_is_told_to_its_address(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let user = signed_up(town, &service, LI, UserRole::Supervisor, None, PASSWORD).await?;
    let told = async || {
        let mut mails = town.mails_to(LI).await?;
        mails.retain(|mail| mail.subject == "您的督办账号密码已更改");
        anyhow::Ok(mails)
    };
    assert_eq!(told().await?.len(), 0, "the first password is none changed");
    let browser = Browser::new(&service);
    let entering = [("email", LI), ("password", PASSWORD)];
    assert_eq!(browser.post("/sign-in", &entering).status, 303);
    let new = "两岸青山相对出 2026";
    let form =
        |present: &'static str| [("present", present), ("new_password", new), ("again", new)];
    assert_eq!(
        browser.send("/account/password", &form("another")).status,
        422
    );
    assert_eq!(told().await?.len(), 0, "nothing was changed");
    town.set("2026-03-14", "23:05")?;
    let browser = Browser::new(&service);
    assert_eq!(browser.post("/sign-in", &entering).status, 303);
    assert_eq!(
        browser.send("/account/password", &form(PASSWORD)).status,
        303
    );
    let mails = told().await?;
    assert_eq!(mails.len(), 1);
    let mail: String = mails[0].text_body.split_whitespace().collect();
    for words in [LI, "2026年3月14日23:05更改", "如非本人操作"] {
        ensure!(mail.contains(words), "{words}: {mail}");
    }
    ensure!(
        !mail.contains("两岸青山") && !mail.contains("http"),
        "{mail}"
    );
    // It leaves at night as well.
    town.taken();
    town.run("deliver").await?;
    ensure!(town.taken().contains(&LI.to_owned()));
    // Somebody who has one and is invited again is told, too.
    invite_user(&town.ctx, user, InvitationWay::Mailed).await?;
    let link = mailed_link(town, LI, "/invitation/").await?;
    let form = [("new_password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(Browser::new(&service).post(&link, &form).status, 303);
    assert_eq!(told().await?.len(), 2);
    Ok(())
}

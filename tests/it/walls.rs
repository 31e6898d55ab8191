//! The big screen: the bureau's numbers and nobody's name, there as long as its link is good, and sent only when something
//! changed.

use crate::support::Town;
use crate::support::browser::{html, is_sound, links, page, shown, signed_in, visitor};
use crate::support::service::{BOUNDARY, Response, Service, form, no_rates};
use crate::support::state;
use anyhow::Context;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::http::kernel::Limits;
use serde_json::{Value, json};

on_both! {
    a_wall_shows_the_bureau_and_nobody,
    a_wall_is_sent_again_only_when_something_changed,
    a_revoked_or_expired_wall_is_gone,
    walls_are_made_by_the_office_and_by_nobody_else,
    a_wall_is_made_on_a_page_and_its_address_shown_once,
    trying_wall_secrets_ends_in_429_and_changes_nothing,
}

/// A town that has lived some weeks.
pub async fn lived(town: &Town) -> anyhow::Result<Service> {
    town.issue(CyclesAtIssue::On).await?;
    town.live("2026-03-10", "2026-03-27").await?;
    Service::start(town)
}

/// The address below the service's own of a wall that was made now.
pub fn made(service: &Service, token: &str, body: &Value) -> anyhow::Result<String> {
    let made = service.post(token, "/walls", body).expect(201);
    place(service, made["url"].as_str().context("no address")?)
}

fn place(service: &Service, url: &str) -> anyhow::Result<String> {
    let place = url.strip_prefix(&service.ctx.settings.base_url);
    let place = place.context("an address elsewhere")?;
    let secret = place.strip_prefix("/wall/");
    assert_eq!(secret.map(str::len), Some(64), "256 bits: {place}");
    Ok(place.to_owned())
}

fn look(service: &Service, wall: &str, headers: &[&str]) -> Response {
    service.send("GET", wall, "", headers, b"")
}

/// What a good link shows.
#[track_caller]
pub fn screen(service: &Service, wall: &str) -> String {
    let html = html(look(service, wall, &[]), 200);
    is_sound(&html);
    html
}

async fn a_wall_shows_the_bureau_and_nobody(town: &Town) -> anyhow::Result<()> {
    let service = lived(town).await?;
    let office = visitor(&service, UserRole::Supervisor, None).await?;
    let wall = made(&service, &office, &json!({ "name": "三楼会议室" }))?;
    let html = screen(&service, &wall);
    let told = service.get(&office, "/dashboard").expect(200);
    for place in ["/tasks/total", "/assignments/total", "/overdue/total"] {
        let count = told
            .pointer(place)
            .and_then(|counted| counted["count"].as_u64());
        let large = format!("<p class=\"large\">{}</p>", count.context("a count")?);
        assert!(html.contains(&large), "{place} {large}");
    }
    for light in ["green", "yellow", "red"] {
        let count = &told["tasks"][light]["count"];
        assert!(
            html.contains(&format!("<span class=\"{light}\">")),
            "{light}"
        );
        assert!(
            html.contains(&format!(" {count}</span>")),
            "{light} {count}"
        );
    }
    // No way on, no person, no address, no mail.
    assert!(!html.contains("<a ") && !html.contains("<form") && !html.contains("<nav"));
    for personal in ["@town.example.org", "老师", "邮件", "三楼会议室"] {
        assert!(!html.contains(personal), "{personal}");
    }
    // With script every half minute; without, by the browser.
    assert!(html.contains(&format!("hx-get=\"{wall}\" hx-trigger=\"every 30s\"")));
    assert!(html.contains("<noscript><meta http-equiv=\"refresh\" content=\"60\"></noscript>"));
    let answer = look(&service, &wall, &[]);
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert!(
        answer
            .header("content-security-policy")
            .contains("style-src 'self'")
    );
    assert_eq!(service.send("HEAD", &wall, "", &[], b"").status, 200);
    for method in ["POST", "PUT", "DELETE"] {
        assert_eq!(
            service.send(method, &wall, "", &[], b"").status,
            405,
            "{method}"
        );
    }
    // The secret is nowhere.
    let secret = wall.trim_start_matches("/wall/");
    for row in state::rows(&town.ctx.db).await? {
        assert!(!row.contains(secret), "{row}");
    }
    Ok(())
}

async fn a_wall_is_sent_again_only_when_something_changed(town: &Town) -> anyhow::Result<()> {
    let service = lived(town).await?;
    let office = visitor(&service, UserRole::Supervisor, None).await?;
    let wall = made(&service, &office, &json!({ "name": "大厅" }))?;
    let tag = look(&service, &wall, &[]).header("etag").to_owned();
    assert!(tag.starts_with('"'), "{tag}");
    let known = format!("If-None-Match: {tag}");
    let before = state::state_hash(&town.ctx.db).await?;
    for _ in 0..3 {
        let same = look(&service, &wall, &[&known]);
        assert_eq!((same.status, same.body.len()), (304, 0));
        assert_eq!(same.header("etag"), tag);
    }
    assert_eq!(
        before,
        state::state_hash(&town.ctx.db).await?,
        "looking changes nothing"
    );
    let english = look(&service, &wall, &[&known, "Accept-Language: en"]);
    assert_eq!(
        english.status, 200,
        "in another language it is another page"
    );
    let other = made(&service, &office, &json!({ "name": "另一个" }))?;
    let changed = look(&service, &wall, &[&known]);
    assert_eq!(changed.status, 200);
    let tag = changed.header("etag").to_owned();
    let known = format!("If-None-Match: {tag}");
    assert_eq!(look(&service, &wall, &[&known]).status, 304);
    assert_eq!(
        look(&service, &other, &[&known]).status,
        200,
        "each has its own"
    );
    // The next day is another state, though nothing was written.
    town.set("2026-03-28", "00:00")?;
    assert_eq!(look(&service, &wall, &[&known]).status, 200);
    Ok(())
}

async fn a_revoked_or_expired_wall_is_gone(town: &Town) -> anyhow::Result<()> {
    let service = lived(town).await?;
    let admin = visitor(&service, UserRole::Administrator, None).await?;
    let body = json!({ "name": "一楼", "expires_in_days": 7 });
    let expiring = made(&service, &admin, &body)?;
    let wall = made(&service, &admin, &json!({ "name": "二楼" }))?;
    let all = service.get(&admin, "/walls").expect(200);
    let items = all["items"].as_array().context("a list")?;
    let known = items
        .iter()
        .find(|one| one["name"] == "二楼")
        .context("the wall")?;
    assert!(
        known["url"].is_null() && known["expires_at"].is_null(),
        "{known}"
    );
    let path = format!("/walls/{}", known["id"].as_str().context("id")?);
    let tag = look(&service, &wall, &[]).header("etag").to_owned();
    let seen = service.get(&admin, &path).header("etag").to_owned();
    assert_eq!(service.delete(&admin, &path, &seen).status, 204);
    let if_none_match = format!("If-None-Match: {tag}");
    let gone = html(look(&service, &wall, &[&if_none_match]), 404);
    is_sound(&gone);
    assert!(
        gone.contains("<main id=\"wall\">")
            && !gone.contains("hx-get")
            && !gone.contains("督办看板")
    );
    assert_eq!(
        service.delete(&admin, &path, "*").status,
        204,
        "again changes nothing"
    );
    assert!(service.get(&admin, &path).expect(200)["revoked_at"].is_string());
    assert_eq!(look(&service, &expiring, &[]).status, 200);
    town.set("2026-04-04", "23:59")?;
    assert_eq!(look(&service, &expiring, &[]).status, 404);
    let auditor = visitor(&service, UserRole::Auditor, None).await?;
    let events = service
        .get(&auditor, "/audit-events?resource=walls&limit=200")
        .expect(200);
    let events = events["items"].as_array().context("a list")?;
    let of = |action: &str| events.iter().filter(|one| one["action"] == action).count();
    assert_eq!((of("make_wall"), of("revoke_wall")), (2, 1));
    Ok(())
}

async fn walls_are_made_by_the_office_and_by_nobody_else(town: &Town) -> anyhow::Result<()> {
    let service = lived(town).await?;
    let body = json!({ "name": "大厅" });
    for (role, unit) in [
        (UserRole::UnitContact, Some("S1")),
        (UserRole::UnitHead, Some("D1")),
        (UserRole::Leader, None),
        (UserRole::Auditor, None),
    ] {
        let token = visitor(&service, role, unit).await?;
        assert_eq!(
            service.post(&token, "/walls", &body).refused(403),
            "forbidden"
        );
        assert_eq!(service.get(&token, "/walls").refused(403), "forbidden");
        assert_eq!(page(&service, &token, "/walls").status, 403);
        assert_eq!(page(&service, &token, "/walls/new").status, 403);
        let home = html(page(&service, &token, "/dashboard"), 200);
        assert!(!home.contains("\"/walls\""), "{role:?}");
    }
    for role in [UserRole::Administrator, UserRole::Supervisor] {
        let token = visitor(&service, role, None).await?;
        service.post(&token, "/walls", &body).expect(201);
        let home = html(page(&service, &token, "/dashboard"), 200);
        assert!(home.contains("\"/walls\""), "{role:?}");
    }
    let token = visitor(&service, UserRole::Administrator, None).await?;
    for (body, wrong) in [
        (json!({ "name": "" }), "name"),
        (json!({ "name": "甲\u{202e}" }), "name"),
        (json!({ "name": "长".repeat(101) }), "name"),
        (
            json!({ "name": "甲", "expires_in_days": 0 }),
            "expires_in_days",
        ),
        (
            json!({ "name": "甲", "expires_in_days": 3661 }),
            "expires_in_days",
        ),
        (
            json!({ "name": "甲", "expires_in_days": -1 }),
            "expires_in_days",
        ),
    ] {
        let problem = service.post(&token, "/walls", &body).expect(422);
        assert_eq!(problem["errors"][0]["path"], wrong, "{problem}");
    }
    Ok(())
}

async fn a_wall_is_made_on_a_page_and_its_address_shown_once(town: &Town) -> anyhow::Result<()> {
    let service = lived(town).await?;
    let token = visitor(&service, UserRole::Supervisor, None).await?;
    let new = shown(&service, &token, "/walls/new");
    let hidden = |name: &str| {
        let start = format!("name=\"{name}\" value=\"");
        let rest = new.split_once(start.as_str()).map(|(_, rest)| rest);
        rest.and_then(|rest| rest.split_once('"'))
            .map(|(value, _)| value.to_owned())
    };
    let (ours, once) = (
        hidden("form").context("form")?,
        hidden("once").context("once")?,
    );
    let send = |name: &str, days: &str, once: &str| {
        let texts = [
            ("form", ours.as_str()),
            ("once", once),
            ("name", name),
            ("expires_in_days", days),
        ];
        let kind = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}");
        let headers = [signed_in(&token), kind, "Origin: http://x".to_owned()];
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        service.send("POST", "/walls/new", "", &headers, &form(&texts, &[]))
    };
    let wrong = html(send("甲", "多久", "another"), 422);
    assert!(
        wrong.contains("id=\"expires_in_days-error\"") && wrong.contains("value=\"多久\""),
        "{wrong}"
    );
    let first = html(send("会议室", "", &once), 200);
    let start = format!("{}/wall/", town.ctx.settings.base_url);
    let (_, rest) = first.split_once(start.as_str()).context("the address")?;
    let wall = format!("/wall/{}", rest.get(..64).context("a secret")?);
    assert!(screen(&service, &wall).contains("<svg"));
    let again = html(send("会议室", "", &once), 200);
    assert!(!again.contains(&wall), "shown once");
    let list = shown(&service, &token, "/walls");
    assert_eq!(list.matches("会议室").count(), 1, "sent twice, made once");
    assert!(!list.contains(&wall));
    let detail = links(&list).into_iter().find(|(_, text)| text == "会议室");
    let detail = shown(&service, &token, &detail.context("the row")?.0);
    assert!(detail.contains("/revoke\""), "{detail}");
    Ok(())
}

/// Bad input: addresses that are none, and many of them.
async fn trying_wall_secrets_ends_in_429_and_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let service = lived(town).await?;
    let office = visitor(&service, UserRole::Supervisor, None).await?;
    let wall = made(&service, &office, &json!({ "name": "大厅" }))?;
    let before = state::state_hash(&town.ctx.db).await?;
    let flipped = match wall.contains('0') {
        true => wall.replacen('0', "1", 1),
        false => wall.replacen('1', "0", 1),
    };
    for wrong in [
        flipped.clone(),
        format!("/wall/{}", "0".repeat(4_000)),
        "/wall/%00".to_owned(),
        "/wall/..%2f..%2fetc".to_owned(),
        format!("{wall}0"),
        wall.to_uppercase().replace("/WALL/", "/wall/"),
    ] {
        let answer = html(look(&service, &wrong, &[]), 404);
        is_sound(&answer);
        assert!(!answer.contains("<svg"), "{wrong}");
    }
    assert_eq!(before, state::state_hash(&town.ctx.db).await?);
    let limited = Limits {
        address_per_minute: 60,
        ..no_rates()
    };
    let limited = Service::with(&town.ctx, limited)?;
    let statuses: Vec<u16> = (0..80)
        .map(|_| look(&limited, &flipped, &[]).status)
        .collect();
    assert!(
        statuses.starts_with(&[404]) && statuses.ends_with(&[429]),
        "{statuses:?}"
    );
    // A good link is never counted.
    assert_eq!(look(&limited, &wall, &[]).status, 200);
    Ok(())
}

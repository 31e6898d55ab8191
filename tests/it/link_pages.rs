//! The pages behind the links of mails, as browsers and as programs that check mails call them. Bad input D1 to D8, A10, A11.

use crate::support::Town;
use crate::support::link_desk::{hidden, issued, link, open, send, send_as_is, text};
use crate::support::pages::all;
use crate::support::service::{Service, no_rates};
use crate::support::state::state_hash;
use anyhow::Context;
use duban::domain::mail_link::LinkPurpose;
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::http::kernel::Limits;
use duban::storage::reports;
use std::collections::BTreeSet;

on_both!(
    opening_a_link_changes_nothing,
    one_press_of_the_button_is_one_acknowledgement,
    a_form_from_elsewhere_does_nothing,
    an_altered_link_tells_nothing,
    a_link_ends_with_its_day_and_its_matter,
    whoever_guesses_links_has_to_wait,
    pages_speak_the_language_of_the_browser,
);

async fn opening_a_link_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let service = issued(town).await?;
    let link = link(
        town,
        "S1",
        ObligationKind::Acknowledge,
        LinkPurpose::Acknowledge,
    )
    .await?;
    let before = state_hash(&town.ctx.db).await?;
    for _ in 0..200 {
        assert_eq!(open(&service, &link).status, 200);
        let head = service.send("HEAD", &format!("/l/{link}"), "", &[], b"");
        assert_eq!((head.status, head.body.len()), (200, 0));
        let options = service.send("OPTIONS", &format!("/l/{link}"), "", &[], b"");
        assert_eq!(options.status, 405);
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    let page = open(&service, &link);
    for (name, wanted) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("content-type", "text/html; charset=utf-8"),
    ] {
        assert_eq!(page.header(name), wanted, "{name}");
    }
    let policy = page.header("content-security-policy");
    for part in [
        "default-src 'none'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    // Over plain HTTP the header means nothing; behind an https address it is there.
    assert_eq!(page.header("strict-transport-security"), "");
    let secure = town.under(|settings| settings.base_url = "https://duban.example.org".to_owned());
    let secure = Service::with(&secure, no_rates())?;
    let header = open(&secure, &link)
        .header("strict-transport-security")
        .to_owned();
    assert!(header.contains("max-age=31536000"), "{header}");
    assert!(!text(&page).contains("<script"), "no script is needed");
    Ok(())
}

async fn one_press_of_the_button_is_one_acknowledgement(town: &Town) -> anyhow::Result<()> {
    let service = issued(town).await?;
    let link = link(
        town,
        "S1",
        ObligationKind::Acknowledge,
        LinkPurpose::Acknowledge,
    )
    .await?;
    let page = text(&open(&service, &link));
    assert!(
        page.contains("<button type=\"submit\">签收</button>"),
        "{page}"
    );
    let ask = town.ask("S1", ObligationKind::Acknowledge).await?;
    let first = send(&service, &link, &page, &[], &[]);
    assert_eq!(first.status, 200);
    assert!(text(&first).contains("签收已登记"), "{}", text(&first));
    let after = town.ask("S1", ObligationKind::Acknowledge).await?;
    assert_eq!(after.state, ObligationState::Answered);
    let before = state_hash(&town.ctx.db).await?;
    let second = send(&service, &link, &page, &[], &[]);
    assert_eq!(second.status, 200);
    assert!(text(&second).contains("不必重复"), "{}", text(&second));
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    assert_eq!(reports::count(&town.ctx.db, ask.id).await?, 1);
    // Who did it is written down.
    let office = service.token(UserRole::Administrator, None).await?;
    let events = all(&service, &office, "/audit-events", 200);
    let done = events
        .iter()
        .filter(|event| event["actor_kind"] == "mail_link");
    assert_eq!(done.count(), 1, "{events:?}");
    let again = text(&open(&service, &link));
    assert!(
        again.contains("已签收") && !again.contains("<button"),
        "{again}"
    );
    Ok(())
}

async fn a_form_from_elsewhere_does_nothing(town: &Town) -> anyhow::Result<()> {
    let service = issued(town).await?;
    let mine = link(
        town,
        "S1",
        ObligationKind::Acknowledge,
        LinkPurpose::Acknowledge,
    )
    .await?;
    let theirs = link(
        town,
        "S2",
        ObligationKind::Acknowledge,
        LinkPurpose::Acknowledge,
    )
    .await?;
    let other = hidden(&text(&open(&service, &theirs)), "form");
    let before = state_hash(&town.ctx.db).await?;
    for texts in [
        vec![],
        vec![("form", "")],
        vec![("form", other.as_str())],
        vec![("form", mine.as_str())],
    ] {
        let refused = send_as_is(&service, &mine, &texts, &[]);
        assert_eq!(refused.status, 403, "{texts:?}");
    }
    let bare = service.send(
        "POST",
        &format!("/l/{mine}"),
        "",
        &["Content-Type: application/x-www-form-urlencoded"],
        b"form=1",
    );
    assert_eq!(bare.status, 400);
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn an_altered_link_tells_nothing(town: &Town) -> anyhow::Result<()> {
    let service = issued(town).await?;
    let good = link(
        town,
        "S1",
        ObligationKind::Acknowledge,
        LinkPurpose::Acknowledge,
    )
    .await?;
    let before = state_hash(&town.ctx.db).await?;
    let mut pages = BTreeSet::new();
    for at in 0..good.len() {
        let mut altered = good.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered)?;
        // The last character has bits that say nothing.
        if altered == good || at + 1 == good.len() {
            continue;
        }
        let answer = open(&service, &altered);
        assert_eq!(answer.status, 400, "{at}");
        pages.insert(text(&answer));
        assert_eq!(send_as_is(&service, &altered, &[], &[]).status, 400);
    }
    for odd in [
        "x",
        "..%2F..%2Fetc",
        &"A".repeat(4_000),
        &good[..good.len() - 4],
    ] {
        let answer = open(&service, odd);
        assert_eq!(answer.status, 400, "{odd}");
        pages.insert(text(&answer));
    }
    assert_eq!(pages.len(), 1, "every bad link gets the same page");
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

async fn a_link_ends_with_its_day_and_its_matter(town: &Town) -> anyhow::Result<()> {
    let service = issued(town).await?;
    let link = link(
        town,
        "S1",
        ObligationKind::Acknowledge,
        LinkPurpose::Acknowledge,
    )
    .await?;
    let ask = town.ask("S1", ObligationKind::Acknowledge).await?;
    let page = text(&open(&service, &link));
    let last = ask.due_on + chrono::Days::new(60);
    town.set(&last.to_string(), "23:59")?;
    assert_eq!(open(&service, &link).status, 200);
    let next = last.succ_opt().context("a day")?;
    town.set(&next.to_string(), "00:00")?;
    let before = state_hash(&town.ctx.db).await?;
    assert_eq!(open(&service, &link).status, 410);
    assert_eq!(send(&service, &link, &page, &[], &[]).status, 410);
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    // Whoever is no longer the contact can do nothing with it.
    town.set("2026-03-10", "11:00")?;
    let contact = duban::storage::contacts::present_of(&town.ctx.db, &[ask.unit_id]).await?;
    let contact = contact.first().context("a contact")?.id;
    duban::flow::manage_contacts::end_contact(&town.ctx, contact, None).await?;
    assert_eq!(open(&service, &link).status, 403);
    assert_eq!(send(&service, &link, &page, &[], &[]).status, 403);
    let after = town.ask("S1", ObligationKind::Acknowledge).await?;
    assert_eq!(after.state, ObligationState::Open);
    Ok(())
}

async fn whoever_guesses_links_has_to_wait(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    town.live("2026-03-09", "2026-03-10").await?;
    town.set("2026-03-10", "10:00")?;
    let limits = Limits {
        address_per_minute: 60,
        ..Limits::default()
    };
    let service = Service::with(&town.ctx, limits)?;
    let good = link(
        town,
        "S1",
        ObligationKind::Acknowledge,
        LinkPurpose::Acknowledge,
    )
    .await?;
    let stopped = (0..200).find(|_| open(&service, &"B".repeat(good.len())).status == 429);
    assert!(stopped.is_some_and(|after| after <= 60), "{stopped:?}");
    // A good link is not counted: a district shares an address.
    assert_eq!(open(&service, &good).status, 200);
    Ok(())
}

async fn pages_speak_the_language_of_the_browser(town: &Town) -> anyhow::Result<()> {
    let service = issued(town).await?;
    let link = link(
        town,
        "S1",
        ObligationKind::Acknowledge,
        LinkPurpose::Acknowledge,
    )
    .await?;
    let path = format!("/l/{link}");
    let english = service.send("GET", &path, "", &["Accept-Language: en-GB,en;q=0.9"], b"");
    assert!(
        text(&english).contains("<html lang=\"en\">") && text(&english).contains("Acknowledge")
    );
    for header in [
        "Accept-Language: fr",
        "Accept-Language: zh-CN,en;q=0.5",
        "X-Y: z",
    ] {
        let page = text(&service.send("GET", &path, "", &[header], b""));
        assert!(page.contains("<html lang=\"zh-CN\">"), "{header}");
    }
    let style = text(&english)
        .split("href=\"/assets/")
        .nth(1)
        .map(str::to_owned);
    let style = style.and_then(|rest| rest.split('"').next().map(|name| format!("/assets/{name}")));
    let style = service.send("GET", &style.context("a style sheet")?, "", &[], b"");
    assert_eq!(style.status, 200);
    assert!(style.header("cache-control").contains("immutable"));
    Ok(())
}

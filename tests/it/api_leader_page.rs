//! The leaders' page of a month: as JSON, as a document, and mailed once on the first workday of the next month.

use crate::support::Town;
use crate::support::read_files::lines;
use crate::support::service::Service;
use crate::support::town::{UNITS, run_in};
use duban::domain::access::Membership;
use duban::domain::email_address::EmailAddress;
use duban::domain::user_role::UserRole;
use duban::flow::manage_users::{NewUser, create_user};
use entity::mail;

on_both! {
    leaders_see_their_own_units_first,
    the_page_is_mailed_once_on_the_first_workday,
}

/// The town's units, three of them looked after by two leaders.
fn looked_after() -> String {
    let mut lines = UNITS.lines();
    let head = format!("{},liaison", lines.next().unwrap_or_default());
    let rows = lines.map(|line| match line.get(..2) {
        Some("S1" | "S2") => format!("{line},李局长"),
        Some("B2") => format!("{line},王局长"),
        _ => format!("{line},"),
    });
    let rows: Vec<String> = std::iter::once(head).chain(rows).collect();
    rows.join("\n")
}

async fn leader(town: &Town, address: &str, name: &str) -> anyhow::Result<()> {
    let Ok(email) = EmailAddress::parse(address) else {
        anyhow::bail!("{address}");
    };
    let new = NewUser {
        email,
        name: Some(name.to_owned()),
        roles: vec![Membership {
            role: UserRole::Leader,
            unit_id: None,
        }],
    };
    create_user(&town.ctx, new).await?;
    Ok(())
}

async fn pages(town: &Town) -> anyhow::Result<Vec<mail::Model>> {
    let mut mails = town.mails().await?;
    mails.retain(|mail| mail.subject.contains("领导一页纸"));
    Ok(mails)
}

async fn leaders_see_their_own_units_first(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    town.import_units(&looked_after()).await?;
    leader(town, "leader@example.org", "李局长").await?;
    town.set("2026-04-01", "10:00")?;
    let service = Service::start(town)?;
    let own = service.token(UserRole::Leader, None).await?;
    let page = service.get(&own, "/leader-page?month=2026-03").expect(200);
    assert_eq!(page["as_of"], "2026-03-31");
    assert_eq!(page["liaisons"][0]["leader"], "李局长");
    assert_eq!(page["liaisons"][0]["own"], true);
    assert_eq!(page["liaisons"][0]["units"], 2);
    let others = page["liaisons"].as_array().map_or(0, Vec::len);
    assert_eq!(others, 3, "{page}");
    // Without a month it is the last one; somebody else sees no unit as theirs.
    let office = service.token(UserRole::Supervisor, None).await?;
    let others = service.get(&office, "/leader-page").expect(200);
    assert_eq!(others["month"], "2026-03");
    assert_eq!(others["liaisons"][0]["own"], false);
    let docx = service.get(&own, "/leader-page.docx?month=2026-03");
    assert_eq!(docx.status, 200);
    let told = lines(&docx.body).join("|");
    for wanted in [
        "2026年3月督办工作一页纸",
        "总体进展",
        "李局长（您联系的单位）",
    ] {
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
    for month in ["2026-05", "2026-Q1", "x"] {
        let refused = service.get(&own, &format!("/leader-page?month={month}"));
        assert_eq!(refused.status, 422, "{month}");
    }
    let contact = service.token(UserRole::UnitContact, Some("S1")).await?;
    assert_eq!(
        service.get(&contact, "/leader-page").refused(403),
        "forbidden"
    );
    Ok(())
}

async fn the_page_is_mailed_once_on_the_first_workday(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    town.import_units(&looked_after()).await?;
    leader(town, "li@example.org", "李局长").await?;
    leader(town, "zhao@example.org", "赵局长").await?;
    // The first of May is a holiday, until the fifth.
    town.live("2026-04-30", "2026-05-05").await?;
    assert_eq!(pages(town).await?.len(), 0);
    town.set("2026-05-06", "08:30")?;
    let other = town.another().await?;
    let (mine, theirs) = tokio::join!(run_in(&town.ctx, "remind"), run_in(&other, "remind"));
    mine?;
    theirs?;
    assert_eq!(pages(town).await?.len(), 2);
    town.run("deliver").await?;
    town.live("2026-05-07", "2026-05-08").await?;
    let sent = pages(town).await?;
    let told: Vec<(&str, &str)> = sent
        .iter()
        .map(|mail| (mail.address.as_str(), mail.state.as_str()))
        .collect();
    assert_eq!(
        told,
        [("li@example.org", "sent"), ("zhao@example.org", "sent")]
    );
    assert!(sent[0].text_body.contains("李局长（您联系的单位）"));
    assert!(!sent[1].text_body.contains("您联系的单位"));
    Ok(())
}

//! While work is paused: no round opens, nothing is queued, sent or swept, whatever the clock says and whoever runs the jobs;
//! answers are taken, and everybody who signs in sees it. Afterwards everything goes on as after any downtime.

use crate::support::Town;
use crate::support::browser::{shown, visitor};
use crate::support::service::Service;
use crate::support::state::state_hash;
use crate::support::town::MONDAY;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::pause::{Paused, pause, paused, resume, waiting};
use duban::jobs::JOBS;

on_both! {
    nothing_happens_until_it_is_resumed,
    everybody_who_signs_in_sees_it,
}

async fn nothing_happens_until_it_is_resumed(town: &Town) -> anyhow::Result<()> {
    town.set(MONDAY, "08:30")?;
    town.run("remind").await?;
    town.set(MONDAY, "10:00")?;
    town.issue(CyclesAtIssue::On).await?;
    // Another instance pauses; this one keeps to it.
    assert!(matches!(
        pause(&town.another().await?, "试").await?,
        Paused::Now(_)
    ));
    assert!(
        matches!(pause(&town.ctx, "再试").await?, Paused::Already(pause) if pause.reason == "试")
    );
    let waits = waiting(&town.ctx).await?;
    assert!(waits.mails > 0, "{waits:?}");
    town.run("seal").await?;
    let before = state_hash(&town.ctx.db).await?;
    town.set("2026-04-21", "09:00")?;
    for spec in JOBS {
        town.run(spec.name).await?;
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    assert_eq!(town.taken(), Vec::<String>::new());
    let ask = town.ask("S1", ObligationKind::Acknowledge).await?;
    town.answer(ask.id).await?;
    assert!(resume(&town.ctx).await?.is_some());
    assert_eq!(paused(&town.another().await?).await?, None);
    assert!(resume(&town.ctx).await?.is_none(), "once");
    for spec in JOBS {
        town.run(spec.name).await?;
    }
    assert!(!town.rounds(CycleKind::SpotCheck).await?.is_empty());
    assert!(!town.taken().is_empty());
    Ok(())
}

async fn everybody_who_signs_in_sees_it(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    let service = Service::start(town)?;
    let administrator = visitor(&service, UserRole::Administrator, None).await?;
    let contact = visitor(&service, UserRole::UnitContact, Some("S1")).await?;
    let look = |who: &str, path: &str| shown(&service, who, path);
    assert!(!look(&administrator, "/settings").contains("系统自"));
    pause(&town.ctx, "由备份恢复").await?;
    let page = look(&administrator, "/settings");
    for words in ["系统自", "起暂停", "由备份恢复", "duban resume"] {
        assert!(page.contains(words), "{words}");
    }
    let page = look(&contact, "/");
    assert!(page.contains("起暂停") && page.contains("填报照常"));
    assert!(
        !page.contains("duban resume"),
        "that is the administrator's"
    );
    let ready = service.send("GET", "/readyz", "", &[], b"");
    assert_eq!(ready.status, 200);
    assert!(String::from_utf8_lossy(&ready.body).contains("paused"));
    resume(&town.ctx).await?;
    assert!(!look(&contact, "/").contains("起暂停"));
    Ok(())
}

//! The day's digests: one per address however many make them, and an unsent one is carried over, not doubled.

use crate::support::Town;
use crate::support::town::{day, run_in};
use duban::domain::obligation::ObligationKind;
use duban::flow::issue_plan::CyclesAtIssue;
use sea_orm::ConnectionTrait;
use std::collections::{BTreeMap, HashSet};

/// How many digests each address has for each day.
async fn digests(town: &Town) -> anyhow::Result<BTreeMap<String, usize>> {
    let mut counts = BTreeMap::new();
    for mail in town
        .mails()
        .await?
        .iter()
        .filter(|mail| mail.kind == "digest")
    {
        *counts
            .entry(format!("{} {}", mail.local_on, mail.address))
            .or_default() += 1;
    }
    Ok(counts)
}

async fn reminding_twice_makes_one_digest(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-09", "07:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    town.set("2026-03-09", "08:30")?;
    assert_eq!(town.run("remind").await?, 9);
    assert_eq!(town.run("remind").await?, 0);
    town.set("2026-03-09", "14:00")?;
    assert_eq!(town.run("remind").await?, 0);
    town.run("housekeep").await?;
    assert_eq!(town.mails().await?.len(), 9);
    Ok(())
}

async fn what_fails_beside_them_keeps_no_digest_back(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-09", "07:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    let break_notices = "ALTER TABLE notice RENAME TO notice_broken";
    town.ctx.db.execute_unprepared(break_notices).await?;
    town.set("2026-03-09", "08:30")?;
    let told = town.run("remind").await;
    assert!(told.is_err(), "it is told that notices could not be raised");
    assert_eq!(town.mails().await?.len(), 9);
    Ok(())
}

async fn two_instances_make_one_digest_between_them(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-09", "07:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    let other = town.another().await?;
    for on in [
        "2026-03-09",
        "2026-03-10",
        "2026-03-12",
        "2026-03-13",
        "2026-03-17",
        "2026-03-23",
    ] {
        town.set(on, "08:30")?;
        let (mine, theirs) = tokio::join!(run_in(&town.ctx, "remind"), run_in(&other, "remind"));
        assert_eq!(
            mine? + theirs?,
            digests(town)
                .await?
                .keys()
                .filter(|key| key.starts_with(on))
                .count(),
            "{on}"
        );
        let (mine, theirs) = tokio::join!(run_in(&town.ctx, "deliver"), run_in(&other, "deliver"));
        mine?;
        theirs?;
    }
    let counts = digests(town).await?;
    assert!(counts.len() > 40, "{counts:?}");
    assert!(counts.values().all(|count| *count == 1), "{counts:?}");
    assert_eq!(town.taken().len(), counts.len(), "each was sent once");
    let ledger = town
        .ledger(town.ask("S1", ObligationKind::Acknowledge).await?.id)
        .await?;
    let keys: HashSet<_> = ledger.iter().map(|one| one.key).collect();
    assert_eq!(keys.len(), ledger.len());
    Ok(())
}

async fn an_unsent_digest_is_carried_over_into_the_next(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-09", "19:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    town.set("2026-03-10", "08:30")?;
    town.run("remind").await?;
    // No mail server for two days; on the third the acknowledgement falls due.
    town.live("2026-03-12", "2026-03-12").await?;
    let mails = town.mails_to("s1@town.example.org").await?;
    let told: Vec<_> = mails
        .iter()
        .map(|mail| {
            (
                mail.local_on,
                mail.state.as_str(),
                mail.reason.as_deref(),
                mail.asks,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (day("2026-03-10")?, "suppressed", Some("superseded"), 2),
            (day("2026-03-12")?, "sent", None, 2)
        ],
        "today's tells what the earlier one did not"
    );
    assert!(
        mails[1].text_body.contains("完成作业公示"),
        "{}",
        mails[1].text_body
    );
    for kind in [ObligationKind::Acknowledge, ObligationKind::Complete] {
        let ledger = town.ledger(town.ask("S1", kind).await?.id).await?;
        assert!(
            ledger
                .iter()
                .all(|one| one.mail_id.map(|id| id.0) == Some(mails[1].id)),
            "{ledger:?}"
        );
    }
    assert_eq!(
        town.taken()
            .iter()
            .filter(|address| *address == "s1@town.example.org")
            .count(),
        1
    );
    Ok(())
}

async fn a_digest_on_its_way_is_not_superseded(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-09", "19:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    town.set("2026-03-10", "08:30")?;
    town.run("remind").await?;
    let unknown = "UPDATE mail SET state = 'unknown' WHERE address = 's1@town.example.org'";
    let transmitting =
        "UPDATE mail SET state = 'transmitting' WHERE address = 's5@town.example.org'";
    for sql in [unknown, transmitting] {
        town.ctx.db.execute_unprepared(sql).await?;
    }
    town.set("2026-03-12", "08:30")?;
    town.run("remind").await?;
    for (address, state) in [
        ("s1@town.example.org", "unknown"),
        ("s5@town.example.org", "transmitting"),
    ] {
        let mails = town.mails_to(address).await?;
        let told: Vec<_> = mails
            .iter()
            .map(|mail| (mail.state.as_str(), mail.asks))
            .collect();
        assert_eq!(
            told,
            [(state, 2), ("queued", 1)],
            "what may have been read is not told again"
        );
    }
    Ok(())
}

async fn nothing_is_made_outside_the_hours_for_mail(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-08", "10:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    for (on, time) in [
        ("2026-03-08", "10:30"),
        ("2026-03-09", "08:29"),
        ("2026-03-09", "18:00"),
    ] {
        town.set(on, time)?;
        town.run("remind").await?;
        town.run("deliver").await?;
        assert!(town.mails().await?.is_empty(), "{on} {time}");
    }
    town.set("2026-03-09", "17:59")?;
    town.run("remind").await?;
    assert_eq!(town.mails().await?.len(), 9);
    town.set("2026-03-09", "18:00")?;
    town.run("deliver").await?;
    assert_eq!(town.taken(), Vec::<String>::new());
    town.set("2026-03-10", "08:30")?;
    town.run("deliver").await?;
    assert_eq!(town.taken().len(), 9);
    Ok(())
}

on_both! {
    what_fails_beside_them_keeps_no_digest_back,
    reminding_twice_makes_one_digest,
    two_instances_make_one_digest_between_them,
    an_unsent_digest_is_carried_over_into_the_next,
    a_digest_on_its_way_is_not_superseded,
    nothing_is_made_outside_the_hours_for_mail,
}

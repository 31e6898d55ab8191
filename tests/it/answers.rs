//! An answer stops the chase at once: what was told and has not left is taken back or written anew.

use crate::support::Town;
use crate::support::town::run_in;
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::flow::answer_obligation::{Answer, answer_obligation};
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::told_evidence::ToldEvidence;
use duban::storage::reminders::ReminderState;
use duban::storage::{obligations, reports};
use std::time::Duration;

/// Issues in the evening and makes the next day's digests, which have not left.
async fn unsent(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-09", "19:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    town.set("2026-03-10", "08:30")?;
    town.run("remind").await?;
    town.set("2026-03-10", "08:40")?;
    Ok(())
}

async fn a_mail_is_rewritten_without_what_was_answered(town: &Town) -> anyhow::Result<()> {
    unsent(town).await?;
    let before = town.mails_to("s1@town.example.org").await?;
    assert_eq!((before.len(), before[0].asks), (1, 2));
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    town.answer(ask.id).await?;
    let after = town.mails_to("s1@town.example.org").await?;
    assert_eq!(
        (after.len(), after[0].asks, after[0].state.as_str()),
        (1, 1, "queued")
    );
    assert_eq!(
        (after[0].id, &after[0].message_id),
        (before[0].id, &before[0].message_id)
    );
    assert!(
        before[0].text_body.contains("2026年4月30日"),
        "{}",
        before[0].text_body
    );
    assert!(
        !after[0].text_body.contains("2026年4月30日"),
        "{}",
        after[0].text_body
    );
    let ledger = town.ledger(ask.id).await?;
    let told: Vec<_> = ledger
        .iter()
        .map(|one| (one.state, one.reason.as_deref()))
        .collect();
    assert_eq!(told, [(ReminderState::Cancelled, Some("answered"))]);
    town.run("deliver").await?;
    assert_eq!(town.taken().len(), 9);
    Ok(())
}

async fn a_rewritten_mail_still_knows_what_was_told_before(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-09", "19:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    town.live("2026-03-10", "2026-03-10").await?;
    town.set("2026-03-12", "08:30")?;
    town.run("remind").await?;
    town.answer(town.ask("S2", ObligationKind::Acknowledge).await?.id)
        .await?;
    let mails = town.mails_to("shared@town.example.org").await?;
    assert_eq!((mails.len(), mails[1].asks), (2, 1), "one school is left");
    let text = &mails[1].text_body;
    assert!(text.contains("此前已提醒1次"), "{text}");
    Ok(())
}

async fn a_mail_with_nothing_left_to_tell_does_not_leave(town: &Town) -> anyhow::Result<()> {
    unsent(town).await?;
    for kind in [ObligationKind::Complete, ObligationKind::Acknowledge] {
        town.answer(town.ask("S1", kind).await?.id).await?;
    }
    let mails = town.mails_to("s1@town.example.org").await?;
    assert_eq!(
        (mails[0].state.as_str(), mails[0].reason.as_deref()),
        ("suppressed", Some("answered"))
    );
    town.live("2026-03-10", "2026-06-10").await?;
    assert!(
        !town.taken().contains(&"s1@town.example.org".to_owned()),
        "it is never chased again"
    );
    assert!(town.taken().contains(&"s5@town.example.org".to_owned()));
    Ok(())
}

/// A mail whose outcome nobody knows may have arrived: it is sent once more as it is, or not at all.
async fn a_mail_that_may_have_arrived_keeps_its_words_or_is_not_sent_again(
    town: &Town,
) -> anyhow::Result<()> {
    use duban::storage::due_mails::{Wanted, claim};
    use duban::storage::new_id;
    use duban::storage::outbox_leases::{Lease, begin_transmissions, sweep};
    unsent(town).await?;
    let now = town.ctx.now().at;
    let lease = Lease { id: new_id(), now };
    let tx = town.ctx.write().await?;
    let held = claim(&tx, &lease, &Wanted::any(now, 100)).await?;
    let held: Vec<_> = held.iter().map(|mail| (mail.id, lease.id)).collect();
    assert_eq!(begin_transmissions(&tx, &held).await?.len(), held.len());
    tx.commit().await?;
    let tx = town.ctx.write().await?;
    sweep(&tx, now + chrono::TimeDelta::minutes(1), &[]).await?;
    tx.commit().await?;
    let before = town.mails_to("s1@town.example.org").await?;
    assert_eq!(before[0].state, "unknown");
    town.answer(town.ask("S1", ObligationKind::Complete).await?.id)
        .await?;
    let after = town.mails_to("s1@town.example.org").await?;
    assert_eq!(
        (&after[0].text_body, after[0].state.as_str()),
        (&before[0].text_body, "unknown"),
        "two texts must not bear one Message-ID"
    );
    town.answer(town.ask("S1", ObligationKind::Acknowledge).await?.id)
        .await?;
    let after = town.mails_to("s1@town.example.org").await?;
    assert_eq!(
        (after[0].state.as_str(), after[0].reason.as_deref()),
        ("suppressed", Some("answered"))
    );
    town.run("deliver").await?;
    let taken = town.taken();
    assert!(
        !taken.contains(&"s1@town.example.org".to_owned()),
        "{taken:?}"
    );
    assert_eq!(taken.len(), 8, "the others are sent once more");
    Ok(())
}

async fn a_worker_that_holds_the_mail_loses_it(town: &Town) -> anyhow::Result<()> {
    use duban::storage::due_mails::{Wanted, claim};
    use duban::storage::new_id;
    use duban::storage::outbox_leases::{Lease, begin_transmissions};
    unsent(town).await?;
    let now = town.ctx.now().at;
    let lease = Lease { id: new_id(), now };
    let tx = town.ctx.write().await?;
    let held = claim(&tx, &lease, &Wanted::any(now, 100)).await?;
    tx.commit().await?;
    town.answer(town.ask("S1", ObligationKind::Complete).await?.id)
        .await?;
    for kind in [ObligationKind::Complete, ObligationKind::Acknowledge] {
        town.answer(town.ask("S5", kind).await?.id).await?;
    }
    for mail in held {
        let tx = town.ctx.write().await?;
        let begun = begin_transmissions(&tx, &[(mail.id, lease.id)]).await?;
        let may_go = begun.contains(&mail.id);
        let touched =
            ["s1@town.example.org", "s5@town.example.org"].contains(&mail.address.as_str());
        assert_eq!(may_go, !touched, "{}", mail.address);
    }
    Ok(())
}

async fn what_was_answered_before_the_digest_is_not_in_it(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-09", "19:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    town.answer(town.ask("S1", ObligationKind::Complete).await?.id)
        .await?;
    town.live("2026-03-10", "2026-03-10").await?;
    assert_eq!(town.mails_to("s1@town.example.org").await?[0].asks, 1);
    Ok(())
}

async fn an_answer_while_digests_are_made_leaves_no_mail_behind(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-09", "19:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    town.set("2026-03-10", "08:30")?;
    let other = town.another().await?;
    let mut asks = Vec::new();
    for unit in ["S1", "S5", "S6", "B2", "B3", "B4", "D1", "D2"] {
        for kind in ObligationKind::ALL {
            asks.extend(town.asked(unit, kind).await?);
        }
    }
    let answering = async {
        for ask in &asks {
            let answer = Answer {
                obligation_id: ask.id,
                reported_by: "test".to_owned(),
                note: None,
                items: Vec::new(),
                values: Vec::new(),
                evidence: ToldEvidence::default(),
            };
            answer_obligation(&other, answer).await?;
        }
        anyhow::Ok(())
    };
    let (made, answered) = tokio::join!(run_in(&town.ctx, "remind"), answering);
    made?;
    answered?;
    town.run("deliver").await?;
    assert_eq!(
        town.taken(),
        ["shared@town.example.org"],
        "all others have answered"
    );
    Ok(())
}

/// The answer is written but not committed when the digests are being made: either they are told of it, or it of them.
async fn an_answer_on_its_way_is_waited_for(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-09", "19:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    town.set("2026-03-10", "08:30")?;
    let other = town.another().await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let tx = town.ctx.write().await?;
    let now = town.ctx.now().at;
    assert!(obligations::settle(&tx, ask.id, ObligationState::Answered, now).await?);
    let mut remind = tokio::spawn(async move { run_in(&other, "remind").await });
    let early = tokio::time::timeout(Duration::from_millis(700), &mut remind).await;
    tx.commit().await?;
    match early {
        Ok(made) => made??,
        Err(_) => remind.await??,
    };
    let mails = town.mails_to("s1@town.example.org").await?;
    assert_eq!((mails.len(), mails[0].asks), (1, 1));
    assert!(town.ledger(ask.id).await?.is_empty());
    Ok(())
}

async fn answering_again_adds_a_version_and_a_late_answer_counts(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    town.answer(ask.id).await?;
    town.answer(ask.id).await?;
    assert_eq!(reports::count(&town.ctx.db, ask.id).await?, 2);
    let late = town.ask("S5", ObligationKind::Complete).await?;
    town.live("2026-06-10", "2026-06-10").await?;
    assert_eq!(
        town.ask("S5", ObligationKind::Complete).await?.state,
        ObligationState::Unanswered
    );
    town.answer(late.id).await?;
    assert_eq!(
        town.ask("S5", ObligationKind::Complete).await?.state,
        ObligationState::Answered
    );
    assert_eq!(
        town.ask("S1", ObligationKind::Complete).await?.state,
        ObligationState::Answered
    );
    Ok(())
}

on_both! {
    a_mail_is_rewritten_without_what_was_answered,
    a_rewritten_mail_still_knows_what_was_told_before,
    a_mail_with_nothing_left_to_tell_does_not_leave,
    a_mail_that_may_have_arrived_keeps_its_words_or_is_not_sent_again,
    a_worker_that_holds_the_mail_loses_it,
    what_was_answered_before_the_digest_is_not_in_it,
    an_answer_while_digests_are_made_leaves_no_mail_behind,
    an_answer_on_its_way_is_waited_for,
    answering_again_adds_a_version_and_a_late_answer_counts,
}

//! Attempts at a request with a key: one that dies after its commit, one that stalls and comes too late, several that are
//! written together.

use crate::repeats::{desk, made};
use crate::support::Town;
use crate::support::sample_tasks::make_task;
use chrono::TimeDelta;
use duban::domain::access::Viewer;
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::flow::answer_desk::hand_in;
use duban::flow::answer_obligation::Answer;
use duban::flow::repeat_guard::{Begun, StoredReply, Ticket, begin, finish, release};
use duban::flow::told_evidence::ToldEvidence;
use duban::flow::{Ctx, FlowError};
use duban::storage::{StorageError, reports};

on_both!(
    what_was_done_without_a_reply_is_told_so,
    a_stalled_attempt_is_taken_over_and_comes_too_late,
    answers_written_together_earn_their_own_replies,
);

async fn taken(ctx: &Ctx, viewer: &Viewer, key: &str) -> anyhow::Result<Ticket> {
    match begin(ctx, viewer, key, "one request").await? {
        Begun::New(ticket) => Ok(ticket),
        other => anyhow::bail!("{other:?}"),
    }
}

fn reply() -> StoredReply {
    StoredReply {
        status: 201,
        location: Some("/api/v1/tasks/1".to_owned()),
        body: "{\"title\":\"办理\"}".to_owned(),
    }
}

async fn what_was_done_without_a_reply_is_told_so(town: &Town) -> anyhow::Result<()> {
    let desk = desk(town).await?;
    let ticket = taken(&town.ctx, &desk.viewer, "k").await?;
    make_task(&town.ctx.with_ticket(ticket.clone()), "甲", None).await?;
    // Here the process dies. Whoever asks next, here or elsewhere, is not told to go on, whatever time has passed.
    let other = town.another().await?;
    for (after, begun) in [
        (0, Begun::Running),
        (119, Begun::Running),
        (1, Begun::Lost),
        (600, Begun::Lost),
    ] {
        town.clock
            .set(town.ctx.now().at + TimeDelta::seconds(after));
        assert_eq!(
            begin(&other, &desk.viewer, "k", "one request").await?,
            begun
        );
        assert_eq!(
            begin(&other, &desk.viewer, "k", "another").await?,
            Begun::OtherRequest
        );
    }
    // Not even one that thinks it was refused can take it back.
    release(&town.ctx, &ticket).await?;
    assert_eq!(
        begin(&town.ctx, &desk.viewer, "k", "one request").await?,
        Begun::Lost
    );
    Ok(())
}

async fn a_stalled_attempt_is_taken_over_and_comes_too_late(town: &Town) -> anyhow::Result<()> {
    let desk = desk(town).await?;
    let first = taken(&town.ctx, &desk.viewer, "k").await?;
    let began = town.ctx.now().at;
    town.clock.set(began + TimeDelta::seconds(119));
    assert_eq!(
        begin(&town.ctx, &desk.viewer, "k", "one request").await?,
        Begun::Running
    );
    town.clock.set(began + TimeDelta::seconds(120));
    let other = town.another().await?;
    assert_eq!(
        begin(&other, &desk.viewer, "k", "another").await?,
        Begun::OtherRequest
    );
    let second = taken(&other, &desk.viewer, "k").await?;
    assert_ne!(first.attempt_id, second.attempt_id);
    assert_eq!(
        begin(&town.ctx, &desk.viewer, "k", "one request").await?,
        Begun::Running
    );
    // The first wakes up: nothing of it is written, and it can neither keep a reply nor give the key away.
    let late = make_task(&town.ctx.with_ticket(first.clone()), "甲", None).await;
    assert!(
        matches!(late, Err(FlowError::Storage(StorageError::Overtaken))),
        "{late:?}"
    );
    assert_eq!(made(town, "甲").await?, 0);
    finish(&town.ctx, &first, &reply()).await?;
    release(&town.ctx, &first).await?;
    assert_eq!(
        begin(&town.ctx, &desk.viewer, "k", "one request").await?,
        Begun::Running
    );
    make_task(&other.with_ticket(second.clone()), "甲", None).await?;
    finish(&other, &second, &reply()).await?;
    assert_eq!(
        begin(&town.ctx, &desk.viewer, "k", "one request").await?,
        Begun::Replay(reply())
    );
    assert_eq!(made(town, "甲").await?, 1);
    Ok(())
}

async fn answers_written_together_earn_their_own_replies(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let desk = desk(town).await?;
    let mut answers = Vec::new();
    for (number, unit) in ["S1", "S2", "S3", "S4", "S5", "S6"].into_iter().enumerate() {
        let asked = town.ask(unit, ObligationKind::Acknowledge).await?;
        let ticket = taken(&town.ctx, &desk.viewer, &format!("k{number}")).await?;
        answers.push((asked.id, ticket));
    }
    // One of them stalls, and another attempt has it by now.
    let (stalled, _) = answers[3];
    town.clock.set(town.ctx.now().at + TimeDelta::seconds(121));
    taken(&town.ctx, &desk.viewer, "k3").await?;
    let hand = |(id, ticket): (_, Ticket)| {
        let ctx = town.ctx.with_ticket(ticket);
        let answer = Answer {
            obligation_id: id,
            reported_by: "test".to_owned(),
            note: None,
            items: Vec::new(),
            values: Vec::new(),
            evidence: ToldEvidence::default(),
        };
        async move { hand_in(&ctx, answer).await }
    };
    let told = futures_util::future::join_all(answers.clone().into_iter().map(hand)).await;
    for (number, ((id, _), told)) in answers.iter().zip(&told).enumerate() {
        let begun = begin(
            &town.ctx,
            &desk.viewer,
            &format!("k{number}"),
            "one request",
        )
        .await?;
        let kept = reports::last_versions(&town.ctx.db, &[*id]).await?;
        if *id == stalled {
            assert!(
                matches!(told, Err(FlowError::Storage(StorageError::Overtaken))),
                "{told:?}"
            );
            assert_eq!((begun, kept.len()), (Begun::Running, 0));
        } else {
            assert!(told.is_ok(), "{told:?}");
            assert_eq!((begun, kept.get(id)), (Begun::Lost, Some(&1)));
        }
    }
    let open = town.ask("S4", ObligationKind::Acknowledge).await?;
    assert_eq!(open.state, ObligationState::Open);
    Ok(())
}

//! Mails on their way: no two workers hold one, a worker whose lease was taken back can neither begin nor record, and a
//! mail whose outcome nobody knows is sent once more and then waits for a person.

use crate::support::Town;
use crate::support::town::MONDAY;
use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use duban::domain::ids::MailId;
use duban::domain::mail_state::{MailKind, MailState};
use duban::flow::Ctx;
use duban::storage::due_mails::{self, Wanted};
use duban::storage::outbox::{QueuedWhen, Recipient, StoredMail};
use duban::storage::outbox_leases::{self, Lease, Settled, Settlement};
use duban::storage::{WriteTx, new_id, outbox};
use entity::mail;
use std::collections::HashSet;
use uuid::Uuid;

/// Queues that many mails, all due now.
async fn queue(town: &Town, count: usize) -> anyhow::Result<()> {
    let now = town.ctx.now();
    let tx = town.ctx.write().await?;
    for number in 0..count {
        let address = format!("s{number}@town.example.org");
        let to = Recipient {
            address: address.clone(),
            to_address: address,
            to_name: None,
            unit_id: None,
        };
        let when = QueuedWhen {
            at: now.at,
            local_on: now.today,
            real_at: now.at,
        };
        let mail = StoredMail::queued(MailKind::Immediate, to, "town.example.org", when);
        outbox::insert(&tx, &mail).await?;
    }
    Ok(tx.commit().await?)
}

/// A new lease taken at an instant.
fn lease(now: DateTime<Utc>) -> Lease {
    Lease { id: new_id(), now }
}

async fn claim(ctx: &Ctx, lease: &Lease, limit: u64) -> anyhow::Result<Vec<StoredMail>> {
    let tx = ctx.write().await?;
    let mails = due_mails::claim(&tx, lease, &Wanted::any(ctx.now().at, limit)).await?;
    tx.commit().await?;
    Ok(mails)
}

/// Does something in a transaction of its own.
async fn write<T>(
    town: &Town,
    act: impl AsyncFnOnce(&WriteTx) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let tx = town.ctx.write().await?;
    let told = act(&tx).await?;
    tx.commit().await?;
    Ok(told)
}

async fn begin(town: &Town, id: MailId, lease: &Lease) -> anyhow::Result<bool> {
    write(town, async |tx| {
        let begun = outbox_leases::begin_transmissions(tx, &[(id, lease.id)]).await?;
        Ok(begun.contains(&id))
    })
    .await
}

async fn record(town: &Town, id: MailId, lease: &Lease, settled: &Settled) -> anyhow::Result<bool> {
    let settlement = Settlement {
        id,
        lease_id: lease.id,
        settled,
    };
    write(town, async |tx| {
        let recorded = outbox_leases::settle(tx, &[settlement]).await?;
        Ok(recorded.contains(&id))
    })
    .await
}

async fn record_sent(town: &Town, id: MailId, lease: &Lease) -> anyhow::Result<bool> {
    let sent = Settled {
        state: MailState::Sent,
        reason: None,
        reply: Some("250".to_owned()),
        retry_at: None,
        sent_at: Some(lease.now),
    };
    record(town, id, lease, &sent).await
}

async fn sweep(town: &Town, now: DateTime<Utc>) -> anyhow::Result<(u64, u64)> {
    write(town, async |tx| {
        Ok(outbox_leases::sweep(tx, now, &[]).await?)
    })
    .await
}

async fn only_mail(town: &Town) -> anyhow::Result<mail::Model> {
    let mut mails = town.mails().await?;
    assert_eq!(mails.len(), 1);
    Ok(mails.remove(0))
}

async fn two_claimers_never_hold_the_same_mail(town: &Town) -> anyhow::Result<()> {
    queue(town, 120).await?;
    let other = town.another().await?;
    let now = town.ctx.now().at;
    let mut held = Vec::new();
    loop {
        let (one, two) = (lease(now), lease(now));
        let (mine, theirs) = tokio::join!(claim(&town.ctx, &one, 9), claim(&other, &two, 9));
        let (mine, theirs) = (mine?, theirs?);
        if mine.is_empty() && theirs.is_empty() {
            break;
        }
        held.extend(mine.iter().chain(&theirs).map(|mail| mail.id));
    }
    assert_eq!(held.len(), 120);
    assert_eq!(
        held.iter().collect::<HashSet<_>>().len(),
        120,
        "each mail has one holder"
    );
    Ok(())
}

async fn only_the_holder_begins_and_records(town: &Town) -> anyhow::Result<()> {
    queue(town, 1).await?;
    let now = town.ctx.now().at;
    let (holder, stranger) = (lease(now), lease(now));
    let id = claim(&town.ctx, &holder, 1).await?[0].id;
    assert!(
        claim(&town.ctx, &stranger, 1).await?.is_empty(),
        "what is held is not due"
    );
    assert!(!begin(town, id, &stranger).await?);
    assert!(!record_sent(town, id, &stranger).await?);
    assert_eq!(only_mail(town).await?.state, "claimed");
    assert!(begin(town, id, &holder).await?);
    assert!(!begin(town, id, &holder).await?, "a mail is begun once");
    assert!(!record_sent(town, id, &stranger).await?);
    assert!(record_sent(town, id, &holder).await?);
    assert!(
        !record_sent(town, id, &holder).await?,
        "an outcome is recorded once"
    );
    let mail = only_mail(town).await?;
    assert_eq!(
        (mail.state.as_str(), mail.attempts, mail.lease_id),
        ("sent", 1, None)
    );
    Ok(())
}

async fn many_are_begun_and_recorded_at_once(town: &Town) -> anyhow::Result<()> {
    queue(town, 6).await?;
    let now = town.ctx.now().at;
    let (one, two) = (lease(now), lease(now));
    let mut held: Vec<(MailId, Uuid)> = Vec::new();
    for lease in [&one, &two] {
        let mails = claim(&town.ctx, lease, 3).await?;
        held.extend(mails.iter().map(|mail| (mail.id, lease.id)));
    }
    // The third is named under a lease that is not its own.
    held[2].1 = two.id;
    let begun = write(town, async |tx| {
        Ok(outbox_leases::begin_transmissions(tx, &held).await?)
    })
    .await?;
    let but_the_third = |ids: &HashSet<MailId>| {
        held.iter()
            .enumerate()
            .all(|(at, (id, _))| ids.contains(id) == (at != 2))
    };
    assert!(but_the_third(&begun), "{begun:?}");
    let outcomes: Vec<Settled> = (0..6)
        .map(|at| Settled {
            state: if at == 1 {
                MailState::Failed
            } else {
                MailState::Sent
            },
            reason: (at == 1).then(|| "unknown_recipient".to_owned()),
            reply: (at != 4).then(|| format!("250 number {at}")),
            retry_at: None,
            sent_at: (at != 1).then(|| now + TimeDelta::seconds(at)),
        })
        .collect();
    let settlements: Vec<Settlement<'_>> = held
        .iter()
        .zip(&outcomes)
        .map(|((id, lease_id), settled)| Settlement {
            id: *id,
            lease_id: *lease_id,
            settled,
        })
        .collect();
    let recorded = write(town, async |tx| {
        Ok(outbox_leases::settle(tx, &settlements).await?)
    })
    .await?;
    assert!(but_the_third(&recorded), "{recorded:?}");
    for mail in town.mails().await? {
        let at = held.iter().position(|(id, _)| id.0 == mail.id);
        let at = at.context("held")?;
        if at == 2 {
            assert_eq!((mail.state.as_str(), mail.reply), ("claimed", None));
            continue;
        }
        let outcome = &outcomes[at];
        assert_eq!(mail.state, outcome.state.as_str());
        assert_eq!(
            (mail.reason, mail.reply, mail.sent_at, mail.lease_id),
            (
                outcome.reason.clone(),
                outcome.reply.clone(),
                outcome.sent_at,
                None
            ),
            "each has its own outcome"
        );
    }
    Ok(())
}

async fn what_a_fast_clock_wrote_holds_nothing_up(town: &Town) -> anyhow::Result<()> {
    queue(town, 3).await?;
    let now = town.ctx.now().at;
    let ahead = lease(now + TimeDelta::days(22));
    let taken = claim(&town.ctx, &ahead, 2).await?;
    assert!(begin(town, taken[0].id, &ahead).await?);
    let deferred = Settled {
        state: MailState::Deferred,
        reason: Some("greylisted".to_owned()),
        reply: None,
        retry_at: Some(now + TimeDelta::days(22)),
        sent_at: None,
    };
    let other = lease(now);
    let third = claim(&town.ctx, &other, 1).await?[0].id;
    assert!(record(town, third, &other, &deferred).await?);
    assert_eq!(sweep(town, now).await?, (1, 1), "the clock is right again");
    assert_eq!(claim(&town.ctx, &lease(now), 9).await?.len(), 3);
    Ok(())
}

async fn a_clock_that_jumps_takes_nothing_from_whoever_lives(town: &Town) -> anyhow::Result<()> {
    queue(town, 2).await?;
    let now = town.ctx.now().at;
    let (mine, gone) = (lease(now), lease(now));
    let held = claim(&town.ctx, &mine, 1).await?[0].id;
    assert!(begin(town, held, &mine).await?);
    claim(&town.ctx, &gone, 1).await?;
    let later = now + TimeDelta::hours(1);
    let swept = write(town, async |tx| {
        Ok(outbox_leases::sweep(tx, later, &[mine.id]).await?)
    })
    .await?;
    assert_eq!(swept, (1, 0));
    assert!(record_sent(town, held, &mine).await?);
    Ok(())
}

async fn a_lease_that_ran_out_is_worth_nothing(town: &Town) -> anyhow::Result<()> {
    queue(town, 1).await?;
    let now = town.ctx.now().at;
    let slow = lease(now);
    let id = claim(&town.ctx, &slow, 1).await?[0].id;
    assert_eq!(
        sweep(town, now + TimeDelta::seconds(Lease::SECONDS)).await?,
        (0, 0),
        "it holds for 30 seconds"
    );
    assert_eq!(
        sweep(town, now + TimeDelta::seconds(Lease::SECONDS + 1)).await?,
        (1, 0)
    );
    let mail = only_mail(town).await?;
    assert_eq!(
        (mail.state.as_str(), mail.resent),
        ("queued", false),
        "nothing has left"
    );
    assert!(!begin(town, id, &slow).await?, "nobody holds it");
    let quick = lease(now + TimeDelta::seconds(40));
    assert_eq!(claim(&town.ctx, &quick, 1).await?.len(), 1);
    assert!(!begin(town, id, &slow).await?, "somebody else holds it");
    assert!(begin(town, id, &quick).await?);
    assert!(
        !record_sent(town, id, &slow).await?,
        "somebody else is at it"
    );
    assert!(record_sent(town, id, &quick).await?);
    Ok(())
}

async fn a_renewed_lease_holds_on(town: &Town) -> anyhow::Result<()> {
    queue(town, 1).await?;
    let now = town.ctx.now().at;
    let mut held = lease(now);
    let id = claim(&town.ctx, &held, 1).await?[0].id;
    held.now = now + TimeDelta::seconds(25);
    assert_eq!(
        write(town, async |tx| Ok(outbox_leases::renew(
            tx,
            &[held.id],
            held.now
        )
        .await?))
        .await?,
        1
    );
    assert_eq!(sweep(town, now + TimeDelta::seconds(50)).await?, (0, 0));
    assert!(begin(town, id, &held).await?);
    assert_eq!(
        write(town, async |tx| Ok(outbox_leases::renew(
            tx,
            &[new_id()],
            now
        )
        .await?))
        .await?,
        0,
        "not another's"
    );
    Ok(())
}

async fn what_was_not_begun_is_given_back(town: &Town) -> anyhow::Result<()> {
    queue(town, 3).await?;
    let now = town.ctx.now().at;
    let (mine, other) = (lease(now), lease(now));
    let held = claim(&town.ctx, &mine, 2).await?;
    claim(&town.ctx, &other, 1).await?;
    begin(town, held[0].id, &mine).await?;
    assert_eq!(
        write(town, async |tx| Ok(
            outbox_leases::release(tx, &[mine.id]).await?
        ))
        .await?,
        1
    );
    let mut states: Vec<String> = town
        .mails()
        .await?
        .into_iter()
        .map(|mail| mail.state)
        .collect();
    states.sort();
    assert_eq!(states, ["claimed", "queued", "transmitting"]);
    Ok(())
}

async fn an_unknown_outcome_is_tried_once_more_and_then_left_to_a_person(
    town: &Town,
) -> anyhow::Result<()> {
    queue(town, 1).await?;
    let mut now = town.ctx.now().at;
    let message_id = only_mail(town).await?.message_id;
    for resent in [false, true] {
        let worker = lease(now);
        let claimed = claim(&town.ctx, &worker, 10).await?;
        assert_eq!(claimed.len(), 1);
        assert_eq!(
            (claimed[0].resent, &claimed[0].message_id),
            (resent, &message_id)
        );
        assert!(begin(town, claimed[0].id, &worker).await?);
        // The worker is gone.
        now += TimeDelta::seconds(31);
        assert_eq!(sweep(town, now).await?, (0, 1));
        let mail = only_mail(town).await?;
        assert_eq!(
            (mail.state.as_str(), mail.reason.as_deref()),
            ("unknown", Some("lease_expired"))
        );
        assert!(
            !record_sent(town, claimed[0].id, &worker).await?,
            "its word comes too late"
        );
    }
    assert!(
        claim(&town.ctx, &lease(now), 10).await?.is_empty(),
        "it is not sent a third time"
    );
    town.set(MONDAY, "17:00")?;
    town.run("deliver").await?;
    assert_eq!(town.taken(), Vec::<String>::new());
    let mail = only_mail(town).await?;
    assert_eq!(
        (mail.state.as_str(), mail.attempts, mail.resent),
        ("unknown", 2, true)
    );
    assert_eq!(mail.message_id, message_id);
    Ok(())
}

on_both! {
    two_claimers_never_hold_the_same_mail,
    only_the_holder_begins_and_records,
    many_are_begun_and_recorded_at_once,
    what_a_fast_clock_wrote_holds_nothing_up,
    a_clock_that_jumps_takes_nothing_from_whoever_lives,
    a_lease_that_ran_out_is_worth_nothing,
    a_renewed_lease_holds_on,
    what_was_not_begun_is_given_back,
    an_unknown_outcome_is_tried_once_more_and_then_left_to_a_person,
}

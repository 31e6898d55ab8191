//! Once is enough: the keys of the schema, tried twice in a row and by two instances at once. Whoever comes second is
//! told so, and changes nothing.

use crate::support::Town;
use crate::support::town::{MONDAY, day, instant};
use duban::domain::cycle_kind::CycleKind;
use duban::domain::ids::{ObligationId, RoundId};
use duban::domain::mail_state::MailKind;
use duban::domain::obligation::{ObligationKind, Source};
use duban::domain::stage::Stage;
use duban::flow::Ctx;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::storage::obligations::{Item, StoredObligation};
use duban::storage::outbox::{QueuedWhen, Recipient, StoredMail};
use duban::storage::reminders::{Addressee, Fate, NewReminder, ReminderKey};
use duban::storage::rounds::StoredRound;
use duban::storage::{contacts, new_id, obligations, outbox, reminders, rounds, tasks};
use tokio::sync::Barrier;

/// Has two instances do the same at the same moment; what each was told.
async fn both<T>(
    town: &Town,
    act: impl AsyncFn(&Ctx, usize) -> anyhow::Result<T>,
) -> anyhow::Result<[T; 2]> {
    let other = town.another().await?;
    let start = Barrier::new(2);
    let run = async |ctx: &Ctx, number: usize| {
        start.wait().await;
        act(ctx, number).await
    };
    let (first, second) = tokio::join!(run(&town.ctx, 0), run(&other, 1));
    Ok([first?, second?])
}

async fn insert_round(ctx: &Ctx, round: &StoredRound) -> anyhow::Result<bool> {
    let tx = ctx.write().await?;
    let inserted = rounds::insert(&tx, round, None).await?;
    tx.commit().await?;
    Ok(inserted)
}

async fn a_round(town: &Town, number: u32) -> anyhow::Result<StoredRound> {
    let cycle = town.cycle(CycleKind::SpotCheck).await?;
    Ok(StoredRound {
        id: RoundId(new_id()),
        cycle_id: cycle.id,
        period: format!("2026-{number:02}").parse()?,
        open: true,
        planned_on: day(MONDAY)?,
        opened_on: day(MONDAY)?,
        due_on: None,
        late: false,
        by_hand: None,
        provisional: false,
        listed: Vec::new(),
        opened_at: town.ctx.now().at,
        check: None,
    })
}

async fn insert_ask(
    ctx: &Ctx,
    source: &Source,
    ask: &StoredObligation,
    items: &[Item],
) -> anyhow::Result<bool> {
    let tx = ctx.write().await?;
    let inserted = obligations::insert(&tx, source, ask, items).await?;
    tx.commit().await?;
    Ok(inserted)
}

async fn insert_mail(ctx: &Ctx, mail: &StoredMail) -> anyhow::Result<bool> {
    let tx = ctx.write().await?;
    let inserted = outbox::insert(&tx, mail).await?;
    tx.commit().await?;
    Ok(inserted)
}

fn a_digest(town: &Town, address: &str, on: &str) -> anyhow::Result<StoredMail> {
    let to = Recipient {
        address: address.to_owned(),
        to_address: address.to_owned(),
        to_name: None,
        unit_id: None,
    };
    let at = instant(town, on, "08:30")?;
    let when = QueuedWhen {
        at,
        local_on: day(on)?,
        real_at: at,
    };
    Ok(StoredMail::queued(
        MailKind::Digest,
        to,
        "town.example.org",
        when,
    ))
}

async fn insert_reminder(ctx: &Ctx, key: ReminderKey, mail: &StoredMail) -> anyhow::Result<usize> {
    let new = NewReminder {
        key,
        due_on: mail.local_on,
        fate: Fate::Mailed(mail.id),
    };
    let tx = ctx.write().await?;
    let inserted = reminders::insert(&tx, &[new], (mail.local_on, mail.queued_at)).await?;
    tx.commit().await?;
    Ok(inserted)
}

async fn a_period_has_one_round(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let first = a_round(town, 3).await?;
    assert!(insert_round(&town.ctx, &first).await?);
    let second = StoredRound {
        late: true,
        ..a_round(town, 3).await?
    };
    assert!(!insert_round(&town.ctx, &second).await?);
    assert_eq!(town.rounds(CycleKind::SpotCheck).await?, [first]);
    for number in 4..12 {
        let rounds = [a_round(town, number).await?, a_round(town, number).await?];
        let told = both(town, async |ctx, at| insert_round(ctx, &rounds[at]).await).await?;
        assert_ne!(told[0], told[1], "one of them opens {number}");
    }
    assert_eq!(town.rounds(CycleKind::SpotCheck).await?.len(), 9);
    Ok(())
}

async fn a_source_asks_a_unit_once(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let plan = town.plan().await?;
    let items: Vec<Item> = tasks::assignments(&town.ctx.db, plan.id)
        .await?
        .iter()
        .map(|one| Item::Assignment(one.id))
        .collect();
    let known = town.ask("S1", ObligationKind::Complete).await?;
    let ask = |on: &str| {
        let due_on = day(on)?;
        let new = StoredObligation {
            id: ObligationId(new_id()),
            due_on,
            ..known.clone()
        };
        anyhow::Ok((Source::DueDay(plan.id, due_on), new))
    };
    let (source, again) = ask("2026-04-30")?;
    assert!(!insert_ask(&town.ctx, &source, &again, &items).await?);
    assert_eq!(
        town.asked("S1", ObligationKind::Complete).await?,
        std::slice::from_ref(&known)
    );
    assert_eq!(
        obligations::items(&town.ctx.db, &[again.id]).await?.len(),
        0,
        "not even its items stay"
    );
    for on in ["2026-05-20", "2026-05-21", "2026-05-22", "2026-05-25"] {
        let asks = [ask(on)?, ask(on)?];
        let told = both(town, async |ctx, at| {
            insert_ask(ctx, &asks[at].0, &asks[at].1, &items).await
        })
        .await?;
        assert_ne!(told[0], told[1], "one of them asks for {on}");
    }
    assert_eq!(town.asked("S1", ObligationKind::Complete).await?.len(), 5);
    Ok(())
}

async fn an_address_has_one_digest_a_day(town: &Town) -> anyhow::Result<()> {
    let first = a_digest(town, "s1@town.example.org", MONDAY)?;
    assert!(insert_mail(&town.ctx, &first).await?);
    let second = StoredMail {
        subject: "second".to_owned(),
        ..a_digest(town, "s1@town.example.org", MONDAY)?
    };
    assert!(!insert_mail(&town.ctx, &second).await?);
    let kept = town.mails().await?;
    assert_eq!(
        kept.iter()
            .map(|mail| (mail.id, mail.subject.as_str()))
            .collect::<Vec<_>>(),
        [(first.id.0, "")]
    );
    assert!(
        insert_mail(&town.ctx, &a_digest(town, "s5@town.example.org", MONDAY)?).await?,
        "another address"
    );
    assert!(
        insert_mail(
            &town.ctx,
            &a_digest(town, "s1@town.example.org", "2026-03-10")?
        )
        .await?,
        "another day"
    );
    let at_once = StoredMail {
        kind: MailKind::Immediate,
        ..second
    };
    assert!(
        insert_mail(&town.ctx, &at_once).await?,
        "an immediate mail is no digest"
    );
    for on in ["2026-03-11", "2026-03-12", "2026-03-13", "2026-03-16"] {
        let mails = [
            a_digest(town, "s1@town.example.org", on)?,
            a_digest(town, "s1@town.example.org", on)?,
        ];
        let told = both(town, async |ctx, at| insert_mail(ctx, &mails[at]).await).await?;
        assert_ne!(told[0], told[1], "one of them writes for {on}");
    }
    assert_eq!(town.mails().await?.len(), 8);
    Ok(())
}

async fn a_stage_is_told_once(town: &Town) -> anyhow::Result<()> {
    town.set(MONDAY, "07:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let contact = contacts::of_address(&town.ctx.db, "s1@town.example.org").await?[0].id;
    let mail = a_digest(town, "s1@town.example.org", MONDAY)?;
    insert_mail(&town.ctx, &mail).await?;
    let key = ReminderKey {
        obligation_id: ask.id,
        due_revision: 0,
        stage: Stage::Notice,
        contact_id: contact,
        addressee: Addressee::Unit,
    };
    assert_eq!(insert_reminder(&town.ctx, key, &mail).await?, 1);
    assert_eq!(
        insert_reminder(
            &town.ctx,
            key,
            &a_digest(town, "x@town.example.org", MONDAY)?
        )
        .await?,
        0
    );
    let kept = town.ledger(ask.id).await?;
    assert_eq!(
        kept.iter()
            .map(|one| (one.key, one.mail_id))
            .collect::<Vec<_>>(),
        [(key, Some(mail.id))]
    );
    let others = [
        ReminderKey {
            due_revision: 1,
            ..key
        },
        ReminderKey {
            stage: Stage::Due,
            ..key
        },
        ReminderKey {
            addressee: Addressee::LeadCopy,
            ..key
        },
    ];
    for other in others {
        let told = both(town, async |ctx, _| {
            insert_reminder(ctx, other, &mail).await
        })
        .await?;
        assert_eq!(told[0] + told[1], 1, "{other:?}");
    }
    assert_eq!(town.ledger(ask.id).await?.len(), 4);
    Ok(())
}

on_both! {
    a_period_has_one_round,
    a_source_asks_a_unit_once,
    an_address_has_one_digest_a_day,
    a_stage_is_told_once,
}

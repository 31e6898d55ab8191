//! outbox → mail: everything once, however many send, and nothing lost when the server will not have it.

use crate::support::Town;
use crate::support::town::run_in;
use anyhow::bail;
use async_trait::async_trait;
use chrono::TimeDelta;
use duban::clock::{Clock, SetClock};
use duban::domain::mail_state::MailKind;
use duban::flow::Ctx;
use duban::flow::deliver_mail::deliver_mail;
use duban::mail::outcome::{Accepted, Failure, Refusal};
use duban::mail::transport::{Envelope, MailPort, Transport};
use duban::storage::outbox;
use duban::storage::outbox::{QueuedWhen, Recipient, StoredMail};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Queues three hundred mails.
async fn queue(town: &Town) -> anyhow::Result<Vec<String>> {
    let now = town.ctx.now();
    let mut addresses: Vec<String> = (0..300)
        .map(|number| format!("n{number}@town.example.org"))
        .collect();
    let tx = town.ctx.write().await?;
    for address in &addresses {
        let to = Recipient {
            address: address.clone(),
            to_address: address.clone(),
            to_name: None,
            unit_id: None,
        };
        let when = QueuedWhen {
            at: now.at,
            local_on: now.today,
            real_at: now.at,
        };
        let mail = StoredMail {
            subject: "督办".to_owned(),
            text_body: "请填报。".to_owned(),
            html_body: "<p>请填报。</p>".to_owned(),
            ..StoredMail::queued(MailKind::Immediate, to, "town.example.org", when)
        };
        outbox::insert(&tx, &mail).await?;
    }
    tx.commit().await?;
    addresses.sort();
    Ok(addresses)
}

/// How many mails stand where, with how many tries.
async fn states(town: &Town) -> anyhow::Result<BTreeMap<(String, i32), usize>> {
    let mut states = BTreeMap::new();
    for mail in town.mails().await? {
        *states.entry((mail.state, mail.attempts)).or_default() += 1;
    }
    Ok(states)
}

async fn three_hundred_mails_leave_once_each(town: &Town) -> anyhow::Result<()> {
    let addresses = queue(town).await?;
    assert_eq!(town.run("deliver").await?, 300);
    assert_eq!(town.taken(), addresses);
    assert_eq!(
        states(town).await?,
        BTreeMap::from([(("sent".to_owned(), 1), 300)])
    );
    assert_eq!(town.run("deliver").await?, 0);
    for mail in town.mails().await? {
        assert_eq!(
            (mail.sent_at, mail.lease_id, mail.resent),
            (Some(town.ctx.now().at), None, false)
        );
    }
    Ok(())
}

async fn two_instances_share_the_work(town: &Town) -> anyhow::Result<()> {
    let addresses = queue(town).await?;
    let other = town.another().await?;
    let (mine, theirs) = tokio::join!(run_in(&town.ctx, "deliver"), run_in(&other, "deliver"));
    assert_eq!(mine? + theirs?, 300);
    assert_eq!(town.taken(), addresses);
    assert_eq!(
        states(town).await?,
        BTreeMap::from([(("sent".to_owned(), 1), 300)])
    );
    Ok(())
}

async fn each_message_carries_the_id_laid_down_for_it(town: &Town) -> anyhow::Result<()> {
    queue(town).await?;
    town.run("deliver").await?;
    let ids: BTreeMap<String, String> = town
        .mails()
        .await?
        .into_iter()
        .map(|mail| (mail.address, mail.message_id))
        .collect();
    for mail in town.outbox.mails() {
        let id = &ids[mail.envelope.to.as_str()];
        let text = String::from_utf8(mail.message)?;
        assert!(text.contains(&format!("Message-ID: <{id}>\r\n")), "{text}");
    }
    Ok(())
}

async fn an_address_that_cannot_be_written_to_fails_alone(town: &Town) -> anyhow::Result<()> {
    queue(town).await?;
    let broken = "UPDATE mail SET to_address = 'nowhere' WHERE address = 'n7@town.example.org'";
    sea_orm::ConnectionTrait::execute_unprepared(&town.ctx.db, broken).await?;
    assert_eq!(town.run("deliver").await?, 299);
    let failed = town.mails_to("n7@town.example.org").await?.remove(0);
    assert_eq!(
        (failed.state.as_str(), failed.reason.is_some()),
        ("failed", true)
    );
    Ok(())
}

async fn a_stopped_delivery_gives_back_what_it_has_not_begun(town: &Town) -> anyhow::Result<()> {
    let addresses = queue(town).await?;
    let stop = CancellationToken::new();
    stop.cancel();
    assert_eq!(deliver_mail(&town.ctx, &stop).await?.done, 0);
    assert_eq!(
        states(town).await?,
        BTreeMap::from([(("queued".to_owned(), 0), 300)])
    );
    town.run("deliver").await?;
    assert_eq!(town.taken(), addresses);
    Ok(())
}

/// Takes every letter, and never says so.
#[derive(Debug)]
struct Mute(Semaphore);

#[async_trait]
impl MailPort for Mute {
    async fn offer(&self, _: &Envelope) -> Result<(), Refusal> {
        Ok(())
    }

    async fn transmit(&self, _: &Envelope, _: &[u8]) -> Result<Accepted, Failure> {
        self.0.add_permits(1);
        std::future::pending().await
    }
}

/// Looks at a delivery that waits for an answer; what is looked for has 20 seconds to come about.
async fn while_it_waits(
    ctx: &Ctx,
    stop: &CancellationToken,
    look: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    tokio::select! {
        ended = deliver_mail(ctx, stop) => bail!("ended without an answer: {ended:?}"),
        looked = tokio::time::timeout(Duration::from_secs(20), look) => looked?,
    }
}

async fn what_waits_behind_a_silent_server_is_given_back_at_once(
    town: &Town,
) -> anyhow::Result<()> {
    queue(town).await?;
    let mute = Arc::new(Mute(Semaphore::new(0)));
    let ctx = town.under(|settings| {
        settings.transport = Transport::Port(mute.clone());
        settings.connections = 2;
    });
    let stop = CancellationToken::new();
    let expected = BTreeMap::from([
        (("queued".to_owned(), 0), 298),
        (("transmitting".to_owned(), 1), 2),
    ]);
    let given_back = async {
        let _both = mute.0.acquire_many(2).await?;
        stop.cancel();
        while states(town).await? != expected {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    while_it_waits(&ctx, &stop, given_back).await
}

async fn leases_are_on_the_real_clock(town: &Town) -> anyhow::Result<()> {
    queue(town).await?;
    let mute = Arc::new(Mute(Semaphore::new(0)));
    let mut ctx = town.under(|settings| settings.transport = Transport::Port(mute.clone()));
    // As with `run-job deliver --at`: the day is another one, the leases are of now.
    let business = town.ctx.now().at;
    ctx.real_clock = Clock::Set(SetClock::at(business + TimeDelta::days(365)));
    let looked = async {
        let _one = mute.0.acquire().await?;
        let held = town.mails().await?;
        let held: Vec<_> = held.iter().filter_map(|mail| mail.lease_until_at).collect();
        anyhow::ensure!(!held.is_empty(), "nothing is held");
        for until in held {
            let ahead = until.to_utc() - business;
            anyhow::ensure!(ahead.abs() > TimeDelta::days(1), "held for {ahead}");
        }
        anyhow::Ok(())
    };
    while_it_waits(&ctx, &CancellationToken::new(), looked).await
}

on_both! {
    three_hundred_mails_leave_once_each,
    two_instances_share_the_work,
    each_message_carries_the_id_laid_down_for_it,
    an_address_that_cannot_be_written_to_fails_alone,
    a_stopped_delivery_gives_back_what_it_has_not_begun,
    what_waits_behind_a_silent_server_is_given_back_at_once,
    leases_are_on_the_real_clock,
}

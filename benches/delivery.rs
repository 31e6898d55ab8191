//! Mails a second, one recipient each, through the whole outbox (claim, `transmitting` before DATA, outcome) on SQLite
//! with synchronous=FULL, beside what the transport alone hands over to the same server:
//!
//! ```text
//! smtp-sink -u nobody 127.0.0.1:2525 1000 &
//! cargo bench --bench delivery -- 2525 [MAILS [CONNECTIONS]]
//! ```
//!
//! Without a port it says so and does nothing.

use std::sync::Arc;
use std::time::Instant;

use duban::config::Settings;
use duban::domain::email_address::EmailAddress;
use duban::domain::mail_state::MailKind;
use duban::domain::send_window::SendWindow;
use duban::flow::Ctx;
use duban::flow::deliver_mail::deliver_mail;
use duban::mail::smtp_settings::{Security, SmtpSettings};
use duban::mail::transport::{Envelope, Transport};
use duban::storage::outbox::{self, QueuedWhen, Recipient, StoredMail};
use duban::storage::{Db, new_id, schema};
use tokio_util::sync::CancellationToken;

/// Runs of which the median is told.
const RUNS: usize = 3;

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let Some(port) = numbers.first().and_then(|port| u16::try_from(*port).ok()) else {
        println!("delivery: skipped, no port given");
        return;
    };
    let mails = numbers.get(1).copied().unwrap_or(10_000);
    let connections = numbers.get(2).copied().unwrap_or(8).max(1);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("runtime");
    runtime.block_on(async {
        let transport = Transport::Smtp(Arc::new(SmtpSettings::new(
            "127.0.0.1",
            port,
            Security::None,
        )));
        let mut alone = Vec::new();
        let mut whole = Vec::new();
        for _ in 0..RUNS {
            alone.push(transport_alone(&transport, mails, connections).await);
            whole.push(through_the_outbox(&transport, mails, connections).await);
        }
        let (alone, whole) = (median(alone), median(whole));
        println!("{mails} mails, {connections} connections, medians of {RUNS}");
        println!("transport alone:    {alone:>7.0} mails/s");
        println!(
            "through the outbox: {whole:>7.0} mails/s ({:.0} % of the transport)",
            whole / alone * 100.0
        );
    });
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("address")
}

async fn transport_alone(transport: &Transport, mails: usize, connections: usize) -> f64 {
    let started = Instant::now();
    let workers: Vec<_> = (0..connections)
        .map(|worker| tokio::spawn(send(transport.clone(), worker, mails / connections)))
        .collect();
    for worker in workers {
        worker.await.expect("worker");
    }
    (mails / connections * connections) as f64 / started.elapsed().as_secs_f64()
}

async fn send(transport: Transport, worker: usize, mails: usize) {
    let line = "d2l0aG91dCBhbnkgbWVhbmluZywganVzdCB0byBoYXZlIGxlbmd0aCBlbm91Z2ggZm9y\r\n";
    let message = format!(
        "Message-ID: <{worker}@example.org>\r\nSubject: bench\r\n\r\n{}",
        line.repeat(120)
    );
    let envelope = Envelope {
        from: address("duban@example.org"),
        to: address("someone@example.org"),
    };
    let mut connection = transport.connection();
    for _ in 0..mails {
        connection.offer(&envelope).await.expect("offered");
        connection.transmit(message.as_bytes()).await.expect("sent");
    }
    connection.quit().await;
}

async fn through_the_outbox(transport: &Transport, mails: usize, connections: usize) -> f64 {
    let folder = std::env::temp_dir().join(format!("duban-bench-{}", new_id()));
    let db = Db::connect(&format!("sqlite://{}/bench.db", folder.display()))
        .await
        .expect("database");
    schema::migrate(&db).await.expect("schema");
    let mut settings = Settings::load(None).expect("settings");
    settings.transport = transport.clone();
    settings.connections = connections;
    settings.window = SendWindow::Always;
    let ctx = Ctx::new(db, Arc::new(settings));
    queue(&ctx, mails).await;
    let started = Instant::now();
    let sent = deliver_mail(&ctx, &CancellationToken::new())
        .await
        .expect("delivered");
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(sent.done, mails, "every mail is sent once");
    ctx.db.clone().close().await.expect("closed");
    std::fs::remove_dir_all(&folder).expect("removed");
    mails as f64 / seconds
}

/// Mails of the size of a usual digest.
async fn queue(ctx: &Ctx, mails: usize) {
    let now = ctx.now();
    let when = QueuedWhen {
        at: now.at,
        local_on: now.today,
        real_at: now.at,
    };
    let tx = ctx.write().await.expect("transaction");
    for number in 0..mails {
        let address = format!("contact{number}@example.org");
        let to = Recipient {
            address: address.clone(),
            to_address: address,
            to_name: Some("联络员".to_owned()),
            unit_id: None,
        };
        let mail = StoredMail {
            subject: "【督办】请于2026年11月27日前签收".to_owned(),
            text_body: "请于2026年11月27日前签收下列任务。\n".repeat(20),
            html_body: "<p>请于2026年11月27日前签收下列任务。</p>\n".repeat(60),
            ..StoredMail::queued(MailKind::Digest, to, "example.org", when)
        };
        outbox::insert(&tx, &mail).await.expect("queued");
    }
    tx.commit().await.expect("committed");
}

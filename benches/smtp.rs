//! How many mails a second the SMTP transport alone hands over: `cargo bench --bench smtp -- PORT [MAILS [CONNECTIONS]]`
//! against a server that accepts everything, such as `smtp-sink -u nobody 127.0.0.1:2525 1000`. Without PORT it says so
//! and does nothing.

use std::sync::Arc;
use std::time::Instant;

use duban::domain::email_address::EmailAddress;
use duban::mail::smtp_settings::{Security, SmtpSettings};
use duban::mail::transport::{Envelope, Transport};

fn main() {
    let numbers: Vec<u32> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let Some(port) = numbers.first().and_then(|port| u16::try_from(*port).ok()) else {
        println!("smtp: skipped, no PORT given");
        return;
    };
    let mails = numbers.get(1).copied().unwrap_or(20_000);
    let connections = numbers.get(2).copied().unwrap_or(8).max(1);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("runtime");
    let mut settings = SmtpSettings::new("127.0.0.1", port, Security::None);
    settings.messages_per_connection = 1000;
    let transport = Transport::Smtp(Arc::new(settings));
    let started = Instant::now();
    runtime.block_on(async {
        let workers: Vec<_> = (0..connections)
            .map(|worker| {
                let transport = transport.clone();
                tokio::spawn(send(transport, worker, mails / connections))
            })
            .collect();
        for worker in workers {
            worker.await.expect("worker");
        }
    });
    let seconds = started.elapsed().as_secs_f64();
    let sent = mails / connections * connections;
    println!(
        "{sent} mails, {connections} connections: {:.0} mails/s",
        f64::from(sent) / seconds
    );
}

async fn send(transport: Transport, worker: u32, mails: u32) {
    let body =
        "d2l0aG91dCBhbnkgbWVhbmluZywganVzdCB0byBoYXZlIGxlbmd0aCBlbm91Z2ggZm9y\r\n".repeat(120);
    let message = format!("Message-ID: <{worker}@x.cn>\r\nSubject: bench\r\n\r\n{body}");
    let envelope = Envelope {
        from: EmailAddress::parse("duban@bureau.example.cn").expect("address"),
        to: EmailAddress::parse("zhang@school.example.cn").expect("address"),
    };
    let mut connection = transport.connection();
    for _ in 0..mails {
        connection.offer(&envelope).await.expect("offered");
        connection.transmit(message.as_bytes()).await.expect("sent");
    }
    connection.quit().await;
}

//! Who keeps webhooks, where they may lead, and that no key of theirs is shown, logged or audited.

use crate::support::Town;
use crate::support::hook_desk::{ALL, HookDesk, path};
use crate::support::receiver::Answered;
use crate::support::service::Service;
use crate::support::state;
use anyhow::Context;
use duban::domain::user_role::UserRole;
use duban::domain::webhook_target::Intranet;
use duban::webhook::Roots;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

on_both! {
    the_office_keeps_webhooks_and_units_do_not,
    what_cannot_be_is_refused_by_field,
    nothing_is_sent_where_only_we_can_reach,
    a_webhook_is_changed_on_what_was_seen,
    a_webhook_that_is_off_hears_nothing,
    a_removed_webhook_takes_along_what_it_was_told,
    no_key_is_shown_logged_or_audited,
    a_repeated_request_makes_one_webhook_and_tells_no_secret,
    a_certificate_is_checked_against_the_name,
}

async fn the_office_keeps_webhooks_and_units_do_not(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let it = HookDesk::of(town).await?;
    let hook = it.make("standard", &ALL);
    let body = json!({ "name": "x", "url": "https://a.example", "events": ALL });
    for (role, unit) in [
        (UserRole::UnitHead, Some("D1")),
        (UserRole::UnitContact, Some("S1")),
        (UserRole::Leader, None),
        (UserRole::Auditor, None),
    ] {
        let token = it.service.token(role, unit).await?;
        assert_eq!(
            it.service.get(&token, "/webhooks").refused(403),
            "forbidden"
        );
        assert_eq!(
            it.service.get(&token, "/webhook-deliveries").refused(403),
            "forbidden"
        );
        let made = it.service.post(&token, "/webhooks", &body);
        assert_eq!(made.refused(403), "forbidden");
    }
    let admin = it.service.token(UserRole::Administrator, None).await?;
    let listed = it.service.get(&admin, "/webhooks?enabled=true").expect(200);
    assert_eq!(listed["items"][0]["id"], hook["id"]);
    let off = it
        .service
        .get(&admin, "/webhooks?enabled=false")
        .expect(200);
    assert_eq!(off["items"], json!([]));
    Ok(())
}

/// Bad input G6.
async fn what_cannot_be_is_refused_by_field(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let good = json!({ "name": "x", "url": "https://a.example/x", "events": ["task.issued"] });
    for (field, value) in [
        ("url", json!("http://a.example/x")),
        ("url", json!("https://10.0.0.1/x")),
        ("url", json!("https://169.254.169.254/latest/meta-data")),
        ("url", json!("https://[::ffff:a00:1]/")),
        ("url", json!("https://u:p@a.example/")),
        ("url", json!("gopher://a.example/")),
        ("events", json!([])),
        ("events", json!(["webhook.test"])),
        ("events", json!(["task.closed"])),
        ("secret", json!("whsec_abc")),
        ("kind", json!("slack")),
    ] {
        let mut body = good.clone();
        body[field] = value.clone();
        let refused = it.service.post(&it.office, "/webhooks", &body);
        assert_eq!(refused.status, 422, "{field} {value}");
        let problem = refused.json();
        let named = problem["errors"].to_string();
        assert!(named.contains(field), "{field} {value}: {problem}");
    }
    let mut body = good.clone();
    (body["kind"], body["secret"]) = (json!("wecom"), json!("SEC1"));
    let refused = it.service.post(&it.office, "/webhooks", &body);
    assert_eq!(refused.refused(422), "invalid_value");
    Ok(())
}

async fn nothing_is_sent_where_only_we_can_reach(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let url = it.receiver.url("hook").replace("127.0.0.1", "localhost");
    let named = it.make_of(&json!({ "name": "内部", "url": url, "events": ALL }));
    it.test(&named);
    assert_eq!(it.send().await?, 1, "the operator has listed it");
    assert_eq!(it.receiver.take().len(), 1);
    // The list is another one now; what was made before is judged by it all the same.
    let strict = town.under(|settings| {
        settings.webhooks.intranet = Intranet::parse("10.9.0.0/16").expect("a network");
    });
    it.test(&named);
    assert_eq!(crate::support::town::run_in(&strict, "webhooks").await?, 0);
    assert_eq!(it.receiver.take(), []);
    let told = it.deliveries(&named).remove(0);
    assert_eq!(told["trouble"], "address_refused");
    // A name of the public that leads to this machine is found out when something is sent.
    let open = town.under(|settings| {
        settings.webhooks.intranet = Intranet::default();
    });
    let service = Service::with(&open, crate::support::service::no_rates())?;
    let url = format!("https://localhost:{}/", it.receiver.address.port());
    let body = json!({ "name": "伪装", "url": url, "events": ALL });
    let disguised = service.post(&it.office, "/webhooks", &body).expect(201);
    it.test(&disguised);
    assert_eq!(crate::support::town::run_in(&open, "webhooks").await?, 0);
    let told = it.delivery(&disguised);
    assert_eq!(told["trouble"], "address_refused");
    assert_eq!(told["attempts"][0]["detail"], "本机地址");
    assert_eq!(it.receiver.take(), []);
    Ok(())
}

async fn a_webhook_is_changed_on_what_was_seen(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let hook = it.make("standard", &["task.issued"]);
    let place = path(&hook, "");
    let seen = it.service.get(&it.office, &place);
    let etag = seen.header("etag").to_owned();
    let change = json!({ "name": "大屏", "events": ["report.made", "report.made"] });
    let changed = it
        .service
        .change("PATCH", &it.office, &place, &etag, &change)
        .expect(200);
    assert_eq!(
        (&changed["name"], &changed["events"]),
        (&json!("大屏"), &json!(["report.made"]))
    );
    let stale = it.service.change(
        "PATCH",
        &it.office,
        &place,
        &etag,
        &json!({ "name": "另一个" }),
    );
    assert_eq!(stale.status, 412);
    let secret = json!({ "secret": "x" });
    let refused = it.service.change("PATCH", &it.office, &place, "*", &secret);
    assert_eq!(refused.refused(422), "invalid_value");
    let robot = it.make("dingtalk", &["task.issued"]);
    assert_eq!(
        (&robot["secret"], &robot["has_secret"]),
        (&Value::Null, &json!(false))
    );
    let place = path(&robot, "");
    for (secret, has) in [(json!("SEC1"), true), (Value::Null, false)] {
        let change = json!({ "secret": secret });
        let changed = it
            .service
            .change("PATCH", &it.office, &place, "*", &change)
            .expect(200);
        assert_eq!(changed["has_secret"], has);
    }
    let renewed = it.post(&path(&robot, "/secret"));
    assert_eq!(renewed.refused(409), "out_of_order");
    Ok(())
}

async fn a_webhook_that_is_off_hears_nothing(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let hook = it.make("standard", &ALL);
    it.test(&hook);
    let place = path(&hook, "");
    let off = json!({ "enabled": false });
    let shown = it
        .service
        .change("PATCH", &it.office, &place, "*", &off)
        .expect(200);
    assert_eq!(shown["off_reason"], "by_hand");
    assert_eq!(it.send().await?, 0);
    let told = it.delivery(&hook);
    assert_eq!(
        (&told["state"], &told["trouble"]),
        (&json!("failed"), &json!("switched_off"))
    );
    town.issue_on_monday().await?;
    assert_eq!(it.deliveries(&hook).len(), 1);
    let again = format!(
        "/webhook-deliveries/{}/send-again",
        told["id"].as_str().unwrap_or_default()
    );
    assert_eq!(it.post(&again).refused(409), "out_of_order");
    assert_eq!(it.receiver.take(), []);
    Ok(())
}

async fn a_removed_webhook_takes_along_what_it_was_told(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let hook = it.make("standard", &ALL);
    let told = it.test(&hook);
    let removed = it.service.delete(&it.office, &path(&hook, ""), "*");
    assert_eq!(removed.status, 204);
    assert_eq!(it.service.get(&it.office, &path(&hook, "")).status, 404);
    let told = format!(
        "/webhook-deliveries/{}",
        told["id"].as_str().unwrap_or_default()
    );
    assert_eq!(it.service.get(&it.office, &told).status, 404);
    assert_eq!(it.send().await?, 0);
    assert_eq!(town.issue_on_monday().await?.tasks, 4);
    Ok(())
}

async fn no_key_is_shown_logged_or_audited(town: &Town) -> anyhow::Result<()> {
    let listener = crate::sweep::logs::listen();
    let it = HookDesk::of(town).await?;
    let standard = it.make("standard", &ALL);
    let first = standard["secret"].as_str().context("a secret")?.to_owned();
    let renewed = it.post(&path(&standard, "/secret")).expect(200);
    let second = renewed["secret"].as_str().context("a secret")?.to_owned();
    let key = "693a91f6-7c0f-4bc4-97a0-0ec2c1fa5aaa";
    let platform = "SEC0b5e7a521a5b4b7e9d5e";
    let url = it.receiver.url(&format!("robot/send?access_token={key}"));
    let robot = it.make_of(
        &json!({ "name": "群", "url": url, "kind": "dingtalk", "secret": platform, "events": ALL }),
    );
    let echo = format!(r#"{{"errcode":310000,"errmsg":"bad token {key} or {platform}"}}"#);
    it.receiver.answer([
        Answered::with(200).body(&echo),
        Answered::with(200).body(&echo),
    ]);
    for hook in [&standard, &robot] {
        it.test(hook);
    }
    it.send().await?;
    let mut shown = String::new();
    for hook in [&standard, &robot] {
        shown.push_str(&it.get(hook).to_string());
        for told in it.deliveries(hook) {
            let place = format!(
                "/webhook-deliveries/{}",
                told["id"].as_str().unwrap_or_default()
            );
            shown.push_str(&it.service.get(&it.office, &place).expect(200).to_string());
        }
    }
    let admin = it.service.token(UserRole::Administrator, None).await?;
    for list in ["/webhooks", "/audit-events?limit=200"] {
        shown.push_str(&it.service.get(&admin, list).expect(200).to_string());
    }
    assert!(shown.contains("/robot/send?access_token=***"), "{shown}");
    assert!(shown.contains("renew_webhook_secret"), "it is audited");
    let logged = listener.heard();
    let audited = state::rows(&town.ctx.db).await?;
    let kept = |secret: &str| {
        let rows = audited.iter().filter(|row| row.contains(secret));
        rows.count()
    };
    for secret in [first.as_str(), second.as_str(), key, platform] {
        assert!(!shown.contains(secret), "{secret} is shown");
        assert!(!logged.contains(secret), "{secret} is logged");
        assert!(kept(secret) <= 1, "{secret} is kept in its own row alone");
    }
    assert_eq!(
        it.deliveries(&robot)[0]["attempts"][0]["detail"],
        "310000 bad token *** or ***"
    );
    Ok(())
}

async fn a_repeated_request_makes_one_webhook_and_tells_no_secret(
    town: &Town,
) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let body = json!({ "name": "x", "url": "https://a.example/x", "events": ALL }).to_string();
    let headers = [
        "Content-Type: application/json",
        "Idempotency-Key: made-once",
    ];
    let send = || {
        it.service
            .send(
                "POST",
                "/api/v1/webhooks",
                &it.office,
                &headers,
                body.as_bytes(),
            )
            .expect(201)
    };
    let (made, again) = (send(), send());
    assert!(made["secret"].is_string());
    assert_eq!(
        (&again["id"], &again["secret"]),
        (&made["id"], &Value::Null)
    );
    Ok(())
}

/// A server on this machine with a certificate for `localhost`; the authority's own.
async fn encrypted_server() -> anyhow::Result<(u16, Vec<u8>)> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
    let authority = made.cert.der().to_vec();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .await;
            let _ = stream.shutdown().await;
        }
    });
    Ok((port, authority))
}

async fn a_certificate_is_checked_against_the_name(town: &Town) -> anyhow::Result<()> {
    let it = HookDesk::of(town).await?;
    let (port, authority) = encrypted_server().await?;
    let believing = town.under(|settings| {
        settings.webhooks.intranet = Intranet::parse("127.0.0.1").expect("a network");
        settings.webhooks.roots = Roots::Only(vec![authority.into()]);
    });
    for (host, trouble) in [
        ("localhost", Value::Null),
        ("127.0.0.1", json!("tls_failed")),
    ] {
        let url = format!("https://{host}:{port}/hook");
        let hook = it.make_of(&json!({ "name": host, "url": url, "events": ALL }));
        it.test(&hook);
        crate::support::town::run_in(&believing, "webhooks").await?;
        assert_eq!(it.delivery(&hook)["trouble"], trouble, "{host}");
    }
    // Whoever does not know the authority believes nothing.
    let url = format!("https://localhost:{port}/hook");
    let hook = it.make_of(&json!({ "name": "不认识", "url": url, "events": ALL }));
    it.test(&hook);
    it.send().await?;
    assert_eq!(it.delivery(&hook)["trouble"], "tls_failed");
    Ok(())
}

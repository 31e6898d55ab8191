//! What the log may never say, whatever its level: addresses, passwords, and what letters tell.

use crate::place::{free_port, get, wait};
use crate::rows::number;
use crate::samples::{EXAMPLE_UNITS, with_example};
use crate::sink::{Manners, Sink};

const PASSWORD: &str = "hush-7f3a";

#[test]
fn no_address_no_password_and_no_letter_is_logged() {
    let sink = Sink::start(Manners {
        login: Some("235 2.7.0 welcome"),
        recipients: vec![(
            "jiaowu@ycyz",
            "550 5.1.1 <jiaowu@ycyz.yunchuan.example.org> unknown",
        )],
        ..Manners::default()
    });
    let place = with_example();
    let (port, smtp_port) = (free_port(), sink.port);
    let listen = format!("127.0.0.1:{port}");
    let url = format!("smtp://office:{PASSWORD}@127.0.0.1:{smtp_port}?tls=none");
    let mut env = vec![
        ("DUBAN__LOG__LEVEL", "trace"),
        ("DUBAN__HTTP__LISTEN", listen.as_str()),
        ("DUBAN__MAIL__URL", url.as_str()),
        ("DUBAN__MAIL__FROM", "office@bureau.example.org"),
        ("DUBAN__MAIL__WINDOW", "always"),
    ];
    let mut logs = place.import_with(&env, &["--issue"]).done().err;
    for args in [
        &["round", "open", "spot_check", "--reason", "试"][..],
        &["run-job", "remind"],
    ] {
        logs += &place.run_with(&env, args).done().err;
    }
    let mut running = place.start(&env, &["serve"]);
    running.wait_ready(port);
    let token = "Az09-_".repeat(12);
    let missed = get(port, &format!("/l/{token}")).expect("an answer");
    assert!(!missed.body.contains(&token), "{}", missed.body);
    wait("delivery", || {
        let waiting =
            "SELECT count(*) FROM mail WHERE state IN ('queued', 'claimed', 'transmitting')";
        (number(&place.database(), waiting) == 0).then_some(())
    });
    running.signal("TERM");
    logs += &running.ended().done().err;
    env[0].1 = "debug";
    env.push(("DUBAN__LOG__FORMAT", "json"));
    logs += &place.run_with(&env, &["run-job", "deliver"]).done().err;
    assert!(sink.count() > 40, "{}", sink.count());
    assert!(
        logs.contains("Issued tasks") && logs.contains("TRACE"),
        "there was something to look at"
    );
    let names = EXAMPLE_UNITS
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').nth(6));
    for line in logs.lines() {
        assert!(!line.contains('@'), "an address: {line}");
        assert!(!line.contains(PASSWORD), "a password: {line}");
        assert!(
            !line.contains(&token) && !line.contains("/l/"),
            "a link: {line}"
        );
        for phrase in ["请于", "签收", "开齐开足", "base64"] {
            assert!(!line.contains(phrase), "a letter: {line}");
        }
        for name in names.clone().filter(|name| !name.is_empty()) {
            assert!(!line.contains(name), "a contact: {line}");
        }
    }
}

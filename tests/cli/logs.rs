//! What the log may never say, whatever its level: addresses, passwords, and what letters tell.

use crate::place::{ask, free_port, get, wait};
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

/// Bad input G7: line breaks and whole log lines in everything that a client sends. Each line of the log is one of ours.
#[test]
fn nobody_writes_lines_into_the_log() {
    const FORGED: &str = "2026-03-09T10:00:00Z  INFO admin signed in";
    let place = with_example();
    place.import(&[]).done();
    let token = place.administrator();
    for format in ["json", "text"] {
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let env = [
            ("DUBAN__LOG__LEVEL", "debug"),
            ("DUBAN__LOG__FORMAT", format),
            ("DUBAN__HTTP__LISTEN", listen.as_str()),
        ];
        let mut running = place.start(&env, &["serve"]);
        running.wait_ready(port);
        let coded = FORGED.replace(' ', "%20");
        for head in [
            format!("GET /api/v1/tasks/%0A{coded} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n"),
            format!("GET /api/v1/tasks?q=%0A{coded} HTTP/1.1\r\nAuthorization: Bearer {token}\r\n"),
            format!("GET /%0A{coded} HTTP/1.1\r\nUser-Agent: a\r\n {FORGED}\r\n"),
            format!(
                "GET /api/v1/tasks HTTP/1.1\r\nUser-Agent: x%0A{coded}\r\nAuthorization: Bearer \u{85}{FORGED}\r\n"
            ),
            format!(
                "GET /api/v1/tasks HTTP/1.1\r\nX-Request-Id: %0A{coded}\r\nX-Forwarded-For: \\n{FORGED}\r\n"
            ),
        ] {
            ask(port, &head, "");
        }
        let json = format!(
            "POST /api/v1/tasks HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        );
        let title = format!(
            "{{\"origin\":\"instruction\",\"title\":\"甲\\n{FORGED}\",\"\\n{FORGED}\":1,\"lead_units\":[\"\\n{FORGED}\"]}}"
        );
        let told = ask(port, &json, &title).expect("an answer");
        assert_eq!(told.status, 422, "{}", told.body);
        let form = format!(
            "POST /api/v1/plans HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Type: multipart/form-data; boundary=BB\r\n"
        );
        let file = format!(
            "--BB\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a%0A{FORGED}\n{FORGED}.docx\"\r\n\r\nPK\r\n--BB--\r\n"
        );
        ask(port, &form, &file);
        running.signal("TERM");
        let log = running.ended().done().err;
        assert!(
            log.contains("A request was refused"),
            "there was something to look at"
        );
        for line in log.lines() {
            assert!(!line.starts_with(FORGED), "{format}: {line}");
            assert!(!line.contains('\r'), "{format}: {line}");
            match format {
                "json" => {
                    serde_json::from_str::<serde_json::Value>(line).expect(line);
                }
                _ => assert!(
                    line.starts_with("20"),
                    "{format}: a line without its time: {line}"
                ),
            }
        }
    }
}

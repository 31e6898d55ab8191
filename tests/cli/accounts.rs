//! How a new installation gets its first user, and how others are invited: at the terminal.

use crate::place::{Place, ask, free_port, get};

/// The secret in a text that has a link of that kind.
fn secret(text: &str, kind: &str) -> String {
    let (_, rest) = text.split_once(kind).expect("a link");
    let secret: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    assert_eq!(secret.len(), 64, "{text}");
    secret
}

#[test]
fn whoever_starts_the_service_is_shown_how_to_begin() {
    let place = Place::new();
    let before = place.run(&["user", "setup-link"]).done().out;
    let before = secret(&before, "/setup/");
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let env = [
        ("DUBAN__HTTP__LISTEN", listen.as_str()),
        ("DUBAN__LOG__LEVEL", "debug"),
    ];
    let mut running = place.start(&env, &["serve"]);
    running.wait_ready(port);
    let link = secret(&running.said(), "/setup/");
    let status = |secret: &str| {
        get(port, &format!("/setup/{secret}"))
            .expect("an answer")
            .status
    };
    assert_eq!(status(&before), 410, "the one before is good no more");
    assert_eq!(status(&link), 200);
    let boundary = "x";
    let form: String = [
        ("name", "何主任"),
        ("email", "he@example.org"),
        ("new_password", "春风又绿江南岸2026"),
        ("again", "春风又绿江南岸2026"),
    ]
    .iter()
    .map(|(name, text)| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
    })
    .chain([format!("--{boundary}--\r\n")])
    .collect();
    let head = format!(
        "POST /setup/{link} HTTP/1.1\r\nOrigin: http://localhost\r\n\
         Content-Type: multipart/form-data; boundary={boundary}\r\n"
    );
    assert_eq!(ask(port, &head, &form).expect("an answer").status, 303);
    assert_eq!(status(&link), 410);
    running.signal("TERM");
    let ran = running.ended().done();
    for secret in [&link, "春风又绿", "argon2", "dubans_"] {
        assert!(!ran.err.contains(secret), "{}", ran.err);
    }
    place.run(&["user", "setup-link"]).refused(&["已有用户"]);
}

#[test]
fn a_user_is_invited_by_mail_or_by_hand() {
    let place = Place::new();
    place
        .run(&["user", "invite", "li@example.org"])
        .refused(&["li@example.org", "duban user create"]);
    let user = ["user", "create", "li@example.org", "--role", "supervisor"];
    place.run(&user).done();
    let told = place.run(&["user", "invite", "li@example.org"]).done();
    assert!(!told.out.contains("/invitation/"), "{}", told.out);
    let told = place.run(&["--json", "user", "invite", "li@example.org"]);
    assert_eq!(told.done().json()["url"], serde_json::Value::Null);
    let told = place
        .run(&["user", "invite", "li@example.org", "--show"])
        .done();
    secret(&told.out, "/invitation/");
    place.run(&["run-job", "deliver"]).done();
    let mails = place.mails();
    assert_eq!(mails.len(), 2, "at any hour of any day");
}

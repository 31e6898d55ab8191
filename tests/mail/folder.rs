//! The file and the memory transport.

use std::path::{Path, PathBuf};

use duban::domain::email_address::EmailAddress;
use duban::mail::outcome::{Delivery, Failure, Refusal};
use duban::mail::reason::ReasonCode;
use duban::mail::transport::{Envelope, MemoryOutbox, Transport};

/// A folder of its own under the build's temporary folder, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).expect("folder");
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            entry
                .expect("entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn envelope() -> Envelope {
    Envelope {
        from: EmailAddress::parse("duban@bureau.example.cn").expect("address"),
        to: EmailAddress::parse("zhang@school.example.cn").expect("address"),
    }
}

fn message(id: &str, body: &str) -> Vec<u8> {
    format!("Subject: a\r\nMessage-ID: <{id}>\r\n\r\n{body}\r\n").into_bytes()
}

#[tokio::test]
async fn the_same_message_id_is_one_file_and_the_last_text_counts() {
    let folder = Folder::new("mail_same_id");
    let mut connection = Transport::File(folder.0.join("new")).connection();
    for body in ["first", "second"] {
        connection.offer(&envelope()).await.expect("folder made");
        connection
            .transmit(&message("7.a1@duban.cn", body))
            .await
            .expect("stored");
    }
    let inner = Folder(folder.0.join("new"));
    assert_eq!(inner.files(), ["7.a1@duban.cn.eml"]);
    let text = std::fs::read_to_string(inner.0.join("7.a1@duban.cn.eml")).expect("file");
    assert!(text.ends_with("second\r\n"));
}

#[tokio::test]
async fn a_message_id_cannot_leave_the_folder_and_different_ones_stay_different() {
    let folder = Folder::new("mail_hostile_id");
    let mut connection = Transport::File(folder.0.clone()).connection();
    for id in ["../../x@y", "a/b@y", "a_b@y", "a%2Fb@y"] {
        connection.offer(&envelope()).await.expect("folder made");
        connection.transmit(&message(id, "")).await.expect("stored");
    }
    let expected = [
        "..%2F..%2Fx@y.eml",
        "a%252Fb@y.eml",
        "a%2Fb@y.eml",
        "a_b@y.eml",
    ];
    assert_eq!(folder.files(), expected);
}

#[tokio::test]
async fn a_message_without_a_usable_message_id_fails() {
    let folder = Folder::new("mail_no_id");
    let mut connection = Transport::File(folder.0.clone()).connection();
    let long = "x".repeat(300);
    for text in [b"Subject: a\r\n\r\n".to_vec(), message(&long, "")] {
        connection.offer(&envelope()).await.expect("folder made");
        let failure = connection.transmit(&text).await.expect_err("refused");
        match failure {
            Failure::Refused(Refusal::Failed { reason }) => {
                assert_eq!(reason.code(), ReasonCode::MessageMalformed);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(folder.files().is_empty());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_stops_the_queue() {
    let folder = Folder::new("mail_blocked");
    std::fs::create_dir_all(&folder.0).expect("folder");
    let blocked = folder.0.join("file");
    std::fs::write(&blocked, "").expect("file");
    let mut connection = Transport::File(blocked.join("mail")).connection();
    let refusal = connection.offer(&envelope()).await.expect_err("no folder");
    assert!(
        matches!(refusal, Refusal::QueueStopped { .. }),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn memory_keeps_envelopes_and_texts_in_order() {
    let outbox = MemoryOutbox::new();
    let mut connection = Transport::Memory(outbox.clone()).connection();
    for id in ["1@x", "2@x"] {
        connection.offer(&envelope()).await.expect("offered");
        let accepted = connection.transmit(&message(id, "")).await.expect("kept");
        assert!(matches!(Delivery::from(accepted), Delivery::Sent { .. }));
    }
    let mails = outbox.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[1].message, message("2@x", ""));
    assert_eq!(mails[0].envelope, envelope());
    assert!(connection.transmit(b"x").await.is_err());
}

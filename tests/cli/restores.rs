//! Restoring in place, and what is different with PostgreSQL.

use crate::backups::{attach, bytes_below, sound};
use crate::place::{free_port, get};
use crate::postgres::Server;
use crate::rows::{block_on, number, texts};
use crate::samples::with_issued_example;
use duban::config::Settings;
use duban::flow::Ctx;
use duban::flow::attach_file::{NewFile, attach_file};
use duban::storage::Db;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

#[test]
fn a_restore_waits_for_the_service_to_stop_and_moves_the_present_data_aside() {
    let place = with_issued_example();
    let files = attach(&place, 2);
    place.run(&["backup", "b.tar"]).done();
    place.write("more.csv", "code,name,kind\nX1,新增科,section\n");
    place.run(&["units", "import", "more.csv"]).done();
    let added = "SELECT count(*) FROM unit WHERE code = 'X1'";
    let epoch = "SELECT value FROM mark WHERE name = 'epoch'";
    let former = texts(&place.database(), epoch);
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let env = [("DUBAN__HTTP__LISTEN", listen.as_str())];
    let mut serving = place.start(&env, &["serve"]);
    serving.wait_ready(port);
    place.run(&["restore", "b.tar", "--replace"]).refused(&[
        "正在使用",
        "停止 duban 服务",
        "duban.db",
    ]);
    assert!(get(port, "/readyz").is_some_and(|answer| answer.status == 200));
    // Killed, not stopped: the lock ends with it, and what is in its WAL is kept.
    serving.kill();
    assert_eq!(number(&place.database(), added), 1);
    let told = place
        .run(&["restore", "b.tar", "--replace", "--json"])
        .done()
        .json();
    assert_eq!(told["paused"], true);
    assert_eq!(number(&place.database(), added), 0);
    assert_ne!(texts(&place.database(), epoch), former, "another database");
    sound(&place.database());
    let there = bytes_below(&place.path("var/files"));
    assert_eq!(
        there.values().collect::<Vec<_>>(),
        files.values().collect::<Vec<_>>()
    );
    let aside: Vec<PathBuf> = told["moved_aside"]
        .as_array()
        .expect("aside")
        .iter()
        .map(|path| PathBuf::from(path.as_str().expect("path")))
        .collect();
    assert_eq!(
        number(&format!("sqlite://{}", aside[0].display()), added),
        1
    );
    assert!(bytes_below(&aside[1]).len() >= 2);
    // A database that is none any more is moved aside as well.
    place.write("var/duban.db", "no database at all".repeat(1_000));
    place.write("var/duban.db-wal", "nor this");
    std::thread::sleep(Duration::from_secs(1));
    place.run(&["restore", "b.tar", "--replace"]).done();
    assert!(!place.path("var/duban.db-wal").exists());
    sound(&place.database());
}

/// Killed at any moment, a backup either has its name and is whole, or has no name.
#[test]
fn half_a_backup_has_no_name() {
    let place = with_issued_example();
    attach(&place, 60);
    let mut named = 0;
    for millis in (10..=250).step_by(20) {
        let file = format!("b{millis}.tar");
        let mut making = place.start(&[], &["backup", &file]);
        std::thread::sleep(Duration::from_millis(millis));
        making.kill();
        if place.path(&file).exists() {
            named += 1;
            let to = format!("r{millis}");
            place.run(&["restore", &file, "--to", &to]).done();
        }
    }
    println!("{named} of 13 had their names");
    // What was left half done is in nobody's way.
    place.run(&["backup", "last.tar"]).done();
    place.run(&["restore", "last.tar", "--to", "last"]).done();
    assert_eq!(bytes_below(&place.path("last/files")).len(), 60);
}

#[test]
fn of_postgresql_the_attached_files_are_backed_up() {
    let Some(server) = Server::with_database() else {
        return;
    };
    let place = with_issued_example();
    let url = server.database();
    let env = [("DUBAN__DATABASE__URL", url.as_str())];
    place.run_with(&env, &["migrate"]).done();
    place
        .run_with(&env, &["backup", "b.tar"])
        .refused(&["pg_dump", "pg_restore", "--files-only"]);
    place.run_with(&env, &["restore", "b.tar"]).refused(&[
        "pg_restore",
        "--files-only",
        "duban pause --restored",
    ]);
    block_on(async {
        let db = Db::connect(&url).await.expect("database");
        let mut settings = Settings::load(None).expect("settings");
        settings.files_folder = place.path("var/files");
        let ctx = Ctx::new(db, settings.into());
        let new = NewFile {
            name: "材料.txt".to_owned(),
            bytes: "材料".into(),
            unit_id: None,
        };
        attach_file(&ctx, new).await.expect("attached");
        ctx.db.close().await.expect("closed");
    });
    let files = bytes_below(&place.path("var/files"));
    assert_eq!(files.len(), 1);
    let told = place
        .run_with(&env, &["backup", "b.tar", "--files-only", "--json"])
        .done();
    assert_eq!(told.json()["attachments"], 1);
    fs::rename(place.path("var/files"), place.path("var/lost")).expect("moved");
    place
        .run_with(&env, &["restore", "b.tar", "--files-only"])
        .done();
    assert_eq!(bytes_below(&place.path("var/files")), files);
    let epoch = "SELECT value FROM mark WHERE name = 'epoch'";
    let former = texts(&url, epoch);
    place.write("var/files/owner", &former[0]);
    place
        .run_with(&env, &["pause", "--restored", "--reason", "试"])
        .done();
    let later = texts(&url, epoch);
    assert_ne!(later, former);
    let owner = fs::read_to_string(place.path("var/files/owner")).expect("owner");
    assert_eq!(owner, later[0], "the folder is still this database's");
    place
        .run_with(&env, &["run-job", "deliver"])
        .refused(&["暂停", "试"]);
    // A backup of files alone is none of a database.
    place
        .run(&["restore", "b.tar", "--to", "elsewhere"])
        .refused(&["b.tar", "--files-only"]);
}

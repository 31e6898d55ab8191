//! Backing up while others write, restoring elsewhere and in place, and what is refused (R20, bad input H3).

use crate::pauses::sending_to;
use crate::place::{Place, free_port, get, wait};
use crate::rows::{all_rows, block_on, execute, number, texts};
use crate::samples::{with_issued_example, with_small};
use crate::sink::{Manners, Sink};
use duban::clock::{Clock, SetClock};
use duban::config::Settings;
use duban::entropy::Entropy;
use duban::files::backup_archive::BackupWriter;
use duban::files::backup_manifest::{BackupManifest, DATABASE, MANIFEST};
use duban::flow::Ctx;
use duban::flow::attach_file::{NewFile, attach_file};
use duban::storage::Db;
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

const SCHOOLS: usize = 240;
const BACKUPS: usize = 5;

/// Every file below a folder, with its bytes.
pub fn bytes_below(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("entry").path();
        match path.is_dir() {
            true => found.extend(bytes_below(&path)),
            false => {
                let bytes = fs::read(&path).expect("bytes");
                found.insert(path, bytes);
            }
        }
    }
    found
}

/// Attaches so many files to the folder's database; the folder of each and its bytes.
pub fn attach(place: &Place, count: usize) -> BTreeMap<PathBuf, Vec<u8>> {
    block_on(async {
        let db = Db::connect(&place.database()).await.expect("database");
        let mut settings = Settings::load(None).expect("settings");
        settings.files_folder = place.path("var/files");
        let clock = Clock::Set(SetClock::at("2026-03-04T01:00:00Z".parse().expect("at")));
        let ctx = Ctx::with_clock(db, settings.into(), clock, Entropy::System);
        for number in 0..count {
            let text = format!("第 {number} 份材料。\n").repeat(1 + number * 700);
            let new = NewFile {
                name: format!("材料{number}.txt"),
                bytes: text.into_bytes(),
                unit_id: None,
            };
            attach_file(&ctx, new).await.expect("attached");
        }
        ctx.db.close().await.expect("closed");
    });
    bytes_below(&place.path("var/files"))
}

/// Address of the database below a folder to which a backup was restored.
fn restored(place: &Place, folder: &str) -> String {
    format!("sqlite://{}", place.path(folder).join("duban.db").display())
}

pub fn sound(url: &str) {
    assert_eq!(texts(url, "PRAGMA integrity_check"), ["ok"]);
    assert_eq!(
        number(url, "SELECT count(*) FROM pragma_foreign_key_check"),
        0
    );
}

#[test]
fn a_backup_made_while_others_write_is_of_one_instant_and_sends_nothing_until_resumed() {
    let sink = Sink::start(Manners {
        delay: Duration::from_millis(60),
        ..Manners::default()
    });
    let url = sink.url();
    let env = sending_to(&url);
    let place = with_small(SCHOOLS);
    place.import_with(&env, &["--issue"]).done();
    let mut sending = place.start(&env, &["run-job", "deliver"]);
    for number in 0..BACKUPS {
        wait("mails", || (sink.count() >= number * 40).then_some(()));
        assert!(sending.runs(), "the backup is to be made while it writes");
        // Another writer, in between.
        let units = format!("code,name,kind\nX{number},新增{number}科,section\n");
        place.write("more.csv", units);
        let importing = place.start(&env, &["units", "import", "more.csv"]);
        let file = format!("backup{number}.tar");
        let told = place.run(&["backup", &file, "--json"]).done().json();
        assert_eq!(told["attachments"], 0);
        let mode = fs::metadata(place.path(&file))
            .expect("backup")
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        importing.ended().done();
    }
    sending.ended().done();
    let all = (SCHOOLS + 2) as i64;
    let sent = "SELECT count(*) FROM mail WHERE state = 'sent'";
    assert_eq!(number(&place.database(), sent), all);
    let mut earlier = -1;
    for number_of in 0..BACKUPS {
        let (file, to) = (
            format!("backup{number_of}.tar"),
            format!("restored{number_of}"),
        );
        place.run(&["restore", &file, "--to", &to]).done();
        let copy = restored(&place, &to);
        sound(&copy);
        assert_eq!(number(&copy, "SELECT count(*) FROM mail"), all);
        // One instant: reminders and mails of one transaction agree, and a later backup is not behind an earlier one.
        let torn = "SELECT count(*) FROM mail WHERE state = 'sent' AND sent_at IS NULL";
        assert_eq!(number(&copy, torn), 0);
        let sent = number(&copy, sent);
        assert!(sent >= earlier, "{sent} after {earlier}");
        earlier = sent;
    }
    assert!(
        (0..all).contains(&earlier),
        "the last was made in the middle: {earlier}"
    );
    each_is_sent_once(&place, BACKUPS - 1);
}

/// A restored copy sends nothing, whatever runs, until it is resumed; then every mail that it holds unsent, once.
fn each_is_sent_once(place: &Place, number_of: usize) {
    let sink = Sink::start(Manners::default());
    let url = sink.url();
    let folder = format!("restored{number_of}");
    let copy = restored(place, &folder);
    let files = place.path(&folder).join("files").display().to_string();
    let mut env = sending_to(&url).to_vec();
    env.extend([
        ("DUBAN__DATABASE__URL", copy.as_str()),
        ("DUBAN__FILES__FOLDER", files.as_str()),
    ]);
    let unsent = texts(&copy, "SELECT address FROM mail WHERE state <> 'sent'");
    assert!(!unsent.is_empty());
    for job in ["deliver", "remind", "housekeep", "spot_check", "webhooks"] {
        let told = place.run_with(&env, &["run-job", job]);
        told.refused(&["暂停", job, "duban resume", "由备份恢复"]);
    }
    place.run_with(&env, &["run-job", "seal"]).done();
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let mut serving_env = env.clone();
    serving_env.push(("DUBAN__HTTP__LISTEN", &listen));
    let mut serving = place.start(&serving_env, &["serve"]);
    serving.wait_ready(port);
    // Longer than the jobs' interval of five seconds.
    std::thread::sleep(Duration::from_secs(7));
    let ready = get(port, "/readyz").expect("answer").body;
    assert!(ready.contains("paused"), "{ready}");
    let metrics = get(port, "/metrics").expect("answer").body;
    assert!(metrics.contains("duban_paused 1"), "{metrics}");
    assert!(serving.said().contains("暂停"), "{}", serving.said());
    serving.signal("TERM");
    serving.ended().done();
    assert_eq!(sink.count(), 0, "nothing was sent");
    place
        .run_with(&env, &["resume"])
        .refused(&["--yes", "待发邮件"]);
    place.run_with(&env, &["resume", "--yes"]).done();
    wait("the last mail", || {
        place.run_with(&env, &["run-job", "deliver"]).done();
        let left = number(&copy, "SELECT count(*) FROM mail WHERE state <> 'sent'");
        (left == 0).then_some(())
    });
    let mut copies: HashMap<String, usize> = HashMap::new();
    for taken in sink.taken() {
        *copies.entry(taken.to).or_default() += 1;
    }
    assert_eq!(copies.len(), unsent.len());
    assert!(copies.values().all(|count| *count == 1), "{copies:?}");
    for address in &unsent {
        assert!(copies.keys().any(|to| to.contains(address)), "{address}");
    }
    let audited = texts(
        &copy,
        "SELECT action FROM audit_event WHERE action IN ('pause', 'restore', 'resume') ORDER BY id",
    );
    assert_eq!(audited, ["pause", "restore", "resume"]);
    place.run_with(&env, &["verify-audit"]).done();
}

#[test]
fn attached_files_go_with_it_and_what_is_not_whole_is_told() {
    let place = with_issued_example();
    let files = attach(&place, 6);
    assert_eq!(files.len(), 6);
    let paths: Vec<&PathBuf> = files.keys().collect();
    fs::remove_file(paths[0]).expect("removed");
    let mut damaged = files[paths[1]].clone();
    damaged[3] ^= 1;
    fs::write(paths[1], &damaged).expect("written");
    let told = place.run(&["backup", "b.tar", "--json"]).done().json();
    assert_eq!(told["attachments"], 5);
    assert_eq!(
        told["troubles"].as_array().expect("troubles").len(),
        2,
        "{told}"
    );
    let text = place.run(&["backup", "b2.tar"]).done().out;
    assert!(
        text.contains("有 2 个附件") && text.contains("b2.tar"),
        "{text}"
    );
    place.run(&["restore", "b.tar", "--to", "elsewhere"]).done();
    let there = bytes_below(&place.path("elsewhere/files"));
    assert_eq!(there.len(), 5);
    let name = |path: &Path| path.file_name().expect("name").to_owned();
    for (path, bytes) in &there {
        let live = fs::read(
            paths
                .iter()
                .find(|live| name(live) == name(path))
                .expect("a file of the original"),
        );
        assert_eq!(&live.expect("bytes"), bytes);
    }
    // Half-written or unknown files are no part of a backup, and nothing of the work is left behind.
    let left: Vec<_> = fs::read_dir(place.path(""))
        .expect("folder")
        .flatten()
        .collect();
    assert!(
        left.iter()
            .all(|entry| !entry.file_name().to_string_lossy().starts_with('.')),
        "{left:?}"
    );
    place
        .run(&["backup", "b.tar"])
        .refused(&["b.tar", "已存在", "换一个文件名"]);
    fs::create_dir(place.path("backups")).expect("folder");
    let told = place.run(&["backup", "backups", "--json"]).done().json();
    let file = told["file"].as_str().expect("file");
    assert!(
        file.starts_with("backups/duban-2") && file.ends_with(".tar"),
        "{file}"
    );
}

/// What stands in a folder, all of its databases as rows.
fn live(place: &Place) -> (Vec<String>, BTreeMap<PathBuf, Vec<u8>>) {
    (
        all_rows(&place.database()),
        bytes_below(&place.path("var/files")),
    )
}

/// Bad input H3: whatever is wrong with a backup, it is refused before anything of the present data is touched.
#[test]
fn a_damaged_backup_is_refused_and_nothing_is_touched() {
    let place = with_issued_example();
    attach(&place, 3);
    place.run(&["backup", "good.tar"]).done();
    let good = fs::read(place.path("good.tar")).expect("backup");
    let before = live(&place);
    let refused = |bytes: &[u8], words: &[&str]| {
        place.write("bad.tar", bytes);
        let told = place.run(&["restore", "bad.tar", "--replace"]);
        told.refused(&[&["bad.tar"], words].concat());
        assert!(live(&place) == before, "something was touched: {words:?}");
    };
    let at = |text: &str| {
        let found = good
            .windows(text.len())
            .position(|part| part == text.as_bytes());
        found.unwrap_or_else(|| panic!("{text} in the backup"))
    };
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        bytes
    };
    let (first, database, manifest) = (at("files/"), at("duban.db\0"), at("manifest.json\0"));
    refused(&flipped(first + 600), &["损坏", "files/"]);
    refused(&flipped(database + 512 + 40_000), &["损坏", "duban.db"]);
    refused(&flipped(database + 126), &["损坏"]);
    refused(&flipped(at("\"program\"") + 13), &["损坏", "manifest.json"]);
    refused(&flipped(good.len() - 1), &["损坏"]);
    refused(&flipped(good.len() - 1_600), &["损坏"]);
    refused(&flipped(3), &["不是 duban 的备份"]);
    for cut in [
        good.len() / 2,
        good.len() - 512,
        good.len() - 2_048,
        manifest,
    ] {
        refused(&good[..cut], &["损坏"]);
    }
    refused(&good[..2_000], &["不是 duban 的备份"]);
    refused(&[], &["不是 duban 的备份"]);
    refused(
        &fs::read(place.path("var/duban.db")).expect("database"),
        &["不是 duban 的备份"],
    );
    let mut other_format = good.clone();
    other_format[512 + 7] = b'2';
    refused(&other_format, &["格式", "2"]);
    place
        .run(&["restore", "none.tar", "--replace"])
        .refused(&["none.tar"]);
    // Without --replace even a good one.
    place
        .run(&["restore", "good.tar"])
        .refused(&["duban.db", "--replace"]);
    assert!(live(&place) == before);
}

/// A backup that is whole and says what is not so: its database is newer, or damaged, or a file is missing.
#[test]
fn a_whole_backup_of_a_newer_or_torn_database_is_refused() {
    let place = with_issued_example();
    attach(&place, 1);
    let before = live(&place);
    let newer =
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_000001_later', 0)";
    place.write(
        "newer.db",
        fs::read(place.path("var/duban.db")).expect("database"),
    );
    let url = format!("sqlite://{}", place.path("newer.db").display());
    execute(&url, newer);
    let env = [("DUBAN__DATABASE__URL", url.as_str())];
    place
        .run_with(&env, &["backup", "n.tar"])
        .refused(&["m29991231_000001_later"]);
    // Neither does any other command of this program touch it.
    let newer_rows = all_rows(&url);
    for command in [
        &["migrate"][..],
        &["serve"],
        &["run-job", "deliver"],
        &["resume", "--yes"],
    ] {
        let told = place.run_with(&env, command);
        told.refused(&["m29991231_000001_later", "比本程序新"]);
    }
    assert_eq!(all_rows(&url), newer_rows);
    assert!(!place.path("n.tar").exists());
    let mut torn = fs::read(place.path("var/duban.db")).expect("database");
    let middle = torn.len() / 2 / 4096 * 4096;
    torn[middle..middle + 4096].fill(0xA5);
    place.write("torn.db", torn);
    for (database, words) in [
        ("newer.db", "m29991231_000001_later"),
        ("torn.db", "数据库不能用"),
        // The records of its attached file are there, its bytes are not.
        ("var/duban.db", "files/"),
    ] {
        let _ = fs::remove_file(place.path("made.tar"));
        let file = File::create(place.path("made.tar")).expect("file");
        let mut writer = BackupWriter::begin(file).expect("begun");
        let mut copy = File::open(place.path(database)).expect("database");
        writer.add_file(DATABASE, &mut copy).expect("added");
        let manifest = BackupManifest {
            format: 1,
            program: "9.9.9".to_owned(),
            made_at: "2026-03-04T01:00:00Z".parse().expect("instant"),
            schema: None,
            entries: writer.entries().to_vec(),
            troubles: Vec::new(),
        };
        let text = serde_json::to_vec(&manifest).expect("text");
        writer.add(MANIFEST, &text).expect("added");
        writer.finish().expect("finished");
        place
            .run(&["restore", "made.tar", "--replace"])
            .refused(&[words]);
        assert!(live(&place) == before, "{database}");
    }
}

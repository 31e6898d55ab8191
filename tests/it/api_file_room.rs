//! How much of attached files there is room for, and that files and records stay together: nothing is left behind by whoever
//! is refused or breaks off, and what is left behind all the same goes after a day.

use crate::support::Town;
use crate::support::pages::refused;
use crate::support::service::{Service, form, no_rates};
use crate::support::state::state_hash;
use crate::support::town::UNITS;
use chrono::TimeDelta;
use duban::clock::Clock;
use duban::domain::file_room::FileRoom;
use duban::domain::user_role::UserRole;
use duban::files::key::FileKey;
use duban::files::store::Swept;
use duban::flow::attach_file::{NewFile, attach_file};
use duban::flow::sweep_files::sweep_files;
use duban::flow::{Ctx, FlowError, RefusalCode};
use serde_json::json;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

on_both! {
    a_unit_and_all_together_have_so_much_room,
    files_that_come_at_once_do_not_share_the_last_room,
    whoever_breaks_off_leaves_nothing,
    old_files_without_a_record_go_and_lost_ones_are_told,
    the_folder_of_another_database_is_left_alone
}

/// Every attached file.
fn stored(town: &Town) -> Vec<PathBuf> {
    let Ok(shards) = std::fs::read_dir(&town.ctx.settings.files_folder) else {
        return Vec::new();
    };
    let shards = shards.flatten().filter(|shard| shard.path().is_dir());
    let files = shards.flat_map(|shard| std::fs::read_dir(shard.path()));
    files.flatten().flatten().map(|file| file.path()).collect()
}

fn text(bytes: usize) -> Vec<u8> {
    vec![b'a'; bytes]
}

/// Bad input E5: one byte more than there is room for.
async fn a_unit_and_all_together_have_so_much_room(town: &Town) -> anyhow::Result<()> {
    town.import_units(UNITS).await?;
    let room = FileRoom {
        unit: Some(100),
        total: Some(160),
    };
    let ctx = town.under(|settings| settings.file_room = room);
    let service = Service::with(&ctx, no_rates())?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let other = service.token(UserRole::UnitContact, Some("S2")).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let attach = |token: &str, texts: &[(&str, &str)], bytes: usize| {
        let file = text(bytes);
        service.upload(token, "/attachments", texts, &[("file", "a.txt", &file)])
    };
    let first = attach(&school, &[], 60).expect(201);
    let full = (413, "quota_exceeded", "file");
    refused(&service, || attach(&school, &[], 41), full).await?;
    let told = attach(&school, &[], 41).json()["detail"].to_string();
    assert!(
        told.contains("还剩 40 字节") && told.contains("共 100 字节"),
        "{told}"
    );
    // For the unit by the office it is the same room.
    let for_unit = [("unit_code", "S1")];
    refused(&service, || attach(&office, &for_unit, 41), full).await?;
    attach(&school, &[], 40).expect(201);
    attach(&other, &[], 50).expect(201);
    refused(&service, || attach(&office, &[], 11), full).await?;
    let told = attach(&office, &[], 11).json()["detail"].to_string();
    assert!(told.contains("还剩 10 字节"), "{told}");
    assert_eq!(stored(town).len(), 3, "what was refused is not on the disk");
    // What is removed gives its room back.
    let path = format!("/attachments/{}", first["id"].as_str().unwrap_or_default());
    assert_eq!(service.delete(&school, &path, "*").status, 204);
    attach(&school, &[], 60).expect(201);
    Ok(())
}

async fn files_that_come_at_once_do_not_share_the_last_room(town: &Town) -> anyhow::Result<()> {
    town.import_units(UNITS).await?;
    let directory = town.ctx.units().await?;
    let unit_id = directory.by_code("S1").map(|unit| unit.id);
    let room = FileRoom {
        unit: Some(250),
        total: None,
    };
    let settings = |settings: &mut duban::config::Settings| settings.file_room = room;
    let mut at_once = Vec::new();
    for _ in 0..12 {
        let ctx: Ctx = town.under(settings);
        let new = NewFile {
            name: "a.txt".to_owned(),
            bytes: text(100),
            unit_id,
        };
        at_once.push(tokio::spawn(async move { attach_file(&ctx, new).await }));
    }
    let mut taken = 0;
    for one in at_once {
        match one.await? {
            Ok(_) => taken += 1,
            Err(FlowError::Refused(refusal)) => {
                assert_eq!(refusal.code, RefusalCode::QuotaExceeded);
            }
            Err(other) => return Err(other.into()),
        }
    }
    assert_eq!((taken, stored(town).len()), (2, 2));
    Ok(())
}

/// Bad input E5: an upload that breaks off after nine tenths.
async fn whoever_breaks_off_leaves_nothing(town: &Town) -> anyhow::Result<()> {
    town.import_units(UNITS).await?;
    let service = Service::start(town)?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let before = state_hash(&town.ctx.db).await?;
    let body = form(&[], &[("file", "a.txt", &text(100_000))]);
    let kind = String::from_utf8_lossy(&body);
    let boundary = kind
        .lines()
        .next()
        .unwrap_or_default()
        .trim_start_matches("--");
    let head = format!(
        "POST /api/v1/attachments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {school}\r\nContent-Type: multipart/form-data; boundary={boundary}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let most = [head.as_bytes(), &body[..body.len() * 9 / 10]].concat();
    let answer = service.half_closed(&most);
    assert!(answer.is_none_or(|answer| answer.status >= 400));
    assert_eq!(stored(town), Vec::<PathBuf>::new());
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

/// Makes a file look as if it had been written two days ago.
fn age(path: &Path) -> anyhow::Result<()> {
    let then = SystemTime::from(Clock::System.now() - TimeDelta::days(2));
    Ok(File::options().write(true).open(path)?.set_modified(then)?)
}

async fn one_attached(ctx: &Ctx, bytes: usize) -> anyhow::Result<()> {
    let new = NewFile {
        name: "a.txt".to_owned(),
        bytes: text(bytes),
        unit_id: None,
    };
    attach_file(ctx, new).await?;
    Ok(())
}

/// The town by the machine's clock, by which files are dated.
fn by_the_machine(town: &Town) -> Ctx {
    let mut ctx = town.under(|_| {});
    ctx.real_clock = Clock::System;
    ctx
}

async fn old_files_without_a_record_go_and_lost_ones_are_told(town: &Town) -> anyhow::Result<()> {
    let ctx = by_the_machine(town);
    assert_eq!(sweep_files(&ctx).await?, None, "nothing was attached yet");
    one_attached(&ctx, 10).await?;
    let known = stored(town);
    age(&known[0])?;
    let store = ctx.files()?;
    store.put(text(7), 100).await?;
    let orphan = stored(town).into_iter().find(|path| !known.contains(path));
    let Some(orphan) = orphan else {
        anyhow::bail!("no orphan");
    };
    // A fresh one may be an upload that is not committed yet.
    assert_eq!(sweep_files(&ctx).await?, Some(Swept::default()));
    age(&orphan)?;
    // A simulation, or a test that moves the clock, touches no files.
    assert_eq!(sweep_files(&town.ctx).await?, None);
    assert!(orphan.exists());
    crate::support::town::run_in(&ctx, "housekeep").await?;
    assert_eq!(stored(town), known);
    std::fs::remove_file(&known[0])?;
    let lost = Swept {
        lost: 1,
        ..Swept::default()
    };
    assert_eq!(sweep_files(&ctx).await?, Some(lost));
    Ok(())
}

async fn the_folder_of_another_database_is_left_alone(town: &Town) -> anyhow::Result<()> {
    let ctx = by_the_machine(town);
    one_attached(&ctx, 10).await?;
    let store = ctx.files()?;
    assert!(store.claim("another").await?, "nobody's until now");
    assert!(!store.claim("yet another").await?);
    let theirs = store.put(text(7), 100).await?;
    for path in stored(town) {
        age(&path)?;
    }
    assert_eq!(sweep_files(&ctx).await?, None);
    assert_eq!(stored(town).len(), 2);
    let key = FileKey::from_uuid(theirs.key.uuid());
    assert!(store.remove(key).await.is_ok());
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    // Attaching and reading go on.
    let files = [("file", "b.txt", &*text(3))];
    let made = service
        .upload(&office, "/attachments", &[], &files)
        .expect(201);
    assert_eq!(made["size_bytes"], json!(3));
    Ok(())
}

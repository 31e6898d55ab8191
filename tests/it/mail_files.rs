//! Telling units something with files: once an address, however often it is told, and with the bytes that were stored.

use crate::support::Town;
use anyhow::Context;
use base64::Engine as _;
use duban::domain::ids::UnitId;
use duban::flow::Ctx;
use duban::flow::attach_file::{NewFile, attach_file};
use duban::flow::tell_units::{Telling, TellingWords, Told, tell_units};
use duban::storage::mail_files::MailFile;
use std::collections::BTreeSet;

on_both! {
    each_address_is_told_once_with_the_files,
    two_instances_tell_each_address_once,
    a_lost_file_keeps_its_mails_for_a_person,
}

const BYTES: &[u8] = "第一行\n第二行\n".as_bytes();

/// What is told here.
async fn telling(town: &Town) -> anyhow::Result<Telling> {
    let file = NewFile {
        name: "通报（第1期）.txt".to_owned(),
        bytes: BYTES.to_vec(),
        unit_id: None,
    };
    let attached = attach_file(&town.ctx, file).await?;
    Ok(Telling {
        key: "test|1".to_owned(),
        subject: "关于落实情况的通报（第1期）".to_owned(),
        words: TellingWords::Letter(vec!["现将通报发给你们，请认真阅读。".to_owned()]),
        files: vec![MailFile {
            attachment_id: attached.id,
            name: attached.name,
            media_type: "text/plain".to_owned(),
        }],
    })
}

async fn everybody(ctx: &Ctx) -> anyhow::Result<BTreeSet<UnitId>> {
    let directory = ctx.units().await?;
    Ok(directory.units().iter().map(|unit| unit.id).collect())
}

async fn tell(ctx: &Ctx, telling: &Telling) -> anyhow::Result<Told> {
    let units = everybody(ctx).await?;
    let tx = ctx.write().await?;
    let told = tell_units(ctx, &tx, ctx.now(), &units, telling).await?;
    tx.commit().await?;
    Ok(told)
}

async fn each_address_is_told_once_with_the_files(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let telling = telling(town).await?;
    let told = tell(&town.ctx, &telling).await?;
    let directory = town.ctx.units().await?;
    let code = |id: &UnitId| directory.get(*id).map(|unit| unit.code.as_str());
    let without: Vec<_> = told.without_address.iter().filter_map(code).collect();
    assert_eq!(without, ["B0", "S4"]);
    // Eleven of thirteen units have an address; two schools share one.
    assert_eq!(told.mails, 10);
    assert_eq!(tell(&town.ctx, &telling).await?.mails, 0);
    assert_eq!(town.run("deliver").await?, 10);
    let mails = town.outbox.mails();
    let to: BTreeSet<String> = town.taken().into_iter().collect();
    assert_eq!((mails.len(), to.len()), (10, 10));
    let encoded = base64::engine::general_purpose::STANDARD.encode(BYTES);
    for mail in &mails {
        let text = String::from_utf8(mail.message.clone())?;
        assert!(
            text.contains("multipart/mixed") && text.contains(&encoded),
            "{text}"
        );
    }
    let shared = town.mails_to("shared@town.example.org").await?;
    let [shared] = shared.as_slice() else {
        panic!("{shared:?}");
    };
    assert!(shared.text_body.contains("通报（第1期）.txt"));
    assert!(shared.text_body.contains("现将通报发给你们"));
    Ok(())
}

async fn two_instances_tell_each_address_once(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let telling = telling(town).await?;
    let other = town.another().await?;
    let (mine, theirs) = tokio::join!(tell(&town.ctx, &telling), tell(&other, &telling));
    assert_eq!(mine?.mails + theirs?.mails, 10);
    assert_eq!(town.mails().await?.len(), 10);
    Ok(())
}

async fn a_lost_file_keeps_its_mails_for_a_person(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let telling = telling(town).await?;
    tell(&town.ctx, &telling).await?;
    let folder = &town.ctx.settings.files_folder;
    let aside = folder.with_extension("aside");
    std::fs::rename(folder, &aside)?;
    std::fs::create_dir(folder)?;
    assert_eq!(town.run("deliver").await?, 0);
    for mail in town.mails().await? {
        let told = (mail.state.as_str(), mail.reason.as_deref());
        assert_eq!(told, ("failed", Some("attachment_unreadable")), "{mail:?}");
    }
    std::fs::remove_dir_all(folder)?;
    std::fs::rename(&aside, folder)?;
    let mail = town.mails().await?.pop().context("a mail")?;
    let id = duban::domain::ids::MailId(mail.id);
    duban::flow::send_again::send_again(&town.ctx, id).await?;
    assert_eq!(town.run("deliver").await?, 1);
    Ok(())
}

//! The links in mails: they open what they say, for the contact they were written to, until their day; and nothing else
//! does (bad inputs A10, A11, D3, D5).

use crate::support::Town;
use crate::support::state::state_hash;
use crate::support::town::{UNITS, day, run_in};
use anyhow::Context;
use chrono::NaiveDate;
use duban::domain::mail_link::{LINK_CHARS, LINK_PATH, LinkKey, LinkPurpose, MailLink, form_mac};
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::flow::follow_link::{LinkFollowed, LinkRefusal, LinkTarget, follow_link};
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::link_keys::{form_token, form_token_fits, rotate_link_keys};
use duban::flow::simulate::{SimulationWanted, simulate};
use duban::storage::contacts;
use entity::{assignment, audit_event, link_key, mail, obligation, obligation_item};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use std::collections::{BTreeMap, BTreeSet};

on_both! {
    the_links_of_a_mail_open_what_they_say,
    each_ask_of_a_shared_contact_has_the_links_of_its_own_unit,
    a_mail_written_anew_has_the_same_links,
    copies_bear_no_links,
    what_was_altered_or_swapped_is_unknown,
    a_new_key_makes_old_links_unknown,
    a_link_is_good_through_its_last_day,
    what_is_over_opens_no_more,
    who_has_left_opens_nothing,
    two_instances_at_once_end_with_one_key,
    a_simulation_takes_no_key_along,
}

/// The labels and texts of the links in a mail, in order.
fn links(mail: &mail::Model) -> Vec<(String, String)> {
    let lines: Vec<&str> = mail.text_body.lines().map(str::trim).collect();
    let pairs = lines.windows(2).filter_map(|pair| {
        let (_, token) = pair[1].split_once(LINK_PATH)?;
        Some((pair[0].trim_end_matches('：').to_owned(), token.to_owned()))
    });
    pairs.collect()
}

/// The link under a label in the only mail to an address.
async fn link(town: &Town, address: &str, label: &str) -> anyhow::Result<String> {
    let mail = town.mails_to(address).await?.remove(0);
    let found = links(&mail).into_iter().find(|(known, _)| known == label);
    Ok(found.context(label.to_owned())?.1)
}

async fn target(town: &Town, text: &str) -> anyhow::Result<LinkTarget> {
    match follow_link(&town.ctx, text).await? {
        LinkFollowed::Open(target) => Ok(*target),
        LinkFollowed::Refused(why) => anyhow::bail!("refused: {why:?}"),
    }
}

/// Why a link leads nowhere; fails where it opens.
async fn refusal(town: &Town, text: &str) -> anyhow::Result<LinkRefusal> {
    match follow_link(&town.ctx, text).await? {
        LinkFollowed::Open(target) => anyhow::bail!("opened: {target:?}"),
        LinkFollowed::Refused(why) => Ok(why),
    }
}

/// The keys as the database has them.
async fn keys(town: &Town) -> anyhow::Result<Vec<link_key::Model>> {
    let all = link_key::Entity::find().order_by_asc(link_key::Column::Number);
    Ok(all.all(&town.ctx.db).await?)
}

async fn the_links_of_a_mail_open_what_they_say(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let mail = town.mails_to("s1@town.example.org").await?.remove(0);
    let links = links(&mail);
    let labels: Vec<&str> = links.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["签收", "填报", "申请延期", "上传佐证"]);
    let begin = format!("{}{LINK_PATH}", town.ctx.settings.base_url);
    for (label, text) in &links {
        assert!(
            mail.html_body
                .contains(&format!("<a href=\"{begin}{text}\""))
        );
        assert_eq!(text.len(), LINK_CHARS);
        let target = target(town, text).await?;
        assert_eq!(target.link.purpose.label(), label);
        let kind = match target.link.purpose {
            LinkPurpose::Acknowledge => ObligationKind::Acknowledge,
            _ => ObligationKind::Complete,
        };
        let asked = town.ask("S1", kind).await?;
        assert_eq!(target.asked.obligation, asked);
        assert_eq!(
            (target.asked.unit.code.as_str(), target.asked.unit.id),
            ("S1", asked.unit_id)
        );
        assert_eq!(
            target.contact.address.as_deref(),
            Some("s1@town.example.org")
        );
        assert_eq!(target.asked.plan_title, "青石市校园安全与课堂质量提升方案");
        assert_eq!(
            target.link.expires_on,
            asked.due_on + chrono::TimeDelta::days(60)
        );
        assert!(!target.text_hash.contains(text));
    }
    let about = target(town, &links[1].1).await?;
    let item = about.asked.items.first().context("no item")?;
    assert!(
        item.task_title.contains("完成作业公示"),
        "{}",
        item.task_title
    );
    assert!(
        item.task_text.contains("2026年4月30日前"),
        "{}",
        item.task_text
    );
    assert_eq!(item.lead_names, ["教学科"]);
    assert_eq!((item.percent, &item.done, item.ended), (None, &None, false));
    Ok(())
}

async fn each_ask_of_a_shared_contact_has_the_links_of_its_own_unit(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let mail = town.mails_to("shared@town.example.org").await?.remove(0);
    let mut units: BTreeMap<String, usize> = BTreeMap::new();
    let mut people = BTreeSet::new();
    for (_, text) in links(&mail) {
        let target = target(town, &text).await?;
        assert_eq!(target.contact.unit_id, target.asked.unit.id);
        people.insert(target.contact.id);
        *units.entry(target.asked.unit.code).or_default() += 1;
    }
    assert_eq!(
        units,
        BTreeMap::from([("S2".to_owned(), 4), ("S3".to_owned(), 4)])
    );
    assert_eq!(people.len(), 2);
    Ok(())
}

async fn a_mail_written_anew_has_the_same_links(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-09", "19:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    town.set("2026-03-10", "08:30")?;
    town.run("remind").await?;
    let before = links(&town.mails_to("s1@town.example.org").await?[0]);
    town.answer(town.ask("S1", ObligationKind::Acknowledge).await?.id)
        .await?;
    let after = links(&town.mails_to("s1@town.example.org").await?[0]);
    assert_eq!(before.len(), 4);
    assert_eq!(
        before[1..],
        after[..],
        "what was answered is gone, the rest is as it was"
    );
    Ok(())
}

async fn copies_bear_no_links(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    town.live("2026-03-10", "2026-03-31").await?;
    let mails = town.mails().await?;
    let (copies, asks): (Vec<_>, Vec<_>) = mails.iter().partition(|mail| mail.asks == 0);
    assert!(copies.iter().any(|mail| mail.copies > 0) && asks.len() > 9);
    for mail in copies {
        assert!(!mail.text_body.contains(LINK_PATH) && !mail.html_body.contains(LINK_PATH));
    }
    for mail in asks {
        let answers = links(mail).into_iter();
        let answers = answers.filter(|(label, _)| label == "签收" || label == "填报");
        assert_eq!(
            i32::try_from(answers.count())?,
            mail.asks,
            "{}",
            mail.text_body
        );
    }
    Ok(())
}

/// Bad inputs D3 and A10.
async fn what_was_altered_or_swapped_is_unknown(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let text = link(town, "s1@town.example.org", "填报").await?;
    let other = link(town, "s5@town.example.org", "填报").await?;
    let opened = target(town, &text).await?.link;
    let before = state_hash(&town.ctx.db).await?;
    let flipped = |at: usize| {
        let mut letters: Vec<u8> = text.clone().into_bytes();
        letters[at] = if letters[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(letters)
    };
    for at in 0..LINK_CHARS {
        assert_eq!(
            refusal(town, &flipped(at)?).await?,
            LinkRefusal::Unknown,
            "{at}"
        );
    }
    // The other's ids under this one's MAC; what it is for, changed; a form's token; what a foreign key has signed.
    let swapped = format!("{}{}", &other[..50], &text[50..]);
    let foreign = LinkKey::new(1, [1; 32]);
    let token = form_token(&town.ctx, &text, "n").await?.context("no key")?;
    assert!(form_token_fits(&town.ctx, &text, "n", &token).await?);
    assert!(!form_token_fits(&town.ctx, &other, "n", &token).await?);
    assert!(!form_token_fits(&town.ctx, &text, "n", &form_mac(&foreign, &text, "n")).await?);
    for bad in [
        swapped,
        token,
        opened.seal(&foreign),
        String::new(),
        "督".repeat(26),
    ] {
        assert_eq!(refusal(town, &bad).await?, LinkRefusal::Unknown, "{bad}");
    }
    // Signed by us, about nobody and nothing.
    let key = keys(town).await?.remove(0);
    let key = LinkKey::new(1, key.secret.try_into().ok().context("32 bytes")?);
    assert_eq!(opened.seal(&key), text);
    let (nobody, nothing) = (
        MailLink {
            contact_id: duban::domain::ids::ContactId(opened.obligation_id.0),
            ..opened
        },
        MailLink {
            obligation_id: duban::domain::ids::ObligationId(opened.contact_id.0),
            ..opened
        },
    );
    for bad in [nobody, nothing] {
        assert_eq!(refusal(town, &bad.seal(&key)).await?, LinkRefusal::Unknown);
    }
    let theirs = target(town, &other).await?;
    let crossed = MailLink {
        contact_id: theirs.contact.id,
        ..opened
    };
    assert_eq!(
        refusal(town, &crossed.seal(&key)).await?,
        LinkRefusal::NotYours
    );
    assert_eq!(
        state_hash(&town.ctx.db).await?,
        before,
        "following changes nothing"
    );
    Ok(())
}

/// Bad input D3: the key was changed.
async fn a_new_key_makes_old_links_unknown(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let text = link(town, "s1@town.example.org", "填报").await?;
    target(town, &text).await?;
    let rotated = rotate_link_keys(&town.another().await?).await?;
    assert_eq!((rotated.number, rotated.retired), (2, 1));
    // What another instance has changed is seen within 50 ms.
    tokio::time::sleep(std::time::Duration::from_millis(60)).await;
    assert_eq!(refusal(town, &text).await?, LinkRefusal::Unknown);
    let told = audit_event::Entity::find()
        .filter(audit_event::Column::Action.eq("rotate_link_keys"))
        .all(&town.ctx.db)
        .await?;
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0].after.as_deref(),
        Some(r#"{"number":2,"retired":1}"#)
    );
    town.live("2026-03-10", "2026-03-10").await?;
    let mails = town.mails_to("s1@town.example.org").await?;
    let new = links(mails.last().context("no digest")?);
    assert!(new.iter().all(|(_, one)| *one != text));
    for (_, text) in new {
        target(town, &text).await?;
    }
    let rotated = rotate_link_keys(&town.ctx).await?;
    assert_eq!((rotated.number, rotated.retired), (3, 1));
    let good: Vec<bool> = keys(town)
        .await?
        .iter()
        .map(|key| key.retired_at.is_none())
        .collect();
    assert_eq!(good, [false, false, true]);
    Ok(())
}

/// Bad input A11.
async fn a_link_is_good_through_its_last_day(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let text = link(town, "s1@town.example.org", "填报").await?;
    let last = target(town, &text).await?.link.expires_on;
    assert_eq!(last, day("2026-06-29")?);
    town.set("2026-06-29", "23:59")?;
    target(town, &text).await?;
    town.set("2026-06-30", "00:00")?;
    assert_eq!(refusal(town, &text).await?, LinkRefusal::Expired);
    Ok(())
}

/// Bad input D5: what the link is about was closed or withdrawn; what was answered can still be corrected.
async fn what_is_over_opens_no_more(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let text = link(town, "s1@town.example.org", "填报").await?;
    let one = target(town, &text).await?.asked.obligation;
    town.answer(one.id).await?;
    assert_eq!(
        target(town, &text).await?.asked.obligation.state,
        ObligationState::Answered
    );
    let db = sea_orm::Database::connect(&town.url).await?;
    let asked = obligation_item::Entity::find()
        .filter(obligation_item::Column::ObligationId.eq(one.id.0))
        .all(&db)
        .await?;
    let asked = asked.iter().filter_map(|item| item.assignment_id);
    assignment::Entity::update_many()
        .col_expr(assignment::Column::State, Expr::value("closed"))
        .filter(assignment::Column::Id.is_in(asked))
        .exec(&db)
        .await?;
    assert_eq!(refusal(town, &text).await?, LinkRefusal::Over);
    let other = link(town, "s5@town.example.org", "签收").await?;
    let id = target(town, &other).await?.asked.obligation.id;
    obligation::Entity::update_many()
        .col_expr(obligation::Column::State, Expr::value("withdrawn"))
        .filter(obligation::Column::Id.eq(id.0))
        .exec(&db)
        .await?;
    assert_eq!(refusal(town, &other).await?, LinkRefusal::Over);
    Ok(())
}

/// Bad input D5: somebody else is the unit's contact now.
async fn who_has_left_opens_nothing(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let text = link(town, "s1@town.example.org", "填报").await?;
    let contact = target(town, &text).await?.contact;
    town.import_units(&UNITS.replace("甲老师,s1@", "庚老师,new@"))
        .await?;
    let ended = contacts::get(&town.ctx.db, contact.id).await?;
    assert!(ended.is_some_and(|one| one.ended_at.is_some()));
    assert_eq!(refusal(town, &text).await?, LinkRefusal::NotYours);
    Ok(())
}

async fn two_instances_at_once_end_with_one_key(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-09", "07:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    assert!(keys(town).await?.is_empty(), "made when first needed");
    let other = town.another().await?;
    town.set("2026-03-09", "08:30")?;
    let (mine, theirs) = tokio::join!(run_in(&town.ctx, "remind"), run_in(&other, "remind"));
    assert_eq!(mine? + theirs?, 9);
    assert_eq!(keys(town).await?.len(), 1);
    for mail in town.mails().await? {
        for (_, text) in links(&mail) {
            target(town, &text).await?;
        }
    }
    let (mine, theirs) = tokio::join!(rotate_link_keys(&town.ctx), rotate_link_keys(&other));
    let retired = mine?.retired + theirs?.retired;
    let keys = keys(town).await?;
    let good = keys.iter().filter(|key| key.retired_at.is_none()).count();
    assert_eq!((good, usize::try_from(retired)?), (1, keys.len() - 1));
    Ok(())
}

async fn a_simulation_takes_no_key_along(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let folder = town.ctx.settings.files_folder.join("kept");
    let (from, to): (NaiveDate, NaiveDate) = (day("2026-03-02")?, day("2026-03-06")?);
    std::fs::create_dir_all(&town.ctx.settings.files_folder)?;
    let wanted = SimulationWanted {
        keep: Some(&folder),
        ..SimulationWanted::of(from, to)
    };
    simulate(&town.ctx, wanted).await?;
    let url = format!("sqlite://{}", folder.join("duban.db").display());
    let kept = sea_orm::Database::connect(&url).await?;
    let theirs = link_key::Entity::find().all(&kept).await?;
    let ours = keys(town).await?;
    assert_eq!((ours.len(), theirs.len()), (1, 1));
    assert_ne!(ours[0].secret, theirs[0].secret);
    assert!(mail::Entity::find().count(&kept).await? > 0);
    Ok(())
}

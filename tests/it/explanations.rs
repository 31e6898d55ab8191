//! Why somebody was, or was not, mailed on a day.

use crate::support::Town;
use crate::support::town::{UNITS, day};
use duban::domain::obligation::ObligationKind;
use duban::flow::explain_contact::{ContactExplained, explain_contact};

async fn why(town: &Town, address: &str, on: &str) -> anyhow::Result<ContactExplained> {
    Ok(explain_contact(&town.ctx, address, Some(day(on)?)).await?)
}

/// The reason given for one kind of request.
fn of(told: &ContactExplained, kind: ObligationKind) -> &str {
    let found = told
        .obligations
        .iter()
        .find(|one| one.kind == kind.as_str());
    found.map_or("", |one| one.why.as_str())
}

async fn who_was_mailed_is_shown_the_mail_and_the_stages(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let told = why(town, "s1@town.example.org", "2026-03-09").await?;
    assert!(told.mailed);
    assert_eq!(
        (
            told.units.as_slice(),
            told.mails.len(),
            told.obligations.len()
        ),
        (&["S1".to_owned()][..], 1, 2)
    );
    assert!(
        told.reasons[0].contains("已由邮件服务器接收"),
        "{:?}",
        told.reasons
    );
    assert!(
        of(&told, ObligationKind::Acknowledge).contains("当天的邮件提醒了它（阶段 notice）"),
        "{told:?}"
    );
    Ok(())
}

async fn on_a_day_between_stages_it_names_the_next(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    town.live("2026-03-10", "2026-03-11").await?;
    let told = why(town, "s1@town.example.org", "2026-03-11").await?;
    assert!(!told.mailed && told.mails.is_empty());
    assert!(
        told.reasons
            .iter()
            .any(|reason| reason.contains("2 项待填报，当天没有邮件")),
        "{:?}",
        told.reasons
    );
    assert!(
        of(&told, ObligationKind::Acknowledge).contains("处于阶段 due-2，该阶段已提醒过"),
        "{told:?}"
    );
    let complete = told
        .obligations
        .iter()
        .find(|one| one.kind == "complete")
        .expect("it owes a report");
    assert_eq!(complete.next_on, Some(day("2026-04-23")?));
    Ok(())
}

async fn what_was_answered_says_so(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    for kind in [ObligationKind::Acknowledge, ObligationKind::Complete] {
        town.answer(town.ask("S1", kind).await?.id).await?;
    }
    town.live("2026-03-10", "2026-03-10").await?;
    let told = why(town, "s1@town.example.org", "2026-03-10").await?;
    assert!(
        told.reasons
            .iter()
            .any(|reason| reason.contains("没有待填报的事项")),
        "{:?}",
        told.reasons
    );
    assert_eq!(of(&told, ObligationKind::Acknowledge), "已填报，不再提醒");
    Ok(())
}

async fn a_holiday_says_so(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let told = why(town, "s1@town.example.org", "2026-04-06").await?;
    assert!(
        told.reasons
            .iter()
            .any(|reason| reason == "2026-04-06 不是工作日，不发送邮件"),
        "{:?}",
        told.reasons
    );
    assert!(
        of(&told, ObligationKind::Complete).contains("不是提醒日"),
        "{told:?}"
    );
    Ok(())
}

async fn a_contact_who_had_no_address_says_so(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let nobody = explain_contact(&town.ctx, "s4@town.example.org", None).await;
    assert!(nobody.is_err_and(|error| error.to_string().contains("s4@town.example.org")));
    let ledger = town
        .ledger(town.ask("S4", ObligationKind::Complete).await?.id)
        .await?;
    assert_eq!(ledger[0].reason.as_deref(), Some("no_address"));
    Ok(())
}

async fn who_was_a_contact_once_is_told_that_it_changed(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    town.import_units(&UNITS.replace("甲老师,s1@", "庚老师,new@"))
        .await?;
    let told = why(town, "s1@town.example.org", "2026-03-10").await?;
    assert!(
        told.reasons
            .iter()
            .any(|reason| reason.contains("现已更换")),
        "{:?}",
        told.reasons
    );
    assert!(told.obligations.is_empty());
    Ok(())
}

async fn explaining_changes_nothing(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let before = town.mails().await?;
    for on in ["2026-03-09", "2026-03-10", "2030-01-01"] {
        why(town, "s1@town.example.org", on).await?;
    }
    assert_eq!(town.mails().await?, before);
    Ok(())
}

on_both! {
    who_was_mailed_is_shown_the_mail_and_the_stages,
    on_a_day_between_stages_it_names_the_next,
    what_was_answered_says_so,
    a_holiday_says_so,
    a_contact_who_had_no_address_says_so,
    who_was_a_contact_once_is_told_that_it_changed,
    explaining_changes_nothing,
}

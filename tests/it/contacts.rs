//! Who is written to: a contact that changed, one whose name was corrected, and a unit that has told no address.

use crate::support::Town;
use crate::support::town::UNITS;
use duban::domain::obligation::ObligationKind;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::storage::reminders::{ReminderState, StoredReminder};

fn stages(ledger: &[StoredReminder]) -> Vec<String> {
    ledger
        .iter()
        .map(|one| format!("{} {} {}", one.key.stage, one.made_on, one.state.as_str()))
        .collect()
}

async fn a_new_contact_gets_only_the_current_stage(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-09", "19:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    town.live("2026-03-10", "2026-03-10").await?;
    town.set("2026-03-12", "08:30")?;
    town.run("remind").await?;
    let changed = town
        .import_units(&UNITS.replace("甲老师,s1@", "庚老师,new@"))
        .await?;
    assert_eq!(changed.contacts_changed, ["S1"]);
    let old = town.mails_to("s1@town.example.org").await?;
    let told: Vec<_> = old
        .iter()
        .map(|mail| (mail.state.as_str(), mail.reason.as_deref()))
        .collect();
    assert_eq!(
        told,
        [("sent", None), ("suppressed", Some("contact_changed"))]
    );
    town.run("deliver").await?;
    town.live("2026-03-13", "2026-03-13").await?;
    assert_eq!(
        town.mails_to("s1@town.example.org").await?.len(),
        2,
        "who has left is not written to"
    );
    let new = town.mails_to("new@town.example.org").await?;
    assert_eq!((new.len(), new[0].asks), (1, 2));
    assert!(new[0].text_body.contains("庚老师"), "{}", new[0].text_body);
    let ledger = town
        .ledger(town.ask("S1", ObligationKind::Acknowledge).await?.id)
        .await?;
    assert_eq!(
        stages(&ledger),
        [
            "due-2 2026-03-10 mailed",
            "due-0 2026-03-12 cancelled",
            "over+1 2026-03-13 mailed"
        ],
        "earlier stages are not made up for"
    );
    Ok(())
}

async fn one_of_two_schools_leaves_a_shared_contact(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-09", "19:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    town.set("2026-03-10", "08:30")?;
    town.run("remind").await?;
    assert_eq!(town.mails_to("shared@town.example.org").await?[0].asks, 4);
    town.import_units(&UNITS.replace(
        "S3,东区第三小学,school,D1,,primary,乙老师,shared@",
        "S3,东区第三小学,school,D1,,primary,庚老师,new@",
    ))
    .await?;
    let mails = town.mails_to("shared@town.example.org").await?;
    assert_eq!(
        (mails.len(), mails[0].asks, mails[0].state.as_str()),
        (1, 2, "queued")
    );
    assert!(
        !mails[0].text_body.contains("东区第三小学"),
        "{}",
        mails[0].text_body
    );
    Ok(())
}

async fn a_corrected_name_sends_nothing_again(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let before = town.mails().await?;
    let changed = town
        .import_units(&UNITS.replace("甲老师", "贾老师"))
        .await?;
    assert_eq!(changed.contacts_changed, ["S1"]);
    town.set("2026-03-09", "15:00")?;
    town.run("remind").await?;
    town.run("deliver").await?;
    assert_eq!(town.mails().await?, before);
    town.live("2026-03-10", "2026-03-11").await?;
    let ledger = town
        .ledger(town.ask("S1", ObligationKind::Acknowledge).await?.id)
        .await?;
    assert_eq!(
        stages(&ledger),
        ["notice 2026-03-09 mailed", "due-2 2026-03-10 mailed"]
    );
    assert!(
        town.mails_to("s1@town.example.org").await?[1]
            .text_body
            .contains("贾老师")
    );
    Ok(())
}

async fn a_contact_without_address_is_kept_in_the_ledger(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    town.live("2026-03-10", "2026-03-12").await?;
    let ledger = town
        .ledger(town.ask("S4", ObligationKind::Acknowledge).await?.id)
        .await?;
    assert_eq!(
        stages(&ledger),
        [
            "notice 2026-03-09 suppressed",
            "due-2 2026-03-10 suppressed",
            "due-0 2026-03-12 suppressed"
        ]
    );
    for one in &ledger {
        assert_eq!(
            (one.state, one.reason.as_deref(), one.mail_id),
            (ReminderState::Suppressed, Some("no_address"), None)
        );
    }
    let imported = town.import_units(UNITS).await?;
    assert_eq!(imported.without_address, ["B0", "S4"]);
    town.import_units(&UNITS.replace("丙老师,", "丙老师,s4@town.example.org"))
        .await?;
    town.live("2026-03-13", "2026-03-13").await?;
    let mails = town.mails_to("s4@town.example.org").await?;
    assert_eq!(
        (mails.len(), mails[0].asks),
        (1, 2),
        "once there is an address, it is told where things stand"
    );
    Ok(())
}

on_both! {
    a_new_contact_gets_only_the_current_stage,
    one_of_two_schools_leaves_a_shared_contact,
    a_corrected_name_sends_nothing_again,
    a_contact_without_address_is_kept_in_the_ledger,
}

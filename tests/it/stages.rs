//! Stage by stage: every reminder on its day and once, copies to the leads from the third workday over and to the
//! supervision office from the seventh, and an end.

use crate::support::Town;
use crate::support::town::day;
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::storage::reminders::{Addressee, StoredReminder};
use std::collections::{BTreeMap, BTreeSet};

/// Stages told in one part, each with its day.
fn told(ledger: &[StoredReminder], addressee: Addressee) -> Vec<String> {
    let theirs = ledger.iter().filter(|one| one.key.addressee == addressee);
    theirs
        .map(|one| format!("{} {}", one.key.stage, one.made_on))
        .collect()
}

/// The completion due on 30 April, told with the plan on 9 March. Labour Day is from 1 to 5 May, 9 May is a workday.
const COMPLETION: [&str; 9] = [
    "notice 2026-03-09",
    "due-5 2026-04-23",
    "due-2 2026-04-28",
    "due-0 2026-04-30",
    "over+1 2026-05-06",
    "over+3 2026-05-08",
    "over+7 2026-05-13",
    "over+12 2026-05-20",
    "over+17 2026-05-27",
];

async fn each_stage_is_told_once_on_its_day(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    town.live("2026-03-10", "2026-06-05").await?;
    let completion = &COMPLETION[..];
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let ledger = town.ledger(ask.id).await?;
    assert_eq!(told(&ledger, Addressee::Unit), completion);
    assert_eq!(
        told(&ledger, Addressee::LeadCopy),
        completion[5..],
        "the lead from the third workday over"
    );
    assert_eq!(
        told(&ledger, Addressee::SupervisionCopy),
        completion[6..],
        "the office from the seventh"
    );
    let own = town
        .ledger(town.ask("B2", ObligationKind::Complete).await?.id)
        .await?;
    assert_eq!(told(&own, Addressee::Unit), completion);
    assert_eq!(
        told(&own, Addressee::LeadCopy),
        Vec::<String>::new(),
        "nobody gets copies of its own"
    );

    let days: Vec<String> = town
        .mails_to("s1@town.example.org")
        .await?
        .iter()
        .map(|mail| mail.local_on.to_string())
        .collect();
    let acknowledgement = [
        "2026-03-09",
        "2026-03-10",
        "2026-03-12",
        "2026-03-13",
        "2026-03-17",
        "2026-03-23",
        "2026-03-30",
        "2026-04-07",
    ];
    let expected: BTreeSet<String> = acknowledgement
        .iter()
        .map(|day| (*day).to_owned())
        .chain(
            completion
                .iter()
                .filter_map(|stage| Some(stage.split_once(' ')?.1.to_owned())),
        )
        .collect();
    assert_eq!(
        days,
        expected.into_iter().collect::<Vec<_>>(),
        "one mail on each of these days, none between"
    );
    assert_eq!(
        ask.state,
        ObligationState::Unanswered,
        "twenty workdays over it is left"
    );
    Ok(())
}

async fn copies_are_one_line_a_task_with_counts_by_district(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    town.live("2026-05-08", "2026-05-08").await?;
    let mails = town.mails_to("jiaoxue@town.example.org").await?;
    let mail = mails.last().expect("the lead of the task has mail");
    assert_eq!(mail.local_on, day("2026-05-08")?);
    assert_eq!(mail.copies, 6, "six schools have not reported");
    assert!(mail.text_body.contains("二(一)2"), "{}", mail.text_body);
    for district in ["东区教育局", "西区教育局"] {
        assert!(mail.text_body.contains(district), "{}", mail.text_body);
    }
    for school in ["东区第一小学", "西区初级中学"] {
        assert!(!mail.text_body.contains(school), "{}", mail.text_body);
    }
    assert!(
        town.mails_to("dudao@town.example.org").await?.is_empty(),
        "the office is not asked yet"
    );
    town.live("2026-05-13", "2026-05-13").await?;
    let office = town.mails_to("dudao@town.example.org").await?;
    assert_eq!(
        (office.len(), office[0].asks, office[0].copies),
        (1, 0, 7),
        "{}",
        office[0].text_body
    );
    assert_eq!(
        office[0].text_body.matches("完成作业公示").count(),
        1,
        "{}",
        office[0].text_body
    );
    Ok(())
}

async fn after_months_of_standstill_a_contact_gets_one_mail(town: &Town) -> anyhow::Result<()> {
    town.set("2026-03-09", "08:30")?;
    town.run("remind").await?;
    town.set("2026-03-09", "10:00")?;
    town.issue(duban::flow::issue_plan::CyclesAtIssue::On)
        .await?;
    town.run("deliver").await?;
    let before = town.mails().await?.len();
    town.live("2026-06-09", "2026-06-09").await?;
    let woken = town.mails().await?.split_off(before);
    let mut by_address: BTreeMap<&str, usize> = BTreeMap::new();
    for mail in &woken {
        assert_eq!(mail.local_on, day("2026-06-09")?);
        *by_address.entry(&mail.address).or_default() += 1;
    }
    assert!(
        by_address.contains_key("dong@town.example.org"),
        "what it was to send up is still open"
    );
    assert!(
        by_address.contains_key("s6@town.example.org"),
        "it is drawn for the late spot-check"
    );
    assert!(
        by_address.values().all(|count| *count == 1),
        "{by_address:?}"
    );
    let sent_up = town
        .ledger(town.ask("D1", ObligationKind::SendUp).await?.id)
        .await?;
    assert_eq!(
        told(&sent_up, Addressee::Unit),
        ["notice 2026-03-09", "over+17 2026-06-09"],
        "only the stage it is in"
    );
    let ended = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(ended.state, ObligationState::Unanswered);
    assert_eq!(
        told(&town.ledger(ended.id).await?, Addressee::Unit),
        ["notice 2026-03-09"]
    );
    Ok(())
}

on_both! {
    each_stage_is_told_once_on_its_day,
    copies_are_one_line_a_task_with_counts_by_district,
    after_months_of_standstill_a_contact_gets_one_mail,
}

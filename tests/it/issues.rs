//! tasks → assignments and first requests: what is held back is named and the rest goes out, and everybody concerned is
//! told in one mail, at the next moment that mail may leave.

use crate::support::Town;
use crate::support::town::{MONDAY, PLAN, UNITS, day, run_in};
use duban::domain::obligation::ObligationKind;
use duban::domain::send_window::SendWindow;
use duban::flow::issue_plan::{CyclesAtIssue, issue_plan};
use duban::flow::manage_cycles::{Switch, switch_cycles};
use duban::storage::{cycles, tasks};
use std::collections::BTreeMap;

/// Everybody of the plan who can be written to, in the order of the alphabet.
const CONTACTS: [&str; 9] = [
    "anquan@town.example.org",
    "dong@town.example.org",
    "jiaoxue@town.example.org",
    "s1@town.example.org",
    "s5@town.example.org",
    "s6@town.example.org",
    "shared@town.example.org",
    "xi@town.example.org",
    "xinxi@town.example.org",
];

const WITHOUT_CENTRE: (&str, &str) = (
    "B4,信息中心,institution,B0,,,辛老师,xinxi@town.example.org\n",
    "",
);

/// Issues when no mail may leave; the next workday's digest tells everybody everything, the round that opens on that day
/// included.
async fn told_with_the_round(
    town: &Town,
    (on, time): (&str, &str),
    workday: &str,
    kinds: &[ObligationKind],
) -> anyhow::Result<()> {
    town.set(on, time)?;
    assert_eq!(town.issue(CyclesAtIssue::On).await?.mails, 0);
    assert!(town.mails().await?.is_empty());
    let next = day(on)?.succ_opt().expect("the calendar goes on");
    town.live(&next.to_string(), workday).await?;
    assert_eq!(town.taken(), CONTACTS, "one mail each");
    // The only senior school is drawn for certain.
    let mails = town.mails_to("s6@town.example.org").await?;
    assert_eq!((mails.len(), mails[0].kind.as_str()), (1, "digest"));
    assert_eq!(
        (mails[0].local_on, usize::try_from(mails[0].asks)?),
        (day(workday)?, kinds.len())
    );
    for kind in kinds {
        let told = town.ledger(town.ask("S6", *kind).await?.id).await?;
        let carried: Vec<_> = told.iter().map(|one| one.mail_id.map(|id| id.0)).collect();
        assert_eq!(carried, [Some(mails[0].id)], "{kind:?}");
    }
    for words in ["签收", "抽查"] {
        assert!(mails[0].text_body.contains(words), "{}", mails[0].text_body);
    }
    Ok(())
}

async fn issuing_asks_every_unit_once_per_occasion(town: &Town) -> anyhow::Result<()> {
    let issued = town.issue(CyclesAtIssue::On).await?;
    assert_eq!((issued.tasks, issued.assignments), (4, 25));
    assert_eq!(
        issued.obligations,
        BTreeMap::from([("acknowledge", 11), ("complete", 7), ("send_up", 2)])
    );
    assert_eq!((issued.held, issued.listed), (Vec::new(), Vec::new()));
    assert_eq!(
        issued.cycles,
        [
            "spot_check",
            "dispatch",
            "bulletin",
            "monitoring",
            "appraisal"
        ]
    );
    assert_eq!(
        town.ask("S1", ObligationKind::Acknowledge).await?.due_on,
        day("2026-03-12")?
    );
    assert_eq!(
        town.ask("S1", ObligationKind::Complete).await?.due_on,
        day("2026-04-30")?
    );
    assert_eq!(
        town.ask("D1", ObligationKind::SendUp)
            .await?
            .what
            .as_deref(),
        Some("实施方案")
    );
    let again = issue_plan(&town.ctx, town.plan().await?.id, CyclesAtIssue::On).await?;
    assert_eq!(
        (
            again.tasks,
            again.assignments,
            again.obligations.len(),
            again.mails
        ),
        (0, 0, 0, 0)
    );
    Ok(())
}

async fn held_tasks_are_named_and_issued_once_settled(town: &Town) -> anyhow::Result<()> {
    let fewer = UNITS.replace(WITHOUT_CENTRE.0, WITHOUT_CENTRE.1);
    let plan = town.import_with(&fewer).await?;
    let issued = issue_plan(&town.ctx, plan, CyclesAtIssue::On).await?;
    assert_eq!((issued.tasks, issued.assignments), (3, 23));
    let held: Vec<(&str, &str)> = issued
        .held
        .iter()
        .map(|held| (held.task_number.as_str(), held.reason.as_str()))
        .collect();
    assert_eq!(held, [("二(二)4", "“信息中心”不在单位名单中")]);
    let asked = tasks::assignments(&town.ctx.db, plan).await?;
    switch_cycles(&town.ctx, &town.plan().await?, None, Switch::Off).await?;

    town.set("2026-03-11", "07:00")?;
    town.import_units(UNITS).await?;
    let rest = issue_plan(&town.ctx, plan, CyclesAtIssue::On).await?;
    assert_eq!((rest.tasks, rest.assignments, rest.held.len()), (1, 2, 0));
    assert_eq!(
        rest.obligations,
        BTreeMap::from([("acknowledge", 2)]),
        "only who has a new task is asked"
    );
    assert_eq!(
        rest.cycles,
        Vec::<&str>::new(),
        "what a person switched off stays off"
    );
    assert!(
        cycles::all(&town.ctx.db)
            .await?
            .iter()
            .all(|cycle| !cycle.enabled)
    );
    let now = tasks::assignments(&town.ctx.db, plan).await?;
    assert_eq!(
        now.iter().filter(|one| asked.contains(one)).count(),
        asked.len(),
        "what was issued stays as it was"
    );
    assert_eq!(now.len(), 25);
    assert_eq!(town.plan().await?.issued_on, Some(day(MONDAY)?));
    Ok(())
}

async fn a_later_join_changes_no_frozen_task(town: &Town) -> anyhow::Result<()> {
    let plan = town.import().await?;
    issue_plan(&town.ctx, plan, CyclesAtIssue::Off).await?;
    town.import_units(&format!(
        "{UNITS}S9,新设小学,school,D1,,primary,新老师,new@town.example.org\n"
    ))
    .await?;
    assert_eq!(
        issue_plan(&town.ctx, plan, CyclesAtIssue::Off)
            .await?
            .assignments,
        0
    );
    assert!(
        town.asked("S9", ObligationKind::Acknowledge)
            .await?
            .is_empty()
    );
    Ok(())
}

async fn issued_in_the_evening_is_told_next_morning_in_one_mail(town: &Town) -> anyhow::Result<()> {
    use ObligationKind::{Acknowledge, Complete, SpotCheck};
    told_with_the_round(
        town,
        ("2026-03-31", "19:00"),
        "2026-04-01",
        &[Acknowledge, Complete, SpotCheck],
    )
    .await?;
    Ok(())
}

async fn issued_on_a_holiday_is_told_on_the_next_workday_in_one_mail(
    town: &Town,
) -> anyhow::Result<()> {
    use ObligationKind::{Acknowledge, SpotCheck};
    told_with_the_round(
        town,
        ("2026-05-01", "11:00"),
        "2026-05-06",
        &[Acknowledge, SpotCheck],
    )
    .await?;
    Ok(())
}

async fn issued_in_the_morning_is_told_at_once_and_not_again(town: &Town) -> anyhow::Result<()> {
    let issued = town.issue_on_monday().await?;
    assert_eq!(issued.mails, 9);
    assert_eq!(town.taken(), CONTACTS, "one mail each");
    let mails = town.mails().await?;
    assert!(
        mails
            .iter()
            .all(|mail| mail.kind == "immediate" && mail.state == "sent")
    );
    let shared = town.mails_to("shared@town.example.org").await?;
    assert_eq!(shared[0].asks, 4, "two schools, two requests each");
    // The next day tells nothing but what falls on it: due-2 of the acknowledgement, never the notice again.
    town.live("2026-03-10", "2026-03-10").await?;
    for unit in ["S1", "B2", "D1"] {
        let told = town
            .ledger(town.ask(unit, ObligationKind::Acknowledge).await?.id)
            .await?;
        let stages: Vec<String> = told
            .iter()
            .map(|one| format!("{} {}", one.key.stage, one.made_on))
            .collect();
        assert_eq!(stages, ["notice 2026-03-09", "due-2 2026-03-10"], "{unit}");
    }
    let told = town
        .ledger(town.ask("S1", ObligationKind::Complete).await?.id)
        .await?;
    assert_eq!(told.len(), 1);
    assert_eq!(town.mails_to("s1@town.example.org").await?[1].asks, 1);
    Ok(())
}

async fn before_the_digests_are_made_the_digest_tells_it(town: &Town) -> anyhow::Result<()> {
    // Inside the hours for mail, but nobody has made the day's digests yet.
    town.set(MONDAY, "08:45")?;
    let issued = town.issue(CyclesAtIssue::Off).await?;
    assert_eq!(issued.mails, 0);
    town.set(MONDAY, "09:10")?;
    town.run("housekeep").await?;
    town.run("deliver").await?;
    assert_eq!(town.taken(), CONTACTS);
    assert!(town.mails().await?.iter().all(|mail| mail.kind == "digest"));
    Ok(())
}

async fn without_a_window_mail_goes_at_any_hour(town: &Town) -> anyhow::Result<()> {
    let always = town.under(|settings| settings.window = SendWindow::Always);
    town.set("2026-03-08", "03:00")?;
    let plan = town.import().await?;
    assert_eq!(
        issue_plan(&always, plan, CyclesAtIssue::Off).await?.mails,
        9
    );
    run_in(&always, "deliver").await?;
    assert_eq!(town.taken(), CONTACTS);
    Ok(())
}

async fn what_is_past_at_issue_is_listed_and_not_asked(town: &Town) -> anyhow::Result<()> {
    town.set("2026-06-01", "10:00")?;
    let issued = town.issue(CyclesAtIssue::Off).await?;
    assert_eq!(issued.obligations, BTreeMap::from([("acknowledge", 11)]));
    assert_eq!(issued.listed.len(), 2, "{:?}", issued.listed);
    assert!(
        PLAN.contains("5月15日") && issued.listed.iter().any(|told| told.contains("2026-05-15"))
    );
    assert!(issued.listed.iter().any(|told| told.contains("2026-04-30")));
    Ok(())
}

on_both! {
    issuing_asks_every_unit_once_per_occasion,
    held_tasks_are_named_and_issued_once_settled,
    a_later_join_changes_no_frozen_task,
    issued_in_the_evening_is_told_next_morning_in_one_mail,
    issued_on_a_holiday_is_told_on_the_next_workday_in_one_mail,
    issued_in_the_morning_is_told_at_once_and_not_again,
    before_the_digests_are_made_the_digest_tells_it,
    without_a_window_mail_goes_at_any_hour,
    what_is_past_at_issue_is_listed_and_not_asked,
}

//! cycle → round: one per period whoever wakes, late ones bounded, and what a person may do that the schedule may not.

use crate::support::Town;
use crate::support::town::{day, run_in};
use duban::domain::cycle_kind::CycleKind;
use duban::domain::obligation::ObligationKind;
use duban::flow::issue_plan::{CyclesAtIssue, issue_plan};
use duban::flow::manage_cycles::{Switch, switch_cycles};
use duban::flow::open_round_by_hand::open_round_by_hand;
use duban::flow::{Ctx, FlowError};
use duban::storage::{obligations, rounds};

/// Period, opening day and due day of the rounds of a kind.
async fn told(town: &Town, kind: CycleKind) -> anyhow::Result<Vec<String>> {
    let rounds = town.rounds(kind).await?;
    let told = rounds.iter().map(|round| {
        let due = round.due_on.map(|due| due.to_string()).unwrap_or_default();
        format!("{} {} {due}", round.period, round.opened_on)
    });
    Ok(told.collect())
}

async fn by_hand(
    ctx: &Ctx,
    town: &Town,
    reason: Option<&str>,
) -> anyhow::Result<Result<Vec<String>, String>> {
    match open_round_by_hand(ctx, &town.plan().await?, CycleKind::SpotCheck, None, reason).await {
        Ok(opened) => Ok(Ok(opened.round.listed)),
        Err(FlowError::Refused(refusal)) => Ok(Err(refusal.text)),
        Err(other) => Err(other.into()),
    }
}

async fn rounds_open_on_their_days(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    town.live("2026-03-10", "2026-05-31").await?;
    assert_eq!(
        told(town, CycleKind::SpotCheck).await?,
        [
            "2026-04 2026-04-01 2026-04-16",
            "2026-05 2026-05-06 2026-05-19"
        ],
        "not March: its opening lies before the issue"
    );
    assert_eq!(
        told(town, CycleKind::Dispatch).await?,
        ["2026-B2 2026-04-20 2026-04-27"]
    );
    assert_eq!(
        told(town, CycleKind::Bulletin).await?,
        ["2026-Q1 2026-04-01 "]
    );
    assert_eq!(
        told(town, CycleKind::Appraisal).await?,
        Vec::<String>::new()
    );
    let leads =
        obligations::of_round(&town.ctx.db, town.rounds(CycleKind::Dispatch).await?[0].id).await?;
    assert_eq!(leads.len(), 2, "a dispatch asks the lead units only");
    Ok(())
}

async fn two_instances_open_one_round(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    let other = town.another().await?;
    for on in ["2026-04-01", "2026-05-06", "2026-06-01", "2026-07-01"] {
        town.set(on, "00:05")?;
        let (mine, theirs) = tokio::join!(
            run_in(&town.ctx, "spot_check"),
            run_in(&other, "spot_check")
        );
        assert_eq!(mine? + theirs?, 1, "{on}");
    }
    let rounds = town.rounds(CycleKind::SpotCheck).await?;
    assert_eq!(rounds.len(), 4);
    for round in rounds {
        let asked = obligations::of_round(&town.ctx.db, round.id).await?;
        let drawn = rounds::draw(&town.ctx.db, round.id)
            .await?
            .expect("a spot-check has a draw")
            .result
            .picks;
        assert_eq!(
            asked.len(),
            drawn.len(),
            "{}: asked by whoever opened it, and by nobody else",
            round.period
        );
    }
    Ok(())
}

async fn a_missed_opening_is_made_up_for_on_a_workday_and_once(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    town.live("2026-03-10", "2026-03-27").await?;
    // The machine sleeps over two openings and wakes on a Saturday.
    town.live("2026-06-06", "2026-06-07").await?;
    assert_eq!(
        told(town, CycleKind::SpotCheck).await?,
        Vec::<String>::new()
    );
    town.live("2026-06-08", "2026-06-09").await?;
    assert_eq!(
        told(town, CycleKind::SpotCheck).await?,
        ["2026-06 2026-06-08 2026-06-23"],
        "the latest only, its due days whole"
    );
    let late = &town.rounds(CycleKind::SpotCheck).await?[0];
    assert_eq!((late.late, late.planned_on), (true, day("2026-06-01")?));
    assert_eq!(
        told(town, CycleKind::Dispatch).await?,
        ["2026-B2 2026-06-08 2026-06-15"]
    );
    Ok(())
}

async fn a_cycle_that_is_off_opens_nothing_and_makes_up_for_nothing(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::Off).await?;
    town.live("2026-04-01", "2026-04-01").await?;
    town.set("2026-04-02", "10:00")?;
    let plan = town.plan().await?;
    switch_cycles(&town.ctx, &plan, Some(CycleKind::SpotCheck), Switch::On).await?;
    town.live("2026-04-03", "2026-05-06").await?;
    assert_eq!(
        told(town, CycleKind::SpotCheck).await?,
        ["2026-05 2026-05-06 2026-05-19"]
    );
    assert!(
        rounds::all(&town.ctx.db)
            .await?
            .iter()
            .all(|round| round.period.to_string() == "2026-05")
    );
    Ok(())
}

async fn a_person_who_stretches_the_budget_says_why(town: &Town) -> anyhow::Result<()> {
    let strict = town.under(|settings| settings.asks_per_unit_month = 1);
    town.issue(CyclesAtIssue::On).await?;
    let refused = by_hand(&strict, town, None).await?;
    assert!(
        matches!(&refused, Err(text) if text.contains("上限")),
        "{refused:?}"
    );
    let refused = by_hand(&strict, town, Some("  ")).await?;
    assert!(refused.is_err(), "a blank is no reason");
    assert!(
        rounds::all(&town.ctx.db).await?.is_empty(),
        "a refusal leaves nothing"
    );
    let listed = by_hand(&strict, town, Some("专项检查"))
        .await?
        .expect("with a reason it opens");
    assert!(
        listed.iter().any(|told| told.contains("第 2 次")),
        "{listed:?}"
    );
    assert_eq!(
        town.rounds(CycleKind::SpotCheck).await?[0]
            .by_hand
            .as_deref(),
        Some("专项检查")
    );
    let again = by_hand(&strict, town, Some("再来一次")).await?;
    assert!(
        matches!(&again, Err(text) if text.contains("已经开展过")),
        "{again:?}"
    );
    Ok(())
}

async fn within_the_budget_no_reason_is_needed(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    assert_eq!(by_hand(&town.ctx, town, None).await?, Ok(Vec::new()));
    Ok(())
}

async fn a_cron_round_over_budget_is_listed(town: &Town) -> anyhow::Result<()> {
    let strict = town.under(|settings| settings.asks_per_unit_month = 0);
    town.issue(CyclesAtIssue::On).await?;
    town.set("2026-04-01", "00:05")?;
    assert_eq!(run_in(&strict, "spot_check").await?, 1);
    let listed = &town.rounds(CycleKind::SpotCheck).await?[0].listed;
    assert!(
        listed
            .iter()
            .any(|told| told.contains("“青石中学”本月第 1 次被要求填报，超过上限 0 次")),
        "{listed:?}"
    );
    assert_eq!(
        town.asked("S6", ObligationKind::SpotCheck).await?.len(),
        1,
        "it is asked all the same"
    );
    Ok(())
}

async fn nothing_opens_for_a_plan_that_is_not_issued(town: &Town) -> anyhow::Result<()> {
    let plan = town.import().await?;
    assert!(
        matches!(by_hand(&town.ctx, town, Some("试")).await?, Err(text) if text.contains("尚未下发"))
    );
    town.live("2026-04-01", "2026-04-02").await?;
    assert!(rounds::all(&town.ctx.db).await?.is_empty());
    issue_plan(&town.ctx, plan, CyclesAtIssue::On).await?;
    town.live("2026-05-06", "2026-05-06").await?;
    assert_eq!(town.rounds(CycleKind::SpotCheck).await?.len(), 1);
    Ok(())
}

on_both! {
    rounds_open_on_their_days,
    two_instances_open_one_round,
    a_missed_opening_is_made_up_for_on_a_workday_and_once,
    a_cycle_that_is_off_opens_nothing_and_makes_up_for_nothing,
    a_person_who_stretches_the_budget_says_why,
    within_the_budget_no_reason_is_needed,
    a_cron_round_over_budget_is_listed,
    nothing_opens_for_a_plan_that_is_not_issued,
}

//! Schools in vacation: not written to before term, their due days moved; nobody else has vacations.

use crate::support::Town;
use crate::support::town::day;
use duban::domain::obligation::ObligationKind;
use duban::flow::issue_plan::CyclesAtIssue;

/// Primary schools close on 3 July 2026 and open on 1 September, senior ones close a week later.
async fn a_school_in_vacation_is_asked_by_term(town: &Town) -> anyhow::Result<()> {
    town.set("2026-07-06", "07:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    for (unit, due_on) in [
        ("S1", "2026-09-03"),
        ("S5", "2026-09-03"),
        ("S6", "2026-07-09"),
        ("D1", "2026-07-09"),
    ] {
        let ask = town.ask(unit, ObligationKind::Acknowledge).await?;
        assert_eq!(
            (ask.due_on, ask.first_due_on),
            (day(due_on)?, day(due_on)?),
            "{unit}: the third workday of term"
        );
    }
    town.live("2026-07-06", "2026-09-01").await?;
    let first = |address: &'static str| async move {
        let days: Vec<String> = town
            .mails_to(address)
            .await?
            .iter()
            .map(|mail| mail.local_on.to_string())
            .collect();
        anyhow::Ok(days)
    };
    assert_eq!(
        first("s1@town.example.org").await?,
        ["2026-09-01"],
        "nothing before term"
    );
    assert_eq!(
        first("dong@town.example.org").await?[0],
        "2026-07-06",
        "a district has no vacation"
    );
    assert_eq!(
        first("s6@town.example.org").await?,
        ["2026-07-06", "2026-07-07", "2026-07-09", "2026-07-10"],
        "in term it is chased, in vacation no longer"
    );
    Ok(())
}

async fn a_school_in_vacation_is_not_written_to_at_once_either(town: &Town) -> anyhow::Result<()> {
    town.set("2026-07-06", "08:30")?;
    town.run("remind").await?;
    town.set("2026-07-06", "10:00")?;
    town.issue(CyclesAtIssue::Off).await?;
    town.run("deliver").await?;
    assert!(town.mails_to("s1@town.example.org").await?.is_empty());
    assert_eq!(town.mails_to("s6@town.example.org").await?.len(), 1);
    town.live("2026-09-01", "2026-09-01").await?;
    let mails = town.mails_to("s1@town.example.org").await?;
    assert_eq!(
        (mails.len(), mails[0].local_on, mails[0].asks),
        (1, day("2026-09-01")?, 1)
    );
    Ok(())
}

async fn a_round_leaves_schools_in_vacation_out_and_says_so(town: &Town) -> anyhow::Result<()> {
    use duban::domain::cycle_kind::CycleKind;
    town.set("2026-07-06", "07:00")?;
    town.issue(CyclesAtIssue::On).await?;
    town.live("2026-08-03", "2026-08-03").await?;
    let rounds = town.rounds(CycleKind::SpotCheck).await?;
    assert_eq!(
        rounds
            .iter()
            .map(|round| round.period.to_string())
            .collect::<Vec<_>>(),
        ["2026-08"]
    );
    assert!(
        rounds[0]
            .listed
            .iter()
            .any(|told| told.contains("6 所学校因假期")),
        "{:?}",
        rounds[0].listed
    );
    for school in ["S1", "S2", "S3", "S4", "S5", "S6"] {
        assert!(
            town.asked(school, ObligationKind::SpotCheck)
                .await?
                .is_empty(),
            "{school}"
        );
    }
    Ok(())
}

on_both! {
    a_school_in_vacation_is_asked_by_term,
    a_school_in_vacation_is_not_written_to_at_once_either,
    a_round_leaves_schools_in_vacation_out_and_says_so,
}

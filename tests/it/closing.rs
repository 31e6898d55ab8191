//! The end of asking: ten workdays after a round's due day, when the next round opens, by hand, or twenty workdays after
//! the due day outside rounds.

use crate::support::Town;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::flow::close_asks::close_round_by_hand;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::open_round_by_hand::open_round_by_hand;
use duban::storage::obligations;

/// Whether each round of a kind is open, oldest first.
async fn open(town: &Town, kind: CycleKind) -> anyhow::Result<Vec<bool>> {
    Ok(town
        .rounds(kind)
        .await?
        .iter()
        .map(|round| round.open)
        .collect())
}

async fn a_round_closes_ten_workdays_after_its_due_day(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    // Dispatch: due on 27 April; five days of holiday and a working Saturday come after it.
    town.live("2026-04-20", "2026-05-13").await?;
    assert_eq!(open(town, CycleKind::Dispatch).await?, [true]);
    let answered = town.ask("B2", ObligationKind::Dispatch).await?;
    town.answer(answered.id).await?;
    town.dawn("2026-05-14").await?;
    assert_eq!(open(town, CycleKind::Dispatch).await?, [false]);
    assert_eq!(
        town.ask("B2", ObligationKind::Dispatch).await?.state,
        ObligationState::Answered
    );
    let left = town.ask("B3", ObligationKind::Dispatch).await?;
    assert_eq!(left.state, ObligationState::Unanswered);
    let told = town.ledger(left.id).await?.len();
    town.live("2026-05-14", "2026-06-10").await?;
    assert_eq!(
        town.ledger(left.id).await?.len(),
        told,
        "it is not chased any more"
    );
    Ok(())
}

async fn a_round_closes_when_the_next_one_opens(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    town.set("2026-03-30", "10:00")?;
    open_round_by_hand(
        &town.ctx,
        &town.plan().await?,
        CycleKind::SpotCheck,
        None,
        Some("补查"),
    )
    .await?;
    assert_eq!(open(town, CycleKind::SpotCheck).await?, [true]);
    town.dawn("2026-03-31").await?;
    assert_eq!(open(town, CycleKind::SpotCheck).await?, [true]);
    town.dawn("2026-04-01").await?;
    assert_eq!(open(town, CycleKind::SpotCheck).await?, [false, true]);
    let first = &town.rounds(CycleKind::SpotCheck).await?[0];
    let left = obligations::of_round(&town.ctx.db, first.id).await?;
    assert!(
        !left.is_empty()
            && left
                .iter()
                .all(|one| one.state == ObligationState::Unanswered),
        "{left:?}"
    );
    Ok(())
}

async fn a_person_closes_a_round_once_and_its_unsent_mails_with_it(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    town.live("2026-03-10", "2026-03-31").await?;
    town.dawn("2026-04-01").await?;
    town.set("2026-04-01", "08:30")?;
    town.run("remind").await?;
    let ask = town.ask("S6", ObligationKind::SpotCheck).await?;
    let round = town.rounds(CycleKind::SpotCheck).await?[0].id;
    let asked = obligations::of_round(&town.ctx.db, round).await?.len();
    assert_eq!(close_round_by_hand(&town.ctx, round).await?, asked);
    assert!(close_round_by_hand(&town.ctx, round).await.is_err());
    let ledger = town.ledger(ask.id).await?;
    assert_eq!(
        ledger
            .iter()
            .map(|one| one.reason.as_deref())
            .collect::<Vec<_>>(),
        [Some("closed")]
    );
    let mail = town
        .mails_to("s6@town.example.org")
        .await?
        .pop()
        .expect("it had a digest");
    assert_eq!(
        (mail.state.as_str(), mail.reason.as_deref()),
        ("suppressed", Some("closed"))
    );
    Ok(())
}

async fn outside_rounds_asking_ends_twenty_workdays_after_the_due_day(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    // Due on 30 April: the twentieth workday after it is 1 June.
    town.dawn("2026-06-01").await?;
    assert_eq!(
        town.ask("S1", ObligationKind::Complete).await?.state,
        ObligationState::Open
    );
    town.dawn("2026-06-02").await?;
    assert_eq!(
        town.ask("S1", ObligationKind::Complete).await?.state,
        ObligationState::Unanswered
    );
    assert_eq!(
        town.ask("D1", ObligationKind::SendUp).await?.state,
        ObligationState::Open
    );
    Ok(())
}

on_both! {
    a_round_closes_ten_workdays_after_its_due_day,
    a_round_closes_when_the_next_one_opens,
    a_person_closes_a_round_once_and_its_unsent_mails_with_it,
    outside_rounds_asking_ends_twenty_workdays_after_the_due_day,
}

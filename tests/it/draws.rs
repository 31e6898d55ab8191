//! Spot-check draws: the commitment that could be published beforehand is the one drawn by, and whoever changes the
//! record afterwards is found out.

use crate::support::Town;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::draw::commitment;
use duban::domain::ids::RoundId;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::verify_draw::{DrawVerified, verify_draw};
use duban::storage::rounds::{self, StoredDraw};
use entity::round;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

/// Changes the stored draw of a round behind the program's back; what verifying it then says.
async fn tampered(
    town: &Town,
    id: RoundId,
    change: impl FnOnce(&mut StoredDraw),
) -> anyhow::Result<DrawVerified> {
    let db = sea_orm::Database::connect(&town.url).await?;
    let row = round::Entity::find_by_id(id.0)
        .one(&db)
        .await?
        .expect("the round");
    let kept = row.draw.clone();
    let mut draw: StoredDraw = serde_json::from_value(kept.clone().expect("its draw"))?;
    change(&mut draw);
    let mut changed = row.into_active_model();
    changed.draw = Set(Some(serde_json::to_value(&draw)?));
    let row = changed.update(&db).await?;
    let told = verify_draw(&town.ctx, id).await?;
    let mut restored = row.into_active_model();
    restored.draw = Set(kept);
    restored.update(&db).await?;
    Ok(told)
}

async fn the_published_commitment_is_the_one_drawn_by(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    let mut published = town.cycle(CycleKind::SpotCheck).await?.next_commitment;
    for on in ["2026-04-01", "2026-05-06", "2026-06-01"] {
        town.dawn(on).await?;
        let round = town
            .rounds(CycleKind::SpotCheck)
            .await?
            .pop()
            .expect("opened");
        let draw = rounds::draw(&town.ctx.db, round.id).await?.expect("drawn");
        assert_eq!(Some(&draw.commitment), published.as_ref(), "{on}");
        assert_eq!(commitment(&draw.seed), draw.commitment);
        let told = verify_draw(&town.ctx, round.id).await?;
        assert!(told.commitment_holds && told.result_holds, "{told:?}");
        assert_eq!(told.result, draw.result);
        let next = town.cycle(CycleKind::SpotCheck).await?.next_commitment;
        assert!(
            next.is_some() && next != published,
            "the next seed is laid down at once"
        );
        published = next;
    }
    Ok(())
}

async fn who_was_drawn_lately_is_left_out_where_there_is_somebody_else(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    let mut drawn = Vec::new();
    // The three primary schools of the eastern district have one place among them.
    for on in ["2026-04-01", "2026-05-06", "2026-06-01"] {
        town.dawn(on).await?;
        let round = town
            .rounds(CycleKind::SpotCheck)
            .await?
            .pop()
            .expect("opened");
        let draw = rounds::draw(&town.ctx.db, round.id).await?.expect("drawn");
        let picked = draw.result.picks.iter().map(|pick| pick.unit_code.clone());
        drawn.extend(picked.filter(|code| ["S1", "S2", "S3"].contains(&code.as_str())));
    }
    drawn.sort();
    assert_eq!(drawn, ["S1", "S2", "S3"], "each in its turn");
    Ok(())
}

async fn a_changed_record_does_not_verify(town: &Town) -> anyhow::Result<()> {
    town.issue(CyclesAtIssue::On).await?;
    town.dawn("2026-04-01").await?;
    let id = town.rounds(CycleKind::SpotCheck).await?[0].id;
    let spared = tampered(town, id, |draw| {
        draw.result.picks.pop();
    })
    .await?;
    assert!(
        !spared.result_holds && spared.commitment_holds,
        "{spared:?}"
    );
    let hidden = tampered(town, id, |draw| {
        draw.candidates.remove(0);
    })
    .await?;
    assert!(!hidden.result_holds, "{hidden:?}");
    let other_seed = tampered(town, id, |draw| draw.seed = "0".repeat(64)).await?;
    assert!(!other_seed.commitment_holds, "{other_seed:?}");
    let untouched = verify_draw(&town.ctx, id).await?;
    assert!(untouched.commitment_holds && untouched.result_holds);
    Ok(())
}

on_both! {
    the_published_commitment_is_the_one_drawn_by,
    who_was_drawn_lately_is_left_out_where_there_is_somebody_else,
    a_changed_record_does_not_verify,
}

//! A draw replayed: the same seed and candidates must give the same picks and the same inspectors, and the seed the
//! published commitment.

use crate::domain::draw::{Draw, Quota, commitment, draw};
use crate::domain::ids::RoundId;
use crate::domain::inspector_draw::InspectorDraw;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::{inspections, rounds};
use serde::Serialize;

/// What replaying a draw showed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DrawVerified {
    /// Whether the seed is the one that was committed to before the draw.
    pub commitment_holds: bool,
    /// Whether the replay gave the recorded picks, and the recorded inspectors.
    pub result_holds: bool,
    /// The seed.
    pub seed: String,
    /// SHA-256 of the seed, as recorded before the draw.
    pub commitment: String,
    /// How much was drawn.
    pub quota: Quota,
    /// The picks as replayed.
    pub result: Draw,
    /// Who inspects; none for a draw made before inspectors were drawn.
    pub inspectors: Option<InspectorDraw>,
}

/// Replays the draw of a round.
///
/// # Errors
/// [`FlowError::Refused`] where there is no such round, or it has no draw.
pub async fn verify_draw(ctx: &Ctx, id: RoundId) -> Result<DrawVerified, FlowError> {
    let Some(recorded) = rounds::draw(&ctx.db, id).await? else {
        let round = rounds::get(&ctx.db, id).await?.ok_or_else(|| {
            FlowError::refused(RefusalCode::NotFound, format!("没有编号为 {id} 的督办"))
        })?;
        return Err(FlowError::refused(
            RefusalCode::NoDraw,
            format!("{} 的这一次督办没有抽签", round.period.label()),
        ));
    };
    let result = draw(&recorded.seed, recorded.quota, &recorded.candidates);
    let inspectors_hold = match &recorded.inspectors {
        Some(teams) => {
            let drawn = result.picks.iter().map(|pick| pick.unit_code.as_str());
            teams.holds(&recorded.seed, drawn)
        }
        // Older draws have none; a record that has lost them does not hold.
        None => inspections::of_round(&ctx.db, id).await?.is_empty(),
    };
    Ok(DrawVerified {
        commitment_holds: commitment(&recorded.seed) == recorded.commitment,
        result_holds: inspectors_hold && result == recorded.result,
        seed: recorded.seed,
        quota: recorded.quota,
        commitment: recorded.commitment,
        result,
        inspectors: recorded.inspectors,
    })
}

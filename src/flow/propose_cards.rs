//! Quality results → what they propose, for the year that was imported and those after it. What a person has decided stays
//! as it was decided.

use crate::domain::appraisal::WarningState;
use crate::domain::card::{LevelResults, Proposal, proposals};
use crate::domain::ids::{UnitId, WarningId};
use crate::domain::level::Level;
use crate::flow::FlowError;
use crate::storage::quality_results::{self, StoredResult};
use crate::storage::warnings::{self, StoredWarning};
use crate::storage::{WriteTx, new_id};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Proposed {
    /// Proposed anew, or otherwise than before.
    pub proposed: usize,
    /// No longer proposed, before anybody decided.
    pub lapsed: usize,
    /// Decided, and would be proposed otherwise now.
    pub decided_differing: usize,
}

/// Proposes what the results of `year` and of later years come to.
pub(super) async fn propose_cards(
    tx: &WriteTx,
    year: i32,
    now: DateTime<Utc>,
) -> Result<Proposed, FlowError> {
    let results = quality_results::counting(tx).await?;
    let mut wanted = proposals_since(&results, year);
    let mut come = Proposed::default();
    for known in warnings::hold_since(tx, year).await? {
        let key = (known.school_year, known.level, known.unit_id);
        let proposal = wanted.remove(&key);
        let is_same = proposal
            .as_ref()
            .is_some_and(|one| (one.card, &one.years) == (known.card, &known.years));
        match (known.state, proposal) {
            (WarningState::Confirmed | WarningState::Rejected, _) => {
                come.decided_differing += usize::from(!is_same);
            }
            (WarningState::Proposed, Some(_)) if is_same => {}
            (WarningState::Lapsed, None) => {}
            (WarningState::Proposed, None) => {
                come.lapsed += 1;
                let lapsed = StoredWarning {
                    state: WarningState::Lapsed,
                    ..known
                };
                warnings::update(tx, &lapsed).await?;
            }
            (WarningState::Proposed | WarningState::Lapsed, Some(proposal)) => {
                come.proposed += 1;
                let again = StoredWarning {
                    card: proposal.card,
                    years: proposal.years,
                    state: WarningState::Proposed,
                    proposed_at: now,
                    ..known
                };
                warnings::update(tx, &again).await?;
            }
        }
    }
    for ((school_year, level, unit_id), proposal) in wanted {
        let new = StoredWarning {
            id: WarningId(new_id()),
            unit_id,
            level,
            school_year,
            card: proposal.card,
            years: proposal.years,
            state: WarningState::Proposed,
            proposed_at: now,
            decided_by: None,
            decided_at: None,
            reason: None,
        };
        come.proposed += usize::from(warnings::insert(tx, &new).await?);
    }
    Ok(come)
}

/// What the results of `year` and later years propose, by year, level and school.
fn proposals_since(
    results: &[StoredResult],
    year: i32,
) -> BTreeMap<(i32, Level, UnitId), Proposal> {
    let mut levels: BTreeMap<Level, LevelResults> = BTreeMap::new();
    for one in results {
        let years = levels.entry(one.level).or_default();
        let schools = years.entry(one.school_year).or_default();
        schools.insert(one.unit_id, one.quality);
    }
    let mut wanted = BTreeMap::new();
    for (level, results) in &levels {
        let years: BTreeSet<i32> = results.range(year..).map(|(year, _)| *year).collect();
        for year in years {
            for proposal in proposals(results, year) {
                wanted.insert((year, *level, proposal.unit_id), proposal);
            }
        }
    }
    wanted
}

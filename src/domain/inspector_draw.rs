//! The draw of inspectors, from the same committed seed as that of units (双随机: both sides are drawn). Pure: the same
//! seed, pool and units give the same teams on every machine.
//!
//! Nobody inspects their own unit or the one above the inspected: where the pool cannot give enough others, the team is
//! smaller. Units choose in the order of `seed|team|<unit>`; each takes those who have the fewest units so far, among
//! equals in the order of `seed|inspector|<unit>|<address>`.

use crate::domain::draw::rank;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Somebody who may be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectorCandidate {
    /// Normalised address; it tells inspectors apart.
    pub address: String,
    /// Name.
    pub name: String,
    /// Code of the inspector's unit.
    pub unit_code: String,
}

/// A unit to be inspected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectedUnit {
    /// Its code.
    pub unit_code: String,
    /// Code of the unit above it.
    pub parent_code: Option<String>,
}

impl InspectedUnit {
    /// Whether somebody of the unit with this code must not inspect it.
    pub fn recuses(&self, unit_code: &str) -> bool {
        self.unit_code == unit_code || self.parent_code.as_deref() == Some(unit_code)
    }
}

/// Who inspects a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// Code of the unit.
    pub unit_code: String,
    /// Addresses of the inspectors, in the order drawn.
    pub inspectors: Vec<String>,
    /// How many are missing because the pool has nobody else who may.
    pub missing: usize,
}

/// Everything that is needed to draw the teams again, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectorDraw {
    /// Inspectors wanted for each unit.
    pub per_unit: usize,
    /// Who could be drawn.
    pub pool: Vec<InspectorCandidate>,
    /// The units, with the units above them at that time.
    pub units: Vec<InspectedUnit>,
    /// One team a unit, in the order of `units`.
    pub teams: Vec<Team>,
}

impl InspectorDraw {
    /// Draws the teams. The order of `pool` does not matter, and who stands in it twice counts once.
    pub fn of(
        seed: &str,
        per_unit: usize,
        pool: Vec<InspectorCandidate>,
        units: Vec<InspectedUnit>,
    ) -> Self {
        let teams = draw_teams(seed, per_unit, &pool, &units);
        Self {
            per_unit,
            pool,
            units,
            teams,
        }
    }

    /// Whether drawing again gives the same teams, for exactly the units that were drawn.
    pub fn holds<'a>(&self, seed: &str, drawn: impl Iterator<Item = &'a str>) -> bool {
        let units = self.units.iter().map(|unit| unit.unit_code.as_str());
        units.eq(drawn) && draw_teams(seed, self.per_unit, &self.pool, &self.units) == self.teams
    }

    /// The team of the unit with this code.
    pub fn team(&self, unit_code: &str) -> Option<&Team> {
        self.teams.iter().find(|team| team.unit_code == unit_code)
    }
}

fn draw_teams(
    seed: &str,
    per_unit: usize,
    pool: &[InspectorCandidate],
    units: &[InspectedUnit],
) -> Vec<Team> {
    let mut order: Vec<&InspectedUnit> = units.iter().collect();
    order.sort_by_key(|unit| rank(&[seed, "team", &unit.unit_code]));
    let mut load: BTreeMap<&str, usize> = BTreeMap::new();
    let mut teams: BTreeMap<&str, Team> = BTreeMap::new();
    for unit in order {
        let eligible: BTreeSet<&str> = pool
            .iter()
            .filter(|one| !is_recused(unit, &one.address, pool))
            .map(|one| one.address.as_str())
            .collect();
        let mut ordered: Vec<(usize, [u8; 32], &str)> = eligible
            .into_iter()
            .map(|address| {
                let busy = load.get(address).copied().unwrap_or(0);
                let place = rank(&[seed, "inspector", &unit.unit_code, address]);
                (busy, place, address)
            })
            .collect();
        ordered.sort_unstable();
        ordered.truncate(per_unit);
        for (_, _, address) in &ordered {
            *load.entry(address).or_default() += 1;
        }
        let team = Team {
            unit_code: unit.unit_code.clone(),
            missing: per_unit - ordered.len(),
            inspectors: ordered
                .into_iter()
                .map(|(_, _, address)| address.to_owned())
                .collect(),
        };
        teams.insert(&unit.unit_code, team);
    }
    units
        .iter()
        .filter_map(|unit| teams.get(unit.unit_code.as_str()).cloned())
        .collect()
}

/// Whether the person behind an address belongs to a unit that must not inspect this one, under any of their entries.
fn is_recused(unit: &InspectedUnit, address: &str, pool: &[InspectorCandidate]) -> bool {
    let mut entries = pool.iter().filter(|one| one.address == address);
    entries.any(|one| unit.recuses(&one.unit_code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn inspector(index: usize, unit: usize) -> InspectorCandidate {
        InspectorCandidate {
            address: format!("i{index}@example.org"),
            name: format!("检查员{index}"),
            unit_code: format!("U{unit}"),
        }
    }

    fn unit(index: usize, parent: Option<usize>) -> InspectedUnit {
        InspectedUnit {
            unit_code: format!("U{index}"),
            parent_code: parent.map(|parent| format!("U{parent}")),
        }
    }

    #[test]
    fn two_each_spread_evenly() {
        let pool = (0..6).map(|index| inspector(index, 100 + index)).collect();
        let units = (0..9).map(|index| unit(index, None)).collect();
        let draw = InspectorDraw::of("s", 2, pool, units);
        let mut load: BTreeMap<&str, usize> = BTreeMap::new();
        for team in &draw.teams {
            assert_eq!((team.inspectors.len(), team.missing), (2, 0));
            for address in &team.inspectors {
                *load.entry(address).or_default() += 1;
            }
        }
        assert!(load.values().all(|count| *count == 3), "{load:?}");
    }

    #[test]
    fn a_pool_that_cannot_satisfy_gives_fewer_and_says_so() {
        let pool = vec![inspector(0, 1), inspector(1, 2), inspector(2, 3)];
        let draw = InspectorDraw::of("s", 2, pool, vec![unit(1, Some(2)), unit(9, None)]);
        assert_eq!(draw.teams[0].inspectors, ["i2@example.org"]);
        assert_eq!(draw.teams[0].missing, 1);
        assert_eq!(draw.teams[1].missing, 0);
        let nobody = InspectorDraw::of("s", 2, Vec::new(), vec![unit(1, None)]);
        assert_eq!(nobody.teams[0].missing, 2);
    }

    #[test]
    fn everybody_is_drawn_about_equally_often() {
        let pool: Vec<_> = (0..10).map(|index| inspector(index, 100 + index)).collect();
        let units: Vec<_> = (0..2).map(|index| unit(index, None)).collect();
        let mut counts: BTreeMap<String, f64> = BTreeMap::new();
        let draws = 5_000;
        for n in 0..draws {
            let draw = InspectorDraw::of(&format!("seed {n}"), 2, pool.clone(), units.clone());
            for address in draw.teams.into_iter().flat_map(|team| team.inspectors) {
                *counts.entry(address).or_default() += 1.0;
            }
        }
        let expected = f64::from(draws) * 4.0 / 10.0;
        let chi_square: f64 = counts
            .values()
            .map(|count| (count - expected).powi(2) / expected)
            .sum();
        assert_eq!(counts.len(), 10);
        // p < 0.001 with 9 degrees of freedom; drawing without replacement only narrows the spread.
        assert!(chi_square < 27.9, "{chi_square}");
    }

    proptest! {
        #[test]
        fn nobody_inspects_their_own_unit_or_the_one_above(
            seed in "[a-z]{1,8}",
            of_units in proptest::collection::vec(0usize..12, 0..20),
            parents in proptest::collection::vec(proptest::option::of(0usize..12), 1..12),
            per_unit in 0usize..6,
            by in 0usize..20,
        ) {
            let pool: Vec<_> = of_units.iter().enumerate().map(|(index, of)| inspector(index, *of)).collect();
            let units: Vec<_> = parents.iter().enumerate().map(|(index, parent)| unit(index, *parent)).collect();
            let draw = InspectorDraw::of(&seed, per_unit, pool.clone(), units.clone());
            for (unit, team) in units.iter().zip(&draw.teams) {
                prop_assert_eq!(&unit.unit_code, &team.unit_code);
                prop_assert_eq!(team.inspectors.len() + team.missing, per_unit);
                let free = pool.iter().filter(|one| !unit.recuses(&one.unit_code)).count();
                prop_assert_eq!(team.inspectors.len(), free.min(per_unit));
                let mut once = team.inspectors.clone();
                once.sort();
                once.dedup();
                prop_assert_eq!(once.len(), team.inspectors.len());
                for address in &team.inspectors {
                    let who = pool.iter().find(|one| &one.address == address).unwrap();
                    prop_assert!(!unit.recuses(&who.unit_code));
                }
            }
            let codes: Vec<&str> = units.iter().map(|unit| unit.unit_code.as_str()).collect();
            prop_assert!(draw.holds(&seed, codes.iter().copied()));
            let mut turned = pool;
            if !turned.is_empty() {
                let by = by % turned.len();
                turned.rotate_left(by);
            }
            let again = InspectorDraw::of(&seed, per_unit, turned, units);
            prop_assert_eq!(again.teams, draw.teams);
        }
    }
}

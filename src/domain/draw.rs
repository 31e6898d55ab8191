//! The seeded, stratified draw of a spot-check (双随机抽查). Pure: the same seed, units and history give the same
//! result on every machine, so anybody can replay it (design §6, spot-check).
//!
//! Within a stratum the units are ordered by SHA-256 of `seed|unit|<code>`, and the first ⌈5 %⌉ (at least one) are
//! drawn; a unit's tasks are ordered by `seed|task|<code>|<number>`, and the first three are looked at.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How many rounds back a drawn unit is left out.
pub const ROUNDS_LEFT_OUT: u32 = 3;

/// How much is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quota {
    /// Share of each stratum, in percent, rounded up; at least one unit.
    pub percent: u32,
    /// Tasks looked at in each drawn unit, at the most.
    pub tasks_per_unit: usize,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            percent: 5,
            tasks_per_unit: 3,
        }
    }
}

/// A unit that may be drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Code of the unit.
    pub unit_code: String,
    /// Name of its stratum: the kind; for schools also district and level.
    pub stratum: String,
    /// How many rounds ago it was last drawn (1 = the round before this one); `None` if not within living memory.
    pub drawn_rounds_ago: Option<u32>,
    /// Numbers of the tasks it holds.
    pub task_numbers: Vec<String>,
}

/// What became of one stratum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StratumResult {
    /// Name of the stratum.
    pub name: String,
    /// Units in it.
    pub population: usize,
    /// Units to draw.
    pub quota: usize,
    /// Units left out because they were drawn in the last three rounds.
    pub left_out: usize,
    /// Units readmitted because the stratum would have run out; 0 where the rule held.
    pub relaxed: usize,
}

/// A drawn unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// Code of the unit.
    pub unit_code: String,
    /// Its stratum.
    pub stratum: String,
    /// Numbers of the tasks to look at.
    pub task_numbers: Vec<String>,
}

/// A whole draw: strata in the order of their names, picks in the order drawn within each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draw {
    /// What became of each stratum.
    pub strata: Vec<StratumResult>,
    /// The drawn units.
    pub picks: Vec<Pick>,
}

/// What is published before the draw: SHA-256 (hex) of the seed's text.
pub fn commitment(seed: &str) -> String {
    hex(&Sha256::digest(seed.as_bytes()))
}

/// Draws from `candidates`; an empty list gives an empty draw. The order of `candidates` does not matter.
pub fn draw(seed: &str, quota: Quota, candidates: &[Candidate]) -> Draw {
    let mut strata: BTreeMap<&str, Vec<&Candidate>> = BTreeMap::new();
    for candidate in candidates {
        strata
            .entry(&candidate.stratum)
            .or_default()
            .push(candidate);
    }
    let mut result = Draw {
        strata: Vec::new(),
        picks: Vec::new(),
    };
    for (name, members) in strata {
        let (stratum, picks) = draw_stratum(seed, quota, name, members);
        result.strata.push(stratum);
        result.picks.extend(picks);
    }
    result
}

fn draw_stratum(
    seed: &str,
    quota: Quota,
    name: &str,
    members: Vec<&Candidate>,
) -> (StratumResult, Vec<Pick>) {
    let population = members.len();
    let percent = usize::try_from(quota.percent).unwrap_or(usize::MAX);
    let wanted = population
        .saturating_mul(percent)
        .div_ceil(100)
        .clamp(1, population.max(1));
    // The freshest units first, each group in the seed's order: taking from the front leaves out those drawn lately,
    // and, where the stratum runs out, readmits the longest rested first.
    let mut ordered: Vec<(u32, [u8; 32], &Candidate)> = members
        .into_iter()
        .map(|c| (recency(c), rank(&[seed, "unit", &c.unit_code]), c))
        .collect();
    ordered.sort_by_key(|(recency, rank, _)| (*recency, *rank));
    let left_out = ordered.iter().filter(|(recency, ..)| *recency > 0).count();
    let relaxed = wanted.saturating_sub(population - left_out);
    let picks = ordered
        .into_iter()
        .take(wanted)
        .map(|(_, _, candidate)| pick(seed, quota, candidate))
        .collect();
    let stratum = StratumResult {
        name: name.to_owned(),
        population,
        quota: wanted,
        left_out,
        relaxed,
    };
    (stratum, picks)
}

/// 0 for a unit that may be drawn, else the higher the more recently it was drawn.
fn recency(candidate: &Candidate) -> u32 {
    match candidate.drawn_rounds_ago {
        Some(ago) if ago <= ROUNDS_LEFT_OUT => ROUNDS_LEFT_OUT + 1 - ago.max(1),
        Some(_) | None => 0,
    }
}

fn pick(seed: &str, quota: Quota, candidate: &Candidate) -> Pick {
    let mut tasks: Vec<([u8; 32], &String)> = candidate
        .task_numbers
        .iter()
        .map(|number| (rank(&[seed, "task", &candidate.unit_code, number]), number))
        .collect();
    tasks.sort();
    Pick {
        unit_code: candidate.unit_code.clone(),
        stratum: candidate.stratum.clone(),
        task_numbers: tasks
            .into_iter()
            .take(quota.tasks_per_unit)
            .map(|(_, number)| number.clone())
            .collect(),
    }
}

/// Where something stands in the order of a seed.
pub(super) fn rank(parts: &[&str]) -> [u8; 32] {
    Sha256::digest(parts.join("|").as_bytes()).into()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn school(index: usize, ago: Option<u32>) -> Candidate {
        Candidate {
            unit_code: format!("S{index:03}"),
            stratum: "小学".to_owned(),
            drawn_rounds_ago: ago,
            task_numbers: (1..=5).map(|n| format!("四(一){n}")).collect(),
        }
    }

    #[test]
    fn five_percent_rounded_up_and_at_least_one() {
        for (population, wanted) in [(1, 1), (8, 1), (20, 1), (21, 2), (22, 2), (50, 3), (100, 5)] {
            let all: Vec<_> = (0..population).map(|i| school(i, None)).collect();
            assert_eq!(draw("s", Quota::default(), &all).picks.len(), wanted);
        }
    }

    #[test]
    fn units_of_the_last_three_rounds_are_left_out_until_the_stratum_runs_out() {
        let all = [
            school(0, Some(1)),
            school(1, Some(3)),
            school(2, Some(2)),
            school(3, None),
        ];
        let quota = Quota {
            percent: 50,
            tasks_per_unit: 3,
        };
        let result = draw("s", quota, &all);
        let drawn: Vec<_> = result.picks.iter().map(|p| p.unit_code.as_str()).collect();
        assert_eq!(
            drawn,
            ["S003", "S001"],
            "the longest rested is readmitted first"
        );
        assert_eq!(
            (result.strata[0].left_out, result.strata[0].relaxed),
            (3, 1)
        );
        let fresh = [school(0, Some(4)), school(1, Some(3))];
        assert_eq!(
            draw("s", Quota::default(), &fresh).picks[0].unit_code,
            "S000"
        );
    }

    #[test]
    fn every_unit_is_drawn_about_equally_often() {
        let all: Vec<_> = (0..20).map(|i| school(i, None)).collect();
        let mut counts: BTreeMap<String, f64> = BTreeMap::new();
        let draws = 10_000;
        for n in 0..draws {
            for pick in draw(&format!("seed {n}"), Quota::default(), &all).picks {
                *counts.entry(pick.unit_code).or_default() += 1.0;
            }
        }
        let expected = f64::from(draws) / 20.0;
        let chi_square: f64 = counts
            .values()
            .map(|c| (c - expected).powi(2) / expected)
            .sum();
        assert_eq!(counts.len(), 20);
        assert!(
            chi_square < 43.8,
            "p < 0.001 with 19 degrees of freedom: {chi_square}"
        );
    }

    proptest! {
        #[test]
        fn the_order_of_candidates_does_not_matter(seed in "[a-z]{1,8}", n in 1usize..60, by in 0usize..60) {
            let all: Vec<_> = (0..n).map(|i| school(i, None)).collect();
            let mut turned = all.clone();
            turned.rotate_left(by % n);
            prop_assert_eq!(draw(&seed, Quota::default(), &all), draw(&seed, Quota::default(), &turned));
        }
    }
}

//! Places among schools of one level, where an appraisal ranks. Schools of several levels, and all other units, have none.

use crate::domain::decimal::Decimal;
use crate::domain::ids::UnitId;
use crate::domain::level::Level;
use crate::domain::score::places;
use crate::domain::unit::UnitDirectory;
use crate::domain::unit_kind::UnitKind;
use std::collections::{BTreeMap, HashMap};

/// A place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ranked {
    /// The level.
    pub level: Level,
    /// The place, from 1; alike scores share one.
    pub place: usize,
    /// Schools of that level with a score.
    pub among: usize,
}

/// The places of schools by their totals.
pub fn rank(
    totals: &HashMap<UnitId, Decimal>,
    directory: &UnitDirectory,
) -> HashMap<UnitId, Ranked> {
    let mut levels: BTreeMap<Level, Vec<(UnitId, Decimal)>> = BTreeMap::new();
    for unit in directory.units() {
        let (UnitKind::School, [level]) = (unit.kind, unit.levels.as_slice()) else {
            continue;
        };
        if let Some(total) = totals.get(&unit.id) {
            levels.entry(*level).or_default().push((unit.id, *total));
        }
    }
    let mut ranked = HashMap::new();
    for (level, schools) in levels {
        let totals: Vec<Decimal> = schools.iter().map(|(_, total)| *total).collect();
        for ((unit, _), place) in schools.iter().zip(places(&totals)) {
            let among = schools.len();
            ranked.insert(
                *unit,
                Ranked {
                    level,
                    place,
                    among,
                },
            );
        }
    }
    ranked
}

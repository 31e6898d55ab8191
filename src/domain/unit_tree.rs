//! Who stands above whom: units form trees by `parent`, never a circle.

use crate::domain::ids::UnitId;
use std::collections::{HashMap, HashSet};

/// A circle among the given parents (unit → the unit above it), as the units in it from one to the one that leads back to
/// it; `None` where there is none. Of several circles it is the one with the smallest id in it.
pub fn circle(parents: &HashMap<UnitId, UnitId>) -> Option<Vec<UnitId>> {
    let mut starts: Vec<UnitId> = parents.keys().copied().collect();
    starts.sort_unstable();
    let mut cleared: HashSet<UnitId> = HashSet::new();
    for start in starts {
        let mut path: Vec<UnitId> = Vec::new();
        let mut on_path: HashSet<UnitId> = HashSet::new();
        let mut at = Some(start);
        while let Some(unit) = at.filter(|unit| !cleared.contains(unit)) {
            if !on_path.insert(unit) {
                let from = path.iter().position(|one| *one == unit).unwrap_or(0);
                return Some(path.split_off(from));
            }
            path.push(unit);
            at = parents.get(&unit).copied();
        }
        cleared.extend(path);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn tree(pairs: &[(u128, u128)]) -> HashMap<UnitId, UnitId> {
        pairs
            .iter()
            .map(|(unit, above)| (id(*unit), id(*above)))
            .collect()
    }

    fn id(number: u128) -> UnitId {
        UnitId(Uuid::from_u128(number))
    }

    #[test]
    fn trees_have_no_circle_and_circles_are_named() {
        assert_eq!(circle(&tree(&[])), None);
        assert_eq!(circle(&tree(&[(2, 1), (3, 1), (4, 3)])), None);
        assert_eq!(circle(&tree(&[(1, 1)])), Some(vec![id(1)]));
        assert_eq!(
            circle(&tree(&[(1, 2), (2, 3), (3, 2), (9, 1)])),
            Some(vec![id(2), id(3)]),
            "the way into a circle is no part of it"
        );
    }

    proptest! {
        #[test]
        fn a_circle_is_found_exactly_where_walking_up_never_ends(pairs in prop::collection::vec((0_u128..12, 0_u128..12), 0..12)) {
            let parents = tree(&pairs);
            let ends = |start: &UnitId| {
                std::iter::successors(Some(*start), |unit| parents.get(unit).copied())
                    .take(20)
                    .count() < 20
            };
            prop_assert_eq!(circle(&parents).is_none(), parents.keys().all(ends));
        }
    }
}

//! How the assignments of a plan stand, by district at a glance: 已签收, 已报, 退回, 逾期.

use crate::domain::assignment_life::AssignmentState;
use crate::domain::ids::UnitId;
use crate::domain::unit::UnitDirectory;
use crate::domain::unit_kind::UnitKind;
use std::collections::BTreeMap;

/// Numbers of assignments. One may be in several of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StateCounts {
    /// All.
    pub total: u32,
    /// 已签收: acknowledged or further on.
    pub acknowledged: u32,
    /// 已报: reported as done, or further on.
    pub reported: u32,
    /// 退回: sent back and not reported anew.
    pub returned: u32,
    /// 已复核: found good by the lead unit, or further on.
    pub accepted: u32,
    /// 已销号.
    pub closed: u32,
    /// Paused or withdrawn.
    pub resting: u32,
    /// 逾期: past the due day, and neither reported as done nor ended.
    pub overdue: u32,
}

/// Assignments of one unit that stand alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alike {
    /// The unit.
    pub unit_id: UnitId,
    /// Where they stand.
    pub state: AssignmentState,
    /// How many.
    pub number: u32,
    /// How many of these are past their due day.
    pub past_due: u32,
}

/// Who is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RollUpGroup {
    /// A district with everything below it.
    District(UnitId),
    /// Units that belong to no district, by kind.
    Others(UnitKind),
}

impl StateCounts {
    fn add(&mut self, alike: &Alike) {
        use AssignmentState::{
            Accepted, Acknowledged, Closed, Forwarded, Issued, Paused, Reported, Returned,
            UnderWay, Withdrawn,
        };
        let number = alike.number;
        self.total += number;
        let has_reported = matches!(alike.state, Reported | Forwarded | Accepted | Closed);
        let rests = matches!(alike.state, Paused | Withdrawn);
        match alike.state {
            Issued => {}
            Acknowledged | UnderWay | Reported | Forwarded | Returned | Accepted | Closed => {
                self.acknowledged += number;
            }
            Paused | Withdrawn => self.resting += number,
        }
        if has_reported {
            self.reported += number;
        }
        if alike.state == Returned {
            self.returned += number;
        }
        if matches!(alike.state, Accepted | Closed) {
            self.accepted += number;
        }
        if alike.state == Closed {
            self.closed += number;
        }
        if !has_reported && !rests {
            self.overdue += alike.past_due;
        }
    }
}

/// Counts assignments by district, and those of no district by kind of unit; with the sum of all. A unit that is not in
/// the directory is in the sum alone.
pub fn roll_up(
    alike: &[Alike],
    directory: &UnitDirectory,
) -> (StateCounts, BTreeMap<RollUpGroup, StateCounts>) {
    let mut total = StateCounts::default();
    let mut groups: BTreeMap<RollUpGroup, StateCounts> = BTreeMap::new();
    for one in alike {
        total.add(one);
        let Some(unit) = directory.get(one.unit_id) else {
            continue;
        };
        let group = match directory.district_of(one.unit_id) {
            Some(district) => RollUpGroup::District(district.id),
            None => RollUpGroup::Others(unit.kind),
        };
        groups.entry(group).or_default().add(one);
    }
    (total, groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::unit::Unit;
    use uuid::Uuid;

    fn unit(number: u128, kind: UnitKind, parent: Option<u128>) -> Unit {
        Unit {
            id: UnitId(Uuid::from_u128(number)),
            code: number.to_string(),
            name: format!("单位{number}"),
            kind,
            parent_id: parent.map(|parent| UnitId(Uuid::from_u128(parent))),
            aliases: Vec::new(),
            levels: Vec::new(),
            groups: Vec::new(),
            liaison: None,
        }
    }

    fn alike(unit: u128, state: AssignmentState, past_due: u32, number: u32) -> Alike {
        Alike {
            unit_id: UnitId(Uuid::from_u128(unit)),
            state,
            number,
            past_due,
        }
    }

    #[test]
    fn every_assignment_is_counted_in_its_district_and_in_the_sum() {
        let directory = UnitDirectory::new(vec![
            unit(1, UnitKind::District, None),
            unit(2, UnitKind::School, Some(1)),
            unit(3, UnitKind::School, None),
        ]);
        let rows = [
            alike(1, AssignmentState::Accepted, 2, 2),
            alike(2, AssignmentState::Returned, 3, 3),
            alike(2, AssignmentState::Issued, 4, 5),
            alike(2, AssignmentState::Paused, 1, 1),
            alike(3, AssignmentState::Closed, 0, 7),
            alike(9, AssignmentState::UnderWay, 1, 1),
        ];
        let (total, groups) = roll_up(&rows, &directory);
        let district = groups[&RollUpGroup::District(UnitId(Uuid::from_u128(1)))];
        let expected = StateCounts {
            total: 11,
            acknowledged: 5,
            reported: 2,
            returned: 3,
            accepted: 2,
            closed: 0,
            resting: 1,
            overdue: 7,
        };
        assert_eq!(district, expected);
        assert_eq!(groups[&RollUpGroup::Others(UnitKind::School)].closed, 7);
        assert_eq!((total.total, total.overdue), (19, 8));
    }
}

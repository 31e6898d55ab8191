//! Amendments: what is done to tasks after they were issued, and to plans; each is kept with what was before, and why.

use crate::domain::coded::coded;
use crate::domain::fan_out::{Party, Share};
use crate::domain::ids::UnitId;
use crate::domain::role::Role;
use std::collections::HashMap;

coded! {
    /// What was done.
    AmendmentKind "amendment kind" {
        /// The task's words, day or units are others now.
        Amend "amend" "调整",
        /// Its words, day or units were settled before it was issued.
        Settle "settle" "下发前修改",
        /// The task goes on as several.
        Split "split" "分解",
        /// The task is one of several that another goes on as.
        Part "part" "由分解形成",
        /// Nothing is asked about it until it is resumed.
        Pause "pause" "暂停",
        /// Asking goes on.
        Resume "resume" "恢复",
        /// Nothing is asked about it any more.
        Withdraw "withdraw" "撤销",
        /// It is closed as a whole.
        Close "close" "整体销号",
        /// The lead unit's report that it is done is sent back.
        GiveBack "give_back" "退回整体完成报告",
        /// It is open again, since a part of it is.
        Reopen "reopen" "重新办理",
        /// The amended plan has it for the first time.
        Add "add" "方案修订新增",
        /// The amended plan has it no more.
        Remove "remove" "方案修订删除",
        /// The plan as a whole was amended.
        Revise "revise" "方案修订",
    }
}

/// What becomes of a unit's part in a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// It has a part from now on.
    Joins {
        /// The unit.
        unit_id: UnitId,
        /// Its part.
        role: Role,
    },
    /// It has no part any more.
    Leaves {
        /// The unit.
        unit_id: UnitId,
    },
    /// It has another part.
    Changes {
        /// The unit.
        unit_id: UnitId,
        /// Its part from now on.
        role: Role,
    },
}

/// What becomes of units where the parties of a task are amended: only units that an added or removed name stands for are
/// looked at. Who is in a group was fixed when the task was issued, and a group that is not named anew stays as it was.
///
/// `touched` are the units behind the names that were added or removed, `now` the shares by the new parties, `has` the
/// present part of each unit that has one.
pub fn shifts(
    touched: impl IntoIterator<Item = UnitId>,
    now: &[Share],
    has: &HashMap<UnitId, Role>,
) -> Vec<Shift> {
    let wanted: HashMap<UnitId, Role> = now.iter().map(|one| (one.unit_id, one.role)).collect();
    let mut seen = std::collections::HashSet::new();
    let mut shifts = Vec::new();
    for unit_id in touched {
        if !seen.insert(unit_id) {
            continue;
        }
        match (has.get(&unit_id), wanted.get(&unit_id)) {
            (None, Some(role)) => shifts.push(Shift::Joins {
                unit_id,
                role: *role,
            }),
            (Some(_), None) => shifts.push(Shift::Leaves { unit_id }),
            (Some(before), Some(role)) if before != role => shifts.push(Shift::Changes {
                unit_id,
                role: *role,
            }),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    shifts
}

/// The parties that `after` has and `before` has not, and the other way round.
pub fn differing<'a>(before: &'a [Party], after: &'a [Party]) -> (Vec<&'a Party>, Vec<&'a Party>) {
    let added = after.iter().filter(|one| !before.contains(one)).collect();
    let removed = before.iter().filter(|one| !after.contains(one)).collect();
    (added, removed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn unit(n: u128) -> UnitId {
        UnitId(Uuid::from_u128(n))
    }

    fn share(n: u128, role: Role) -> Share {
        Share {
            unit_id: unit(n),
            role,
            position: 0,
        }
    }

    #[test]
    fn only_units_behind_changed_names_move() {
        let has = HashMap::from([
            (unit(1), Role::Lead),
            (unit(2), Role::Responsible),
            (unit(3), Role::Cooperating),
        ]);
        // 4 belongs to a group that stayed as it was named, and has come since: it stays outside.
        let now = [
            share(1, Role::Lead),
            share(3, Role::Responsible),
            share(4, Role::Responsible),
            share(5, Role::Responsible),
        ];
        let touched = [unit(2), unit(3), unit(5), unit(5), unit(6), unit(1)];
        assert_eq!(
            shifts(touched, &now, &has),
            [
                Shift::Leaves { unit_id: unit(2) },
                Shift::Changes {
                    unit_id: unit(3),
                    role: Role::Responsible
                },
                Shift::Joins {
                    unit_id: unit(5),
                    role: Role::Responsible
                },
            ]
        );
    }

    #[test]
    fn names_are_compared_with_their_roles() {
        let party = |role, name: &str| Party {
            role,
            name: name.to_owned(),
        };
        let before = [party(Role::Lead, "甲科"), party(Role::Responsible, "乙科")];
        let after = [party(Role::Lead, "甲科"), party(Role::Cooperating, "乙科")];
        let (added, removed) = differing(&before, &after);
        assert_eq!(added, [&after[1]]);
        assert_eq!(removed, [&before[1]]);
    }

    #[test]
    fn every_kind_has_its_code() {
        for kind in AmendmentKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
            assert!(!kind.label().is_empty());
        }
    }
}

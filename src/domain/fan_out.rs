//! Fan-out: the parties of a task, as written, become one assignment per unit (design §5.6). Pure; whoever calls freezes
//! the result by storing it.

use crate::domain::ids::UnitId;
use crate::domain::role::Role;
use crate::domain::unit::{UnitDirectory, Unmatched};
use std::collections::HashMap;

/// A party of a task as the plan names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its part.
    pub role: Role,
    /// Its name as written; may be a group word.
    pub name: String,
}

/// One unit's part in a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The unit.
    pub unit_id: UnitId,
    /// Its part.
    pub role: Role,
    /// Order among the units of that role; the lead at 0 is the first-named.
    pub position: usize,
}

/// Why a task cannot be issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// It names no lead unit.
    NoLead,
    /// These names stand for nobody or for several units.
    Unmatched(Vec<(String, Unmatched)>),
}

/// One share per unit, leads first, in the order written.
///
/// A unit named twice has the stronger role (it is asked once). The lead must be named; a responsible or cooperating
/// group nobody belongs to is no obstacle, since nobody is lost by it.
///
/// # Errors
/// [`Held`] names everything that stands in the way.
pub fn fan_out(parties: &[Party], directory: &UnitDirectory) -> Result<Vec<Share>, Held> {
    let mut shares: Vec<Share> = Vec::new();
    let mut seen: HashMap<UnitId, Role> = HashMap::new();
    let mut unmatched = Vec::new();
    for role in Role::ALL {
        let mut position = 0;
        for party in parties.iter().filter(|party| party.role == role) {
            match directory.resolve(&party.name) {
                Ok(units) => {
                    for unit in units {
                        if seen.contains_key(&unit.id) {
                            continue;
                        }
                        seen.insert(unit.id, role);
                        shares.push(Share {
                            unit_id: unit.id,
                            role,
                            position,
                        });
                        position += 1;
                    }
                }
                Err(Unmatched::EmptyGroup) if role != Role::Lead => {}
                Err(why) => unmatched.push((party.name.clone(), why)),
            }
        }
    }
    if !unmatched.is_empty() {
        return Err(Held::Unmatched(unmatched));
    }
    if !shares.iter().any(|share| share.role == Role::Lead) {
        return Err(Held::NoLead);
    }
    Ok(shares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::unit::Unit;
    use crate::domain::unit_kind::UnitKind;
    use uuid::Uuid;

    fn directory() -> UnitDirectory {
        let unit = |n: u128, name: &str, kind| Unit {
            id: UnitId(Uuid::from_u128(n)),
            code: format!("U{n}"),
            name: name.to_owned(),
            kind,
            parent_id: None,
            aliases: vec![],
            levels: vec![],
            groups: vec![],
            liaison: None,
        };
        UnitDirectory::new(vec![
            unit(1, "甲科", UnitKind::Section),
            unit(2, "乙科", UnitKind::Section),
            unit(3, "东区教育局", UnitKind::District),
            unit(4, "一中", UnitKind::School),
        ])
    }

    fn party(role: Role, name: &str) -> Party {
        Party {
            role,
            name: name.to_owned(),
        }
    }

    #[test]
    fn a_unit_named_twice_is_asked_once_in_its_stronger_role() {
        let parties = [
            party(Role::Responsible, "乙科"),
            party(Role::Responsible, "甲科"),
            party(Role::Responsible, "各地各校"),
            party(Role::Lead, "甲科"),
        ];
        let shares = fan_out(&parties, &directory()).unwrap();
        let told: Vec<_> = shares
            .iter()
            .map(|s| (s.unit_id.0.as_u128(), s.role, s.position))
            .collect();
        assert_eq!(
            told,
            [
                (1, Role::Lead, 0),
                (2, Role::Responsible, 0),
                (3, Role::Responsible, 1),
                (4, Role::Responsible, 2),
            ]
        );
    }

    #[test]
    fn a_task_without_lead_or_with_unknown_names_is_held() {
        let directory = directory();
        assert_eq!(
            fan_out(&[party(Role::Responsible, "甲科")], &directory),
            Err(Held::NoLead)
        );
        let parties = [party(Role::Lead, "甲科"), party(Role::Responsible, "丙科")];
        let held = Held::Unmatched(vec![("丙科".to_owned(), Unmatched::Unknown)]);
        assert_eq!(fan_out(&parties, &directory), Err(held));
    }

    #[test]
    fn an_empty_responsible_group_holds_nothing_back() {
        let parties = [
            party(Role::Lead, "甲科"),
            party(Role::Responsible, "各高中"),
        ];
        assert_eq!(fan_out(&parties, &directory()).map(|s| s.len()), Ok(1));
    }
}

//! The groups of units that a bureau can name: 各地, 各校, 各地各校, the schools of each level, and the groups of its units file.
//! What a word means is in `unit_group`; who belongs to it is told by `unit`.

use crate::domain::level::Level;
use crate::domain::unit::{Unit, UnitDirectory, normal_name};
use crate::domain::unit_group::UnitGroup;
use serde::Serialize;
use std::collections::BTreeSet;

/// A group with those who belong to it today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedGroup<'a> {
    /// Its name, as it may stand in a plan.
    pub name: String,
    /// Where it comes from.
    pub origin: GroupOrigin,
    /// Its members, in the order of the units file; may be empty.
    pub members: Vec<&'a Unit>,
}

/// Where a group comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupOrigin {
    /// It is a word of the language, such as 各校.
    Word,
    /// The units file names it.
    UnitsFile,
}

impl GroupOrigin {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Word, Self::UnitsFile];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::UnitsFile => "units_file",
        }
    }
}

/// The word for the schools of a level.
fn word_of(level: Level) -> &'static str {
    match level {
        Level::Kindergarten => "各幼儿园",
        Level::Primary => "各小学",
        Level::Junior => "各初中",
        Level::Senior => "各高中",
        Level::Vocational => "各中职学校",
        Level::Special => "各特殊教育学校",
    }
}

/// Every group: words first, then those of the units file by name.
pub fn groups(directory: &UnitDirectory) -> Vec<NamedGroup<'_>> {
    let words = ["各地", "各校", "各地各校"]
        .into_iter()
        .chain(Level::ALL.map(word_of));
    let of_word = words.map(|word| named(directory, word, GroupOrigin::Word));
    let mut told = BTreeSet::new();
    let mut of_file: Vec<&str> = directory
        .units()
        .iter()
        .flat_map(|unit| &unit.groups)
        .filter(|name| told.insert(normal_name(name)))
        .map(String::as_str)
        .collect();
    of_file.sort_unstable();
    let of_file = of_file
        .into_iter()
        .map(|name| named(directory, name, GroupOrigin::UnitsFile));
    of_word.chain(of_file).collect()
}

/// The group of a name: one of [`groups`], or any other group word such as 市直学校; `None` where the name is no group's.
pub fn group<'a>(directory: &'a UnitDirectory, name: &str) -> Option<NamedGroup<'a>> {
    let normal = normal_name(name);
    let of_file = directory
        .units()
        .iter()
        .flat_map(|unit| &unit.groups)
        .find(|group| normal_name(group) == normal);
    match of_file {
        Some(group) => Some(named(directory, group, GroupOrigin::UnitsFile)),
        None => UnitGroup::of_word(&normal).map(|_| named(directory, name, GroupOrigin::Word)),
    }
}

fn named<'a>(directory: &'a UnitDirectory, name: &str, origin: GroupOrigin) -> NamedGroup<'a> {
    let members = match origin {
        GroupOrigin::Word => directory.resolve(name).unwrap_or_default(),
        GroupOrigin::UnitsFile => {
            let normal = normal_name(name);
            let belongs =
                |unit: &&Unit| unit.groups.iter().any(|group| normal_name(group) == normal);
            directory.units().iter().filter(belongs).collect()
        }
    };
    NamedGroup {
        name: name.to_owned(),
        origin,
        members,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::UnitId;
    use crate::domain::unit_kind::UnitKind;
    use uuid::Uuid;

    fn unit(number: u128, kind: UnitKind, levels: &[Level], groups: &[&str]) -> Unit {
        Unit {
            id: UnitId(Uuid::from_u128(number)),
            code: format!("U{number}"),
            name: format!("单位{number}"),
            kind,
            parent_id: None,
            aliases: vec![],
            levels: levels.to_vec(),
            groups: groups.iter().map(|name| (*name).to_owned()).collect(),
            liaison: None,
        }
    }

    fn directory() -> UnitDirectory {
        UnitDirectory::new(vec![
            unit(1, UnitKind::District, &[], &[]),
            unit(
                2,
                UnitKind::School,
                &[Level::Primary, Level::Junior],
                &["试点校", "（双减）校"],
            ),
            unit(
                3,
                UnitKind::School,
                &[Level::Senior],
                &["试点校", "(双减)校"],
            ),
        ])
    }

    fn codes(group: &NamedGroup<'_>) -> Vec<String> {
        group.members.iter().map(|unit| unit.code.clone()).collect()
    }

    #[test]
    fn every_group_is_told_once_with_its_members() {
        let directory = directory();
        let told: Vec<(String, Vec<String>)> = groups(&directory)
            .iter()
            .map(|group| (group.name.clone(), codes(group)))
            .collect();
        let expected = [
            ("各地", vec!["U1"]),
            ("各校", vec!["U2", "U3"]),
            ("各地各校", vec!["U1", "U2", "U3"]),
            ("各幼儿园", vec![]),
            ("各小学", vec!["U2"]),
            ("各初中", vec!["U2"]),
            ("各高中", vec!["U3"]),
            ("各中职学校", vec![]),
            ("各特殊教育学校", vec![]),
            ("试点校", vec!["U2", "U3"]),
            ("（双减）校", vec!["U2", "U3"]),
        ];
        let expected: Vec<(String, Vec<String>)> = expected
            .into_iter()
            .map(|(name, codes)| {
                (
                    name.to_owned(),
                    codes.into_iter().map(str::to_owned).collect(),
                )
            })
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn a_group_is_found_by_any_spelling_and_units_are_no_groups() {
        let directory = directory();
        let found = group(&directory, "(双减)校").expect("a group of the file");
        assert_eq!(
            (found.origin, found.members.len()),
            (GroupOrigin::UnitsFile, 2)
        );
        let found = group(&directory, "市直学校").expect("a word");
        assert_eq!((found.origin, found.members.len()), (GroupOrigin::Word, 2));
        for none in ["单位2", "", "各单位", "小学"] {
            assert!(group(&directory, none).is_none(), "{none}");
        }
    }
}

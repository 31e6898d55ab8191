//! Units 单位 and how a name in a plan finds them.
//!
//! A name is matched by full name, then alias, then named group, then group word, then with the issuer's prefix cut
//! (市教育局基础教育科 → 基础教育科), and last as the code of a unit. What matches nothing, or two units, is told and never guessed (design §7, Units file).

use crate::domain::ids::UnitId;
use crate::domain::level::Level;
use crate::domain::unit_group::{SchoolGroup, SchoolsUnder, UnitGroup};
use crate::domain::unit_kind::UnitKind;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A unit as the bureau keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// Code from the units file.
    pub code: String,
    /// Full name.
    pub name: String,
    /// Kind.
    pub kind: UnitKind,
    /// The unit above it.
    pub parent_id: Option<UnitId>,
    /// Other names.
    pub aliases: Vec<String>,
    /// School levels; empty for everything that is no school.
    pub levels: Vec<Level>,
    /// Named groups it belongs to.
    pub groups: Vec<String>,
    /// 联系领导.
    pub liaison: Option<String>,
}

/// Why a name stands for nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmatched {
    /// No unit or group of that name.
    Unknown,
    /// Several units of that name; their codes.
    Ambiguous(Vec<String>),
    /// A group word nobody belongs to.
    EmptyGroup,
}

/// All units, ready for matching names. Members of a group keep the order of the units file.
#[derive(Debug, Default)]
pub struct UnitDirectory {
    units: Vec<Unit>,
    by_id: HashMap<UnitId, usize>,
    by_name: HashMap<String, Vec<usize>>,
    by_alias: HashMap<String, Vec<usize>>,
    by_group: BTreeMap<String, Vec<usize>>,
}

impl UnitDirectory {
    /// Indexes `units`, which come in the order of the units file.
    pub fn new(units: Vec<Unit>) -> Self {
        let mut directory = Self::default();
        for (index, unit) in units.iter().enumerate() {
            directory.by_id.insert(unit.id, index);
            push(&mut directory.by_name, normal_name(&unit.name), index);
            let aliases: BTreeSet<String> = unit.aliases.iter().map(|a| normal_name(a)).collect();
            for alias in aliases {
                push(&mut directory.by_alias, alias, index);
            }
            for group in &unit.groups {
                directory
                    .by_group
                    .entry(normal_name(group))
                    .or_default()
                    .push(index);
            }
        }
        directory.units = units;
        directory
    }

    /// All units, in the order of the units file.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// The unit of that id.
    pub fn get(&self, id: UnitId) -> Option<&Unit> {
        self.by_id.get(&id).and_then(|index| self.units.get(*index))
    }

    /// The unit of that code, as written.
    pub fn by_code(&self, code: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.code == code)
    }

    /// The district a unit belongs to: itself, or the nearest one above it.
    pub fn district_of(&self, id: UnitId) -> Option<&Unit> {
        let mut unit = self.get(id)?;
        // Parents form no circle (checked on import); the bound keeps a damaged table from hanging us.
        for _ in 0..=self.units.len() {
            if unit.kind == UnitKind::District {
                return Some(unit);
            }
            unit = self.get(unit.parent_id?)?;
        }
        None
    }

    /// The units a name stands for, in the order of the units file.
    ///
    /// # Errors
    /// [`Unmatched`] where it stands for nobody or for several units of one name.
    pub fn resolve(&self, name: &str) -> Result<Vec<&Unit>, Unmatched> {
        let normal = normal_name(name);
        if let Some(found) = self.resolve_normal(&normal) {
            return found;
        }
        // 等 at the end of a list says nothing about who is meant.
        for rest in [
            normal.strip_suffix("等单位"),
            normal.strip_suffix("等部门"),
            normal.strip_suffix('等'),
        ] {
            if let Some(found) = rest.and_then(|rest| self.resolve_normal(rest)) {
                return found;
            }
        }
        if let Some(found) = self.without_prefix(&normal) {
            return found;
        }
        // Whoever names units by hand may write codes.
        let by_code = self.by_code(name.trim());
        by_code.map(|unit| vec![unit]).ok_or(Unmatched::Unknown)
    }

    fn resolve_normal(&self, normal: &str) -> Option<Result<Vec<&Unit>, Unmatched>> {
        for index in [&self.by_name, &self.by_alias] {
            if let Some(found) = index.get(normal) {
                return Some(self.single(found));
            }
        }
        if let Some(members) = self.by_group.get(normal) {
            return Some(Ok(members
                .iter()
                .filter_map(|i| self.units.get(*i))
                .collect()));
        }
        let group = UnitGroup::of_word(normal)?;
        let members: Vec<&Unit> = self
            .units
            .iter()
            .filter(|u| self.belongs(u, &group))
            .collect();
        Some(if members.is_empty() {
            Err(Unmatched::EmptyGroup)
        } else {
            Ok(members)
        })
    }

    fn single(&self, found: &[usize]) -> Result<Vec<&Unit>, Unmatched> {
        let units: Vec<&Unit> = found.iter().filter_map(|i| self.units.get(*i)).collect();
        match units.as_slice() {
            [unit] => Ok(vec![unit]),
            several => Err(Unmatched::Ambiguous(
                several.iter().map(|u| u.code.clone()).collect(),
            )),
        }
    }

    /// Cuts the name of a unit above (市教育局, its aliases, or …教育局) off the front and tries the rest.
    fn without_prefix(&self, normal: &str) -> Option<Result<Vec<&Unit>, Unmatched>> {
        let mut cuts: BTreeSet<usize> = BTreeSet::new();
        for unit in &self.units {
            for name in std::iter::once(&unit.name).chain(&unit.aliases) {
                let name = normal_name(name);
                if !name.is_empty() && normal.starts_with(&name) && normal.len() > name.len() {
                    cuts.insert(name.len());
                }
            }
        }
        for authority in ["教育体育局", "教育局", "教体局", "教育行政部门"] {
            if let Some(at) = normal.find(authority) {
                cuts.insert(at + authority.len());
            }
        }
        // The longest prefix first: the rest is then the most particular name.
        cuts.into_iter()
            .rev()
            .filter_map(|cut| normal.get(cut..))
            .filter(|rest| !rest.is_empty())
            .find_map(|rest| self.resolve_normal(rest))
    }

    fn belongs(&self, unit: &Unit, group: &UnitGroup) -> bool {
        if unit.kind != UnitKind::School {
            return group.kinds.contains(&unit.kind);
        }
        group
            .schools
            .as_ref()
            .is_some_and(|schools| self.is_among(unit, schools))
    }

    fn is_among(&self, school: &Unit, schools: &SchoolGroup) -> bool {
        let in_district = self.district_of(school.id).is_some();
        let level =
            schools.levels.is_empty() || school.levels.iter().any(|l| schools.levels.contains(l));
        level
            && match schools.under {
                SchoolsUnder::Anyone => true,
                SchoolsUnder::TheBureau => !in_district,
                SchoolsUnder::Districts => in_district,
            }
    }
}

fn push(index: &mut HashMap<String, Vec<usize>>, name: String, unit: usize) {
    if !name.is_empty() {
        index.entry(name).or_default().push(unit);
    }
}

/// The form in which names are compared: half-width, without spaces and quotes, brackets round.
pub fn normal_name(name: &str) -> String {
    name.chars()
        .filter_map(|c| match c {
            '（' | '［' | '[' | '【' | '〔' => Some('('),
            '）' | '］' | ']' | '】' | '〕' => Some(')'),
            '，' | ',' => Some('、'),
            '“' | '”' | '"' | '‘' | '’' | '\'' | '「' | '」' | '『' | '』' | '＂' => {
                None
            }
            c if c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}' => None,
            // The full-width forms of ASCII lie at a fixed distance (Unicode block FF00).
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
            c => Some(c),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn unit(
        n: u128,
        code: &str,
        name: &str,
        kind: UnitKind,
        parent: Option<u128>,
        aliases: &[&str],
    ) -> Unit {
        Unit {
            id: UnitId(Uuid::from_u128(n)),
            code: code.to_owned(),
            name: name.to_owned(),
            kind,
            parent_id: parent.map(|p| UnitId(Uuid::from_u128(p))),
            aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
            levels: if kind == UnitKind::School {
                vec![Level::Primary]
            } else {
                vec![]
            },
            groups: vec![],
            liaison: None,
        }
    }

    fn directory() -> UnitDirectory {
        let mut units = vec![
            unit(
                1,
                "B00",
                "云川市教育局",
                UnitKind::Section,
                None,
                &["市教育局"],
            ),
            unit(
                2,
                "B01",
                "基础教育科",
                UnitKind::Section,
                Some(1),
                &["基教科"],
            ),
            unit(
                3,
                "B02",
                "办公室(信访科)",
                UnitKind::Section,
                Some(1),
                &["办公室"],
            ),
            unit(
                4,
                "T01",
                "“双减”工作专班",
                UnitKind::TaskForce,
                Some(1),
                &["双减专班"],
            ),
            unit(5, "D1", "东川区教育局", UnitKind::District, Some(1), &[]),
            unit(
                6,
                "S1",
                "东川区第一小学",
                UnitKind::School,
                Some(5),
                &["一小"],
            ),
            unit(
                7,
                "S2",
                "云川实验小学",
                UnitKind::School,
                Some(1),
                &["一小", "实小"],
            ),
        ];
        units[5].groups = vec!["试点校".to_owned()];
        UnitDirectory::new(units)
    }

    fn codes(found: Result<Vec<&Unit>, Unmatched>) -> Result<Vec<&str>, Unmatched> {
        found.map(|units| units.iter().map(|u| u.code.as_str()).collect())
    }

    #[test]
    fn names_find_their_units() {
        let directory = directory();
        for (name, expected) in [
            ("基础教育科", vec!["B01"]),
            ("基教科", vec!["B01"]),
            ("市教育局基础教育科", vec!["B01"]),
            ("云川市教育局基教科", vec!["B01"]),
            ("办公室（信访科）", vec!["B02"]),
            ("\"双减\"工作专班", vec!["T01"]),
            ("各地各校", vec!["D1", "S1", "S2"]),
            ("各地各校等", vec!["D1", "S1", "S2"]),
            ("市直学校", vec!["S2"]),
            ("试点校", vec!["S1"]),
        ] {
            assert_eq!(codes(directory.resolve(name)), Ok(expected), "{name}");
        }
    }

    #[test]
    fn what_matches_nothing_or_twice_is_told() {
        let directory = directory();
        assert_eq!(codes(directory.resolve("人社局")), Err(Unmatched::Unknown));
        assert_eq!(codes(directory.resolve("")), Err(Unmatched::Unknown));
        let twice = Unmatched::Ambiguous(vec!["S1".to_owned(), "S2".to_owned()]);
        assert_eq!(codes(directory.resolve("一小")), Err(twice));
        assert_eq!(
            codes(directory.resolve("各高中")),
            Err(Unmatched::EmptyGroup)
        );
    }

    #[test]
    fn a_code_finds_its_unit_where_no_name_does() {
        let mut units = directory().units().to_vec();
        assert_eq!(
            codes(UnitDirectory::new(units.clone()).resolve(" B01 ")),
            Ok(vec!["B01"])
        );
        units.push(unit(8, "S3", "B01", UnitKind::School, None, &[]));
        assert_eq!(
            codes(UnitDirectory::new(units).resolve("B01")),
            Ok(vec!["S3"])
        );
    }

    #[test]
    fn a_full_name_goes_before_an_alias() {
        let mut units = directory().units().to_vec();
        units.push(unit(8, "S3", "实小", UnitKind::School, None, &[]));
        assert_eq!(
            codes(UnitDirectory::new(units).resolve("实小")),
            Ok(vec!["S3"])
        );
    }
}

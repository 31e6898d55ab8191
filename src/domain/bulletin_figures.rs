//! What follows from a bulletin's snapshot: units in groups, problems by unit, who is ahead, and the first wording of the
//! texts that a person goes on editing. Nothing else is looked at.

use crate::domain::bulletin::BulletinText;
use crate::domain::bulletin_snapshot::{
    BulletinSnapshot, SnapshotAsk, SnapshotAssignment, SnapshotUnit, UnitCounts,
};
use crate::domain::light::Light;
use crate::domain::local_time::chinese_day;
use crate::domain::standing::Standing;
use crate::domain::unit_kind::UnitKind;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Units of one kind that are told one by one; where there are more, they are told together.
const MOST_TOLD_SINGLY: usize = 30;
/// Units proposed as examples.
const MOST_EXAMPLES: usize = 5;

/// Units that are told in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitGroupCounts {
    /// A unit's name, or 东区（含学校 12 所）.
    pub name: String,
    /// How many units it has.
    pub units: usize,
    /// Their assignments.
    pub counts: UnitCounts,
}

/// What a unit has to put right.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitProblems<'a> {
    /// The unit.
    pub unit: &'a SnapshotUnit,
    /// Its assignments with a red light.
    pub red: Vec<&'a SnapshotAssignment>,
    /// What it has not answered.
    pub unanswered: Vec<&'a SnapshotAsk>,
}

/// A unit that can be told as an example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnitExample<'a> {
    /// The unit.
    pub unit: &'a SnapshotUnit,
    /// How its assignments stand.
    pub counts: UnitCounts,
}

impl BulletinSnapshot {
    /// The unit at a place of `units`.
    pub fn unit(&self, at: u32) -> Option<&SnapshotUnit> {
        self.units.get(usize::try_from(at).ok()?)
    }

    /// The units in few lines: sections, institutions, task forces, others one by one; each district with its schools; the
    /// schools of no district one by one, or together where they are many.
    pub fn unit_groups(&self) -> Vec<UnitGroupCounts> {
        let counted: Vec<(&SnapshotUnit, UnitCounts)> = self
            .units
            .iter()
            .zip(self.by_unit.iter().copied())
            .filter(|(_, counts)| counts.standings.total() > 0)
            .collect();
        let of_kind = |kind: UnitKind| {
            let all = counted.iter();
            all.filter(move |(unit, _)| unit.kind == kind && !is_in_district(unit))
        };
        let mut groups = Vec::new();
        for kind in [
            UnitKind::Section,
            UnitKind::Institution,
            UnitKind::TaskForce,
        ] {
            groups.extend(in_lines(kind, of_kind(kind)));
        }
        groups.extend(self.districts(&counted));
        for kind in [UnitKind::School, UnitKind::External] {
            groups.extend(in_lines(kind, of_kind(kind)));
        }
        groups
    }

    fn districts(&self, counted: &[(&SnapshotUnit, UnitCounts)]) -> Vec<UnitGroupCounts> {
        // In the order of codes, a district that has nothing to do itself after those that have.
        let mut names: Vec<&str> = Vec::new();
        let own = counted
            .iter()
            .filter(|(unit, _)| unit.kind == UnitKind::District);
        let below = counted
            .iter()
            .filter_map(|(unit, _)| unit.district.as_deref());
        for name in own.map(|(unit, _)| unit.name.as_str()).chain(below) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let told = names.into_iter().map(|name| {
            let is_below = |unit: &SnapshotUnit| unit.district.as_deref() == Some(name);
            let is_own = |unit: &SnapshotUnit| unit.kind == UnitKind::District && unit.name == name;
            let members = counted
                .iter()
                .filter(|(unit, _)| is_below(unit) || is_own(unit));
            let schools = counted.iter().filter(|(unit, _)| is_below(unit)).count();
            let (units, counts) = together(members);
            UnitGroupCounts {
                name: match schools {
                    0 => name.to_owned(),
                    schools => format!("{name}（含所属 {schools} 个单位）"),
                },
                units,
                counts,
            }
        });
        told.collect()
    }

    /// Units with red lights or unanswered requests, those with most first.
    pub fn problems(&self) -> Vec<UnitProblems<'_>> {
        let mut by_unit: BTreeMap<u32, UnitProblems<'_>> = BTreeMap::new();
        let entry_of = |unit: u32| {
            self.unit(unit).map(|unit| UnitProblems {
                unit,
                red: Vec::new(),
                unanswered: Vec::new(),
            })
        };
        for row in self.ledger.iter().filter(|row| row.light == Light::Red) {
            if let Some(empty) = entry_of(row.unit) {
                by_unit.entry(row.unit).or_insert(empty).red.push(row);
            }
        }
        for ask in &self.unanswered {
            if let Some(empty) = entry_of(ask.unit) {
                by_unit
                    .entry(ask.unit)
                    .or_insert(empty)
                    .unanswered
                    .push(ask);
            }
        }
        let mut problems: Vec<(u32, UnitProblems<'_>)> = by_unit.into_iter().collect();
        problems.sort_by_key(|(at, one)| (Reverse(one.red.len() + one.unanswered.len()), *at));
        problems.into_iter().map(|(_, one)| one).collect()
    }

    /// Units without any problem of which most is ahead or done, the best first.
    pub fn examples(&self) -> Vec<UnitExample<'_>> {
        let problems = self.problems();
        let has_problem = |unit: &SnapshotUnit| problems.iter().any(|one| one.unit.id == unit.id);
        let good = |counts: &UnitCounts| counts.standings.ahead + counts.standings.done;
        let mut examples: Vec<UnitExample<'_>> = self
            .units
            .iter()
            .zip(&self.by_unit)
            .filter(|(_, counts)| good(counts) > 0 && counts.standings.behind == 0)
            .filter(|(unit, _)| !has_problem(unit))
            .map(|(unit, counts)| UnitExample {
                unit,
                counts: *counts,
            })
            .collect();
        // Stable: among equals the order of codes holds. Shares are compared without dividing.
        examples.sort_by(|one, other| {
            let share = |this: &UnitExample<'_>, that: &UnitExample<'_>| {
                u64::from(good(&this.counts)) * u64::from(that.counts.standings.total())
            };
            share(other, one).cmp(&share(one, other))
        });
        examples
    }

    /// The first wording of the texts, for a person to go on with.
    pub fn first_text(&self) -> BulletinText {
        BulletinText {
            opening: self.first_opening(),
            good_practices: self.first_examples(),
            demands: self.first_demands(),
            recipients: self.first_recipients(),
            copies: Vec::new(),
        }
    }

    fn first_opening(&self) -> String {
        let plan = match self.plan_title.contains('《') {
            true => self.plan_title.clone(),
            false => format!("《{}》", self.plan_title),
        };
        let number = self.plan_number.as_deref();
        let number = number.map_or_else(String::new, |number| format!("（{number}）"));
        let period = self
            .period
            .map_or_else(String::new, |period| period.label());
        format!(
            "根据{plan}{number}的督办安排，现将{period}落实情况通报如下。以下数据截至{}。",
            chinese_day(self.as_of)
        )
    }

    fn first_examples(&self) -> Vec<String> {
        let told = self.examples().into_iter().take(MOST_EXAMPLES).map(|one| {
            let counts = one.counts.standings;
            let part = |count: u32, label: &str| match count {
                0 => None,
                count => Some(format!("{label} {count} 项")),
            };
            let parts = [
                part(counts.done, Standing::Done.label()),
                part(counts.ahead, Standing::Ahead.label()),
            ];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            let (name, total) = (&one.unit.name, counts.total());
            format!("{name}推进较快，{total} 项分工中{}。", parts.join("、"))
        });
        told.collect()
    }

    fn first_demands(&self) -> Vec<String> {
        let problems = self.problems();
        let red = problems.iter().filter(|one| !one.red.is_empty()).count();
        let silent = problems
            .iter()
            .filter(|one| !one.unanswered.is_empty())
            .count();
        let mut demands = Vec::new();
        if red > 0 {
            demands.push(format!(
                "抓紧整改。亮红灯的 {red} 个单位要对照附件逐项查明原因，明确整改措施和完成时间，限期赶上序时进度。"
            ));
        }
        if silent > 0 {
            demands.push(format!(
                "按时报送。尚未答复的 {silent} 个单位要尽快补报，今后确有困难的，请在到期之前申请延期。"
            ));
        }
        demands.push(
            "压实责任。各牵头单位要掌握本单位牵头任务的全面进展，督促责任单位按序时进度推进。"
                .to_owned(),
        );
        demands
    }

    fn first_recipients(&self) -> Vec<String> {
        let names = [
            (UnitKind::District, "各区教育行政部门"),
            (UnitKind::School, "各学校"),
            (UnitKind::Section, "机关各科室"),
            (UnitKind::Institution, "各直属单位"),
            (UnitKind::TaskForce, "各专班"),
            (UnitKind::External, "各有关单位"),
        ];
        let has = |kind: UnitKind| self.units.iter().any(|unit| unit.kind == kind);
        let named = names.into_iter().filter(|(kind, _)| has(*kind));
        named.map(|(_, name)| name.to_owned()).collect()
    }
}

fn is_in_district(unit: &SnapshotUnit) -> bool {
    unit.district.is_some()
}

/// Units of one kind, each in its line, or all in one.
fn in_lines<'a>(
    kind: UnitKind,
    units: impl Iterator<Item = &'a (&'a SnapshotUnit, UnitCounts)>,
) -> Vec<UnitGroupCounts> {
    let units: Vec<_> = units.collect();
    if units.len() <= MOST_TOLD_SINGLY {
        let told = units.iter().map(|(unit, counts)| UnitGroupCounts {
            name: unit.name.clone(),
            units: 1,
            counts: *counts,
        });
        return told.collect();
    }
    let name = match kind {
        UnitKind::Section => "机关科室",
        UnitKind::Institution => "直属单位",
        UnitKind::TaskForce => "专班",
        UnitKind::District => "各区",
        UnitKind::School => "市直学校",
        UnitKind::External => "其他单位",
    };
    let (count, counts) = together(units.into_iter());
    vec![UnitGroupCounts {
        name: format!("{name}（{count} 个）"),
        units: count,
        counts,
    }]
}

fn together<'a>(
    members: impl Iterator<Item = &'a (&'a SnapshotUnit, UnitCounts)>,
) -> (usize, UnitCounts) {
    members.fold((0, UnitCounts::default()), |(units, mut sum), (_, one)| {
        sum.standings.merge(&one.standings);
        sum.lights.merge(&one.lights);
        (units + 1, sum)
    })
}

#[cfg(test)]
#[path = "bulletin_figures_tests.rs"]
mod tests;

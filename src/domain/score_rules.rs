//! The rule table of an appraisal 考评计分办法: what earns a unit points and what costs it some, whom it is for, and
//! whether its points fit together. Whoever counts by it is `score`.

use crate::domain::decimal::Decimal;
use crate::domain::role::UnknownCode;
use crate::domain::unit_kind::UnitKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::str::FromStr;

/// A table never has more marks than this.
const MOST_FULL: i64 = 1_000_000_000;
/// Points have two decimals at most.
const STEP: i64 = 10_000;

/// How a rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// Its points are earned by the share that went well; all of them where nothing was asked.
    Share,
    /// Its points are taken off for each that went badly.
    Each,
}

macro_rules! subjects {
    ($($(#[$doc:meta])* $name:ident $code:literal $counting:ident $label:literal),+ $(,)?) => {
        /// What a rule is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum ScoreSubject {
            $($(#[$doc])* $name,)+
        }

        impl ScoreSubject {
            /// All of them, in the order in which scores list them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The stable code.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// The Chinese name.
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label),+ }
            }

            /// How it counts.
            pub fn counting(self) -> Counting {
                match self { $(Self::$name => Counting::$counting),+ }
            }
        }
    };
}

subjects! {
    /// Acknowledgements given by their due day.
    AcknowledgedOnTime "acknowledged_on_time" Share "按时签收",
    /// Reports given by their due day.
    ReportedOnTime "reported_on_time" Share "按时填报",
    /// Assignments that are not behind on the last day of the period.
    OnCourse "on_course" Share "达到序时进度",
    /// Findings that were closed.
    FindingClosed "finding_closed" Share "问题整改销号",
    /// Values of indicators that attain their target.
    Attained "attained" Share "指标达标",
    /// Acknowledgements that were not given.
    NotAcknowledged "not_acknowledged" Each "未签收",
    /// Reports that were not given.
    NotReported "not_reported" Each "未填报",
    /// Reports given after their due day.
    ReportedLate "reported_late" Each "逾期填报",
    /// Reports that tell neither progress nor next steps.
    NoProgress "no_progress" Each "填报没有进度和下一步安排",
    /// Reports that were sent back.
    ThinReport "thin_report" Each "填报不合要求被退回",
    /// Assignments with a red light on the last day of the period.
    FarBehind "far_behind" Each "进度严重滞后",
    /// Findings that are still open.
    FindingOpen "finding_open" Each "问题未整改",
    /// Values of indicators that miss their target.
    NotAttained "not_attained" Each "指标未达标",
}

impl FromStr for ScoreSubject {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.iter().copied();
        all.find(|one| one.as_str() == text)
            .ok_or_else(|| UnknownCode::new("score subject", text))
    }
}

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreRule {
    /// What it is about.
    pub subject: ScoreSubject,
    /// Points to be earned, or points taken off for each; more than 0.
    pub points: Decimal,
    /// No more than this is taken off by this rule; `None` for no bound.
    pub most: Option<Decimal>,
}

/// A rule table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreTable {
    /// Full marks.
    pub full: Decimal,
    /// Points that everybody begins with.
    pub base: Decimal,
    /// No score is less.
    pub least: Decimal,
    /// Kinds of units that it is for.
    pub kinds: Vec<UnitKind>,
    /// The rules, each subject once.
    pub rules: Vec<ScoreRule>,
}

/// Why a table cannot be counted by: the field, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFault {
    /// Path of the field, such as `rules[2].points`.
    pub path: String,
    /// What is wrong, and what to do.
    pub text: String,
}

impl ScoreTable {
    /// The table that comes with the program: by deduction from 100, as bureaus do it. A report that is not sent costs 10,
    /// one without progress or next steps 5, one that was sent back 5. Everybody begins with 80; 20 are earned by the
    /// share of what was done in time and as planned.
    pub fn shipped() -> Self {
        use ScoreSubject as S;
        let points = |whole: i64| Decimal::of_micros(whole * 1_000_000);
        let share = |subject, whole| ScoreRule {
            subject,
            points: points(whole),
            most: None,
        };
        let each = |subject, whole, most: Option<i64>| ScoreRule {
            subject,
            points: points(whole),
            most: most.map(points),
        };
        Self {
            full: points(100),
            base: points(80),
            least: Decimal::ZERO,
            kinds: vec![
                UnitKind::Section,
                UnitKind::Institution,
                UnitKind::TaskForce,
                UnitKind::District,
                UnitKind::School,
            ],
            rules: vec![
                share(S::AcknowledgedOnTime, 4),
                share(S::ReportedOnTime, 8),
                share(S::OnCourse, 4),
                share(S::FindingClosed, 2),
                share(S::Attained, 2),
                each(S::NotAcknowledged, 2, Some(10)),
                each(S::NotReported, 10, None),
                each(S::ReportedLate, 2, Some(20)),
                each(S::NoProgress, 5, Some(30)),
                each(S::ThinReport, 5, Some(30)),
                each(S::FarBehind, 1, Some(10)),
                each(S::FindingOpen, 2, Some(10)),
                each(S::NotAttained, 1, Some(10)),
            ],
        }
    }

    /// Everything that keeps it from being counted by; nothing where it is sound.
    pub fn faults(&self) -> Vec<TableFault> {
        let mut faults = Faults(Vec::new());
        let full = self.full.micros();
        faults.unless((1..=MOST_FULL).contains(&full), "full", || {
            "满分应大于 0，不超过 1000".to_owned()
        });
        let least = self.least.micros();
        faults.unless((0..full.max(1)).contains(&least), "least", || {
            format!("最低分应在 0 与满分 {} 之间，小于满分", self.full)
        });
        let base = self.base.micros();
        faults.unless((0..=full).contains(&base), "base", || {
            format!("基础分应在 0 与满分 {} 之间", self.full)
        });
        for (path, points) in [
            ("full", self.full),
            ("least", self.least),
            ("base", self.base),
        ] {
            faults.fine_enough(path, points);
        }
        let kinds: BTreeSet<UnitKind> = self.kinds.iter().copied().collect();
        faults.unless(!kinds.is_empty(), "kinds", || {
            "至少写一种适用的单位类型".to_owned()
        });
        faults.unless(kinds.len() == self.kinds.len(), "kinds", || {
            "同一单位类型只写一次".to_owned()
        });
        faults.unless(!self.rules.is_empty(), "rules", || {
            "至少写一条计分规则".to_owned()
        });
        self.rule_faults(&mut faults);
        if faults.0.is_empty() {
            self.sum_fault(&mut faults);
        }
        faults.0
    }

    fn rule_faults(&self, faults: &mut Faults) {
        let mut seen = BTreeSet::new();
        for (position, rule) in self.rules.iter().enumerate() {
            let at = |field: &str| format!("rules[{position}].{field}");
            let label = rule.subject.label();
            faults.unless(seen.insert(rule.subject), at("subject"), || {
                format!("“{label}”已有一条规则，请合并为一条")
            });
            let fits = rule.points > Decimal::ZERO && rule.points <= self.full;
            faults.unless(fits, at("points"), || {
                format!(
                    "“{label}”的分值应大于 0，不超过满分 {}；扣分也写正数",
                    self.full
                )
            });
            faults.fine_enough(at("points"), rule.points);
            let Some(most) = rule.most else { continue };
            match rule.subject.counting() {
                Counting::Share => faults.unless(false, at("most"), || {
                    format!("“{label}”按比例得分，最多就是它的分值，不写上限")
                }),
                Counting::Each => {
                    let fits = most >= rule.points && most <= self.full;
                    faults.unless(fits, at("most"), || {
                        format!(
                            "“{label}”的扣分上限应在每次 {} 分与满分 {} 之间",
                            rule.points, self.full
                        )
                    });
                    faults.fine_enough(at("most"), most);
                }
            }
        }
    }

    /// What can be earned, with what everybody begins with, is full marks: no more and no less.
    fn sum_fault(&self, faults: &mut Faults) {
        let shares = self
            .rules
            .iter()
            .filter(|rule| rule.subject.counting() == Counting::Share);
        let sum = shares.fold(self.base.micros(), |sum, rule| {
            sum.saturating_add(rule.points.micros())
        });
        faults.unless(sum == self.full.micros(), "rules", || {
            format!(
                "基础分 {} 与各项按比例得分合计 {}，应正好等于满分 {}，请调整分值",
                self.base,
                Decimal::of_micros(sum),
                self.full
            )
        });
    }
}

struct Faults(Vec<TableFault>);

impl Faults {
    fn unless(&mut self, holds: bool, path: impl Into<String>, text: impl FnOnce() -> String) {
        if !holds {
            self.0.push(TableFault {
                path: path.into(),
                text: text(),
            });
        }
    }

    fn fine_enough(&mut self, path: impl Into<String>, points: Decimal) {
        self.unless(points.micros() % STEP == 0, path, || {
            format!("{points} 的小数太多，分值最多两位小数")
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect(text)
    }

    fn paths(change: impl FnOnce(&mut ScoreTable)) -> Vec<String> {
        let mut table = ScoreTable::shipped();
        change(&mut table);
        table.faults().into_iter().map(|fault| fault.path).collect()
    }

    #[test]
    fn the_shipped_table_is_sound_and_has_the_figures_of_the_field() {
        let table = ScoreTable::shipped();
        assert_eq!(table.faults(), []);
        let points = |subject| {
            let rule = table.rules.iter().find(|rule| rule.subject == subject);
            rule.map(|rule| rule.points.to_string())
        };
        assert_eq!(points(ScoreSubject::NotReported).as_deref(), Some("10"));
        assert_eq!(points(ScoreSubject::NoProgress).as_deref(), Some("5"));
        assert_eq!(points(ScoreSubject::ThinReport).as_deref(), Some("5"));
        assert_eq!(table.rules.len(), ScoreSubject::ALL.len());
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_field() {
        for (found, wanted) in [
            (paths(|t| t.base = decimal("81")), "rules"),
            (paths(|t| t.full = decimal("0")), "full"),
            (paths(|t| t.full = decimal("1000.01")), "full"),
            (paths(|t| t.least = decimal("-1")), "least"),
            (paths(|t| t.least = decimal("100")), "least"),
            (paths(|t| t.base = decimal("100.5")), "base"),
            (paths(|t| t.base = decimal("79.999")), "base"),
            (paths(|t| t.kinds.clear()), "kinds"),
            (paths(|t| t.kinds.push(UnitKind::School)), "kinds"),
            (paths(|t| t.rules.clear()), "rules"),
            (
                paths(|t| t.rules[1].points = decimal("0")),
                "rules[1].points",
            ),
            (
                paths(|t| t.rules[6].points = decimal("-10")),
                "rules[6].points",
            ),
            (
                paths(|t| t.rules[6].points = decimal("100.01")),
                "rules[6].points",
            ),
            (
                paths(|t| t.rules[7].most = Some(decimal("1"))),
                "rules[7].most",
            ),
            (
                paths(|t| t.rules[0].most = Some(decimal("4"))),
                "rules[0].most",
            ),
            (paths(|t| t.rules.push(t.rules[7])), "rules[13].subject"),
        ] {
            assert_eq!(found.first().map(String::as_str), Some(wanted), "{found:?}");
        }
    }

    #[test]
    fn codes_are_read_back() {
        for subject in ScoreSubject::ALL {
            assert_eq!(subject.as_str().parse(), Ok(*subject));
        }
    }
}

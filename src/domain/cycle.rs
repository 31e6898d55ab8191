//! The rule of a cycle (督办周期): when its rounds open, how long units have, and what happens to a missed one. The
//! days that follow from it are in `opening` and `due_day`, the decision what to open today in `catch_up`.

use serde::{Deserialize, Serialize};

use super::calendar::Roll;
use super::cycle_kind::CycleKind;
use super::frequency::Frequency;
use super::inspection::{InspectionMode, MOST_INSPECTORS, SpotCheckRule};

/// Where in (or after) its period a round opens, before the day is rolled to a workday. Days count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opens {
    /// That day of the period; its last day if the period is shorter.
    DayOfPeriod(u16),
    /// That day of the month in which the period ends (of the week, for weeks); its last day if the month is shorter.
    DayOfLastMonth(u16),
    /// That many calendar days before the end, but not before the period. For terms, and for school years by their
    /// spring term, the end is the earliest last school day among the levels asked; else the period's last day.
    BeforeEnd(u16),
    /// That day after the period: 1 is the day after its last.
    AfterEnd(u16),
}

/// What becomes of rounds whose opening day passed while nothing ran (design §5 rule 2).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum CatchUp {
    /// The newest one is opened late, until the next opening day.
    #[default]
    Latest,
    /// All of the past year are opened late.
    All,
    /// None is.
    Skip,
}

impl CatchUp {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Latest, Self::All, Self::Skip];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Latest => "latest",
            Self::All => "all",
            Self::Skip => "skip",
        }
    }
}

/// What becomes of a school whose vacation covers a round's opening or due day.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum InVacation {
    /// It is left out of the round.
    #[default]
    Skip,
    /// It is asked when its next term starts.
    MoveToTermStart,
    /// It is asked all the same.
    AskAnyway,
}

impl InVacation {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Skip, Self::MoveToTermStart, Self::AskAnyway];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::MoveToTermStart => "move_to_term_start",
            Self::AskAnyway => "ask_anyway",
        }
    }
}

/// The rule of one cycle, stored as JSON with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CycleRule {
    /// What its rounds do.
    pub kind: CycleKind,
    /// How often it comes round.
    pub frequency: Frequency,
    /// When its rounds open.
    pub opens: Opens,
    /// Which workday an opening day off is moved to. An opening never moves before the period (or its end, for
    /// [`Opens::AfterEnd`]); it moves to the next workday instead.
    #[serde(default)]
    pub roll: Roll,
    /// Workdays from opening to due day; `None` where nobody is asked.
    #[serde(default)]
    pub due_after_workdays: Option<u16>,
    /// Workdays from opening until inspection results are to be recorded; `None` where there are none.
    #[serde(default)]
    pub results_after_workdays: Option<u16>,
    /// What becomes of missed rounds.
    #[serde(default)]
    pub catch_up: CatchUp,
    /// What becomes of schools in vacation.
    #[serde(default)]
    pub in_vacation: InVacation,
    /// How what was drawn is inspected; of no account for kinds without a draw.
    #[serde(default)]
    pub spot_check: SpotCheckRule,
}

/// Why a rule is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CycleRuleError {
    /// The opening day does not exist in the period.
    #[error("开启日“{day}”超出范围，应为 {least} 至 {most}，请修改督办周期的开启规则。")]
    Opens {
        /// The day as given.
        day: u16,
        /// Least day allowed.
        least: u16,
        /// Greatest day allowed for this frequency.
        most: u16,
    },
    /// A lead time is out of range.
    #[error("{field}“{workdays}”超出范围，应为 {least} 至 {most} 个工作日，请修改。")]
    LeadTime {
        /// Chinese name of the field.
        field: &'static str,
        /// The field of [`CycleRule`].
        path: &'static str,
        /// The workdays as given.
        workdays: u16,
        /// Least allowed.
        least: u16,
        /// Most allowed.
        most: u16,
    },
    /// More inspectors than a team has.
    #[error("每个单位 {count} 名检查人员超出范围，应为 0 至 {MOST_INSPECTORS} 名，请修改。")]
    Inspectors {
        /// As given.
        count: usize,
    },
    /// Nobody is asked and nothing is recorded.
    #[error("实地检查（visit）不要求单位自查，须有登记结果的期限，请填写。")]
    VisitWithoutResults,
}

impl CycleRuleError {
    /// The field of [`CycleRule`] that is wrong.
    pub fn path(&self) -> &'static str {
        match self {
            Self::Opens { .. } => "opens",
            Self::LeadTime { path, .. } => path,
            Self::Inspectors { .. } => "inspectors_per_unit",
            Self::VisitWithoutResults => "results_after_workdays",
        }
    }
}

/// The longest lead time, in workdays: about a quarter.
const LONGEST_LEAD: u16 = 60;

impl CycleRule {
    /// The rule that design §6 gives a kind at its usual frequency, and its like at the other frequencies.
    ///
    /// Spot-checks open on the period's first day, dispatches on the 20th of its last month (a week's 4th day; 10
    /// days before the end of a term or of a school year's last term, where the 20th would be in vacation), monitoring
    /// 21 days before the end, bulletins and appraisals on the day after the period. A week leaves fewer workdays to
    /// answer, so that a round is due before the next one closes it.
    pub fn standard(kind: CycleKind, frequency: Frequency) -> Self {
        let weekly = frequency == Frequency::Week;
        let (opens, due, results) = match kind {
            CycleKind::SpotCheck if weekly => (Opens::DayOfPeriod(1), Some(3), Some(4)),
            CycleKind::SpotCheck => (Opens::DayOfPeriod(1), Some(10), Some(15)),
            CycleKind::Dispatch => match frequency {
                Frequency::Week => (Opens::DayOfPeriod(4), Some(2), None),
                Frequency::Term | Frequency::SchoolYear => (Opens::BeforeEnd(10), Some(5), None),
                Frequency::Month | Frequency::TwoMonths | Frequency::Quarter | Frequency::Year => {
                    (Opens::DayOfLastMonth(20), Some(5), None)
                }
            },
            CycleKind::Monitoring if weekly => (Opens::DayOfPeriod(1), Some(3), None),
            CycleKind::Monitoring => (Opens::BeforeEnd(21), Some(10), None),
            CycleKind::Bulletin | CycleKind::Appraisal => (Opens::AfterEnd(1), None, None),
        };
        Self {
            kind,
            frequency,
            opens,
            roll: Roll::Next,
            due_after_workdays: due,
            results_after_workdays: results,
            catch_up: CatchUp::Latest,
            in_vacation: InVacation::Skip,
            spot_check: SpotCheckRule::default(),
        }
    }

    /// Whether a rule edited by a person can be followed.
    ///
    /// # Errors
    /// An opening day that the frequency's periods do not have, or a lead time outside 1–60 workdays; results may not
    /// be wanted before the answer is due, and a visit without results is nothing.
    pub fn check(&self) -> Result<(), CycleRuleError> {
        let SpotCheckRule {
            mode,
            inspectors_per_unit: count,
            ..
        } = self.spot_check;
        if count > MOST_INSPECTORS {
            return Err(CycleRuleError::Inspectors { count });
        }
        if mode == InspectionMode::Visit && self.results_after_workdays.is_none() {
            return Err(CycleRuleError::VisitWithoutResults);
        }
        let longest = longest_period(self.frequency);
        let (day, least, most) = match self.opens {
            Opens::DayOfPeriod(day) | Opens::AfterEnd(day) => (day, 1, longest),
            Opens::DayOfLastMonth(day) => (day, 1, longest.min(31)),
            Opens::BeforeEnd(days) => (days, 0, longest),
        };
        if !(least..=most).contains(&day) {
            return Err(CycleRuleError::Opens { day, least, most });
        }
        let least_results = self.due_after_workdays.unwrap_or(1);
        let (due, results) = (self.due_after_workdays, self.results_after_workdays);
        for (field, path, workdays, least) in [
            ("填报期限", "due_after_workdays", due, 1),
            (
                "结果登记期限",
                "results_after_workdays",
                results,
                least_results,
            ),
        ] {
            if let Some(workdays) = workdays
                && !(least..=LONGEST_LEAD).contains(&workdays)
            {
                return Err(CycleRuleError::LeadTime {
                    field,
                    path,
                    workdays,
                    least,
                    most: LONGEST_LEAD,
                });
            }
        }
        Ok(())
    }
}

/// The most calendar days a period of this frequency has.
fn longest_period(frequency: Frequency) -> u16 {
    match frequency {
        Frequency::Week => 7,
        Frequency::Month => 31,
        Frequency::TwoMonths => 62,
        Frequency::Quarter => 92,
        Frequency::Term => 250,
        Frequency::SchoolYear | Frequency::Year => 366,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_rules_are_sound_and_survive_json() {
        for kind in CycleKind::ALL {
            for frequency in Frequency::ALL {
                let rule = CycleRule::standard(kind, frequency);
                assert_eq!(rule.check(), Ok(()));
                let json = serde_json::to_string(&rule).expect("serialises");
                assert_eq!(
                    serde_json::from_str::<CycleRule>(&json).expect("reads"),
                    rule
                );
            }
        }
    }

    #[test]
    fn json_may_leave_the_defaults_out_but_not_misspell_a_field() {
        let short = r#"{"kind":"bulletin","frequency":"quarter","opens":{"after_end":1}}"#;
        assert_eq!(
            serde_json::from_str::<CycleRule>(short).expect("reads"),
            CycleRule::standard(CycleKind::Bulletin, Frequency::Quarter)
        );
        let misspelt = short.replace("opens", "open");
        assert!(serde_json::from_str::<CycleRule>(&misspelt).is_err());
    }

    #[test]
    fn a_rule_that_cannot_be_followed_is_refused() {
        let monthly = CycleRule::standard(CycleKind::SpotCheck, Frequency::Month);
        let weekly = CycleRule::standard(CycleKind::SpotCheck, Frequency::Week);
        for rule in [
            CycleRule {
                opens: Opens::DayOfPeriod(0),
                ..monthly
            },
            CycleRule {
                opens: Opens::DayOfPeriod(32),
                ..monthly
            },
            CycleRule {
                opens: Opens::DayOfLastMonth(8),
                ..weekly
            },
            CycleRule {
                opens: Opens::AfterEnd(u16::MAX),
                ..monthly
            },
            CycleRule {
                due_after_workdays: Some(0),
                ..monthly
            },
            CycleRule {
                due_after_workdays: Some(61),
                ..monthly
            },
            CycleRule {
                results_after_workdays: Some(9),
                ..monthly
            },
        ] {
            assert!(rule.check().is_err(), "{rule:?}");
        }
    }
}

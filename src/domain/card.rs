//! Talk 约谈, yellow card 黄牌, red card 红牌: what the yearly quality results of a school propose, one, two, three years of
//! decline or last place in a row. Only imported results count here, never the scores of an appraisal; a person decides.

use crate::domain::decimal::Decimal;
use crate::domain::ids::UnitId;
use crate::domain::role::UnknownCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;

/// What is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Card {
    /// 约谈: one year.
    Talk,
    /// 黄牌: two years in a row.
    #[serde(rename = "yellow_card")]
    Yellow,
    /// 红牌: three years in a row, or more.
    #[serde(rename = "red_card")]
    Red,
}

impl Card {
    /// All of them, the mildest first.
    pub const ALL: [Self; 3] = [Self::Talk, Self::Yellow, Self::Red];

    /// The stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Talk => "talk",
            Self::Yellow => "yellow_card",
            Self::Red => "red_card",
        }
    }

    /// The Chinese name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Talk => "约谈",
            Self::Yellow => "黄牌",
            Self::Red => "红牌",
        }
    }

    /// What so many years in a row come to.
    pub fn after(years: usize) -> Option<Self> {
        match years {
            0 => None,
            1 => Some(Self::Talk),
            2 => Some(Self::Yellow),
            _ => Some(Self::Red),
        }
    }
}

impl FromStr for Card {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.as_str() == text)
            .ok_or_else(|| UnknownCode::new("card", text))
    }
}

/// A school's result of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quality {
    /// 得分: more is better.
    Score(Decimal),
    /// 名次: less is better.
    Rank(Decimal),
}

impl Quality {
    /// The number.
    pub fn value(self) -> Decimal {
        match self {
            Self::Score(value) | Self::Rank(value) => value,
        }
    }

    /// Whether it is worse than another of its kind; `None` where they are of two kinds.
    fn is_worse_than(self, other: Self) -> Option<bool> {
        match (self, other) {
            (Self::Score(now), Self::Score(then)) => Some(now < then),
            (Self::Rank(now), Self::Rank(then)) => Some(now > then),
            (Self::Score(_), Self::Rank(_)) | (Self::Rank(_), Self::Score(_)) => None,
        }
    }

    /// In words: 82.5 分, 第 3 名.
    pub fn told(self) -> String {
        match self {
            Self::Score(value) => format!("{value} 分"),
            Self::Rank(value) => format!("第 {value} 名"),
        }
    }
}

/// The results of the schools of one level, by the year in which their school year begins.
pub type LevelResults = BTreeMap<i32, BTreeMap<UnitId, Quality>>;

/// What was found of one year of a school.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct YearJudged {
    /// The year in which the school year begins.
    pub year: i32,
    /// Worse than the year before.
    pub declined: bool,
    /// Alone at the end of its level.
    pub last_place: bool,
    /// All of it in one sentence, with what was not counted and why.
    pub sentence: String,
}

impl YearJudged {
    /// Whether the year counts against the school.
    fn counts(&self) -> bool {
        self.declined || self.last_place
    }
}

/// What a school's results propose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The school.
    pub unit_id: UnitId,
    /// What is proposed.
    pub card: Card,
    /// The years that led to it, the earliest first.
    pub years: Vec<YearJudged>,
}

/// What the results of `year` propose for the schools of one level, in the order of their ids.
pub fn proposals(results: &LevelResults, year: i32) -> Vec<Proposal> {
    let Some(schools) = results.get(&year) else {
        return Vec::new();
    };
    let propose = |unit_id: &UnitId| {
        let mut years = Vec::new();
        let mut at = year;
        while let Some(judged) = judge(results, *unit_id, at).filter(YearJudged::counts) {
            years.push(judged);
            at -= 1;
        }
        years.reverse();
        let card = Card::after(years.len())?;
        Some(Proposal {
            unit_id: *unit_id,
            card,
            years,
        })
    };
    schools.keys().filter_map(propose).collect()
}

/// What is to be said of one year of a school; `None` where there is no result.
fn judge(results: &LevelResults, unit: UnitId, year: i32) -> Option<YearJudged> {
    let own = *results.get(&year)?.get(&unit)?;
    let (declined, decline) = decline(results, unit, year, own);
    let (last_place, place) = last_place(results.get(&year)?, unit, own);
    Some(YearJudged {
        year,
        declined,
        last_place,
        sentence: format!(
            "{year}—{} 学年 {}；{decline}；{place}",
            year + 1,
            own.told()
        ),
    })
}

fn decline(results: &LevelResults, unit: UnitId, year: i32, own: Quality) -> (bool, String) {
    let before = results.get(&(year - 1)).and_then(|known| known.get(&unit));
    let Some(before) = before else {
        return (false, "上一学年没有结果，不作比较".to_owned());
    };
    let told = before.told();
    match own.is_worse_than(*before) {
        None => (false, format!("上一学年为{told}，计法不同，不作比较")),
        Some(true) => (true, format!("比上一学年（{told}）下降")),
        Some(false) if own == *before => (false, format!("与上一学年（{told}）持平，不计下降")),
        Some(false) => (false, format!("比上一学年（{told}）上升")),
    }
}

fn last_place(schools: &BTreeMap<UnitId, Quality>, unit: UnitId, own: Quality) -> (bool, String) {
    let alike = schools
        .values()
        .filter(|other| own.is_worse_than(**other).is_some());
    let count = alike.count();
    if count < 2 {
        return (false, "同学段没有其他学校的结果，不计末位".to_owned());
    }
    let others = || {
        let others = schools.iter().filter(|(id, _)| **id != unit);
        others.map(|(_, other)| *other)
    };
    let is_beaten_by_all =
        others().all(|other| own.is_worse_than(other) != Some(false) || other == own);
    if !is_beaten_by_all {
        return (false, format!("同学段 {count} 所学校中不是末位"));
    }
    let tied = others().filter(|other| *other == own).count();
    match tied {
        0 => (true, format!("同学段 {count} 所学校中末位")),
        tied => (
            false,
            format!("同学段 {count} 所学校中与 {tied} 所并列末位，不计"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn unit(number: u128) -> UnitId {
        UnitId(Uuid::from_u128(number))
    }

    fn score(value: &str) -> Quality {
        Quality::Score(value.parse().unwrap())
    }

    fn rank(value: &str) -> Quality {
        Quality::Rank(value.parse().unwrap())
    }

    /// Results by year: school 1, 2, 3; `-` where there is none, `#` before a rank.
    fn results(years: &[(i32, [&str; 3])]) -> LevelResults {
        let of_year = |values: &[&str; 3]| {
            let schools = (1..).zip(values).filter(|(_, value)| **value != "-");
            schools
                .map(|(number, value)| match value.strip_prefix('#') {
                    Some(place) => (unit(number), rank(place)),
                    None => (unit(number), score(value)),
                })
                .collect()
        };
        years
            .iter()
            .map(|(year, values)| (*year, of_year(values)))
            .collect()
    }

    fn card(years: &[(i32, [&str; 3])], year: i32, number: u128) -> Option<(Card, usize)> {
        let found = proposals(&results(years), year);
        let one = found.into_iter().find(|one| one.unit_id == unit(number));
        one.map(|one| (one.card, one.years.len()))
    }

    #[test]
    fn years_of_decline_or_last_place_in_a_row_add_up() {
        let years = [
            (2021, ["90", "80", "70"]),
            (2022, ["89", "80", "71"]),
            (2023, ["88", "81", "72"]),
            (2024, ["87", "81", "70"]),
            (2025, ["88", "80.5", "70"]),
        ];
        for (year, number, wanted) in [
            // The first of all years: nothing to compare with, but a last place.
            (2021, 1, None),
            (2021, 3, Some((Card::Talk, 1))),
            // Declines one year after the other.
            (2022, 1, Some((Card::Talk, 1))),
            (2023, 1, Some((Card::Yellow, 2))),
            (2024, 1, Some((Card::Red, 3))),
            // A rise breaks it.
            (2025, 1, None),
            (2025, 2, Some((Card::Talk, 1))),
            // Better than the year before, and still last: it counts; more than three years are no more than red.
            (2022, 3, Some((Card::Yellow, 2))),
            (2024, 3, Some((Card::Red, 4))),
            (2025, 3, Some((Card::Red, 5))),
            (2026, 1, None),
        ] {
            assert_eq!(card(&years, year, number), wanted, "{year} {number}");
        }
    }

    #[test]
    fn ties_do_not_count_and_say_so() {
        let years = [(2024, ["90", "80", "80"]), (2025, ["90", "80", "80"])];
        assert_eq!(proposals(&results(&years), 2025), []);
        let judged = judge(&results(&years), unit(2), 2025).unwrap();
        assert!(
            judged.sentence.contains("并列末位，不计"),
            "{}",
            judged.sentence
        );
        assert!(judged.sentence.contains("持平，不计下降"));
    }

    #[test]
    fn a_missing_year_ends_the_row_and_is_not_bridged() {
        let years = [
            (2022, ["90", "80", "70"]),
            (2023, ["80", "70", "60"]),
            (2025, ["70", "75", "65"]),
        ];
        // 2024 is missing: nobody has declined in 2025, and the last of 2023 begins anew.
        assert_eq!(card(&years, 2025, 1), None);
        assert_eq!(card(&years, 2025, 3), Some((Card::Talk, 1)));
        let judged = judge(&results(&years), unit(1), 2025).unwrap();
        assert!(judged.sentence.contains("上一学年没有结果，不作比较"));
        let own = [(2024, ["90", "80", "-"]), (2025, ["80", "85", "60"])];
        assert_eq!(card(&own, 2025, 3), Some((Card::Talk, 1)));
    }

    #[test]
    fn ranks_fall_when_they_grow_and_are_not_compared_with_scores() {
        let years = [(2024, ["#1", "#2", "#3"]), (2025, ["#2", "#1", "#3"])];
        assert_eq!(card(&years, 2025, 1), Some((Card::Talk, 1)));
        assert_eq!(card(&years, 2025, 2), None);
        assert_eq!(card(&years, 2025, 3), Some((Card::Yellow, 2)));
        let mixed = [(2024, ["90", "80", "70"]), (2025, ["#3", "#1", "#2"])];
        // Last by rank in 2025; the change of counting is no decline.
        assert_eq!(card(&mixed, 2025, 1), Some((Card::Talk, 1)));
        assert_eq!(card(&mixed, 2025, 3), None);
    }

    #[test]
    fn one_school_alone_is_not_the_last() {
        let years = [(2025, ["60", "-", "-"])];
        assert_eq!(card(&years, 2025, 1), None);
    }

    #[test]
    fn codes_are_read_back() {
        for one in Card::ALL {
            assert_eq!(one.as_str().parse(), Ok(one));
            assert_eq!(serde_json::to_value(one).unwrap(), one.as_str());
        }
    }
}

//! Example data: units, tasks and answers of a bureau that does not exist, as numbers fall. The same seed gives the same
//! town. How they are written down is elsewhere.

use crate::domain::dice::Dice;
use crate::domain::level::Level;
use crate::domain::unit_kind::UnitKind;

/// A unit of the town.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeededUnit {
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: UnitKind,
    /// School levels.
    pub levels: Vec<Level>,
    /// Where the unit above stands in the list; before this one.
    pub parent: Option<usize>,
}

/// Sections of the bureau.
pub const SECTIONS: usize = 18;
/// Institutions under it.
const INSTITUTIONS: usize = 6;
/// Districts.
const DISTRICTS: usize = 12;
/// Schools of each district.
const SCHOOLS: usize = 22;

const DIGITS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// A number below 100 in Chinese.
fn chinese(number: usize) -> String {
    let digit = |at: usize| DIGITS.get(at % 10).copied().unwrap_or_default();
    match (number / 10, number % 10) {
        (0, ones) => digit(ones).to_owned(),
        (1, 0) => "十".to_owned(),
        (1, ones) => format!("十{}", digit(ones)),
        (tens, 0) => format!("{}十", digit(tens)),
        (tens, ones) => format!("{}十{}", digit(tens), digit(ones)),
    }
}

/// All units: the bureau's sections first, then institutions, districts, schools.
pub fn units() -> Vec<SeededUnit> {
    let unit = |code: String, name: String, kind, parent| SeededUnit {
        code,
        name,
        kind,
        levels: Vec::new(),
        parent,
    };
    let mut units = vec![unit(
        "SEED-B00".to_owned(),
        "示例市教育局".to_owned(),
        UnitKind::Section,
        None,
    )];
    for number in 1..SECTIONS {
        let name = format!("示例市教育局第{}科", chinese(number));
        units.push(unit(
            format!("SEED-B{number:02}"),
            name,
            UnitKind::Section,
            Some(0),
        ));
    }
    for number in 1..=INSTITUTIONS {
        let name = format!("示例市第{}教育中心", chinese(number));
        let code = format!("SEED-I{number:02}");
        units.push(unit(code, name, UnitKind::Institution, Some(0)));
    }
    for number in 1..=DISTRICTS {
        let name = format!("示例第{}区教育局", chinese(number));
        let code = format!("SEED-D{number:02}");
        units.push(unit(code, name, UnitKind::District, None));
    }
    let first_district = SECTIONS + INSTITUTIONS;
    for district in 0..DISTRICTS {
        for school in 1..=SCHOOLS {
            let levels = levels_of(school);
            let kind_of_school = match levels.as_slice() {
                [Level::Kindergarten] => "幼儿园",
                [Level::Primary] => "小学",
                [Level::Primary, Level::Junior] => "学校",
                _ => "中学",
            };
            units.push(SeededUnit {
                code: format!("SEED-S{:02}{school:02}", district + 1),
                name: format!(
                    "示例第{}区第{}{kind_of_school}",
                    chinese(district + 1),
                    chinese(school)
                ),
                kind: UnitKind::School,
                levels,
                parent: Some(first_district + district),
            });
        }
    }
    units
}

fn levels_of(school: usize) -> Vec<Level> {
    match school {
        0..=4 => vec![Level::Kindergarten],
        5..=12 => vec![Level::Primary],
        13..=14 => vec![Level::Primary, Level::Junior],
        15..=19 => vec![Level::Junior],
        _ => vec![Level::Senior],
    }
}

/// When a task is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Due {
    /// So many days after today, or before.
    Day(i32),
    /// By the end of the plan.
    EndOfPlan,
    /// Never: a standing duty.
    Standing,
}

/// A task of the town.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeededTask {
    /// Number.
    pub number: String,
    /// Headings.
    pub section: Vec<String>,
    /// Title.
    pub title: String,
    /// When it is to be done.
    pub due: Due,
    /// Places of the units that lead it.
    pub leads: Vec<usize>,
    /// Places of those that are responsible.
    pub responsible: Vec<usize>,
}

const HEADINGS: [&str; 5] = [
    "一、课堂教学",
    "二、教师队伍",
    "三、校园安全",
    "四、学生发展",
    "五、条件保障",
];

const WORKS: [&str; 8] = [
    "落实常规管理",
    "排查整改隐患",
    "完善制度建设",
    "开展全员培训",
    "提升课后服务",
    "规范经费使用",
    "推进资源共享",
    "加强家校协同",
];

const DUE_DAYS: [i32; 8] = [-60, -30, -10, 5, 20, 45, 90, 150];

/// The `n`-th task of a plan, from 0.
pub fn task(dice: &mut Dice, units: &[SeededUnit], n: usize) -> SeededTask {
    let heading = n * HEADINGS.len() / 400 % HEADINGS.len();
    let pick = |dice: &mut Dice, from: usize| usize::try_from(dice.below(from as u32)).unwrap_or(0);
    let due = match dice.below(100) {
        0..=11 => Due::Standing,
        12..=29 => Due::EndOfPlan,
        _ => {
            let at = pick(dice, DUE_DAYS.len());
            Due::Day(DUE_DAYS.get(at).copied().unwrap_or(0))
        }
    };
    let lead = 1 + pick(dice, SECTIONS - 1);
    let mut leads = vec![lead];
    if dice.happens(20) {
        leads.push(1 + (lead + pick(dice, SECTIONS - 2)) % (SECTIONS - 1));
    }
    let wanted: Box<dyn Fn(&SeededUnit) -> bool> = match dice.below(10) {
        0..=4 => Box::new(|unit| matches!(unit.kind, UnitKind::District | UnitKind::School)),
        5..=7 => Box::new(|unit| unit.kind == UnitKind::School),
        8 => {
            let at = pick(dice, Level::ALL.len());
            let level = Level::ALL.get(at).copied().unwrap_or(Level::Primary);
            Box::new(move |unit| unit.levels.contains(&level))
        }
        _ => Box::new(|unit| matches!(unit.kind, UnitKind::District | UnitKind::Institution)),
    };
    let work = WORKS.get(pick(dice, WORKS.len())).copied().unwrap_or("");
    SeededTask {
        number: (n + 1).to_string(),
        section: vec![HEADINGS.get(heading).copied().unwrap_or("").to_owned()],
        title: format!("{work}（示例任务 {}）", n + 1),
        due,
        leads: dedup(leads),
        responsible: (0..)
            .zip(units)
            .filter(|(_, unit)| wanted(unit))
            .map(|(at, _)| at)
            .collect(),
    }
}

fn dedup(mut units: Vec<usize>) -> Vec<usize> {
    units.dedup();
    units
}

/// On which days, counted back from today, a unit reports on what is due; the earliest first, none where it does not
/// answer.
pub fn report_days(dice: &mut Dice, issued_back: i32, due: Due) -> Vec<i32> {
    let answers = match due {
        Due::Day(day) if day < 0 => 85,
        Due::Day(day) if day < 30 => 65,
        Due::Day(_) | Due::EndOfPlan => 45,
        Due::Standing => 0,
    };
    if !dice.happens(answers) {
        return Vec::new();
    }
    let count = 1 + dice.below(2);
    let latest = issued_back.saturating_sub(8).max(1);
    let mut days: Vec<i32> = (0..count).map(|_| dice.between(0, latest)).collect();
    days.sort_unstable_by_key(|back| -back);
    days.dedup();
    days
}

/// What a unit reports of one assignment, `back` days ago: what was expected by then, more or less.
pub fn percent(dice: &mut Dice, issued_back: i32, ends_in: i32, back: i32) -> u8 {
    let whole = (issued_back + ends_in).max(1);
    let expected = 100 * (issued_back - back) / whole;
    let reported = (expected + dice.between(-38, 24)).clamp(0, 100);
    u8::try_from(reported).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_town_and_another_seed_another() {
        let units = units();
        assert_eq!(units.len(), 300);
        let tasks = |seed| -> Vec<SeededTask> {
            let mut dice = Dice::of(seed, &[1]);
            (0..50).map(|n| task(&mut dice, &units, n)).collect()
        };
        assert_eq!(tasks(1), tasks(1));
        assert_ne!(tasks(1), tasks(2));
        for task in tasks(3) {
            assert!(task.leads.iter().all(|lead| *lead < SECTIONS));
            assert!(!task.leads.is_empty() && !task.responsible.iter().any(|at| *at < SECTIONS));
        }
    }

    #[test]
    fn units_stand_behind_the_one_above_and_have_codes_of_their_own() {
        let units = units();
        let mut codes: Vec<&str> = units.iter().map(|unit| unit.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), units.len());
        for (at, unit) in units.iter().enumerate() {
            assert!(unit.parent.is_none_or(|parent| parent < at));
        }
    }

    #[test]
    fn reports_lie_between_issue_and_today_in_the_order_of_time() {
        for thing in 0..500 {
            let mut dice = Dice::of(7, &[thing]);
            let days = report_days(&mut dice, 120, Due::Day(-10));
            assert!(days.is_sorted_by(|one, other| one > other));
            assert!(days.iter().all(|back| (0..120).contains(back)));
            assert!(percent(&mut dice, 120, -10, 3) <= 100);
        }
    }
}

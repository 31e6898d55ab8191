//! What there is to do: a plan issued to so many units, each with one contact and one mail that waits.

use crate::place::Place;
use chrono::{Datelike, Days, FixedOffset, NaiveDate, Utc};
use serde_json::Value;

/// A plan of two measures. `{number}` tells plans from each other, `{cycles}` are the cycles that its text names.
const PLAN: &str = "\
云测市“晨光阅读”第{number}号行动方案
云测教〔{year}〕{number}号
各区教育局，市直学校：
一、工作目标
到{next}年底，校园阅读角覆盖率达到100%。
二、重点举措
1、开放校园阅读角。各校每天开放阅读角不少于一小时，组织晨光朗读进校园。（牵头单位：基教科，责任单位：各校）
2、组建阅读教研组。教研室每学期组织一次阅读教学研讨。（牵头单位：教研室，责任单位：基教科，完成时限：{next}年12月底前）
三、实施步骤
（一）部署启动（{year}年1月—2月）。印发方案，开展培训。
（二）全面实施（{year}年3月—{next}年12月）。各校开展活动。
四、工作要求
{cycles}云测市教育局
{year}年1月2日
";

/// All five cycles.
const CYCLES: &str =
    "建立每月一抽查、每双月一调度、每季一通报、每学期一监测、每学年一考评的工作机制。\n";

/// Cycles of a plan that names all.
pub const CYCLES_OF_PLAN: usize = 5;

/// A plan without cycles issued to so many units; their mails wait. Answers with their number.
pub fn issue(place: &Place, units: usize) -> usize {
    place.write("units.csv", units_file(units));
    place.write("plan.txt", plan(1, false));
    let args = [
        "import",
        "plan.txt",
        "--units",
        "units.csv",
        "--issue",
        "--json",
    ];
    let told: Value = serde_json::from_str(&place.run(&args)).expect("JSON");
    let mails = told["issued"]["mails"].as_u64().expect("mails");
    assert_eq!(mails, units as u64, "every unit has its mail");
    units
}

/// So many plans with all five cycles, issued long ago, whose rounds are due: the next service that starts opens them.
pub fn issue_with_due_rounds(place: &Place, plans: usize, units: usize) {
    place.write("units.csv", units_file(units));
    for number in 1..=plans {
        place.write("plan.txt", plan(number, true));
        place.run(&["import", "plan.txt", "--units", "units.csv", "--issue"]);
    }
    let long_ago = today() - Days::new(420);
    place.execute(&format!("UPDATE plan SET issued_on = '{long_ago}'"));
    place.execute(&format!("UPDATE cycle SET switched_on_on = '{long_ago}'"));
    work_today(place);
}

/// Late rounds open on workdays only: where today or tomorrow is none, it is a make-up workday.
fn work_today(place: &Place) {
    let days = [today(), today() + Days::new(1)];
    let weekend = days
        .into_iter()
        .filter(|day| day.weekday().num_days_from_monday() > 4);
    let workdays: Vec<String> = weekend.map(|day| format!("\"{day}\":\"国庆节\"")).collect();
    if workdays.is_empty() {
        return;
    }
    let holiday = NaiveDate::from_ymd_opt(today().year(), 10, 1).expect("a day");
    let days = format!(
        "{{\"holidays\":{{\"{holiday}\":\"国庆节\"}},\"workdays\":{{{}}}}}",
        workdays.join(",")
    );
    place.write("days.json", days);
    place.run(&["calendar", "import", "days.json"]);
}

/// Today in the bureau.
fn today() -> NaiveDate {
    let zone = FixedOffset::east_opt(8 * 3600).expect("a zone");
    #[expect(
        clippy::disallowed_methods,
        reason = "the program under test reads the same clock"
    )]
    let now = Utc::now();
    now.with_timezone(&zone).date_naive()
}

fn plan(number: usize, with_cycles: bool) -> String {
    let year = today().year() - 1;
    PLAN.replace("{number}", &number.to_string())
        .replace("{year}", &year.to_string())
        .replace("{next}", &(year + 3).to_string())
        .replace("{cycles}", if with_cycles { CYCLES } else { "" })
}

/// Two offices, and schools.
fn units_file(units: usize) -> String {
    let mut text = "code,name,kind,parent,aliases,level,contact,email\n\
         B1,基教科,section,,督导办,,林同志,jijiao@bureau.example.org\n\
         B2,教研室,section,,,,岑同志,jiaoyan@bureau.example.org\n"
        .to_owned();
    for number in 1..=units - 2 {
        text.push_str(&format!(
            "S{number:05},第{number}小学,school,,,primary,老师{number},contact{number}@school{number}.example.org\n"
        ));
    }
    text
}

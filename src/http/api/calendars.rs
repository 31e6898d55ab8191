//! `/calendars`: holidays, make-up workdays and terms, with what is provisional among them (design §5.5).

use crate::domain::access::Action;
use crate::domain::calendar::{DayKind, Holidays};
use crate::domain::level::Level;
use crate::domain::term::{Term, TermNumber};
use crate::files::name::shown_name;
use crate::flow::import_calendar::{CalendarImported, import_calendar};
use crate::flow::refusal::RefusalCode;
use crate::http::kernel::{
    Call, Endpoint, FieldCode, FieldErrors, FileCount, NoFields, NoQuery, Problem, Reply, Tag,
    Upload,
};
use crate::storage::calendars;
use actix_web::http::StatusCode;
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "calendars",
    says: "校历：节假日、调休和学期",
};

/// A calendar file is no larger than this.
const LARGEST_FILE: usize = 4 << 20;

/// The years that can be asked about.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let all = [
        Endpoint::get("/calendars", "read_calendars", Action::ReadCalendars, read_calendars)
            .says("校历概况", "Years and terms known", "各年的节假日是否已经公布、来自何处，以及已有的学期。没有公布的年份按法定节假日推算，provisional 为 true。"),
        Endpoint::get("/calendars/{year}/days", "list_calendar_days", Action::ReadCalendars, list_days)
            .says("一年中的休息日和调休上班日", "Days off and make-up workdays of a year", "包括周末。没有列出的都是平常的工作日。")
            .example_param("year", "2026"),
        Endpoint::get("/calendars/terms", "list_terms", Action::ReadCalendars, list_terms)
            .says("一学年的学期", "Terms of a school year", "各学段两个学期的起止日期；没有导入的按往年推算，provisional 为 true。")
            .example_query("school_year=2026"),
        Endpoint::post("/calendars/import", "import_calendar", Action::WriteCalendars, import)
            .says("导入校历", "Import a calendar file", "整个导入或完全不导入。原来按推算日期确定的期限随之重排，moved 是期限有变化的应报事项数。")
            .answers(&[StatusCode::OK])
            .body_limit(LARGEST_FILE)
            .file("file", FileCount::One, "节假日（json 或 ics），或学期表（csv）")
            .refuses(&[RefusalCode::UnreadableFile]),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 校历概况
#[derive(Debug, Serialize, ToSchema)]
struct CalendarsShown {
    /// 各年，从早到晚，至明年为止
    years: Vec<YearShown>,
    /// 已有的学期，不含推算的
    terms: Vec<TermShown>,
}

/// 一年
#[derive(Debug, Serialize, ToSchema)]
struct YearShown {
    /// 年份
    year: i32,
    /// 是否尚未公布，日期出自推算
    provisional: bool,
    /// 来源：imported 为本单位导入，built_in 为程序自带，law 为按法律推算
    source: YearSource,
    /// 导入时的文件名
    #[schema(required)]
    file_name: Option<String>,
    /// 休息日天数，含周末
    days_off: usize,
    /// 调休上班天数
    make_up_workdays: usize,
}

/// 一年节假日的来源
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum YearSource {
    Imported,
    BuiltIn,
    Law,
}

/// 一个学段的一个学期
#[derive(Debug, Serialize, ToSchema)]
struct TermShown {
    /// 周期段，例如 2026-T1
    period: String,
    /// 学年开始的年份：2026 为 2026 年 9 月起的学年
    school_year: i32,
    /// 1 为秋季学期，2 为春季学期
    number: u8,
    /// 学段
    level: Level,
    /// 第一天
    starts_on: NaiveDate,
    /// 最后一天
    ends_on: NaiveDate,
    /// 是否不是本单位确定的日期
    provisional: bool,
}

/// 一天
#[derive(Debug, Serialize, ToSchema)]
struct DayShown {
    /// 日期
    on: NaiveDate,
    /// off 为休息，work 为调休上班
    kind: DayKind,
    /// 节假日名称；平常周末为 null
    #[schema(required)]
    name: Option<String>,
    /// 是否尚未公布，可能改变
    provisional: bool,
}

/// 一年中与平常工作日不同的日子
#[derive(Debug, Serialize, ToSchema)]
struct DaysShown {
    /// 年份
    year: i32,
    /// 是否尚未公布，日期出自推算
    provisional: bool,
    /// 从年初到年末
    items: Vec<DayShown>,
}

/// 学期
#[derive(Debug, Serialize, ToSchema)]
struct TermsShown {
    /// 按学期、学段排列
    items: Vec<TermShown>,
}

async fn read_calendars(call: Call) -> Result<Reply<CalendarsShown>, Problem> {
    let calendar = call.ctx.calendar().await?;
    let sources = calendars::sources(&call.ctx.db).await?;
    let today = call.now.today.year();
    let years: BTreeSet<i32> = calendar
        .holidays
        .announced_years()
        .iter()
        .copied()
        .chain([today, today.saturating_add(1)])
        .collect();
    let years = years.into_iter();
    let shown = CalendarsShown {
        years: years
            .map(|year| year_shown(year, &calendar.holidays, &sources))
            .collect(),
        terms: calendar.terms.terms().map(term_shown).collect(),
    };
    Ok(Reply::ok(shown))
}

fn year_shown(year: i32, holidays: &Holidays, sources: &BTreeMap<i32, String>) -> YearShown {
    let days = days_of(year, holidays);
    let provisional = !holidays.announced_years().contains(&year);
    let file_name = sources.get(&year).cloned();
    let source = match (&file_name, provisional) {
        (Some(_), _) => YearSource::Imported,
        (None, false) => YearSource::BuiltIn,
        (None, true) => YearSource::Law,
    };
    YearShown {
        year,
        provisional,
        source,
        file_name,
        days_off: days.iter().filter(|day| day.kind == DayKind::Off).count(),
        make_up_workdays: days.iter().filter(|day| day.kind == DayKind::Work).count(),
    }
}

/// The days of a year that are off, or workdays by a notice.
fn days_of(year: i32, holidays: &Holidays) -> Vec<DayShown> {
    let Some(first) = NaiveDate::from_ymd_opt(year, 1, 1) else {
        return Vec::new();
    };
    let days = first.iter_days().take_while(|day| day.year() == year);
    let shown = days.filter_map(|day| {
        let name = holidays.name_of(day).map(str::to_owned);
        let kind = match (holidays.is_workday(day), &name) {
            (false, _) => DayKind::Off,
            (true, Some(_)) => DayKind::Work,
            (true, None) => return None,
        };
        Some(DayShown {
            on: day,
            kind,
            name,
            provisional: holidays.is_provisional(day),
        })
    });
    shown.collect()
}

async fn list_days(call: Call) -> Result<Reply<DaysShown>, Problem> {
    let year: i32 = call.part("year")?;
    if !YEARS.contains(&year) {
        return Err(Problem::not_found());
    }
    let calendar = call.ctx.calendar().await?;
    Ok(Reply::ok(DaysShown {
        year,
        provisional: !calendar.holidays.announced_years().contains(&year),
        items: days_of(year, &calendar.holidays),
    }))
}

/// 哪些学期
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TermQuery {
    /// 学年开始的年份，1900 至 2200；不填为今天所在的学年
    #[schema(minimum = 1900, maximum = 2200)]
    school_year: Option<i32>,
}

async fn list_terms(call: Call<TermQuery>) -> Result<Reply<TermsShown>, Problem> {
    let today = call.now.today;
    // A school year begins in September.
    let current = if today.month() < 9 {
        today.year() - 1
    } else {
        today.year()
    };
    let school_year = call.query.school_year.unwrap_or(current);
    if !YEARS.contains(&school_year) {
        let (from, to) = (YEARS.start(), YEARS.end());
        let mut errors = FieldErrors::default();
        let message = format!("应在 {from} 至 {to} 之间");
        errors.add("school_year", FieldCode::OutOfRange, message);
        return Err(Problem::of_parameters(errors).unwrap_or_else(Problem::not_found));
    }
    let calendar = call.ctx.calendar().await?;
    let all = TermNumber::ALL
        .into_iter()
        .flat_map(|number| Level::ALL.map(|level| (number, level)));
    let items = all
        .filter_map(|(number, level)| calendar.terms.term(school_year, number, level))
        .map(|term| term_shown(&term))
        .collect();
    Ok(Reply::ok(TermsShown { items }))
}

fn term_shown(term: &Term) -> TermShown {
    TermShown {
        period: format!("{}-T{}", term.school_year, term.number.as_number()),
        school_year: term.school_year,
        number: term.number.as_number(),
        level: term.level,
        starts_on: term.starts_on,
        ends_on: term.ends_on,
        provisional: term.provisional,
    }
}

/// 导入的结果
#[derive(Debug, Serialize, ToSchema)]
struct CalendarImportedShown {
    /// 文件公布了节假日的年份
    years: BTreeSet<i32>,
    /// 文件中的节假日和调休日天数
    days: usize,
    /// 文件中的学期数
    terms: usize,
    /// 期限有变化的应报事项数
    moved: usize,
}

async fn import(
    call: Call<NoQuery, Upload<NoFields>>,
) -> Result<Reply<CalendarImportedShown>, Problem> {
    let file = call.body.file("file").ok_or_else(Problem::not_found)?;
    let name = shown_name(&file.file_name);
    let imported = import_calendar(&call.ctx, &name, &file.bytes).await?;
    let CalendarImported {
        years,
        days,
        terms,
        moved,
    } = imported;
    Ok(Reply::ok(CalendarImportedShown {
        years,
        days,
        terms,
        moved,
    }))
}

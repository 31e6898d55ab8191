//! `GET /dashboard`: every figure of a day, each with the address of the rows it counts. What is counted is in
//! `flow::dashboard`; here is what it looks like.

use super::links::{Counts, Link, Linked};
use crate::domain::access::Action;
use crate::domain::board::{AgeBucket, OpenRound, SeriesPoint};
use crate::domain::cycle_kind::CycleKind;
use crate::domain::ids::{MailId, PlanId, RoundId, UnitId};
use crate::domain::level::Level;
use crate::domain::mail_state::MailState;
use crate::domain::obligation::ObligationState;
use crate::domain::unit_kind::UnitKind;
use crate::flow::RefusalCode;
use crate::flow::dashboard::{Burden, Dashboard, Overdue, UnitNames, dashboard};
use crate::flow::list_by_light::day_asked;
use crate::http::kernel::{Call, Day, Endpoint, Problem, Reply, Tag};
use crate::storage::mail_health::MailHealth;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "dashboard",
    says: "看板",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get(
            "/dashboard",
            "read_dashboard",
            Action::ReadDashboard,
            read_dashboard,
        )
        .tag(TAG)
        .says(
            "看板",
            "Every figure of a day",
            "截至某日的红黄绿灯、序时进度、督办轮次、逾期、各单位负担和邮件状况。每个数都附 href，打开即得所数的各行，行数与该数相同。单位账号只见本单位及下级单位的事项、本单位牵头的任务。",
        )
        .refuses(&[RefusalCode::InvalidValue])
        .example_query("as_of=2026-03-09"),
    ]
}

/// What is asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DashboardQuery {
    /// 截至哪一天，今天或以前；不填为今天
    #[serde(default)]
    as_of: Option<Day>,
}

async fn read_dashboard(call: Call<DashboardQuery>) -> Result<Reply<DashboardShown>, Problem> {
    let on = day_asked(call.now, call.query.as_of.map(|day| day.0))?;
    let figures = dashboard(&call.ctx, &call.viewer, on).await?;
    Ok(Reply::ok(shown(&figures)))
}

/// 看板
#[derive(Debug, Serialize, ToSchema)]
struct DashboardShown {
    /// 截至哪一天
    as_of: NaiveDate,
    /// 任务：以第一牵头单位的进度计
    tasks: Counts,
    /// 任务分工：各以本单位的进度计
    assignments: Counts,
    /// 按牵头单位；一项任务有几个牵头单位的，各计一次
    by_lead_unit: Vec<ByLeadUnit>,
    /// 按方案的一级标题
    by_section: Vec<BySection>,
    /// 按承担单位的类型
    by_unit_kind: Vec<ByUnitKind>,
    /// 按承担学校的学段；跨学段的学校各计一次
    by_level: Vec<ByLevel>,
    /// 按方案
    by_plan: Vec<ByPlan>,
    /// 序时进度与实际进度，每周一点，至多 60 点，最后一点为当日
    progress: Vec<ProgressPoint>,
    /// 正在进行的督办轮次
    open_rounds: Vec<RoundShown>,
    /// 逾期未报
    overdue: OverdueShown,
    /// 当月各单位被要求填报的次数
    burden: BurdenShown,
    /// 邮件状况；只在查看当天时有
    #[schema(required)]
    mails: Option<MailsShown>,
}

/// 一个牵头单位
#[derive(Debug, Serialize, ToSchema)]
struct ByLeadUnit {
    /// 单位
    unit_id: UnitId,
    /// 单位编码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 所牵头的任务
    tasks: Counts,
    /// 这些任务的分工
    assignments: Counts,
}

/// 一个一级标题
#[derive(Debug, Serialize, ToSchema)]
struct BySection {
    /// 方案
    plan_id: PlanId,
    /// 方案名称
    plan_title: String,
    /// 一级标题；没有标题的为空
    section: String,
    /// 其下的任务
    tasks: Counts,
    /// 这些任务的分工
    assignments: Counts,
}

/// 一类单位
#[derive(Debug, Serialize, ToSchema)]
struct ByUnitKind {
    /// 单位类型
    unit_kind: UnitKind,
    /// 其承担的分工
    assignments: Counts,
}

/// 一个学段
#[derive(Debug, Serialize, ToSchema)]
struct ByLevel {
    /// 学段
    level: Level,
    /// 其承担的分工
    assignments: Counts,
}

/// 一个方案
#[derive(Debug, Serialize, ToSchema)]
struct ByPlan {
    /// 方案
    plan_id: PlanId,
    /// 方案名称
    plan_title: String,
    /// 任务
    tasks: Counts,
    /// 分工
    assignments: Counts,
}

/// 某日的进度
#[derive(Debug, Serialize, ToSchema)]
struct ProgressPoint {
    /// 日期
    on: NaiveDate,
    /// 计入的分工数
    assignments: u32,
    /// 序时进度的平均值，0 至 100
    #[schema(required)]
    expected_percent: Option<f64>,
    /// 实际进度的平均值，0 至 100；未填报的按 0 计
    #[schema(required)]
    actual_percent: Option<f64>,
}

/// 一个正在进行的轮次
#[derive(Debug, Serialize, ToSchema)]
struct RoundShown {
    /// 轮次
    id: RoundId,
    /// 周期种类
    kind: CycleKind,
    /// 所属时段，如 2026-11
    period: String,
    /// 方案
    plan_id: PlanId,
    /// 方案名称
    plan_title: String,
    /// 开始日
    opened_on: NaiveDate,
    /// 最迟的截止日；不要求填报的为空
    #[schema(required)]
    due_on: Option<NaiveDate>,
    /// 应报
    asked: Linked,
    /// 已报
    answered: Linked,
    /// 逾期未报
    overdue: Linked,
    /// 已报占应报的百分比，0 至 100
    #[schema(required)]
    answer_percent: Option<f64>,
}

/// 逾期未报
#[derive(Debug, Serialize, ToSchema)]
struct OverdueShown {
    /// 全部
    total: Linked,
    /// 按逾期的工作日数
    by_age: Vec<AgeShown>,
    /// 涉及的单位数
    units_total: usize,
    /// 最多的 50 个单位
    units: Vec<UnitOverdueShown>,
}

/// 一段逾期时间
#[derive(Debug, Serialize, ToSchema)]
struct AgeShown {
    /// 逾期的工作日数：1-2、3-6、7-14、15+
    age: String,
    /// 件数
    #[serde(flatten)]
    count: Linked,
}

/// 一个单位的逾期未报
#[derive(Debug, Serialize, ToSchema)]
struct UnitOverdueShown {
    /// 单位
    unit_id: UnitId,
    /// 单位编码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 全部
    total: Linked,
    /// 按逾期的工作日数，没有的不列
    by_age: Vec<AgeShown>,
}

/// 当月负担
#[derive(Debug, Serialize, ToSchema)]
struct BurdenShown {
    /// 当月第一天
    from: NaiveDate,
    /// 当月最后一天
    to: NaiveDate,
    /// 每个单位每月至多要求填报的次数
    budget: u32,
    /// 当月要求填报的次数，签收和已撤回的不计
    asks: Linked,
    /// 被要求填报的单位数
    units_total: usize,
    /// 其中已达到上限的单位数
    units_at_budget: usize,
    /// 最多的 50 个单位
    units: Vec<UnitBurdenShown>,
}

/// 一个单位的当月负担
#[derive(Debug, Serialize, ToSchema)]
struct UnitBurdenShown {
    /// 单位
    unit_id: UnitId,
    /// 单位编码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 次数
    asks: Linked,
    /// 是否已达到上限：再要求填报须说明理由
    at_budget: bool,
}

/// 邮件状况
#[derive(Debug, Serialize, ToSchema)]
struct MailsShown {
    /// 按状态，没有的不列
    by_state: Vec<MailStateShown>,
    /// 待发的邮件中排队最久的
    #[schema(required)]
    oldest_waiting: Option<OldestMail>,
    /// 发送失败
    failed: Linked,
    /// 结果不明
    unknown: Linked,
    /// 没有邮箱地址的联络员
    contacts_without_address: Linked,
}

/// 一种状态的邮件
#[derive(Debug, Serialize, ToSchema)]
struct MailStateShown {
    /// 状态
    state: MailState,
    /// 封数
    #[serde(flatten)]
    count: Linked,
}

/// 排队最久的邮件
#[derive(Debug, Serialize, ToSchema)]
struct OldestMail {
    /// 邮件
    id: MailId,
    /// 何时排入
    queued_at: DateTime<Utc>,
    /// 地址
    href: String,
}

fn shown(figures: &Dashboard) -> DashboardShown {
    let on = figures.on;
    let tasks = Link::to("tasks").with("as_of", on);
    let assignments = Link::to("assignments").with("as_of", on);
    let counts = &figures.counts;
    DashboardShown {
        as_of: on,
        tasks: Counts::of(&counts.tasks, &tasks),
        assignments: Counts::of(&counts.assignments, &assignments),
        by_lead_unit: by_lead_unit(figures, &tasks, &assignments),
        by_section: by_section(figures, &tasks, &assignments),
        by_unit_kind: by_unit_kind(figures, &assignments),
        by_level: by_level(figures, &assignments),
        by_plan: by_plan(figures, &tasks, &assignments),
        progress: figures.series.iter().map(point_shown).collect(),
        open_rounds: rounds_shown(figures),
        overdue: overdue_shown(on, &figures.overdue, &figures.unit_names),
        burden: burden_shown(&figures.burden, &figures.unit_names),
        mails: figures.mails.as_ref().map(mails_shown),
    }
}

fn by_lead_unit(figures: &Dashboard, tasks: &Link, assignments: &Link) -> Vec<ByLeadUnit> {
    let groups = figures.counts.by_lead_unit.iter().map(|group| {
        let (unit_code, unit_name) = names(&figures.unit_names, group.key);
        let tasks = tasks.with("lead_unit_code", &unit_code);
        let assignments = assignments.with("lead_unit_code", &unit_code);
        ByLeadUnit {
            unit_id: group.key,
            tasks: Counts::of(&group.tasks, &tasks),
            assignments: Counts::of(&group.assignments, &assignments),
            unit_code,
            unit_name,
        }
    });
    groups.collect()
}

fn by_section(figures: &Dashboard, tasks: &Link, assignments: &Link) -> Vec<BySection> {
    let groups = figures.counts.by_section.iter().map(|group| {
        let (plan_id, section) = &group.key;
        let of = |link: &Link| link.with("plan_id", plan_id.0).with("top_section", section);
        BySection {
            plan_id: *plan_id,
            plan_title: title(&figures.plan_titles, *plan_id),
            section: section.clone(),
            tasks: Counts::of(&group.tasks, &of(tasks)),
            assignments: Counts::of(&group.assignments, &of(assignments)),
        }
    });
    groups.collect()
}

fn by_unit_kind(figures: &Dashboard, assignments: &Link) -> Vec<ByUnitKind> {
    let groups = figures.counts.by_kind.iter().map(|group| ByUnitKind {
        unit_kind: group.key,
        assignments: Counts::of(
            &group.assignments,
            &assignments.with("unit_kind", group.key.as_str()),
        ),
    });
    groups.collect()
}

fn by_level(figures: &Dashboard, assignments: &Link) -> Vec<ByLevel> {
    let groups = figures.counts.by_level.iter().map(|group| ByLevel {
        level: group.key,
        assignments: Counts::of(
            &group.assignments,
            &assignments.with("level", group.key.as_str()),
        ),
    });
    groups.collect()
}

fn by_plan(figures: &Dashboard, tasks: &Link, assignments: &Link) -> Vec<ByPlan> {
    let groups = figures.counts.by_plan.iter().map(|group| {
        let of = |link: &Link| link.with("plan_id", group.key.0);
        ByPlan {
            plan_id: group.key,
            plan_title: title(&figures.plan_titles, group.key),
            tasks: Counts::of(&group.tasks, &of(tasks)),
            assignments: Counts::of(&group.assignments, &of(assignments)),
        }
    });
    groups.collect()
}

fn point_shown(point: &SeriesPoint) -> ProgressPoint {
    ProgressPoint {
        on: point.on,
        assignments: point.assignments,
        expected_percent: point.expected_percent.map(tenths),
        actual_percent: point.actual_percent.map(tenths),
    }
}

fn rounds_shown(figures: &Dashboard) -> Vec<RoundShown> {
    let round = |round: &OpenRound| {
        let link = Link::to("obligations")
            .with("as_of", figures.on)
            .with("round_id", round.id.0);
        let answered = link.with("state", ObligationState::Answered.as_str());
        RoundShown {
            id: round.id,
            kind: round.cycle,
            period: round.period_key.clone(),
            plan_id: round.plan_id,
            plan_title: title(&figures.plan_titles, round.plan_id),
            opened_on: round.opened_on,
            due_on: round.due_on,
            asked: link.with("counted", true).counting(round.asked),
            answered: answered.counting(round.answered),
            overdue: link.with("overdue", true).counting(round.overdue),
            answer_percent: round.answer_rate().map(tenths),
        }
    };
    figures.rounds.iter().map(round).collect()
}

fn overdue_shown(
    on: NaiveDate,
    overdue: &Overdue,
    unit_names: &BTreeMap<UnitId, UnitNames>,
) -> OverdueShown {
    let link = Link::to("obligations")
        .with("as_of", on)
        .with("overdue", true);
    let ages = |link: &Link, by_age: [u32; 4]| -> Vec<AgeShown> {
        let of_age = |age: AgeBucket| {
            let counted = AgeBucket::ALL.into_iter().zip(by_age);
            counted
                .filter(|(one, _)| *one == age)
                .map(|(_, count)| count)
                .sum::<u32>()
        };
        let ages = overdue.ages.iter().map(|days| AgeShown {
            age: days.age.as_str().to_owned(),
            count: link
                .with_some("due_from", days.due_from)
                .with("due_to", days.due_to)
                .counting(of_age(days.age)),
        });
        ages.filter(|age| age.count.count > 0).collect()
    };
    let units = overdue.heaviest.iter().map(|unit| {
        let (unit_code, unit_name) = names(unit_names, unit.unit_id);
        let link = link.with("unit_code", &unit_code);
        UnitOverdueShown {
            unit_id: unit.unit_id,
            total: link.counting(unit.total()),
            by_age: ages(&link, unit.by_age),
            unit_code,
            unit_name,
        }
    });
    OverdueShown {
        total: link.counting(overdue.all),
        by_age: ages(&link, overdue.by_age),
        units_total: overdue.units,
        units: units.collect(),
    }
}

fn burden_shown(burden: &Burden, unit_names: &BTreeMap<UnitId, UnitNames>) -> BurdenShown {
    let link = Link::to("obligations")
        .with("opened_from", burden.first_on)
        .with("opened_to", burden.last_on)
        .with("counted", true);
    let units = burden.heaviest.iter().map(|unit| {
        let (unit_code, unit_name) = names(unit_names, unit.unit_id);
        UnitBurdenShown {
            unit_id: unit.unit_id,
            asks: link.with("unit_code", &unit_code).counting(unit.asks),
            at_budget: unit.at_budget,
            unit_code,
            unit_name,
        }
    });
    BurdenShown {
        from: burden.first_on,
        to: burden.last_on,
        budget: burden.budget,
        asks: link.counting(burden.asks),
        units_total: burden.units,
        units_at_budget: burden.units_at_budget,
        units: units.collect(),
    }
}

fn mails_shown(health: &MailHealth) -> MailsShown {
    let of_state = |state: MailState| {
        let counted = health.by_state.iter().find(|(one, _)| *one == state);
        let link = Link::to("mails").with("state", state.as_str());
        link.counting(counted.map_or(0, |(_, mails)| *mails))
    };
    let contacts = Link::to("contacts")
        .with("has_address", false)
        .with("ended", false);
    MailsShown {
        by_state: health
            .by_state
            .iter()
            .map(|(state, _)| MailStateShown {
                state: *state,
                count: of_state(*state),
            })
            .collect(),
        oldest_waiting: health.oldest_waiting.map(|(id, queued_at)| OldestMail {
            id,
            queued_at,
            href: format!("/api/v1/mails/{id}"),
        }),
        failed: of_state(MailState::Failed),
        unknown: of_state(MailState::Unknown),
        contacts_without_address: contacts.counting(health.without_address),
    }
}

fn names(names: &BTreeMap<UnitId, UnitNames>, id: UnitId) -> (String, String) {
    let known = names.get(&id);
    known.map_or_else(Default::default, |unit| {
        (unit.code.clone(), unit.name.clone())
    })
}

fn title(titles: &BTreeMap<PlanId, String>, id: PlanId) -> String {
    titles.get(&id).cloned().unwrap_or_default()
}

/// Rounded to a tenth.
fn tenths(percent: f64) -> f64 {
    (percent * 10.0).round() / 10.0
}

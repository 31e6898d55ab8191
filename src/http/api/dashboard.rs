//! `GET /dashboard`: every figure of a day, each with the address of the rows it counts. What is counted is in
//! `flow::dashboard`, what it looks like in `dashboard_json`.

use super::dashboard_json::{
    AgeShown, BurdenShown, ByLeadUnit, ByLevel, ByPlan, BySection, ByUnitKind, DashboardShown,
    MailStateShown, MailsShown, OldestMail, OverdueShown, ProgressPoint, RoundShown,
    UnitBurdenShown, UnitOverdueShown,
};
use super::links::{Counts, Link};
use crate::domain::access::Action;
use crate::domain::board::{AgeBucket, OpenRound, SeriesPoint};
use crate::domain::ids::{PlanId, UnitId};
use crate::domain::mail_state::MailState;
use crate::domain::obligation::ObligationState;
use crate::flow::Ctx;
use crate::flow::RefusalCode;
use crate::flow::dashboard::{Burden, Dashboard, Overdue, UnitNames, dashboard, whole_dashboard};
use crate::flow::list_by_light::day_asked;
use crate::http::kernel::{Call, Day, Endpoint, Problem, Reply, Tag};
use crate::storage::mail_health::MailHealth;
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::Value;
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

/// What the dashboard of the whole bureau looks like today, as `read_dashboard` would show it to whoever meets all units;
/// for the big screen, which nobody signs in to.
///
/// # Errors
/// 503 where the board cannot be read.
pub async fn whole(ctx: &Ctx) -> Result<Value, Problem> {
    let figures = whole_dashboard(ctx, ctx.now().today).await?;
    serde_json::to_value(shown(&figures)).map_err(|error| Problem::internal(error.to_string()))
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

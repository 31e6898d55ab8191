//! `/notices`: notices 督办单, their documents, and what has become of them. Raising and deciding is in `notice_steps`.

use super::examples;
use crate::documents::official_docx::official_docx;
use crate::documents::official_html::official_page;
use crate::domain::access::{Action, Reach};
use crate::domain::ids::{NoticeId, ObligationId, PlanId, TaskId, UnitId};
use crate::domain::light::Light;
use crate::domain::notice::{NoticeEvent, NoticeObjection, NoticeOrigin, NoticeState, Rung};
use crate::domain::notice_facts::NoticeFacts;
use crate::files::kind::FileKind;
use crate::flow::notice_document::{file_title, notice_document};
use crate::flow::{FlowError, RefusalCode};
use crate::http::kernel::{
    Call, Day, Direction, Download, Endpoint, Line, List, Page, Problem, Reply, SortKey, Tag,
};
use crate::storage::lists::labels;
use crate::storage::lists::notices::{self as list, NoticeFilter};
use crate::storage::notices::{self, StoredNotice, StoredStep};
use crate::storage::{Db, obligations};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// Their group in the document.
pub(super) const TAG: Tag = Tag {
    name: "notices",
    says: "督办单：编号、一事一单，按规则或由人提出，批准后发出，答复后办结",
};

/// The endpoints that read.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadNotices;
    let all = [
        Endpoint::get("/notices", "list_notices", read, list_notices)
            .says(
                "督办单列表",
                "List notices",
                "默认后提出的在前。单位的角色只看到发给本单位和下级单位的、已经发出的督办单。",
            )
            .example_query("rung=red&state=issued"),
        Endpoint::get("/notices/{id}", "get_notice", read, get)
            .says(
                "查看督办单",
                "Get a notice",
                "含所列的事实（发出后不再变化）和全部经过。",
            )
            .example_param("id", examples::NOTICE),
        Endpoint::get("/notices/{id}/notice.docx", "get_notice_docx", read, docx)
            .says(
                "督办单（Word）",
                "A notice as docx",
                "公文格式；没有发出的为送审稿。督办单不变，文件逐字节相同。",
            )
            .refuses(&[RefusalCode::Unprintable])
            .never_kept()
            .example_param("id", examples::NOTICE),
        Endpoint::get("/notices/{id}/notice.html", "get_notice_html", read, html)
            .says("督办单（网页）", "A notice as html", "同一内容的网页。")
            .refuses(&[RefusalCode::Unprintable])
            .never_kept()
            .example_param("id", examples::NOTICE),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NoticeQuery {
    /// 单位代码
    unit_code: Option<Line<64>>,
    /// 级别：黄色、红色
    rung: Option<Rung>,
    /// 状态
    state: Option<NoticeState>,
    /// 任务
    task_id: Option<TaskId>,
    /// 方案
    plan_id: Option<PlanId>,
    /// 提出日期起
    raised_from: Option<Day>,
    /// 提出日期止
    raised_to: Option<Day>,
    /// 发出日期起
    issued_from: Option<Day>,
    /// 发出日期止
    issued_to: Option<Day>,
}

/// Notices come by the day on which they were raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ByDay;

impl SortKey for ByDay {
    const ALL: &'static [Self] = &[Self];
    const USUAL: Direction = Direction::Descending;

    fn as_str(self) -> &'static str {
        "raised_on"
    }
}

/// 督办单
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Notice {
    /// 编号
    id: NoticeId,
    /// 发文编号，如〔2026〕督字第3号；没有发出的为空
    #[schema(required)]
    number: Option<String>,
    /// 级别：黄色、红色
    rung: Rung,
    /// 来由：ladder 按规则提出，hand 人工提出
    origin: NoticeOrigin,
    /// 状态：待批准、待发出、待答复、已答复、已办结、已撤回
    state: NoticeState,
    /// 单位编号
    unit_id: UnitId,
    /// 单位代码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 方案编号
    plan_id: PlanId,
    /// 方案标题
    plan_title: String,
    /// 任务编号；不是就任务提出的为空
    #[schema(required)]
    task_id: Option<TaskId>,
    /// 所督办的事项
    about: String,
    /// 最长已逾期几个工作日，以列出事实之日计
    overdue_workdays: u32,
    /// 提出的理由
    reason: String,
    /// 办理要求
    demand: String,
    /// 发出后几个工作日内答复
    answer_workdays: i32,
    /// 提出日期
    raised_on: NaiveDate,
    /// 发出日期
    #[schema(required)]
    issued_on: Option<NaiveDate>,
    /// 现在的答复期限
    #[schema(required)]
    answer_by: Option<NaiveDate>,
    /// 要求答复的应报事项，在那里填报答复
    #[schema(required)]
    obligation_id: Option<ObligationId>,
    /// 同一事项的前一份督办单
    #[schema(required)]
    earlier_id: Option<NoticeId>,
    /// 异议：待处理、未采纳、已采纳；没有提出的为空
    #[schema(required)]
    objection: Option<NoticeObjection>,
    /// 所督办的事项了结的日期
    #[schema(required)]
    cleared_on: Option<NaiveDate>,
}

/// 督办单的全部内容
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NoticeDetail {
    /// 督办单
    #[serde(flatten)]
    notice: Notice,
    /// 列出事实的日期
    facts_as_of: NaiveDate,
    /// 逾期未办的应报事项
    asks: Vec<NoticeAsk>,
    /// 最令人担忧的灯；都是绿灯的为空
    #[schema(required)]
    light: Option<NoticeLight>,
    /// 此前发出的提醒，早的在前，最多 10 次
    reminders: Vec<NoticeReminder>,
    /// 此前共提醒几次
    reminder_count: usize,
    /// 经过，早的在前
    steps: Vec<NoticeStep>,
}

/// 逾期未办的应报事项
#[derive(Debug, Serialize, ToSchema)]
struct NoticeAsk {
    /// 应报事项编号
    obligation_id: ObligationId,
    /// 要求办理什么
    what: String,
    /// 最初的到期日
    first_due_on: NaiveDate,
    /// 到期日
    due_on: NaiveDate,
    /// 逾期几个工作日
    overdue_workdays: u32,
    /// 涉及的任务，最多列 12 项
    tasks: Vec<String>,
    /// 涉及几项任务
    task_count: usize,
}

/// 灯
#[derive(Debug, Serialize, ToSchema)]
struct NoticeLight {
    /// 灯
    light: Light,
    /// 任务序号
    task_number: String,
    /// 为什么
    text: String,
}

/// 一次提醒
#[derive(Debug, Serialize, ToSchema)]
struct NoticeReminder {
    /// 日期
    on: NaiveDate,
    /// 阶段
    stage: String,
}

/// 督办单经过中的一步
#[derive(Debug, Serialize, ToSchema)]
struct NoticeStep {
    /// 做了什么
    event: NoticeEvent,
    /// 此后的状态
    state: NoticeState,
    /// 说明
    #[schema(required)]
    note: Option<String>,
    /// 此后的答复期限
    #[schema(required)]
    due_on: Option<NaiveDate>,
    /// 由谁
    done_by: String,
    /// 时刻
    done_at: DateTime<Utc>,
}

async fn list_notices(
    call: Call<List<NoticeQuery, ByDay>>,
) -> Result<Reply<Page<Notice>>, Problem> {
    let query = &call.query.filter;
    let day = |day: Option<Day>| day.map(|day| day.0);
    let filter = NoticeFilter {
        unit_code: query.unit_code.as_deref().map(str::to_owned),
        rung: query.rung,
        state: query.state,
        task_id: query.task_id,
        plan_id: query.plan_id,
        raised_from: day(query.raised_from),
        raised_to: day(query.raised_to),
        issued_from: day(query.issued_from),
        issued_to: day(query.issued_to),
    };
    let reach = call.viewer.reach(Action::ReadNotices);
    let page = list::list(&call.ctx.db, &filter, &reach, &call.query.wanted()).await?;
    let items = shown(&call.ctx.db, page.rows).await?;
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

/// The notice in the path, where the caller meets it under an action.
pub(super) async fn found<Q, B>(
    call: &Call<Q, B>,
    action: Action,
) -> Result<StoredNotice, Problem> {
    let id: NoticeId = call.id("id")?;
    let db = &call.ctx.db;
    match list::one(db, id, &call.viewer.reach(action)).await? {
        Some(notice) => Ok(notice),
        None if list::exists(db, id).await? => Err(Problem::hidden(format!("notice {id}"))),
        None => Err(Problem::not_found()),
    }
}

async fn get(call: Call) -> Result<Reply<NoticeDetail>, Problem> {
    let notice = found(&call, Action::ReadNotices).await?;
    Ok(Reply::ok(detail(&call.ctx.db, notice).await?))
}

/// The notice of that id as it now stands, with everything.
pub(super) async fn one(db: &Db, id: NoticeId) -> Result<NoticeDetail, Problem> {
    let notice = list::one(db, id, &Reach::All).await?;
    detail(db, notice.ok_or_else(Problem::not_found)?).await
}

async fn detail(db: &Db, notice: StoredNotice) -> Result<NoticeDetail, Problem> {
    let id = notice.id;
    let facts = notice.facts.clone();
    let steps = notices::steps(db, id).await?;
    let shown = shown(db, vec![notice]).await?.pop();
    let notice =
        shown.ok_or_else(|| Problem::internal(format!("notice {id} has no unit or plan")))?;
    let NoticeFacts {
        as_of,
        asks,
        light,
        reminders,
        reminder_count,
        ..
    } = facts;
    let asks = asks.into_iter().map(|ask| NoticeAsk {
        obligation_id: ask.obligation_id,
        what: ask.what,
        first_due_on: ask.first_due_on,
        due_on: ask.due_on,
        overdue_workdays: ask.overdue_workdays,
        tasks: ask.tasks,
        task_count: ask.task_count,
    });
    let reminders = reminders.into_iter().map(|one| NoticeReminder {
        on: one.on,
        stage: one.stage,
    });
    Ok(NoticeDetail {
        notice,
        facts_as_of: as_of,
        asks: asks.collect(),
        light: light.map(|light| NoticeLight {
            light: light.light,
            task_number: light.task_number,
            text: light.text,
        }),
        reminders: reminders.collect(),
        reminder_count,
        steps: steps.into_iter().map(NoticeStep::from).collect(),
    })
}

impl From<StoredStep> for NoticeStep {
    fn from(step: StoredStep) -> Self {
        Self {
            event: step.event,
            state: step.after,
            note: step.note,
            due_on: step.due_on,
            done_by: step.done_by,
            done_at: step.done_at,
        }
    }
}

/// Notices as they are shown, in their order.
pub(super) async fn shown(db: &Db, rows: Vec<StoredNotice>) -> Result<Vec<Notice>, Problem> {
    let units = labels::units(db, rows.iter().map(|row| row.unit_id)).await?;
    let plans = labels::plans(db, rows.iter().map(|row| row.plan_id)).await?;
    let asked: Vec<ObligationId> = rows.iter().filter_map(|row| row.obligation_id).collect();
    let days: HashMap<ObligationId, NaiveDate> = obligations::with_ids(db, &asked)
        .await?
        .into_iter()
        .map(|one| (one.id, one.due_on))
        .collect();
    // The schema keeps a notice's unit; one without cannot be.
    let shown = rows.into_iter().filter_map(|row| {
        let unit = units.get(&row.unit_id)?;
        let answer_by = row.obligation_id.and_then(|id| days.get(&id).copied());
        Some(Notice {
            id: row.id,
            number: row.number.map(|number| number.to_string()),
            rung: row.rung,
            origin: row.origin,
            state: row.state,
            unit_id: row.unit_id,
            unit_code: unit.code.clone(),
            unit_name: unit.name.clone(),
            plan_id: row.plan_id,
            plan_title: plans.get(&row.plan_id).cloned().unwrap_or_default(),
            task_id: row.task_id,
            about: row.facts.about(),
            overdue_workdays: row.facts.overdue_workdays(),
            reason: row.reason,
            demand: row.demand,
            answer_workdays: row.answer_workdays,
            raised_on: row.raised_on,
            issued_on: row.issued_on,
            answer_by,
            obligation_id: row.obligation_id,
            earlier_id: row.earlier_id,
            objection: row.objection,
            cleared_on: row.cleared_on,
        })
    });
    Ok(shown.collect())
}

async fn docx(call: Call) -> Result<Reply<Download>, Problem> {
    let notice = found(&call, Action::ReadNotices).await?;
    let bytes = official_docx(&notice_document(&notice)).map_err(|error| unprintable(&error))?;
    let kind = FileKind::Docx;
    Ok(Reply::ok(Download {
        file_name: format!("{}.{}", file_title(&notice), kind.extension()),
        media_type: kind.media_type().to_owned(),
        bytes: bytes.into(),
    }))
}

async fn html(call: Call) -> Result<Reply<Download>, Problem> {
    let notice = found(&call, Action::ReadNotices).await?;
    let page = official_page(&notice_document(&notice)).map_err(|error| unprintable(&error))?;
    Ok(Reply::ok(Download {
        file_name: format!("{}.html", file_title(&notice)),
        media_type: "text/html; charset=utf-8".to_owned(),
        bytes: page.into_bytes().into(),
    }))
}

fn unprintable(error: &impl ToString) -> Problem {
    FlowError::refused(RefusalCode::Unprintable, error.to_string()).into()
}

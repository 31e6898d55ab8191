//! `/leader-page`: the leaders' page 领导一页纸 of a month, as figures and as a document. A leader who looks after units sees
//! these first.

use crate::documents::official_docx::official_docx;
use crate::domain::access::Action;
use crate::domain::five_counts::{FiveCounts, LightCounts};
use crate::domain::period_key::PeriodKey;
use crate::files::kind::FileKind;
use crate::flow::leader_page::{LeaderPage, LiaisonUnits, RedTask, RedUnit, leader_page};
use crate::flow::leader_page_document::leader_page_document;
use crate::flow::{FlowError, RefusalCode};
use crate::http::kernel::{Call, Download, Endpoint, Problem, Reply, Tag};
use crate::storage::users;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "leader-page",
    says: "领导一页纸：一个月的总体进展、红灯任务、各联系领导的单位",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadLeaderPage;
    let all = [
        Endpoint::get("/leader-page", "read_leader_page", read, page).says(
            "领导一页纸",
            "The leaders' page of a month",
            "不写月份的为上个月。姓名与单位的联系领导相同的，本人联系的单位排在最前。每月第一个工作日自动发给各位领导。",
        ),
        Endpoint::get("/leader-page.docx", "get_leader_page_docx", read, docx).says(
            "领导一页纸（Word）",
            "The leaders' page as docx",
            "内容相同，一页。内容不变，文件逐字节相同。",
        ),
    ];
    let complete = |endpoint: Endpoint| {
        endpoint
            .tag(TAG)
            .refuses(&[RefusalCode::InvalidValue, RefusalCode::Unprintable])
            .never_kept()
            .example_query("month=2026-03")
    };
    all.into_iter().map(complete).collect()
}

/// 哪个月
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeaderPageQuery {
    /// 月份，如 2026-11；不写的为上个月
    #[serde(default)]
    month: Option<PeriodKey>,
}

/// 五类进度的数量
#[derive(Debug, Serialize, ToSchema)]
struct StandingCounts {
    /// 超进度
    ahead: u32,
    /// 达进度
    on_track: u32,
    /// 欠进度
    behind: u32,
    /// 已完成
    done: u32,
    /// 其他
    none: u32,
}

impl From<FiveCounts> for StandingCounts {
    fn from(counts: FiveCounts) -> Self {
        let FiveCounts {
            ahead,
            on_track,
            behind,
            done,
            none,
        } = counts;
        Self {
            ahead,
            on_track,
            behind,
            done,
            none,
        }
    }
}

/// 红黄绿灯的数量
#[derive(Debug, Serialize, ToSchema)]
struct LightsShown {
    /// 绿灯
    green: u32,
    /// 黄灯
    yellow: u32,
    /// 红灯
    red: u32,
}

impl From<LightCounts> for LightsShown {
    fn from(counts: LightCounts) -> Self {
        let LightCounts { green, yellow, red } = counts;
        Self { green, yellow, red }
    }
}

/// 亮红灯的任务
#[derive(Debug, Serialize, ToSchema)]
struct RedTaskShown {
    /// 序号
    task_number: String,
    /// 标题
    title: String,
    /// 为什么
    why: String,
}

/// 一位联系领导的单位
#[derive(Debug, Serialize, ToSchema)]
struct LiaisonShown {
    /// 联系领导；没有确定的为空
    #[schema(required)]
    leader: Option<String>,
    /// 是否就是读者本人
    own: bool,
    /// 单位数
    units: usize,
    /// 分工的进度
    assignments: StandingCounts,
    /// 分工的灯
    lights: LightsShown,
    /// 到期未答复的应报事项
    overdue: u32,
}

/// 红灯较多的单位
#[derive(Debug, Serialize, ToSchema)]
struct RedUnitShown {
    /// 名称
    unit_name: String,
    /// 联系领导
    #[schema(required)]
    leader: Option<String>,
    /// 红灯数
    red: u32,
    /// 到期未答复的应报事项
    overdue: u32,
}

/// 领导一页纸
#[derive(Debug, Serialize, ToSchema)]
struct LeaderPageShown {
    /// 月份
    month: String,
    /// 数据截至哪一天
    as_of: NaiveDate,
    /// 标题
    title: String,
    /// 任务的进度
    tasks: StandingCounts,
    /// 分工的进度
    assignments: StandingCounts,
    /// 分工的灯
    lights: LightsShown,
    /// 到期未答复的应报事项
    overdue: u32,
    /// 涉及的单位数
    overdue_units: usize,
    /// 本月开展的督办次数
    rounds: usize,
    /// 亮红灯的任务，最多 4 项
    red_tasks: Vec<RedTaskShown>,
    /// 没有列出的红灯任务数
    more_red_tasks: usize,
    /// 各联系领导的单位，最多 8 位
    liaisons: Vec<LiaisonShown>,
    /// 没有列出的联系领导数
    more_liaisons: usize,
    /// 红灯较多的单位，最多 6 个
    red_units: Vec<RedUnitShown>,
}

fn shown(page: LeaderPage) -> LeaderPageShown {
    let title = page.title();
    let reader = page.reader;
    let red_task = |task: RedTask| RedTaskShown {
        task_number: task.number,
        title: task.title,
        why: format!("{}。", task.why),
    };
    let liaison = |one: LiaisonUnits| LiaisonShown {
        own: reader.as_deref() == Some(one.leader.as_str()),
        leader: Some(one.leader).filter(|leader| !leader.is_empty()),
        units: one.units,
        assignments: one.standings.into(),
        lights: one.lights.into(),
        overdue: one.overdue,
    };
    let red_unit = |unit: RedUnit| RedUnitShown {
        unit_name: unit.name,
        leader: unit.leader,
        red: unit.red,
        overdue: unit.overdue,
    };
    LeaderPageShown {
        month: page.month.to_string(),
        as_of: page.as_of,
        title,
        tasks: page.tasks.into(),
        assignments: page.assignments.into(),
        lights: page.lights.into(),
        overdue: page.overdue,
        overdue_units: page.overdue_units,
        rounds: page.rounds,
        red_tasks: page.red_tasks.into_iter().map(red_task).collect(),
        more_red_tasks: page.more_red_tasks,
        liaisons: page.liaisons.into_iter().map(liaison).collect(),
        more_liaisons: page.more_liaisons,
        red_units: page.red_units.into_iter().map(red_unit).collect(),
    }
}

/// The page for whoever calls.
async fn own_page(call: &Call<LeaderPageQuery>) -> Result<LeaderPage, Problem> {
    let user = users::get(&call.ctx.db, call.viewer.user_id).await?;
    let name = user.and_then(|user| user.name);
    Ok(leader_page(&call.ctx, call.query.month, name.as_deref()).await?)
}

async fn page(call: Call<LeaderPageQuery>) -> Result<Reply<LeaderPageShown>, Problem> {
    Ok(Reply::ok(shown(own_page(&call).await?)))
}

async fn docx(call: Call<LeaderPageQuery>) -> Result<Reply<Download>, Problem> {
    let page = own_page(&call).await?;
    let docx = official_docx(&leader_page_document(&page));
    let unprintable =
        |text: String| Problem::from(FlowError::refused(RefusalCode::Unprintable, text));
    let bytes = docx.map_err(|error| unprintable(error.to_string()))?;
    Ok(Reply::ok(Download {
        file_name: format!("{}.{}", page.title(), FileKind::Docx.extension()),
        media_type: FileKind::Docx.media_type().to_owned(),
        bytes: bytes.into(),
    }))
}

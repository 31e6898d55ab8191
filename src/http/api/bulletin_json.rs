//! A bulletin as JSON: in a list, and whole with its texts and figures.

use crate::domain::bulletin::{BulletinState, BulletinText};
use crate::domain::bulletin_snapshot::BulletinSnapshot;
use crate::domain::ids::{AttachmentId, BulletinId, PlanId, RoundId, SnapshotId};
use crate::domain::standing::Standing;
use crate::flow::bulletin_told::BulletinTold;
use crate::flow::decide_bulletins::text_checksum;
use crate::http::kernel::Problem;
use crate::storage::Db;
use crate::storage::bulletins::{StoredBulletin, checksums};
use crate::storage::lists::labels;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// 通报
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Bulletin {
    /// 编号
    id: BulletinId,
    /// 方案编号
    plan_id: PlanId,
    /// 方案标题
    plan_title: String,
    /// 由哪一次督办起草；人工起草的为空
    #[schema(required)]
    round_id: Option<RoundId>,
    /// 周期段
    #[schema(required)]
    period: Option<String>,
    /// 数据截至哪一天
    as_of: NaiveDate,
    /// 第几版，更正为下一版
    version: i32,
    /// 更正的是哪一版
    #[schema(required)]
    corrects_id: Option<BulletinId>,
    /// 更正说明
    #[schema(required)]
    correction_note: Option<String>,
    /// 状态：草稿、已审定、已印发、已作废
    state: BulletinState,
    /// 期号所在年份；印发时取得
    #[schema(required)]
    issue_year: Option<i32>,
    /// 第几期，每个方案每年从 1 起连续编号
    #[schema(required)]
    issue_number: Option<i32>,
    /// 标题
    title: String,
    /// 数据快照的 SHA-256
    snapshot_sha256: String,
    /// 谁起草
    made_by: String,
    /// 何时起草
    made_at: DateTime<Utc>,
    /// 谁最后修改
    #[schema(required)]
    changed_by: Option<String>,
    /// 何时修改
    #[schema(required)]
    changed_at: Option<DateTime<Utc>>,
    /// 谁审定
    #[schema(required)]
    approved_by: Option<String>,
    /// 何时审定
    #[schema(required)]
    approved_at: Option<DateTime<Utc>>,
    /// 最近一次退回修改的理由
    #[schema(required)]
    return_reason: Option<String>,
    /// 谁作废
    #[schema(required)]
    discarded_by: Option<String>,
    /// 何时作废
    #[schema(required)]
    discarded_at: Option<DateTime<Utc>>,
    /// 作废的理由
    #[schema(required)]
    discard_reason: Option<String>,
    /// 谁印发
    #[schema(required)]
    published_by: Option<String>,
    /// 何时印发
    #[schema(required)]
    published_at: Option<DateTime<Utc>>,
    /// 印发日期
    #[schema(required)]
    published_on: Option<NaiveDate>,
    /// 印发时发出的邮件数
    mails: i32,
    /// 没有邮箱、未能发到的单位
    units_without_address: Vec<String>,
    /// 印发的 Word 文件
    #[schema(required)]
    docx_id: Option<AttachmentId>,
    /// 印发的 Excel 附件
    #[schema(required)]
    xlsx_id: Option<AttachmentId>,
}

/// 一类进度的数量和占比
#[derive(Debug, Serialize, ToSchema)]
struct StandingCount {
    /// 进度：超进度、达进度、欠进度、已完成、其他
    standing: Standing,
    /// 名称
    label: &'static str,
    /// 分工数
    count: u32,
    /// 占比（%），五项合计 100
    percent: f64,
}

/// 通报的主要数字，全部来自数据快照
#[derive(Debug, Serialize, ToSchema)]
struct BulletinFigures {
    /// 任务数
    tasks: usize,
    /// 分工数
    assignments: u32,
    /// 五类进度
    standings: Vec<StandingCount>,
    /// 绿灯
    green: u32,
    /// 黄灯
    yellow: u32,
    /// 红灯
    red: u32,
    /// 存在问题的单位数
    units_with_problems: usize,
    /// 到期未答复的应报事项数
    unanswered: usize,
}

impl From<&BulletinSnapshot> for BulletinFigures {
    fn from(snapshot: &BulletinSnapshot) -> Self {
        let parts = snapshot.assignments.parts();
        let standings = parts
            .into_iter()
            .map(|(standing, count, part)| StandingCount {
                standing,
                label: standing.label(),
                count,
                percent: f64::from(part.0) / 10.0,
            });
        Self {
            tasks: snapshot.tasks.len(),
            assignments: snapshot.assignments.total(),
            standings: standings.collect(),
            green: snapshot.lights.green,
            yellow: snapshot.lights.yellow,
            red: snapshot.lights.red,
            units_with_problems: snapshot.problems().len(),
            unanswered: snapshot.unanswered.len(),
        }
    }
}

/// 通报中由人修改的文字
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BulletinTexts {
    /// 开头
    opening: String,
    /// 主要做法，每项一段
    good_practices: Vec<String>,
    /// 下一步要求：一是、二是……
    demands: Vec<String>,
    /// 主送
    recipients: Vec<String>,
    /// 抄送
    copies: Vec<String>,
    /// 以上文字的 SHA-256，审定时可以写明看过的是哪一稿
    text_sha256: String,
}

impl From<BulletinText> for BulletinTexts {
    fn from(text: BulletinText) -> Self {
        Self {
            text_sha256: text_checksum(&text),
            opening: text.opening,
            good_practices: text.good_practices,
            demands: text.demands,
            recipients: text.recipients,
            copies: text.copies,
        }
    }
}

/// 通报的全部内容
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BulletinDetail {
    /// 通报
    #[serde(flatten)]
    bulletin: Bulletin,
    /// 文字
    #[serde(flatten)]
    texts: BulletinTexts,
    /// 主要数字
    figures: BulletinFigures,
}

impl Bulletin {
    fn of(one: StoredBulletin, plan_title: String, snapshot_sha256: String) -> Self {
        let (changed_by, changed_at) = one.changed.map(|who| (who.by, who.at)).unzip();
        let (approved_by, approved_at) = one.approved.map(|who| (who.by, who.at)).unzip();
        let (published_by, published_at) = one.published.map(|who| (who.by, who.at)).unzip();
        let (discarded_by, discarded_at) = one.discarded.map(|who| (who.by, who.at)).unzip();
        Self {
            id: one.id,
            plan_id: one.plan_id,
            plan_title,
            round_id: one.round_id,
            period: one.period.map(String::from),
            as_of: one.as_of,
            version: one.version,
            corrects_id: one.corrects_id,
            correction_note: one.correction_note,
            state: one.state,
            issue_year: one.issue.map(|issue| issue.year),
            issue_number: one.issue.map(|issue| issue.number),
            title: one.title,
            snapshot_sha256,
            made_by: one.made.by,
            made_at: one.made.at,
            changed_by,
            changed_at,
            approved_by,
            approved_at,
            return_reason: one.return_reason,
            discarded_by,
            discarded_at,
            discard_reason: one.discard_reason,
            published_by,
            published_at,
            published_on: one.published_on,
            mails: one.mails,
            units_without_address: one.without_address,
            docx_id: one.docx_id,
            xlsx_id: one.xlsx_id,
        }
    }
}

/// Bulletins as a list shows them, in their order.
pub(super) async fn listed(db: &Db, rows: Vec<StoredBulletin>) -> Result<Vec<Bulletin>, Problem> {
    let titles = labels::plans(db, rows.iter().map(|row| row.plan_id)).await?;
    let sums = checksums(db, rows.iter().map(|row| row.snapshot_id)).await?;
    let sum_of = |id: &SnapshotId| sums.get(id).cloned().unwrap_or_default();
    let shown = rows.into_iter().map(|row| {
        let title = titles.get(&row.plan_id).cloned().unwrap_or_default();
        let sum = sum_of(&row.snapshot_id);
        Bulletin::of(row, title, sum)
    });
    Ok(shown.collect())
}

/// A bulletin whole.
pub(super) async fn detail(db: &Db, told: BulletinTold) -> Result<BulletinDetail, Problem> {
    let one = told.bulletin;
    let mut titles = labels::plans(db, std::iter::once(one.plan_id)).await?;
    let title = titles.remove(&one.plan_id).unwrap_or_default();
    let texts = one.text.clone().into();
    Ok(BulletinDetail {
        bulletin: Bulletin::of(one, title, told.sha256),
        texts,
        figures: BulletinFigures::from(&told.snapshot),
    })
}

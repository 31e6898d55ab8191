//! Mails 邮件: the outbox as people see it, and sending again what waits for a person.

use super::email_text::EmailText;
use super::examples;
use super::reminders::normalized;
use crate::domain::access::{Action, Reach};
use crate::domain::ids::{AttachmentId, MailId, ObligationId, ReminderId, UnitId};
use crate::domain::mail_link::without_links;
use crate::domain::mail_state::{MailKind, MailState};
use crate::domain::stage::Stage;
use crate::flow::RefusalCode;
use crate::flow::send_again::send_again;
use crate::http::kernel::{
    Call, Day, Direction, Endpoint, Line, List, Page, Problem, Reply, SortKey, Tag,
};
use crate::storage::lists::mails::{self, MailFilter, MailRow, MailSort};
use crate::storage::mail_files::{self, MailFile};
use crate::storage::reminders::{Addressee, ReminderState, of_mails};
use actix_web::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "mails",
    says: "邮件：排队、发送和送达的情况",
};

/// 邮件
#[derive(Debug, Serialize, ToSchema)]
pub struct Mail {
    /// 编号
    pub id: MailId,
    /// 种类：每日汇总、即时、测试
    pub kind: MailKind,
    /// 状态
    pub state: MailState,
    /// 状态的原因代码
    #[schema(required)]
    pub reason: Option<String>,
    /// 收件地址
    pub address: String,
    /// 收件人姓名
    #[schema(required)]
    pub to_name: Option<String>,
    /// 使用该地址的第一个单位
    #[schema(required)]
    pub unit_id: Option<UnitId>,
    /// 其代码
    #[schema(required)]
    pub unit_code: Option<String>,
    /// 其名称
    #[schema(required)]
    pub unit_name: Option<String>,
    /// 哪一天的邮件
    pub on: NaiveDate,
    /// 主题
    pub subject: String,
    /// 要求填报的事项数
    pub asks: i32,
    /// 抄送的事项数
    pub copies: i32,
    /// Message-ID，从不改变
    pub message_id: String,
    /// 交给邮件服务器的次数
    pub attempts: i32,
    /// 结果不明后是否重发过
    pub resent: bool,
    /// 邮件服务器最近的答复
    #[schema(required)]
    pub reply: Option<String>,
    /// 排队时间
    pub queued_at: DateTime<Utc>,
    /// 不早于此时发送
    pub not_before_at: DateTime<Utc>,
    /// 不早于此时重试
    #[schema(required)]
    pub retry_at: Option<DateTime<Utc>>,
    /// 邮件服务器接收的时间
    #[schema(required)]
    pub sent_at: Option<DateTime<Utc>>,
}

impl From<MailRow> for Mail {
    fn from(row: MailRow) -> Self {
        let MailRow { mail, unit } = row;
        let (unit_code, unit_name) = unit.map(|unit| (unit.code, unit.name)).unzip();
        Self {
            id: mail.id,
            kind: mail.kind,
            state: mail.state,
            reason: mail.reason,
            address: mail.to_address,
            to_name: mail.to_name,
            unit_id: mail.unit_id,
            unit_code,
            unit_name,
            on: mail.local_on,
            subject: mail.subject,
            asks: mail.asks,
            copies: mail.copies,
            message_id: mail.message_id,
            attempts: mail.attempts,
            resent: mail.resent,
            reply: mail.reply,
            queued_at: mail.queued_at,
            not_before_at: mail.not_before_at,
            retry_at: mail.retry_at,
            sent_at: mail.sent_at,
        }
    }
}

/// 邮件承载的一次提醒
#[derive(Debug, Serialize, ToSchema)]
pub struct CarriedReminder {
    /// 提醒编号
    pub id: ReminderId,
    /// 应报事项编号
    pub obligation_id: ObligationId,
    /// 阶段
    pub stage: Stage,
    /// 主送或抄送
    pub addressee: Addressee,
    /// 状态
    pub state: ReminderState,
}

/// 邮件所带的一个附件
#[derive(Debug, Serialize, ToSchema)]
pub struct CarriedFile {
    /// 附件编号
    pub attachment_id: AttachmentId,
    /// 收件人看到的文件名
    pub name: String,
    /// 媒体类型
    pub media_type: String,
}

impl From<MailFile> for CarriedFile {
    fn from(file: MailFile) -> Self {
        Self {
            attachment_id: file.attachment_id,
            name: file.name,
            media_type: file.media_type,
        }
    }
}

/// 邮件的全部内容
#[derive(Debug, Serialize, ToSchema)]
pub struct MailDetail {
    /// 邮件
    #[serde(flatten)]
    pub mail: Mail,
    /// 回复地址
    #[schema(required)]
    pub reply_to: Option<String>,
    /// 文本正文；其中的办理链接以“…”代替
    pub text_body: String,
    /// HTML 正文；其中的办理链接以“…”代替
    pub html_body: String,
    /// 承载的提醒
    pub reminders: Vec<CarriedReminder>,
    /// 所带的附件
    pub files: Vec<CarriedFile>,
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailQuery {
    /// 状态
    state: Option<MailState>,
    /// 种类
    kind: Option<MailKind>,
    /// 使用该地址的第一个单位的代码
    unit_code: Option<Line<64>>,
    /// 收件地址
    #[schema(value_type = Option<EmailText>)]
    address: Option<Line<254>>,
    /// 哪一天起
    on_from: Option<Day>,
    /// 哪一天止
    on_to: Option<Day>,
}

impl SortKey for MailSort {
    const ALL: &'static [Self] = &[Self::QueuedAt];
    const USUAL: Direction = Direction::Descending;

    fn as_str(self) -> &'static str {
        match self {
            Self::QueuedAt => "queued_at",
        }
    }
}

/// The endpoints of this resource.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadMails;
    vec![
        Endpoint::get("/mails", "list_mails", read, list)
            .tag(TAG)
            .says("邮件列表", "List mails", "不含正文；默认新的在前。")
            .example_query("state=sent&on_from=2026-03-09"),
        Endpoint::get("/mails/{id}", "get_mail", read, get)
            .tag(TAG)
            .says(
                "查看邮件",
                "Get a mail",
                "含文本和 HTML 正文、承载的提醒、所带的附件、发送次数和邮件服务器最近的答复。",
            )
            .example_param("id", examples::MAIL),
        Endpoint::post(
            "/mails/{id}/send-again",
            "send_mail_again",
            Action::ResendMails,
            again,
        )
        .tag(TAG)
        .says(
            "再次发送",
            "Send a mail again",
            "用于被拒收、或重发后仍不知是否送达的邮件：重新排队，Message-ID 不变，已办结的事项从中删去。",
        )
        .answers(&[StatusCode::OK])
        .refuses(&[RefusalCode::MailNotWaiting])
        .example_param("id", examples::MAIL),
    ]
}

async fn list(call: Call<List<MailQuery, MailSort>>) -> Result<Reply<Page<Mail>>, Problem> {
    let query = &call.query;
    let wanted = &query.filter;
    let address = wanted.address.as_deref();
    let address = address.map(|address| normalized(address, "address"));
    let filter = MailFilter {
        state: wanted.state,
        kind: wanted.kind,
        unit_code: wanted.unit_code.as_deref().map(str::to_owned),
        address: address.transpose()?,
        on_from: wanted.on_from.map(|day| day.0),
        on_to: wanted.on_to.map(|day| day.0),
    };
    let reach = call.viewer.reach(Action::ReadMails);
    let (sort, wanted) = (query.sort.key, query.wanted());
    let page = mails::list(&call.ctx.db, &filter, &reach, sort, &wanted).await?;
    let items = page.rows.into_iter().map(Mail::from).collect();
    Ok(Reply::ok(query.shown(items, page.next)))
}

async fn get(call: Call) -> Result<Reply<MailDetail>, Problem> {
    let id = call.id("id")?;
    Ok(Reply::ok(detail(&call, id).await?))
}

async fn again(call: Call) -> Result<Reply<MailDetail>, Problem> {
    let id = call.id("id")?;
    send_again(&call.ctx, id).await?;
    Ok(Reply::ok(detail(&call, id).await?))
}

async fn detail(call: &Call, id: MailId) -> Result<MailDetail, Problem> {
    let row = mails::one(&call.ctx.db, id).await?;
    let mut row = row.ok_or_else(Problem::not_found)?;
    let reach = call.viewer.reach(Action::ReadMails);
    let is_met = row
        .mail
        .unit_id
        .map_or(reach == Reach::All, |unit| reach.covers(unit));
    if !is_met {
        return Err(Problem::hidden(format!("mail {id}")));
    }
    let carried = of_mails(&call.ctx.db, &[id]).await?;
    let reminders = carried.into_iter().map(|one| CarriedReminder {
        id: one.id,
        obligation_id: one.key.obligation_id,
        stage: one.key.stage,
        addressee: one.key.addressee,
        state: one.state,
    });
    let mut files = mail_files::of_mails(&call.ctx.db, &[id]).await?;
    let files = files.remove(&id).unwrap_or_default();
    Ok(MailDetail {
        reply_to: row.mail.reply_to.take(),
        // Whoever reads a mail here is seldom the one whom its links let act.
        text_body: without_links(&row.mail.text_body).into_owned(),
        html_body: without_links(&row.mail.html_body).into_owned(),
        reminders: reminders.collect(),
        files: files.into_iter().map(CarriedFile::from).collect(),
        mail: row.into(),
    })
}

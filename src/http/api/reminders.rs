//! Reminders 提醒: the ledger of who was told what when, and why; and why an address was (not) mailed on a day.

use super::email_text::EmailText;
use super::examples;
use crate::domain::access::{Action, Reach};
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{ContactId, MailId, ObligationId, ReminderId, UnitId};
use crate::domain::mail_state::{MailKind, MailState};
use crate::domain::obligation::ObligationKind;
use crate::domain::stage::Stage;
use crate::flow::RefusalCode;
use crate::flow::explain_contact::{ContactExplained, explain_contact_within};
use crate::flow::explain_reminder::explain_reminder;
use crate::http::kernel::{
    Call, Day, Direction, Endpoint, FieldCode, FieldErrors, Line, List, Page, Problem, Reply,
    SortKey, Tag,
};
use crate::storage::lists::reminders::{self, ReminderFilter, ReminderRow, ReminderSort};
use crate::storage::reminders::{Addressee, ReminderState};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "reminders",
    says: "提醒：哪个阶段、提醒谁、由哪封邮件承载，以及为什么",
};

/// 一次提醒
#[derive(Debug, Serialize, ToSchema)]
pub struct Reminder {
    /// 编号
    pub id: ReminderId,
    /// 应报事项编号
    pub obligation_id: ObligationId,
    /// 应报事项的种类
    pub kind: ObligationKind,
    /// 应报单位编号
    pub unit_id: UnitId,
    /// 应报单位代码
    pub unit_code: String,
    /// 应报单位名称
    pub unit_name: String,
    /// 阶段，如 notice、due-2、over+3（工作日）
    pub stage: Stage,
    /// 所提醒的到期日
    pub due_on: NaiveDate,
    /// 该到期日是第几次变更后的
    pub due_revision: i32,
    /// 联络员编号
    pub contact_id: ContactId,
    /// 联络员姓名；不属于您可见的单位时为空
    #[schema(required)]
    pub contact_name: Option<String>,
    /// 联络员邮箱；不属于您可见的单位时为空
    #[schema(required)]
    pub contact_email: Option<String>,
    /// 主送或抄送
    pub addressee: Addressee,
    /// 状态：已由邮件承载、已取消、未发出
    pub state: ReminderState,
    /// 取消或未发出的原因代码
    #[schema(required)]
    pub reason: Option<String>,
    /// 承载它的邮件
    #[schema(required)]
    pub mail_id: Option<MailId>,
    /// 产生的日期
    pub made_on: NaiveDate,
    /// 产生的时间
    pub made_at: DateTime<Utc>,
}

fn shown(row: ReminderRow, reach: &Reach) -> Reminder {
    let ReminderRow {
        reminder,
        made_at,
        asked,
        contact,
        ..
    } = row;
    let known = reach.covers(contact.unit_id);
    Reminder {
        id: reminder.id,
        obligation_id: reminder.key.obligation_id,
        kind: asked.obligation.kind,
        unit_id: asked.obligation.unit_id,
        unit_code: asked.unit.code,
        unit_name: asked.unit.name,
        stage: reminder.key.stage,
        due_on: reminder.due_on,
        due_revision: reminder.key.due_revision,
        contact_id: reminder.key.contact_id,
        contact_name: contact.name.filter(|_| known),
        contact_email: contact.email.filter(|_| known),
        addressee: reminder.key.addressee,
        state: reminder.state,
        reason: reminder.reason,
        mail_id: reminder.mail_id,
        made_on: reminder.made_on,
        made_at,
    }
}

/// 一次提醒及其缘由
#[derive(Debug, Serialize, ToSchema)]
pub struct ReminderDetail {
    /// 提醒
    #[serde(flatten)]
    pub reminder: Reminder,
    /// 承载它的邮件的状态
    #[schema(required)]
    pub mail_state: Option<MailState>,
    /// 为什么提醒、或为什么没有
    pub why: String,
}

/// 筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReminderQuery {
    /// 应报事项
    obligation_id: Option<ObligationId>,
    /// 应报单位代码
    unit_code: Option<Line<64>>,
    /// 联络员
    contact_id: Option<ContactId>,
    /// 承载的邮件
    mail_id: Option<MailId>,
    /// 状态
    state: Option<ReminderState>,
    /// 阶段
    stage: Option<Stage>,
    /// 产生日起
    from: Option<Day>,
    /// 产生日止
    to: Option<Day>,
}

impl SortKey for ReminderSort {
    const ALL: &'static [Self] = &[Self::MadeAt];
    const USUAL: Direction = Direction::Descending;

    fn as_str(self) -> &'static str {
        match self {
            Self::MadeAt => "made_at",
        }
    }
}

/// 哪个邮箱、哪一天
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhyQuery {
    /// 邮箱地址
    #[schema(value_type = EmailText)]
    address: Line<254>,
    /// 哪一天，默认今天
    on: Option<Day>,
}

/// 当天的一封邮件
#[derive(Debug, Serialize, ToSchema)]
pub struct MailOfDay {
    /// 编号
    pub id: String,
    /// 种类
    pub kind: MailKind,
    /// 状态
    pub state: MailState,
    /// 状态的原因代码
    #[schema(required)]
    pub reason: Option<String>,
    /// 邮件服务器最近的答复
    #[schema(required)]
    pub reply: Option<String>,
    /// 主题
    pub subject: String,
}

/// 单位的一个应报事项在当天的情况
#[derive(Debug, Serialize, ToSchema)]
pub struct AskOfDay {
    /// 应报事项编号
    pub obligation_id: String,
    /// 单位代码
    pub unit_code: String,
    /// 种类
    pub kind: String,
    /// 现在的状态
    pub state: String,
    /// 到期日
    pub due_on: NaiveDate,
    /// 当天所处的提醒阶段
    #[schema(required)]
    pub stage: Option<String>,
    /// 已经提醒过的阶段和日期
    pub told: Vec<String>,
    /// 如仍未填报，下一次提醒的日期
    #[schema(required)]
    pub next_on: Option<NaiveDate>,
    /// 为什么在、或不在当天的邮件里
    pub why: String,
}

/// 某个邮箱某一天为什么收到、或没有收到邮件
#[derive(Debug, Serialize, ToSchema)]
pub struct Why {
    /// 邮箱地址（规范写法）
    pub address: String,
    /// 哪一天
    pub on: NaiveDate,
    /// 当天是否有邮件送出
    pub mailed: bool,
    /// 逐句说明
    pub reasons: Vec<String>,
    /// 使用该邮箱的单位
    pub unit_codes: Vec<String>,
    /// 当天的邮件
    pub mails: Vec<MailOfDay>,
    /// 这些单位的应报事项
    pub obligations: Vec<AskOfDay>,
}

impl From<ContactExplained> for Why {
    fn from(told: ContactExplained) -> Self {
        let mails = told.mails.into_iter().map(|mail| MailOfDay {
            id: mail.id,
            kind: mail.kind,
            state: mail.state,
            reason: mail.reason,
            reply: mail.reply,
            subject: mail.subject,
        });
        let asks = told.obligations.into_iter().map(|one| AskOfDay {
            obligation_id: one.id,
            unit_code: one.unit,
            kind: one.kind.to_owned(),
            state: one.state.to_owned(),
            due_on: one.due_on,
            stage: one.stage,
            told: one.told,
            next_on: one.next_on,
            why: one.why,
        });
        Self {
            address: told.address,
            on: told.on,
            mailed: told.mailed,
            reasons: told.reasons,
            unit_codes: told.units,
            mails: mails.collect(),
            obligations: asks.collect(),
        }
    }
}

/// The endpoints of this resource.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadReminders;
    vec![
        Endpoint::get("/reminders", "list_reminders", read, list)
            .tag(TAG)
            .says("提醒列表", "List reminders", "默认新的在前。")
            .example_query("unit_code=S1&stage=notice"),
        Endpoint::get("/reminders/{id}", "get_reminder", read, get)
            .tag(TAG)
            .says(
                "查看提醒及其缘由",
                "Get a reminder and why",
                "用一句话说明阶段、到期日、提醒了谁、邮件的状态，或者为什么没有发出。",
            )
            .example_param("id", examples::REMINDER),
        Endpoint::get("/reminders/why", "explain_address", read, why)
            .tag(TAG)
            .says(
                "某邮箱某天为何收到或没有收到邮件",
                "Why an address was (not) mailed",
                "单位只能查询本单位及下属单位联络员的邮箱。",
            )
            .refuses(&[RefusalCode::NotFound])
            .example_query("address=s1@town.example.org&on=2026-03-09"),
    ]
}

async fn list(
    call: Call<List<ReminderQuery, ReminderSort>>,
) -> Result<Reply<Page<Reminder>>, Problem> {
    let query = &call.query;
    let wanted = &query.filter;
    let filter = ReminderFilter {
        obligation_id: wanted.obligation_id,
        unit_code: wanted.unit_code.as_deref().map(str::to_owned),
        contact_id: wanted.contact_id,
        mail_id: wanted.mail_id,
        state: wanted.state,
        stage: wanted.stage,
        from: wanted.from.map(|day| day.0),
        to: wanted.to.map(|day| day.0),
    };
    let reach = call.viewer.reach(Action::ReadReminders);
    let (sort, wanted) = (query.sort.key, query.wanted());
    let page = reminders::list(&call.ctx.db, &filter, &reach, sort, &wanted).await?;
    let rows = page.rows.into_iter();
    let items = rows.map(|row| shown(row, &reach)).collect();
    Ok(Reply::ok(query.shown(items, page.next)))
}

async fn get(call: Call) -> Result<Reply<ReminderDetail>, Problem> {
    let id: ReminderId = call.id("id")?;
    let row = reminders::one(&call.ctx.db, id).await?;
    let row = row.ok_or_else(Problem::not_found)?;
    let reach = call.viewer.reach(Action::ReadReminders);
    if !reach.covers(row.asked.obligation.unit_id) && !reach.covers(row.contact.unit_id) {
        return Err(Problem::hidden(format!("reminder {id}")));
    }
    Ok(Reply::ok(ReminderDetail {
        mail_state: row.mail_state,
        why: explain_reminder(&row),
        reminder: shown(row, &reach),
    }))
}

async fn why(call: Call<WhyQuery>) -> Result<Reply<Why>, Problem> {
    let address = normalized(&call.query.address, "address")?;
    let reach = call.viewer.reach(Action::ReadReminders);
    let on = call.query.on.map(|day| day.0);
    let told = explain_contact_within(&call.ctx, &address, on, &reach).await?;
    Ok(Reply::ok(told.into()))
}

/// The normalised form of an address in a query parameter.
///
/// # Errors
/// 422 where it is none.
pub(super) fn normalized(text: &str, parameter: &str) -> Result<String, Problem> {
    match EmailAddress::parse(text) {
        Ok(address) => Ok(address.normalized()),
        Err(error) => {
            let mut errors = FieldErrors::default();
            errors.add(parameter, FieldCode::Invalid, error.to_string());
            let problem = Problem::of_parameters(errors);
            Err(problem.unwrap_or_else(Problem::not_found))
        }
    }
}

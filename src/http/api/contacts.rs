//! `/contacts`: who is written to for which unit. A unit's head keeps its own unit's contact, the supervision office all.

use super::email_text::EmailText;
use super::examples;
use super::units::existing;
use crate::domain::access::Action;
use crate::domain::ids::{ContactId, UnitId};
use crate::flow::manage_contacts::{Wanted, end_contact, move_contacts, set_contact};
use crate::flow::refusal::RefusalCode;
use crate::flow::{Ctx, FlowError};
use crate::http::kernel::{
    Call, Check, Endpoint, FieldCode, FieldErrors, Line, List, NoQuery, Nothing, Page, Problem,
    Reply, Tag,
};
use crate::storage::lists::contacts as lists;
use crate::storage::lists::contacts::{ContactFilter, ContactListed};
use actix_web::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "contacts",
    says: "联络员",
};

/// Units whose contact is moved in one call.
const MOST_MOVED: usize = 1000;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    use RefusalCode::{InvalidValue, NotFound, Stale, UnknownUnit};
    let all = [
        Endpoint::get("/contacts", "list_contacts", Action::ReadContacts, list_contacts)
            .says("联络员列表", "List contacts", "包括已结束的；ended=false 只列现任。单位账号只见本单位和下级单位的联络员。")
            .example_query("unit_code=S1&ended=false"),
        Endpoint::get("/contacts/{id}", "read_contact", Action::ReadContacts, read_contact)
            .says("读取一名联络员", "Read a contact", "")
            .example_param("id", examples::CONTACT),
        Endpoint::get("/units/{id}/contact", "read_unit_contact", Action::ReadContacts, read_unit_contact)
            .says("读取单位的现任联络员", "Read the present contact of a unit", "没有联络员时答 404。")
            .example_param("id", examples::UNIT),
        Endpoint::put("/units/{id}/contact", "set_unit_contact", Action::WriteContacts, put_unit_contact)
            .says("设置单位的联络员", "Set the contact of a unit", "地址变了，原联络员即结束，尚未发出的邮件不再发给他，新联络员从下一封汇总邮件起收到当前事项；地址不变则只更正姓名。If-Match 用读取联络员或其列表时的 ETag。")
            .refuses(&[InvalidValue, NotFound, Stale])
            .example_param("id", examples::UNIT)
            .example_body(json!({ "name": "何老师", "email": "he@town.example.org" })),
        Endpoint::post("/contacts/move", "move_contacts", Action::WriteContacts, post_move)
            .says("更换多个单位的联络员", "Move the contact of many units at once", "一次把多个单位的联络员换成同一人，全部换成或一个也不换；至多 1000 个单位。原联络员尚未收到的邮件不再发出。")
            .answers(&[StatusCode::OK])
            .refuses(&[InvalidValue, UnknownUnit])
            .example_body(json!({ "unit_codes": ["S2", "S3"], "name": "何老师", "email": "he@town.example.org" })),
        Endpoint::delete("/contacts/{id}", "end_contact", Action::WriteContacts, delete_contact)
            .says("结束联络员", "End a contact", "单位从此没有联络员，尚未发出的邮件不再发给他；记录仍保留。已结束的再结束一次，没有变化。")
            .refuses(&[NotFound, Stale])
            .example_param("id", examples::CONTACT),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 筛选条件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContactQuery {
    /// 单位编码
    unit_code: Option<Line<64>>,
    /// 邮箱，不分大小写
    address: Option<EmailText>,
    /// true 只列有邮箱的，false 只列没有邮箱的
    has_address: Option<bool>,
    /// true 只列已结束的，false 只列现任
    ended: Option<bool>,
}

/// 联络员
#[derive(Debug, Serialize, ToSchema)]
struct ContactShown {
    /// 编号
    id: ContactId,
    /// 单位
    unit_id: UnitId,
    /// 单位编码
    unit_code: String,
    /// 单位名称
    unit_name: String,
    /// 姓名
    #[schema(required)]
    name: Option<String>,
    /// 邮箱；没有的收不到邮件
    #[schema(required)]
    email: Option<String>,
    /// 从何时起
    since_at: DateTime<Utc>,
    /// 何时结束；现任为 null
    #[schema(required)]
    ended_at: Option<DateTime<Utc>>,
}

fn shown(listed: ContactListed) -> ContactShown {
    let ContactListed {
        contact,
        unit_code,
        unit_name,
    } = listed;
    ContactShown {
        id: contact.id,
        unit_id: contact.unit_id,
        unit_code,
        unit_name,
        name: contact.name,
        email: contact.email,
        since_at: contact.since_at,
        ended_at: contact.ended_at,
    }
}

async fn list_contacts(
    call: Call<List<ContactQuery>>,
) -> Result<Reply<Page<ContactShown>>, Problem> {
    let query = &call.query.filter;
    let filter = ContactFilter {
        unit_code: query.unit_code.as_deref().map(str::to_owned),
        address: query.address.as_ref().map(|address| address.0.normalized()),
        has_address: query.has_address,
        ended: query.ended,
    };
    let reach = call.viewer.reach(Action::ReadContacts);
    let paged = lists::list(&call.ctx.db, &filter, &reach, &call.query.wanted()).await?;
    let items = paged.rows.into_iter().map(shown).collect();
    Ok(Reply::ok(call.query.shown(items, paged.next)))
}

/// A contact of a unit that the caller meets under an action.
async fn met<Q, B>(call: &Call<Q, B>, action: Action) -> Result<ContactListed, Problem> {
    let id: ContactId = call.id("id")?;
    let contact = lists::one(&call.ctx.db, id).await?;
    let contact = contact.ok_or_else(Problem::not_found)?;
    match call.viewer.reach(action).covers(contact.contact.unit_id) {
        true => Ok(contact),
        false => Err(Problem::hidden(format!("contact {id}"))),
    }
}

/// The unit in the path, if the caller meets its rows under an action.
async fn met_unit<Q, B>(call: &Call<Q, B>, action: Action) -> Result<UnitId, Problem> {
    let id = existing(&call.ctx, call.id("id")?).await?;
    match call.viewer.reach(action).covers(id) {
        true => Ok(id),
        false => Err(Problem::hidden(format!("contact of unit {id}"))),
    }
}

async fn read_contact(call: Call) -> Result<Reply<ContactShown>, Problem> {
    let contact = met(&call, Action::ReadContacts).await?;
    Ok(Reply::ok(shown(contact)))
}

async fn read_unit_contact(call: Call) -> Result<Reply<ContactShown>, Problem> {
    let unit = met_unit(&call, Action::ReadContacts).await?;
    present(&call.ctx, unit).await.map(Reply::ok)
}

async fn present(ctx: &Ctx, unit: UnitId) -> Result<ContactShown, Problem> {
    let mut contacts = lists::present_of(&ctx.db, &[unit]).await?;
    contacts.pop().map(shown).ok_or_else(Problem::not_found)
}

/// 联络员的姓名和邮箱，至少填一项
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContactBody {
    /// 姓名
    name: Option<Line<200>>,
    /// 邮箱；没有的收不到邮件
    email: Option<EmailText>,
}

impl Check for ContactBody {}

async fn put_unit_contact(
    call: Call<NoQuery, ContactBody>,
) -> Result<Reply<ContactShown>, Problem> {
    let unit = met_unit(&call, Action::WriteContacts).await?;
    let wanted = wanted(call.body.name, call.body.email);
    set_contact(&call.ctx, unit, &wanted, call.seen.change_no()).await?;
    present(&call.ctx, unit).await.map(Reply::ok)
}

fn wanted(name: Option<Line<200>>, email: Option<EmailText>) -> Wanted {
    Wanted {
        name: name.map(Line::into_string),
        email: email.map(|email| email.0),
    }
}

/// 哪些单位换成哪名联络员
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MoveBody {
    /// 单位编码，1 至 1000 个，不能重复
    #[schema(min_items = 1, max_items = 1000)]
    unit_codes: Vec<Line<64>>,
    /// 新联络员的姓名
    name: Option<Line<200>>,
    /// 新联络员的邮箱
    email: Option<EmailText>,
}

impl Check for MoveBody {
    fn check(&self, errors: &mut FieldErrors) {
        if !(1..=MOST_MOVED).contains(&self.unit_codes.len()) {
            let message = format!("应有 1 至 {MOST_MOVED} 个单位");
            errors.add("unit_codes", FieldCode::OutOfRange, message);
        }
    }
}

/// 更换的结果
#[derive(Debug, Serialize, ToSchema)]
struct MovedShown {
    /// 有变化的单位数；原来就是同一人的不计
    changed: usize,
    /// 各单位现在的联络员，按所给的次序
    items: Vec<ContactShown>,
}

async fn post_move(call: Call<NoQuery, MoveBody>) -> Result<Reply<MovedShown>, Problem> {
    let directory = call.ctx.units().await?;
    let reach = call.viewer.reach(Action::WriteContacts);
    let mut units = Vec::with_capacity(call.body.unit_codes.len());
    for (position, code) in call.body.unit_codes.iter().enumerate() {
        let unit = directory.by_code(code).ok_or_else(|| {
            FlowError::refused_field(
                RefusalCode::UnknownUnit,
                format!("unit_codes[{position}]"),
                format!("没有编码为“{}”的单位，请核对", &**code),
            )
        })?;
        if !reach.covers(unit.id) {
            return Err(Problem::hidden(format!("contact of unit {}", unit.id)));
        }
        units.push(unit.id);
    }
    let wanted = wanted(call.body.name, call.body.email);
    let changed = move_contacts(&call.ctx, &units, &wanted).await?;
    let contacts = lists::present_of(&call.ctx.db, &units).await?;
    let items = contacts.into_iter().map(shown).collect();
    Ok(Reply::ok(MovedShown { changed, items }))
}

async fn delete_contact(call: Call) -> Result<Reply<Nothing>, Problem> {
    let contact = met(&call, Action::WriteContacts).await?;
    end_contact(&call.ctx, contact.contact.id, call.seen.change_no()).await?;
    Ok(Reply::no_content())
}

//! `/units`: the directory of units. Everybody reads it; the supervision office keeps it.

use super::examples;
use super::given::given;
use crate::domain::access::Action;
use crate::domain::group_list::group;
use crate::domain::ids::UnitId;
use crate::domain::level::Level;
use crate::domain::unit_kind::UnitKind;
use crate::flow::Ctx;
use crate::flow::import_units::{ImportRun, UnitsImported, import_units_file};
use crate::flow::manage_units::{NewUnit, UnitChange, change_unit, create_unit};
use crate::flow::refusal::RefusalCode;
use crate::http::kernel::text::Listed;
use crate::http::kernel::{
    Call, Check, Endpoint, FieldCode, FieldErrors, FileCount, Line, List, NoFields, NoQuery, Page,
    Problem, Reply, SortKey, Tag, Upload,
};
use crate::storage::lists::units as lists;
use crate::storage::lists::units::{UnitFilter, UnitListed, UnitSort};
use crate::storage::units as stored;
use actix_web::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "units",
    says: "单位",
};

/// Other names, and groups, that a unit may have.
const MOST_NAMES: usize = 50;

/// A units file is no larger than this.
const LARGEST_FILE: usize = 20 << 20;

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let all = [reading(), writing()].into_iter().flatten();
    all.map(|endpoint| endpoint.tag(TAG)).collect()
}

fn reading() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/units", "list_units", Action::ReadUnits, list_units)
            .says("单位列表", "List units", "按单位名单的次序排列。group 可用单位组的名称，例如各校；没有这个组时列表为空。q 在编码、名称和别名中查找原文。")
            .example_query("kind=school&parent_code=D1&sort=code&limit=10"),
        Endpoint::get("/units/{id}", "read_unit", Action::ReadUnits, read_unit)
            .says("读取一个单位", "Read a unit", "")
            .example_param("id", examples::UNIT),
        Endpoint::get("/units/by-code/{code}", "read_unit_by_code", Action::ReadUnits, read_unit_by_code)
            .says("按编码读取单位", "Read the unit of a code", "编码区分大小写。")
            .example_param("code", "S1"),
    ]
}

fn writing() -> Vec<Endpoint> {
    use RefusalCode::{InvalidValue, NotFound, Stale, Taken, UnknownUnit, UnreadableFile};
    vec![
        Endpoint::post("/units", "create_unit", Action::WriteUnits, post_unit)
            .says("新建单位", "Make a unit", "只有学校有学段。联络员另用 PUT /units/{id}/contact 设置。")
            .refuses(&[InvalidValue, UnknownUnit, Taken])
            .example_body(json!({
                "code": "S7", "name": "东区第七小学", "kind": "school", "parent_code": "D1",
                "aliases": ["东区七小"], "levels": ["primary"], "groups": ["试点校"],
            })),
        Endpoint::patch("/units/{id}", "change_unit", Action::WriteUnits, patch_unit)
            .says("修改单位", "Change a unit", "没有给出的字段不变；parent_code、liaison 给 null 即取消。编码和类型不能改。上级单位不能绕成一圈。已下发任务的分工不随之改变。")
            .refuses(&[InvalidValue, UnknownUnit, NotFound, Stale])
            .example_param("id", examples::UNIT)
            .example_body(json!({ "aliases": ["东区一小"], "groups": ["试点校"] })),
        Endpoint::post("/units/import", "import_units", Action::WriteUnits, import_units)
            .says("导入单位名单", "Import a units file", "整批导入或一个也不导入，结果与 duban units import 相同：按编码新增或更新，从不删除。dry_run=true 只告知将有哪些变化，不写入。")
            .answers(&[StatusCode::OK])
            .body_limit(LARGEST_FILE)
            .file("file", FileCount::One, "单位名单：csv（UTF-8 或 GBK）或 xlsx")
            .refuses(&[UnreadableFile, UnknownUnit, InvalidValue])
            .example_query("dry_run=true"),
    ]
}

/// 筛选条件
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UnitQuery {
    /// 类型
    kind: Option<UnitKind>,
    /// 上级单位的编码，只列其直接下级
    parent_code: Option<Line<64>>,
    /// 学段，学校有其中之一即列出
    level: Option<Level>,
    /// 单位组的名称
    group: Option<Line<200>>,
    /// 编码、名称或别名中的文字
    q: Option<Line<100>>,
}

impl SortKey for UnitSort {
    const ALL: &'static [Self] = &[Self::Position, Self::Code];

    fn as_str(self) -> &'static str {
        match self {
            Self::Position => "position",
            Self::Code => "code",
        }
    }
}

/// 单位
#[derive(Debug, Serialize, ToSchema)]
struct UnitShown {
    /// 编号
    id: UnitId,
    /// 编码，见单位名单
    code: String,
    /// 全称
    name: String,
    /// 类型
    kind: UnitKind,
    /// 上级单位
    #[schema(required)]
    parent_id: Option<UnitId>,
    /// 上级单位的编码
    #[schema(required)]
    parent_code: Option<String>,
    /// 上级单位的名称
    #[schema(required)]
    parent_name: Option<String>,
    /// 别名
    aliases: Vec<String>,
    /// 学段；不是学校的为空
    levels: Vec<Level>,
    /// 所属单位组，见单位名单
    groups: Vec<String>,
    /// 联系领导
    #[schema(required)]
    liaison: Option<String>,
    /// 在单位名单中的次序
    position: i32,
}

fn shown(listed: UnitListed) -> UnitShown {
    let UnitListed {
        unit,
        position,
        parent,
    } = listed;
    let (parent_code, parent_name) = parent.map(|one| (one.code, one.name)).unzip();
    UnitShown {
        id: unit.id,
        code: unit.code,
        name: unit.name,
        kind: unit.kind,
        parent_id: unit.parent_id,
        parent_code,
        parent_name,
        aliases: unit.aliases,
        levels: unit.levels,
        groups: unit.groups,
        liaison: unit.liaison,
        position,
    }
}

async fn list_units(
    call: Call<List<UnitQuery, UnitSort>>,
) -> Result<Reply<Page<UnitShown>>, Problem> {
    let Some(filter) = filter_of(&call.ctx, &call.query.filter).await? else {
        return Ok(Reply::ok(call.query.shown(Vec::new(), None)));
    };
    let (sort, wanted) = (call.query.sort.key, call.query.wanted());
    let paged = lists::list(&call.ctx.db, &filter, sort, &wanted).await?;
    let items = paged.rows.into_iter().map(shown).collect();
    Ok(Reply::ok(call.query.shown(items, paged.next)))
}

/// What the list is asked for; `None` where a unit or group is named that there is not.
async fn filter_of(ctx: &Ctx, query: &UnitQuery) -> Result<Option<UnitFilter>, Problem> {
    let mut filter = UnitFilter {
        kind: query.kind,
        level: query.level,
        text: query.q.as_deref().map(str::to_owned),
        ..UnitFilter::default()
    };
    if query.parent_code.is_none() && query.group.is_none() {
        return Ok(Some(filter));
    }
    let directory = ctx.units().await?;
    if let Some(code) = &query.parent_code {
        let Some(parent) = directory.by_code(code) else {
            return Ok(None);
        };
        filter.parent = Some(parent.id);
    }
    if let Some(name) = &query.group {
        let Some(group) = group(&directory, name) else {
            return Ok(None);
        };
        filter.among = Some(group.members.iter().map(|unit| unit.id).collect());
    }
    Ok(Some(filter))
}

async fn read_unit(call: Call) -> Result<Reply<UnitShown>, Problem> {
    let id = call.id("id")?;
    one(&call.ctx, id).await.map(Reply::ok)
}

async fn read_unit_by_code(call: Call) -> Result<Reply<UnitShown>, Problem> {
    let code: String = call.part("code")?;
    let unit = lists::by_code(&call.ctx.db, &code).await?;
    unit.map(|unit| Reply::ok(shown(unit)))
        .ok_or_else(Problem::not_found)
}

async fn one(ctx: &Ctx, id: UnitId) -> Result<UnitShown, Problem> {
    let unit = lists::one(&ctx.db, id).await?;
    unit.map(shown).ok_or_else(Problem::not_found)
}

/// 新单位
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UnitBody {
    /// 编码，不能与已有单位重复，以后不能改
    code: Line<64>,
    /// 全称
    name: Line<200>,
    /// 类型，以后不能改
    kind: UnitKind,
    /// 上级单位的编码
    parent_code: Option<Line<64>>,
    /// 别名，至多 50 个
    #[serde(default)]
    #[schema(value_type = Vec<Listed<200>>, max_items = 50)]
    aliases: Vec<Line<200>>,
    /// 学段，只有学校有
    #[serde(default)]
    levels: Vec<Level>,
    /// 所属单位组，至多 50 个
    #[serde(default)]
    #[schema(value_type = Vec<Listed<200>>, max_items = 50)]
    groups: Vec<Line<200>>,
    /// 联系领导
    liaison: Option<Line<200>>,
}

impl Check for UnitBody {
    fn check(&self, errors: &mut FieldErrors) {
        check_names("aliases", &self.aliases, errors);
        check_names("groups", &self.groups, errors);
    }
}

fn check_names(field: &str, names: &[Line<200>], errors: &mut FieldErrors) {
    if names.len() > MOST_NAMES {
        let message = format!("最多 {MOST_NAMES} 个，请删减");
        errors.add(field, FieldCode::OutOfRange, message);
    }
    for (position, name) in names.iter().enumerate() {
        // The units file parts several values by it: a name with it could not be imported again.
        if name.contains(['|', '｜']) {
            let message = "不能含有“|”，它在单位名单中用来分隔几个名称";
            errors.add(format!("{field}[{position}]"), FieldCode::Invalid, message);
        }
    }
}

fn texts(lines: Vec<Line<200>>) -> Vec<String> {
    lines.into_iter().map(Line::into_string).collect()
}

async fn post_unit(call: Call<NoQuery, UnitBody>) -> Result<Reply<UnitShown>, Problem> {
    let body = call.body;
    let new = NewUnit {
        code: body.code.into_string(),
        name: body.name.into_string(),
        kind: body.kind,
        parent_code: body.parent_code.map(Line::into_string),
        aliases: texts(body.aliases),
        levels: body.levels,
        groups: texts(body.groups),
        liaison: body.liaison.map(Line::into_string),
    };
    let id = create_unit(&call.ctx, new).await?;
    let unit = one(&call.ctx, id).await?;
    Ok(Reply::created(unit, &format!("/units/{id}")))
}

/// 对单位的修改，没有给出的字段不变
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UnitPatch {
    /// 全称
    name: Option<Line<200>>,
    /// 上级单位的编码；null 为没有上级单位
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Line<64>>)]
    parent_code: Option<Option<Line<64>>>,
    /// 全部别名，至多 50 个
    #[schema(value_type = Option<Vec<Listed<200>>>, max_items = 50)]
    aliases: Option<Vec<Line<200>>>,
    /// 全部学段，只有学校有
    levels: Option<Vec<Level>>,
    /// 全部所属单位组，至多 50 个
    #[schema(value_type = Option<Vec<Listed<200>>>, max_items = 50)]
    groups: Option<Vec<Line<200>>>,
    /// 联系领导；null 为没有
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Line<200>>)]
    liaison: Option<Option<Line<200>>>,
}

impl Check for UnitPatch {
    fn check(&self, errors: &mut FieldErrors) {
        check_names(
            "aliases",
            self.aliases.as_deref().unwrap_or_default(),
            errors,
        );
        check_names("groups", self.groups.as_deref().unwrap_or_default(), errors);
    }
}

async fn patch_unit(call: Call<NoQuery, UnitPatch>) -> Result<Reply<UnitShown>, Problem> {
    let id = call.id("id")?;
    let body = call.body;
    let change = UnitChange {
        name: body.name.map(Line::into_string),
        parent_code: body.parent_code.map(|code| code.map(Line::into_string)),
        aliases: body.aliases.map(texts),
        levels: body.levels,
        groups: body.groups.map(texts),
        liaison: body.liaison.map(|name| name.map(Line::into_string)),
    };
    change_unit(&call.ctx, id, change, call.seen.change_no()).await?;
    one(&call.ctx, id).await.map(Reply::ok)
}

/// 怎样导入
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImportQuery {
    /// 为 true 时只告知将有哪些变化，不写入
    dry_run: Option<bool>,
}

/// 导入的结果
#[derive(Debug, Serialize, ToSchema)]
struct UnitsImportedShown {
    /// 是否只是试算，没有写入
    dry_run: bool,
    /// 名单中的单位数
    total: usize,
    /// 新增单位的编码
    added: Vec<String>,
    /// 资料有变化的单位的编码
    changed: Vec<String>,
    /// 联络员或邮箱有变化的单位的编码
    contacts_changed: Vec<String>,
    /// 系统中有而名单中没有的单位的编码，保持不变
    absent: Vec<String>,
    /// 名单中没有邮箱的单位的编码，收不到邮件
    without_address: Vec<String>,
}

async fn import_units(
    call: Call<ImportQuery, Upload<NoFields>>,
) -> Result<Reply<UnitsImportedShown>, Problem> {
    let dry_run = call.query.dry_run.unwrap_or(false);
    let run = match dry_run {
        true => ImportRun::Dry,
        false => ImportRun::Real,
    };
    let file = call.body.file("file").ok_or_else(Problem::not_found)?;
    let bytes = file.bytes.clone();
    let imported = import_units_file(&call.ctx, &file.file_name, bytes, run).await?;
    let UnitsImported {
        total,
        added,
        changed,
        contacts_changed,
        absent,
        without_address,
    } = imported;
    Ok(Reply::ok(UnitsImportedShown {
        dry_run,
        total,
        added,
        changed,
        contacts_changed,
        absent,
        without_address,
    }))
}

/// The unit whose contact or rows are asked for: everybody may know that it exists.
pub(super) async fn existing(ctx: &Ctx, id: UnitId) -> Result<UnitId, Problem> {
    let unit = stored::get(&ctx.db, id).await?;
    unit.map(|unit| unit.id).ok_or_else(Problem::not_found)
}

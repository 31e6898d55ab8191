//! `/unit-groups`: the words and names that stand for several units.

use crate::domain::access::Action;
use crate::domain::group_list::{GroupOrigin, NamedGroup, group, groups};
use crate::http::kernel::{Call, Endpoint, Problem, Reply, Tag};
use serde::Serialize;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "unit-groups",
    says: "单位组：各地、各校等，及单位名单中的分组",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/unit-groups", "list_unit_groups", Action::ReadUnits, list_unit_groups)
            .tag(TAG)
            .says("单位组", "List unit groups", "各地、各校、各地各校，各学段的学校，以及单位名单中的分组，各附成员的编码。任务下发时成员即已固定，以后的变化不影响已下发的任务。"),
        Endpoint::get("/unit-groups/{name}", "read_unit_group", Action::ReadUnits, read_unit_group)
            .tag(TAG)
            .says("读取一个单位组", "Read a unit group", "除列表中的名称外，方案中能用的其他说法（例如市直学校）也可以。")
            .example_param("name", "各校"),
    ]
}

/// 单位组
#[derive(Debug, Serialize, ToSchema)]
struct GroupShown {
    /// 名称
    name: String,
    /// 来历：word 为通用说法，units_file 为单位名单中的分组
    origin: GroupOrigin,
    /// 成员数
    count: usize,
    /// 成员的编码，按单位名单的次序
    unit_codes: Vec<String>,
}

/// 全部单位组
#[derive(Debug, Serialize, ToSchema)]
struct GroupsShown {
    /// 先是通用说法，后是单位名单中的分组
    items: Vec<GroupShown>,
}

fn shown(group: &NamedGroup<'_>) -> GroupShown {
    GroupShown {
        name: group.name.clone(),
        origin: group.origin,
        count: group.members.len(),
        unit_codes: group.members.iter().map(|unit| unit.code.clone()).collect(),
    }
}

async fn list_unit_groups(call: Call) -> Result<Reply<GroupsShown>, Problem> {
    let directory = call.ctx.units().await?;
    let items = groups(&directory).iter().map(shown).collect();
    Ok(Reply::ok(GroupsShown { items }))
}

async fn read_unit_group(call: Call) -> Result<Reply<GroupShown>, Problem> {
    let name: String = call.part("name")?;
    // Names are read leniently in plans; an address has one form.
    if name.trim() != name {
        return Err(Problem::not_found());
    }
    let directory = call.ctx.units().await?;
    let found = group(&directory, &name).ok_or_else(Problem::not_found)?;
    Ok(Reply::ok(shown(&found)))
}

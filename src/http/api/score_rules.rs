//! `/score-rules`: the rule tables 计分办法 of appraisals, version by version.

use super::examples;
use crate::domain::access::Action;
use crate::domain::decimal::Decimal;
use crate::domain::ids::ScoreRulesId;
use crate::domain::score_rules::{ScoreRule, ScoreSubject, ScoreTable};
use crate::domain::unit_kind::UnitKind;
use crate::flow::RefusalCode;
use crate::flow::keep_score_rules::{NewRules, SHIPPED_NAME, make_rules};
use crate::http::kernel::{
    Call, Check, Endpoint, FieldCode, FieldErrors, Line, List, NoQuery, Page, Problem, Prose,
    Reply, Tag,
};
use crate::storage::lists::score_rules as list;
use crate::storage::score_rules::{self, StoredRules};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

const TAG: Tag = Tag {
    name: "score-rules",
    says: "考评计分办法：只增加新版本，不改旧版本",
};

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let read = Action::ReadScoreRules;
    let all = [
        Endpoint::get("/score-rules", "list_score_rules", read, list_rules)
            .says("计分办法列表", "List rule tables", "先建立的版本在前。第一次考评之前没有版本，采用随程序提供的办法。"),
        Endpoint::get("/score-rules/shipped", "get_shipped_score_rules", read, shipped)
            .says("随程序提供的计分办法", "Get the shipped rule table", "百分制：基础分 80，按比例得分共 20；未填报每次扣 10 分，填报没有进度和下一步安排、被退回的每次扣 5 分。可以作为新版本的底稿。"),
        Endpoint::get("/score-rules/{id}", "get_score_rules", read, get)
            .says("查看计分办法", "Get a rule table", "")
            .example_param("id", examples::SCORE_RULES),
        Endpoint::post("/score-rules", "make_score_rules", Action::WriteScoreRules, make)
            .says("建立新版计分办法", "Make another version of the rule table", "每个项目一条规则。按比例得分的项目，分值乘以符合的比例，没有相应事项的得满分；扣分的项目，每次扣分，可以设上限。基础分与按比例得分的分值合计须正好等于满分。已有的考评仍按原来的版本，可以重新计算时改用新版。")
            .refuses(&[RefusalCode::RulesUnfit, RefusalCode::Stale])
            .example_body(json!({
                "name": "2026 年计分办法",
                "full": 100, "base": 90, "least": 0,
                "kinds": ["district", "school"],
                "rules": [
                    { "subject": "reported_on_time", "points": 10 },
                    { "subject": "not_reported", "points": 10, "most": 40 },
                ],
                "note": "简化",
            })),
    ];
    all.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

/// 没有筛选
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EveryVersion {}

/// 一条计分规则
#[derive(Debug, Serialize, ToSchema)]
struct ScoreRuleShown {
    /// 项目
    subject: ScoreSubject,
    /// 项目名称
    label: &'static str,
    /// 按比例得分的满分，或每次扣的分
    points: Decimal,
    /// 扣分上限
    #[schema(required)]
    most: Option<Decimal>,
    /// 是否按比例得分；否则每次扣分
    by_share: bool,
}

/// 计分办法的内容
#[derive(Debug, Serialize, ToSchema)]
struct ScoreTableShown {
    /// 名称
    name: String,
    /// 满分
    full: Decimal,
    /// 基础分
    base: Decimal,
    /// 最低分
    least: Decimal,
    /// 适用的单位类型
    kinds: Vec<UnitKind>,
    /// 规则
    rules: Vec<ScoreRuleShown>,
}

/// 计分办法的一个版本
#[derive(Debug, Serialize, ToSchema)]
struct ScoreRulesShown {
    /// 编号
    id: ScoreRulesId,
    /// 第几版，从 1 起
    version: i32,
    /// 内容
    table: ScoreTableShown,
    /// 说明
    #[schema(required)]
    note: Option<String>,
    /// 谁建立的
    made_by: String,
    /// 建立的时刻
    made_at: DateTime<Utc>,
}

/// 一条要建立的规则
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScoreRuleToMake {
    /// 项目
    subject: ScoreSubject,
    /// 按比例得分的满分，或每次扣的分；都写正数
    points: Decimal,
    /// 扣分上限；不填为不限
    most: Option<Decimal>,
}

/// 要建立的计分办法
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScoreRulesToMake {
    /// 名称
    name: Line<100>,
    /// 满分
    full: Decimal,
    /// 基础分
    base: Decimal,
    /// 最低分
    least: Decimal,
    /// 适用的单位类型
    kinds: Vec<UnitKind>,
    /// 规则，每个项目一条
    rules: Vec<ScoreRuleToMake>,
    /// 说明
    note: Option<Prose<2000>>,
}

impl Check for ScoreRulesToMake {
    fn check(&self, errors: &mut FieldErrors) {
        let lists = [
            ("kinds", self.kinds.len(), UnitKind::ALL.len()),
            ("rules", self.rules.len(), ScoreSubject::ALL.len()),
        ];
        for (field, count, most) in lists {
            if count > most {
                let message = format!("最多 {most} 项");
                errors.add(field, FieldCode::OutOfRange, message);
            }
        }
    }
}

fn table_shown(name: &str, table: &ScoreTable) -> ScoreTableShown {
    let rules = table.rules.iter().map(|rule| ScoreRuleShown {
        subject: rule.subject,
        label: rule.subject.label(),
        points: rule.points,
        most: rule.most,
        by_share: rule.subject.counting() == crate::domain::score_rules::Counting::Share,
    });
    ScoreTableShown {
        name: name.to_owned(),
        full: table.full,
        base: table.base,
        least: table.least,
        kinds: table.kinds.clone(),
        rules: rules.collect(),
    }
}

fn shown(row: StoredRules) -> ScoreRulesShown {
    ScoreRulesShown {
        id: row.id,
        version: row.version,
        table: table_shown(&row.name, &row.table),
        note: row.note,
        made_by: row.made_by,
        made_at: row.made_at,
    }
}

async fn list_rules(
    call: Call<List<EveryVersion>>,
) -> Result<Reply<Page<ScoreRulesShown>>, Problem> {
    let page = list::list(&call.ctx.db, &call.query.wanted()).await?;
    let items = page.rows.into_iter().map(shown).collect();
    Ok(Reply::ok(call.query.shown(items, page.next)))
}

async fn shipped(_: Call) -> Result<Reply<ScoreTableShown>, Problem> {
    Ok(Reply::ok(table_shown(SHIPPED_NAME, &ScoreTable::shipped())))
}

async fn get(call: Call) -> Result<Reply<ScoreRulesShown>, Problem> {
    Ok(Reply::ok(one(&call, call.id("id")?).await?))
}

async fn one<Q, B>(call: &Call<Q, B>, id: ScoreRulesId) -> Result<ScoreRulesShown, Problem> {
    let row = score_rules::get(&call.ctx.db, id).await?;
    row.map(shown).ok_or_else(Problem::not_found)
}

async fn make(call: Call<NoQuery, ScoreRulesToMake>) -> Result<Reply<ScoreRulesShown>, Problem> {
    let given = &call.body;
    let rules = given.rules.iter().map(|rule| ScoreRule {
        subject: rule.subject,
        points: rule.points,
        most: rule.most,
    });
    let note = given.note.as_deref().filter(|note| !note.is_empty());
    let new = NewRules {
        name: given.name.to_string(),
        table: ScoreTable {
            full: given.full,
            base: given.base,
            least: given.least,
            kinds: given.kinds.clone(),
            rules: rules.collect(),
        },
        note: note.map(str::to_owned),
    };
    let id = make_rules(&call.ctx, &call.viewer.address, new).await?;
    let made = one(&call, id).await?;
    Ok(Reply::created(made, &format!("/score-rules/{id}")))
}

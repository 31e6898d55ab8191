//! Rule tables 计分办法: another version is made, none is ever changed. The first is the one that comes with the program;
//! it is written down when somebody counts by it.

use crate::domain::ids::ScoreRulesId;
use crate::domain::resource::Resource;
use crate::domain::score_rules::ScoreTable;
use crate::flow::refusal::WrongField;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::audit_events::AuditEntry;
use crate::storage::score_rules::{self, StoredRules};
use crate::storage::{WriteTx, new_id};
use serde_json::json;

/// What the shipped table is called.
pub const SHIPPED_NAME: &str = "通用计分办法（百分制扣分）";

/// A version that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRules {
    /// What it is called.
    pub name: String,
    /// The table.
    pub table: ScoreTable,
    /// Why it is made.
    pub note: Option<String>,
}

/// Makes the next version of the rule table.
///
/// # Errors
/// [`FlowError::Refused`] with every field whose points do not fit; where somebody else made the same version.
pub async fn make_rules(
    ctx: &Ctx,
    made_by: &str,
    new: NewRules,
) -> Result<ScoreRulesId, FlowError> {
    let faults = new.table.faults();
    if !faults.is_empty() {
        let wrong = faults
            .into_iter()
            .map(|fault| WrongField::new(fault.path, fault.text));
        return Err(FlowError::refused_fields(
            RefusalCode::RulesUnfit,
            wrong.collect(),
        ));
    }
    let tx = ctx.write().await?;
    let before = rules_for(ctx, &tx, None).await?;
    let made = StoredRules {
        id: ScoreRulesId(new_id()),
        version: before.version + 1,
        name: new.name,
        table: new.table,
        note: new.note,
        made_by: made_by.to_owned(),
        made_at: ctx.now().at,
    };
    insert(&tx, &made).await?;
    tx.commit().await?;
    Ok(made.id)
}

/// The table of that id, or the newest; where there is none yet, the shipped one is written down.
pub(super) async fn rules_for(
    ctx: &Ctx,
    tx: &WriteTx,
    id: Option<ScoreRulesId>,
) -> Result<StoredRules, FlowError> {
    if let Some(id) = id {
        let known = score_rules::get(tx, id).await?;
        return known.ok_or_else(|| {
            let text = format!("没有编号为 {id} 的计分办法");
            FlowError::refused_field(RefusalCode::NotFound, "rules_id", text)
        });
    }
    if let Some(newest) = score_rules::newest(tx).await? {
        return Ok(newest);
    }
    let shipped = StoredRules {
        id: ScoreRulesId(new_id()),
        version: 1,
        name: SHIPPED_NAME.to_owned(),
        table: ScoreTable::shipped(),
        note: None,
        made_by: "系统".to_owned(),
        made_at: ctx.now().at,
    };
    insert(tx, &shipped).await?;
    Ok(shipped)
}

async fn insert(tx: &WriteTx, new: &StoredRules) -> Result<(), FlowError> {
    if !score_rules::insert(tx, new).await? {
        let text = format!("计分办法第 {} 版刚刚由他人建立，请查看后再试", new.version);
        return Err(FlowError::refused(RefusalCode::Stale, text));
    }
    let target = format!("计分办法第 {} 版：{}", new.version, new.name);
    tx.audit(
        AuditEntry::done("make_score_rules", Resource::ScoreRules, new.id.0, target)
            .after(json!({ "table": new.table, "note": new.note })),
    );
    Ok(())
}

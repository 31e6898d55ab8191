//! audit events → hash chain, and its verification. Whoever alters, removes or inserts a sealed row is found out; whoever
//! cuts the tail is, where the last head is known: it is kept in the database and told to the log.

use crate::domain::audit_chain::{Broken, Walk};
use crate::flow::{Ctx, FlowError, Progress};
use crate::storage::{audit_events, marks};
use serde::Serialize;

/// Events sealed in one transaction, and read at once when verifying.
const AT_ONCE: u64 = 500;

/// Seals what is not sealed yet.
///
/// # Errors
/// [`FlowError::Storage`]; another instance that seals at the same time wins, this one's work is dropped.
pub async fn seal_audit(ctx: &Ctx) -> Result<Progress, FlowError> {
    let mut progress = Progress::default();
    loop {
        if audit_events::count_unsealed(&ctx.db).await? == 0 {
            return Ok(progress);
        }
        let tx = ctx.write().await?;
        marks::hold_audit_head(&tx, ctx.now().at).await?;
        let mut walk = match audit_events::head(&tx).await? {
            Some((chain_no, hash)) => Walk::from_head(chain_no, hash),
            None => Walk::default(),
        };
        let events = audit_events::unsealed(&tx, AT_ONCE).await?;
        for record in &events {
            let (chain_no, hash) = walk.seal(record);
            audit_events::seal(&tx, record.id, chain_no, &hash).await?;
        }
        let (chain_no, hash) = walk.head();
        marks::set_audit_head(&tx, chain_no, hash, ctx.now().at).await?;
        tx.commit_unseen().await?;
        progress.done += events.len();
        tracing::info!(
            audit.chain_no = chain_no,
            audit.hash = hash,
            "Sealed the audit"
        );
    }
}

/// What verifying the chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditVerified {
    /// Whether every sealed event is what was sealed, and none is missing.
    pub whole: bool,
    /// Sealed events that were found right, from the first on.
    pub checked: i64,
    /// Events that wait to be sealed.
    pub unsealed: u64,
    /// Hash of the last event that was found right.
    pub head: String,
    /// What is wrong, for people; at the first place where something is.
    pub broken: Option<String>,
}

/// Walks the whole chain. `anchor` is a place and hash noted down outside: the chain must still have it.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn verify_audit(
    ctx: &Ctx,
    anchor: Option<(i64, &str)>,
) -> Result<AuditVerified, FlowError> {
    let known_head = marks::audit_head(&ctx.db).await?;
    let mut walk = Walk::default();
    let mut broken = None;
    let mut anchored = anchor.is_none_or(|(chain_no, _)| chain_no == 0);
    'walk: loop {
        let events = audit_events::sealed_after(&ctx.db, walk.head().0, AT_ONCE).await?;
        if events.is_empty() {
            break;
        }
        for event in &events {
            let before = walk.clone();
            if let Err(found) = walk.check(event.chain_no, &event.hash, &event.record) {
                walk = before;
                broken = Some(broken_text(&found));
                break 'walk;
            }
            anchored |= anchor == Some((event.chain_no, event.hash.as_str()));
        }
    }
    let (checked, head) = walk.head();
    if broken.is_none() {
        broken = match known_head {
            Some((chain_no, hash))
                if chain_no > checked || (chain_no == checked && hash != head) =>
            {
                Some(format!(
                    "末尾的审计记录缺失：应有 {chain_no} 条，实有 {checked} 条"
                ))
            }
            Some(_) | None => None,
        };
    }
    if let (None, false, Some((chain_no, _))) = (&broken, anchored, anchor) {
        broken = Some(format!(
            "第 {chain_no} 条审计记录与所给的校验值不符，其后的记录可能已被整体改写"
        ));
    }
    Ok(AuditVerified {
        whole: broken.is_none(),
        checked,
        unsealed: audit_events::count_unsealed(&ctx.db).await?,
        head: head.to_owned(),
        broken,
    })
}

fn broken_text(broken: &Broken) -> String {
    match broken {
        Broken::Missing { chain_no } => format!("缺少第 {chain_no} 条审计记录"),
        Broken::Altered { chain_no, id } => {
            format!("第 {chain_no} 条审计记录（编号 {id}）在封存后被改动")
        }
    }
}

//! Bearer token → who calls. What is known of a token holds as long as nothing in the database has changed, so that most
//! requests ask nothing.

use crate::domain::access::{Membership, Viewer};
use crate::domain::draw::hex;
use crate::domain::ids::{TokenId, UnitId};
use crate::flow::{Ctx, FlowError};
use crate::storage::{marks, units, users};
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Tokens remembered at the most; beyond, all are looked up anew.
const REMEMBERED: usize = 10_000;

/// Beginning of every token's text, so that one that leaked is recognised as ours.
const PREFIX: &str = "duban_";

type Digested = [u8; 32];

/// What is known of a token.
#[derive(Debug, Clone)]
struct Known {
    /// As of this change.
    change_no: i64,
    /// Who calls with it, and until when it is good; none where it is no good.
    viewer: Option<(Arc<Viewer>, DateTime<Utc>)>,
}

/// What this process knows of tokens, and when they were used.
#[derive(Debug, Default)]
pub struct Callers {
    known: RwLock<HashMap<Digested, Known>>,
    looking: tokio::sync::Mutex<()>,
    used: Mutex<HashMap<TokenId, DateTime<Utc>>>,
}

impl Callers {
    fn known(&self, digest: &Digested, change_no: i64) -> Option<Known> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known
            .get(digest)
            .filter(|known| known.change_no == change_no)
            .cloned()
    }

    fn remember(&self, digest: Digested, known: Known) {
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= REMEMBERED {
            all.clear();
        }
        all.insert(digest, known);
    }

    fn note_use(&self, token: TokenId, now: DateTime<Utc>) {
        // To the hour: what is told is whether a token is still in use, not when its holder was at the desk.
        let hour = now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now);
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.get(&token) != Some(&hour) {
            used.insert(token, hour);
        }
    }

    /// The uses since the last call.
    pub(super) fn take_uses(&self) -> Vec<(TokenId, DateTime<Utc>)> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.drain().collect()
    }
}

/// What is stored of a token's text: SHA-256, hexadecimal. The text has 256 bits of randomness, so no salt is needed.
pub fn token_hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// A new token's text from 32 random bytes.
pub(super) fn token_text(random: &str) -> String {
    format!("{PREFIX}{random}")
}

/// Who calls with a token; `None` where it is unknown, expired or revoked, or its user is disabled or has no role.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn recognise_caller(ctx: &Ctx, text: &str) -> Result<Option<Arc<Viewer>>, FlowError> {
    if !text.starts_with(PREFIX) || text.len() != PREFIX.len() + 64 {
        return Ok(None);
    }
    let digest: Digested = Sha256::digest(text.as_bytes()).into();
    let change_no = ctx.change_no().await?;
    let known = match ctx.callers.known(&digest, change_no) {
        Some(known) => known,
        None => {
            let _looking = ctx.callers.looking.lock().await;
            match ctx.callers.known(&digest, change_no) {
                Some(known) => known,
                None => look_up(ctx, digest, change_no).await?,
            }
        }
    };
    let now = ctx.clock.now();
    let Some((viewer, _)) = known.viewer.filter(|(_, until)| now < *until) else {
        return Ok(None);
    };
    ctx.callers.note_use(viewer.token_id, now);
    Ok(Some(viewer))
}

async fn look_up(ctx: &Ctx, digest: Digested, change_no: i64) -> Result<Known, FlowError> {
    let viewer = find_viewer(ctx, &hex(&digest)).await?;
    let known = Known { change_no, viewer };
    ctx.callers.remember(digest, known.clone());
    Ok(known)
}

async fn find_viewer(
    ctx: &Ctx,
    hash: &str,
) -> Result<Option<(Arc<Viewer>, DateTime<Utc>)>, FlowError> {
    let Some(token) = users::token_by_hash(&ctx.db, hash).await? else {
        return Ok(None);
    };
    let user = users::get(&ctx.db, token.user_id).await?;
    let Some(user) = user.filter(|user| user.enabled && token.revoked_at.is_none()) else {
        return Ok(None);
    };
    let memberships: Vec<Membership> = users::memberships(&ctx.db, &[user.id])
        .await?
        .into_iter()
        .map(|(_, membership)| membership)
        .collect();
    if memberships.is_empty() {
        return Ok(None);
    }
    let own: BTreeSet<UnitId> = memberships.iter().filter_map(|one| one.unit_id).collect();
    let below = match own.is_empty() {
        true => BTreeSet::new(),
        false => units_below(ctx, &own).await?,
    };
    let epoch = marks::epoch(&ctx.db).await?;
    let viewer = Viewer {
        user_id: user.id,
        address: user.address,
        token_id: token.id,
        scope: token.scope,
        scope_key: scope_key(
            &epoch,
            [&user.id.to_string(), &token.id.to_string()],
            &memberships,
            &below,
        ),
        memberships,
        below: Arc::new(below),
    };
    Ok(Some((Arc::new(viewer), token.expires_at)))
}

/// Units below these by `parent`, over any number of levels.
async fn units_below(ctx: &Ctx, own: &BTreeSet<UnitId>) -> Result<BTreeSet<UnitId>, FlowError> {
    let parents: Vec<(UnitId, UnitId)> = units::parents(&ctx.db).await?;
    let mut below = BTreeSet::new();
    let mut newly: Vec<UnitId> = own.iter().copied().collect();
    while let Some(parent) = newly.pop() {
        for (child, of) in &parents {
            if *of == parent && below.insert(*child) {
                newly.push(*child);
            }
        }
    }
    Ok(below)
}

/// Differs between callers who may see different rows, and between databases.
fn scope_key(
    epoch: &str,
    caller: [&str; 2],
    memberships: &[Membership],
    below: &BTreeSet<UnitId>,
) -> String {
    let mut hash = Sha256::new();
    hash.update(epoch);
    // Rows of a user's own (tokens) differ by user as well, and what a caller is told of themselves by token.
    for id in caller {
        hash.update(id);
    }
    for one in memberships {
        hash.update(one.role.as_str());
        hash.update(one.unit_id.map(|id| id.to_string()).unwrap_or_default());
    }
    for unit in below {
        hash.update(unit.0.as_bytes());
    }
    let mut key = hex(&hash.finalize());
    key.truncate(16);
    key
}

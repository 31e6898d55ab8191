//! Bearer token, or session → who calls. What is known of a token holds until the feed names a token, a user or a unit, so that most
//! requests ask nothing, and the first after any other change asks the feed alone.

use crate::domain::access::{Delegated, Membership, Viewer};
use crate::domain::delegation::{Delegation, held_for_others, next_turn};
use crate::domain::draw::hex;
use crate::domain::ids::{TokenId, UnitId, UserId};
use crate::domain::resource::Resource;
use crate::domain::token_kind::TokenKind;
use crate::flow::{Ctx, FlowError};
use crate::storage::users::{StoredToken, StoredUser};
use crate::storage::{accounts, changes, delegations, marks, units, users};
use chrono::{DateTime, DurationRound, NaiveTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Tokens remembered at the most; beyond, all are looked up anew.
const REMEMBERED: usize = 10_000;

/// Rows that decide who calls and what they meet; roles change with their user. The epoch of the database is given before
/// it is served.
const DECISIVE: [Resource; 4] = [
    Resource::Tokens,
    Resource::Users,
    Resource::Units,
    Resource::Delegations,
];

/// Changes looked through at the most; beyond, looking tokens up is as quick.
const MOST_CHANGES: u64 = 200;

/// A session in use is extended so often at the most.
const EXTENDED_EVERY: TimeDelta = TimeDelta::hours(1);

type Digested = [u8; 32];

/// What is known of a token.
#[derive(Debug, Clone)]
struct Known {
    /// As of this change.
    change_no: i64,
    /// Who calls with it; none where it is no good.
    caller: Option<Caller>,
}

/// Who calls with a token.
#[derive(Debug, Clone)]
struct Caller {
    viewer: Arc<Viewer>,
    kind: TokenKind,
    /// When the token was made.
    since: DateTime<Utc>,
    /// Until when the token is good.
    ends: DateTime<Utc>,
    /// Until when what is known here is right: where it has passed, it is looked up again.
    until: DateTime<Utc>,
}

/// How far the feed was looked through for decisive changes.
#[derive(Debug, Clone, Copy)]
struct Looked {
    /// Up to this change.
    until: i64,
    /// The newest decisive one; what was known before it may no longer be right.
    decisive: i64,
}

/// What this process knows of tokens, and when they were used.
#[derive(Debug, Default)]
pub struct Callers {
    looked: RwLock<Option<Looked>>,
    known: RwLock<HashMap<Digested, Known>>,
    looking: tokio::sync::Mutex<()>,
    used: Mutex<HashMap<TokenId, DateTime<Utc>>>,
}

impl Callers {
    /// What is known of a token and still right as of a change.
    fn known(&self, digest: &Digested, change_no: i64) -> Option<Known> {
        let looked = self.looked()?;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known
            .get(digest)
            .filter(|known| looked.until >= change_no && known.change_no >= looked.decisive)
            .cloned()
    }

    fn forget(&self, digest: &Digested) {
        let mut all = self.known.write().unwrap_or_else(PoisonError::into_inner);
        all.remove(digest);
    }

    fn looked(&self) -> Option<Looked> {
        *self.looked.read().unwrap_or_else(PoisonError::into_inner)
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
    format!("{}{random}", TokenKind::Bearer.prefix())
}

/// A new session's text from 32 random bytes.
pub(super) fn session_text(random: &str) -> String {
    format!("{}{random}", TokenKind::Session.prefix())
}

/// Who calls with a bearer token; `None` where it is unknown, expired or revoked, or its user is disabled or has no role.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn recognise_caller(ctx: &Ctx, text: &str) -> Result<Option<Arc<Viewer>>, FlowError> {
    let caller = recognise(ctx, text, TokenKind::Bearer).await?;
    Ok(caller.map(|caller| caller.viewer))
}

/// Whose session that is; `None` as in [`recognise_caller`]. A session in use is extended.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn recognise_session(ctx: &Ctx, text: &str) -> Result<Option<Arc<Viewer>>, FlowError> {
    let Some(caller) = recognise(ctx, text, TokenKind::Session).await? else {
        return Ok(None);
    };
    if let Some(ends) = extended(ctx, &caller) {
        extend(ctx, text, &caller, ends).await?;
    }
    Ok(Some(caller.viewer))
}

async fn recognise(ctx: &Ctx, text: &str, kind: TokenKind) -> Result<Option<Caller>, FlowError> {
    if !kind.fits(text) {
        return Ok(None);
    }
    let digest: Digested = Sha256::digest(text.as_bytes()).into();
    let change_no = ctx.change_no().await?;
    let now = ctx.clock.now();
    let is_right = |known: &Known| known.caller.as_ref().is_none_or(|one| now < one.until);
    let known = match ctx.callers.known(&digest, change_no).filter(is_right) {
        Some(known) => known,
        None => {
            let _looking = ctx.callers.looking.lock().await;
            look_for_decisive(ctx, change_no).await?;
            match ctx.callers.known(&digest, change_no).filter(is_right) {
                Some(known) => known,
                // Another instance may have extended it, or somebody's absence begins or ends.
                None => look_up(ctx, digest, change_no, now).await?,
            }
        }
    };
    let is_good = |caller: &Caller| caller.kind == kind && now < caller.ends;
    let Some(caller) = known.caller.filter(is_good) else {
        return Ok(None);
    };
    ctx.callers.note_use(caller.viewer.token_id, now);
    Ok(Some(caller))
}

/// Until when a session that is used now should be good; `None` where it need not be written.
fn extended(ctx: &Ctx, caller: &Caller) -> Option<DateTime<Utc>> {
    let settings = &ctx.settings.accounts;
    let wanted = (ctx.clock.now() + settings.idle).min(caller.since + settings.longest);
    (wanted - caller.ends >= EXTENDED_EVERY).then_some(wanted)
}

async fn extend(
    ctx: &Ctx,
    text: &str,
    caller: &Caller,
    ends: DateTime<Utc>,
) -> Result<(), FlowError> {
    let tx = ctx.without_ticket().write().await?;
    accounts::extend_session(&tx, caller.viewer.token_id, ends).await?;
    tx.commit_unseen().await?;
    let digest: Digested = Sha256::digest(text.as_bytes()).into();
    ctx.callers.forget(&digest);
    Ok(())
}

/// Looks through the feed up to a change; by one request at a time.
async fn look_for_decisive(ctx: &Ctx, change_no: i64) -> Result<(), FlowError> {
    let decisive = match ctx.callers.looked() {
        Some(looked) if looked.until >= change_no => return Ok(()),
        Some(looked) => decisive_after(ctx, looked, change_no).await?,
        // Nothing is known yet that could be wrong.
        None => change_no,
    };
    let mut looked = ctx
        .callers
        .looked
        .write()
        .unwrap_or_else(PoisonError::into_inner);
    *looked = Some(Looked {
        until: change_no,
        decisive,
    });
    Ok(())
}

/// The newest decisive change. Where much has changed, or the feed does not reach back, `change_no` itself counts as one.
async fn decisive_after(ctx: &Ctx, looked: Looked, change_no: i64) -> Result<i64, FlowError> {
    let found = changes::after(&ctx.db, looked.until, i32::MAX, MOST_CHANGES).await?;
    // Read last: what is forgotten meanwhile must not look like nothing.
    let span = changes::span(&ctx.db).await?;
    if found.len() as u64 == MOST_CHANGES || looked.until < span.oldest_kept {
        return Ok(change_no);
    }
    let last = found
        .iter()
        .rfind(|change| DECISIVE.contains(&change.resource));
    Ok(last.map_or(looked.decisive, |change| change.change_no))
}

async fn look_up(
    ctx: &Ctx,
    digest: Digested,
    change_no: i64,
    now: DateTime<Utc>,
) -> Result<Known, FlowError> {
    let caller = find_caller(ctx, &hex(&digest), now).await?;
    let known = Known { change_no, caller };
    ctx.callers.remember(digest, known.clone());
    Ok(known)
}

async fn find_caller(
    ctx: &Ctx,
    hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<Caller>, FlowError> {
    let Some(token) = users::token_by_hash(&ctx.db, hash).await? else {
        return Ok(None);
    };
    let user = users::get(&ctx.db, token.user_id).await?;
    let Some(user) = user.filter(|user| user.enabled && token.revoked_at.is_none()) else {
        return Ok(None);
    };
    let held = held_by(ctx, user.id, now).await?;
    let viewer = match held.memberships.is_empty() {
        true => None,
        false => Some(viewer_of(ctx, &token, user, held.memberships, held.delegated).await?),
    };
    let ends = match token.kind {
        TokenKind::Bearer => token.expires_at,
        TokenKind::Session => token
            .expires_at
            .min(token.created_at + ctx.settings.accounts.longest),
    };
    Ok(viewer.map(|viewer| Caller {
        viewer: Arc::new(viewer),
        kind: token.kind,
        since: token.created_at,
        ends,
        until: held.until.map_or(ends, |until| until.min(ends)),
    }))
}

/// The roles that somebody holds, for absent people too.
struct Held {
    memberships: Vec<Membership>,
    delegated: Vec<Delegated>,
    /// Until when, where that is known to end.
    until: Option<DateTime<Utc>>,
}

async fn held_by(ctx: &Ctx, user: UserId, now: DateTime<Utc>) -> Result<Held, FlowError> {
    let of_one = |all: Vec<(UserId, Membership)>| all.into_iter().map(|(_, one)| one).collect();
    let mut memberships: Vec<Membership> = of_one(users::memberships(&ctx.db, &[user]).await?);
    let zone = ctx.settings.zone;
    let today = zone.day(now);
    let all = delegations::to_come_of(&ctx.db, user, today).await?;
    let held: Vec<&Delegation> = all.iter().filter(|one| one.delegate_id == user).collect();
    let mut absent = Vec::new();
    for one in held.iter().filter(|one| one.holds_on(today)) {
        let other = users::get(&ctx.db, one.user_id).await?;
        if let Some(other) = other.filter(|other| other.enabled) {
            let own = of_one(users::memberships(&ctx.db, &[other.id]).await?);
            absent.push((other.address, own));
        }
    }
    let delegated = held_for_others(&memberships, &absent);
    for one in &delegated {
        if !memberships.contains(&one.membership) {
            memberships.push(one.membership);
        }
    }
    let turn = next_turn(held.iter().copied(), today);
    Ok(Held {
        memberships,
        delegated,
        until: turn.map(|day| zone.instant(day.and_time(NaiveTime::MIN))),
    })
}

async fn viewer_of(
    ctx: &Ctx,
    token: &StoredToken,
    user: StoredUser,
    memberships: Vec<Membership>,
    delegated: Vec<Delegated>,
) -> Result<Viewer, FlowError> {
    let own: BTreeSet<UnitId> = memberships.iter().filter_map(|one| one.unit_id).collect();
    let below = match own.is_empty() {
        true => BTreeSet::new(),
        false => units_below(ctx, &own).await?,
    };
    let epoch = marks::epoch(&ctx.db).await?;
    let caller = [&token.user_id.to_string(), &token.id.to_string()];
    Ok(Viewer {
        user_id: user.id,
        address: user.address,
        name: user.name,
        locale: user.locale,
        token_id: token.id,
        scope: token.scope,
        scope_key: scope_key(&epoch, caller.map(String::as_str), &memberships, &below),
        memberships,
        delegated: delegated.into(),
        below: Arc::new(below),
    })
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

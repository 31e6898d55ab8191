//! The feed of changes as one caller may see it: which rows have changed since a place in it.

use crate::domain::access::{Action, Reach, Rows, Viewer};
use crate::domain::resource::Resource;
use crate::flow::{Ctx, FlowError, RefusalCode};
use crate::storage::changes::{self, StoredChange};
use crate::storage::lists::visible::{Eyes, visible};
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// Changes looked at in one step, and the most steps: a caller who meets few rows is told how far they were looked for.
const STEP: u64 = 500;
const MOST_STEPS: usize = 8;

/// A place in the feed: behind the change with this number and position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedPlace {
    /// Number of the transaction.
    pub change_no: i64,
    /// Order inside the transaction.
    pub position: i32,
}

impl FeedPlace {
    fn behind(change: &StoredChange) -> Self {
        Self {
            change_no: change.change_no,
            position: change.position,
        }
    }

    /// Behind everything of a transaction.
    fn behind_all_of(change_no: i64) -> Self {
        Self {
            change_no,
            position: i32::MAX,
        }
    }
}

/// A page of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// What has changed and is met by the caller now, in the order of commits.
    pub changes: Vec<StoredChange>,
    /// Where to go on; always known.
    pub reached: FeedPlace,
    /// Whether there is more behind it already.
    pub has_more: bool,
}

/// The newest place.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn newest_place(ctx: &Ctx) -> Result<FeedPlace, FlowError> {
    let span = changes::span(&ctx.db).await?;
    Ok(FeedPlace::behind_all_of(span.newest))
}

/// Changes behind `after`, or from the beginning of what is kept; of all resources where none are named; at most `limit`.
///
/// # Errors
/// [`FlowError::Refused`] with [`RefusalCode::FeedTooOld`] where the feed does not reach back that far, or never reached
/// that place.
pub async fn follow_changes(
    ctx: &Ctx,
    viewer: &Viewer,
    after: Option<FeedPlace>,
    resources: &[Resource],
    limit: usize,
) -> Result<Followed, FlowError> {
    let first = match after {
        Some(place) => place,
        None => FeedPlace::behind_all_of(changes::span(&ctx.db).await?.oldest_kept),
    };
    let mut followed = Followed {
        changes: Vec::new(),
        reached: first,
        has_more: true,
    };
    for _ in 0..MOST_STEPS {
        let at = followed.reached;
        let found = changes::after(&ctx.db, at.change_no, at.position, STEP).await?;
        let is_last = (found.len() as u64) < STEP;
        let seen = seen_by(ctx, viewer, resources, &found).await?;
        followed.has_more = !is_last;
        for change in found {
            if followed.changes.len() == limit {
                followed.has_more = true;
                break;
            }
            followed.reached = FeedPlace::behind(&change);
            if seen.contains(&(change.resource, change.row_id)) {
                followed.changes.push(change);
            }
        }
        if followed.changes.len() == limit || is_last {
            break;
        }
    }
    // Read last: what is forgotten meanwhile must not look like nothing.
    let span = changes::span(&ctx.db).await?;
    if first.change_no < span.oldest_kept || first.change_no > span.newest {
        return Err(FlowError::refused(
            RefusalCode::FeedTooOld,
            "变更记录不再保留到这个位置。请用 from=now 取得新的游标，重新读取全部列表，再从该游标继续",
        ));
    }
    Ok(followed)
}

/// Those of the changed rows that the caller meets now.
async fn seen_by(
    ctx: &Ctx,
    viewer: &Viewer,
    resources: &[Resource],
    found: &[StoredChange],
) -> Result<HashSet<(Resource, Uuid)>, FlowError> {
    let mut changed: BTreeMap<Resource, HashSet<Uuid>> = BTreeMap::new();
    for change in found {
        if resources.is_empty() || resources.contains(&change.resource) {
            changed
                .entry(change.resource)
                .or_default()
                .insert(change.row_id);
        }
    }
    let mut seen = HashSet::new();
    for (resource, ids) in changed {
        if let Some(eyes) = eyes_for(viewer, resource) {
            let met = visible(&ctx.db, resource, &ids, &eyes).await?;
            seen.extend(met.into_iter().map(|id| (resource, id)));
        }
    }
    Ok(seen)
}

/// With whose eyes a caller looks at rows of a resource. Of bulletins, those on their way are for whoever reads drafts.
fn eyes_for(viewer: &Viewer, resource: Resource) -> Option<Eyes> {
    if resource == Resource::Bulletins && viewer.may(Action::ReadBulletins) {
        return Some(match viewer.reach(Action::ReadBulletinDrafts) {
            Reach::All => Eyes::Everyones,
            published @ Reach::Units { .. } => Eyes::Units {
                reach: published,
                address: viewer.address.clone(),
            },
        });
    }
    eyes(viewer, reading(resource))
}

/// With whose eyes a caller looks at rows of an action; `None` where it is not allowed to look at all.
fn eyes(viewer: &Viewer, action: Action) -> Option<Eyes> {
    if !viewer.may(action) {
        return None;
    }
    match (action.rows(), viewer.reach(action)) {
        (_, Reach::All) => Some(Eyes::Everyones),
        (Rows::OwnUser, Reach::Units { .. }) => Some(Eyes::User(viewer.user_id)),
        (_, reach @ Reach::Units { .. }) => Some(Eyes::Units {
            reach,
            address: viewer.address.clone(),
        }),
    }
}

/// What reading such rows is called.
fn reading(resource: Resource) -> Action {
    match resource {
        Resource::Plans => Action::ReadPlans,
        Resource::Tasks => Action::ReadTasks,
        Resource::Assignments | Resource::AssignmentEvents => Action::ReadAssignments,
        Resource::Amendments => Action::ReadAmendments,
        Resource::Completions => Action::ReadCompletions,
        Resource::Extensions => Action::ReadExtensions,
        Resource::Notices => Action::ReadNotices,
        Resource::Units => Action::ReadUnits,
        Resource::Contacts => Action::ReadContacts,
        Resource::Calendars => Action::ReadCalendars,
        Resource::Cycles => Action::ReadCycles,
        Resource::Rounds => Action::ReadRounds,
        Resource::Decisions => Action::ReadDecisions,
        Resource::Indicators => Action::ReadIndicators,
        Resource::Inspectors => Action::ReadInspectors,
        Resource::Inspections => Action::ReadInspections,
        Resource::Findings => Action::ReadFindings,
        Resource::ScoreRules => Action::ReadScoreRules,
        Resource::Appraisals => Action::ReadAppraisals,
        Resource::QualityResults => Action::ReadQualityResults,
        Resource::Warnings => Action::ReadWarnings,
        Resource::Obligations => Action::ReadObligations,
        Resource::Reports => Action::ReadReports,
        Resource::Bulletins => Action::ReadBulletins,
        Resource::Reminders => Action::ReadReminders,
        Resource::Mails => Action::ReadMails,
        Resource::Attachments => Action::ReadAttachments,
        Resource::AskOverrides => Action::ReadBurden,
        Resource::Webhooks | Resource::WebhookDeliveries => Action::ReadWebhooks,
        Resource::Users => Action::ReadUsers,
        Resource::Tokens => Action::ReadTokens,
        Resource::Walls => Action::ReadWalls,
        Resource::Delegations => Action::ReadDelegations,
    }
}

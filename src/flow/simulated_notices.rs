//! What the office of a simulated town does about notices: it approves what the ladder has drafted, and closes what was
//! answered.

use crate::domain::access::Reach;
use crate::domain::notice::{NoticeEvent, NoticeState};
use crate::flow::decide_notice::{NoticeDecision, decide_notice};
use crate::flow::issue_notices::{Approver, Approving, approve_notices};
use crate::flow::{Ctx, FlowError};
use crate::storage::lists::notices::{self, NoticeFilter};
use crate::storage::notices::StoredNotice;
use crate::storage::paging::PageWanted;

/// Notices dealt with on one day.
const MOST_A_DAY: u64 = 500;

/// Deals with the notices that wait for the office.
pub(super) async fn handle_notices(ctx: &Ctx, office: &str) -> Result<(), FlowError> {
    let by = Approver {
        name: office,
        is_leader: true,
    };
    let approving = Approving {
        issue: true,
        ..Approving::default()
    };
    for draft in waiting(ctx, NoticeState::Drafted).await? {
        // What was settled meanwhile lapses by itself.
        settled_is_fine(approve_notices(ctx, by, &[draft.id], &approving).await)?;
    }
    let close = NoticeDecision {
        event: NoticeEvent::Close,
        reason: None,
        due_on: None,
    };
    for answered in waiting(ctx, NoticeState::Answered).await? {
        decide_notice(ctx, office, answered.id, &close).await?;
    }
    Ok(())
}

async fn waiting(ctx: &Ctx, state: NoticeState) -> Result<Vec<StoredNotice>, FlowError> {
    let filter = NoticeFilter {
        state: Some(state),
        ..NoticeFilter::default()
    };
    let wanted = PageWanted::first(MOST_A_DAY);
    let page = notices::list(&ctx.db, &filter, &Reach::All, &wanted).await?;
    Ok(page.rows)
}

fn settled_is_fine(done: Result<(), FlowError>) -> Result<(), FlowError> {
    match done {
        Err(FlowError::Refused(_)) => Ok(()),
        other => other,
    }
}

//! The list of notices.

use crate::domain::access::Reach;
use crate::domain::ids::{NoticeId, PlanId, TaskId};
use crate::domain::notice::{NoticeState, Rung};
use crate::storage::error::StorageError;
use crate::storage::notices::{StoredNotice, notice_of};
use crate::storage::paging::{PageWanted, Paged, SortKey, page};
use chrono::NaiveDate;
use entity::notice;
use sea_orm::sea_query::{Condition, Expr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::parts::{of_reach, read_day, unit_of_code};

/// Which notices are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default)]
pub struct NoticeFilter {
    /// To the unit of this code.
    pub unit_code: Option<String>,
    /// Of this rung.
    pub rung: Option<Rung>,
    /// In this state.
    pub state: Option<NoticeState>,
    /// About this task.
    pub task_id: Option<TaskId>,
    /// Of this plan.
    pub plan_id: Option<PlanId>,
    /// Raised on this day or later.
    pub raised_from: Option<NaiveDate>,
    /// Raised on this day or earlier.
    pub raised_to: Option<NaiveDate>,
    /// Issued on this day or later.
    pub issued_from: Option<NaiveDate>,
    /// Issued on this day or earlier.
    pub issued_to: Option<NaiveDate>,
}

/// The notices that are met: units see those of theirs that were issued.
pub(in crate::storage) fn met(reach: &Reach) -> Condition {
    match reach {
        Reach::All => Condition::all(),
        Reach::Units { .. } => Condition::all()
            .add(of_reach(notice::Column::UnitId, reach))
            .add(notice::Column::IssuedOn.is_not_null()),
    }
}

/// A page of notices, by the day on which they were raised.
///
/// # Errors
/// [`StorageError`].
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &NoticeFilter,
    reach: &Reach,
    wanted: &PageWanted,
) -> Result<Paged<StoredNotice>, StorageError> {
    let key = SortKey {
        expr: Expr::col(notice::Column::RaisedOn),
        read: read_day,
        tell: |row: &notice::Model| row.raised_on.to_string(),
    };
    let select = notice::Entity::find()
        .filter(met(reach))
        .filter(wanted_by(filter));
    page(
        db,
        select,
        notice::Column::Id,
        |row| row.id,
        Some(key),
        wanted,
    )
    .await?
    .try_map(notice_of)
}

fn wanted_by(filter: &NoticeFilter) -> Condition {
    use notice::Column as C;
    let code = filter.unit_code.as_deref();
    Condition::all()
        .add_option(code.map(|code| C::UnitId.in_subquery(unit_of_code(code))))
        .add_option(filter.rung.map(|rung| C::Rung.eq(rung.as_str())))
        .add_option(filter.state.map(|state| C::State.eq(state.as_str())))
        .add_option(filter.task_id.map(|task| C::TaskId.eq(task.0)))
        .add_option(filter.plan_id.map(|plan| C::PlanId.eq(plan.0)))
        .add_option(filter.raised_from.map(|day| C::RaisedOn.gte(day)))
        .add_option(filter.raised_to.map(|day| C::RaisedOn.lte(day)))
        .add_option(filter.issued_from.map(|day| C::IssuedOn.gte(day)))
        .add_option(filter.issued_to.map(|day| C::IssuedOn.lte(day)))
}

/// The notice of that id, where it is met.
///
/// # Errors
/// [`StorageError`].
pub async fn one(
    db: &impl ConnectionTrait,
    id: NoticeId,
    reach: &Reach,
) -> Result<Option<StoredNotice>, StorageError> {
    let row = notice::Entity::find_by_id(id.0)
        .filter(met(reach))
        .one(db)
        .await?;
    row.map(notice_of).transpose()
}

/// Whether there is such a notice at all.
///
/// # Errors
/// [`StorageError`].
pub async fn exists(db: &impl ConnectionTrait, id: NoticeId) -> Result<bool, StorageError> {
    Ok(notice::Entity::find_by_id(id.0).one(db).await?.is_some())
}

//! Pages of lists, by key and id instead of by offset: rows that are added or removed meanwhile shift nothing, and the
//! thousandth page costs what the first one costs.

use crate::storage::error::StorageError;
use sea_orm::sea_query::{Condition, ExprTrait, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, Select,
    Value,
};
use uuid::Uuid;

/// A place in a list: behind the row with this id, which has this sort key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The sort key as text; none where a list is sorted by id alone.
    pub key: Option<String>,
    /// The row.
    pub id: Uuid,
}

/// Which way a list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// Smallest, earliest first.
    #[default]
    Ascending,
    /// Largest, latest first.
    Descending,
}

/// The page that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageWanted {
    /// Rows at the most.
    pub limit: u64,
    /// Behind this place; from the beginning where there is none.
    pub after: Option<Place>,
    /// Which way.
    pub direction: Direction,
}

impl PageWanted {
    /// The first page, smallest or earliest rows first.
    #[must_use]
    pub const fn first(limit: u64) -> Self {
        Self {
            limit,
            after: None,
            direction: Direction::Ascending,
        }
    }
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paged<T> {
    /// The rows, in order.
    pub rows: Vec<T>,
    /// Where the next page begins; none at the end.
    pub next: Option<Place>,
}

impl<T> Paged<T> {
    /// The same page of something else, made row by row.
    ///
    /// # Errors
    /// The first that `make` gives.
    pub fn try_map<U, E>(self, make: impl FnMut(T) -> Result<U, E>) -> Result<Paged<U>, E> {
        Ok(Paged {
            rows: self.rows.into_iter().map(make).collect::<Result<_, _>>()?,
            next: self.next,
        })
    }
}

/// What a list is sorted by, besides the id.
pub(super) struct SortKey<M> {
    /// The expression; it must never be NULL (give NULL a value that sorts where it should).
    pub(super) expr: SimpleExpr,
    /// Reads a key back from its text; `None` for a text that is no key.
    pub(super) read: fn(&str) -> Option<Value>,
    /// The key of a row as text.
    pub(super) tell: fn(&M) -> String,
}

/// Fetches a page of `select`, whose rows have the id column `id`.
///
/// # Errors
/// [`StorageError::BadPlace`] where the place holds no key of this sort.
pub(super) async fn page<E>(
    db: &impl ConnectionTrait,
    select: Select<E>,
    id: E::Column,
    id_of: fn(&E::Model) -> Uuid,
    sort: Option<SortKey<E::Model>>,
    wanted: &PageWanted,
) -> Result<Paged<E::Model>, StorageError>
where
    E: EntityTrait,
{
    let order = match wanted.direction {
        Direction::Ascending => Order::Asc,
        Direction::Descending => Order::Desc,
    };
    let mut select = select;
    if let Some(after) = &wanted.after {
        select = select.filter(behind(id, sort.as_ref(), after, wanted.direction)?);
    }
    if let Some(sort) = &sort {
        select = select.order_by(sort.expr.clone(), order.clone());
    }
    let mut rows = select
        .order_by(id, order)
        .limit(wanted.limit + 1)
        .all(db)
        .await?;
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| Place {
        key: sort.as_ref().map(|sort| (sort.tell)(last)),
        id: id_of(last),
    });
    Ok(Paged { rows, next })
}

/// What lies behind a place.
fn behind<C: ColumnTrait, M>(
    id: C,
    sort: Option<&SortKey<M>>,
    after: &Place,
    direction: Direction,
) -> Result<Condition, StorageError> {
    let id_behind = match direction {
        Direction::Ascending => id.gt(after.id),
        Direction::Descending => id.lt(after.id),
    };
    let Some(sort) = sort else {
        return Ok(Condition::all().add(id_behind));
    };
    let key = after.key.as_deref().and_then(sort.read);
    let key = key.ok_or(StorageError::BadPlace)?;
    let key_behind = match direction {
        Direction::Ascending => sort.expr.clone().gt(key.clone()),
        Direction::Descending => sort.expr.clone().lt(key.clone()),
    };
    let tied = Condition::all()
        .add(sort.expr.clone().eq(key))
        .add(id_behind);
    Ok(Condition::any().add(key_behind).add(tied))
}

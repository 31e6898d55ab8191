//! What the lists are made of: whose rows are met, units named by code, and sort keys as text.

use crate::domain::access::Reach;
use crate::domain::ids::UnitId;
use chrono::{DateTime, SecondsFormat, Utc};
use entity::unit;
use sea_orm::sea_query::{Condition, SelectStatement, SimpleExpr};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Value};
use std::collections::BTreeSet;

/// Rows whose unit, in `column`, is met.
pub(super) fn of_reach<C: ColumnTrait>(column: C, reach: &Reach) -> Condition {
    match reach {
        Reach::All => Condition::all(),
        Reach::Units { units, .. } => Condition::all().add(among(column, units)),
    }
}

/// Rows whose unit, in `column`, is one of these.
pub(super) fn among<C: ColumnTrait>(column: C, units: &BTreeSet<UnitId>) -> SimpleExpr {
    column.is_in(units.iter().map(|unit| unit.0))
}

/// The unit of that code, as a query.
pub(super) fn unit_of_code(code: &str) -> SelectStatement {
    unit::Entity::find()
        .select_only()
        .column(unit::Column::Id)
        .filter(unit::Column::Code.eq(code))
        .into_query()
}

/// Reads an instant that is a sort key.
pub(super) fn read_instant(text: &str) -> Option<Value> {
    let at = DateTime::parse_from_rfc3339(text).ok()?;
    Some(Value::from(at.with_timezone(&Utc)))
}

/// An instant as a sort key.
pub(super) fn tell_instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

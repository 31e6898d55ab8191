//! What the lists are made of: whose rows are met, units wanted by code, kind or level, and
//! sort keys as text.

use crate::domain::access::Reach;
use crate::domain::ids::UnitId;
use crate::domain::level::Level;
use crate::domain::unit_kind::UnitKind;
use crate::storage::lists::text_search::{as_json, contains, json_text};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use entity::unit;
use sea_orm::sea_query::{Condition, Expr, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Value,
};
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

/// The units that have this code, are of one of these kinds and have this level, as a query; `None` where any will do.
pub(super) fn units_wanted(
    db: &impl ConnectionTrait,
    code: Option<&str>,
    kinds: Option<&[UnitKind]>,
    level: Option<Level>,
) -> Option<SelectStatement> {
    if code.is_none() && kinds.is_none() && level.is_none() {
        return None;
    }
    let mut units = unit::Entity::find().select_only().column(unit::Column::Id);
    if let Some(code) = code {
        units = units.filter(unit::Column::Code.eq(code));
    }
    if let Some(kinds) = kinds {
        units = units.filter(unit::Column::Kind.is_in(kinds.iter().map(|kind| kind.as_str())));
    }
    if let Some(level) = level {
        let levels = json_text(Expr::col((unit::Entity, unit::Column::Levels)));
        units = units.filter(contains(db, levels, &as_json(level.as_str())));
    }
    Some(units.into_query())
}

/// Reads a day that is a sort key.
pub(super) fn read_day(text: &str) -> Option<Value> {
    text.parse::<NaiveDate>().ok().map(Value::from)
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

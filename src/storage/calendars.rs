//! What the bureau has imported over the built-in calendar: holidays by year, and terms.

use crate::domain::calendar::{DayKind, HolidayEntry, Holidays};
use crate::domain::resource::Resource;
use crate::domain::term::{Term, TermNumber};
use crate::storage::error::StorageError;
use crate::storage::{WriteTx, code, insert_all, new_id};
use entity::{announced_year, holiday, term};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The imported holidays.
///
/// # Errors
/// [`StorageError`].
pub async fn holidays(db: &impl ConnectionTrait) -> Result<Holidays, StorageError> {
    let years: BTreeSet<i32> = announced_year::Entity::find()
        .all(db)
        .await?
        .into_iter()
        .map(|row| row.year)
        .collect();
    let rows = holiday::Entity::find()
        .order_by_asc(holiday::Column::OnDay)
        .all(db)
        .await?;
    let entries = rows.into_iter().map(|row| HolidayEntry {
        date: row.on_day,
        kind: if row.kind == "work" {
            DayKind::Work
        } else {
            DayKind::Off
        },
        name: row.name,
    });
    Ok(Holidays::new(entries, years))
}

/// The files that the announced years were imported from, by year.
///
/// # Errors
/// [`StorageError`].
pub async fn sources(db: &impl ConnectionTrait) -> Result<BTreeMap<i32, String>, StorageError> {
    let rows = announced_year::Entity::find().all(db).await?;
    Ok(rows.into_iter().map(|row| (row.year, row.source)).collect())
}

/// The imported terms.
///
/// # Errors
/// [`StorageError`].
pub async fn terms(db: &impl ConnectionTrait) -> Result<Vec<Term>, StorageError> {
    let rows = term::Entity::find()
        .order_by_asc(term::Column::SchoolYear)
        .order_by_asc(term::Column::Number)
        .all(db)
        .await?;
    rows.into_iter()
        .map(|row| {
            let number = u8::try_from(row.number)
                .ok()
                .and_then(TermNumber::from_number);
            Ok(Term {
                school_year: row.school_year,
                number: number.ok_or_else(|| {
                    StorageError::Damaged(crate::domain::role::UnknownCode::new(
                        "term number",
                        &row.number.to_string(),
                    ))
                })?,
                level: code("level", &row.level)?,
                starts_on: row.starts_on,
                ends_on: row.ends_on,
                provisional: row.provisional,
            })
        })
        .collect()
}

/// Replaces the imported holidays by `all`; a year that `sources` does not name keeps the file it came from.
///
/// # Errors
/// [`StorageError`].
pub async fn replace_holidays(
    tx: &WriteTx,
    all: &Holidays,
    sources: &BTreeMap<i32, String>,
) -> Result<(), StorageError> {
    let before = self::sources(tx).await?;
    holiday::Entity::delete_many().exec(tx).await?;
    announced_year::Entity::delete_many().exec(tx).await?;
    let rows = all.entries().map(|entry| holiday::ActiveModel {
        on_day: Set(entry.date),
        kind: Set(entry.kind.as_str().to_owned()),
        name: Set(entry.name),
    });
    insert_all(tx, rows.collect()).await?;
    let years = all
        .announced_years()
        .iter()
        .map(|year| announced_year::ActiveModel {
            year: Set(*year),
            source: Set(sources
                .get(year)
                .or_else(|| before.get(year))
                .cloned()
                .unwrap_or_default()),
        });
    tx.note(Resource::Calendars, Uuid::nil());
    insert_all(tx, years.collect()).await
}

/// Writes terms over those of the same school year, number and level.
///
/// # Errors
/// [`StorageError`].
pub async fn save_terms(tx: &WriteTx, terms: &[Term]) -> Result<(), StorageError> {
    for one in terms {
        term::Entity::delete_many()
            .filter(term::Column::SchoolYear.eq(one.school_year))
            .filter(term::Column::Number.eq(i32::from(one.number.as_number())))
            .filter(term::Column::Level.eq(one.level.as_str()))
            .exec(tx)
            .await?;
    }
    let rows = terms.iter().map(|one| term::ActiveModel {
        id: Set(new_id()),
        school_year: Set(one.school_year),
        number: Set(i32::from(one.number.as_number())),
        level: Set(one.level.as_str().to_owned()),
        starts_on: Set(one.starts_on),
        ends_on: Set(one.ends_on),
        provisional: Set(one.provisional),
    });
    tx.note(Resource::Calendars, Uuid::nil());
    insert_all(tx, rows.collect()).await
}

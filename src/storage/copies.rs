//! Copying what a simulation keeps (plans, units, inspectors, calendars, cycle settings) into another database, and a
//! simulation into a file.

use crate::storage::db::Db;
use crate::storage::error::StorageError;
use crate::storage::tasks::TaskState;
use crate::storage::{WriteTx, insert_all};
use entity::{
    announced_year, contact, cycle, holiday, indicator, indicator_target, inspector, mark, phase,
    plan, sending_deadline, task, task_party, term, unit,
};
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbBackend,
    EntityTrait, IntoActiveModel, Statement,
};
use std::path::Path;
use url::Url;

/// Writes all of a SQLite database into a new file.
///
/// # Errors
/// [`StorageError`]: there is such a file already, or it cannot be written.
pub async fn save_as(source: &Db, file: &Path) -> Result<(), StorageError> {
    let wrong = || StorageError::BadUrl {
        url: file.display().to_string(),
    };
    let absolute = std::path::absolute(file).map_err(|_| wrong())?;
    let mut uri = Url::from_file_path(absolute).map_err(|()| wrong())?;
    // Without a mode the copy of a database in memory would be one in memory, too.
    uri.set_query(Some("mode=rwc"));
    // VACUUM knows no builder.
    let into = [uri.to_string().into()];
    let vacuum = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", into);
    source.execute_raw(vacuum).await?;
    Ok(())
}

/// Copies plans, units, contacts, inspectors, calendars and cycles from `source`, as they were before anything was issued.
///
/// # Errors
/// [`StorageError`].
pub async fn copy_settings(source: &Db, target: &WriteTx) -> Result<(), StorageError> {
    copy_units(source, target).await?;
    copy::<contact::ActiveModel>(source, target).await?;
    copy::<inspector::ActiveModel>(source, target).await?;
    let plans = plan::Entity::find()
        .all(source)
        .await?
        .into_iter()
        .map(|row| plan::ActiveModel {
            issue_count: Set(0),
            issued_at: Set(None),
            issued_on: Set(None),
            ..row.into_active_model()
        });
    insert_all(target, plans.map(all_set).collect()).await?;
    copy::<phase::ActiveModel>(source, target).await?;
    let tasks = task::Entity::find()
        .all(source)
        .await?
        .into_iter()
        .map(|row| task::ActiveModel {
            // What is not asked about any more is not issued anew.
            state: Set(match row.state == TaskState::Withdrawn.as_str() {
                true => row.state.clone(),
                false => TaskState::Imported.as_str().to_owned(),
            }),
            held_reason: Set(None),
            issued_at: Set(None),
            ..row.into_active_model()
        });
    insert_all(target, tasks.map(all_set).collect()).await?;
    copy::<task_party::ActiveModel>(source, target).await?;
    copy::<indicator::ActiveModel>(source, target).await?;
    copy::<indicator_target::ActiveModel>(source, target).await?;
    copy::<sending_deadline::ActiveModel>(source, target).await?;
    let cycles = cycle::Entity::find()
        .all(source)
        .await?
        .into_iter()
        .map(|row| cycle::ActiveModel {
            enabled: Set(false),
            switched_on_on: Set(None),
            // A simulation must not show whom the next real draw will pick.
            next_seed: Set(None),
            next_commitment: Set(None),
            ..row.into_active_model()
        });
    insert_all(target, cycles.map(all_set).collect()).await?;
    copy::<holiday::ActiveModel>(source, target).await?;
    copy::<announced_year::ActiveModel>(source, target).await?;
    copy::<term::ActiveModel>(source, target).await?;
    // Of the marks only what dates rest on: the others tell of this database.
    let marks = mark::Entity::find_by_id(super::marks::CALENDAR_REVISION)
        .all(source)
        .await?;
    let marks = marks
        .into_iter()
        .map(|row| all_set(row.into_active_model()));
    insert_all(target, marks.collect()).await
}

async fn copy_units(source: &Db, target: &WriteTx) -> Result<(), StorageError> {
    // Parents may come after their children in the table: units are written without parents first.
    let units = unit::Entity::find().all(source).await?;
    let orphans = units.iter().cloned().map(|row| unit::ActiveModel {
        parent_id: Set(None),
        ..row.into_active_model()
    });
    insert_all(target, orphans.map(all_set).collect()).await?;
    for row in units.into_iter().filter(|row| row.parent_id.is_some()) {
        let parent_id = row.parent_id;
        unit::ActiveModel {
            id: Set(row.id),
            parent_id: Set(parent_id),
            ..Default::default()
        }
        .update(target)
        .await?;
    }
    Ok(())
}

async fn copy<A>(source: &Db, target: &WriteTx) -> Result<(), StorageError>
where
    A: ActiveModelTrait + ActiveModelBehavior + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    let rows = A::Entity::find().all(source).await?;
    insert_all(
        target,
        rows.into_iter()
            .map(|row| all_set(row.into_active_model()))
            .collect(),
    )
    .await
}

/// Rows read from a database count as unchanged; inserting them needs every column set.
fn all_set<A: ActiveModelTrait>(row: A) -> A {
    row.reset_all()
}

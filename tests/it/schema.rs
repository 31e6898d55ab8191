//! The schema: made once however often and by however many it is asked for, and never touched when it is newer than the
//! program; and the SQLite settings that the promises rest on.

use crate::support::Town;
use duban::storage::{Db, StorageError, schema};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};

/// Names of a column of all rows that a statement gives.
async fn names(db: &Db, sql: &str) -> anyhow::Result<Vec<String>> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows: Vec<QueryResult> = db.query_all_raw(statement).await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?)
}

/// Every table and index, by name.
async fn structure(db: &Db) -> anyhow::Result<Vec<String>> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => "SELECT name || ' ' || coalesce(sql, '') FROM sqlite_master ORDER BY 1",
        _ => {
            "SELECT table_name || ' ' || column_name || ' ' || data_type FROM information_schema.columns
             WHERE table_schema = 'public' UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
        }
    };
    names(db, sql).await
}

const STEPS: &str = "SELECT version FROM seaql_migrations ORDER BY 1";

async fn migrating_again_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let before = structure(&town.ctx.db).await?;
    assert!(before.len() > 40, "{before:?}");
    assert_eq!(schema::migrate(&town.ctx.db).await?, 0);
    assert_eq!(structure(&town.ctx.db).await?, before);
    Ok(())
}

async fn four_at_once_make_one_schema(town: &Town) -> anyhow::Result<()> {
    let made = structure(&town.ctx.db).await?;
    Migrator::down(&sea_orm::Database::connect(&town.url).await?, None).await?;
    assert_eq!(names(&town.ctx.db, STEPS).await?, Vec::<String>::new());
    let mut instances = Vec::new();
    for _ in 0..4 {
        instances.push(Db::connect(&town.url).await?);
    }
    let tasks: Vec<_> = instances
        .into_iter()
        .map(|db| tokio::spawn(async move { schema::migrate(&db).await }))
        .collect();
    for task in tasks {
        task.await??;
    }
    assert_eq!(
        names(&town.ctx.db, STEPS).await?.len(),
        Migrator::migrations().len()
    );
    assert_eq!(structure(&town.ctx.db).await?, made);
    Ok(())
}

async fn a_newer_schema_is_refused_and_left_alone(town: &Town) -> anyhow::Result<()> {
    let newer =
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_000001_later', 0)";
    town.ctx.db.execute_unprepared(newer).await?;
    let before = (
        structure(&town.ctx.db).await?,
        names(&town.ctx.db, STEPS).await?,
    );
    let told = schema::migrate(&town.ctx.db).await;
    assert!(
        matches!(&told, Err(StorageError::SchemaNewer { found }) if found == "m29991231_000001_later"),
        "{told:?}"
    );
    let after = (
        structure(&town.ctx.db).await?,
        names(&town.ctx.db, STEPS).await?,
    );
    assert_eq!(after, before);
    Ok(())
}

async fn sqlite_keeps_what_it_was_told(town: &Town) -> anyhow::Result<()> {
    if town.ctx.db.is_sqlite() {
        // As many as the pool may hold: each connection is set alike.
        let asked = (0..6).map(|_| async {
            for (pragma, wanted) in [
                ("journal_mode", "wal"),
                ("synchronous", "2"),
                ("foreign_keys", "1"),
                ("busy_timeout", "10000"),
            ] {
                let column = pragma.trim_start_matches("busy_");
                let sql = format!("SELECT CAST({column} AS TEXT) FROM pragma_{pragma}");
                assert_eq!(names(&town.ctx.db, &sql).await?, [wanted], "{pragma}");
            }
            anyhow::Ok(())
        });
        futures_util::future::try_join_all(asked).await?;
    } else {
        assert!(
            town.ctx.db.now().await?.is_some(),
            "PostgreSQL tells its own time"
        );
    }
    Ok(())
}

async fn indicators_found_before_the_step_are_proposed(town: &Town) -> anyhow::Result<()> {
    let plan = town.import().await?;
    let before = duban::storage::plans::indicators(&town.ctx.db, plan).await?;
    assert!(before.len() > 1, "{before:?}");
    let connection = sea_orm::Database::connect(&town.url).await?;
    let steps = names(&town.ctx.db, STEPS).await?;
    let later = steps
        .iter()
        .filter(|step| step.as_str() >= "m20261124_000007");
    Migrator::down(&connection, Some(u32::try_from(later.count())?)).await?;
    let columns = structure(&town.ctx.db).await?.join("\n");
    assert!(!columns.contains("indicator_value"), "{columns}");
    schema::migrate(&town.ctx.db).await?;
    assert_eq!(
        duban::storage::plans::indicators(&town.ctx.db, plan).await?,
        before
    );
    let after = duban::storage::indicators::of_plan(&town.ctx.db, plan).await?;
    assert_eq!(after.len(), before.len());
    for one in after {
        assert_eq!(one.state.as_str(), "proposed");
        assert!(!one.by_hand && one.reporters.is_empty() && one.later.is_empty());
    }
    Ok(())
}

on_both! {
    indicators_found_before_the_step_are_proposed,
    migrating_again_changes_nothing,
    four_at_once_make_one_schema,
    a_newer_schema_is_refused_and_left_alone,
    sqlite_keeps_what_it_was_told,
}

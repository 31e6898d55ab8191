//! Upgrading in place from every step of the schema so far: a database of that step, with a row in each of its tables, is
//! brought to the newest, and the rows are there as they were. The rows are made from what the database says of its tables,
//! so that a new step needs no line here.

use crate::support::Town;
use anyhow::{Context, bail, ensure};
use duban::storage::{Db, marks, schema};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// Columns that a step takes away, with what was in them: no release was ever to write there.
const TAKEN_AWAY: &[(&str, &str)] = &[
    // m20261123_000006: items have had a table of their own since.
    ("report", "items"),
];

/// One column of a table.
#[derive(Debug, Clone, Default)]
struct Column {
    name: String,
    kind: String,
    takes_null: bool,
    /// Table and column that it refers to.
    refers: Option<(String, String)>,
}

type Tables = BTreeMap<String, Vec<Column>>;

/// The first column of all rows, and the others, as text.
async fn rows(db: &impl ConnectionTrait, sql: &str) -> anyhow::Result<Vec<Vec<String>>> {
    let found = db
        .query_all_raw(Statement::from_string(db.get_database_backend(), sql))
        .await
        .with_context(|| sql.to_owned())?;
    let mut rows = Vec::with_capacity(found.len());
    for row in found {
        let cells = (0..row.column_names().len()).map(|at| {
            Ok(row
                .try_get_by_index::<Option<String>>(at)?
                .unwrap_or_default())
        });
        rows.push(cells.collect::<anyhow::Result<_>>()?);
    }
    Ok(rows)
}

const SQLITE_COLUMNS: &str = "SELECT m.name, c.name, lower(c.type), CASE WHEN c.\"notnull\" = 0 THEN 'yes' ELSE '' END \
     FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' \
     ORDER BY m.name, c.cid";
const SQLITE_KEYS: &str = "SELECT m.name, k.\"from\", k.\"table\", k.\"to\" FROM sqlite_master m, \
     pragma_foreign_key_list(m.name) k WHERE m.type = 'table'";
const POSTGRES_COLUMNS: &str = "SELECT table_name::text, column_name::text, data_type::text, \
     CASE WHEN is_nullable = 'YES' THEN 'yes' ELSE '' END FROM information_schema.columns \
     WHERE table_schema = 'public' ORDER BY table_name, ordinal_position";
const POSTGRES_KEYS: &str = "SELECT c.conrelid::regclass::text, a.attname::text, c.confrelid::regclass::text, f.attname::text \
     FROM pg_constraint c, unnest(c.conkey, c.confkey) AS k(here, there), pg_attribute a, pg_attribute f \
     WHERE c.contype = 'f' AND a.attrelid = c.conrelid AND a.attnum = k.here \
     AND f.attrelid = c.confrelid AND f.attnum = k.there";

/// The tables as the database tells of them, without the list of steps.
async fn tables(db: &DatabaseConnection) -> anyhow::Result<Tables> {
    let (columns, keys) = match db.get_database_backend() {
        DbBackend::Sqlite => (SQLITE_COLUMNS, SQLITE_KEYS),
        _ => (POSTGRES_COLUMNS, POSTGRES_KEYS),
    };
    let mut tables = Tables::new();
    for row in rows(db, columns).await? {
        let [table, name, kind, null] = &row[..] else {
            bail!("{row:?}");
        };
        tables.entry(table.clone()).or_default().push(Column {
            name: name.clone(),
            kind: kind.clone(),
            takes_null: null == "yes",
            refers: None,
        });
    }
    for row in rows(db, keys).await? {
        let [table, name, to, column] = &row[..] else {
            bail!("{row:?}");
        };
        let unquoted = |text: &str| text.trim_matches('"').to_owned();
        let columns = tables.get_mut(&unquoted(table)).context("a table")?;
        let column_here = columns.iter_mut().find(|one| one.name == *name);
        column_here.context("a column")?.refers = Some((unquoted(to), column.clone()));
    }
    tables.remove("seaql_migrations");
    Ok(tables)
}

/// A value that a column of this type takes.
fn value(kind: &str, number: usize) -> anyhow::Result<String> {
    let uuid = format!("'01900000-0000-7000-8000-{number:012}'");
    Ok(match kind {
        // SQLite keeps the bytes of an id.
        "uuid_text" | "blob(16)" | "binary(16)" => {
            format!("x'019000000000700080000000{number:08}'")
        }
        "uuid" => uuid,
        text if text.contains("timestamp") => "'2026-03-04 01:02:03+00:00'".to_owned(),
        text if text.contains("json") => "'{}'".to_owned(),
        text if text.contains("date") => "'2026-03-04'".to_owned(),
        text if text.contains("time") => "'08:30:00'".to_owned(),
        text if text.contains("bool") => "TRUE".to_owned(),
        text if ["int", "real", "double", "float", "numeric"]
            .iter()
            .any(|one| text.contains(one)) =>
        {
            "7".to_owned()
        }
        text if text.contains("text") || text.contains("char") => format!("'甲{number}'"),
        text if text.contains("blob") => "x'00'".to_owned(),
        "bytea" => "'\\x00'".to_owned(),
        other => bail!("no value is known for a column of type {other}"),
    })
}

/// Puts a row into each table that has none; what it refers to first. The literals, by table and column.
async fn fill(db: &DatabaseConnection, tables: &Tables) -> anyhow::Result<()> {
    let mut filled: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
    let mut left: BTreeSet<&str> = tables.keys().map(String::as_str).collect();
    while !left.is_empty() {
        let ready = left.iter().copied().find(|table| {
            let mut columns = tables[*table].iter();
            columns.all(|column| match &column.refers {
                Some((to, _)) => column.takes_null || filled.contains_key(to.as_str()),
                None => true,
            })
        });
        let table = ready.with_context(|| format!("a circle among {left:?}"))?;
        left.remove(table);
        let number = filled.len() + 1;
        let mut literals = BTreeMap::new();
        for column in &tables[table] {
            let literal = match &column.refers {
                Some((to, at)) => match filled.get(to.as_str()) {
                    Some(there) => there[at.as_str()].clone(),
                    // Itself, or what comes later.
                    None => "NULL".to_owned(),
                },
                None => value(&column.kind, number)
                    .with_context(|| format!("{table}.{}", column.name))?,
            };
            literals.insert(column.name.as_str(), literal);
        }
        if rows(db, &format!("SELECT 'x' FROM \"{table}\""))
            .await?
            .is_empty()
        {
            let names: Vec<String> = literals.keys().map(|name| format!("\"{name}\"")).collect();
            let values: Vec<&str> = literals.values().map(String::as_str).collect();
            let (names, values) = (names.join(", "), values.join(", "));
            let insert = format!("INSERT INTO \"{table}\" ({names}) VALUES ({values})");
            db.execute_unprepared(&insert)
                .await
                .with_context(|| insert)?;
        }
        filled.insert(table, literals);
    }
    Ok(())
}

/// The rows of the tables, each column as text.
async fn held(
    db: &DatabaseConnection,
    tables: &Tables,
) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let mut held = BTreeMap::new();
    for (table, columns) in tables {
        for column in columns {
            let name = &column.name;
            if TAKEN_AWAY.contains(&(table.as_str(), name.as_str())) {
                continue;
            }
            let text = match db.get_database_backend() {
                DbBackend::Sqlite => format!("quote(\"{name}\")"),
                _ => format!("\"{name}\"::text"),
            };
            // A database gets its epoch with the first step that it lacks.
            let but = if table == "mark" {
                "WHERE name <> 'epoch'"
            } else {
                ""
            };
            let sql = format!("SELECT {text} FROM \"{table}\" {but} ORDER BY 1");
            let found = rows(db, &sql).await?;
            held.insert(format!("{table}.{name}"), found.concat());
        }
    }
    Ok(held)
}

/// An empty database of the town's kind, and its address.
async fn emptied(town: &Town, step: usize) -> anyhow::Result<String> {
    if town.ctx.db.is_sqlite() {
        return Ok(town.url.replace("town.db", &format!("step{step}.db")));
    }
    let db = sea_orm::Database::connect(&town.url).await?;
    db.execute_unprepared("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        .await?;
    db.close().await?;
    Ok(town.url.clone())
}

async fn every_step_is_brought_to_the_newest_with_its_rows(town: &Town) -> anyhow::Result<()> {
    let steps = Migrator::migrations();
    let mut most = 0;
    for (at, step) in steps.iter().enumerate() {
        let url = emptied(town, at).await?;
        let address = match town.ctx.db.is_sqlite() {
            true => format!("{url}?mode=rwc"),
            false => url.clone(),
        };
        let old = sea_orm::Database::connect(&address).await?;
        Migrator::up(&old, Some(u32::try_from(at + 1)?)).await?;
        let tables = tables(&old).await?;
        fill(&old, &tables)
            .await
            .with_context(|| step.name().to_owned())?;
        let before = held(&old, &tables).await?;
        ensure!(
            before.values().all(|rows| !rows.is_empty()),
            "an empty table"
        );
        let db = Db::connect(&url).await?;
        let applied = schema::migrate(&db).await;
        ensure!(applied? == steps.len() - at - 1, "{}", step.name());
        let after = held(&old, &tables)
            .await
            .with_context(|| step.name().to_owned())?;
        for (column, rows) in &before {
            ensure!(
                after[column] == *rows,
                "{} {column}: {rows:?} → {:?}",
                step.name(),
                after[column]
            );
        }
        if at + 1 < steps.len() {
            ensure!(!marks::epoch(&db).await?.is_empty(), "an epoch");
        }
        db.close().await?;
        old.close().await?;
        ensure!(tables.len() >= most, "tables are lost: {}", tables.len());
        most = tables.len();
    }
    ensure!(most > 60, "only {most} tables were tried");
    Ok(())
}

/// On PostgreSQL the service's statements end after half a minute; steps may take longer.
async fn no_step_is_bound_by_the_time_of_a_statement(town: &Town) -> anyhow::Result<()> {
    if town.ctx.db.is_sqlite() {
        return Ok(());
    }
    let url = emptied(town, 0).await?;
    let server = sea_orm::Database::connect(&url).await?;
    let guard = "CREATE FUNCTION unbound() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF current_setting('statement_timeout') <> '0' OR current_setting('lock_timeout') = '0' THEN \
         RAISE EXCEPTION 'bound by %', current_setting('statement_timeout'); END IF; END $$; \
         CREATE EVENT TRIGGER unbound ON ddl_command_start EXECUTE FUNCTION unbound()";
    server.execute_unprepared(guard).await?;
    let db = Db::connect(&url).await?;
    let bound = db
        .execute_unprepared("CREATE TABLE of_the_service (id integer)")
        .await;
    ensure!(bound.is_err(), "the service's own statements are bound");
    ensure!(schema::migrate(&db).await? == Migrator::migrations().len());
    db.close().await?;
    server
        .execute_unprepared("DROP EVENT TRIGGER unbound")
        .await?;
    Ok(server.close().await?)
}

/// A step that meets a table in use gives way after a while, and is taken as soon as the table is free.
async fn a_step_waits_for_a_table_in_use(town: &Town) -> anyhow::Result<()> {
    if town.ctx.db.is_sqlite() {
        return Ok(());
    }
    let url = emptied(town, 0).await?;
    let old = sea_orm::Database::connect(&url).await?;
    let all = Migrator::migrations();
    // This step alters a table.
    let altering = all
        .iter()
        .position(|step| step.name().ends_with("000026_fallen_back"));
    let before = altering.context("the step")?;
    Migrator::up(&old, Some(u32::try_from(before)?)).await?;
    let busy = sea_orm::Database::connect(&url).await?;
    let reading = "DO $$ BEGIN PERFORM 1 FROM assignment_event; PERFORM pg_sleep(12); END $$";
    let held = tokio::spawn(async move { busy.execute_unprepared(reading).await });
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let db = Db::connect(&url).await?;
    let started = std::time::Instant::now();
    ensure!(schema::migrate(&db).await? == all.len() - before);
    ensure!(started.elapsed().as_secs() >= 11, "it had to wait");
    held.await??;
    db.close().await?;
    Ok(old.close().await?)
}

on_both! {
    every_step_is_brought_to_the_newest_with_its_rows,
    no_step_is_bound_by_the_time_of_a_statement,
    a_step_waits_for_a_table_in_use,
}

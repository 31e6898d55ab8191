//! Looking into a database from beside the program.

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, QueryResult, Statement,
};
use std::time::Duration;

/// The first column of every row, which is text.
pub fn texts(url: &str, sql: &str) -> Vec<String> {
    let rows = try_rows(url, sql).expect("rows");
    rows.iter()
        .map(|row| row.try_get_by_index(0).expect("text"))
        .collect()
}

/// The one number that a query gives.
pub fn number(url: &str, sql: &str) -> i64 {
    try_number(url, sql).expect("a number")
}

/// The same; `None` where the database does not answer.
pub fn try_number(url: &str, sql: &str) -> Option<i64> {
    let rows = try_rows(url, sql).ok()?;
    rows.first()?.try_get_by_index(0).ok()
}

/// Runs a statement.
pub fn execute(url: &str, sql: &str) {
    try_execute(url, sql).expect("executed");
}

/// The same; an error where it cannot be done.
pub fn try_execute(url: &str, sql: &str) -> Result<(), DbErr> {
    block_on(async {
        let db = connect(url).await?;
        let ran = db.execute_unprepared(sql).await;
        db.close().await?;
        ran.map(|_| ())
    })
}

fn try_rows(url: &str, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    block_on(async {
        let db = connect(url).await?;
        let statement = Statement::from_string(db.get_database_backend(), sql);
        let rows = db.query_all_raw(statement).await;
        db.close().await?;
        rows
    })
}

async fn connect(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    let patience = Duration::from_secs(15);
    options
        .max_connections(1)
        .sqlx_logging(false)
        .connect_timeout(patience)
        .acquire_timeout(patience);
    Database::connect(options).await
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("runtime");
    runtime.block_on(future)
}

//! Looking into a database from beside the program: every row as text, single columns, and changing a row.

use duban::storage::Db;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement};

/// Every row of every table as text, sorted: two equal answers mean that nothing has changed.
pub fn all_rows(url: &str) -> Vec<String> {
    let mut rows = Vec::new();
    for table in texts(
        url,
        "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1",
    ) {
        let columns = texts(
            url,
            &format!("SELECT name FROM pragma_table_info('{table}')"),
        );
        let quoted: Vec<String> = columns
            .iter()
            .map(|name| format!("quote(\"{name}\")"))
            .collect();
        let line = quoted.join(" || '|' || ");
        let sql = format!("SELECT '{table}|' || {line} FROM \"{table}\" ORDER BY 1");
        rows.extend(texts(url, &sql));
    }
    rows
}

/// The first column of every row, which is text.
pub fn texts(url: &str, sql: &str) -> Vec<String> {
    block_on(async {
        let db = Db::connect(url).await.expect("database");
        let statement = Statement::from_string(backend(&db), sql);
        let rows: Vec<QueryResult> = db.query_all_raw(statement).await.expect("rows");
        let found = rows
            .iter()
            .map(|row| row.try_get_by_index(0).expect("text"))
            .collect();
        db.close().await.expect("closed");
        found
    })
}

/// The one number that a query gives.
pub fn number(url: &str, sql: &str) -> i64 {
    block_on(async {
        let db = Db::connect(url).await.expect("database");
        let statement = Statement::from_string(backend(&db), sql);
        let row = db
            .query_one_raw(statement)
            .await
            .expect("row")
            .expect("one");
        let found = row.try_get_by_index(0).expect("number");
        db.close().await.expect("closed");
        found
    })
}

/// Runs a statement.
pub fn execute(url: &str, sql: &str) {
    block_on(async {
        let db = Db::connect(url).await.expect("database");
        db.execute_unprepared(sql).await.expect("executed");
        db.close().await.expect("closed");
    });
}

fn backend(db: &Db) -> DbBackend {
    match db.is_sqlite() {
        true => DbBackend::Sqlite,
        false => DbBackend::Postgres,
    }
}

/// Waits for something asynchronous.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("runtime");
    runtime.block_on(future)
}

//! Searching for a piece of text as it stands: no patterns, so that nothing of it has to be escaped, and letters are told
//! from capitals on both databases.

use sea_orm::sea_query::{Expr, ExprTrait, Func, SimpleExpr};
use sea_orm::{ConnectionTrait, DbBackend};

/// Whether the text that `expr` gives has `piece` in it.
pub(in crate::storage) fn contains(
    db: &impl ConnectionTrait,
    expr: SimpleExpr,
    piece: &str,
) -> SimpleExpr {
    let function = match db.get_database_backend() {
        DbBackend::Postgres => "strpos",
        _ => "instr",
    };
    Expr::expr(Func::cust(function).arg(expr).arg(piece)).gt(0)
}

/// A JSON column as its text.
pub(in crate::storage) fn json_text(expr: SimpleExpr) -> SimpleExpr {
    expr.cast_as("text")
}

/// A text as it stands in JSON, quotes included.
pub(in crate::storage) fn as_json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

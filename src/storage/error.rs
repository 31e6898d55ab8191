//! What can go wrong between us and the database.

use crate::domain::role::UnknownCode;
use sea_orm::{DbErr, RuntimeErr};

/// An error of the storage layer.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database did not answer at all.
    #[error(
        "无法连接数据库（{url}）：{reason}。请检查 DUBAN__DATABASE__URL 是否正确、数据库是否已启动"
    )]
    Unreachable {
        /// Address without its password.
        url: String,
        /// What the driver said.
        reason: String,
    },
    /// The address of the database is none that we know.
    #[error("数据库地址“{url}”无法识别。请使用 sqlite://文件路径 或 postgres://用户@主机/库名")]
    BadUrl {
        /// Address without its password.
        url: String,
    },
    /// The database was made by a newer version of the program.
    #[error("数据库结构（{found}）比本程序新。请改用新版本的 duban，数据库未作任何改动")]
    SchemaNewer {
        /// The step that this binary does not know.
        found: String,
    },
    /// A SQLite setting that the promises rest on could not be made.
    #[error("SQLite 设置 {pragma} 应为 {wanted}，实际为 {found}，为保证数据可靠，程序不再继续")]
    Pragma {
        /// Name of the pragma.
        pragma: &'static str,
        /// What it has to be.
        wanted: &'static str,
        /// What the database says.
        found: String,
    },
    /// A stored value is none that this version knows.
    #[error("数据库中的数据无法识别：{0}")]
    Damaged(#[from] UnknownCode),
    /// A stored JSON value cannot be read.
    #[error("数据库中 {column} 的内容无法识别：{source}")]
    DamagedJson {
        /// Table and column.
        column: &'static str,
        /// What serde said.
        source: serde_json::Error,
    },
    /// A file next to the database could not be made.
    #[error("无法创建数据库所在的文件夹“{path}”：{source}")]
    Folder {
        /// The folder.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The row of the change counter is gone.
    #[error("数据库中缺少变更计数。请从备份恢复数据库")]
    NoCounter,
    /// Another attempt at the same request has taken over; nothing was written.
    #[error("同一请求已由另一次重试接手，本次未作任何改动")]
    Overtaken,
    /// A place in a list that is none of this list.
    #[error("翻页位置与该列表不符，请从第一页重新开始")]
    BadPlace,
    /// Any other error of the database.
    #[error("数据库出错：{0}")]
    Database(#[from] DbErr),
}

impl StorageError {
    /// Whether the transaction as a whole may succeed at the next try, nothing of it having been written: it stood in
    /// another's way (PostgreSQL: 40001 serialization failure, 40P01 deadlock, 55P03 lock not available; SQLite: busy).
    pub fn is_transient(&self) -> bool {
        let Self::Database(error) = self else {
            return false;
        };
        let code = code_of(error);
        code.is_some_and(|code| ["40001", "40P01", "55P03", "5", "517"].contains(&code.as_str()))
    }
}

/// The database's own code of what it refused: SQLSTATE on PostgreSQL, the extended result code on SQLite.
pub(super) fn code_of(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return None;
    };
    let code = error.as_database_error()?.code()?;
    Some(code.into_owned())
}

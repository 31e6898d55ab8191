//! Why a row cannot be taken into a board.

use uuid::Uuid;

/// A row that does not fit. The board is then as it was before that row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BoardError {
    /// A row names another that has not come yet.
    #[error("看板数据不完整：{row}“{id}”所指的{what}“{missing}”尚未载入，请重新载入看板。")]
    Missing {
        /// Kind of the row.
        row: &'static str,
        /// Its id.
        id: Uuid,
        /// Kind of the row it names.
        what: &'static str,
        /// The id that is not there.
        missing: Uuid,
    },
    /// A percentage above 100.
    #[error("任务分工“{assignment}”的进度为 {percent}%，请填写 0 至 100 的整数。")]
    PercentTooHigh {
        /// Assignment.
        assignment: Uuid,
        /// The percentage as given.
        percent: u8,
    },
    /// More rows than a board can number: 2³² − 1.
    #[error("看板中的{what}过多，无法载入，请联系系统管理员。")]
    Full {
        /// Kind of the rows.
        what: &'static str,
    },
}

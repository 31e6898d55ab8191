//! Where an assignment stands in a bulletin (通报): the five counts that bulletins print. The rule that gives them is in
//! `light`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::role::UnknownCode;

/// How an assignment is counted in a bulletin; each is counted in exactly one (design §6, Lights).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// 超进度: 10 points or more ahead of what is expected.
    Ahead,
    /// 达进度: neither ahead nor behind by 10 points.
    OnTrack,
    /// 欠进度: 10 points or more behind.
    Behind,
    /// 已完成: closed, or 100 % reported on what ends some day.
    Done,
    /// 其他: without expected progress, paused or withdrawn.
    None,
}

impl Standing {
    /// Every standing, in the order of a bulletin.
    pub const ALL: [Self; 5] = [
        Self::Ahead,
        Self::OnTrack,
        Self::Behind,
        Self::Done,
        Self::None,
    ];

    /// The stable code, e.g. `on_track`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::OnTrack => "on_track",
            Self::Behind => "behind",
            Self::Done => "done",
            Self::None => "none",
        }
    }

    /// The word that bulletins print.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ahead => "超进度",
            Self::OnTrack => "达进度",
            Self::Behind => "欠进度",
            Self::Done => "已完成",
            Self::None => "其他",
        }
    }
}

impl FromStr for Standing {
    type Err = UnknownCode;

    /// Reads the code of [`Standing::as_str`], exactly.
    fn from_str(code: &str) -> Result<Self, UnknownCode> {
        Self::ALL
            .into_iter()
            .find(|standing| standing.as_str() == code)
            .ok_or_else(|| UnknownCode::new("standing", code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_json_are_one_word() {
        for standing in Standing::ALL {
            assert_eq!(standing.as_str().parse(), Ok(standing));
            assert_eq!(
                serde_json::to_string(&standing).unwrap(),
                format!("\"{}\"", standing.as_str())
            );
        }
        assert!("超进度".parse::<Standing>().is_err());
    }
}

//! The five kinds of supervision cycle. When a kind opens and falls due is in `cycle`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a cycle (督办周期) does each time it comes round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CycleKind {
    /// 抽查: a seeded draw of units shows its evidence.
    SpotCheck,
    /// 调度: lead units report progress.
    Dispatch,
    /// 通报: a frozen snapshot is published.
    Bulletin,
    /// 监测: units report indicator values.
    Monitoring,
    /// 考评: scores by a rule table.
    Appraisal,
}

impl CycleKind {
    /// Every kind, in the order in which plans name them.
    pub const ALL: [Self; 5] = [
        Self::SpotCheck,
        Self::Dispatch,
        Self::Bulletin,
        Self::Monitoring,
        Self::Appraisal,
    ];

    /// The code used in JSON, in the database and as the job's name, e.g. `spot_check`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SpotCheck => "spot_check",
            Self::Dispatch => "dispatch",
            Self::Bulletin => "bulletin",
            Self::Monitoring => "monitoring",
            Self::Appraisal => "appraisal",
        }
    }

    /// The Chinese name.
    pub fn label(self) -> &'static str {
        match self {
            Self::SpotCheck => "抽查",
            Self::Dispatch => "调度",
            Self::Bulletin => "通报",
            Self::Monitoring => "监测",
            Self::Appraisal => "考评",
        }
    }
}

/// A code that names no kind of cycle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{0}”不是督办周期代码，请用 spot_check、dispatch、bulletin、monitoring 或 appraisal。")]
pub struct UnknownCycleKind(pub String);

impl std::fmt::Display for CycleKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CycleKind {
    type Err = UnknownCycleKind;

    /// Reads the code of [`CycleKind::as_str`], exactly.
    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == code)
            .ok_or_else(|| UnknownCycleKind(code.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_json_are_one_word() {
        for kind in CycleKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(
                serde_json::to_string(&kind).expect("serialises"),
                format!("\"{}\"", kind.as_str())
            );
        }
        assert!("spotcheck".parse::<CycleKind>().is_err());
    }
}

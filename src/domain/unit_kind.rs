//! Kinds of units (单位类型). What a kind may do or is asked is decided where units are used, not here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What kind of unit this is (glossary: design §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// 科室: a section of the bureau.
    Section,
    /// 直属单位: an institution directly under the bureau.
    Institution,
    /// 专班: a task force across units.
    TaskForce,
    /// 区、县: a district's education authority.
    District,
    /// 学校: a school or kindergarten.
    School,
    /// 外单位: anyone outside the bureau.
    External,
}

/// A text that is no kind's code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("「{0}」不是单位类型：请写 section、institution、task_force、district、school 或 external")]
pub struct UnknownUnitKind(pub String);

impl UnitKind {
    /// Every kind, in order.
    pub const ALL: [UnitKind; 6] = [
        UnitKind::Section,
        UnitKind::Institution,
        UnitKind::TaskForce,
        UnitKind::District,
        UnitKind::School,
        UnitKind::External,
    ];

    /// The stable code used in files, JSON and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            UnitKind::Section => "section",
            UnitKind::Institution => "institution",
            UnitKind::TaskForce => "task_force",
            UnitKind::District => "district",
            UnitKind::School => "school",
            UnitKind::External => "external",
        }
    }
}

impl fmt::Display for UnitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for UnitKind {
    type Err = UnknownUnitKind;

    /// The kind with exactly this code.
    fn from_str(code: &str) -> Result<UnitKind, UnknownUnitKind> {
        UnitKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == code)
            .ok_or_else(|| UnknownUnitKind(code.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_comes_back_from_its_code_and_its_json() {
        for kind in UnitKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{kind}\""));
            assert_eq!(serde_json::from_str::<UnitKind>(&json).unwrap(), kind);
        }
        assert!(UnitKind::ALL.is_sorted());
    }

    #[test]
    fn another_text_is_named_in_the_error() {
        let error = "office".parse::<UnitKind>().unwrap_err();
        assert!(error.to_string().contains("「office」"));
    }
}

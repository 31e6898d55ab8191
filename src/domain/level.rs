//! School levels (学段). Their terms are in `term_table`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A school level; a school of several levels (九年一贯制) lists each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 幼儿园.
    Kindergarten,
    /// 小学.
    Primary,
    /// 初中.
    Junior,
    /// 普通高中.
    Senior,
    /// 中等职业学校.
    Vocational,
    /// 特殊教育学校.
    Special,
}

impl Level {
    /// Every level, youngest pupils first.
    pub const ALL: [Self; 6] = [
        Self::Kindergarten,
        Self::Primary,
        Self::Junior,
        Self::Senior,
        Self::Vocational,
        Self::Special,
    ];

    /// The code used in files, JSON and the database, e.g. `primary`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kindergarten => "kindergarten",
            Self::Primary => "primary",
            Self::Junior => "junior",
            Self::Senior => "senior",
            Self::Vocational => "vocational",
            Self::Special => "special",
        }
    }

    /// The Chinese name shown to clerks, e.g. 小学.
    pub fn label(self) -> &'static str {
        match self {
            Self::Kindergarten => "幼儿园",
            Self::Primary => "小学",
            Self::Junior => "初中",
            Self::Senior => "高中",
            Self::Vocational => "中职",
            Self::Special => "特教",
        }
    }
}

/// A word that names no school level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}”不是学段，请用 kindergarten（幼儿园）、primary（小学）、junior（初中）、senior（高中）、vocational（中职）或 special（特教）。"
)]
pub struct UnknownLevel(pub String);

impl FromStr for Level {
    type Err = UnknownLevel;

    /// Reads the code of [`Level::as_str`] or the name of [`Level::label`], exactly.
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str() == word || level.label() == word)
            .ok_or_else(|| UnknownLevel(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_label_and_json_are_read_back() {
        for level in Level::ALL {
            assert_eq!(level.as_str().parse(), Ok(level));
            assert_eq!(level.label().parse(), Ok(level));
            assert_eq!(
                serde_json::to_string(&level).expect("serialises"),
                format!("\"{}\"", level.as_str())
            );
        }
        assert!("大学".parse::<Level>().is_err());
    }
}

//! The values in a units file's cells: kinds and levels in English or Chinese, lists divided by `|`. Problems are named
//! here and placed (row, column) in `units`.

use crate::domain::level::Level;
use crate::domain::unit_kind::UnitKind;

/// The values of a cell divided by `|` or `｜`, trimmed, in order, without blanks and repetitions.
pub fn list(cell: &str) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    for value in cell.split(['|', '｜']) {
        let value = value.trim();
        if !value.is_empty() && !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
        }
    }
    values
}

/// The kind that a word stands for; codes in any case.
pub fn kind(word: &str) -> Option<UnitKind> {
    match word {
        "科室" => Some(UnitKind::Section),
        "直属单位" | "直属机构" => Some(UnitKind::Institution),
        "专班" => Some(UnitKind::TaskForce),
        "区" | "区县" | "县区" | "县" | "县市区" => Some(UnitKind::District),
        "学校" => Some(UnitKind::School),
        "外单位" => Some(UnitKind::External),
        code => code.to_ascii_lowercase().parse().ok(),
    }
}

/// The levels that one word stands for; several for schools that span levels.
fn levels_of_word(word: &str) -> Option<&'static [Level]> {
    match word {
        "kindergarten" | "幼儿园" | "学前" => Some(&[Level::Kindergarten]),
        "primary" | "小学" => Some(&[Level::Primary]),
        "junior" | "初中" => Some(&[Level::Junior]),
        "senior" | "高中" | "普通高中" => Some(&[Level::Senior]),
        "vocational" | "中职" | "职业" => Some(&[Level::Vocational]),
        "special" | "特教" | "特殊教育" => Some(&[Level::Special]),
        "九年一贯制" => Some(&[Level::Primary, Level::Junior]),
        "完全中学" => Some(&[Level::Junior, Level::Senior]),
        "十二年一贯制" => Some(&[Level::Primary, Level::Junior, Level::Senior]),
        _ => None,
    }
}

/// The levels in a cell, in the order of [`Level::ALL`], and the words that are no level.
pub fn levels(cell: &str) -> (Vec<Level>, Vec<String>) {
    let mut found = Vec::new();
    let mut unknown = Vec::new();
    for word in list(cell) {
        match levels_of_word(&word.to_ascii_lowercase()) {
            Some(levels) => found.extend_from_slice(levels),
            None => unknown.push(word),
        }
    }
    found.sort_unstable();
    found.dedup();
    (found, unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_trimmed_and_without_repetition() {
        assert_eq!(
            list(" 局办｜办公室(信访科) | 局办||"),
            ["局办", "办公室(信访科)"]
        );
        assert!(list("  ").is_empty());
    }

    #[test]
    fn kinds_are_read_in_both_languages() {
        for known in UnitKind::ALL {
            assert_eq!(kind(known.as_str()), Some(known));
            assert_eq!(kind(&known.as_str().to_uppercase()), Some(known));
        }
        let chinese = ["科室", "直属单位", "专班", "区", "学校", "外单位"];
        assert_eq!(chinese.map(kind), UnitKind::ALL.map(Some));
        assert_eq!(kind("县区"), Some(UnitKind::District));
        assert_eq!(kind("小学"), None);
        assert_eq!(kind(""), None);
    }

    #[test]
    fn levels_are_read_in_both_languages() {
        for known in Level::ALL {
            assert_eq!(levels(known.as_str()), (vec![known], vec![]));
        }
        let chinese = "特殊教育|中职|高中|初中|小学|幼儿园";
        assert_eq!(levels(chinese), (Level::ALL.to_vec(), vec![]));
        assert_eq!(levels("九年一贯制"), levels("junior|primary"));
        assert_eq!(levels("完全中学"), levels("初中|高中"));
        assert_eq!(levels("十二年一贯制").0.len(), 3);
        assert_eq!(
            levels("小学|大学"),
            (vec![Level::Primary], vec!["大学".to_owned()])
        );
    }
}

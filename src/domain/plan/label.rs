//! Labels in front of units and time limits: 牵头单位：, 责任科室：, 配合部门：, 完成时限：, 责任人：. What stands
//! behind them is read in `parties`.

use super::parties::Role;
use super::punctuation::{any_at, skip_spaces, slice, word_at};
use super::unit_name::looks_like_unit;

/// A label found in a folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) kind: LabelKind,
    pub(crate) start: usize,
    /// Where its value begins, behind the colon.
    pub(crate) end: usize,
}

/// What a label announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LabelKind {
    Units(Role),
    /// A time limit.
    Limit,
    /// A person or an address, who is no unit.
    Person,
}

const LEAD: [&str; 10] = [
    "牵头责任",
    "牵头负责",
    "牵头落实",
    "总牵头",
    "牵头",
    "主要责任",
    "第一责任",
    "主责",
    "主办",
    "主牵头",
];
const RESPONSIBLE: [&str; 12] = [
    "具体责任",
    "主体责任",
    "工作责任",
    "责任落实",
    "责任",
    "落实",
    "承办",
    "实施",
    "负责",
    "执行",
    "承担",
    "完成",
];
const COOPERATING: [&str; 13] = [
    "协同配合",
    "配合责任",
    "协作配合",
    "协助配合",
    "配合",
    "协办",
    "协同",
    "协助",
    "参与",
    "参加",
    "支持",
    "协作",
    "联动",
];
const UNIT_WORDS: [&str; 13] = [
    "单位",
    "部门",
    "科室",
    "处室",
    "股室",
    "科(室)",
    "科(股)室",
    "股(室)",
    "机构",
    "学校",
    "主体",
    "科",
    "处",
];
const PERSON_WORDS: [&str; 9] = [
    "领导",
    "人员",
    "人",
    "校长",
    "局长",
    "同志",
    "科长",
    "主任",
    "校级领导",
];
const LIMITS: [&str; 20] = [
    "完成时限要求",
    "完成时限",
    "完成时间",
    "完成期限",
    "完成日期",
    "办结时限",
    "办结时间",
    "时限要求",
    "时间要求",
    "推进时限",
    "落实时限",
    "工作时限",
    "整改时限",
    "责任时限",
    "时间节点",
    "实施时间",
    "推进时间",
    "时限",
    "期限",
    "时间",
];
const PERSONS: [&str; 22] = [
    "分管领导",
    "分管局领导",
    "包保领导",
    "包联领导",
    "联系领导",
    "挂牌领导",
    "主管领导",
    "主要领导",
    "联系人",
    "联络员",
    "负责同志",
    "经办人",
    "填报人",
    "审核人",
    "联系电话",
    "联系方式",
    "电话",
    "手机",
    "邮箱",
    "电子邮箱",
    "传真",
    "地址",
];

/// Reads the label that begins at `at`. A label ends in a colon, or is bracketed itself (【牵头单位】), or,
/// where it ends in a word for units, is followed by 为 or a space.
pub(crate) fn label_at(folded: &[char], at: usize) -> Option<Label> {
    let open = usize::from(word_at(folded, at, "("));
    let (kind, end, strength) = words_at(folded, at + open)?;
    if open == 1 {
        let closed = skip_spaces(folded, end);
        if !word_at(folded, closed, ")") {
            return None;
        }
        let behind = skip_spaces(folded, closed + 1);
        let end = if word_at(folded, behind, ":") {
            behind + 1
        } else {
            behind
        };
        return Some(Label {
            kind,
            start: at,
            end,
        });
    }
    let behind = skip_spaces(folded, end);
    let end = match folded.get(behind) {
        Some(':') => behind + 1,
        Some('为') if strength == Strength::Full => behind + 1,
        Some(_) if strength == Strength::Full && behind > end && unit_follows(folded, behind) => {
            behind
        }
        _ => return None,
    };
    Some(Label {
        kind,
        start: at,
        end,
    })
}

/// Without a colon the next word must itself look like a unit: in "责任单位 时限要求" two headers stand together.
fn unit_follows(folded: &[char], at: usize) -> bool {
    let rest = slice(folded, at..at + 40);
    let end = rest
        .iter()
        .position(|c| matches!(c, ',' | ';' | '。' | '、' | ' ' | '\n'))
        .unwrap_or(rest.len());
    looks_like_unit(slice(rest, 0..end))
}

/// Every label from `from` on, in order, also behind other words: where a colon stands, the label is sure.
pub(crate) fn labels_in(folded: &[char], from: usize) -> Vec<Label> {
    let mut labels = Vec::new();
    let mut at = from;
    while at < folded.len() {
        match label_at(folded, at) {
            Some(label) if is_separate(folded, from, &label) => {
                at = label.end.max(at + 1);
                labels.push(label);
            }
            _ => at += 1,
        }
    }
    labels
}

/// Without a colon a label counts only at the beginning of a clause; 时间： only there as well.
fn is_separate(folded: &[char], from: usize, label: &Label) -> bool {
    let has_colon = label.end > 0 && folded.get(label.end - 1) == Some(&':');
    let begins = label.start == from
        || folded
            .get(label.start - 1)
            .is_some_and(|c| ",;。、( \n".contains(*c));
    begins || (has_colon && matches!(label.kind, LabelKind::Units(_)))
}

/// Whether a label's words alone announce units, or only with a colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strength {
    Full,
    NeedsColon,
}

/// The characters with which a label begins: all but a few positions of a text are ruled out by them.
const FIRST: &str = "总牵主第具体工责落承实负执完配协参支联办时整推期分包挂填审经电手邮传地";

fn words_at(folded: &[char], at: usize) -> Option<(LabelKind, usize, Strength)> {
    if !folded.get(at).is_some_and(|c| FIRST.contains(*c)) {
        return None;
    }
    if let Some((_, length)) = any_at(folded, at, &LIMITS) {
        return Some((LabelKind::Limit, at + length, Strength::NeedsColon));
    }
    if let Some((_, length)) = any_at(folded, at, &PERSONS) {
        return Some((LabelKind::Person, at + length, Strength::NeedsColon));
    }
    let (role, length) = [
        (&LEAD[..], Role::Lead),
        (&RESPONSIBLE[..], Role::Responsible),
        (&COOPERATING[..], Role::Cooperating),
    ]
    .into_iter()
    .find_map(|(words, role)| any_at(folded, at, words).map(|(_, length)| (role, length)))?;
    let mut end = behind_alternative(folded, at + length);
    if let Some((_, length)) = any_at(folded, end, &PERSON_WORDS) {
        return Some((LabelKind::Person, end + length, Strength::NeedsColon));
    }
    let strength = match any_at(folded, end, &UNIT_WORDS) {
        Some((word, length)) => {
            end = behind_alternative(folded, end + length);
            let is_single = word.chars().count() == 1;
            if is_single {
                Strength::NeedsColon
            } else {
                Strength::Full
            }
        }
        None => Strength::NeedsColon,
    };
    Some((LabelKind::Units(role), end, strength))
}

/// Skips the second half of a double label: 牵头（责任）单位, 责任单位及责任人, 责任单位（科室）.
fn behind_alternative(folded: &[char], at: usize) -> usize {
    let halves = [
        "(责任)",
        "(负责)",
        "(牵头)",
        "(落实)",
        "(配合)",
        "(科室)",
        "(部门)",
        "(单位)",
        "(处室)",
        "(学校)",
        "(人)",
        "及责任人",
        "和责任人",
        "及负责人",
        "及联系人",
        "/责任人",
        "、责任人",
        "或部门",
        "和部门",
        "及部门",
        "及科室",
        "和科室",
        "(盖章)",
    ];
    at + any_at(folded, at, &halves).map_or(0, |(_, length)| length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::plan::punctuation::Text;

    fn kind(text: &str) -> Option<LabelKind> {
        label_at(Text::new(text).folded(), 0).map(|label| label.kind)
    }

    #[test]
    fn labels_of_every_office_are_read() {
        for (text, expected) in [
            ("牵头单位：甲", LabelKind::Units(Role::Lead)),
            ("牵头责任单位:甲", LabelKind::Units(Role::Lead)),
            ("主办科室：甲", LabelKind::Units(Role::Lead)),
            ("牵头：甲", LabelKind::Units(Role::Lead)),
            ("【牵头单位】甲", LabelKind::Units(Role::Lead)),
            ("责任科室：甲", LabelKind::Units(Role::Responsible)),
            ("责任单位（科室）：甲", LabelKind::Units(Role::Responsible)),
            ("责任单位为甲", LabelKind::Units(Role::Responsible)),
            ("责任单位 教研室", LabelKind::Units(Role::Responsible)),
            ("配合部门：甲", LabelKind::Units(Role::Cooperating)),
            ("牵头领导：甲", LabelKind::Person),
            ("责任人：甲", LabelKind::Person),
            ("联系人：甲", LabelKind::Person),
            ("完成时限：6月", LabelKind::Limit),
        ] {
            assert_eq!(kind(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn words_without_a_value_are_no_label() {
        for text in [
            "责任落实到人",
            "配合做好工作",
            "牵头开展",
            "责任单位要",
            "时间紧",
            "落实单位主体",
            "责任单位 时限要求",
        ] {
            assert_eq!(kind(text), None, "{text}");
        }
    }
}

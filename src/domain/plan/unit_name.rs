//! What looks like the name of a unit in running text. How lists of names are cut is in `unit_list`; which unit a name
//! means is settled elsewhere, by the units file.

use super::punctuation::{ends_with_any, slice, word_at};

/// Endings of the names of offices, schools and bodies.
const ENDINGS: [&str; 58] = [
    "中心",
    "专班",
    "部门",
    "单位",
    "机构",
    "小学",
    "中学",
    "大学",
    "学院",
    "党委",
    "团委",
    "工会",
    "政府",
    "支部",
    "总支",
    "基地",
    "集团",
    "公司",
    "学区",
    "街道",
    "各地",
    "地区",
    "县区",
    "区县",
    "市县",
    "开发区",
    "新区",
    "妇联",
    "残联",
    "科协",
    "一中",
    "职高",
    "学校",
    "科",
    "室",
    "处",
    "局",
    "委",
    "办",
    "校",
    "馆",
    "院",
    "所",
    "股",
    "组",
    "园",
    "会",
    "部",
    "厅",
    "司",
    "署",
    "站",
    "队",
    "镇",
    "乡",
    "区",
    "县",
    "市",
];

/// Words with such an ending that are no unit.
const NO_UNITS: [&str; 34] = [
    "社会",
    "机会",
    "大会",
    "班会",
    "家长会",
    "座谈会",
    "推进会",
    "研讨会",
    "动员会",
    "例会",
    "运动会",
    "工作会",
    "报告会",
    "体会",
    "校园",
    "公园",
    "家园",
    "田园",
    "场所",
    "厕所",
    "教室",
    "图书室",
    "功能室",
    "实验室",
    "全部",
    "干部",
    "内部",
    "外部",
    "本科",
    "学科",
    "专科",
    "任务部",
    "试办",
    "举办",
];

/// Names of two characters that are units; any other so short is half a word.
const SHORT_NAMES: [&str; 26] = [
    "团委", "党委", "工会", "妇联", "各校", "各地", "各区", "各县", "各市", "各科", "各室", "各处",
    "各园", "各院", "学校", "党办", "局办", "市委", "区委", "县委", "省委", "市局", "区局", "县局",
    "全校", "我校",
];

/// Whether a folded name, brackets at its end aside, ends like the name of a unit or a group of units.
pub(crate) fn looks_like_unit(name: &[char]) -> bool {
    let name = without_trailing_bracket(trim(name));
    if !(2..=40).contains(&name.len()) || name.iter().any(|c| "。:《》?!".contains(*c)) {
        return false;
    }
    if name.len() == 2 {
        return SHORT_NAMES.iter().any(|short| word_at(name, 0, short));
    }
    // 学科 is a school subject, but 教学科 is a section.
    let is_section = ends_with_any(name, &["教学科", "中学科", "小学科"]).is_some();
    is_section
        || (ends_with_any(name, &NO_UNITS).is_none() && ends_with_any(name, &ENDINGS).is_some())
}

fn without_trailing_bracket(name: &[char]) -> &[char] {
    if name.last() != Some(&')') {
        return name;
    }
    let open = name.iter().rposition(|c| *c == '(').unwrap_or(name.len());
    trim(slice(name, 0..open))
}

/// Without blanks at either end.
pub(crate) fn trim(chars: &[char]) -> &[char] {
    let start = chars.iter().take_while(|c| c.is_whitespace()).count();
    let blanks = chars.iter().rev().take_while(|c| c.is_whitespace()).count();
    slice(chars, start..chars.len().saturating_sub(blanks).max(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_end_like_units_are_told_apart() {
        for name in ["校长", "学生", "社会", "家长会", "校园", "全体教师"] {
            assert!(
                !looks_like_unit(&name.chars().collect::<Vec<_>>()),
                "{name}"
            );
        }
        for name in [
            "市教育局教学科",
            "各校",
            "市教育局办公室(信访科)",
            "“双减”工作专班",
            "各中小学校",
            "鄂东区",
        ] {
            assert!(looks_like_unit(&name.chars().collect::<Vec<_>>()), "{name}");
        }
    }
}

//! What the heading of a section says about the items under it: whether they prescribe work, state goals,
//! give steps, or never hold measures. Which items then become measures is in `prescribed`.

use super::punctuation::{contains_any, ends_with_any, find, word_at};

/// What a heading promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// 举措, 措施, 任务, 内容: the items are measures.
    Work,
    /// 指导思想, 目标, 组织领导 …: never measures.
    Never,
    /// Neither word.
    Open,
}

/// Subjects that never hold measures, wherever in a heading they are the subject.
const NEVER: [&str; 24] = [
    "指导思想",
    "目标",
    "组织机构",
    "组织领导",
    "基本情况",
    "成效",
    "问题",
    "思路",
    "保障",
    "步骤",
    "要求",
    "原则",
    "意义",
    "背景",
    "现状",
    "领导小组",
    "组织实施",
    "阶段",
    "附则",
    "编制依据",
    "时间安排",
    "进度安排",
    "总则",
    "督导考核",
];

/// The same in a slogan ("加强组织领导，落实责任"), where 目标 or 要求 would only be an object.
const NEVER_IN_SLOGAN: [&str; 14] = [
    "指导思想",
    "组织机构",
    "组织领导",
    "组织保障",
    "保障",
    "保障措施",
    "领导小组",
    "加强领导",
    "强化领导",
    "基本原则",
    "组织实施",
    "督导考核",
    "考核问责",
    "监督考核",
];

/// Verbs with which a slogan states a goal or problem instead of working on it: 明确目标，理清思路.
const STATING: [&str; 8] = [
    "明确",
    "理清",
    "厘清",
    "认清",
    "提高认识",
    "统一思想",
    "总体",
    "主要",
];

const WORK: [&str; 14] = [
    "举措",
    "措施",
    "任务",
    "内容",
    "工作重点",
    "重点工作",
    "具体工作",
    "主要工作",
    "做法",
    "行动",
    "工程",
    "清单",
    "项目",
    "工作",
];

/// Headings that stand on a line of their own without number.
const SECTION_NAMES: [&str; 40] = [
    "指导思想",
    "工作目标",
    "总体目标",
    "主要目标",
    "目标任务",
    "目标要求",
    "基本原则",
    "工作原则",
    "总体要求",
    "总体思路",
    "工作思路",
    "主要任务",
    "重点任务",
    "工作任务",
    "主要工作",
    "重点工作",
    "工作重点",
    "工作内容",
    "主要内容",
    "工作措施",
    "主要措施",
    "具体措施",
    "重点举措",
    "工作举措",
    "主要举措",
    "实施步骤",
    "工作步骤",
    "方法步骤",
    "时间安排",
    "进度安排",
    "工作安排",
    "实施阶段",
    "工作要求",
    "有关要求",
    "保障措施",
    "组织保障",
    "工作保障",
    "组织领导",
    "组织机构",
    "组织实施",
];

/// A slogan's opening: it works on what follows, so 着力“三清”要求 is no chapter of demands.
const OPENINGS: [&str; 12] = [
    "着力", "聚焦", "围绕", "对照", "按照", "立足", "坚持", "针对", "紧扣", "突出", "瞄准", "对标",
];

/// Longest heading of which a word may stand anywhere; in a longer one it must end a component.
const SHORT: usize = 8;

/// What the heading of a section promises; `heading` is folded, without number. A never-word beats a
/// work-word (保障措施, 目标与任务); in a slogan only words that are its subject count.
pub(crate) fn promise_of(heading: &[char]) -> Promise {
    let heading = subject(heading);
    if is_never(heading) {
        return Promise::Never;
    }
    if contains_any(heading, &WORK) {
        Promise::Work
    } else {
        Promise::Open
    }
}

/// As [`promise_of`] for a heading below a section: there only a plain noun (指导思想, 工作目标) forbids.
pub(crate) fn promise_of_inner(heading: &[char]) -> Promise {
    let heading = subject(heading);
    if heading.len() <= SHORT && !is_slogan(heading) && is_never(heading) {
        return Promise::Never;
    }
    if contains_any(heading, &WORK) {
        Promise::Work
    } else {
        Promise::Open
    }
}

fn is_never(heading: &[char]) -> bool {
    if is_slogan(heading) {
        let is_stated = STATING.iter().any(|word| word_at(heading, 0, word));
        return components(heading).any(|part| {
            ends_with_any(part, &NEVER_IN_SLOGAN).is_some()
                || (is_stated && ends_with_any(part, &NEVER).is_some())
        });
    }
    if heading.len() <= SHORT {
        return contains_any(heading, &NEVER);
    }
    components(heading).any(|part| ends_with_any(part, &NEVER).is_some())
}

/// Two clauses, or one that opens by saying on what it works.
fn is_slogan(heading: &[char]) -> bool {
    heading.contains(&',') || OPENINGS.iter().any(|word| word_at(heading, 0, word))
}

fn components(heading: &[char]) -> impl Iterator<Item = &[char]> {
    heading.split(|c| matches!(c, ',' | '、' | '与' | '和' | '及' | ' ' | ';'))
}

/// The heading proper: up to the first 。 or colon, at most forty characters.
pub(crate) fn subject(heading: &[char]) -> &[char] {
    let end = heading
        .iter()
        .take(40)
        .position(|c| matches!(c, '。' | ':' | '('))
        .unwrap_or(40);
    let subject = heading.get(..end.min(heading.len())).unwrap_or_default();
    let blanks = subject
        .iter()
        .rev()
        .take_while(|c| c.is_whitespace())
        .count();
    subject.get(..subject.len() - blanks).unwrap_or_default()
}

/// Whether a line without number is nothing but the name of a section.
pub(crate) fn is_section_name(folded: &[char]) -> bool {
    let name = subject(folded);
    let is_alone = folded.len() <= name.len() + 1;
    is_alone
        && SECTION_NAMES
            .iter()
            .any(|word| word.chars().eq(name.iter().copied()))
}

/// Whether the section states the plan's goals.
pub(crate) fn states_goals(heading: &[char]) -> bool {
    let heading = subject(heading);
    find(heading, 0..heading.len(), "目标").is_some() && !is_opened(heading)
}

fn is_opened(heading: &[char]) -> bool {
    OPENINGS.iter().any(|word| word_at(heading, 0, word))
}

/// How sure a heading makes it that the items under it are phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Steps {
    /// 步骤, 阶段: the items are phases even without dates.
    Certain,
    /// 安排, 进度, 时间: those with dates are.
    WithDates,
    No,
}

/// Whether the items under a heading are the plan's phases.
pub(crate) fn steps_of(heading: &[char]) -> Steps {
    let heading = subject(heading);
    if heading.len() > 20 || is_opened(heading) {
        Steps::No
    } else if contains_any(
        heading,
        &["步骤", "实施阶段", "阶段安排", "阶段划分", "时间阶段"],
    ) {
        Steps::Certain
    } else if contains_any(heading, &["安排", "阶段", "进度", "时间", "日程", "路线图"])
    {
        Steps::WithDates
    } else {
        Steps::No
    }
}

/// Verbs of prescription: an item without any of them describes instead of saying what to do.
const VERBS: [&str; 62] = [
    "加强", "建立", "完善", "健全", "开展", "推进", "实施", "落实", "制定", "制订", "组织", "提升",
    "提高", "强化", "深化", "优化", "构建", "创新", "规范", "抓", "做好", "做到", "坚持", "推动",
    "促进", "打造", "培养", "培育", "举办", "召开", "检查", "督促", "建设", "改进", "严格", "严禁",
    "加大", "保障", "探索", "选树", "创建", "认真", "指导", "设立", "配备", "开齐", "开足", "减轻",
    "控制", "开设", "充实", "整合", "完成", "搭建", "发挥", "引导", "营造", "拓展", "丰富", "鼓励",
    "确保", "改善",
];

/// Whether the beginning of an item (its first eighty characters) says what to do.
pub(crate) fn says_what_to_do(folded: &[char]) -> bool {
    contains_any(folded.get(..80).unwrap_or(folded), &VERBS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn a_never_word_beats_a_work_word() {
        for heading in [
            "指导思想",
            "目标与任务",
            "工作目标",
            "保障措施",
            "组织保障措施",
            "工作要求",
            "实施步骤",
            "组织领导",
            "存在的主要问题和不足之处及问题",
            "指导思想和基本原则",
            "提高认识,加强组织领导",
            "明确目标,理清思路",
            "主要目标和重点任务",
        ] {
            assert_eq!(promise_of(&chars(heading)), Promise::Never, "{heading}");
        }
    }

    #[test]
    fn work_words_and_slogans_are_told_apart() {
        for heading in [
            "工作举措",
            "提升教学质量措施",
            "工作内容",
            "重点任务",
            "重点工作及分工",
        ] {
            assert_eq!(promise_of(&chars(heading)), Promise::Work, "{heading}");
        }
        for heading in [
            "着力“三清”要求,提高课堂实效",
            "重视校家沟通,争取家长支持",
            "聚焦突出问题",
        ] {
            assert_eq!(promise_of(&chars(heading)), Promise::Open, "{heading}");
        }
    }

    #[test]
    fn an_inner_heading_forbids_only_as_a_plain_noun() {
        assert_eq!(promise_of_inner(&chars("工作目标")), Promise::Never);
        assert_eq!(
            promise_of_inner(&chars("定目标,压责任,全力提质量")),
            Promise::Open
        );
        assert_eq!(
            promise_of_inner(&chars("严格落实国家课程方案各项要求")),
            Promise::Open
        );
    }
}

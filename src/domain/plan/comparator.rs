//! Whether a number in a clause is promised, and how it is to be met: the words around it decide. Where the clauses
//! and numbers are found is in `indicator`, which states the comparator rule.

use super::indicator::{Comparator, Place};
use super::numeral::Script;
use super::punctuation::{any_at, contains_any, ends_with_any, slice, word_at};
use super::quantity::Quantity;
use super::rhythm::rhythm_at;
use crate::domain::frequency::Frequency;

/// How a promised number is to be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) comparator: Comparator,
    pub(crate) frequency: Option<Frequency>,
}

const AT_LEAST: [&str; 10] = [
    "至少",
    "达到",
    "突破",
    "不下",
    "达",
    "力争",
    "确保",
    "实现",
    "提高到",
    "提升到",
];
const UP_TO: [&str; 8] = [
    "提升至",
    "提高至",
    "增加到",
    "增至",
    "保持在",
    "稳定在",
    "维持在",
    "扩大到",
];
const CHANGES: [&str; 10] = [
    "提高", "提升", "增长", "上升", "下降", "降低", "增加", "减少", "新增", "压减",
];
const CREATES: [&str; 34] = [
    "创建",
    "培养",
    "培育",
    "建成",
    "建设",
    "打造",
    "新建",
    "改扩建",
    "改建",
    "扩建",
    "新增",
    "评选",
    "选树",
    "遴选",
    "形成",
    "组建",
    "认定",
    "引进",
    "招聘",
    "培训",
    "举办",
    "开展",
    "建立",
    "设立",
    "配备",
    "构建",
    "选派",
    "推出",
    "组织",
    "评定",
    "命名",
    "遴选出",
    "改造",
    "开设",
];
const RATES: [&str; 7] = ["率", "满意度", "覆盖面", "比例", "占比", "比率", "普及度"];

/// How far from a number the words that make it a promise may stand.
const WINDOW: usize = 40;

/// Whether a number is promised, and how it is to be met.
pub(crate) fn judge(
    clause: &[char],
    from: usize,
    quantity: &Quantity,
    place: Place,
    inherited: Option<Frequency>,
) -> Option<Judgement> {
    let start = quantity.range.start;
    let before = slice(clause, from.max(start.saturating_sub(WINDOW))..start);
    let after = slice(clause, quantity.range.end..quantity.range.end + WINDOW);
    let own = clause_frequency(before).or_else(|| {
        if from == 0 {
            clause_frequency(after)
        } else {
            None
        }
    });
    let mut comparator = written_comparator(before, after, quantity);
    if comparator.is_none() {
        let is_count = !quantity.is_share();
        let recurs = own.is_some() && is_count && is_bound_count(before, quantity);
        let is_created = is_count && creates(before, quantity, place);
        let is_rate =
            !is_count && (ends_with_any(before, &RATES).is_some() || is_rate_goal(before, place));
        // 100%的学校建立机制: all of them.
        let is_all = quantity.unit == "%"
            && word_at(after, 0, "的")
            && (quantity.value == 100.0 || place == Place::Goals);
        let is_change = is_all || ends_with_any(before, &CHANGES).is_some() && quantity.is_share();
        comparator = (recurs || is_created || is_rate || is_change).then_some(Comparator::AtLeast);
    }
    let comparator = match comparator? {
        Comparator::AtLeast
            if quantity.unit == "%" && quantity.value == 100.0 && !word_at(after, 0, "以上") =>
        {
            Comparator::Exactly
        }
        other => other,
    };
    let inherits = !quantity.is_share() && own.is_none();
    let frequency = if inherits { inherited } else { own };
    Some(Judgement {
        comparator,
        frequency,
    })
}

/// The comparator that words give; `None` without such a word.
fn written_comparator(before: &[char], after: &[char], quantity: &Quantity) -> Option<Comparator> {
    if any_at(after, 0, &["以内", "之内", "以下", "及以下"]).is_some()
        || contains_any(before, &["控制在", "最多", "至多"])
    {
        return Some(Comparator::AtMost);
    }
    if let Some(comparator) = negatable(before) {
        return Some(comparator);
    }
    if let Some((_, length)) = any_at(after, 0, &["以上", "及以上", "或以上", "左右以上"])
    {
        // "3次以上的教师" describes persons; "80%以上的学生" is still a promise.
        let describes = word_at(after, length, "的")
            && !quantity.is_share()
            && clause_frequency(before).is_none();
        return (!describes).then_some(Comparator::AtLeast);
    }
    let is_near = |words: &[&str]| {
        contains_any(
            slice(before, before.len().saturating_sub(12)..before.len()),
            words,
        )
    };
    let is_turn = quantity.script == Script::Chinese
        && quantity.value == 1.0
        && !contains_any(before, &["至少"]);
    (!is_turn && (is_near(&AT_LEAST) || is_near(&UP_TO))).then_some(Comparator::AtLeast)
}

/// 少于, 低于, 超过, 高于 and their negations, the last one in front of the number.
fn negatable(before: &[char]) -> Option<Comparator> {
    let words = ["少于", "低于", "小于", "超过", "高于", "多于", "大于"];
    let (at, word) = (0..before.len())
        .rev()
        .find_map(|at| any_at(before, at, &words).map(|(word, _)| (at, word)))?;
    let head = slice(before, at.saturating_sub(3)..at);
    let is_negated = ends_with_any(
        head,
        &[
            "不", "不得", "不应", "不能", "不可", "不要", "不宜", "未", "不许",
        ],
    )
    .is_some();
    let is_under = matches!(word, "少于" | "低于" | "小于");
    Some(if is_under == is_negated {
        Comparator::AtLeast
    } else {
        Comparator::AtMost
    })
}

/// 每周一次, 每学期听课10节: a count close behind the words that say how often. A bare 一 counts only with
/// units of doing (次, 节, 篇), not in 每学期推出一批.
fn is_bound_count(before: &[char], quantity: &Quantity) -> bool {
    let is_doing = matches!(
        quantity.unit,
        "次" | "节"
            | "篇"
            | "场"
            | "份"
            | "堂"
            | "本"
            | "遍"
            | "轮"
            | "课时"
            | "学时"
            | "个"
            | "项"
            | "期"
            | "小时"
    );
    let distance = (0..before.len())
        .rev()
        .find(|at| rhythm_at(before, *at).is_some())
        .map(|at| before.len() - at);
    is_doing && distance.is_some_and(|distance| distance <= 20)
}

fn creates(before: &[char], quantity: &Quantity, place: Place) -> bool {
    let near = slice(before, before.len().saturating_sub(16)..before.len());
    let is_countable = match (place, quantity.script) {
        (_, Script::Arabic) => true,
        (Place::Measure, Script::Chinese) => false,
        (Place::Goals, Script::Chinese) => !matches!(
            quantity.unit,
            "批" | "支" | "条" | "次" | "期" | "位" | "人" | "家"
        ),
    };
    is_countable && contains_any(near, &CREATES)
}

fn is_rate_goal(before: &[char], place: Place) -> bool {
    place == Place::Goals && contains_any(before, &RATES)
}

/// The last recurrence that a piece of text names.
pub(crate) fn clause_frequency(folded: &[char]) -> Option<Frequency> {
    (0..folded.len())
        .rev()
        .find_map(|at| rhythm_at(folded, at))?
        .0
        .frequency()
}

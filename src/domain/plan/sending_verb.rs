//! The verbs with which something is sent up: 报, 报送, 上报, 提交. What is sent, and by whom, is read in `request`.

use super::punctuation::{any_at, word_at};

const VERBS: [&str; 22] = [
    "上报至",
    "上报到",
    "上报给",
    "上报",
    "呈报",
    "报送至",
    "报送到",
    "报送给",
    "报送",
    "报至",
    "报给",
    "报备",
    "提交至",
    "提交到",
    "提交给",
    "提交",
    "发送至",
    "发送到",
    "发至",
    "送至",
    "送交",
    "交至",
];
/// 报 alone sends only where these do not make it another word: 汇报, 通报, 报告, 报名 ….
const NOT_BEFORE: &str = "汇通简海周月学情申警填快日季年专播举预墙板画电登见书党校晚早投呈上";
const NOT_AFTER: &str = "名告道纸考刊表销酬导答复警废账社栏捷读到国";

/// The verb of sending at a position, with its length.
pub(crate) fn verb_at(folded: &[char], at: usize) -> Option<usize> {
    if !matches!(
        folded.get(at),
        Some('上' | '呈' | '报' | '提' | '发' | '送' | '交')
    ) {
        return None;
    }
    let is_joined = |set: &str, c: Option<&char>| c.is_some_and(|c| set.contains(*c));
    let before = at.checked_sub(1).and_then(|before| folded.get(before));
    if let Some((word, length)) = any_at(folded, at, &VERBS) {
        let is_other = word.starts_with('报') && is_joined("汇通简申填", before);
        return (!is_other && !word_at(folded, at + length, "制度")).then_some(length);
    }
    let is_alone = word_at(folded, at, "报")
        && !is_joined(NOT_BEFORE, before)
        && !is_joined(NOT_AFTER, folded.get(at + 1));
    is_alone.then_some(1)
}

/// Whether a sentence sends something up.
pub(crate) fn is_sending(folded: &[char]) -> bool {
    (0..folded.len()).any(|at| verb_at(folded, at).is_some())
}

//! Which measure of an amended plan is which known task: by number where the titles are alike, else by title, else by a
//! similar title, else by number alone. A measure put in between moves all numbers behind it, and moves no task.

use serde::Serialize;
use std::collections::HashMap;

use super::diff::TaskContent;

/// How a measure was found to be a known task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Matched {
    /// The same number.
    Number,
    /// The same title, under another number.
    Title,
    /// A title that is alike, under another number.
    SimilarTitle {
        /// How alike, 0 to 100.
        percent: u8,
    },
}

/// From here on titles under one number are those of one task.
const SAME_NUMBER: u8 = 40;

/// From here on titles under different numbers are.
const SIMILAR: u8 = 60;

/// Below, what stands under one number has nothing to do with what stood there.
const UNLIKE: u8 = 20;

/// More pairs than this are not looked at for similar titles.
const MOST_PAIRS: usize = 1_000_000;

/// For each measure the known task that it is, and how it was found.
pub(super) fn rediscover(
    known: &[&TaskContent],
    measures: &[TaskContent],
) -> Vec<Option<(usize, Matched)>> {
    let known_titles: Vec<Shape> = known.iter().map(|one| Shape::of(&one.title)).collect();
    let new_titles: Vec<Shape> = measures.iter().map(|one| Shape::of(&one.title)).collect();
    let mut pairs = Pairs::new(known.len(), measures.len());
    let alike =
        |task: usize, measure: usize| match (known_titles.get(task), new_titles.get(measure)) {
            (Some(one), Some(other)) => one.alike(other),
            _ => 0,
        };
    let by_number = index(known, |one| &one.number);
    for (at, measure) in measures.iter().enumerate() {
        let same = by_number.get(measure.number.as_str());
        for task in same.into_iter().flatten() {
            if alike(*task, at) >= SAME_NUMBER {
                pairs.join(*task, at, Matched::Number);
            }
        }
    }
    let by_title = index(known, |one| &one.title);
    for (at, measure) in measures.iter().enumerate() {
        for task in by_title.get(measure.title.as_str()).into_iter().flatten() {
            pairs.join(*task, at, Matched::Title);
        }
    }
    similar(&mut pairs, alike);
    for (at, measure) in measures.iter().enumerate() {
        let same = by_number.get(measure.number.as_str());
        for task in same.into_iter().flatten() {
            let text = |one: &TaskContent| Shape::of(&one.text);
            let is_like = alike(*task, at) >= UNLIKE
                || known
                    .get(*task)
                    .is_some_and(|one| text(one).alike(&text(measure)) >= UNLIKE);
            if is_like {
                pairs.join(*task, at, Matched::Number);
            }
        }
    }
    pairs.found
}

/// Joins what is left, the most alike first.
fn similar(pairs: &mut Pairs, alike: impl Fn(usize, usize) -> u8) {
    let tasks: Vec<usize> = pairs.free_tasks();
    let measures: Vec<usize> = pairs.free_measures();
    if tasks.len().saturating_mul(measures.len()) > MOST_PAIRS {
        return;
    }
    let mut close = Vec::new();
    for measure in measures {
        for task in &tasks {
            let percent = alike(*task, measure);
            if percent >= SIMILAR {
                close.push((percent, measure, *task));
            }
        }
    }
    close.sort_by_key(|(percent, measure, task)| (u8::MAX - percent, *measure, *task));
    for (percent, measure, task) in close {
        pairs.join(task, measure, Matched::SimilarTitle { percent });
    }
}

fn index<'a>(
    known: &[&'a TaskContent],
    key: impl Fn(&'a TaskContent) -> &'a String,
) -> HashMap<&'a str, Vec<usize>> {
    let mut index: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, one) in known.iter().enumerate() {
        index.entry(key(one).as_str()).or_default().push(at);
    }
    index
}

/// Who has been found; each task and each measure once.
struct Pairs {
    taken: Vec<bool>,
    found: Vec<Option<(usize, Matched)>>,
}

impl Pairs {
    fn new(known: usize, measures: usize) -> Self {
        Self {
            taken: vec![false; known],
            found: vec![None; measures],
        }
    }

    fn join(&mut self, task: usize, measure: usize, how: Matched) {
        if let (Some(taken @ false), Some(found @ None)) =
            (self.taken.get_mut(task), self.found.get_mut(measure))
        {
            *taken = true;
            *found = Some((task, how));
        }
    }

    fn free_tasks(&self) -> Vec<usize> {
        let all = self.taken.iter().enumerate();
        all.filter(|(_, taken)| !**taken)
            .map(|(at, _)| at)
            .collect()
    }

    fn free_measures(&self) -> Vec<usize> {
        let all = self.found.iter().enumerate();
        all.filter(|(_, found)| found.is_none())
            .map(|(at, _)| at)
            .collect()
    }
}

/// The pairs of neighbouring letters of a text, sorted.
struct Shape(Vec<(char, char)>);

impl Shape {
    fn of(text: &str) -> Self {
        let letters: Vec<char> = text
            .chars()
            .filter(|letter| letter.is_alphanumeric())
            .collect();
        let mut pairs: Vec<(char, char)> = match letters.as_slice() {
            [only] => vec![(*only, *only)],
            letters => letters
                .windows(2)
                .filter_map(|two| Some((*two.first()?, *two.get(1)?)))
                .collect(),
        };
        pairs.sort_unstable();
        Self(pairs)
    }

    /// How alike two texts are, 0 to 100: twice the pairs that both have, of all pairs (Dice).
    fn alike(&self, other: &Self) -> u8 {
        let all = self.0.len() + other.0.len();
        if all == 0 {
            return 0;
        }
        let (mut one, mut two) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut shared = 0_usize;
        while let (Some(left), Some(right)) = (one.peek(), two.peek()) {
            match left.cmp(right) {
                std::cmp::Ordering::Less => {
                    one.next();
                }
                std::cmp::Ordering::Greater => {
                    two.next();
                }
                std::cmp::Ordering::Equal => {
                    shared += 1;
                    one.next();
                    two.next();
                }
            }
        }
        u8::try_from(200 * shared / all).unwrap_or(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(number: &str, title: &str) -> TaskContent {
        TaskContent {
            number: number.to_owned(),
            title: title.to_owned(),
            text: title.to_owned(),
            ..TaskContent::default()
        }
    }

    fn found(known: &[TaskContent], measures: &[TaskContent]) -> Vec<Option<(usize, Matched)>> {
        let known: Vec<&TaskContent> = known.iter().collect();
        rediscover(&known, measures)
    }

    #[test]
    fn a_measure_put_in_between_moves_numbers_and_no_task() {
        let known = [
            task("二1", "落实课堂常规"),
            task("二2", "完成作业公示"),
            task("二3", "排查安全隐患"),
        ];
        let measures = [
            task("二1", "落实课堂常规"),
            task("二2", "开展家校共育活动"),
            task("二3", "完成作业公示"),
            task("二4", "全面排查安全隐患"),
        ];
        assert_eq!(
            found(&known, &measures),
            [
                Some((0, Matched::Number)),
                None,
                Some((1, Matched::Title)),
                Some((2, Matched::SimilarTitle { percent: 83 })),
            ]
        );
    }

    #[test]
    fn under_one_number_a_title_may_be_rewritten_but_not_replaced() {
        let known = [task("1", "落实课堂教学常规管理"), task("2", "建设信息平台")];
        let measures = [task("1", "严格课堂教学秩序"), task("2", "组织教师体检")];
        assert_eq!(found(&known, &measures), [Some((0, Matched::Number)), None]);
    }

    #[test]
    fn nothing_is_found_twice() {
        let known = [task("1", "落实课堂常规")];
        let measures = [task("1", "落实课堂常规"), task("1", "落实课堂常规")];
        assert_eq!(found(&known, &measures), [Some((0, Matched::Number)), None]);
        assert_eq!(found(&[], &measures), [None, None]);
        assert_eq!(Shape::of("").alike(&Shape::of("甲")), 0);
        assert_eq!(Shape::of("甲").alike(&Shape::of("甲")), 100);
    }
}

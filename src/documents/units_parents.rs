//! The tree that the parents in a units file make: circles are refused, parents outside the file are listed.

use std::collections::{HashMap, HashSet};

use super::units::UnitRow;

/// A unit whose parent is nowhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("第 {row} 行「上级」列：找不到编码为「{parent}」的单位，请改正，或把该单位加进文件")]
pub struct MissingParent {
    /// 1-based row in the file.
    pub row: usize,
    /// The unit's own code.
    pub code: String,
    /// The code that is not known.
    pub parent: String,
}

/// The units whose parent is neither in the file nor `known` (to the database), in the order of the file.
pub fn check_parents(rows: &[UnitRow], known: impl Fn(&str) -> bool) -> Vec<MissingParent> {
    let in_file: HashSet<&str> = rows.iter().map(|row| row.code.as_str()).collect();
    rows.iter()
        .filter_map(|row| {
            let parent = row.parent.as_deref()?;
            (!in_file.contains(parent) && !known(parent)).then(|| MissingParent {
                row: row.row,
                code: row.code.clone(),
                parent: parent.to_owned(),
            })
        })
        .collect()
}

/// Units that stand above themselves: for each circle the row of its first unit in the file, and the codes from there
/// round, ending with the first again.
pub(super) fn circles(rows: &[UnitRow]) -> Vec<(usize, Vec<String>)> {
    let by_code: HashMap<&str, usize> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| (row.code.as_str(), index))
        .collect();
    let parent_of = |index: usize| {
        let parent = rows.get(index)?.parent.as_deref()?;
        by_code.get(parent).copied()
    };
    // Each unit has at most one parent, so walking up from each, and never twice over the same unit, finds all circles.
    let mut walked_from: Vec<Option<usize>> = vec![None; rows.len()];
    let mut circles = Vec::new();
    for start in 0..rows.len() {
        let mut at = Some(start);
        while let Some(index) = at {
            match walked_from.get_mut(index) {
                Some(walk @ None) => *walk = Some(start),
                Some(Some(walk)) if *walk == start => {
                    circles.push(circle_from(rows, index, &parent_of));
                    break;
                }
                Some(Some(_)) | None => break,
            }
            at = parent_of(index);
        }
    }
    circles
}

fn circle_from(
    rows: &[UnitRow],
    on_circle: usize,
    parent_of: &impl Fn(usize) -> Option<usize>,
) -> (usize, Vec<String>) {
    let round = |from: usize| {
        let rest = std::iter::successors(parent_of(from), |&at| parent_of(at));
        std::iter::once(from).chain(rest.take_while(move |&at| at != from))
    };
    let first = round(on_circle).min().unwrap_or(on_circle);
    let mut codes: Vec<String> = round(first)
        .chain([first])
        .filter_map(|index| rows.get(index))
        .map(|row| row.code.clone())
        .collect();
    // A message has room for a few; the rest is cut in the middle.
    if codes.len() > 8 {
        codes.splice(4..codes.len() - 3, ["…".to_owned()]);
    }
    (rows.get(first).map_or(0, |row| row.row), codes)
}

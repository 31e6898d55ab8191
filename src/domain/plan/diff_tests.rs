//! What an amended document makes of the tasks of a plan, by examples.

use super::*;

fn task(number: &str, title: &str, responsible: &[&str], due_on: Option<&str>) -> TaskContent {
    TaskContent {
        number: number.to_owned(),
        title: title.to_owned(),
        text: format!("{title}。"),
        units: BTreeMap::from([
            (Role::Lead, vec!["教学科".to_owned()]),
            (
                Role::Responsible,
                responsible.iter().map(|name| (*name).to_owned()).collect(),
            ),
        ]),
        due_on: due_on.map(|day| day.parse().unwrap()),
        ..TaskContent::default()
    }
}

fn known(read: TaskContent) -> KnownTask {
    KnownTask {
        now: read.clone(),
        read,
        standing: Standing::Open,
    }
}

fn fates(diffs: &[TaskDiff]) -> Vec<Fate> {
    diffs.iter().map(|one| one.fate).collect()
}

#[test]
fn the_same_document_changes_nothing() {
    let tasks = [
        task("1", "落实课堂常规", &["各校"], None),
        task("2", "完成作业公示", &["各校"], Some("2026-04-30")),
    ];
    let diffs = compare(&tasks.clone().map(known), &tasks);
    assert_eq!(fates(&diffs), [Fate::Unchanged, Fate::Unchanged]);
    assert!(
        diffs
            .iter()
            .all(|one| one.changes.is_empty() && one.result.is_none())
    );
}

#[test]
fn what_is_added_removed_and_changed_is_told_by_name() {
    let before = [
        task("1", "落实课堂常规", &["各校"], None),
        task("2", "完成作业公示", &["各校"], Some("2026-04-30")),
    ];
    let after = [
        task("1", "落实课堂常规", &["各校", "信息中心"], None),
        task("2", "建设信息平台", &[], None),
    ];
    let diffs = compare(&before.map(known), &after);
    assert_eq!(fates(&diffs), [Fate::Changed, Fate::Added, Fate::Removed]);
    let change = &diffs[0].changes[0];
    assert_eq!(change.field, Field::ResponsibleUnits);
    assert_eq!(
        (change.added.as_slice(), change.removed.as_slice()),
        (["信息中心".to_owned()].as_slice(), [].as_slice())
    );
    assert_eq!(diffs[2].known, Some(1));
}

#[test]
fn what_people_changed_stays_where_the_document_says_what_it_said() {
    let read = task("1", "完成作业公示", &["各校"], Some("2026-04-30"));
    let mut now = read.clone();
    now.due_on = Some("2026-05-20".parse().unwrap());
    now.units.insert(
        Role::Responsible,
        vec!["各校".to_owned(), "东区".to_owned()],
    );
    let one = KnownTask {
        read: read.clone(),
        now,
        standing: Standing::Open,
    };
    let same = compare(std::slice::from_ref(&one), std::slice::from_ref(&read));
    assert_eq!(fates(&same), [Fate::Kept]);
    assert!(same[0].changes.iter().all(|change| !change.applies));
    // What the document says otherwise holds, and leaves the rest alone.
    let newer = task(
        "1",
        "完成作业公示",
        &["各校", "信息中心"],
        Some("2026-06-30"),
    );
    let other = compare(std::slice::from_ref(&one), std::slice::from_ref(&newer));
    assert_eq!(fates(&other), [Fate::Changed]);
    let result = other[0].result.clone().unwrap();
    assert_eq!(result.due_on, newer.due_on);
    assert_eq!(
        result.units[&Role::Responsible],
        ["各校", "东区", "信息中心"]
    );
}

#[test]
fn what_is_closed_or_split_stays_whatever_the_document_says() {
    for standing in [Standing::Split, Standing::Withdrawn, Standing::Closed] {
        let one = KnownTask {
            standing,
            ..known(task("1", "完成作业公示", &["各校"], None))
        };
        let newer = task("1", "完成作业公示", &["各校"], Some("2026-06-30"));
        let diffs = compare(std::slice::from_ref(&one), &[newer]);
        assert_eq!(fates(&diffs), [Fate::Kept]);
        assert_eq!(
            (diffs[0].kept, diffs[0].result.clone()),
            (Some(standing), None)
        );
        assert_eq!(fates(&compare(&[one], &[])), [Fate::Kept]);
    }
}

#[test]
fn other_things_are_known_again_by_their_key() {
    let said = |key: &str, text: &str| Said {
        key: key.to_owned(),
        text: text.to_owned(),
    };
    let before = [
        said("部署", "部署 1月"),
        said("实施", "实施 3月"),
        said("总结", "总结 12月"),
    ];
    let after = [
        said("部署", "部署 1月"),
        said("实施", "实施 4月"),
        said("验收", "验收 12月"),
    ];
    let told: Vec<(Option<String>, Option<String>)> = compare_said(&before, &after)
        .into_iter()
        .map(|one| (one.before, one.after))
        .collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        told,
        [
            (text("实施 3月"), text("实施 4月")),
            (None, text("验收 12月")),
            (text("总结 12月"), None),
        ]
    );
}

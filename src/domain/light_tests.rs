//! The golden cases of the lights: thresholds, ends, answers, and their sentences.

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn span() -> TaskSpan {
    TaskSpan {
        issued_on: day("2027-01-01"),
        ends_on: day("2027-06-30"),
        inferred: false,
    }
}

fn judged(expected: Expected, percent: u8) -> (Light, Standing, String) {
    let basis = Basis::Timed {
        span: span(),
        expected,
        on: day("2027-04-01"),
    };
    let (light, why) = light_of(basis, percent);
    assert_eq!(light, why.light);
    (light, why.standing, why.explain())
}

#[test]
fn ten_points_behind_are_yellow_and_more_than_thirty_red() {
    // 39.99 %, 40 %, 60 %, 60.01 % expected against 30 %: lags of 9.99, 10, 30 and 30.01 points.
    for (passed, light, standing, text) in [
        (
            3999,
            Light::Green,
            Standing::OnTrack,
            "序时进度 39.99%，实际 30%，滞后 9.99 个百分点，不足 10，亮绿灯",
        ),
        (
            4000,
            Light::Yellow,
            Standing::Behind,
            "序时进度 40%，实际 30%，滞后 10 个百分点，在 10 至 30 之间，亮黄灯",
        ),
        (
            6000,
            Light::Yellow,
            Standing::Behind,
            "序时进度 60%，实际 30%，滞后 30 个百分点，在 10 至 30 之间，亮黄灯",
        ),
        (
            6001,
            Light::Red,
            Standing::Behind,
            "序时进度 60.01%，实际 30%，滞后 30.01 个百分点，超过 30，亮红灯",
        ),
        (
            6250,
            Light::Red,
            Standing::Behind,
            "序时进度 62.5%，实际 30%，滞后 32.5 个百分点，超过 30，亮红灯",
        ),
        (
            3000,
            Light::Green,
            Standing::OnTrack,
            "序时进度 30%，实际 30%，与序时进度持平，亮绿灯",
        ),
        (
            2001,
            Light::Green,
            Standing::OnTrack,
            "序时进度 20.01%，实际 30%，超前 9.99 个百分点，亮绿灯",
        ),
        (
            2000,
            Light::Green,
            Standing::Ahead,
            "序时进度 20%，实际 30%，超前 10 个百分点，亮绿灯",
        ),
    ] {
        let expected = Expected::new(passed, 10_000);
        assert_eq!(
            judged(expected, 30),
            (light, standing, text.to_owned()),
            "{passed}"
        );
    }
}

#[test]
fn what_is_past_its_end_is_red_until_it_is_done() {
    let basis = |on, inferred| Basis::Timed {
        span: TaskSpan { inferred, ..span() },
        expected: Expected::ALL,
        on: day(on),
    };
    let at = |on, percent| {
        let (light, why) = light_of(basis(on, false), percent);
        (light, why.standing)
    };
    assert_eq!(at("2027-06-30", 95), (Light::Green, Standing::OnTrack));
    assert_eq!(at("2027-07-01", 95), (Light::Red, Standing::OnTrack));
    assert_eq!(at("2027-07-01", 90), (Light::Red, Standing::Behind));
    assert_eq!(at("2027-07-01", 100), (Light::Green, Standing::Done));
    assert_eq!(at("2027-07-01", 255), (Light::Green, Standing::Done));
    assert_eq!(
        light_of(basis("2027-07-03", false), 95).1.explain(),
        "完成时限为2027年6月30日，已逾期 3 天，实际 95%，尚未完成，亮红灯"
    );
    assert_eq!(
        light_of(basis("2027-07-03", true), 95).1.explain(),
        "完成时限按方案最后阶段推算为2027年6月30日，已逾期 3 天，实际 95%，尚未完成，亮红灯"
    );
    assert_eq!(
        light_of(basis("2027-07-03", true), 100).1.explain(),
        "实际 100%，已完成，亮绿灯"
    );
}

#[test]
fn answers_decide_where_no_progress_is_expected() {
    let record = |asked, fell_due, answered, overdue, longest_overdue, unanswered| AskRecord {
        asked,
        fell_due,
        answered,
        overdue,
        longest_overdue,
        unanswered,
    };
    for (record, light, text) in [
        (
            record(0, 0, 0, 0, 0, 0),
            Light::Green,
            "尚未要求填报，亮绿灯",
        ),
        (
            record(2, 1, 1, 0, 0, 0),
            Light::Green,
            "已要求填报 2 次，到期 1 次，已答复 1 次，亮绿灯",
        ),
        (
            record(2, 2, 1, 1, 7, 0),
            Light::Yellow,
            "已要求填报 2 次，到期 2 次，已答复 1 次，逾期 1 次，最长 7 个工作日，亮黄灯",
        ),
        (
            record(2, 2, 1, 1, 8, 0),
            Light::Red,
            "逾期 1 次，最长 8 个工作日，超过 7 个工作日，亮红灯",
        ),
        (
            record(1, 1, 0, 0, 0, 1),
            Light::Red,
            "已要求填报 1 次，到期 1 次，已答复 0 次，至截止仍未答复 1 次，亮红灯",
        ),
    ] {
        let duty = Duty::Standing;
        let (found, why) = light_of(Basis::Asked { duty, record }, 100);
        assert_eq!((found, why.standing), (light, Standing::None));
        let sentence = why.explain();
        assert!(sentence.starts_with("长期任务"), "{sentence}");
        assert!(sentence.ends_with(text), "{sentence}");
    }
    let duty = Duty::Ending;
    let record = record(1, 1, 0, 1, 9, 0);
    let (light, why) = light_of(Basis::Asked { duty, record }, 100);
    assert_eq!((light, why.standing), (Light::Green, Standing::Done));
    let (light, why) = light_of(Basis::Asked { duty, record }, 99);
    assert_eq!((light, why.standing), (Light::Red, Standing::None));
}

#[test]
fn what_has_ended_is_green_and_only_the_closed_is_done() {
    for (ending, standing, text) in [
        (Ending::Closed, Standing::Done, "已销号，亮绿灯"),
        (
            Ending::Paused,
            Standing::None,
            "已暂停，不计序时进度，亮绿灯",
        ),
        (
            Ending::Withdrawn,
            Standing::None,
            "已撤销，不计序时进度，亮绿灯",
        ),
    ] {
        let (light, why) = light_of(Basis::Ended(ending), 0);
        assert_eq!((light, why.standing), (Light::Green, standing));
        assert_eq!(why.explain(), text);
    }
}

#[test]
fn a_light_is_read_back_from_its_code() {
    for light in Light::ALL {
        assert_eq!(light.as_str().parse(), Ok(light));
        assert_eq!(
            serde_json::to_string(&light).unwrap(),
            format!("\"{}\"", light.as_str())
        );
    }
    assert!("红灯".parse::<Light>().is_err());
}

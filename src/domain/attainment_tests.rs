//! Tests of `attainment`: tables of values against targets and earlier values, and what holds for all of them.

use super::*;
use proptest::prelude::*;

fn decimal(text: &str) -> Decimal {
    text.parse().expect(text)
}

fn measured(comparator: Comparator, target: &str, value: &str, last: &str) -> Measured<'static> {
    let given = |text: &str| (!text.is_empty()).then(|| decimal(text));
    Measured {
        name: Some("达标率"),
        measured_in: Some("%"),
        target: Target {
            comparator,
            value: decimal(target),
        },
        value: given(value),
        last: given(last),
        frequency: Frequency::Term,
    }
}

#[test]
fn values_are_judged_by_the_comparator() {
    use Attainment::{Attained, NoValue, NotAttained};
    use Comparator::{AtLeast, AtMost, Exactly};
    use Trend::{Falling, NoEarlierValue, Rising, Same};
    for (comparator, target, value, last, attainment, trend) in [
        (AtLeast, "80", "76.5", "78", NotAttained, Some(Falling)),
        (AtLeast, "80", "80", "78", Attained, Some(Rising)),
        (
            AtLeast,
            "80",
            "79.999999",
            "79.999999",
            NotAttained,
            Some(Same),
        ),
        (AtLeast, "0.3", "0.3", "", Attained, Some(NoEarlierValue)),
        (AtMost, "3", "3", "5", Attained, Some(Rising)),
        (AtMost, "3", "3.000001", "2", NotAttained, Some(Falling)),
        (AtMost, "0", "0", "0", Attained, Some(Same)),
        (Exactly, "100", "100", "99", Attained, Some(Rising)),
        (Exactly, "100", "99", "100", NotAttained, Some(Falling)),
        (Exactly, "5", "6", "4", NotAttained, Some(Same)),
        (Exactly, "5", "7", "4", NotAttained, Some(Falling)),
        (AtLeast, "80", "", "78", NoValue, None),
        (AtMost, "80", "", "", NoValue, None),
        (AtLeast, "-1", "-1.5", "-2", NotAttained, Some(Rising)),
    ] {
        let one = measured(comparator, target, value, last);
        let place = format!("{comparator:?} {target} {value} {last}");
        assert_eq!(one.attainment(), attainment, "{place}");
        assert_eq!(one.trend(), trend, "{place}");
    }
}

#[test]
fn a_sentence_tells_the_numbers() {
    let rate = measured(Comparator::AtLeast, "80", "76.5", "78");
    assert_eq!(
        rate.sentence(),
        "达标率 76.5%，目标不低于 80%，比上学期（78%）下降 1.5 个百分点"
    );
    let cases = Measured {
        name: None,
        measured_in: Some("起"),
        frequency: Frequency::SchoolYear,
        ..measured(Comparator::AtMost, "3", "5", "2")
    };
    assert_eq!(
        cases.sentence(),
        "本项 5 起，目标不高于 3 起，比上学年（2 起）上升 3 起"
    );
    for (value, last, wanted) in [
        ("", "", "达标率尚未填报，目标等于 100%"),
        ("", "99.5", "达标率尚未填报，目标等于 100%，上学期 99.5%"),
        ("99", "", "达标率 99%，目标等于 100%，上学期没有数值"),
        ("99", "99", "达标率 99%，目标等于 100%，与上学期（99%）持平"),
    ] {
        let one = measured(Comparator::Exactly, "100", value, last);
        assert_eq!(one.sentence(), wanted);
    }
    let bare = Measured {
        measured_in: None,
        ..measured(Comparator::AtLeast, "0.3", "0.3", "0.1")
    };
    assert_eq!(
        bare.sentence(),
        "达标率 0.3，目标不低于 0.3，比上学期（0.1）上升 0.2"
    );
}

fn of(comparator: Comparator, target: i64, value: i64, last: i64) -> Measured<'static> {
    Measured {
        target: Target {
            comparator,
            value: Decimal::of_micros(target),
        },
        value: Some(Decimal::of_micros(value)),
        last: Some(Decimal::of_micros(last)),
        ..measured(comparator, "0", "0", "0")
    }
}

proptest! {
    #[test]
    fn a_value_that_attained_still_attains_when_it_rises(
        target in -1000i64..1000, last in -1000i64..1000, value in -1000i64..1000,
    ) {
        for comparator in Comparator::ALL {
            let now = of(comparator, target, value, last);
            let then = of(comparator, target, last, last);
            let kept = now.trend() != Some(Trend::Falling);
            if then.attainment() == Attainment::Attained && kept {
                prop_assert_eq!(now.attainment(), Attainment::Attained);
            }
        }
    }

    #[test]
    fn going_back_turns_the_trend_round(
        target in -1000i64..1000, last in -1000i64..1000, value in -1000i64..1000,
    ) {
        for comparator in Comparator::ALL {
            let there = of(comparator, target, value, last).trend();
            let back = of(comparator, target, last, value).trend();
            let wanted = match there {
                Some(Trend::Rising) => Some(Trend::Falling),
                Some(Trend::Falling) => Some(Trend::Rising),
                other => other,
            };
            prop_assert_eq!(back, wanted);
        }
    }

    #[test]
    fn only_what_needs_a_look_is_flagged(
        target in -9i64..9, last in proptest::option::of(-9i64..9), value in proptest::option::of(-9i64..9),
    ) {
        for comparator in Comparator::ALL {
            let one = Measured {
                value: value.map(Decimal::of_micros),
                last: last.map(Decimal::of_micros),
                ..of(comparator, target, 0, 0)
            };
            let good = one.attainment() == Attainment::Attained && one.trend() != Some(Trend::Falling);
            prop_assert_eq!(one.is_flagged(), !good);
            prop_assert_eq!(one.trend().is_none(), one.value.is_none());
            prop_assert!(!one.sentence().is_empty());
        }
    }
}

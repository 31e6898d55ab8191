//! Tests of `charts`.

use super::*;

const SIZE: Size = Size {
    width: 640.0,
    text: 14.0,
    plot: 230.0,
    has_legend: true,
};

fn said(title: &str) -> Said {
    Said {
        id: "chart-x",
        title: title.to_owned(),
        text: "说明".to_owned(),
    }
}

fn key(tone: &'static str, name: &str) -> Key {
    Key {
        tone,
        name: name.to_owned(),
    }
}

fn line(values: &[Option<f64>]) -> Line {
    Line {
        key: key("blue", "实际进度"),
        is_dashed: false,
        values: values.to_vec(),
    }
}

fn days(at: &[i32]) -> Vec<Day> {
    let day = |at: &i32| Day {
        at: *at,
        label: format!("第{at}天"),
    };
    at.iter().map(day).collect()
}

fn bar(label: &str, parts: &[u64]) -> Bar {
    Bar {
        label: label.to_owned(),
        words: format!("共 {}", parts.iter().sum::<u64>()),
        parts: parts.to_vec(),
    }
}

fn lights() -> Vec<Key> {
    vec![
        key("green", "绿灯"),
        key("yellow", "黄灯"),
        key("red", "红灯"),
    ]
}

/// Everything that stands in an attribute of this name.
fn attributes(svg: &str, name: &str) -> Vec<String> {
    let start = format!(" {name}=\"");
    let parts = svg.split(start.as_str()).skip(1);
    parts
        .filter_map(|part| Some(part.split_once('"')?.0.to_owned()))
        .collect()
}

/// That a chart is well-formed, has a name, and holds nothing that a page would not take.
fn is_sound(svg: &str) {
    let mut reader = quick_xml::Reader::from_str(svg);
    let mut open = Vec::new();
    loop {
        match reader.read_event().expect("well-formed") {
            quick_xml::events::Event::Start(tag) => {
                open.push(tag.name().as_ref().to_owned());
            }
            quick_xml::events::Event::End(tag) => {
                assert_eq!(open.pop().as_deref(), Some(tag.name().as_ref()));
            }
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty());
    for bad in ["style", "<script", " on", "NaN", "inf", "href", "url("] {
        assert!(!svg.contains(bad), "{bad} in {svg}");
    }
    assert!(svg.starts_with("<svg ") && svg.contains(" role=\"img\" "));
    assert!(
        svg.contains("<title id=\"chart-x-title\">") && svg.contains("<desc id=\"chart-x-says\">")
    );
}

#[test]
fn without_data_nothing_is_drawn() {
    assert_eq!(line_chart(SIZE, &said("空"), &[], &[line(&[])]), None);
    assert_eq!(line_chart(SIZE, &said("空"), &days(&[1, 8]), &[]), None);
    let unknown = line(&[None, None]);
    assert_eq!(
        line_chart(SIZE, &said("空"), &days(&[1, 8]), &[unknown]),
        None
    );
    assert_eq!(
        bar_chart(SIZE, &said("空"), &lights(), &[], Scale::Shares),
        None
    );
}

#[test]
fn one_point_is_a_dot_in_the_middle() {
    let svg =
        line_chart(SIZE, &said("一点"), &days(&[5]), &[line(&[Some(40.0)])]).expect("a chart");
    is_sound(&svg);
    assert_eq!(attributes(&svg, "cx").len(), 1);
    // The only line is the sample of the legend.
    assert_eq!(svg.matches("<polyline").count(), 1);
    assert_eq!(svg.matches("第5天").count(), 1);
}

#[test]
fn a_line_is_broken_where_a_day_has_no_value_and_stays_inside() {
    let values = [
        Some(-3.0),
        Some(120.0),
        None,
        Some(f64::NAN),
        None,
        Some(50.0),
        Some(60.0),
    ];
    let all = days(&[0, 7, 14, 21, 28, 35, 42]);
    let svg = line_chart(SIZE, &said("断"), &all, &[line(&values)]).expect("a chart");
    is_sound(&svg);
    assert_eq!(
        svg.matches("<polyline").count(),
        3,
        "two runs and the legend's"
    );
    assert_eq!(
        svg.matches("<circle").count(),
        2,
        "the lonely one and the last"
    );
    let top = attributes(&svg, "y1")
        .iter()
        .filter_map(|y| y.parse::<f64>().ok())
        .fold(f64::MAX, f64::min);
    for points in attributes(&svg, "points").iter().skip(1) {
        for point in points.split_whitespace() {
            let (x, y) = point.split_once(',').expect("a point");
            let (x, y): (f64, f64) = (x.parse().expect("x"), y.parse().expect("y"));
            assert!((0.0..=SIZE.width).contains(&x) && y >= top, "{point}");
        }
    }
}

#[test]
fn days_are_written_as_far_as_there_is_room() {
    assert_eq!(labelled(1, 6), [0]);
    assert_eq!(labelled(2, 6), [0, 1]);
    assert_eq!(labelled(60, 4), [0, 19, 39, 59]);
    assert_eq!(labelled(60, 0), [0, 59]);
    assert_eq!(labelled(0, 4), [0]);
}

#[test]
fn zero_totals_are_empty_bars() {
    for scale in [Scale::Shares, Scale::Counts] {
        let bars = [bar("甲", &[0, 0, 0]), bar("乙", &[0, 0, 0])];
        let svg = bar_chart(SIZE, &said("零"), &lights(), &bars, scale).expect("a chart");
        is_sound(&svg);
        assert_eq!(svg.matches("class=\"track\"").count(), 2);
        assert_eq!(
            svg.matches("<rect").count(),
            2 + lights().len(),
            "tracks and the legend"
        );
    }
}

#[test]
fn parts_fill_their_bar_and_the_smallest_is_seen() {
    for parts in [
        [4_450, 3, 1],
        [0, 0, 7],
        [1, 1, 1],
        [u64::from(u32::MAX), 0, 1],
    ] {
        let whole = parts.iter().sum();
        let long = lengths(&parts, whole, 640.0);
        assert!((long.iter().sum::<f64>() - 640.0).abs() < 0.01, "{long:?}");
        for (part, long) in parts.iter().zip(&long) {
            assert_eq!(*part > 0, *long >= 3.0, "{parts:?} {long}");
        }
    }
    let half = lengths(&[5], 10, 640.0);
    assert!((half[0] - 320.0).abs() < 0.01);
}

/// Bad input: names made to be taken for markup, to turn the text around, or to be endless.
#[test]
fn hostile_labels_are_texts_on_one_line() {
    let endless = "长".repeat(10_000);
    for hostile in [
        "</text><script>alert(1)</script>",
        "\"><svg/onload=alert(1)>",
        "a & b < c > d ' e",
        "甲\u{202e}乙\u{2066}丙\u{200f}丁",
        "甲\0\u{7}\n乙\u{ffff}",
        "]]><!--",
        endless.as_str(),
    ] {
        let keys = [key("red", hostile), key("green", hostile)];
        let bars = [bar(hostile, &[3, 1])];
        let svg = bar_chart(SIZE, &said(hostile), &keys, &bars, Scale::Shares).expect("a chart");
        is_sound(&svg.replace("onload", "loads"));
        assert!(!svg.contains(['\u{202e}', '\u{2066}', '\u{200f}', '\0', '\n']));
        let texts = svg.split("<text ").skip(1);
        for text in texts {
            let shown = text
                .split_once('>')
                .and_then(|(_, rest)| rest.split_once("</text>"));
            let letters = shown.map_or(usize::MAX, |(shown, _)| shown.chars().count());
            assert!(letters < 300, "{letters}");
        }
    }
    assert_eq!(clean("甲乙丙丁", 3), "甲乙…");
    assert_eq!(clean("甲乙丙", 3), "甲乙丙");
}

#[test]
fn long_chinese_labels_leave_room_for_the_numbers() {
    let label = "全面推进课堂教学改革与作业减负提质增效专项行动工作任务分解落实情况";
    let shown = fitted(label, 14.0, 300.0);
    assert!(
        width(&shown, 14.0) <= 300.0 && shown.ends_with('…'),
        "{shown}"
    );
    assert_eq!(fitted("短", 14.0, 300.0), "短");
}

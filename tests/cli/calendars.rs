//! Calendar files: three kinds, good and bad; and the calendar of a unit, read from the running program.

use crate::place::{Place, free_port, get};
use crate::rows::all_rows;
use crate::samples::with_issued_example;
use serde_json::json;

const JSON: &str = r#"{"holidays":{"2027-01-01":"元旦","2027-10-01":"国庆节"},"workdays":{"2027-10-09":"国庆节"}}"#;
const ICS: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20271001\r\n\
    DTEND;VALUE=DATE:20271004\r\nSUMMARY:国庆节 休\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
const TERMS: &str = "学年,学期,学段,开始,结束\n2026,1,小学|初中,2026-09-01,2027-01-22\n2026,2,小学|初中,2027-02-22,2027-07-02\n";

#[test]
fn holidays_and_terms_are_imported_by_what_the_file_is() {
    let place = Place::new();
    place.write("days.json", JSON);
    place.write("days.ics", ICS);
    place.write("terms.csv", TERMS);
    let told = |name: &str| {
        place
            .run(&["calendar", "import", name, "--json"])
            .done()
            .json()
    };
    assert_eq!(
        told("days.json"),
        json!({ "years": [2027], "days": 3, "terms": 0, "moved": 0 })
    );
    assert_eq!(told("days.ics")["days"], 3);
    assert_eq!(told("terms.csv")["terms"], 4);
    let in_words = place.run(&["calendar", "import", "terms.csv"]).done();
    assert!(in_words.out.contains("学期 4 个"), "{}", in_words.out);
}

#[test]
fn a_bad_calendar_names_its_place_and_changes_nothing() {
    let place = with_issued_example();
    place.run(&["migrate"]).done();
    let before = all_rows(&place.database());
    let bad: [(&str, String, &[&str]); 11] = [
        (
            "broken.json",
            "{\"holidays\":{".to_owned(),
            &["第 1 行", "JSON"],
        ),
        (
            "date.json",
            JSON.replace("2027-10-01", "2027-13-01"),
            &["2027-13-01"],
        ),
        (
            "both.json",
            JSON.replace("2027-10-09", "2027-10-01"),
            &["2027-10-01", "既列为放假又列为上班"],
        ),
        ("nothing.json", "{}".to_owned(), &["没有放假"]),
        (
            "date.ics",
            ICS.replace("20271001", "20270231"),
            &["第 ", "20270231"],
        ),
        (
            "length.ics",
            ICS.replace("20271004", "20280101"),
            &["第 ", "31 天"],
        ),
        ("nothing.ics", ICS.replace(" 休", ""), &["没有放假"]),
        (
            "level.csv",
            TERMS.replacen("小学|", "大学|", 1),
            &["第 2 行", "学段", "大学"],
        ),
        (
            "swapped.csv",
            TERMS.replace("2027-07-02", "2027-01-02"),
            &["第 3 行"],
        ),
        (
            "column.csv",
            TERMS.replace("学段", "班级"),
            &["第 1 行", "学段"],
        ),
        ("cells.csv", format!("{TERMS}2027,1\n"), &["第 4 行"]),
    ];
    for (name, content, words) in bad {
        place.write(name, content);
        let ran = place.run(&["calendar", "import", name]);
        let mut words = words.to_vec();
        words.push(name);
        ran.refused(&words);
        assert_eq!(all_rows(&place.database()), before, "{name}");
    }
    for (name, bytes) in [
        ("empty.csv", &b""[..]),
        ("binary.csv", &[0xff, 0xfe, 0x00, 0x81]),
        ("gbk.csv", b"\xd1\xa7\xc4\xea,a\n"),
    ] {
        place.write(name, bytes);
        place.run(&["calendar", "import", name]).refused(&[name]);
    }
    assert_eq!(all_rows(&place.database()), before);
}

#[test]
fn a_unit_s_calendar_is_read_by_the_address_that_was_made_last() {
    let place = with_issued_example();
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let base = format!("http://{listen}");
    let env = [
        ("DUBAN__HTTP__LISTEN", listen.as_str()),
        ("DUBAN__HTTP__BASE_URL", base.as_str()),
    ];
    let made = || {
        let told = place
            .run_with(&env, &["unit", "feed", "B02", "--json"])
            .done();
        let told = told.json();
        let url = told["url"].as_str().expect("an address");
        url.strip_prefix(&base).expect("our own address").to_owned()
    };
    let (first, second) = (made(), made());
    let mut running = place.start(&env, &["serve"]);
    running.wait_ready(port);
    let status = |path: &str| get(port, path).map(|answer| answer.status);
    assert_eq!(status(&first), Some(404));
    let feed = get(port, &second).expect("an answer");
    assert_eq!(feed.status, 200);
    assert!(feed.body.contains("SUMMARY:"), "{}", feed.body);
    let logged = running.logged();
    assert!(
        !logged.contains(second.trim_end_matches(".ics")),
        "{logged}"
    );
    drop(running);
    let revoke = ["unit", "feed", "B02", "--revoke"];
    let gone = place.run_with(&env, &revoke).done();
    assert!(gone.out.contains("已收回"), "{}", gone.out);
    let again = place.run_with(&env, &revoke).done();
    assert!(again.out.contains("没有变化"), "{}", again.out);
    place.run(&["unit", "feed", "X99"]).refused(&["X99"]);
}

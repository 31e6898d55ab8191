//! Commands that read: with `--json` stdout is one JSON value alone, whatever is logged.

use crate::place::Place;
use crate::rows::{all_rows, number};
use crate::samples::{with_example, with_issued_example};
use serde_json::Value;

/// Logs as much as there is, all of which belongs on stderr.
const LOUD: [(&str, &str); 1] = [("DUBAN__LOG__LEVEL", "trace")];

fn json(place: &Place, args: &[&str]) -> Value {
    let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
    place.run_with(&LOUD, &args).done().json()
}

#[test]
fn reading_commands_print_one_json_value_and_change_nothing() {
    let place = with_issued_example();
    place
        .run(&["round", "open", "spot_check", "--reason", "试"])
        .done();
    let before = all_rows(&place.database());
    let plans = json(&place, &["plan", "list"]);
    assert_eq!(plans[0]["document_number"], "云教〔2026〕8号");
    assert_eq!(plans[0]["issued_on"], "2026-03-04");
    let cycles = json(&place, &["cycle", "list"]);
    assert_eq!(cycles.as_array().map(Vec::len), Some(5));
    assert!(
        cycles
            .as_array()
            .is_some_and(|all| all.iter().all(|one| one["enabled"] == true))
    );
    let rounds = json(&place, &["round", "list"]);
    assert_eq!(rounds[0]["cycle"], "spot_check");
    let round = rounds[0]["id"].as_str().expect("id");
    let verified = json(&place, &["draw", "verify", round]);
    assert_eq!(verified["commitment_holds"], true);
    assert_eq!(verified["result_holds"], true);
    let all = json(&place, &["obligation", "list", "--all"]);
    let open = json(&place, &["obligation", "list"]);
    assert!(all.as_array().map(Vec::len) >= open.as_array().map(Vec::len));
    let one = json(&place, &["obligation", "list", "--unit", "S001"]);
    assert!(one.as_array().is_some_and(|asks| !asks.is_empty()));
    assert!(
        one.as_array()
            .is_some_and(|asks| asks.iter().all(|ask| ask["unit"] == "S001"))
    );
    let why = json(
        &place,
        &[
            "why",
            "JiaoWu@ycyz.yunchuan.example.org",
            "--on",
            "2026-03-05",
        ],
    );
    assert_eq!(why["units"], serde_json::json!(["S001"]));
    assert_eq!(why["on"], "2026-03-05");
    let burden = json(&place, &["burden", "--month", "2026-03"]);
    let units = burden["units"].as_array().map_or(0, Vec::len);
    assert!(units > 10 && burden["budget"] == 4, "{burden}");
    // The round was opened today.
    let said = place.run(&["burden"]).done();
    let drawn = "抽查自查（人工开展）1 次";
    assert!(said.out.contains(drawn), "{}", said.out);
    let wrong = place.run(&["burden", "--month", "2026-Q1"]);
    assert_eq!(wrong.code, Some(1), "{}", wrong.err);
    assert!(wrong.err.contains("不是月份"), "{}", wrong.err);
    assert_eq!(all_rows(&place.database()), before);
}

#[test]
fn jobs_are_told_with_their_next_firing() {
    let place = with_issued_example();
    let jobs = json(&place, &["jobs"]);
    let names: Vec<&str> = jobs
        .as_array()
        .expect("list")
        .iter()
        .filter_map(|job| job["name"].as_str())
        .collect();
    let agreed = [
        "spot_check",
        "dispatch",
        "bulletin",
        "monitoring",
        "appraisal",
        "housekeep",
        "remind",
        "seal",
        "deliver",
        "webhooks",
    ];
    assert_eq!(names, agreed);
    for job in jobs.as_array().expect("list") {
        assert!(job["cron"].is_string(), "{job}");
        assert!(
            job["next"]
                .as_str()
                .is_some_and(|next| next.ends_with("+08:00")),
            "{job}"
        );
    }
}

#[test]
fn a_year_is_simulated_in_memory_alone() {
    let place = with_issued_example();
    let before = all_rows(&place.database());
    let year = json(
        &place,
        &["simulate", "--from", "2026-01-01", "--to", "2026-12-31"],
    );
    let count = |cycle: &str| {
        let rounds = year["rounds"].as_array().expect("rounds").iter();
        rounds.filter(|round| round["cycle"] == cycle).count()
    };
    assert_eq!(count("spot_check"), 12);
    assert_eq!(count("dispatch"), 6);
    assert_eq!(count("bulletin"), 3);
    let appraisals = year["rounds"].as_array().expect("rounds").iter();
    let appraisal = appraisals
        .filter(|round| round["cycle"] == "appraisal")
        .collect::<Vec<_>>();
    assert_eq!(
        (&appraisal[0]["period"], &appraisal[0]["opens_on"]),
        (&"2025Y".into(), &"2026-09-01".into())
    );
    for mail in year["mails"].as_array().expect("mails") {
        assert!(
            ["digest", "immediate"]
                .map(Value::from)
                .contains(&mail["kind"]),
            "{mail}"
        );
        let at = mail["at"].as_str().expect("instant");
        assert!(
            at.starts_with(mail["on"].as_str().expect("day")) && at.ends_with("+08:00"),
            "{mail}"
        );
    }
    assert_eq!(all_rows(&place.database()), before);
    assert!(place.mails().is_empty(), "a simulation sends nothing");
}

#[test]
fn a_year_not_announced_yet_is_provisional_and_no_error() {
    let place = with_issued_example();
    let args = ["simulate", "--from", "2027-09-01", "--to", "2027-12-31"];
    assert_eq!(json(&place, &args)["provisional"], true);
    let told = place.run(&args).done();
    assert!(told.out.contains("暂定"), "{}", told.out);
}

#[test]
fn the_same_seed_behaves_the_same() {
    let place = with_issued_example();
    let args = [
        "simulate",
        "--from",
        "2026-03-01",
        "--to",
        "2026-04-15",
        "--behave",
        "7",
    ];
    let (first, second) = (json(&place, &args), json(&place, &args));
    assert_eq!(first, second);
    assert!(
        first["answers"]["answered"].as_u64() > Some(0),
        "{}",
        first["answers"]
    );
}

#[test]
fn a_kept_simulation_stands_at_its_last_day_and_sends_nothing() {
    let place = with_issued_example();
    let days = ["--from", "2026-03-02", "--to", "2026-03-20"];
    let mut args = vec!["simulate"];
    args.extend(days);
    args.extend(["--behave", "7", "--keep", "kept"]);
    let told = place.run(&args).done();
    assert!(told.out.contains("kept/duban.db"), "{}", told.out);
    place.run(&args).refused(&["kept", "尚不存在"]);
    let kept = [("DUBAN__DATABASE__URL", "sqlite://kept/duban.db")];
    let on_it = |args: &[&str]| place.run_with(&kept, args).done();
    let rounds = on_it(&["round", "list", "--json"]).json();
    assert!(!rounds.as_array().expect("rounds").is_empty());
    let answered = on_it(&["obligation", "list", "--all", "--json"]).json();
    let of = |state: &str| {
        let all = answered.as_array().expect("asks").iter();
        all.filter(|one| one["state"] == state).count()
    };
    assert!(
        of("answered") > of("open"),
        "{} {}",
        of("answered"),
        of("open")
    );
    // Without --at it is its last afternoon: nothing is due that was not done, and nothing leaves.
    on_it(&["run-job", "remind"]);
    on_it(&["run-job", "deliver"]);
    assert!(place.mails().is_empty());
    let port = crate::place::free_port();
    let listen = format!("127.0.0.1:{port}");
    let env = [kept[0], ("DUBAN__HTTP__LISTEN", &listen)];
    let mut running = place.start(&env, &["serve"]);
    running.wait_ready(port);
    running.signal("TERM");
    let ran = running.ended().done();
    assert!(ran.err.contains("no jobs run"), "{}", ran.err);
}

#[test]
fn a_simulation_of_nothing_or_of_too_much_is_refused() {
    let place = with_issued_example();
    for (from, to) in [("2026-12-31", "2026-01-01"), ("2000-01-01", "2099-12-31")] {
        place
            .run(&["simulate", "--from", from, "--to", to])
            .refused(&[from, to]);
    }
}

#[test]
fn importing_is_told_in_json_too() {
    let place = with_example();
    let imported = place
        .import_with(&LOUD, &["--issue", "--json"])
        .done()
        .json();
    assert_eq!(
        imported["plan"]["measures"]
            .as_array()
            .map(|all| all.len() as i64),
        Some(number(&place.database(), "SELECT count(*) FROM task"))
    );
    assert_eq!(json(&place, &["migrate"])["applied"], 0);
}

#[test]
fn an_empty_database_has_nothing_to_tell() {
    let place = Place::migrated();
    for args in [
        ["plan", "list"],
        ["cycle", "list"],
        ["round", "list"],
        ["obligation", "list"],
    ] {
        assert_eq!(json(&place, &args), Value::Array(Vec::new()), "{args:?}");
        assert_eq!(place.run(&args).done().out, "", "{args:?}");
    }
    place
        .run(&["why", "nobody@example.org"])
        .refused(&["nobody@example.org"]);
    place
        .run(&["obligation", "list", "--unit", "S9"])
        .refused(&["S9"]);
    place.run(&["cycle", "on"]).refused(&["duban import"]);
}

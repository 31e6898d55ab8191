//! Configuration and surroundings that the program cannot work with.

use crate::place::{Place, free_port};
use crate::rows::{all_rows, execute};
use crate::samples::with_small;
use std::net::TcpListener;
use std::time::{Duration, Instant};

#[test]
fn a_bad_value_names_its_key_and_what_to_write() {
    let place = Place::new();
    let bad: [(&str, &str, &[&str]); 19] = [
        ("DUBAN__HTTP__LISTEN", "8080", &["http.listen", "8080"]),
        ("DUBAN__HTTP__BASE_URL", "督办", &["http.base_url", "督办"]),
        (
            "DUBAN__DATABASE__URL",
            "mysql://root:hush@host/db",
            &["mysql://***@host/db", "sqlite://"],
        ),
        ("DUBAN__DATABASE__URL", "", &["sqlite://"]),
        ("DUBAN__MAIL__URL", "http://host", &["mail.url", "smtp://"]),
        (
            "DUBAN__MAIL__URL",
            "smtp://u:hush@host:25?tls=maybe",
            &["mail.url", "maybe"],
        ),
        ("DUBAN__MAIL__FROM", "nobody", &["mail.from", "nobody"]),
        ("DUBAN__MAIL__CONNECTIONS", "0", &["mail.connections", "0"]),
        (
            "DUBAN__MAIL__CONNECTIONS",
            "many",
            &["mail.connections", "many"],
        ),
        (
            "DUBAN__MAIL__WINDOW",
            "sometimes",
            &["mail.window", "sometimes"],
        ),
        (
            "DUBAN__MAIL__WINDOW_FROM",
            "8点半",
            &["mail.window_from", "8点半"],
        ),
        (
            "DUBAN__MAIL__WINDOW_UNTIL",
            "07:00",
            &["mail.window_until", "07:00"],
        ),
        (
            "DUBAN__SUPERVISION__ASKS_PER_UNIT_MONTH",
            "-1",
            &["supervision.asks_per_unit_month", "-1"],
        ),
        ("DUBAN__NOTICES__RED", "nobody", &["notices.red", "nobody"]),
        (
            "DUBAN__NOTICES__YELLOW_ANSWER_WORKDAYS",
            "0",
            &["notices.yellow_answer_workdays", "0"],
        ),
        (
            "DUBAN__TIME__ZONE",
            "Mars/Olympus",
            &["time.zone", "Mars/Olympus"],
        ),
        ("DUBAN__TEXT__LOCALE", "fr", &["text.locale", "fr"]),
        ("DUBAN__LOG__FORMAT", "xml", &["log.format", "xml"]),
        ("DUBAN__LOG__LEVEL", "loud", &["log.level", "loud"]),
    ];
    for (key, value, words) in bad {
        let ran = place
            .run_with(&[(key, value)], &["plan", "list"])
            .refused(words);
        assert!(!ran.err.contains("hush"), "a password is told: {}", ran.err);
    }
    assert!(
        !place.path("var").exists(),
        "nothing is made before the configuration is understood"
    );
}

#[test]
fn an_unknown_key_is_refused_in_the_environment_and_in_a_file() {
    let place = Place::new();
    for key in ["DUBAN__MAIL__COLOUR", "DUBAN__COLOUR", "DUBAN__COLOUR__OF"] {
        place
            .run_with(&[(key, "red")], &["plan", "list"])
            .refused(&["colour"]);
    }
    place.write("own.toml", "[mail]\ncolour = \"red\"\n");
    place
        .run(&["--config", "own.toml", "plan", "list"])
        .refused(&["mail", "colour"]);
    assert!(!place.path("var").exists());
}

#[test]
fn a_configuration_file_that_cannot_be_read_is_named() {
    let place = Place::new();
    place.write("broken.toml", "[mail\nwindow = 1\n");
    place.write("typed.toml", "[mail]\nconnections = \"many\"\n");
    std::fs::create_dir(place.path("folder.toml")).expect("folder");
    let refused = |name: &str, words: &[&str]| {
        place
            .run(&["--config", name, "plan", "list"])
            .refused(words)
    };
    refused("absent.toml", &["absent.toml"]);
    refused("folder.toml", &["folder.toml"]);
    refused("broken.toml", &["broken.toml", "1"]);
    refused("typed.toml", &["mail.connections", "many"]);
}

#[test]
fn a_configuration_file_yields_to_the_environment() {
    let place = Place::new();
    place.write("own.toml", "[database]\nurl = \"sqlite://own.db\"\n");
    place.run(&["migrate", "--config", "own.toml"]).done();
    assert!(place.path("own.db").exists());
    let env = [("DUBAN__DATABASE__URL", "sqlite://deep/er/other.db")];
    place
        .run_with(&env, &["migrate", "--config", "own.toml"])
        .done();
    assert!(place.path("deep/er/other.db").exists());
    assert!(!place.path("var").exists());
}

#[test]
fn a_port_that_is_taken_is_named() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("free port");
    let listen = taken.local_addr().expect("address").to_string();
    let ran = place.run_with(&[("DUBAN__HTTP__LISTEN", &listen)], &["serve"]);
    ran.refused(&[&listen, "无法监听"]);
}

#[test]
fn a_database_out_of_reach_is_told_within_half_a_minute() {
    let place = Place::new();
    let url = format!("postgres://duban:hush@127.0.0.1:{}/duban", free_port());
    let started = Instant::now();
    let ran = place.run_with(&[("DUBAN__DATABASE__URL", &url)], &["plan", "list"]);
    let took = started.elapsed();
    assert!(took < Duration::from_secs(30), "{took:?}");
    assert!(
        ran.err.contains("trying again"),
        "it tries more than once: {}",
        ran.err
    );
    assert!(!ran.err.contains("hush"), "a password is told: {}", ran.err);
    ran.refused(&[
        "无法连接数据库",
        "postgres://***@127.0.0.1",
        "DUBAN__DATABASE__URL",
    ]);
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    let place = with_small(1);
    let bytes = std::fs::read(place.path("plan.txt")).expect("file");
    let refused = |url: &str, words: &[&str]| {
        place
            .run_with(&[("DUBAN__DATABASE__URL", url)], &["plan", "list"])
            .refused(words);
    };
    refused("sqlite://plan.txt", &["plan.txt"]);
    refused("sqlite://plan.txt/below.db", &["plan.txt"]);
    assert_eq!(std::fs::read(place.path("plan.txt")).expect("file"), bytes);
}

#[test]
fn a_schema_newer_than_the_program_is_refused() {
    let place = with_small(1);
    place.import(&[]).done();
    execute(
        &place.database(),
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_000001_future', 0)",
    );
    let before = all_rows(&place.database());
    for args in [
        &["plan", "list"][..],
        &["migrate"],
        &["serve"],
        &["import", "plan.txt", "--issue"],
    ] {
        place
            .run(args)
            .refused(&["m20991231_000001_future", "新版本"]);
    }
    assert_eq!(all_rows(&place.database()), before);
}

/// Bad input H4: a file with a password that everybody may read. Secrets that are missing or weak cannot be: they are made by
/// the program itself, and kept in its database.
#[test]
fn a_file_with_a_password_that_everybody_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let said = "[mail]\nurl = \"smtp://office:hush@127.0.0.1:2525\"\nfrom = \"office@bureau.example.org\"\n";
    place.write("duban.toml", said);
    let mode = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(place.path("duban.toml"), mode).expect("a mode");
    };
    let list = ["--config", "duban.toml", "migrate"];
    mode(0o644);
    let told = place
        .run(&list)
        .refused(&["duban.toml", "644", "chmod 600"]);
    assert!(
        !told.err.contains("hush"),
        "a password is told: {}",
        told.err
    );
    assert!(!place.path("var").exists(), "nothing is made");
    for safe in [0o600, 0o640] {
        mode(safe);
        place.run(&list).done();
    }
    place.write("duban.toml", said.replace("office:hush@", ""));
    mode(0o644);
    place.run(&list).done();
}

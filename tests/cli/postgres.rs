//! The main job on PostgreSQL, in a database of its own. Needs `DUBAN_TEST_POSTGRES_URL`; says so where it is unset.

use crate::letters::Letter;
use crate::place::Place;
use crate::rows::{block_on, number};
use crate::samples::with_example;
use duban::storage::new_id;
use sea_orm::{ConnectionTrait, Database};

/// A database, dropped in the end.
pub struct Server {
    url: String,
    name: String,
}

impl Server {
    /// `None` where no server is named; a failure in CI, which has one.
    pub fn with_database() -> Option<Self> {
        let Ok(url) = std::env::var("DUBAN_TEST_POSTGRES_URL") else {
            assert!(
                std::env::var("CI").is_err(),
                "DUBAN_TEST_POSTGRES_URL is not set"
            );
            println!("skipped: DUBAN_TEST_POSTGRES_URL is not set");
            return None;
        };
        let name = format!("duban_cli_{}", new_id().simple());
        let server = Self { url, name };
        server.execute(&format!("CREATE DATABASE {}", server.name));
        Some(server)
    }

    fn execute(&self, sql: &str) {
        block_on(async {
            let server = Database::connect(&self.url).await.expect("server");
            server.execute_unprepared(sql).await.expect("executed");
            server.close().await.expect("closed");
        });
    }

    /// Address of the database.
    pub fn database(&self) -> String {
        let mut url = url::Url::parse(&self.url).expect("address");
        url.set_path(&self.name);
        url.into()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

#[test]
fn the_main_job_is_done_on_postgresql() {
    let Some(server) = Server::with_database() else {
        return;
    };
    let place: Place = with_example();
    let url = server.database();
    let env = [
        ("DUBAN__DATABASE__URL", url.as_str()),
        ("DUBAN__MAIL__WINDOW", "always"),
    ];
    let run = |args: &[&str]| place.run_with(&env, args).done();
    let import = || {
        place
            .import_with(&env, &["--issue", "--json"])
            .done()
            .json()
    };
    let issued = import();
    assert_eq!(issued["issued"]["tasks"], 14);
    let again = import();
    assert_eq!(
        (&again["new"], &again["issued"]["tasks"]),
        (&false.into(), &0.into())
    );
    let opened = run(&["round", "open", "spot_check", "--reason", "试", "--json"]).json();
    let verified = run(&[
        "draw",
        "verify",
        opened["id"].as_str().expect("id"),
        "--json",
    ])
    .json();
    assert_eq!(verified["result_holds"], true);
    run(&["run-job", "remind"]);
    let sent = run(&["run-job", "deliver", "--json"]).json()["done"]
        .as_u64()
        .expect("number");
    assert!(sent > 40, "{sent}");
    assert_eq!(place.mails().len() as u64, sent);
    assert!(
        Letter::open(&place.mails()[0])
            .header("subject")
            .contains("督办")
    );
    assert_eq!(
        number(
            &url,
            "SELECT count(*) FROM mail WHERE state NOT IN ('sent', 'suppressed')"
        ),
        0
    );
    assert_eq!(run(&["run-job", "deliver", "--json"]).json()["done"], 0);
    assert!(!place.path("var/duban.db").exists());
    let listed = run(&["obligation", "list", "--unit", "S001", "--json"]).json();
    let ask = listed[0]["id"].as_str().expect("id").to_owned();
    run(&["obligation", "answer", &ask, "--by", "王老师"]);
    place.write("bad.csv", "code,name,kind\nX,y,moon\n");
    place
        .run_with(&env, &["units", "import", "bad.csv"])
        .refused(&["第 2 行", "moon"]);
    assert_eq!(
        number(&url, "SELECT count(*) FROM unit WHERE code = 'X'"),
        0
    );
}

//! What the tests bring in: the example of the repository, a small plan of their own, and databases in which a plan was
//! issued on a day long past, so that no test depends on the day on which it runs.

use crate::place::{Place, Ran};
use crate::rows::block_on;
use duban::clock::{Clock, SetClock};
use duban::config::Settings;
use duban::documents::{read_document, read_units};
use duban::domain::plan::parse_plan;
use duban::entropy::Entropy;
use duban::flow::Ctx;
use duban::flow::import_plan::{PlanToImport, import_plan};
use duban::flow::issue_plan::{CyclesAtIssue, issue_plan};
use duban::storage::{Db, schema};
use std::fs;
use std::sync::{Arc, LazyLock};

/// The example plan: 14 measures, five cycles, a deadline.
pub const EXAMPLE: &str = include_str!("../../config/example/plan.txt");
/// Its units; S207 has no address, B08 is the supervision office.
pub const EXAMPLE_UNITS: &str = include_str!("../../config/example/units.csv");

/// A small plan: two measures, two cycles, nothing to list.
pub const SMALL: &str = "\
云测市“晨光阅读”行动方案
云测教〔2026〕3号
各区教育局，市直学校：
一、工作目标
到2026年底，校园阅读角覆盖率达到100%。
二、重点举措
1、开放校园阅读角。各校每天开放阅读角不少于一小时，组织晨光朗读进校园。（牵头单位：基教科，责任单位：各校）
2、组建阅读教研组。教研室每学期组织一次阅读教学研讨。（牵头单位：教研室，责任单位：基教科，完成时限：2026年6月底前）
三、实施步骤
（一）部署启动（2026年4月—5月）。印发方案，开展培训。
（二）全面实施（2026年6月—2027年6月）。各校开展活动。
四、工作要求
建立每月一抽查、每双月一调度的工作机制。
云测市教育局
2026年3月2日
";

/// Heading of a units file.
pub const UNITS_HEADING: &str = "code,name,kind,parent,aliases,level,contact,email\n";

/// Units of the small plan: two offices and so many schools.
pub fn small_units(schools: usize) -> String {
    let mut text = format!(
        "{UNITS_HEADING}B1,基教科,section,,督导办,,林同志,jijiao@bureau.example.org\n\
         B2,教研室,section,,,,岑同志,jiaoyan@bureau.example.org\n"
    );
    for number in 1..=schools {
        text.push_str(&format!(
            "S{number:04},第{number}小学,school,,,primary,老师{number},contact{number}@school{number}.example.org\n"
        ));
    }
    text
}

impl Place {
    /// Imports the folder's `plan.txt` with its `units.csv`; `more` stands behind.
    pub fn import(&self, more: &[&str]) -> Ran {
        self.import_with(&[], more)
    }

    /// The same, with configuration in the environment.
    pub fn import_with(&self, env: &[(&str, &str)], more: &[&str]) -> Ran {
        let args = ["import", "plan.txt", "--units", "units.csv"];
        self.run_with(env, &[&args[..], more].concat())
    }
}

/// A folder with the example's files, and nothing imported.
pub fn with_example() -> Place {
    let place = Place::new();
    place.write("plan.txt", EXAMPLE);
    place.write("units.csv", EXAMPLE_UNITS);
    place
}

/// A folder with the small plan's files, and nothing imported.
pub fn with_small(schools: usize) -> Place {
    let place = Place::new();
    place.write("plan.txt", SMALL);
    place.write("units.csv", small_units(schools));
    place
}

/// A folder in whose database the example was issued on Wednesday, 4 March 2026, at 07:30 in Shanghai.
pub fn with_issued_example() -> Place {
    static FILES: LazyLock<Vec<u8>> = LazyLock::new(|| issued_on_4_march(EXAMPLE, EXAMPLE_UNITS));
    let place = with_example();
    place.write("var/duban.db", &*FILES);
    place
}

/// The database in which a plan was issued that day.
fn issued_on_4_march(plan: &str, units: &str) -> Vec<u8> {
    let place = Place::new();
    let document = read_document("plan.txt", plan.as_bytes()).expect("plan");
    let units = read_units("units.csv", units.as_bytes()).expect("units");
    let import = PlanToImport {
        plan: parse_plan(&document, None),
        source_name: "plan.txt",
        units: Some(&units),
    };
    block_on(async {
        let db = Db::connect(&place.database()).await.expect("database");
        schema::migrate(&db).await.expect("schema");
        let at = "2026-03-03T23:30:00Z".parse().expect("instant");
        let settings = Arc::new(Settings::load(None).expect("settings"));
        let clock = Clock::Set(SetClock::at(at));
        let ctx = Ctx::with_clock(db.clone(), settings, clock, Entropy::System);
        let imported = import_plan(&ctx, import).await.expect("imported");
        let issued = issue_plan(&ctx, imported.plan_id, CyclesAtIssue::On).await;
        assert!(issued.expect("issued").held.is_empty());
        db.close().await.expect("closed");
    });
    assert!(
        !place.path("var/duban.db-wal").exists(),
        "all is in one file"
    );
    fs::read(place.path("var/duban.db")).expect("database")
}

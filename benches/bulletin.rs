//! A bulletin, timed: freezing a plan's snapshot, and writing its docx and xlsx.
//!
//! ```text
//! cargo bench --bench bulletin -- [PLAN UNITS YEAR [FOLDER]]
//! ```
//!
//! Without arguments it takes the city plan in `DUBAN_PLANS`, else the example that the product ships. The files are kept
//! in FOLDER.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use duban::clock::{Clock, SetClock};
use duban::config::Settings;
use duban::documents::official_docx::official_docx;
use duban::documents::sheet_out::sheets_xlsx;
use duban::documents::{read_document, read_units};
use duban::domain::plan::parse_plan;
use duban::entropy::Entropy;
use duban::flow::Ctx;
use duban::flow::bulletin_document::bulletin_document;
use duban::flow::bulletin_sheets::bulletin_sheets;
use duban::flow::bulletin_told::{BulletinTold, bulletin_told};
use duban::flow::draft_bulletin::draft_bulletin;
use duban::flow::import_plan::{PlanToImport, import_plan};
use duban::flow::issue_plan::{CyclesAtIssue, issue_plan};
use duban::storage::{Db, new_id, schema};

/// Runs of which the median is told.
const RUNS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let read = |path: &Path| std::fs::read(path).expect("a readable file");
    let (plan, units, year) = match (arguments.as_slice(), std::env::var("DUBAN_PLANS")) {
        ([plan, units, year, ..], _) => (
            read(Path::new(plan)),
            read(Path::new(units)),
            year.parse().ok(),
        ),
        (_, Ok(folder)) => {
            let folder = PathBuf::from(folder);
            (
                read(&folder.join("city.txt")),
                read(&folder.join("units.csv")),
                Some(2026),
            )
        }
        _ => (
            include_bytes!("../config/example/plan.txt").to_vec(),
            include_bytes!("../config/example/units.csv").to_vec(),
            None,
        ),
    };
    let keep = arguments.get(3).map(PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("runtime");
    let (freezing, told) = runtime.block_on(frozen(&plan, &units, year));
    let rows = told.snapshot.ledger.len();
    let mut figures: [Vec<Duration>; 2] = Default::default();
    let mut files = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let started = Instant::now();
        files.0 = official_docx(&bulletin_document(&told)).expect("docx");
        figures[0].push(started.elapsed());
        let started = Instant::now();
        files.1 = sheets_xlsx(&bulletin_sheets(&told), told.dated_on).expect("xlsx");
        figures[1].push(started.elapsed());
    }
    if let Some(folder) = keep {
        std::fs::write(folder.join("bulletin.docx"), &files.0).expect("kept");
        std::fs::write(folder.join("bulletin.xlsx"), &files.1).expect("kept");
    }
    println!("{rows} assignments, snapshot frozen and drafted in {freezing:.1?}");
    for ((name, mut all), bytes) in ["docx", "xlsx"]
        .into_iter()
        .zip(figures)
        .zip([files.0.len(), files.1.len()])
    {
        all.sort();
        println!(
            "{name:<6} {:>8.1?} (median of {RUNS}), {bytes} bytes",
            all[RUNS / 2]
        );
    }
}

/// The plan issued on the first day of its first phase, and its bulletin fifteen months later.
async fn frozen(plan: &[u8], units: &[u8], year: Option<i32>) -> (Duration, BulletinTold) {
    let folder = std::env::temp_dir().join(format!("duban-bench-{}", new_id()));
    let db = Db::connect(&format!("sqlite://{}/bench.db", folder.display()))
        .await
        .expect("database");
    schema::migrate(&db).await.expect("schema");
    let settings = Settings::load(None).expect("settings");
    let first = NaiveDate::from_ymd_opt(year.unwrap_or(2026), 4, 1).expect("day");
    let first = settings.zone.instant(first.and_time(NaiveTime::MIN)) + TimeDelta::hours(10);
    let clock = SetClock::at(first);
    let ctx = Ctx::with_clock(
        db,
        Arc::new(settings),
        Clock::Set(clock.clone()),
        Entropy::seeded(7),
    );
    let document = read_document("plan.txt", plan).expect("document");
    let rows = read_units("units.csv", units).expect("units");
    let import = PlanToImport {
        plan: parse_plan(&document, year),
        source_name: "plan.txt",
        units: Some(&rows),
    };
    let imported = import_plan(&ctx, import).await.expect("imported");
    issue_plan(&ctx, imported.plan_id, CyclesAtIssue::Off)
        .await
        .expect("issued");
    clock.set(first + TimeDelta::days(455));
    let started = Instant::now();
    let id = draft_bulletin(&ctx, imported.plan_id, None)
        .await
        .expect("drafted");
    let took = started.elapsed();
    let told = bulletin_told(&ctx, id).await.expect("told");
    ctx.db.clone().close().await.expect("closed");
    std::fs::remove_dir_all(&folder).expect("removed");
    (took, told)
}

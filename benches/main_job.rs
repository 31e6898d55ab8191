//! The main job, timed: importing a plan with its units, issuing it, and living through 2026 in a simulation.
//!
//! ```text
//! cargo bench --bench main_job -- [PLAN UNITS YEAR]
//! ```
//!
//! Without arguments it takes the example that the product ships.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use duban::config::Settings;
use duban::documents::{read_document, read_units};
use duban::domain::plan::parse_plan;
use duban::flow::Ctx;
use duban::flow::import_plan::{PlanToImport, import_plan};
use duban::flow::issue_plan::{CyclesAtIssue, issue_plan};
use duban::flow::simulate::{SimulationWanted, simulate};
use duban::storage::{Db, new_id, schema};

/// Runs of which the median is told.
const RUNS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let (plan, units, year) = match arguments.as_slice() {
        [plan, units, year] => (
            std::fs::read(plan).expect("plan"),
            std::fs::read(units).expect("units"),
            year.parse().ok(),
        ),
        _ => (
            include_bytes!("../config/example/plan.txt").to_vec(),
            include_bytes!("../config/example/units.csv").to_vec(),
            None,
        ),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("runtime");
    let mut figures: [Vec<Duration>; 3] = Default::default();
    for _ in 0..RUNS {
        let run = runtime.block_on(once(&plan, &units, year));
        for (all, one) in figures.iter_mut().zip(run) {
            all.push(one);
        }
    }
    for (name, mut all) in ["import", "issue", "simulate 2026"]
        .into_iter()
        .zip(figures)
    {
        all.sort();
        println!("{name:<14} {:>8.1?} (median of {RUNS})", all[RUNS / 2]);
    }
}

async fn once(plan: &[u8], units: &[u8], year: Option<i32>) -> [Duration; 3] {
    let folder = std::env::temp_dir().join(format!("duban-bench-{}", new_id()));
    let db = Db::connect(&format!("sqlite://{}/bench.db", folder.display()))
        .await
        .expect("database");
    schema::migrate(&db).await.expect("schema");
    let ctx = Ctx::new(db, Arc::new(Settings::load(None).expect("settings")));

    let started = Instant::now();
    let document = read_document("plan.txt", plan).expect("document");
    let rows = read_units("units.csv", units).expect("units");
    let import = PlanToImport {
        plan: parse_plan(&document, year),
        source_name: "plan.txt",
        units: Some(&rows),
    };
    let imported = import_plan(&ctx, import).await.expect("imported");
    let import_took = started.elapsed();

    let started = Instant::now();
    let issued = issue_plan(&ctx, imported.plan_id, CyclesAtIssue::On)
        .await
        .expect("issued");
    assert!(issued.held.is_empty(), "nothing is held back");
    let issue_took = started.elapsed();

    let started = Instant::now();
    let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).expect("day");
    let lived = simulate(&ctx, SimulationWanted::of(day(1, 1), day(12, 31)))
        .await
        .expect("simulated");
    assert!(!lived.mails.is_empty(), "mails were sent");
    let simulate_took = started.elapsed();

    ctx.db.clone().close().await.expect("closed");
    std::fs::remove_dir_all(&folder).expect("removed");
    [import_took, issue_took, simulate_took]
}

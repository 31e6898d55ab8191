//! The task ledger of a large plan, timed: exported, and imported again in a dry run, unedited and with every row edited.
//!
//! ```text
//! cargo bench --bench ledger -- [PLAN UNITS YEAR]
//! ```
//!
//! Without arguments it takes the city's plan from the folder that `DUBAN_PLANS` names, or the example that the product
//! ships.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use duban::config::Settings;
use duban::documents::ledger_file::read_ledger;
use duban::documents::{read_document, read_units};
use duban::domain::ids::PlanId;
use duban::domain::plan::parse_plan;
use duban::flow::Ctx;
use duban::flow::export_ledger::{LedgerWanted, export_ledger};
use duban::flow::import_ledger::{LedgerToImport, import_ledger};
use duban::flow::import_plan::{PlanToImport, import_plan};
use duban::flow::issue_plan::{CyclesAtIssue, issue_plan};
use duban::flow::ledger_edits::LedgerEditor;
use duban::flow::ledger_rows::LedgerView;
use duban::storage::{Db, new_id, schema};

/// Runs of which the median is told.
const RUNS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let file = |name: &str| std::fs::read(name).expect("a file");
    let plans = std::env::var("DUBAN_PLANS").ok().map(PathBuf::from);
    let (plan, units, year) = match (arguments.as_slice(), plans) {
        ([plan, units, year], _) => (file(plan), file(units), year.parse().ok()),
        (_, Some(plans)) => {
            let read = |name| std::fs::read(plans.join(name)).expect("a file");
            (read("city.txt"), read("units.csv"), Some(2026))
        }
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
    runtime.block_on(run(&plan, &units, year));
}

async fn run(plan: &[u8], units: &[u8], year: Option<i32>) {
    let folder = std::env::temp_dir().join(format!("duban-bench-{}", new_id()));
    let db = Db::connect(&format!("sqlite://{}/bench.db", folder.display()))
        .await
        .expect("database");
    schema::migrate(&db).await.expect("schema");
    let ctx = Ctx::new(db, Arc::new(Settings::load(None).expect("settings")));
    let document = read_document("plan.txt", plan).expect("document");
    let rows = read_units("units.csv", units).expect("units");
    let import = PlanToImport {
        plan: parse_plan(&document, year),
        source_name: "plan.txt",
        units: Some(&rows),
    };
    let plan_id = import_plan(&ctx, import).await.expect("imported").plan_id;
    issue_plan(&ctx, plan_id, CyclesAtIssue::Off)
        .await
        .expect("issued");

    let sheet = export(&ctx, plan_id).await;
    let told = median(async || {
        export(&ctx, plan_id).await;
    });
    let rows = read_ledger("a.xlsx", &sheet).expect("a ledger").rows.len();
    println!(
        "{:<28} {:>8.1?}",
        format!("export of {rows} rows"),
        told.await
    );
    for (name, bytes) in [
        ("dry run, unedited", &sheet),
        ("dry run, all edited", &edited(&sheet)),
    ] {
        let told = median(async || {
            let import = LedgerToImport {
                name: "a.xlsx".to_owned(),
                bytes: bytes.clone().into(),
                plan_id: Some(plan_id),
                forced: Default::default(),
                dry_run: true,
            };
            let done = import_ledger(&ctx, &LedgerEditor::office("bench"), import)
                .await
                .expect("tried");
            assert_eq!(done.rows, rows);
        });
        println!("{name:<28} {:>8.1?}", told.await);
    }
    ctx.db.clone().close().await.expect("closed");
    std::fs::remove_dir_all(&folder).expect("removed");
}

async fn export(ctx: &Ctx, plan_id: PlanId) -> Vec<u8> {
    let wanted = LedgerWanted {
        plan_id: Some(plan_id),
        ..LedgerWanted::default()
    };
    export_ledger(ctx, &LedgerView::everything(), wanted)
        .await
        .expect("exported")
        .bytes
}

/// The ledger with a progress of 30 in every row: blank cells of that column get a number.
fn edited(sheet: &[u8]) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut from = zip::ZipArchive::new(Cursor::new(sheet)).expect("a container");
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..from.len() {
        let mut part = from.by_index(index).expect("a part");
        let name = part.name().expect("a name").into_owned();
        let mut content = Vec::new();
        part.read_to_end(&mut content).expect("read");
        if name == "xl/worksheets/sheet1.xml" {
            let xml = String::from_utf8(content).expect("text");
            let mut parts = xml.split("<c r=\"O");
            let mut out = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                let (cell, rest) = part.split_once('>').expect("a tag");
                match cell.strip_suffix('/') {
                    Some(cell) => out += &format!("<c r=\"O{cell}><v>30</v></c>{rest}"),
                    None => out += &format!("<c r=\"O{cell}>{rest}"),
                }
            }
            content = out.into_bytes();
        }
        to.start_file(name, zip::write::SimpleFileOptions::default())
            .expect("a part");
        to.write_all(&content).expect("written");
    }
    to.finish().expect("a container").into_inner()
}

async fn median(run: impl AsyncFn()) -> Duration {
    let mut all = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let started = Instant::now();
        run().await;
        all.push(started.elapsed());
    }
    all.sort();
    all[RUNS / 2]
}

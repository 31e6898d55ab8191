//! The real city plan, where it is at hand: DUBAN_PLANS names the folder with `city.txt` and `units.csv`.

use crate::support::Town;
use duban::documents::{read_document, read_units};
use duban::domain::plan::parse_plan;
use duban::flow::import_plan::{PlanToImport, import_plan};
use duban::flow::issue_plan::{CyclesAtIssue, PlanIssued, issue_plan};
use std::collections::HashSet;
use std::path::PathBuf;

/// Imports and issues it; `None` where it is not at hand.
async fn issued(town: &Town) -> anyhow::Result<Option<PlanIssued>> {
    let Ok(folder) = std::env::var("DUBAN_PLANS") else {
        eprintln!("skipped: DUBAN_PLANS is not set");
        return Ok(None);
    };
    let folder = PathBuf::from(folder);
    let rows = read_units("units.csv", &std::fs::read(folder.join("units.csv"))?)?;
    let document = read_document("city.txt", &std::fs::read(folder.join("city.txt"))?)?;
    let import = PlanToImport {
        plan: parse_plan(&document, Some(2026)),
        source_name: "city.txt",
        units: Some(&rows),
    };
    let imported = import_plan(&town.ctx, import).await?;
    Ok(Some(
        issue_plan(&town.ctx, imported.plan_id, CyclesAtIssue::On).await?,
    ))
}

async fn the_city_plan_is_issued_whole(town: &Town) -> anyhow::Result<()> {
    town.set("2026-04-01", "19:00")?;
    if let Some(issued) = issued(town).await? {
        assert_eq!(
            (issued.tasks, issued.assignments, issued.held.len()),
            (18, 4454, 0),
            "{:?}",
            issued.held
        );
        assert_eq!(issued.obligations.get("acknowledge"), Some(&257));
        assert_eq!(
            issued.obligations.get("send_up"),
            Some(&3),
            "{:?}",
            issued.listed
        );
        town.live("2026-04-02", "2026-04-02").await?;
        let taken = town.taken();
        assert!(taken.len() > 200);
        assert_eq!(
            taken.iter().collect::<HashSet<_>>().len(),
            taken.len(),
            "one mail each"
        );
    }
    Ok(())
}

async fn issued_later_its_past_deadline_is_listed(town: &Town) -> anyhow::Result<()> {
    town.set("2026-05-16", "10:00")?;
    if let Some(issued) = issued(town).await? {
        assert_eq!(issued.assignments, 4454);
        assert_eq!(issued.obligations.get("send_up"), None);
        assert!(
            issued.listed.iter().any(|told| told.contains("2026-05-15")),
            "{:?}",
            issued.listed
        );
    }
    Ok(())
}

on_both! {
    the_city_plan_is_issued_whole,
    issued_later_its_past_deadline_is_listed,
}

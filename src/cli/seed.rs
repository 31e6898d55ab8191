//! `duban seed`: example data in bulk, for trying the service out at any size.

use super::args::SeedArgs;
use super::output::{Format, print_json, print_line};
use super::progress::Progress;
use crate::config::Settings;
use crate::flow::seed_assignments::{SeedWanted, seed_assignments};
use crate::startup::open_ctx;
use std::process::ExitCode;

/// Makes example data in an empty database, or one that holds example data only.
pub(super) async fn seed(
    settings: Settings,
    args: &SeedArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let wanted = SeedWanted {
        assignments: args.assignments,
        seed: args.seed,
    };
    let made = Progress::during("seed", seed_assignments(&ctx, wanted)).await?;
    match format {
        Format::Json => print_json(&made)?,
        Format::Text => print_line(format!(
            "已写入示例数据：单位 {} 个，方案 {} 个，任务 {} 项，分工 {} 条，督办 {} 次，应报事项 {} 件，填报 {} 份",
            made.units,
            made.plans,
            made.tasks,
            made.assignments,
            made.rounds,
            made.obligations,
            made.reports
        ))?,
    }
    Ok(ExitCode::SUCCESS)
}

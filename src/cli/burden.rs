//! `duban burden`: how often each unit was asked in a month, and why budgets were gone over.

use super::args::BurdenArgs;
use super::output::{Format, print_json, print_line};
use crate::config::Settings;
use crate::domain::access::Reach;
use crate::flow::burden::{UnitAsked, burden, burden_month};
use crate::flow::burden_sheets::{OverrideTold, overrides_of_month, part_told};
use crate::startup::open_ctx;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Serialize)]
struct BurdenTold {
    month: String,
    budget: u32,
    units: Vec<UnitAsked>,
    overrides: Vec<OverrideJson>,
}

#[derive(Serialize)]
struct OverrideJson {
    id: String,
    what: String,
    by_hand: bool,
    asked_by: String,
    asked_at: String,
    reason: Option<String>,
    over_budget: Vec<String>,
    same_day: Vec<String>,
}

impl From<OverrideTold> for OverrideJson {
    fn from(told: OverrideTold) -> Self {
        Self {
            id: told.one.id.to_string(),
            what: told.one.what,
            by_hand: told.one.by_hand,
            asked_by: told.one.asked_by,
            asked_at: told.one.asked_at.to_rfc3339(),
            reason: told.one.reason,
            over_budget: told.over.into_iter().map(|(name, _)| name).collect(),
            same_day: told.same_day,
        }
    }
}

/// `duban burden`.
pub(super) async fn tell_burden(
    settings: Settings,
    args: &BurdenArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let month = burden_month(&ctx, args.month).await?;
    let burden = burden(&ctx, month, &Reach::All).await?;
    let overrides = overrides_of_month(&ctx, month, &Reach::All).await?;
    if format == Format::Json {
        print_json(&BurdenTold {
            month: month.key.to_string(),
            budget: burden.budget,
            units: burden.units,
            overrides: overrides.into_iter().map(Into::into).collect(),
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let over = burden.units.iter().filter(|unit| unit.over_budget).count();
    print_line(format!(
        "{}：{} 个单位收到填报要求或抄送，每个单位上限 {} 次，{over} 个单位超出",
        month.key.label(),
        burden.units.len(),
        burden.budget
    ))?;
    for unit in &burden.units {
        let mark = if unit.over_budget { "，超出" } else { "" };
        print_line(format!(
            "{}  {}  {} 次{mark}（另有签收 {} 次、抄送 {} 封）",
            unit.unit_code, unit.unit_name, unit.asks, unit.acknowledgements, unit.copies
        ))?;
        for part in &unit.parts {
            print_line(format!("    {}", part_told(part)))?;
        }
    }
    for told in &overrides {
        let reason = match &told.one.reason {
            Some(reason) => format!("理由：{reason}"),
            None => "按督办周期自动开展".to_owned(),
        };
        print_line(format!(
            "{}  {}  {}  {} 个单位超出上限，{} 个单位须当日填报  {reason}",
            told.one.asked_on,
            told.one.what,
            told.one.asked_by,
            told.over.len(),
            told.same_day.len()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

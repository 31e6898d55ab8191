//! The burden of a month as sheets: the units, and each time that a budget was gone over. The numbers are in `burden`.

use crate::documents::sheet_out::{ColumnKind, SheetCell, SheetColumn, SheetOut, SheetValue};
use crate::domain::access::Reach;
use crate::domain::light::Light;
use crate::domain::local_time::LocalZone;
use crate::domain::obligation::ObligationKind;
use crate::flow::burden::{AskedPart, Burden, BurdenMonth, UnitAsked};
use crate::flow::{Ctx, FlowError};
use crate::storage::ask_overrides::{self, OverriddenUnit, StoredOverride};
use crate::storage::lists::ask_overrides::{self as list, OverrideFilter};
use crate::storage::lists::labels;
use crate::storage::paging::PageWanted;
use std::collections::HashMap;

/// Overrides on one sheet at the most.
const MOST_OVERRIDES: u64 = 10_000;

/// Names in one cell at the most.
const NAMES_TOLD: usize = 300;

/// A time that units were asked over their budget or for the same day, with what was asked of which units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideTold {
    /// What was written down.
    pub one: StoredOverride,
    /// Names of the units over their budget, with their asks of that month.
    pub over: Vec<(String, u32)>,
    /// Names of the units that were to answer on the same day.
    pub same_day: Vec<String>,
}

/// The overrides of a month that concern units in reach, the first first; of their units, those in reach.
///
/// # Errors
/// [`FlowError::Storage`].
pub async fn overrides_of_month(
    ctx: &Ctx,
    month: BurdenMonth,
    reach: &Reach,
) -> Result<Vec<OverrideTold>, FlowError> {
    let filter = OverrideFilter {
        from: Some(month.from),
        to: Some(month.to),
        ..OverrideFilter::default()
    };
    let all = PageWanted::first(MOST_OVERRIDES);
    let rows = list::list(&ctx.db, &filter, reach, &all).await?.rows;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut units = ask_overrides::units_of(&ctx.db, &ids).await?;
    units.retain(|unit| reach.covers(unit.unit_id));
    let named = labels::units(&ctx.db, units.iter().map(|unit| unit.unit_id)).await?;
    let mut by_override: HashMap<_, Vec<(OverriddenUnit, String)>> = HashMap::new();
    for unit in units {
        if let Some(label) = named.get(&unit.unit_id) {
            let name = label.name.clone();
            let of = by_override.entry(unit.override_id).or_default();
            of.push((unit, name));
        }
    }
    let told = rows.into_iter().map(|one| {
        let units = by_override.remove(&one.id).unwrap_or_default();
        let over = units.iter().filter(|(unit, _)| unit.over_budget);
        let same_day = units.iter().filter(|(unit, _)| unit.same_day);
        OverrideTold {
            over: over.map(|(unit, name)| (name.clone(), unit.asks)).collect(),
            same_day: same_day.map(|(_, name)| name.clone()).collect(),
            one,
        }
    });
    Ok(told.collect())
}

/// Both as sheets.
pub fn burden_sheets(
    burden: &Burden,
    overrides: &[OverrideTold],
    zone: LocalZone,
) -> Vec<SheetOut> {
    let units = burden.units.iter().map(|unit| unit_row(burden, unit));
    let asked = SheetOut {
        name: "各单位填报次数".to_owned(),
        columns: vec![
            SheetColumn::new("单位代码", 12, ColumnKind::Text),
            SheetColumn::new("单位", 28, ColumnKind::LongText),
            SheetColumn::new("本月要求填报次数", 18, ColumnKind::Number),
            SheetColumn::new("上限", 8, ColumnKind::Number),
            SheetColumn::new("是否超出", 10, ColumnKind::Text),
            SheetColumn::new("其中", 60, ColumnKind::LongText),
            SheetColumn::new("签收（不计次数）", 18, ColumnKind::Number),
            SheetColumn::new("抄送邮件（不计次数）", 22, ColumnKind::Number),
        ],
        rows: units.collect(),
    };
    let overrides = SheetOut {
        name: "超出上限和当日填报的理由".to_owned(),
        columns: vec![
            SheetColumn::new("日期", 12, ColumnKind::Date),
            SheetColumn::new("时刻", 8, ColumnKind::Text),
            SheetColumn::new("事项", 40, ColumnKind::LongText),
            SheetColumn::new("由谁提出", 28, ColumnKind::Text),
            SheetColumn::new("理由", 50, ColumnKind::LongText),
            SheetColumn::new("超出上限的单位（本月次数）", 60, ColumnKind::LongText),
            SheetColumn::new("要求当日填报的单位", 40, ColumnKind::LongText),
        ],
        rows: overrides
            .iter()
            .map(|one| override_row(one, zone))
            .collect(),
    };
    vec![asked, overrides]
}

fn unit_row(burden: &Burden, unit: &UnitAsked) -> Vec<SheetCell> {
    let over = match unit.over_budget {
        true => SheetCell::coloured("超出", Some(Light::Red)),
        false => SheetCell::default(),
    };
    let parts: Vec<String> = unit.parts.iter().map(part_told).collect();
    vec![
        SheetCell::text(&unit.unit_code),
        SheetCell::text(&unit.unit_name),
        number(unit.asks),
        number(burden.budget),
        over,
        SheetCell::text(&parts.join("；")),
        number(unit.acknowledgements),
        number(unit.copies),
    ]
}

/// Requests that are alike in words: 《方案》抽查自查（周期自动开展）2 次.
pub fn part_told(part: &AskedPart) -> String {
    format!(
        "《{}》{}（{}）{} 次",
        part.plan_title,
        kind_label(part.kind),
        part.origin.label(),
        part.asks
    )
}

fn kind_label(kind: ObligationKind) -> String {
    let key = format!("name.obligation.{}", kind.as_str());
    rust_i18n::t!(key, locale = "zh-CN").into_owned()
}

/// Names in one cell; no more than a reader takes in, and than a cell holds.
fn names(names: &[String]) -> String {
    let told = names.iter().take(NAMES_TOLD).map(String::as_str);
    let told = told.collect::<Vec<_>>().join("、");
    match names.len() {
        0..=NAMES_TOLD => told,
        number => format!("{told}等 {number} 个单位"),
    }
}

fn override_row(told: &OverrideTold, zone: LocalZone) -> Vec<SheetCell> {
    let one = &told.one;
    let over: Vec<String> = told
        .over
        .iter()
        .map(|(name, asks)| format!("{name}（{asks}）"))
        .collect();
    let reason = match (&one.reason, one.by_hand) {
        (Some(reason), _) => reason.as_str(),
        (None, false) => "按督办周期自动开展",
        (None, true) => "",
    };
    vec![
        SheetValue::Date(one.asked_on).into(),
        SheetCell::text(&zone.local(one.asked_at).format("%H:%M").to_string()),
        SheetCell::text(&one.what),
        SheetCell::text(&one.asked_by),
        SheetCell::text(reason),
        SheetCell::text(&names(&over)),
        SheetCell::text(&names(&told.same_day)),
    ]
}

fn number(number: u32) -> SheetCell {
    SheetValue::Number(f64::from(number)).into()
}

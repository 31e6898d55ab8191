//! Commands around rounds: cycles, rounds, obligations, draws, and why a contact was mailed.

use super::args::{
    CycleSwitchArgs, ObligationAnswerArgs, ObligationListArgs, RoundOpenArgs, WhyArgs,
};
use super::output::{Format, name, print_json, print_line};
use crate::config::Settings;
use crate::domain::email_address::EmailAddress;
use crate::domain::ids::{ObligationId, RoundId};
use crate::domain::mail_state::MailState;
use crate::flow::answer_obligation::{Answer, answer_obligation};
use crate::flow::close_asks::close_round_by_hand;
use crate::flow::explain_contact::explain_contact;
use crate::flow::manage_cycles::{Switch, find_plan, switch_cycles};
use crate::flow::open_round_by_hand::open_round_by_hand;
use crate::flow::open_rounds::RoundOpened;
use crate::flow::told_evidence::ToldEvidence;
use crate::flow::verify_draw::verify_draw;
use crate::startup::open_ctx;
use crate::storage::{cycles, obligations, plans, rounds};
use anyhow::bail;
use chrono::NaiveDate;
use serde::Serialize;
use std::process::ExitCode;
use uuid::Uuid;

/// Obligations that a listing shows at the most.
const LISTED: u64 = 10_000;

#[derive(Serialize)]
struct CycleTold {
    id: String,
    plan: String,
    kind: &'static str,
    frequency: &'static str,
    enabled: bool,
    switched_on_on: Option<NaiveDate>,
    text: Option<String>,
    next_commitment: Option<String>,
}

/// `duban cycle list`.
pub(super) async fn list_cycles(settings: Settings, format: Format) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let plans = plans::all(&ctx.db).await?;
    let title = |id| {
        plans
            .iter()
            .find(|plan| plan.id == id)
            .map(|plan| plan.title.clone())
            .unwrap_or_default()
    };
    let told: Vec<CycleTold> = cycles::all(&ctx.db)
        .await?
        .into_iter()
        .map(|cycle| CycleTold {
            id: cycle.id.to_string(),
            plan: title(cycle.plan_id),
            kind: cycle.kind.as_str(),
            frequency: cycle.rule.frequency.as_str(),
            enabled: cycle.enabled,
            switched_on_on: cycle.switched_on_on,
            text: cycle.text,
            next_commitment: cycle.next_commitment,
        })
        .collect();
    if format == Format::Json {
        print_json(&told)?;
        return Ok(ExitCode::SUCCESS);
    }
    for cycle in &told {
        let state = match cycle.switched_on_on.filter(|_| cycle.enabled) {
            Some(day) => format!("已开启（自 {day}）"),
            None => "未开启".to_owned(),
        };
        print_line(format!(
            "{}({})  {}  {state}  《{}》",
            name("cycle", cycle.kind),
            cycle.kind,
            name("frequency", cycle.frequency),
            cycle.plan
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `duban cycle on` and `off`.
pub(super) async fn switch(
    settings: Settings,
    args: &CycleSwitchArgs,
    switch: Switch,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let plan = find_plan(&ctx, args.plan.as_deref()).await?;
    let changed = switch_cycles(&ctx, &plan, args.kind, switch).await?;
    let codes: Vec<&str> = changed.iter().map(|kind| kind.as_str()).collect();
    let names: Vec<String> = codes.iter().map(|kind| name("cycle", kind)).collect();
    let word = match switch {
        Switch::On => "已开启",
        Switch::Off => "已关闭",
    };
    match format {
        Format::Json => print_json(&serde_json::json!({ "changed": codes }))?,
        Format::Text if names.is_empty() => print_line("没有变化")?,
        Format::Text => print_line(format!("{word}:{}", names.join("、")))?,
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct RoundTold {
    id: String,
    cycle: &'static str,
    period: String,
    open: bool,
    opens_on: NaiveDate,
    due_on: Option<NaiveDate>,
    late: bool,
    provisional: bool,
    obligations: usize,
    answered: usize,
    plan: String,
    listed: Vec<String>,
}

/// `duban round list`.
pub(super) async fn list_rounds(settings: Settings, format: Format) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let plans = plans::all(&ctx.db).await?;
    let cycles = cycles::all(&ctx.db).await?;
    let mut told = Vec::new();
    for round in rounds::all(&ctx.db).await? {
        let Some(cycle) = cycles.iter().find(|cycle| cycle.id == round.cycle_id) else {
            continue;
        };
        let asked = obligations::of_round(&ctx.db, round.id).await?;
        told.push(RoundTold {
            id: round.id.to_string(),
            cycle: cycle.kind.as_str(),
            period: round.period.to_string(),
            open: round.open,
            opens_on: round.opened_on,
            due_on: round.due_on,
            late: round.late,
            provisional: round.provisional,
            obligations: asked.len(),
            answered: asked
                .iter()
                .filter(|one| one.state.as_str() == "answered")
                .count(),
            plan: plans
                .iter()
                .find(|plan| plan.id == cycle.plan_id)
                .map(|plan| plan.title.clone())
                .unwrap_or_default(),
            listed: round.listed,
        });
    }
    if format == Format::Json {
        print_json(&told)?;
        return Ok(ExitCode::SUCCESS);
    }
    for round in &told {
        let state = if round.open { "进行中" } else { "已结束" };
        let due = round
            .due_on
            .map_or_else(|| "无填报".to_owned(), |day| format!("{day} 到期"));
        print_line(format!(
            "{}  {}  {:<8} {} 开展，{due}，已填报 {}/{}，{state}",
            round.id,
            name("cycle", round.cycle),
            round.period,
            round.opens_on,
            round.answered,
            round.obligations
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `duban round open`.
pub(super) async fn open_round(
    settings: Settings,
    args: &RoundOpenArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let plan = find_plan(&ctx, args.plan.as_deref()).await?;
    let opened =
        open_round_by_hand(&ctx, &plan, args.kind, args.period, args.reason.as_deref()).await?;
    match format {
        Format::Json => print_json(&serde_json::json!({
            "id": opened.round.id.to_string(),
            "cycle": opened.kind,
            "period": opened.round.period.to_string(),
            "opens_on": opened.round.opened_on,
            "due_on": opened.round.due_on,
            "obligations": opened.obligations,
            "mails": opened.mails,
            "listed": opened.round.listed,
        }))?,
        Format::Text => tell_opened(&opened)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells a person what opening a round did.
pub(super) fn tell_opened(opened: &RoundOpened) -> anyhow::Result<()> {
    let due = opened
        .round
        .due_on
        .map_or_else(|| "无需填报".to_owned(), |day| format!("{day} 到期"));
    print_line(format!(
        "{}{}已开展：要求 {} 个单位填报，{due}（编号 {}）",
        opened.round.period.label(),
        name("cycle", opened.kind.as_str()),
        opened.obligations,
        opened.round.id
    ))?;
    for listed in &opened.round.listed {
        print_line(format!("  请留意：{listed}"))?;
    }
    Ok(())
}

/// `duban round close`.
pub(super) async fn close_round(
    settings: Settings,
    id: Uuid,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let unanswered = close_round_by_hand(&ctx, RoundId(id)).await?;
    match format {
        Format::Json => print_json(&serde_json::json!({ "unanswered": unanswered }))?,
        Format::Text => print_line(format!("这一次督办已结束，{unanswered} 个单位未填报"))?,
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct ObligationTold {
    id: String,
    unit: String,
    unit_name: String,
    kind: &'static str,
    state: &'static str,
    due_on: NaiveDate,
    first_due_on: NaiveDate,
    provisional: bool,
}

/// `duban obligation list`.
pub(super) async fn list_obligations(
    settings: Settings,
    args: &ObligationListArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let directory = ctx.units().await?;
    let unit = match &args.unit {
        None => None,
        Some(code) => match directory.by_code(code) {
            Some(unit) => Some(unit.id),
            None => bail!("没有编码为“{code}”的单位"),
        },
    };
    let told: Vec<ObligationTold> = obligations::list(&ctx.db, unit, !args.all, LISTED)
        .await?
        .into_iter()
        .filter_map(|one| {
            let unit = directory.get(one.unit_id)?;
            Some(ObligationTold {
                id: one.id.to_string(),
                unit: unit.code.clone(),
                unit_name: unit.name.clone(),
                kind: one.kind.as_str(),
                state: one.state.as_str(),
                due_on: one.due_on,
                first_due_on: one.first_due_on,
                provisional: one.provisional,
            })
        })
        .collect();
    if format == Format::Json {
        print_json(&told)?;
        return Ok(ExitCode::SUCCESS);
    }
    for one in &told {
        print_line(format!(
            "{}  {} {}  {}  {} 到期  {}",
            one.id,
            one.unit,
            one.unit_name,
            name("obligation", one.kind),
            one.due_on,
            name("state", one.state)
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `duban obligation answer`.
pub(super) async fn answer(
    settings: Settings,
    args: &ObligationAnswerArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let answer = Answer {
        obligation_id: ObligationId(args.obligation),
        reported_by: args.by.clone(),
        note: args.note.clone(),
        items: Vec::new(),
        values: Vec::new(),
        evidence: ToldEvidence::default(),
    };
    let version = answer_obligation(&ctx, answer).await?.version;
    match format {
        Format::Json => print_json(&serde_json::json!({ "version": version }))?,
        Format::Text => print_line(format!("已登记第 {version} 次填报，不再提醒"))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// `duban draw verify`.
pub(super) async fn verify(
    settings: Settings,
    round: Uuid,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let verified = verify_draw(&ctx, RoundId(round)).await?;
    let holds = verified.commitment_holds && verified.result_holds;
    if format == Format::Json {
        print_json(&verified)?;
    } else {
        print_line(format!("抽签前公布的校验值：{}", verified.commitment))?;
        print_line(format!("抽签种子：{}", verified.seed))?;
        for stratum in &verified.result.strata {
            print_line(format!(
                "  {}：{} 个单位中抽取 {} 个",
                stratum.name, stratum.population, stratum.quota
            ))?;
        }
        for team in verified.inspectors.iter().flat_map(|drawn| &drawn.teams) {
            let names = team.inspectors.join("、");
            let missing = match (team.missing, names.is_empty()) {
                (0, _) => String::new(),
                (_, true) => "未抽到（名单中没有合适人选）".to_owned(),
                (count, false) => format!("，少 {count} 名"),
            };
            print_line(format!("  {} 的检查人员：{names}{missing}", team.unit_code))?;
        }
        print_line(if holds {
            "重演结果与记录一致"
        } else {
            "重演结果与记录不一致，请立即核查"
        })?;
    }
    Ok(if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// `duban why`.
pub(super) async fn why(
    settings: Settings,
    args: &WhyArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let address = match EmailAddress::parse(&args.address) {
        Ok(address) => address,
        Err(error) => bail!("“{}”不是邮箱地址：{error}", args.address),
    };
    let ctx = open_ctx(settings).await?;
    let explained = explain_contact(&ctx, &address.normalized(), args.on).await?;
    if format == Format::Json {
        print_json(&explained)?;
        return Ok(ExitCode::SUCCESS);
    }
    print_line(format!(
        "{} {}（单位 {}）",
        explained.on,
        explained.address,
        explained.units.join("、")
    ))?;
    for reason in &explained.reasons {
        print_line(format!("  {reason}"))?;
    }
    let refused = explained.mails.iter();
    for mail in refused.filter(|mail| mail.state != MailState::Sent) {
        if let Some(reply) = &mail.reply {
            print_line(format!("  邮件服务器的答复（{}）：{reply}", mail.subject))?;
        }
    }
    for one in &explained.obligations {
        let next = one
            .next_on
            .map_or_else(String::new, |day| format!("，下次提醒 {day}"));
        print_line(format!(
            "  - {} {} {} 到期：{}{next}",
            one.unit,
            name("obligation", one.kind),
            one.due_on,
            one.why
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

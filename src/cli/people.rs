//! Commands around those who may call the service, and around what they did: users, tokens, the links in mails,
//! calendar feeds, the audit chain.

use super::args::{UnitFeedArgs, VerifyAuditArgs};
use super::output::{Format, print_json, print_line};
use super::user_args::{UserCreateArgs, UserTokenArgs};
use crate::config::Settings;
use crate::domain::access::Membership;
use crate::domain::local_time::chinese_minute;
use crate::flow::Ctx;
use crate::flow::keep_calendar_feeds::{make_feed, revoke_feed};
use crate::flow::link_keys::{Rotated, rotate_link_keys};
use crate::flow::manage_users::{NewUser, TokenMade, create_or_extend_user, make_token, roles_of};
use crate::flow::seal_audit::{seal_audit, verify_audit};
use crate::startup::open_ctx;
use crate::storage::users;
use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::process::ExitCode;

#[derive(Serialize)]
struct UserTold {
    id: String,
    email: String,
    name: Option<String>,
    enabled: bool,
    roles: Vec<RoleTold>,
}

#[derive(Serialize)]
struct RoleTold {
    role: &'static str,
    unit_code: Option<String>,
}

/// `duban user create`.
pub(super) async fn create(
    settings: Settings,
    args: &UserCreateArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let directory = ctx.units().await?;
    let unit_id = match &args.unit {
        None => None,
        Some(code) => {
            let unit = directory.by_code(code);
            let unit = unit.with_context(|| format!("没有编码为“{code}”的单位"))?;
            Some(unit.id)
        }
    };
    let new = NewUser {
        email: args.email.clone(),
        name: args.name.clone(),
        roles: vec![Membership {
            role: args.role,
            unit_id,
        }],
    };
    let user = create_or_extend_user(&ctx, new).await?;
    let roles = roles_of(&ctx, user.id).await?;
    let told = UserTold {
        id: user.id.to_string(),
        email: user.email,
        name: user.name,
        enabled: user.enabled,
        roles: roles
            .iter()
            .map(|one| RoleTold {
                role: one.role.as_str(),
                unit_code: one
                    .unit_id
                    .and_then(|id| directory.get(id))
                    .map(|unit| unit.code.clone()),
            })
            .collect(),
    };
    match format {
        Format::Json => print_json(&told)?,
        Format::Text => {
            let roles: Vec<String> = told
                .roles
                .iter()
                .map(|one| match &one.unit_code {
                    Some(code) => format!("{}（{code}）", one.role),
                    None => one.role.to_owned(),
                })
                .collect();
            print_line(format!("用户 {}：{}", told.email, roles.join("、")))?;
            print_line("接口令牌用 duban user token 生成")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct TokenTold {
    id: String,
    token: String,
    scope: &'static str,
    expires_at: DateTime<Utc>,
}

/// `duban user token`.
pub(super) async fn token(
    settings: Settings,
    args: &UserTokenArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let user = users::by_address(&ctx.db, &args.email.normalized()).await?;
    let Some(user) = user else {
        bail!(
            "没有地址为 {} 的用户。请先执行 duban user create",
            args.email.as_str()
        );
    };
    let made = make_token(&ctx, user.id, &args.name, args.scope, args.days).await?;
    tell_token(&ctx, &made, format)?;
    Ok(ExitCode::SUCCESS)
}

/// Tells a new token's text.
pub(super) fn tell_token(ctx: &Ctx, made: &TokenMade, format: Format) -> anyhow::Result<()> {
    if format == Format::Json {
        return print_json(&TokenTold {
            id: made.token.id.to_string(),
            token: made.text.clone(),
            scope: made.token.scope.as_str(),
            expires_at: made.token.expires_at,
        });
    }
    print_line(&made.text)?;
    print_line(format!(
        "有效至 {}。令牌只显示这一次，请妥善保存；请求时放在 Authorization: Bearer 之后",
        chinese_minute(ctx.settings.zone.local(made.token.expires_at))
    ))
}

#[derive(Serialize)]
struct RotatedTold {
    number: u32,
    retired: u64,
}

/// `duban link rotate`.
pub(super) async fn rotate_links(settings: Settings, format: Format) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let Rotated { number, retired } = rotate_link_keys(&ctx).await?;
    match format {
        Format::Json => print_json(&RotatedTold { number, retired })?,
        Format::Text => print_line(format!(
            "邮件链接改用第 {number} 号签名密钥。此前写成的邮件里的链接已经全部失效，收件人请使用以后邮件中的链接"
        ))?,
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct FeedTold {
    unit_code: String,
    url: Option<String>,
}

/// `duban unit feed`.
pub(super) async fn feed(
    settings: Settings,
    args: &UnitFeedArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let directory = ctx.units().await?;
    let unit = directory.by_code(&args.unit);
    let unit = unit.with_context(|| format!("没有编码为“{}”的单位", args.unit))?;
    let (url, words) = match args.revoke {
        true => match revoke_feed(&ctx, unit.id, None).await? {
            true => (None, "日历订阅已收回，原地址不能再用"),
            false => (None, "这个单位没有日历订阅，没有变化"),
        },
        false => (
            Some(make_feed(&ctx, unit.id).await?.url),
            "知道地址的人都能读取本单位的应报事项，请勿转发。地址只显示这一次；原有的地址已失效",
        ),
    };
    if format == Format::Json {
        print_json(&FeedTold {
            unit_code: unit.code.clone(),
            url,
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(url) = url {
        print_line(url)?;
    }
    print_line(format!("{}：{words}", unit.name))?;
    Ok(ExitCode::SUCCESS)
}

/// `duban verify-audit`.
pub(super) async fn verify(
    settings: Settings,
    args: &VerifyAuditArgs,
    format: Format,
) -> anyhow::Result<ExitCode> {
    let anchor = match &args.anchor {
        None => None,
        Some(text) => {
            let (place, hash) = text
                .split_once(':')
                .context("--anchor 应写成 序号:校验值，例如上次核验时显示的 120:9f…")?;
            let place: i64 = place
                .parse()
                .with_context(|| format!("--anchor 的序号“{place}”不是整数"))?;
            Some((place, hash.to_owned()))
        }
    };
    let ctx = open_ctx(settings).await?;
    // What is sealed first is checked first: an event that was altered after this moment is found as well.
    seal_audit(&ctx).await?;
    let anchor = anchor.as_ref().map(|(place, hash)| (*place, hash.as_str()));
    let verified = verify_audit(&ctx, anchor).await?;
    match (&verified.broken, format) {
        (_, Format::Json) => print_json(&verified)?,
        (None, Format::Text) => print_line(format!(
            "审计记录完整：{} 条，末条校验值 {}:{}",
            verified.checked, verified.checked, verified.head
        ))?,
        (Some(broken), Format::Text) => print_line(format!(
            "审计记录不完整：{broken}（此前 {} 条无误）",
            verified.checked
        ))?,
    }
    Ok(match verified.whole {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

//! Commands around how people sign in: the first link of all, and invitations.

use super::output::{Format, print_json, print_line};
use super::user_args::UserInviteArgs;
use crate::config::Settings;
use crate::domain::local_time::chinese_minute;
use crate::flow::Ctx;
use crate::flow::invite_user::{InvitationWay, invite_user};
use crate::flow::set_up::make_setup_link;
use crate::startup::open_ctx;
use crate::storage::users;
use anyhow::bail;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::process::ExitCode;

#[derive(Serialize)]
struct SetupTold {
    url: String,
}

/// `duban user setup-link`.
pub(super) async fn setup_link(settings: Settings, format: Format) -> anyhow::Result<ExitCode> {
    let ctx = open_ctx(settings).await?;
    let Some(url) = make_setup_link(&ctx).await? else {
        bail!(
            "系统已有用户，不能再首次设置。请用 duban user create 增加用户，用 duban user invite 邀请其设置密码"
        );
    };
    match format {
        Format::Json => print_json(&SetupTold { url })?,
        Format::Text => {
            print_line(&url)?;
            print_line(
                "24 小时内有效，只能用一次；打开的人将成为系统管理员，请勿转发。此前的设置链接已失效",
            )?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells whoever starts the service how to begin, where it has no user yet.
pub(super) async fn tell_setup(ctx: &Ctx) -> anyhow::Result<()> {
    if let Some(url) = make_setup_link(ctx).await? {
        print_line(format!(
            "系统还没有用户。请在 24 小时内打开下面的链接设置系统管理员（只能用一次，请勿转发）：\n  {url}"
        ))?;
    }
    Ok(())
}

#[derive(Serialize)]
struct InvitedTold {
    email: String,
    url: Option<String>,
    expires_at: DateTime<Utc>,
}

/// `duban user invite`.
pub(super) async fn invite(
    settings: Settings,
    args: &UserInviteArgs,
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
    let way = match args.show {
        true => InvitationWay::Shown,
        false => InvitationWay::Mailed,
    };
    let invited = invite_user(&ctx, user.id, way).await?;
    if format == Format::Json {
        print_json(&InvitedTold {
            email: invited.email,
            url: invited.url,
            expires_at: invited.expires_at,
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let until = chinese_minute(ctx.settings.zone.local(invited.expires_at));
    match invited.url {
        Some(url) => {
            print_line(&url)?;
            print_line(format!(
                "请把链接交给 {} 本人，用来设置密码。有效至 {until}，只能用一次",
                invited.email
            ))?;
        }
        None => print_line(format!(
            "邀请邮件即将发往 {}，其中的链接有效至 {until}，只能用一次",
            invited.email
        ))?,
    }
    Ok(ExitCode::SUCCESS)
}

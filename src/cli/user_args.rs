//! The command line of `duban user`, as programs know it.

use crate::domain::email_address::EmailAddress;
use crate::domain::token_scope::TokenScope;
use crate::domain::user_role::UserRole;
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    Create(UserCreateArgs),
    Invite(UserInviteArgs),
    SetupLink,
    Token(UserTokenArgs),
}

#[derive(Debug, Args)]
pub(super) struct UserCreateArgs {
    #[arg(value_name = "EMAIL", value_parser = EmailAddress::parse)]
    pub(super) email: EmailAddress,
    #[arg(long, value_name = "R")]
    pub(super) role: UserRole,
    #[arg(long, value_name = "CODE")]
    pub(super) unit: Option<String>,
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct UserInviteArgs {
    #[arg(value_name = "EMAIL", value_parser = EmailAddress::parse)]
    pub(super) email: EmailAddress,
    #[arg(long)]
    pub(super) show: bool,
}

#[derive(Debug, Args)]
pub(super) struct UserTokenArgs {
    #[arg(value_name = "EMAIL", value_parser = EmailAddress::parse)]
    pub(super) email: EmailAddress,
    #[arg(long, value_name = "NAME", default_value = "cli")]
    pub(super) name: String,
    #[arg(long, value_name = "SCOPE", default_value = "write")]
    pub(super) scope: TokenScope,
    #[arg(long, value_name = "N", default_value_t = 90)]
    pub(super) days: u32,
}

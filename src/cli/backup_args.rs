//! The command line about backups and pauses, as programs know it. Its words come from the catalogue, as those of `args`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(super) enum BackupCommand {
    Backup(BackupArgs),
    Restore(RestoreArgs),
    Pause(PauseArgs),
    Resume(ResumeArgs),
}

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    #[arg(long)]
    pub(super) files_only: bool,
}

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    #[arg(long, value_name = "FOLDER")]
    pub(super) to: Option<PathBuf>,
    #[arg(long)]
    pub(super) replace: bool,
    #[arg(long)]
    pub(super) files_only: bool,
}

#[derive(Debug, Args)]
pub(super) struct PauseArgs {
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    #[arg(long)]
    pub(super) restored: bool,
}

#[derive(Debug, Args)]
pub(super) struct ResumeArgs {
    #[arg(long)]
    pub(super) yes: bool,
}

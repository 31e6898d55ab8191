//! The command line as programs know it: names and types. Its words come from the catalogue (`cli.*`), see `localize`.

use super::backup_args::BackupCommand;
use super::user_args::UserCommand;
use crate::domain::cycle_kind::CycleKind;
use crate::domain::email_address::EmailAddress;
use crate::domain::notice::NoticeState;
use crate::domain::period_key::PeriodKey;
use chrono::NaiveDate;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use uuid::Uuid;

#[derive(Debug, Parser)]
#[command(name = "duban", version, arg_required_else_help = true)]
pub(super) struct Cli {
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Demo(DemoArgs),
    Serve,
    Migrate,
    Import(ImportArgs),
    Issue(IssueArgs),
    #[command(subcommand)]
    Plan(PlanCommand),
    #[command(subcommand)]
    Cycle(CycleCommand),
    #[command(subcommand)]
    Round(RoundCommand),
    #[command(subcommand)]
    Bulletin(BulletinCommand),
    #[command(subcommand)]
    Obligation(ObligationCommand),
    #[command(subcommand)]
    Appraisal(AppraisalCommand),
    #[command(subcommand)]
    Quality(QualityCommand),
    #[command(subcommand)]
    Notice(NoticeCommand),
    #[command(subcommand)]
    Ledger(LedgerCommand),
    #[command(subcommand)]
    Calendar(CalendarCommand),
    #[command(subcommand)]
    Units(UnitsCommand),
    #[command(subcommand)]
    Unit(UnitCommand),
    Burden(BurdenArgs),
    Why(WhyArgs),
    Jobs,
    RunJob(RunJobArgs),
    Simulate(SimulateArgs),
    #[command(subcommand)]
    Draw(DrawCommand),
    SendTestEmail(SendTestEmailArgs),
    Bounce(BounceArgs),
    #[command(flatten)]
    Backups(BackupCommand),
    Seed(SeedArgs),
    #[command(subcommand)]
    User(UserCommand),
    #[command(subcommand)]
    Link(LinkCommand),
    VerifyAudit(VerifyAuditArgs),
    Openapi,
    Healthcheck,
}

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    #[arg(long)]
    pub(super) fresh: bool,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    #[arg(long, value_name = "FILE")]
    pub(super) units: Option<PathBuf>,
    #[arg(long, value_name = "Y", value_parser = clap::value_parser!(i32).range(1990..=2100))]
    pub(super) year: Option<i32>,
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) issue: bool,
    #[arg(long)]
    pub(super) dry_run: bool,
}

#[derive(Debug, Args)]
pub(super) struct IssueArgs {
    #[arg(value_name = "PLAN")]
    pub(super) plan: String,
    #[arg(long)]
    pub(super) cycles_off: bool,
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum PlanCommand {
    List,
    Diff(PlanDiffArgs),
    Amend(PlanAmendArgs),
}

#[derive(Debug, Args)]
pub(super) struct PlanDiffArgs {
    #[arg(value_name = "PLAN")]
    pub(super) plan: String,
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    #[arg(long, value_name = "Y", value_parser = clap::value_parser!(i32).range(1990..=2100))]
    pub(super) year: Option<i32>,
}

#[derive(Debug, Args)]
pub(super) struct PlanAmendArgs {
    #[arg(value_name = "PLAN")]
    pub(super) plan: String,
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    #[arg(long, value_name = "Y", value_parser = clap::value_parser!(i32).range(1990..=2100))]
    pub(super) year: Option<i32>,
}

#[derive(Debug, Subcommand)]
pub(super) enum CycleCommand {
    List,
    On(CycleSwitchArgs),
    Off(CycleSwitchArgs),
}

#[derive(Debug, Args)]
pub(super) struct CycleSwitchArgs {
    #[arg(value_name = "KIND")]
    pub(super) kind: Option<CycleKind>,
    #[arg(long, value_name = "PLAN")]
    pub(super) plan: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum RoundCommand {
    List,
    Open(RoundOpenArgs),
    Close(RoundCloseArgs),
    Summary(RoundSummaryArgs),
}

#[derive(Debug, Args)]
pub(super) struct RoundOpenArgs {
    #[arg(value_name = "KIND")]
    pub(super) kind: CycleKind,
    #[arg(long, value_name = "PLAN")]
    pub(super) plan: Option<String>,
    #[arg(long, value_name = "KEY")]
    pub(super) period: Option<PeriodKey>,
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct RoundCloseArgs {
    #[arg(value_name = "ROUND")]
    pub(super) round: Uuid,
}

#[derive(Debug, Args)]
pub(super) struct RoundSummaryArgs {
    #[arg(value_name = "ROUND")]
    pub(super) round: Uuid,
}

#[derive(Debug, Subcommand)]
pub(super) enum BulletinCommand {
    List,
    Show(BulletinArgs),
    Approve(BulletinArgs),
    Publish(BulletinArgs),
    Discard(BulletinDiscardArgs),
}

#[derive(Debug, Args)]
pub(super) struct BulletinDiscardArgs {
    #[arg(value_name = "BULLETIN")]
    pub(super) bulletin: Uuid,
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
}

#[derive(Debug, Args)]
pub(super) struct BulletinArgs {
    #[arg(value_name = "BULLETIN")]
    pub(super) bulletin: Uuid,
}

#[derive(Debug, Subcommand)]
pub(super) enum ObligationCommand {
    List(ObligationListArgs),
    Answer(ObligationAnswerArgs),
}

#[derive(Debug, Args)]
pub(super) struct ObligationListArgs {
    #[arg(long, value_name = "CODE")]
    pub(super) unit: Option<String>,
    #[arg(long)]
    pub(super) all: bool,
}

#[derive(Debug, Args)]
pub(super) struct ObligationAnswerArgs {
    #[arg(value_name = "OBLIGATION")]
    pub(super) obligation: Uuid,
    #[arg(long, value_name = "NAME")]
    pub(super) by: String,
    #[arg(long, value_name = "TEXT")]
    pub(super) note: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum AppraisalCommand {
    List,
    Show(AppraisalShowArgs),
}

#[derive(Debug, Args)]
pub(super) struct AppraisalShowArgs {
    #[arg(value_name = "APPRAISAL")]
    pub(super) appraisal: Uuid,
}

#[derive(Debug, Subcommand)]
pub(super) enum QualityCommand {
    Import(QualityImportArgs),
}

#[derive(Debug, Args)]
pub(super) struct QualityImportArgs {
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    #[arg(long, value_name = "KEY")]
    pub(super) year: PeriodKey,
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(super) source: String,
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub(super) approved_by: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum NoticeCommand {
    List(NoticeListArgs),
    Approve(NoticeApproveArgs),
    Withdraw(NoticeWithdrawArgs),
}

#[derive(Debug, Args)]
pub(super) struct NoticeListArgs {
    #[arg(long, value_name = "CODE")]
    pub(super) unit: Option<String>,
    #[arg(long, value_name = "STATE")]
    pub(super) state: Option<NoticeState>,
}

#[derive(Debug, Args)]
pub(super) struct NoticeApproveArgs {
    #[arg(value_name = "NOTICE", required = true)]
    pub(super) notices: Vec<Uuid>,
    #[arg(long, value_name = "NAME")]
    pub(super) by: String,
    #[arg(long, value_name = "TEXT")]
    pub(super) note: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct NoticeWithdrawArgs {
    #[arg(value_name = "NOTICE")]
    pub(super) notice: Uuid,
    #[arg(long, value_name = "NAME")]
    pub(super) by: String,
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum LedgerCommand {
    Export(LedgerExportArgs),
    Import(LedgerImportArgs),
}

#[derive(Debug, Args)]
pub(super) struct LedgerExportArgs {
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    #[arg(long, value_name = "PLAN")]
    pub(super) plan: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct LedgerImportArgs {
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    #[arg(long)]
    pub(super) dry_run: bool,
    #[arg(long, value_name = "ID")]
    pub(super) force: Vec<Uuid>,
}

#[derive(Debug, Subcommand)]
pub(super) enum CalendarCommand {
    Import(FileArgs),
}

#[derive(Debug, Subcommand)]
pub(super) enum UnitsCommand {
    Import(FileArgs),
}

#[derive(Debug, Subcommand)]
pub(super) enum UnitCommand {
    Feed(UnitFeedArgs),
}

#[derive(Debug, Args)]
pub(super) struct UnitFeedArgs {
    #[arg(value_name = "CODE")]
    pub(super) unit: String,
    #[arg(long)]
    pub(super) revoke: bool,
}

#[derive(Debug, Args)]
pub(super) struct FileArgs {
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct BurdenArgs {
    #[arg(long, value_name = "MONTH")]
    pub(super) month: Option<PeriodKey>,
}

#[derive(Debug, Args)]
pub(super) struct WhyArgs {
    #[arg(value_name = "ADDRESS")]
    pub(super) address: String,
    #[arg(long, value_name = "DAY")]
    pub(super) on: Option<NaiveDate>,
}

#[derive(Debug, Args)]
pub(super) struct RunJobArgs {
    #[arg(value_name = "NAME")]
    pub(super) name: String,
    #[arg(long, value_name = "INSTANT")]
    pub(super) at: Option<String>,
    #[arg(long)]
    pub(super) force: bool,
}

#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    #[arg(long, value_name = "DAY")]
    pub(super) from: NaiveDate,
    #[arg(long, value_name = "DAY")]
    pub(super) to: NaiveDate,
    #[arg(long, value_name = "SEED")]
    pub(super) behave: Option<u64>,
    #[arg(long, value_name = "FOLDER")]
    pub(super) keep: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum DrawCommand {
    Verify(DrawVerifyArgs),
}

#[derive(Debug, Args)]
pub(super) struct DrawVerifyArgs {
    #[arg(value_name = "ROUND")]
    pub(super) round: Uuid,
}

#[derive(Debug, Args)]
pub(super) struct SeedArgs {
    #[arg(long, value_name = "N")]
    pub(super) assignments: u64,
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(super) seed: u64,
}

#[derive(Debug, Args)]
pub(super) struct BounceArgs {
    #[arg(value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct SendTestEmailArgs {
    #[arg(value_name = "ADDRESS", value_parser = EmailAddress::parse)]
    pub(super) address: EmailAddress,
}

#[derive(Debug, Subcommand)]
pub(super) enum LinkCommand {
    Rotate,
}

#[derive(Debug, Args)]
pub(super) struct VerifyAuditArgs {
    #[arg(long, value_name = "N:HASH")]
    pub(super) anchor: Option<String>,
}

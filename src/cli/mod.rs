//! The commands of `duban`: parse, call one use case, print. Exit code 0 done, 1 failed, 2 usage.

mod accounts;
mod appraisals;
mod args;
mod backup_args;
mod backups;
mod bounces;
mod bulletins;
mod burden;
mod demo;
mod dispatch;
mod ledgers;
mod localize;
mod notices;
mod output;
mod people;
mod plans;
mod progress;
mod revisions;
mod running;
mod seed;
mod supervision;
mod user_args;

use crate::cage::inside;
use crate::config::Settings;
use crate::flow::manage_cycles::Switch;
use crate::storage::backups::sqlite_file;
use crate::telemetry;
use args::{
    CalendarCommand, Cli, Command, CycleCommand, DrawCommand, LinkCommand, ObligationCommand,
    PlanCommand, QualityCommand, RoundCommand, UnitCommand, UnitsCommand,
};
use clap::{CommandFactory, FromArgMatches};
use output::Format;
use secrecy::ExposeSecret as _;
use std::process::ExitCode;
use user_args::UserCommand;

/// Reads the command line, has it done on a runtime of its own, and says how it went.
///
/// The runtime is built here and not in `main`, so that the whole program is compiled once, with the library.
pub fn run() -> ExitCode {
    if let Some(kind) = inside::asked(std::env::args_os()) {
        return inside::read_file(kind);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(run_command()),
        Err(error) => {
            output::print_failure(&anyhow::Error::new(error).context("无法启动"));
            ExitCode::FAILURE
        }
    }
}

async fn run_command() -> ExitCode {
    let locale = locale_of_help();
    let command = localize::localize(Cli::command(), &locale);
    let parsed = command
        .try_get_matches()
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            let code = error.exit_code();
            // Help goes to stdout, usage errors to stderr; nothing to do where they are closed.
            let _ = error.print();
            return ExitCode::from(u8::try_from(code).unwrap_or(2));
        }
    };
    match dispatch(cli).await {
        Ok(code) => code,
        Err(error) => {
            output::print_failure(&error);
            ExitCode::FAILURE
        }
    }
}

/// Help is wanted before the configuration is read: only the environment can tell its language.
fn locale_of_help() -> String {
    std::env::var("DUBAN__TEXT__LOCALE").unwrap_or_else(|_| "zh-CN".to_owned())
}

async fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    let format = if cli.json { Format::Json } else { Format::Text };
    let settings = match &cli.command {
        Command::Demo(_) => demo::settings(cli.config.as_deref())?,
        _ => Settings::load(cli.config.as_deref())?,
    };
    rust_i18n::set_locale(&settings.locale);
    telemetry::start_logs(&settings);
    let database = sqlite_file(settings.database_url.expose_secret());
    if !begins_database(&cli.command)
        && let Some(file) = database.filter(|file| !file.exists())
    {
        let error = anyhow::anyhow!(
            "没有数据库文件“{}”。请在服务所在的文件夹里执行，或用 --config、DUBAN__DATABASE__URL 指明数据库；\
             要新建数据库，请用 duban serve 或 duban import",
            file.display()
        );
        return match cli.command {
            Command::Bounce(_) => Ok(bounces::put_off(&error)),
            _ => Err(error),
        };
    }
    carry_out(cli.command, settings, format).await
}

/// Whether a command may be the first one for its database. The others would tell of an empty database, made by mistake in
/// a folder that happened to be the present one; what is restored and what needs none see to it by themselves.
fn begins_database(command: &Command) -> bool {
    matches!(
        command,
        Command::Demo(_)
            | Command::Serve
            | Command::Migrate
            | Command::Import(_)
            | Command::Units(UnitsCommand::Import(_))
            | Command::Calendar(CalendarCommand::Import(_))
            | Command::Simulate(_)
            | Command::Seed(_)
            | Command::User(_)
            | Command::SendTestEmail(_)
            | Command::Backups(_)
            | Command::Openapi
            | Command::Healthcheck
    )
}

/// Each command is carried out in a file of its own.
async fn carry_out(
    command: Command,
    settings: Settings,
    format: Format,
) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo(args) => demo::demo(settings, args.fresh).await,
        Command::Serve => running::serve(settings).await,
        Command::Migrate => running::migrate(settings, format).await,
        Command::Import(args) => plans::import(settings, &args, format).await,
        Command::Issue(args) => plans::issue(settings, &args, format).await,
        Command::Plan(PlanCommand::List) => plans::list(settings, format).await,
        Command::Plan(PlanCommand::Diff(args)) => revisions::diff(settings, &args, format).await,
        Command::Plan(PlanCommand::Amend(args)) => revisions::amend(settings, &args, format).await,
        Command::Units(UnitsCommand::Import(args)) => {
            plans::import_units_file(settings, &args.file, format).await
        }
        Command::Unit(UnitCommand::Feed(args)) => people::feed(settings, &args, format).await,
        Command::Ledger(command) => ledgers::run(settings, &command, format).await,
        Command::Calendar(CalendarCommand::Import(args)) => {
            plans::import_calendar_file(settings, &args.file, format).await
        }
        Command::Cycle(CycleCommand::List) => supervision::list_cycles(settings, format).await,
        Command::Cycle(CycleCommand::On(args)) => {
            supervision::switch(settings, &args, Switch::On, format).await
        }
        Command::Cycle(CycleCommand::Off(args)) => {
            supervision::switch(settings, &args, Switch::Off, format).await
        }
        Command::Round(RoundCommand::List) => supervision::list_rounds(settings, format).await,
        Command::Round(RoundCommand::Open(args)) => {
            supervision::open_round(settings, &args, format).await
        }
        Command::Round(RoundCommand::Close(args)) => {
            supervision::close_round(settings, args.round, format).await
        }
        Command::Bulletin(command) => bulletins::run(settings, &command, format).await,
        Command::Round(RoundCommand::Summary(args)) => {
            dispatch::summary(settings, args.round, format).await
        }
        Command::Obligation(ObligationCommand::List(args)) => {
            supervision::list_obligations(settings, &args, format).await
        }
        Command::Obligation(ObligationCommand::Answer(args)) => {
            supervision::answer(settings, &args, format).await
        }
        Command::Appraisal(command) => appraisals::run(settings, &command, format).await,
        Command::Quality(QualityCommand::Import(args)) => {
            appraisals::import(settings, &args, format).await
        }
        Command::Notice(command) => notices::run(settings, &command, format).await,
        Command::Draw(DrawCommand::Verify(args)) => {
            supervision::verify(settings, args.round, format).await
        }
        Command::Burden(args) => burden::tell_burden(settings, &args, format).await,
        Command::Why(args) => supervision::why(settings, &args, format).await,
        Command::Jobs => running::jobs(settings, format).await,
        Command::RunJob(args) => running::run_job(settings, &args, format).await,
        Command::Simulate(args) => running::simulate_days(settings, &args, format).await,
        Command::Backups(command) => backups::run(settings, &command, format).await,
        Command::Seed(args) => seed::seed(settings, &args, format).await,
        Command::SendTestEmail(args) => {
            running::send_test_email(settings, &args.address, format).await
        }
        Command::Bounce(args) => bounces::record(settings, &args, format).await,
        Command::User(UserCommand::Create(args)) => people::create(settings, &args, format).await,
        Command::User(UserCommand::Invite(args)) => accounts::invite(settings, &args, format).await,
        Command::User(UserCommand::SetupLink) => accounts::setup_link(settings, format).await,
        Command::User(UserCommand::Token(args)) => people::token(settings, &args, format).await,
        Command::Link(LinkCommand::Rotate) => people::rotate_links(settings, format).await,
        Command::VerifyAudit(args) => people::verify(settings, &args, format).await,
        Command::Openapi => running::openapi(),
        Command::Healthcheck => running::healthcheck(&settings).await,
    }
}

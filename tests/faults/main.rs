//! The fault programme: the real program under kills, crashes of its database, hung servers, full disks and crowds. See
//! README.md beside this file for what each row demands and what was measured.
//!
//! `cargo test --test faults` runs the quick form, `cargo test --release --test faults -- full` the full one, which writes
//! the table anew; `-- R1 R7` (or `-- full R1`) chooses rows.

mod crowds;
mod full_disk;
mod http;
mod instances;
mod kills;
mod outages;
mod pace;
mod place;
mod poison;
mod postgres;
mod proxy;
mod reckon;
mod report;
mod round;
mod sink;
mod slow_clients;
mod soak;
mod sql;
mod stops;
mod table;

use report::Report;
use std::os::unix::process::CommandExt as _;
use std::panic::catch_unwind;
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::time::Instant;

/// How thoroughly the rows are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Within minutes, in any profile.
    Quick,
    /// All that is demanded.
    Full,
}

impl Form {
    /// A figure for each form.
    pub fn of<T>(self, quick: T, full: T) -> T {
        match self {
            Self::Quick => quick,
            Self::Full => full,
        }
    }
}

/// One line of the table that is run here.
pub struct Row {
    /// Its name in the fault list.
    pub id: &'static str,
    /// Plays it.
    pub run: fn(Form) -> Report,
    /// Whether the quick form leaves it out.
    pub only_full: bool,
}

impl Row {
    const fn new(id: &'static str, run: fn(Form) -> Report) -> Self {
        Self {
            id,
            run,
            only_full: false,
        }
    }
}

const ROWS: &[Row] = &[
    Row::new("R1", kills::killed),
    Row::new("R2", pace::at_full_pace),
    Row::new("R7", instances::together),
    Row::new("R8", instances::migrated_at_once),
    Row::new("R9", outages::database_away),
    Row::new("R10", full_disk::disk_full),
    Row::new("R11", crowds::crowd),
    Row::new("R12", slow_clients::slow_clients),
    Row::new("R17", stops::stopped),
    Row::new("R18", poison::poisoned),
    Row::new("R19", poison::never_greeted),
    Row {
        only_full: true,
        ..Row::new("R21", soak::soaked)
    },
];

/// As many sockets as the crowds need, on both sides.
const OPEN_FILES: &str = "16384";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|arg| arg == "--list") {
        return ExitCode::SUCCESS;
    }
    if std::env::var_os("FAULTS_FILES_RAISED").is_none() {
        raise_open_files(&args);
    }
    let form = match args.iter().any(|arg| arg == "full") {
        true => Form::Full,
        false => Form::Quick,
    };
    // A word that names no row is a filter for other tests: none of these is meant then.
    let words = args
        .iter()
        .filter(|arg| !arg.starts_with('-') && *arg != "full");
    let chosen: Vec<&str> = words.map(String::as_str).collect();
    end_with_signals();
    // What a panic says stands in its row.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        eprintln!("panicked at {}", place.unwrap_or_default());
    }));
    let is_chosen = |row: &&Row| match chosen.as_slice() {
        [] => form == Form::Full || !row.only_full,
        names => names.contains(&row.id),
    };
    let done = run(ROWS.iter().filter(is_chosen).collect(), form);
    postgres::end_shared();
    let is_good = done.iter().all(|(_, report)| report.broken.is_empty());
    ExitCode::from(u8::from(!is_good))
}

/// Runs the rows: in the quick form some at a time, as they wait more than they work; in the full form one by one, so that
/// none disturbs another's figures.
fn run(rows: Vec<&'static Row>, form: Form) -> Vec<(&'static str, Report)> {
    let waiting = Mutex::new(rows.into_iter());
    let done = Mutex::new(Vec::new());
    let lane = || {
        loop {
            let next = waiting.lock().expect("rows").next();
            let Some(row) = next else { return };
            let began = Instant::now();
            let report =
                catch_unwind(|| (row.run)(form)).unwrap_or_else(|panic| Report::panicked(&*panic));
            println!("{}", table::line(row.id, &report, began.elapsed()));
            if form == Form::Full {
                table::write(row.id, &report).expect("the table is written");
            }
            done.lock().expect("rows").push((row.id, report));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..form.of(3, 1) {
            scope.spawn(lane);
        }
    });
    done.into_inner().expect("rows")
}

/// Becomes this program again with as many open files as the crowds need; comes back where that is not to be had.
fn raise_open_files(args: &[String]) {
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    let raise = format!(
        "ulimit -n {OPEN_FILES} 2>/dev/null || ulimit -n $(ulimit -H -n); exec \"$0\" \"$@\""
    );
    let mut command = Command::new("sh");
    command.args(["-c", &raise]).arg(program).args(args);
    let error = command.env("FAULTS_FILES_RAISED", "1").exec();
    eprintln!("open files could not be raised: {error}");
}

/// Whoever stops this is obeyed, and the database server that was started is stopped as well.
fn end_with_signals() {
    use tokio::signal::unix::{SignalKind, signal};
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.expect("a runtime").block_on(async {
            let mut terminate = signal(SignalKind::terminate()).expect("a signal");
            let mut interrupt = signal(SignalKind::interrupt()).expect("a signal");
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        });
        postgres::end_all();
        std::process::exit(130);
    });
}

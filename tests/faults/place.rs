//! A folder with a database for each scene, and the program run in it: to its end, or started and killed by its handle.

use crate::postgres::{Cluster, Database, shared};
use duban::storage::new_id;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The longest that a command may take; one that hangs fails its row.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(5);

/// Which database a scene plays on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// A folder with its database, deleted in the end.
pub struct Place {
    pub folder: PathBuf,
    database: Option<Database>,
    moved: Option<PathBuf>,
    env: Vec<(String, String)>,
    started: AtomicUsize,
}

impl Place {
    /// A new one, on a database of the kind.
    pub fn new(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self::in_folder(None),
            Kind::Postgres => Self::on(shared().expect("PostgreSQL")),
        }
    }

    /// A new one, in a server.
    pub fn on(cluster: Arc<Cluster>) -> Self {
        Self::in_folder(Some(Database::new(cluster)))
    }

    fn in_folder(database: Option<Database>) -> Self {
        let name = format!("duban-faults-{}", new_id().simple());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(folder.join("var")).expect("folder");
        let mut place = Self {
            folder,
            database,
            moved: None,
            env: Vec::new(),
            started: AtomicUsize::new(0),
        };
        place.set("DUBAN__DATABASE__URL", &place.url());
        place.set("DUBAN__MAIL__FROM", "office@bureau.example.org");
        place.set("DUBAN__MAIL__CONNECTIONS", "8");
        place.set("DUBAN__MAIL__WINDOW", "always");
        place.set("DUBAN__LIMITS__TOKEN_PER_MINUTE", "0");
        place.set("DUBAN__LIMITS__ADDRESS_PER_MINUTE", "0");
        place.set("DUBAN__LIMITS__MISSES_PER_MINUTE", "0");
        place
    }

    /// Another with the same rows; nothing may run in this one.
    pub fn copy(&self) -> Self {
        let copy = Self::in_folder(self.database.as_ref().map(Database::copy));
        if self.database.is_none() {
            // A connection that was closed a moment ago may have left something in the log beside the file.
            self.execute("PRAGMA wal_checkpoint(TRUNCATE)");
            fs::copy(
                self.folder.join("var/duban.db"),
                copy.folder.join("var/duban.db"),
            )
            .expect("copied");
        }
        copy
    }

    /// Puts its (SQLite) database somewhere else.
    pub fn move_database(&mut self, file: &Path) {
        self.moved = Some(file.to_owned());
        self.set("DUBAN__DATABASE__URL", &self.url());
    }

    /// Address of its database.
    pub fn url(&self) -> String {
        let usual = self.folder.join("var/duban.db");
        match &self.database {
            Some(database) => database.url(),
            None => format!(
                "sqlite://{}",
                self.moved.as_ref().unwrap_or(&usual).display()
            ),
        }
    }

    /// Name of its database in its server.
    pub fn database_name(&self) -> &str {
        self.database.as_ref().map_or("", |database| &database.name)
    }

    /// Configures what is started from now on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_owned()));
    }

    /// Takes a setting back.
    pub fn unset(&mut self, name: &str) {
        self.env.retain(|(known, _)| known != name);
    }

    /// Writes a file.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.folder.join(name), bytes).expect("file");
    }

    /// The one number that a query gives.
    pub fn number(&self, sql: &str) -> i64 {
        crate::sql::number(&self.url(), sql)
    }

    /// Runs a statement.
    pub fn execute(&self, sql: &str) {
        crate::sql::execute(&self.url(), sql);
    }

    /// Runs the program to its end, which must be a good one; what it says on stdout.
    pub fn run(&self, args: &[&str]) -> String {
        let mut running = self.start(args);
        let code = running.ended(PATIENCE);
        assert_eq!(code, Some(0), "{args:?}: {}", running.logged());
        running.said()
    }

    /// Starts the program.
    pub fn start(&self, args: &[&str]) -> Running {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let out = self.folder.join(format!("{number}.out"));
        let err = self.folder.join(format!("{number}.err"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_duban"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("DUBAN") {
                command.env_remove(name);
            }
        }
        let child = command
            .args(args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(File::create(&out).expect("file"))
            .stderr(File::create(&err).expect("file"))
            .spawn()
            .expect("started");
        Running {
            child,
            port: 0,
            out,
            err,
        }
    }

    /// Starts the service at a free port; it need not be ready yet.
    pub fn start_service(&mut self) -> Running {
        let port = free_port();
        self.set("DUBAN__HTTP__LISTEN", &format!("127.0.0.1:{port}"));
        let mut running = self.start(&["serve"]);
        running.port = port;
        running
    }

    /// The same, and waits until it is ready.
    pub fn serve(&mut self) -> Running {
        let mut running = self.start_service();
        running.wait_ready();
        running
    }

    /// An administrator's token.
    pub fn token(&self) -> String {
        let address = "admin@example.org";
        self.run(&["user", "create", address, "--role", "administrator"]);
        let told = self.run(&["--json", "user", "token", address]);
        let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
        told["token"].as_str().expect("a token").to_owned()
    }

    /// What SQLite says of the file; `ok` on PostgreSQL, which has no such question.
    pub fn integrity(&self) -> String {
        match self.database {
            Some(_) => "ok".to_owned(),
            None => crate::sql::texts(&self.url(), "PRAGMA integrity_check").join("; "),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A started program. Dropped, it is killed.
pub struct Running {
    child: Child,
    /// Where it listens, if it is the service.
    pub port: u16,
    out: PathBuf,
    err: PathBuf,
}

impl Running {
    /// Waits for its end; its exit code.
    pub fn ended(&mut self, patience: Duration) -> Option<i32> {
        let status = wait("the program's end", patience, || {
            self.child.try_wait().expect("asked")
        });
        status.code()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("asked").is_none()
    }

    /// What is on its stdout so far.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.out).unwrap_or_default()).into_owned()
    }

    /// The end of what is on its stderr so far.
    pub fn logged(&self) -> String {
        let text = String::from_utf8_lossy(&fs::read(&self.err).unwrap_or_default()).into_owned();
        let lines: Vec<&str> = text.lines().rev().take(12).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Kills it at once, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(sent.expect("kill").success(), "SIGTERM was not sent");
    }

    /// Asks it to stop, and says how long that took and how it ended.
    pub fn stop(&mut self) -> (Duration, Option<i32>) {
        let asked = Instant::now();
        self.terminate();
        let code = self.ended(Duration::from_secs(60));
        (asked.elapsed(), code)
    }

    /// Waits until it says that it can serve.
    pub fn wait_ready(&mut self) {
        wait("readiness", Duration::from_secs(60), || {
            assert!(self.runs(), "it ended: {}", self.logged());
            let answer = crate::http::get(self.port, "/readyz", None);
            answer.ok().filter(|answer| answer.status == 200)
        });
    }

    /// Waits until the day's digests are made, which comes after the rounds: only then is every mail there.
    pub fn wait_digests(&mut self) {
        self.wait_ready();
        wait("the digests", Duration::from_secs(120), || {
            crate::http::metric(self.port, "duban_job_runs_total{job=\"remind\"")
        });
    }

    /// A line of `/proc/<pid>/status`, in MiB: `VmRSS` now, `VmHWM` at the most.
    pub fn memory(&self, line: &str) -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|text| text.strip_prefix(line))?;
        let kib: f64 = line
            .trim_start_matches(':')
            .split_whitespace()
            .next()?
            .parse()
            .ok()?;
        Some(kib / 1024.0)
    }

    /// How many files and sockets it has open.
    pub fn open_files(&self) -> usize {
        let folder = fs::read_dir(format!("/proc/{}/fd", self.child.id()));
        folder.map_or(0, Iterator::count)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Looks again and again until there is something to see.
pub fn wait<T>(what: &str, patience: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(started.elapsed() < patience, "waited in vain for {what}");
        std::thread::sleep(LOOK);
    }
}

/// A port that is free now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("free port");
    listener.local_addr().expect("address").port()
}

/// A number from `from` on, below `to`.
pub fn random(from: u64, to: u64) -> u64 {
    use std::hash::{BuildHasher, RandomState};
    from + RandomState::new().hash_one(0) % (to - from).max(1)
}

//! A PostgreSQL server of the run's own, which keeps what it commits (fsync on), can be crashed and started again, and is
//! deleted at the end.

use crate::place::{free_port, wait};
use duban::storage::new_id;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The server that most rows share.
static SHARED: Mutex<Option<Arc<Cluster>>> = Mutex::new(None);

/// The folders of all servers that this run has started.
static STARTED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Ends every server of this run at once, whoever still uses it.
pub fn end_all() {
    let folders = STARTED.lock().expect("not poisoned");
    for folder in folders.iter() {
        let told = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
        if let Some(pid) = told.lines().next() {
            let _ = Command::new("kill").args(["-QUIT", pid]).status();
        }
        let _ = fs::remove_dir_all(folder);
    }
}

/// A server.
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    owner: Option<&'static str>,
    /// Where it listens on loopback.
    pub port: u16,
}

/// The shared server, started when first asked for; `Err` says why there is none.
pub fn shared() -> Result<Arc<Cluster>, String> {
    let mut shared = SHARED.lock().expect("not poisoned");
    if let Some(cluster) = &*shared {
        return Ok(cluster.clone());
    }
    let cluster = Arc::new(Cluster::start_new()?);
    *shared = Some(cluster.clone());
    Ok(cluster)
}

/// Stops the shared server, if it was started.
pub fn end_shared() {
    let taken = SHARED.lock().ok().and_then(|mut shared| shared.take());
    drop(taken);
}

impl Cluster {
    /// Makes and starts one.
    pub fn start_new() -> Result<Self, String> {
        let programs =
            programs().ok_or("no initdb under /usr/lib/postgresql: PostgreSQL is missing")?;
        let folder = std::env::temp_dir().join(format!("duban-faults-{}", new_id().simple()));
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        STARTED.lock().expect("not poisoned").push(folder.clone());
        let cluster = Self {
            programs,
            folder,
            owner: is_root().then_some("postgres"),
            port: free_port(),
        };
        if let Some(owner) = cluster.owner {
            let folder = cluster.folder.display().to_string();
            let owned = Command::new("chown").args([owner, &folder]).status();
            owned.map_err(|error| error.to_string())?;
        }
        let data = cluster.data();
        let args = ["-D", &data, "-U", "duban", "-A", "trust", "-E", "UTF8"];
        let locale = ["--locale=C.UTF-8", "--no-sync"];
        done(cluster.run("initdb", &[&args[..], &locale].concat()))?;
        cluster.start()?;
        Ok(cluster)
    }

    /// Starts it (again).
    pub fn start(&self) -> Result<(), String> {
        let options = format!(
            "-k {} -c listen_addresses=127.0.0.1 -c port={} -c max_connections=200",
            self.folder.display(),
            self.port
        );
        let log = self.folder.join("server.log").display().to_string();
        let data = self.data();
        let args = ["-D", &data, "-w", "-t", "60", "-l", &log, "-o", &options];
        done(self.run("pg_ctl", &[&args[..], &["start"]].concat()))
    }

    /// Ends it without a word to anybody, as a crash would.
    pub fn crash(&self) -> Result<(), String> {
        let data = self.data();
        done(self.run("pg_ctl", &["-D", &data, "-m", "immediate", "-w", "stop"]))
    }

    /// Runs a statement in its first database.
    pub fn execute(&self, sql: &str) {
        crate::sql::execute(&self.url("postgres"), sql);
    }

    /// Address of one of its databases.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://duban@127.0.0.1:{}/{name}", self.port)
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    /// Runs one of PostgreSQL's programs, as a user who is not root. Its output goes to a file: a server that is started
    /// keeps it open.
    fn run(&self, program: &str, args: &[&str]) -> Result<Output, String> {
        let program = self.programs.join(program);
        let mut command = match self.owner {
            Some(owner) => {
                let mut command = Command::new("runuser");
                command.args(["-u", owner, "--"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        let said = self.folder.join("said.log");
        let out = fs::File::create(&said).map_err(|error| error.to_string())?;
        let err = out.try_clone().map_err(|error| error.to_string())?;
        command
            .args(args)
            .current_dir(&self.folder)
            .stdout(out)
            .stderr(err);
        let status = command.status().map_err(|error| error.to_string())?;
        let stdout = fs::read(said).unwrap_or_default();
        Ok(Output {
            status,
            stdout,
            stderr: Vec::new(),
        })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if Path::new(&self.data()).join("postmaster.pid").exists() {
            let _ = self.crash();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A database of its own in a server, dropped in the end.
pub struct Database {
    pub cluster: Arc<Cluster>,
    pub name: String,
}

impl Database {
    /// An empty one.
    pub fn new(cluster: Arc<Cluster>) -> Self {
        let name = format!("faults_{}", new_id().simple());
        cluster.execute(&format!("CREATE DATABASE {name}"));
        Self { cluster, name }
    }

    /// One with the same rows; nobody may be connected to this one.
    pub fn copy(&self) -> Self {
        let name = format!("faults_{}", new_id().simple());
        let sql = format!("CREATE DATABASE {name} TEMPLATE {}", self.name);
        // A connection that was closed a moment ago may still be there.
        wait("a database to copy", Duration::from_secs(20), || {
            crate::sql::try_execute(&self.cluster.url("postgres"), &sql).ok()
        });
        let cluster = self.cluster.clone();
        Self { cluster, name }
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.cluster.url(&self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let _ = crate::sql::try_execute(&self.cluster.url("postgres"), &sql);
    }
}

fn done(ran: Result<Output, String>) -> Result<(), String> {
    let ran = ran?;
    match ran.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&ran.stdout).into_owned()),
    }
}

/// The folder of PostgreSQL's programs, the newest version's.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut folders: Vec<PathBuf> = versions
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    folders.sort();
    folders.pop()
}

/// Whether this runs as root, as whom PostgreSQL refuses to run.
fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    uid.and_then(|line| line.split_whitespace().nth(1)) == Some("0")
}

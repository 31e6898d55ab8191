//! A folder of its own for each journey, and the program in it: run to its end, or served on a port of loopback.

use crate::letters::Letter;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(50);

/// Tells the folders of one run apart.
static PLACES: AtomicU32 = AtomicU32::new(0);

/// A folder, deleted in the end, and the port on which the program is served from it.
pub struct Place {
    folder: PathBuf,
    port: u16,
}

impl Place {
    /// A new, empty folder.
    pub fn new() -> Self {
        let number = PLACES.fetch_add(1, Ordering::Relaxed);
        let name = format!("duban-journey-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("folder");
        Self {
            folder,
            port: free_port(),
        }
    }

    /// Where something lies in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file; where it lies.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("file");
        path
    }

    /// The address of a page.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Runs the program to its end, which must be a good one; what it said.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> String {
        self.run_to(0, args)
    }

    /// Runs the program to its end, with that exit code; what it said.
    #[track_caller]
    pub fn run_to(&self, code: i32, args: &[&str]) -> String {
        let ran = self.command(args).output().expect("started");
        let (out, err) = (text_of(&ran.stdout), text_of(&ran.stderr));
        assert_eq!(ran.status.code(), Some(code), "{args:?}: {out}\n{err}");
        out
    }

    /// The same, as JSON.
    #[track_caller]
    pub fn told(&self, args: &[&str]) -> Value {
        let told = self.run(&[args, &["--json"]].concat());
        serde_json::from_str(&told).expect("JSON")
    }

    /// Starts the service, and waits until it answers.
    pub fn serve(&self) -> Service {
        let log = self.path("service.log");
        let said = self.path("service.out");
        let child = self
            .command(&["serve"])
            .stdout(File::create(&said).expect("file"))
            .stderr(File::create(&log).expect("file"))
            .spawn()
            .expect("started");
        let mut service = Service { child, said };
        wait("the service", || {
            let ended = service.child.try_wait().expect("asked");
            assert!(ended.is_none(), "it ended: {}", read(&log));
            asks(self.port, "/readyz")
        });
        service
    }

    /// The program with this folder's configuration.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_duban"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("DUBAN") {
                command.env_remove(name);
            }
        }
        command
            .args(args)
            .env("DUBAN__HTTP__LISTEN", format!("127.0.0.1:{}", self.port))
            .env("DUBAN__HTTP__BASE_URL", self.url(""))
            .env("DUBAN__MAIL__WINDOW", "always")
            .env("DUBAN__MAIL__FROM", "duban@bureau.example.org")
            .current_dir(&self.folder)
            .stdin(Stdio::null());
        command
    }

    /// The letters in the mail folder to an address, the latest last.
    pub fn letters(&self, to: &str) -> Vec<Letter> {
        let Ok(entries) = fs::read_dir(self.path("var/mail")) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("entry").path()).collect();
        files.retain(|path| path.extension().is_some_and(|name| name == "eml"));
        files.sort_by_key(|path| fs::metadata(path).and_then(|found| found.modified()).ok());
        let letters = files.iter().map(|path| Letter::parse(&read(path)));
        letters.filter(|letter| letter.is_to(to)).collect()
    }

    /// Waits for a letter to an address that has a link behind these words; the link.
    pub fn mailed_link(&self, to: &str, words: &[&str]) -> String {
        wait(&format!("a mail to {to} with {words:?}"), || {
            let letters = self.letters(to);
            letters.iter().rev().find_map(|one| one.link_behind(words))
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The running service. Dropped, it is killed.
pub struct Service {
    child: Child,
    said: PathBuf,
}

impl Service {
    /// What it said on its standard output so far.
    pub fn said(&self) -> String {
        read(&self.said)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn read(path: &Path) -> String {
    text_of(&fs::read(path).unwrap_or_default())
}

/// Looks again and again until there is something to see.
pub fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(LOOK);
    }
}

/// A port that is free now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("free port");
    listener.local_addr().expect("address").port()
}

/// Whether somebody answers 200 to a `GET` at a port of this machine.
pub fn asks(port: u16, path: &str) -> Option<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .ok()?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    // A driver that keeps the connection open does not end it: the first line is enough.
    let mut line = [0; 12];
    stream.read_exact(&mut line).ok()?;
    (&line[9..] == b"200").then_some(())
}

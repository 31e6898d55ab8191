//! A folder of its own for each test, and the program run in it: to its end, or started and stopped by its handle.

use duban::storage::new_id;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest that any command may take; one that hangs fails its test.
const PATIENCE: Duration = Duration::from_secs(100);
/// Between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(10);

/// A folder, deleted in the end.
pub struct Place {
    folder: PathBuf,
}

impl Place {
    /// A new, empty folder.
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("duban-cli-{}", new_id()));
        fs::create_dir_all(&folder).expect("folder");
        Self { folder }
    }

    /// A new folder with an empty database.
    pub fn migrated() -> Self {
        let place = Self::new();
        place.run(&["migrate"]).done();
        place
    }

    /// Where something lies in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).expect("folder");
        }
        fs::write(path, bytes).expect("file");
    }

    /// Address of the database that the program uses by default.
    pub fn database(&self) -> String {
        format!("sqlite://{}", self.path("var/duban.db").display())
    }

    /// Names of the `.eml` files in the default mail folder.
    pub fn mails(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path("var/mail")) else {
            return Vec::new();
        };
        let paths = entries.map(|entry| entry.expect("entry").path());
        let mut mails: Vec<PathBuf> = paths
            .filter(|path| path.extension().is_some_and(|name| name == "eml"))
            .collect();
        mails.sort();
        mails
    }

    /// An administrator is made, and gets a token.
    pub fn administrator(&self) -> String {
        let address = "admin@example.org";
        let admin = ["user", "create", address, "--role", "administrator"];
        self.run(&admin).done();
        let told = self
            .run(&["--json", "user", "token", address])
            .done()
            .json();
        told["token"].as_str().expect("a token").to_owned()
    }

    /// Runs the program to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_with(&[], args)
    }

    /// Runs the program to its end, with configuration in the environment.
    pub fn run_with(&self, env: &[(&str, &str)], args: &[&str]) -> Ran {
        self.start(env, args).ended()
    }

    /// Runs the program to its end, with something to read on standard input.
    pub fn run_reading(&self, input: &[u8], args: &[&str]) -> Ran {
        let mut running = self.start(&[], args);
        let mut stdin = running.child.stdin.take().expect("stdin");
        stdin.write_all(input).expect("written");
        drop(stdin);
        running.ended()
    }

    /// Starts the program.
    pub fn start(&self, env: &[(&str, &str)], args: &[&str]) -> Running {
        self.start_program(Path::new(env!("CARGO_BIN_EXE_duban")), env, args)
    }

    /// Starts a copy of the program.
    pub fn start_program(&self, program: &Path, env: &[(&str, &str)], args: &[&str]) -> Running {
        let id = new_id();
        let out = std::env::temp_dir().join(format!("duban-cli-{id}.out"));
        let err = std::env::temp_dir().join(format!("duban-cli-{id}.err"));
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("DUBAN") {
                command.env_remove(name);
            }
        }
        let child = command
            .args(args)
            .envs(env.iter().copied())
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(File::create(&out).expect("file"))
            .stderr(File::create(&err).expect("file"))
            .spawn()
            .expect("started");
        Running { child, out, err }
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
    out: PathBuf,
    err: PathBuf,
}

impl Running {
    /// Waits for its end.
    pub fn ended(mut self) -> Ran {
        let status = wait("the program's end", || {
            self.child.try_wait().expect("asked")
        });
        Ran {
            code: status.code(),
            out: self.said(),
            err: self.logged(),
        }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("asked").is_none()
    }

    /// What is on its stdout so far.
    pub fn said(&self) -> String {
        text_of(&self.out)
    }

    /// What is on its stderr so far.
    pub fn logged(&self) -> String {
        text_of(&self.err)
    }

    /// Sends it a signal, by name.
    pub fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status();
        assert!(sent.expect("sh").success(), "{kill}");
    }

    /// Kills it at once, as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("gone");
    }

    /// Waits until `GET /readyz` on a port is answered with 200.
    pub fn wait_ready(&mut self, port: u16) {
        wait("readiness", || {
            assert!(self.runs(), "it ended: {}", self.logged());
            get(port, "/readyz").filter(|answer| answer.status == 200)
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.out);
        let _ = fs::remove_file(&self.err);
    }
}

fn text_of(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
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

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Asserts exit code 0.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
        self
    }

    /// Asserts exit code 1 and an error in plain Chinese that has all these words; nothing on stdout.
    #[track_caller]
    pub fn refused(self, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(1), "{}\n{}", self.out, self.err);
        assert_eq!(self.out, "", "a refusal belongs on stderr");
        let told = self.err.split("错误").nth(1).unwrap_or_default();
        for word in words {
            assert!(told.contains(word), "no {word:?} in {:?}", self.err);
        }
        let chinese = told.chars().filter(|c| ('一'..='鿿').contains(c)).count();
        assert!(chinese >= 6, "hardly Chinese: {:?}", self.err);
        for inner in ["panicked", "DbErr", "Error(", "Some(", "None)"] {
            assert!(!self.err.contains(inner), "{inner} in {:?}", self.err);
        }
        self
    }

    /// The one JSON value that stdout is.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }
}

/// A port that is free now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("free port");
    listener.local_addr().expect("address").port()
}

/// An HTTP answer.
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// `GET` on this machine; `None` where nobody answers.
pub fn get(port: u16, path: &str) -> Option<Answer> {
    ask(port, &format!("GET {path} HTTP/1.1\r\n"), "")
}

/// A request with a first line and headers (each ending in CRLF) and a body.
pub fn ask(port: u16, head: &str, body: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let patience = Some(Duration::from_secs(10));
    stream.set_read_timeout(patience).ok()?;
    let length = body.len();
    let request =
        format!("{head}Host: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some(Answer {
        status: head.split(' ').nth(1)?.parse().ok()?,
        body: body.to_owned(),
    })
}

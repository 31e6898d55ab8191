//! The program that drives the browser, started on a free port and ended by its handle, with all browsers that it started.

use crate::place::{asks, free_port, wait};
use std::io::ErrorKind;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to end its browsers.
const ENDING: Duration = Duration::from_secs(10);

/// Set by `tests/run.sh` where there is no browser, and none could be installed.
const WITHOUT: &str = "DUBAN_TEST_WITHOUT_BROWSER";

/// The running program.
pub struct Chromedriver {
    child: Child,
    port: u16,
}

/// Whether the journeys shall be left out.
pub fn is_left_out() -> bool {
    let is_set = std::env::var_os(WITHOUT).is_some();
    if is_set {
        eprintln!("left out: {WITHOUT} is set");
    }
    is_set
}

impl Chromedriver {
    /// Starts it, and waits until it answers.
    pub fn start() -> Self {
        let port = free_port();
        let started = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .arg("--log-level=SEVERE")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        let child = match started {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => panic!(
                "there is no chromedriver: as root, apt-get install chromium chromium-driver (or set {WITHOUT}=1)"
            ),
            Err(error) => panic!("chromedriver: {error}"),
        };
        let driver = Self { child, port };
        wait("chromedriver", || asks(port, "/status"));
        driver
    }

    /// Where it is spoken to.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        // Asked to end, it ends its browsers first; killed, it would leave them behind.
        let _ = asks(self.port, "/shutdown");
        let asked = Instant::now();
        while asked.elapsed() < ENDING && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! What the service writes to its log while it is tested.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use tracing_subscriber::EnvFilter;

/// What is written while somebody listens.
struct Log {
    listeners: usize,
    lines: Vec<u8>,
}

static LOG: Mutex<Log> = Mutex::new(Log {
    listeners: 0,
    lines: Vec::new(),
});
static SET_UP: OnceLock<()> = OnceLock::new();

fn log() -> MutexGuard<'static, Log> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Ear;

impl Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = log();
        if log.listeners > 0 {
            log.lines.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Somebody who listens; nothing is kept once nobody does.
pub struct Listener(());

/// Listens from now on, to this process whole.
pub fn listen() -> Listener {
    log().listeners += 1;
    SET_UP.get_or_init(|| {
        tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(
                "duban::http=trace,duban::flow=trace,duban::webhook=trace,hyper=trace,actix_web=trace,actix_http=trace,actix_server=trace",
            ))
            .with_writer(|| Ear)
            .init();
    });
    Listener(())
}

impl Listener {
    /// Everything that was written since.
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&log().lines).into_owned()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut log = log();
        log.listeners -= 1;
        if log.listeners == 0 {
            log.lines = Vec::new();
        }
    }
}

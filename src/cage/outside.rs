//! The cage from outside: started with nothing of ours, fed, listened to up to a bound, and ended whatever it does.

use super::{inside, wire};
use crate::documents::reading::ReadKind;
use bytes::Bytes;
use std::io::{self, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// What one cage may take, and how many there are. A file and the wait for its cage fit into the time in which a request is
/// answered.
#[derive(Debug, Clone, Copy)]
pub struct CageBounds {
    /// How long a file may take on the clock.
    pub time: Duration,
    /// Bytes that a cage may tell.
    pub output: usize,
    /// Cages at once.
    pub at_once: usize,
    /// How long to wait for one.
    pub patience: Duration,
}

impl Default for CageBounds {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(15),
            output: 64 << 20,
            at_once: 2,
            patience: Duration::from_secs(8),
        }
    }
}

/// The cages of a process.
#[derive(Debug)]
pub struct Cages {
    program: PathBuf,
    bounds: CageBounds,
    room: Arc<Semaphore>,
}

/// Why a cage gave no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// All cages were taken.
    NoRoom,
    /// It could not be started, or did not begin.
    NotStarted(String),
    /// It took too long.
    Time,
    /// It told too much.
    Output,
    /// A signal ended it: it aborts without memory, and the system ends it without time.
    Killed(i32),
    /// It failed by itself.
    Failed(i32),
}

impl From<io::Error> for Escape {
    fn from(error: io::Error) -> Self {
        Self::NotStarted(error.to_string())
    }
}

impl Cages {
    /// Cages that start `program`.
    pub fn of(program: PathBuf, bounds: CageBounds) -> Self {
        Self {
            program,
            bounds,
            room: Arc::new(Semaphore::new(bounds.at_once)),
        }
    }

    /// What a cage tells of a file.
    pub(super) async fn read(
        &self,
        kind: ReadKind,
        name: &str,
        bytes: Bytes,
    ) -> Result<Vec<u8>, Escape> {
        let room = self.room.clone().acquire_owned();
        let room = tokio::time::timeout(self.bounds.patience, room).await;
        let room = room
            .map_err(|_| Escape::NoRoom)?
            .map_err(|_| Escape::NoRoom)?;
        let (cage, input, output) = start(&self.program, kind)?;
        // Whoever asked may go away: so does the cage then, and the thread that talks with it.
        let _end = EndAfter(cage.clone());
        let (head, most) = (wire::head(name, &bytes), self.bounds.output);
        let talking = tokio::task::spawn_blocking(move || {
            let _room = room;
            talk(&cage, input, output, (&head, &bytes), most)
        });
        match tokio::time::timeout(self.bounds.time, talking).await {
            Err(_) => Err(Escape::Time),
            Ok(Err(cut_off)) => Err(Escape::NotStarted(cut_off.to_string())),
            Ok(Ok(told)) => told,
        }
    }
}

/// A started cage.
struct Cage(Mutex<Child>);

impl Cage {
    /// Ends it, where it has not ended by itself; how it ended.
    fn end(&self) -> io::Result<ExitStatus> {
        let mut child = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        child.kill()?;
        child.wait()
    }
}

/// Ends its cage when dropped.
struct EndAfter(Arc<Cage>);

impl Drop for EndAfter {
    fn drop(&mut self) {
        if let Err(error) = self.0.end() {
            tracing::error!(%error, "A cage could not be ended");
        }
    }
}

fn start(program: &Path, kind: ReadKind) -> io::Result<(Arc<Cage>, ChildStdin, ChildStdout)> {
    let mut child = Command::new(program)
        .args([inside::COMMAND, kind.as_str()])
        .env_clear()
        // Memory counts against the bound when it is used, not when it is put by.
        .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // A signal from the keyboard is for the service alone, which ends what it has begun.
        .process_group(0)
        .spawn()?;
    let pipes = child.stdin.take().zip(child.stdout.take());
    let cage = Arc::new(Cage(Mutex::new(child)));
    match pipes {
        Some((input, output)) => Ok((cage, input, output)),
        None => {
            cage.end()?;
            Err(io::Error::other("no pipes"))
        }
    }
}

/// Feeds a cage and listens, both at once: neither side waits for the other.
fn talk(
    cage: &Cage,
    mut input: ChildStdin,
    output: ChildStdout,
    (head, bytes): (&[u8], &[u8]),
    most: usize,
) -> Result<Vec<u8>, Escape> {
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // One that ends in the middle of it is judged by how it ends.
            let _ = input.write_all(head).and_then(|()| input.write_all(bytes));
        });
        let mut told = Vec::new();
        let listened = output.take(most as u64 + 1).read_to_end(&mut told);
        // It has ended, or has nothing more to say. Where it ended by itself this changes nothing about how.
        let status = cage.end()?;
        listened?;
        if told.len() > most {
            return Err(Escape::Output);
        }
        judge(status).map_or(Ok(told), Err)
    })
}

/// Why an end is no answer.
fn judge(status: ExitStatus) -> Option<Escape> {
    if let Some(signal) = status.signal() {
        return Some(Escape::Killed(signal));
    }
    match status.code() {
        Some(0) => None,
        Some(code) if code == i32::from(inside::NOT_BEGUN) => {
            Some(Escape::NotStarted("it did not begin".to_owned()))
        }
        Some(code) => Some(Escape::Failed(code)),
        None => Some(Escape::Failed(-1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Instant;

    /// A program of one line in a folder of its own.
    struct Script(PathBuf);

    impl Script {
        fn of(line: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("duban-cage-{}", uuid::Uuid::now_v7()));
            fs::create_dir(&folder).expect("a folder");
            let program = folder.join("program");
            fs::write(&program, format!("#!/bin/sh\n{line}\n")).expect("written");
            fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("mode");
            Self(folder)
        }

        fn cages(&self, bounds: CageBounds) -> Cages {
            Cages::of(self.0.join("program"), bounds)
        }
    }

    impl Drop for Script {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn quick() -> CageBounds {
        CageBounds {
            time: Duration::from_secs(5),
            output: 1_000,
            ..CageBounds::default()
        }
    }

    async fn told(line: &str, bounds: CageBounds) -> Result<Vec<u8>, Escape> {
        let script = Script::of(line);
        let file = Bytes::from(vec![b'x'; 300_000]);
        let cages = script.cages(bounds);
        let told = cages.read(ReadKind::Plan, "a.txt", file).await;
        assert_eq!(cages.room.available_permits(), bounds.at_once);
        told
    }

    #[tokio::test]
    async fn what_it_says_is_told_whether_it_listens_or_not() {
        let heard = told("cat >/dev/null; echo yes", quick()).await;
        assert_eq!(heard, Ok(b"yes\n".to_vec()));
        let deaf = told("echo no", quick()).await;
        assert_eq!(deaf, Ok(b"no\n".to_vec()));
    }

    #[tokio::test]
    async fn nothing_of_ours_goes_into_it() {
        let script = Script::of("env; pwd; ls -l /proc/self/fd");
        let _secret = fs::File::create(script.0.join("secret")).expect("an open file");
        let cages = script.cages(quick());
        let seen = cages.read(ReadKind::Plan, "a.txt", Bytes::new()).await;
        let seen = String::from_utf8(seen.expect("told")).expect("text");
        assert!(seen.contains("MIMALLOC_ARENA_EAGER_COMMIT=0"), "{seen}");
        assert!(seen.lines().any(|line| line == "/"), "{seen}");
        for ours in ["secret", "HOME=", "CARGO", "DUBAN", "USER="] {
            assert!(!seen.contains(ours), "{ours} in {seen}");
        }
    }

    #[tokio::test]
    async fn how_it_ended_is_told_from_what_it_said() {
        for (line, escape) in [
            ("kill -ABRT $$", Escape::Killed(6)),
            ("echo half; kill -KILL $$", Escape::Killed(9)),
            ("exit 101", Escape::Failed(101)),
            ("exit 3", Escape::NotStarted("it did not begin".to_owned())),
        ] {
            assert_eq!(told(line, quick()).await, Err(escape), "{line}");
        }
        let nowhere = Cages::of("/nowhere/duban".into(), quick());
        let told = nowhere.read(ReadKind::Plan, "a.txt", Bytes::new()).await;
        assert!(matches!(told, Err(Escape::NotStarted(_))), "{told:?}");
    }

    #[tokio::test]
    async fn it_may_not_say_more_than_its_bound() {
        let begun = Instant::now();
        assert_eq!(told("yes", quick()).await, Err(Escape::Output));
        assert!(begun.elapsed() < quick().time);
    }

    #[tokio::test]
    async fn it_may_not_take_longer_than_its_bound() {
        let bounds = CageBounds {
            time: Duration::from_millis(200),
            ..quick()
        };
        let script = Script::of("echo $$ >\"$0.id\"; exec sleep 60");
        let cages = script.cages(bounds);
        let told = cages.read(ReadKind::Plan, "a.txt", Bytes::new()).await;
        assert_eq!(told, Err(Escape::Time));
        gone(&script);
    }

    #[tokio::test]
    async fn it_goes_with_whoever_asked() {
        let script = Script::of("echo $$ >\"$0.id\"; exec sleep 60");
        let cages = script.cages(quick());
        let reading = cages.read(ReadKind::Plan, "a.txt", Bytes::new());
        let left = tokio::time::timeout(Duration::from_millis(300), reading).await;
        assert!(left.is_err());
        gone(&script);
        let room = cages.room.acquire_many(2);
        let room = tokio::time::timeout(Duration::from_secs(5), room).await;
        assert!(room.is_ok(), "its room is free again");
    }

    /// Asserts that the process that wrote down its number is there no more.
    fn gone(script: &Script) {
        let id = fs::read_to_string(script.0.join("program.id")).expect("its number");
        let place = Path::new("/proc").join(id.trim());
        assert!(!place.exists(), "{} is still there", place.display());
    }

    #[tokio::test]
    async fn only_so_many_are_there_at_once() {
        let script = Script::of("exec sleep 1");
        let bounds = CageBounds {
            patience: Duration::from_millis(100),
            ..quick()
        };
        let cages = script.cages(bounds);
        let four = (0..4).map(|_| cages.read(ReadKind::Plan, "a.txt", Bytes::new()));
        let told = futures_util::future::join_all(four).await;
        let turned_away = told.iter().filter(|one| **one == Err(Escape::NoRoom));
        assert_eq!(turned_away.count(), 2, "{told:?}");
    }
}

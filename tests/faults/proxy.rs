//! A TCP proxy on loopback between the program and its database: it passes on, with a delay, cuts, or goes silent while
//! the connections stay open (as when a cable is pulled).

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Between two looks at what is wanted.
const LOOK: Duration = Duration::from_millis(20);

/// The proxy; passes on until the run ends.
#[derive(Clone)]
pub struct Proxy {
    pub port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// New connections are silent too.
    silent: AtomicBool,
    /// Connections of an earlier age are silent for good.
    age: AtomicU64,
    /// Pause before each piece, in milliseconds.
    delay: AtomicU64,
    /// Connections are cut after so many bytes more, all together; 0 is never.
    cut_after: AtomicU64,
}

impl Proxy {
    /// Passes on to a port of this machine.
    pub fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("free port");
        let proxy = Self {
            port: listener.local_addr().expect("address").port(),
            state: Arc::default(),
        };
        let state = proxy.state.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", to)) else {
                    continue;
                };
                pass_both_ways(&client, &server, &state);
            }
        });
        proxy
    }

    /// Goes silent: whatever is open stays open, and nothing is heard on it any more.
    pub fn go_silent(&self) {
        self.state.silent.store(true, Ordering::SeqCst);
        self.state.age.fetch_add(1, Ordering::SeqCst);
    }

    /// New connections are passed on again; those that were silent stay so.
    pub fn heal(&self) {
        self.state.age.fetch_add(1, Ordering::SeqCst);
        self.state.silent.store(false, Ordering::SeqCst);
    }

    /// Pauses before each piece.
    pub fn delay(&self, pause: Duration) {
        let pause = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        self.state.delay.store(pause, Ordering::SeqCst);
    }

    /// Cuts whichever connection passes on the last of so many bytes.
    pub fn cut_after(&self, bytes: u64) {
        self.state.cut_after.store(bytes, Ordering::SeqCst);
    }
}

fn pass_both_ways(client: &TcpStream, server: &TcpStream, state: &Arc<State>) {
    let age = state.age.load(Ordering::SeqCst);
    for (from, to) in [(client, server), (server, client)] {
        let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else {
            return;
        };
        let state = state.clone();
        std::thread::spawn(move || {
            let _ = pass(&from, &to, &state, age);
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
}

fn pass(from: &TcpStream, to: &TcpStream, state: &State, age: u64) -> std::io::Result<()> {
    from.set_nodelay(true)?;
    from.set_read_timeout(Some(LOOK))?;
    let (mut from, mut to) = (from, to);
    let mut piece = vec![0; 64 << 10];
    loop {
        let length = match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                continue;
            }
            Err(error) => return Err(error),
        };
        std::thread::sleep(Duration::from_millis(state.delay.load(Ordering::SeqCst)));
        let is_silent =
            state.silent.load(Ordering::SeqCst) || state.age.load(Ordering::SeqCst) != age;
        if is_silent {
            continue;
        }
        if used_up(state, length as u64) {
            return Ok(());
        }
        to.write_all(&piece[..length])?;
    }
}

/// Whether these bytes are more than may still be passed on.
fn used_up(state: &State, length: u64) -> bool {
    let left = state.cut_after.load(Ordering::SeqCst);
    if left == 0 {
        return false;
    }
    state
        .cut_after
        .store(left.saturating_sub(length), Ordering::SeqCst);
    left <= length
}

//! Clients that connect and say nothing, or one letter a second, by the thousand (bad input H5).

use crate::place::{free_port, get};
use crate::samples::with_small;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const SILENT: usize = 1_500;
const SLOW: usize = 300;
/// The service's own patience with a head is 10 s.
const PATIENCE: Duration = Duration::from_secs(15);

fn open_files(process: u32) -> usize {
    let files = std::fs::read_dir(format!("/proc/{process}/fd"));
    files.expect("its files").count()
}

/// Whether the other side has closed; whatever it said before is read.
fn is_closed(stream: &mut TcpStream) -> bool {
    let mut said = [0; 512];
    loop {
        match stream.read(&mut said) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            Err(_) => return true,
        }
    }
}

#[test]
fn silent_and_slow_clients_keep_nobody_waiting() {
    let place = with_small(1);
    place.import(&[]).done();
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let mut running = place.start(&[("DUBAN__HTTP__LISTEN", &listen)], &["serve"]);
    running.wait_ready(port);
    let at_first = open_files(running.id());
    let connect = || {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("connected");
        stream.set_nonblocking(true).expect("no waiting");
        stream
    };
    let mut silent: Vec<TcpStream> = (0..SILENT).map(|_| connect()).collect();
    let mut slow: Vec<TcpStream> = (0..SLOW).map(|_| connect()).collect();
    let begun = Instant::now();
    let head =
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    let mut times = Vec::new();
    let mut waiting = SLOW;
    for letter in head {
        slow.retain_mut(|stream| {
            // Who was closed is told so by the next letter or the one after it.
            stream.write(&[*letter]).is_ok() && !is_closed(stream)
        });
        waiting = slow.len();
        for _ in 0..5 {
            let asked = Instant::now();
            assert_eq!(get(port, "/healthz").map(|answer| answer.status), Some(200));
            times.push(asked.elapsed());
        }
        if waiting == 0 || begun.elapsed() > PATIENCE {
            break;
        }
        std::thread::sleep(Duration::from_millis(700));
    }
    times.sort_unstable();
    let median = times[times.len() / 2];
    println!(
        "median {median:?}, slow ones ended after {:?}",
        begun.elapsed()
    );
    assert_eq!(waiting, 0, "slow heads are cut off");
    assert!(median < Duration::from_millis(200), "{median:?}");
    let still = silent
        .iter_mut()
        .filter_map(|stream| (!is_closed(stream)).then_some(()));
    println!("{} of {SILENT} silent ones still open", still.count());
    drop(silent);
    let left = crate::place::wait("its files to be as few as at first", || {
        let left = open_files(running.id());
        (left <= at_first + 10).then_some(left)
    });
    assert!(running.runs(), "{left} files");
    assert_eq!(get(port, "/healthz").map(|answer| answer.status), Some(200));
}

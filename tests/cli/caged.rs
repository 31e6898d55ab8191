//! Files that are read in a process of their own: the same answers as in this one, and its bounds.

use crate::place::{Place, free_port, wait};
use crate::samples::with_small;
use duban::cage::Reader;
use duban::documents::UnitRow;
use duban::documents::reading::{Readable, Unreadable};
use duban::domain::plan::document::Document;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

/// A cage by hand, through a shell that may tighten its bounds first.
fn cage(bounds: &str, kind: &str) -> Child {
    let line = format!("{bounds} exec \"$0\" read-file {kind}");
    Command::new("sh")
        .args(["-c", &line, env!("CARGO_BIN_EXE_duban")])
        .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("started")
}

/// Sends a file as the service does.
fn send(child: &mut Child, name: &str, bytes: &[u8]) {
    let mut input = child.stdin.take().expect("its input");
    let lengths = [name.len() as u64, bytes.len() as u64].map(u64::to_le_bytes);
    let whole = [&lengths.concat(), name.as_bytes(), bytes].concat();
    // It may end before it has heard all.
    let _ = input.write_all(&whole);
}

/// What a cage says of a file, and how it ends.
fn told(mut child: Child, name: &str, bytes: &[u8]) -> (String, std::process::ExitStatus) {
    send(&mut child, name, bytes);
    let mut said = String::new();
    let mut output = child.stdout.take().expect("its output");
    output.read_to_string(&mut said).expect("text");
    (said, child.wait().expect("its end"))
}

fn same<T: Readable + PartialEq + std::fmt::Debug>(name: &str, bytes: &[u8]) {
    let (said, status) = told(cage("", T::KIND.as_str()), name, bytes);
    assert!(status.success(), "{name}: {status}");
    let said: Result<T, Unreadable> = serde_json::from_str(&said).expect("an answer");
    assert_eq!(said, T::read(name, bytes), "{name}");
}

#[test]
fn a_cage_says_what_its_reader_says() {
    let plan = include_bytes!("../data/town/plan.txt");
    let units = include_bytes!("../data/town/units.csv");
    same::<Document>("plan.txt", plan);
    same::<Document>("plan.docx", plan);
    same::<Document>("plan", plan);
    same::<Document>("plan.xlsx", include_bytes!("../data/ledger/saved.xlsx"));
    same::<duban::documents::ledger_file::LedgerFile>(
        "ledger.xlsx",
        include_bytes!("../data/ledger/saved.xlsx"),
    );
    same::<Vec<UnitRow>>("units.csv", units);
    same::<Vec<UnitRow>>("units.csv", b"\xe5\x90\x8d,\x00");
    same::<Vec<UnitRow>>("units.csv", b"");
}

#[test]
fn a_cage_bounds_itself_before_it_reads() {
    let mut child = cage("", "plan");
    let limits = format!("/proc/{}/limits", child.id());
    let seen = wait("its bounds", || {
        let seen = std::fs::read_to_string(&limits).expect("limits");
        seen.contains("536870912").then_some(seen)
    });
    for (what, most) in [
        ("Max core file size", "0"),
        ("Max file size", "0"),
        ("Max processes", "0"),
        ("Max open files", "3"),
        ("Max cpu time", "12"),
        ("Max data size", "536870912"),
    ] {
        let line = seen.lines().find(|line| line.starts_with(what));
        let line = line.unwrap_or_else(|| panic!("no {what} in {seen}"));
        let rest: Vec<&str> = line[what.len()..].split_whitespace().collect();
        assert_eq!(rest[..2], [most, most], "{line}");
    }
    send(&mut child, "a.txt", "正文".as_bytes());
    assert!(child.wait().expect("its end").success());
}

/// A cage that may use little memory ends by a signal, and says nothing: it is not the service that ends.
#[test]
fn a_cage_without_memory_ends_alone() {
    let large = "一、某项举措\n".repeat(190_000);
    let (_, status) = told(cage("", "plan"), "a.txt", large.as_bytes());
    assert!(status.success(), "{status}");
    let tight = cage("ulimit -d 12000;", "plan");
    let (said, status) = told(tight, "a.txt", large.as_bytes());
    assert_eq!(said, "");
    assert!(
        std::os::unix::process::ExitStatusExt::signal(&status).is_some(),
        "{status}"
    );
}

#[test]
fn what_is_no_file_is_not_read() {
    for input in [&b""[..], b"short", &[0xff; 64]] {
        let mut child = cage("", "plan");
        let mut stdin = child.stdin.take().expect("its input");
        stdin.write_all(input).expect("written");
        drop(stdin);
        assert_eq!(child.wait().expect("its end").code(), Some(3), "{input:?}");
    }
    let place = Place::new();
    let told = place.run(&["read-file", "zip"]);
    assert_eq!(told.code, Some(2), "a command for nobody: {}", told.err);
    let help = place.run(&["--help"]).done();
    assert!(!help.out.contains("read-file"), "{}", help.out);
}

/// The program can be replaced while it runs; what it starts is still itself.
#[test]
fn a_service_whose_program_was_deleted_still_reads() {
    let place = with_small(1);
    let copy = place.path("duban-copy");
    std::fs::copy(env!("CARGO_BIN_EXE_duban"), &copy).expect("copied");
    let port = free_port();
    let mut service = place.start_program(
        &copy,
        &[("DUBAN__HTTP__LISTEN", &format!("127.0.0.1:{port}"))],
        &["serve"],
    );
    service.wait_ready(port);
    std::fs::remove_file(&copy).expect("deleted");
    let token = place.administrator();
    let form =
        "--BB\r\nContent-Disposition: form-data; name=\"file\"; filename=\"plan.txt\"\r\n\r\n";
    let plan = std::fs::read_to_string(place.path("plan.txt")).expect("the plan");
    let body = format!("{form}{plan}\r\n--BB--\r\n");
    let head = format!(
        "POST /api/v1/plans?dry_run=true HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Type: multipart/form-data; boundary=BB\r\n"
    );
    let answer = crate::place::ask(port, &head, &body).expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// How long a cage takes beside its reader. Generous: machines that test are busy.
#[test]
fn a_cage_costs_little() {
    let plan = include_bytes!("../data/town/plan.txt");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let cages = duban::cage::Cages::of(
        env!("CARGO_BIN_EXE_duban").into(),
        duban::cage::CageBounds::default(),
    );
    let caged = Reader::Caged(cages.into());
    let mut best = [std::time::Duration::MAX; 2];
    for _ in 0..5 {
        for (best, reader) in best.iter_mut().zip([&Reader::InProcess, &caged]) {
            let begun = std::time::Instant::now();
            let reading = reader.read::<Document>("plan.txt", plan.to_vec().into());
            runtime.block_on(reading).expect("read");
            *best = (*best).min(begun.elapsed());
        }
    }
    println!("in this process {:?}, in a cage {:?}", best[0], best[1]);
    assert!(best[1] < std::time::Duration::from_secs(1), "{best:?}");
}

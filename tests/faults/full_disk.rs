//! R10: the disk under the database is full, and then is not any more.

use crate::Form;
use crate::http::{ask, get, unit};
use crate::place::{Kind, Place, wait};
use crate::reckon::{reckon, wait_done};
use crate::report::Report;
use crate::round::issue;
use crate::sink::{Manners, Sink};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const CONNECTIONS: usize = 8;
const MEBIBYTES: usize = 64;
/// For what is left once there is room.
const PATIENCE: Duration = Duration::from_secs(100);

/// A small file system in memory, unmounted in the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(folder: PathBuf) -> Result<Self, String> {
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        let size = format!("size={MEBIBYTES}m");
        let args = ["-t", "tmpfs", "-o", &size, "tmpfs"];
        let ran = Command::new("mount").args(args).arg(&folder).output();
        match ran {
            Ok(ran) if ran.status.success() => Ok(Self(folder)),
            Ok(ran) => Err(String::from_utf8_lossy(&ran.stderr).into_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// SQLite alone lies on a disk of ours.
pub fn disk_full(form: Form) -> Report {
    let mails = form.of(400, 3_000);
    let mut place = Place::new(Kind::Sqlite);
    let disk = match SmallDisk::mount(place.folder.join("small")) {
        Ok(disk) => disk,
        Err(why) => return Report::skipped(format!("no small disk can be mounted: {why}")),
    };
    place.move_database(&disk.0.join("duban.db"));
    let sink = Sink::start(Manners::slow(20));
    issue(&place, mails);
    let token = place.token();
    place.set("DUBAN__MAIL__URL", &sink.url());
    let mut running = place.serve();
    let mut report = Report::default();
    let filler = disk.0.join("filler");
    fill(&filler);
    // Until every kind of write has met the full disk: a little room is left in pages that are there already.
    let refusals = write_until_refused(running.port, &token, &filler);
    report.figure(format!("writes answered {refusals:?}"));
    let is_refused = |(status, _): (&u16, &usize)| [503, 507].contains(status);
    report.demand(
        refusals.iter().any(is_refused),
        format!("no write was refused: {refusals:?}"),
    );
    let strange: Vec<_> = refusals
        .keys()
        .filter(|status| ![201, 503, 507].contains(*status))
        .collect();
    report.demand(strange.is_empty(), format!("writes answered {strange:?}"));
    for path in ["/readyz", "/api/v1/units?limit=3", "/api/v1/mails?limit=3"] {
        match get(running.port, path, Some(&token)) {
            Ok(answer) if answer.status == 200 => {}
            other => report.demand(false, format!("reading {path}: {other:?}")),
        }
    }
    let before = sink.count();
    std::thread::sleep(Duration::from_secs(form.of(6, 20)));
    let unmarked = unmarked(&place, &sink);
    report.figure(format!(
        "{} mails while full, {unmarked} without a mark",
        sink.count() - before
    ));
    report.demand(
        unmarked == 0,
        format!("{unmarked} mails left that the database knows nothing of"),
    );
    fs::remove_file(&filler).expect("removed");
    sink.behave(Manners::default());
    let done = wait_done(&place, PATIENCE);
    let created = wait("a write", Duration::from_secs(30), || {
        let answer = ask(
            running.port,
            "POST",
            "/api/v1/units",
            Some(&token),
            &unit("after"),
        );
        answer.ok().filter(|answer| answer.status < 500)
    });
    report.demand(
        created.status == 201,
        format!("a write afterwards: {created:?}"),
    );
    report.figure(format!(
        "went on by itself, done {:.0} s after there was room",
        done.as_secs_f64()
    ));
    report.demand(
        running.runs() && done < PATIENCE,
        format!("not done after {done:?}: {}", running.logged()),
    );
    report.demand_reckoning("afterwards", &reckon(&place, &sink), CONNECTIONS);
    running.stop();
    let integrity = place.integrity();
    report.demand(integrity == "ok", integrity);
    report
}

/// Fills the file system up to its last byte.
fn fill(filler: &Path) {
    let mut file = File::options()
        .create(true)
        .append(true)
        .open(filler)
        .expect("file");
    for size in [1 << 20, 4 << 10, 512, 1] {
        let piece = vec![0_u8; size];
        while file.write_all(&piece).is_ok() {}
    }
}

/// How often which status was answered.
fn write_until_refused(port: u16, token: &str, filler: &Path) -> BTreeMap<u16, usize> {
    let mut statuses = BTreeMap::new();
    let mut refused = 0;
    for number in 0..3_000 {
        let body = unit(&format!("full{number}"));
        let status = ask(port, "POST", "/api/v1/units", Some(token), &body).map_or(0, |a| a.status);
        *statuses.entry(status).or_default() += 1;
        refused += usize::from(status != 201);
        if refused >= 10 {
            break;
        }
        if number % 20 == 0 {
            fill(filler);
        }
    }
    statuses
}

/// Messages that were taken although their mail does not even say that it was being sent.
fn unmarked(place: &Place, sink: &Sink) -> usize {
    let sql = "SELECT message_id FROM mail WHERE state IN ('queued', 'claimed') AND attempts = 0";
    let waiting: std::collections::HashSet<String> = crate::sql::texts(&place.url(), sql)
        .iter()
        .map(|id| crate::sink::bare(id).to_owned())
        .collect();
    let taken = sink.taken();
    taken
        .iter()
        .filter(|taken| waiting.contains(&taken.id))
        .count()
}

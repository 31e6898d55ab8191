//! The cage from inside: this process bounds itself before it looks at a byte, reads one file, tells what it found, ends.

use super::wire;
use crate::documents::UnitRow;
use crate::documents::calendar_file::CalendarFile;
use crate::documents::ledger_file::LedgerFile;
use crate::documents::quality_table::QualityRow;
use crate::documents::reading::{ReadKind, Readable};
use crate::documents::value_template::FilledTemplate;
use crate::domain::plan::document::Document;
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

/// The command that makes this program a cage. It is none for people: help does not name it.
pub const COMMAND: &str = "read-file";

/// Memory. Address space would be the wrong measure: the allocator reserves more of it than it uses.
const DATA_BYTES: u64 = 512 << 20;
/// Seconds of the processor: fewer than a cage may take on the clock, so that only a busy machine runs into that.
const CPU_SECONDS: u64 = 12;
/// Standard input, output and error are open already; nothing else can be.
const FILES: u64 = 3;

/// The exit code where the bounds could not be set, or the file did not arrive.
pub(super) const NOT_BEGUN: u8 = 3;

/// The kind of file that a command line asks a cage for; `None` where it is one for people.
pub fn asked(mut arguments: impl Iterator<Item = OsString>) -> Option<ReadKind> {
    let (command, kind) = (arguments.nth(1)?, arguments.next()?);
    let is_all = arguments.next().is_none();
    match command.to_str()? {
        COMMAND if is_all => ReadKind::of_word(kind.to_str()?),
        _ => None,
    }
}

/// Reads the file on standard input, and writes the answer to standard output.
pub fn read_file(kind: ReadKind) -> ExitCode {
    if bound().is_err() {
        return ExitCode::from(NOT_BEGUN);
    }
    let Ok((name, file)) = wire::take(io::stdin().lock()) else {
        return ExitCode::from(NOT_BEGUN);
    };
    let told = match kind {
        ReadKind::Plan => tell::<Document>(&name, &file),
        ReadKind::Units => tell::<Vec<UnitRow>>(&name, &file),
        ReadKind::Calendar => tell::<CalendarFile>(&name, &file),
        ReadKind::Ledger => tell::<LedgerFile>(&name, &file),
        ReadKind::Quality => tell::<Vec<QualityRow>>(&name, &file),
        ReadKind::Values => tell::<FilledTemplate>(&name, &file),
    };
    match told {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever asked is gone.
        Err(_) => ExitCode::FAILURE,
    }
}

fn tell<T: Readable>(name: &str, file: &[u8]) -> io::Result<()> {
    let answer: wire::Answer<T> = T::read(name, file);
    let mut out = BufWriter::new(io::stdout().lock());
    serde_json::to_writer(&mut out, &answer)?;
    out.flush()
}

/// Gives up everything that reading a file does not need.
fn bound() -> Result<(), Errno> {
    for (resource, most) in [
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nproc, 0),
        (Resource::Nofile, FILES),
        (Resource::Cpu, CPU_SECONDS),
        (Resource::Data, DATA_BYTES),
    ] {
        // A tighter bound from outside stays.
        let most = getrlimit(resource)
            .maximum
            .map_or(most, |set| set.min(most));
        let bound = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, bound)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_by(arguments: &[&str]) -> Option<ReadKind> {
        asked(arguments.iter().map(OsString::from))
    }

    #[test]
    fn only_the_whole_command_makes_a_cage() {
        assert_eq!(
            asked_by(&["duban", "read-file", "plan"]),
            Some(ReadKind::Plan)
        );
        for arguments in [
            &["duban"] as &[&str],
            &["duban", "read-file"],
            &["duban", "read-file", "zip"],
            &["duban", "read-file", "plan", "more"],
            &["duban", "import", "plan"],
            &["read-file", "plan"],
        ] {
            assert_eq!(asked_by(arguments), None, "{arguments:?}");
        }
    }
}

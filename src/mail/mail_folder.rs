//! The file transport: one `.eml` file a message, named after its Message-ID, so that sending again replaces the file
//! instead of doubling it. Files appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::outcome::{Accepted, Refusal};
use super::reason::{Reason, ReasonCode, Stage};

/// Everything that is not plainly safe in a file name; encoding keeps different Message-IDs different.
const UNSAFE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'.')
    .remove(b'-')
    .remove(b'_')
    .remove(b'@');

/// The longest file name written, under the 255 bytes of most file systems.
const NAME_LIMIT: usize = 200;

/// Creates the folder.
pub(super) async fn prepare(folder: &Path) -> Result<(), Refusal> {
    let created = tokio::fs::create_dir_all(folder).await;
    created.map_err(|error| Refusal::QueueStopped {
        reason: unwritable(Stage::Connect, &error),
    })
}

/// Writes the message beside its place, waits until it is on the disk, and moves it there.
pub(super) async fn store(folder: &Path, message: &[u8]) -> Result<Accepted, Refusal> {
    let name = message_id(message)
        .map(|id| utf8_percent_encode(id, UNSAFE).to_string())
        .filter(|name| name.len() <= NAME_LIMIT)
        .ok_or_else(|| Refusal::Failed {
            reason: Reason::new(
                ReasonCode::MessageMalformed,
                Stage::Data,
                None,
                "Message-ID 缺失或过长",
            ),
        })?;
    let place = folder.join(format!("{name}.eml"));
    let draft = folder.join(format!(".{name}.part"));
    let message = message.to_vec();
    let written = tokio::task::spawn_blocking(move || write_whole(&draft, &place, &message)).await;
    let written = written.unwrap_or_else(|panic| Err(io::Error::other(panic)));
    written.map_err(|error| Refusal::Deferred {
        reason: unwritable(Stage::Body, &error),
        hint: None,
    })?;
    Ok(Accepted::new(&format!("{name}.eml")))
}

fn write_whole(draft: &PathBuf, place: &PathBuf, message: &[u8]) -> io::Result<()> {
    let mut file = File::create(draft)?;
    file.write_all(message)?;
    // A row marked as sent survives a power failure (design §5 rule 3), so its file has to as well.
    file.sync_data()?;
    fs::rename(draft, place)
}

fn unwritable(stage: Stage, error: &io::Error) -> Reason {
    Reason::new(
        ReasonCode::FolderUnwritable,
        stage,
        None,
        &error.to_string(),
    )
}

/// The value of the Message-ID header without angle brackets; folded lines are joined. `None` where there is none.
fn message_id(message: &[u8]) -> Option<&str> {
    const NAME: &[u8] = b"message-id:";
    let mut lines = message.split(|byte| *byte == b'\n');
    let value = lines
        .by_ref()
        .map(<[u8]>::trim_ascii_end)
        .take_while(|line| !line.is_empty())
        .find_map(|line| {
            let (name, value) = line.split_at_checked(NAME.len())?;
            name.eq_ignore_ascii_case(NAME)
                .then_some(value.trim_ascii())
        })?;
    // RFC 5322 §3.6.4 allows a fold before the identifier, none within it.
    let value = match value {
        [] => lines.next().map(<[u8]>::trim_ascii).unwrap_or_default(),
        value => value,
    };
    let text = std::str::from_utf8(value).ok()?;
    let id = text.trim_start_matches('<').trim_end_matches('>');
    (!id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_id_is_found_in_the_head_alone() {
        let cases: [(&[u8], Option<&str>); 6] = [
            (b"Message-ID: <a.1@x.cn>\r\n\r\n", Some("a.1@x.cn")),
            (
                b"From: a\r\nmessage-id:\r\n <a@x.cn>\r\n\r\n",
                Some("a@x.cn"),
            ),
            (b"From: a\r\n\r\nMessage-ID: <b@x.cn>\r\n", None),
            (b"Message-ID: <>\r\n\r\n", None),
            (b"Message-ID", None),
            (b"", None),
        ];
        for (message, id) in cases {
            assert_eq!(message_id(message), id);
        }
    }
}

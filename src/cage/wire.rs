//! What goes into a cage and what comes out: a head with two lengths, the name, the file; and JSON.

use crate::documents::reading::Unreadable;
use std::io::{self, Read};

/// What comes out.
pub(super) type Answer<T> = Result<T, Unreadable>;

/// The longest name, in bytes.
const MOST_NAME: usize = 4_096;
/// The largest file that a cage takes; the readers have tighter limits of their own.
const MOST_BYTES: usize = 80 << 20;

/// The head and the name; the file follows.
pub(super) fn head(name: &str, bytes: &[u8]) -> Vec<u8> {
    // Only the end of a name says anything: its extension.
    let from = name.len().saturating_sub(MOST_NAME);
    let from = (from..name.len()).find(|at| name.is_char_boundary(*at));
    let name = from.and_then(|from| name.get(from..)).unwrap_or_default();
    let mut head = Vec::with_capacity(16 + name.len());
    head.extend_from_slice(&(name.len() as u64).to_le_bytes());
    head.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    head.extend_from_slice(name.as_bytes());
    head
}

/// The name and the file.
///
/// # Errors
/// The input ends too early, or says of itself that it is too long.
pub(super) fn take(mut input: impl Read) -> io::Result<(String, Vec<u8>)> {
    let mut length = |most: usize| {
        let mut eight = [0; 8];
        input.read_exact(&mut eight)?;
        let length = usize::try_from(u64::from_le_bytes(eight)).ok();
        let too_long = || io::Error::new(io::ErrorKind::InvalidData, "too long");
        length.filter(|length| *length <= most).ok_or_else(too_long)
    };
    let (name_length, file_length) = (length(MOST_NAME)?, length(MOST_BYTES)?);
    let mut name = vec![0; name_length];
    input.read_exact(&mut name)?;
    let mut file = vec![0; file_length];
    input.read_exact(&mut file)?;
    let name = String::from_utf8(name);
    let name = name.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok((name, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(name: &str, bytes: &[u8]) -> io::Result<(String, Vec<u8>)> {
        let mut all = head(name, bytes);
        all.extend_from_slice(bytes);
        take(all.as_slice())
    }

    #[test]
    fn a_file_arrives_under_its_name() {
        let told = sent("方案.docx", b"PK").expect("taken");
        assert_eq!(told, ("方案.docx".to_owned(), b"PK".to_vec()));
        assert_eq!(sent("", b"").expect("taken"), (String::new(), Vec::new()));
        let long = format!("{}.xlsx", "长".repeat(3_000));
        let (name, _) = sent(&long, b"x").expect("taken");
        assert!(name.len() <= MOST_NAME && name.ends_with("长.xlsx"));
    }

    #[test]
    fn what_is_cut_or_too_long_is_not_taken() {
        let whole = [head("a.txt", b"text").as_slice(), b"text"].concat();
        for end in 0..whole.len() {
            assert!(take(&whole[..end]).is_err(), "{end}");
        }
        let greedy = [5_u64.to_le_bytes(), u64::MAX.to_le_bytes()].concat();
        assert!(take(greedy.as_slice()).is_err());
    }
}

//! ETags: one text that changes with the change counter, the local day, what the viewer may see, and the encoding
//! (design §7). Nothing has to be read or rendered to know it, which is what makes a 304 cheap; the price is that any
//! change anywhere makes all of them new.
//!
//! The text is `"<change number>.<day>.<encoding>.<hash of the viewer's scope>.<hash of the path>"`. Instances agree on it
//! without a secret; it gives no access to anything.

use super::code::Code;
use super::encoding::Encoding;
use super::problem::Problem;
use chrono::{Datelike, NaiveDate};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Changes when the answers to unchanged rows do.
const VERSION: &[u8] = concat!("1 ", env!("CARGO_PKG_VERSION")).as_bytes();

/// No more tags than this are looked at in one header.
const MOST_TAGS: usize = 64;

/// What an answer depends on.
#[derive(Debug, Clone, Copy)]
pub struct State<'a> {
    /// The change counter, read before anything else.
    pub change_no: i64,
    /// Today, or the day asked for.
    pub day: NaiveDate,
    /// What the viewer may see.
    pub scope: &'a str,
}

impl State<'_> {
    /// The ETag, in quotes, of the answer at `place` (path and query) in an encoding.
    pub fn tag(&self, encoding: Encoding, place: &str) -> String {
        let mut tag = String::with_capacity(64);
        tag.push('"');
        self.write_scoped(encoding, &mut tag);
        // Writing to a String cannot fail.
        let _ = write!(tag, ".{:x}\"", fnv(place.as_bytes()));
        tag
    }

    fn write_scoped(&self, encoding: Encoding, tag: &mut String) {
        let (number, day, letter) = (
            self.change_no,
            self.day.num_days_from_ce(),
            encoding.letter(),
        );
        let mut hash = Sha256::new();
        hash.update(VERSION);
        hash.update(number.to_be_bytes());
        hash.update(day.to_be_bytes());
        hash.update([letter]);
        hash.update(self.scope);
        let digest = hash.finalize();
        let mut scope = [0; 8];
        for (to, from) in scope.iter_mut().zip(digest) {
            *to = from;
        }
        let scope = u64::from_be_bytes(scope);
        let _ = write!(tag, "{number:x}.{day:x}.{}.{scope:x}", char::from(letter));
    }
}

/// FNV-1a, 64 bits: keeps a tag of one path from being taken for another's.
fn fnv(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// What If-None-Match says of the current tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// The client has another answer, or none.
    No,
    /// The client has this answer: 304.
    Yes,
    /// `*`: 304 where there is any answer.
    IfAny,
}

/// Compares an If-None-Match header with the current tag, weakly (RFC 9110 §13.1.2).
pub fn none_match(header: &str, current: &str) -> Known {
    if header.trim() == "*" {
        return Known::IfAny;
    }
    let mut tags = header.split(',').take(MOST_TAGS).map(str::trim);
    match tags.any(|tag| tag.strip_prefix("W/").unwrap_or(tag) == current) {
        true => Known::Yes,
        false => Known::No,
    }
}

/// What the client of a PUT, PATCH or DELETE has seen of the row it changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The method asks for no If-Match.
    NotAsked,
    /// `If-Match: *`: whatever is there.
    Anything,
    /// The state of that change number.
    At(i64),
}

impl Seen {
    /// The change number of the state that was seen; none where any state will do.
    pub fn change_no(self) -> Option<i64> {
        match self {
            Self::NotAsked | Self::Anything => None,
            Self::At(seen) => Some(seen),
        }
    }

    /// Whether a row last changed by `changed_no` may be changed by one who has seen this.
    pub fn covers(self, changed_no: i64) -> bool {
        match self {
            Self::NotAsked | Self::Anything => true,
            Self::At(seen) => changed_no <= seen,
        }
    }
}

/// Reads If-Match. Only our own tags, for this viewer's scope, are taken; of several the newest. A weak tag never matches
/// (RFC 9110 §13.1.1).
///
/// # Errors
/// 428 where there is none, 412 where none is ours.
pub fn read_if_match(header: Option<&str>, scope: &str) -> Result<Seen, Problem> {
    let Some(header) = header else {
        let detail = "修改或删除前请先读取最新内容，并把读到的 ETag 放在 If-Match 中。";
        return Err(Problem::new(Code::PreconditionRequired, detail));
    };
    if header.trim() == "*" {
        return Ok(Seen::Anything);
    }
    let tags = header.split(',').take(MOST_TAGS).map(str::trim);
    match tags.filter_map(|tag| seen_by(tag, scope)).max() {
        Some(change_no) => Ok(Seen::At(change_no)),
        None => {
            let detail = "If-Match 中的 ETag 不是您所能看到的内容的。请重新读取后再提交。";
            Err(Problem::new(Code::PreconditionFailed, detail))
        }
    }
}

/// The change number of a tag that is ours and this scope's.
fn seen_by(tag: &str, scope: &str) -> Option<i64> {
    let inner = tag.strip_prefix('"')?.strip_suffix('"')?;
    let (scoped, place) = inner.rsplit_once('.')?;
    u64::from_str_radix(place, 16).ok()?;
    let mut parts = scoped.split('.');
    let (number, day, letter) = (parts.next()?, parts.next()?, parts.next()?);
    let state = State {
        change_no: i64::from_str_radix(number, 16).ok()?,
        day: NaiveDate::from_num_days_from_ce_opt(i32::from_str_radix(day, 16).ok()?)?,
        scope,
    };
    let mut ours = String::new();
    state.write_scoped(Encoding::of_letter(letter)?, &mut ours);
    (ours == scoped).then_some(state.change_no)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn state(change_no: i64, scope: &str) -> State<'_> {
        let day = NaiveDate::from_ymd_opt(2026, 9, 1).expect("a day");
        State {
            change_no,
            day,
            scope,
        }
    }

    #[test]
    fn the_tag_changes_with_everything_the_answer_depends_on() {
        let tag =
            |change_no, scope, encoding, place: &str| state(change_no, scope).tag(encoding, place);
        let first = tag(5, "u1", Encoding::Identity, "/a");
        let other_day = State {
            day: NaiveDate::from_ymd_opt(2026, 9, 2).expect("a day"),
            ..state(5, "u1")
        };
        for other in [
            tag(6, "u1", Encoding::Identity, "/a"),
            tag(5, "u2", Encoding::Identity, "/a"),
            tag(5, "u1", Encoding::Gzip, "/a"),
            tag(5, "u1", Encoding::Identity, "/b"),
            other_day.tag(Encoding::Identity, "/a"),
        ] {
            assert_ne!(first, other);
        }
        assert!(!tag(5, "supervisor", Encoding::Identity, "/a").contains("supervisor"));
    }

    #[test]
    fn none_match_compares_weakly_and_knows_lists() {
        let tag = "\"5.1.i.2.3\"";
        for (header, known) in [
            (tag, Known::Yes),
            ("W/\"5.1.i.2.3\"", Known::Yes),
            ("\"x\", \"5.1.i.2.3\"", Known::Yes),
            ("*", Known::IfAny),
            ("\"x\"", Known::No),
            ("5.1.i.2.3", Known::No),
            ("", Known::No),
        ] {
            assert_eq!(none_match(header, tag), known, "{header}");
        }
    }

    #[test]
    fn if_match_takes_only_own_tags_of_the_same_scope() {
        let tag = state(0x2a, "u1").tag(Encoding::Gzip, "/a");
        assert_eq!(read_if_match(Some(&tag), "u1").ok(), Some(Seen::At(0x2a)));
        assert_eq!(read_if_match(Some("*"), "u1").ok(), Some(Seen::Anything));
        let of = |header: Option<&str>, scope: &str| {
            read_if_match(header, scope)
                .expect_err("refused")
                .code_str()
        };
        assert_eq!(of(None, "u1"), "precondition_required");
        assert_eq!(of(Some(tag.as_str()), "u2"), "precondition_failed");
        assert_eq!(
            of(Some(format!("W/{tag}").as_str()), "u1"),
            "precondition_failed"
        );
        assert_eq!(
            of(Some(tag.replace("\"2a.", "\"2b.").as_str()), "u1"),
            "precondition_failed"
        );
        assert_eq!(of(Some(""), "u1"), "precondition_failed");
    }

    #[test]
    fn what_was_seen_covers_older_changes_only() {
        assert!(Seen::At(5).covers(5) && !Seen::At(5).covers(6) && Seen::Anything.covers(6));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(header in ".{0,80}") {
            let _ = read_if_match(Some(&header), "u1");
            let _ = none_match(&header, "\"1\"");
        }
    }
}

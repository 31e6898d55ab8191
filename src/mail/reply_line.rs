//! Cutting a server's bytes into reply lines that are safe to parse: bounded, printable UTF-8, ending in CRLF.
//! Where the bytes come from is `smtp_stream`'s business; what a line means is lettre's and `outcome`'s.

use std::borrow::Cow;

use encoding_rs::GBK;

/// The longest line passed on, in bytes without CRLF; RFC 5321 §4.5.3.1.5 allows 512. What is longer is dropped.
const LINE_LIMIT: usize = 510;

/// The most lines one reply may have. EHLO answers have about a dozen.
const LINES_PER_REPLY: usize = 128;

/// Collects bytes into lines. Holds at most one line, however much the server sends.
#[derive(Debug, Default)]
pub(super) struct ReplyLines {
    partial: Vec<u8>,
    lines: usize,
}

/// The reply has more lines than any server needs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EndlessReply;

impl ReplyLines {
    /// Takes bytes up to the end of the first line. Returns how many were used, and the line once it is complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(usize, Option<Vec<u8>>), EndlessReply> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let content = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        let room = LINE_LIMIT.saturating_sub(self.partial.len());
        let kept = content.len().min(room);
        self.partial
            .extend_from_slice(content.get(..kept).unwrap_or_default());
        let Some(end) = end else {
            return Ok((bytes.len(), None));
        };
        self.lines += 1;
        if self.lines > LINES_PER_REPLY {
            return Err(EndlessReply);
        }
        let line = tidy(&self.partial);
        self.partial.clear();
        Ok((end + 1, Some(line)))
    }

    /// A new command was sent: its reply may have as many lines as the last one.
    pub(super) fn begin_reply(&mut self) {
        self.lines = 0;
    }

    /// Whether a line has begun and not ended.
    pub(super) fn is_mid_line(&self) -> bool {
        !self.partial.is_empty()
    }
}

/// One line as lettre's parser can take it. Replies in GBK must not look like a broken connection, so what is no UTF-8 is
/// read as GBK; control characters become blanks; a bare code gets the blank that RFC 5321 §4.2 says may be absent;
/// blanks at the end go, because an EHLO line of blanks alone makes the parser panic.
fn tidy(raw: &[u8]) -> Vec<u8> {
    let decoded = std::str::from_utf8(raw)
        .map(Cow::Borrowed)
        .unwrap_or_else(|_| GBK.decode_without_bom_handling(raw).0);
    let text: String = decoded
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let (code, rest) = text.split_at_checked(4).unwrap_or((text.trim_end(), ""));
    let mut line = code.to_owned();
    if code.len() == 3 {
        line.push(' ');
    }
    line.push_str(rest.trim_end());
    line.push_str("\r\n");
    line.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lettre::transport::smtp::{extension::ServerInfo, response::Response};
    use proptest::prelude::*;

    fn lines_of(mut bytes: &[u8]) -> Vec<String> {
        let mut reader = ReplyLines::default();
        let mut lines = Vec::new();
        while !bytes.is_empty() {
            let (used, line) = reader.feed(bytes).expect("few lines");
            lines.extend(line.map(|line| String::from_utf8(line).expect("UTF-8")));
            bytes = &bytes[used..];
        }
        lines
    }

    #[test]
    fn lines_come_out_bounded_and_printable() {
        let cases: [(&[u8], &[&str]); 6] = [
            (b"250 ok\r\n", &["250 ok\r\n"]),
            (b"250\r\n", &["250 \r\n"]),
            (b"250-a\n250 b\n", &["250-a\r\n", "250 b\r\n"]),
            (b"250-  \t \r\n", &["250-\r\n"]),
            (b"550 \xd3\xc3\xbb\xa7\r\n", &["550 用户\r\n"]),
            (b"250 a\x00b\r\n220 never ended", &["250 a b\r\n"]),
        ];
        for (bytes, lines) in cases {
            assert_eq!(lines_of(bytes), lines);
        }
    }

    #[test]
    fn an_overlong_line_is_cut_and_holds_no_memory() {
        let mut reader = ReplyLines::default();
        for _ in 0..1000 {
            assert_eq!(reader.feed(&[b'x'; 1000]), Ok((1000, None)));
        }
        assert!(reader.partial.capacity() < 4096);
        let (_, line) = reader.feed(b"\n").expect("one line");
        assert_eq!(line.map(|line| line.len()), Some(LINE_LIMIT + 2));
    }

    #[test]
    fn an_endless_reply_is_given_up() {
        let mut reader = ReplyLines::default();
        let fed: Result<Vec<_>, _> = (0..=LINES_PER_REPLY)
            .map(|_| reader.feed(b"250-x\r\n"))
            .collect();
        assert_eq!(fed, Err(EndlessReply));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(
            code in "[2-5][0-5][0-9]",
            texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..6),
            raw in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut wire = Vec::new();
            for (index, text) in texts.iter().enumerate() {
                wire.extend_from_slice(code.as_bytes());
                wire.push(if index + 1 < texts.len() { b'-' } else { b' ' });
                wire.extend_from_slice(text);
                wire.extend_from_slice(b"\r\n");
            }
            for bytes in [wire, raw] {
                if let Ok(response) = lines_of(&bytes).concat().parse::<Response>() {
                    let _ = ServerInfo::from_response(&response);
                }
            }
        }
    }
}

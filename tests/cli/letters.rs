//! Reading a letter as far as the tests need it: the head, unfolded, with encoded words decoded (RFC 5322, RFC 2047).

use std::fs;
use std::path::Path;

/// A letter.
pub struct Letter {
    headers: Vec<(String, String)>,
    /// The body as it was sent.
    pub body: String,
}

impl Letter {
    /// Reads a file.
    pub fn open(path: &Path) -> Self {
        Self::parse(&fs::read_to_string(path).expect("letter"))
    }

    /// Reads the text of a message.
    pub fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").expect("head and body");
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let headers = unfolded.lines().map(|line| {
            let (name, value) = line.split_once(':').expect("header");
            (name.to_ascii_lowercase(), value.trim().to_owned())
        });
        Self {
            headers: headers.collect(),
            body: body.to_owned(),
        }
    }

    /// The one header of that name, as it stands there.
    #[track_caller]
    pub fn raw(&self, name: &str) -> &str {
        let mut found = self.headers.iter().filter(|(known, _)| *known == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => value,
            _ => panic!("not one {name} in {:?}", self.headers),
        }
    }

    /// The one header of that name, decoded.
    #[track_caller]
    pub fn header(&self, name: &str) -> String {
        decoded(self.raw(name))
    }
}

/// Encoded words as text; what is between two of them is left out.
fn decoded(value: &str) -> String {
    let mut text = String::new();
    let mut bytes = Vec::new();
    let mut rest = value;
    while let Some((before, word)) = rest.split_once("=?") {
        if !before.trim().is_empty() {
            text.push_str(&String::from_utf8(std::mem::take(&mut bytes)).expect("UTF-8"));
            text.push_str(before);
        }
        let mut parts = word.splitn(3, '?');
        let charset = parts.next().unwrap_or_default();
        assert!(charset.eq_ignore_ascii_case("utf-8"), "{charset}");
        let encoding = parts.next().unwrap_or_default().to_ascii_lowercase();
        let (content, after) = parts
            .next()
            .and_then(|end| end.split_once("?="))
            .expect("word");
        bytes.extend(match encoding.as_str() {
            "b" => base64(content),
            "q" => quoted(content),
            other => panic!("encoding {other}"),
        });
        rest = after;
    }
    text.push_str(&String::from_utf8(bytes).expect("UTF-8"));
    text + rest
}

/// What base64 stands for; characters outside the alphabet are skipped.
pub fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0_u32, 0);
    for value in text
        .bytes()
        .filter_map(|c| ALPHABET.iter().position(|known| *known == c))
    {
        held = held << 6 | value as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    bytes
}

fn quoted(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'_' => b' ',
            b'=' => {
                let digits = [rest.next().expect("digit"), rest.next().expect("digit")];
                let digits = std::str::from_utf8(&digits).expect("ASCII").to_owned();
                u8::from_str_radix(&digits, 16).expect("hex")
            }
            plain => plain,
        });
    }
    bytes
}

#[test]
fn encoded_words_are_decoded() {
    assert_eq!(decoded("=?utf-8?b?55+l?= =?UTF-8?B?6YGT?="), "知道");
    assert_eq!(decoded("Re: =?utf-8?q?=E7=9F=A5_b?= x"), "Re: 知 b x");
    assert_eq!(decoded("plain"), "plain");
}

//! Bytes of a text file → text: UTF-8, UTF-16 with a byte order mark, or GBK/GB18030. Other encodings are refused,
//! never guessed.

use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_16BE, UTF_16LE};
use thiserror::Error;

/// Why bytes are not readable text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EncodingError {
    /// NULs or control characters: a binary file, or UTF-16 without its mark.
    #[error(
        "文件不是文本：第 {line} 行有不能显示的控制字符。请用记事本或 WPS 另存为 UTF-8 编码的文本后再上传"
    )]
    Binary {
        /// 1-based line.
        line: usize,
    },
    /// Bytes that belong to no character.
    #[error(
        "文字编码读不出来：第 {line} 行（第 {byte} 个字节）不是有效的 {encoding} 文字。请另存为 UTF-8 编码后再上传"
    )]
    Undecodable {
        /// The encoding that fits best: UTF-8, UTF-16 or GB18030.
        encoding: &'static str,
        /// 1-based line.
        line: usize,
        /// 1-based byte position in the file.
        byte: usize,
    },
}

/// The text in `bytes`, with line ends as `\n` and without byte order mark. A mark decides; else what is valid UTF-8
/// is UTF-8; else GB18030 (of which GBK and GB2312 are parts), unless the bytes are plainly damaged UTF-8.
///
/// # Errors
/// [`EncodingError`] with the place of the first byte that does not fit.
pub fn decode_text(bytes: &[u8]) -> Result<String, EncodingError> {
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => decode_utf8(rest, 3)?,
        [0xFF, 0xFE, rest @ ..] => decode_strictly(rest, 2, UTF_16LE, "UTF-16")?,
        [0xFE, 0xFF, rest @ ..] => decode_strictly(rest, 2, UTF_16BE, "UTF-16")?,
        _ => decode_unmarked(bytes)?,
    };
    normalize(&text)
}

fn decode_unmarked(bytes: &[u8]) -> Result<String, EncodingError> {
    // A NUL is in no text of these encodings, and a binary file should be called one, not badly encoded.
    if let Some(position) = bytes.iter().position(|&b| b == 0) {
        let line = line_of(bytes, position);
        return Err(EncodingError::Binary { line });
    }
    if is_damaged_utf8(bytes) {
        return decode_utf8(bytes, 0);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => decode_strictly(bytes, 0, GB18030, "GB18030"),
    }
}

/// Invalid UTF-8 that still holds far more whole multi-byte characters than broken ones. GB18030 would read such bytes
/// without complaint, as wrong characters; real GBK text hardly ever forms valid UTF-8 sequences of three bytes.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let mut whole = 0_usize;
    let mut broken = 0_usize;
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|&c| c >= '\u{800}').count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    broken > 0 && whole > broken.saturating_mul(10)
}

fn decode_utf8(bytes: &[u8], mark: usize) -> Result<String, EncodingError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(EncodingError::Undecodable {
            encoding: "UTF-8",
            line: line_of(bytes, error.valid_up_to()),
            byte: mark + error.valid_up_to() + 1,
        }),
    }
}

/// `bytes` in `encoding`, refusing instead of replacing; `mark` is the length of the mark in front of them.
fn decode_strictly(
    bytes: &[u8],
    mark: usize,
    encoding: &'static Encoding,
    name: &'static str,
) -> Result<String, EncodingError> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let capacity = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
    let mut text = String::with_capacity(capacity.unwrap_or(bytes.len()));
    let (result, read) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    match result {
        DecoderResult::InputEmpty => Ok(text),
        // The capacity is the decoder's own worst case, so OutputFull does not occur; it is refused all the same.
        DecoderResult::Malformed(_, _) | DecoderResult::OutputFull => {
            let malformed = match result {
                DecoderResult::Malformed(length, after) => usize::from(length) + usize::from(after),
                DecoderResult::InputEmpty | DecoderResult::OutputFull => 0,
            };
            Err(EncodingError::Undecodable {
                encoding: name,
                line: 1 + text.matches('\n').count(),
                byte: mark + read.saturating_sub(malformed) + 1,
            })
        }
    }
}

/// Line ends as `\n` (Word's vertical tab and the form feed break lines too), and no other control characters.
fn normalize(text: &str) -> Result<String, EncodingError> {
    // DOS editors closed a file with Ctrl-Z.
    let text = text.strip_suffix('\u{1a}').unwrap_or(text);
    let mut normal = String::with_capacity(text.len());
    let mut line = 1;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' | '\n' | '\u{b}' | '\u{c}' => {
                if c == '\r' && chars.peek() == Some(&'\n') {
                    chars.next();
                }
                line += 1;
                normal.push('\n');
            }
            '\t' => normal.push(c),
            // U+FEFF inside a text is a mark left over from joined files.
            '\u{feff}' => {}
            c if c.is_control() => return Err(EncodingError::Binary { line }),
            c => normal.push(c),
        }
    }
    Ok(normal)
}

/// 1-based line of byte `position`.
fn line_of(bytes: &[u8], position: usize) -> usize {
    let before = bytes.get(..position).unwrap_or(bytes);
    1 + before.iter().filter(|&&b| b == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "一、总体要求\n（一）抓好“双减”，不少于20节。\n";

    fn utf16(text: &str, mark: [u8; 2], bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let units = text.encode_utf16().flat_map(bytes_of);
        mark.into_iter().chain(units).collect()
    }

    #[test]
    fn each_encoding_is_found_out() {
        let (gbk, _, failed) = encoding_rs::GBK.encode(TEXT);
        assert!(!failed);
        assert_eq!(decode_text(TEXT.as_bytes()).unwrap(), TEXT);
        assert_eq!(decode_text(&gbk).unwrap(), TEXT);
        let marked = [b"\xef\xbb\xbf", TEXT.as_bytes()].concat();
        assert_eq!(decode_text(&marked).unwrap(), TEXT);
        let little = utf16(TEXT, [0xFF, 0xFE], u16::to_le_bytes);
        assert_eq!(decode_text(&little).unwrap(), TEXT);
        let big = utf16(TEXT, [0xFE, 0xFF], u16::to_be_bytes);
        assert_eq!(decode_text(&big).unwrap(), TEXT);
    }

    #[test]
    fn four_byte_gb18030_is_read() {
        let (bytes, _, failed) = GB18030.encode("𠮷校镕");
        assert!(!failed);
        assert_eq!(decode_text(&bytes).unwrap(), "𠮷校镕");
    }

    #[test]
    fn line_ends_become_one_kind() {
        assert_eq!(
            decode_text(b"a\r\nb\rc\x0bd\x0c\x1a").unwrap(),
            "a\nb\nc\nd\n"
        );
    }

    #[test]
    fn binary_is_refused_with_its_line() {
        assert_eq!(
            decode_text(b"ok\nno\0"),
            Err(EncodingError::Binary { line: 2 })
        );
        assert_eq!(
            decode_text(b"a\n\nb\x07"),
            Err(EncodingError::Binary { line: 3 })
        );
    }

    #[test]
    fn damaged_utf8_is_not_taken_for_gbk() {
        let mut bytes = TEXT.repeat(3).into_bytes();
        let cut = bytes.len() - 2;
        bytes.truncate(cut);
        bytes.push(b'\n');
        let Err(EncodingError::Undecodable {
            encoding,
            line,
            byte,
        }) = decode_text(&bytes)
        else {
            panic!("the cut character was read as something");
        };
        assert_eq!((encoding, line, byte), ("UTF-8", 6, cut - 1));
    }

    #[test]
    fn undecodable_bytes_are_placed() {
        let (gbk, _, _) = encoding_rs::GBK.encode("抓好\n教学");
        let bytes = [&gbk[..], b"\xff\xff"].concat();
        assert_eq!(
            decode_text(&bytes),
            Err(EncodingError::Undecodable {
                encoding: "GB18030",
                line: 2,
                byte: 10
            })
        );
        let odd = [0xFF, 0xFE, 0x00];
        assert!(matches!(
            decode_text(&odd),
            Err(EncodingError::Undecodable {
                encoding: "UTF-16",
                ..
            })
        ));
    }

    proptest! {
        #[test]
        fn any_text_survives_in_utf8_and_gb18030(text in "[一-龥a-z0-9，。（）\n]{0,200}") {
            prop_assert_eq!(decode_text(text.as_bytes()).unwrap(), text.clone());
            let (bytes, _, _) = GB18030.encode(&text);
            // Very short GBK texts can be valid UTF-8 by chance; from a sentence on they are not.
            if std::str::from_utf8(&bytes).is_err() {
                prop_assert_eq!(decode_text(&bytes).unwrap(), text);
            }
        }

        #[test]
        fn any_bytes_give_text_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = decode_text(&bytes);
        }
    }
}

//! The name under which a file is shown and downloaded. It never decides where a file is stored: that is the key's work.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Characters of a shown name, its extension among them.
pub const MAX_NAME_CHARS: usize = 120;

/// Characters of an extension; what is longer is part of the name.
const MAX_EXTENSION_CHARS: usize = 16;

/// The name of a file whose given name holds nothing that can be shown.
const NAMELESS: &str = "未命名文件";

/// Everything but `attr-char` of RFC 8187 §3.2.1.
const OUTSIDE_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// `given` (as a browser or a mail named the file) made safe to show, to save and to put into a message: only the last
/// step of a path; no control, direction or invisible characters; none that Windows forbids; no leading or trailing
/// dots; no Windows device (`con` becomes `_con`); at most [`MAX_NAME_CHARS`] characters, cut before the extension;
/// never empty. A name that came out of here comes out unchanged.
pub fn shown_name(given: &str) -> String {
    let last_step = given
        .rsplit(['/', '\\'])
        .map(visible)
        .find(|step| !step.is_empty());
    let Some(name) = last_step else {
        return NAMELESS.to_owned();
    };
    let name = if is_windows_device(&name) {
        format!("_{name}")
    } else {
        name
    };
    shortened(name)
}

/// The extension of `name` without its dot, in lower case; `None` where there is none, or more than 16 characters.
pub fn extension(name: &str) -> Option<String> {
    split_extension(name).map(|(_, extension)| extension.to_lowercase())
}

/// The value of a `Content-Disposition` header that downloads a file as `name` (RFC 6266): ASCII for old programs, and
/// the whole name in UTF-8 (RFC 8187). The name is sanitised here too, so whatever it holds, the value is one line of
/// printable ASCII.
pub fn content_disposition(name: &str) -> String {
    let name = shown_name(name);
    format!(
        "attachment; filename=\"{}\"; filename*=UTF-8''{}",
        ascii_name(&name),
        utf8_percent_encode(&name, OUTSIDE_ATTR_CHAR)
    )
}

/// One step of a path with what may be shown of it; empty where nothing may.
fn visible(step: &str) -> String {
    let shown: String = step
        .chars()
        .filter_map(|c| match c {
            c if is_invisible(c) => None,
            c if c.is_whitespace() => Some(' '),
            // Forbidden in file names by Windows; `:` would also name a stream beside the file.
            '<' | '>' | ':' | '"' | '|' | '?' | '*' => Some('_'),
            c => Some(c),
        })
        .collect();
    // Leading dots hide a file, and Windows drops trailing dots and spaces.
    shown.trim_matches([' ', '.']).to_owned()
}

/// Whether a character is not seen, or changes the order in which others are seen: `gpj.exe` must not look like
/// `exe.jpg`.
fn is_invisible(c: char) -> bool {
    // White space that is also a control character becomes a space.
    (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Whether Windows takes the name for a device: by what stands before its first dot (Microsoft, Naming Files).
fn is_windows_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let stem = stem.trim_end().to_uppercase();
    if matches!(
        stem.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    ) {
        return true;
    }
    let port = stem
        .strip_prefix("COM")
        .or_else(|| stem.strip_prefix("LPT"));
    let mut number = port.unwrap_or_default().chars();
    matches!(
        (number.next(), number.next()),
        (Some('0'..='9' | '¹' | '²' | '³'), None)
    )
}

/// The stem and the extension of a name; both hold something.
fn split_extension(name: &str) -> Option<(&str, &str)> {
    let (stem, extension) = name.rsplit_once('.')?;
    let length = extension.chars().count();
    (!stem.is_empty() && (1..=MAX_EXTENSION_CHARS).contains(&length)).then_some((stem, extension))
}

/// The name with at most [`MAX_NAME_CHARS`] characters.
fn shortened(name: String) -> String {
    if name.chars().count() <= MAX_NAME_CHARS {
        return name;
    }
    let start = |text: &str, length: usize| -> String {
        let start: String = text.chars().take(length).collect();
        start.trim_end_matches([' ', '.']).to_owned()
    };
    match split_extension(&name) {
        Some((stem, extension)) => {
            let room = MAX_NAME_CHARS - 1 - extension.chars().count();
            format!("{}.{extension}", start(stem, room))
        }
        None => start(&name, MAX_NAME_CHARS),
    }
}

/// The name for programs that know no `filename*`: each character that is not plain ASCII is a `_`; a stem of which
/// nothing is left is `file`.
fn ascii_name(name: &str) -> String {
    let plain = |text: &str| -> String {
        text.chars()
            .map(|c| match c {
                // A quoted-string would need escapes for `"` and `\`, and some browsers decode `%` (RFC 6266 appendix D).
                '"' | '\\' | '%' => '_',
                ' '..='~' => c,
                _ => '_',
            })
            .collect()
    };
    let (stem, extension) = match split_extension(name) {
        Some((stem, extension)) => (stem, format!(".{}", plain(extension))),
        None => (name, String::new()),
    };
    let stem = plain(stem);
    if stem.contains(|c: char| c.is_ascii_alphanumeric()) {
        format!("{stem}{extension}")
    } else {
        format!("file{extension}")
    }
}

//! Reading a letter as far as the journeys need it: whom it is to, its text, and the links in that.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A letter.
pub struct Letter {
    head: String,
    text: String,
}

impl Letter {
    /// Reads a message.
    pub fn parse(message: &str) -> Self {
        let (head, _) = message.split_once("\r\n\r\n").unwrap_or((message, ""));
        Self {
            head: head.to_owned(),
            text: plain_text(message),
        }
    }

    /// Whether it is to that address.
    pub fn is_to(&self, address: &str) -> bool {
        let unfolded = self.head.replace("\r\n ", " ");
        let mut lines = unfolded.lines();
        lines.any(|line| line.starts_with("To:") && line.contains(address))
    }

    /// The first link behind these words, each of which stands behind the one before.
    pub fn link_behind(&self, words: &[&str]) -> Option<String> {
        let mut rest = self.text.as_str();
        for word in words {
            rest = rest.split_once(word)?.1;
        }
        let from = rest.find("http")?;
        rest[from..].split_whitespace().next().map(str::to_owned)
    }
}

/// The part for those who read plain text, decoded.
fn plain_text(message: &str) -> String {
    let Some((_, part)) = message.split_once("Content-Type: text/plain") else {
        return String::new();
    };
    let Some((head, body)) = part.split_once("\r\n\r\n") else {
        return String::new();
    };
    let body = body.split("\r\n--").next().unwrap_or_default();
    if !head.contains("base64") {
        return body.to_owned();
    }
    let packed: String = body.split_whitespace().collect();
    String::from_utf8(STANDARD.decode(packed).expect("base64")).expect("UTF-8")
}

//! What a token is held by: a program, or a person's browser.

use crate::domain::coded::coded;

coded! {
    /// Kind of a token. Neither is good in the place of the other.
    TokenKind "token kind" {
        /// For programs, in the Authorization header.
        Bearer "bearer" "接口令牌",
        /// For a person's browser, in a cookie.
        Session "session" "网页登录",
    }
}

impl TokenKind {
    /// The beginning of its texts, so that one that leaked is recognised as ours.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Bearer => "duban_",
            Self::Session => "dubans_",
        }
    }

    /// Whether a text looks like one of this kind: the prefix, and 64 letters.
    pub fn fits(self, text: &str) -> bool {
        let letters = text.strip_prefix(self.prefix());
        letters.is_some_and(|rest| rest.len() == 64 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
    }
}

coded! {
    /// How a session was begun.
    SessionStart "session start" {
        /// By address and password.
        Password "password" "密码",
        /// By a link that was mailed, or shown to whoever runs the service.
        Link "link" "链接",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_of_both_kinds() {
        let letters = "0123456789abcdef".repeat(4);
        let bearer = format!("duban_{letters}");
        let session = format!("dubans_{letters}");
        assert!(TokenKind::Bearer.fits(&bearer) && !TokenKind::Session.fits(&bearer));
        assert!(TokenKind::Session.fits(&session) && !TokenKind::Bearer.fits(&session));
        for other in ["", "duban_", "dubans_", &letters, "duban_中"] {
            assert!(!TokenKind::Bearer.fits(other) && !TokenKind::Session.fits(other));
        }
    }
}

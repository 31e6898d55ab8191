//! Cuts Rust source into tokens: enough to tell code from strings and comments. No macro expansion, no types.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An identifier or keyword.
    Word,
    /// One punctuation character, or `::`.
    Mark,
    /// A number, a string, a character or a lifetime; its text is left empty.
    Literal,
    /// A comment with its slashes.
    Comment,
}

/// A token and the line (from 1) on which it begins.
#[derive(Debug, Clone)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its text; empty for a literal.
    pub text: String,
    /// Its first line.
    pub line: usize,
}

/// The tokens of `source`, comments among them. Never fails: what is no Rust comes out as marks.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut scanner = Scanner {
        chars: source.chars().collect(),
        at: 0,
        line: 1,
    };
    let mut found = Vec::new();
    while let Some(c) = scanner.peek(0) {
        let line = scanner.line;
        let start = scanner.at;
        let kind = scanner.token(c);
        if let Some(kind) = kind {
            let text = match kind {
                Kind::Literal => String::new(),
                Kind::Word | Kind::Mark | Kind::Comment => {
                    scanner.chars[start..scanner.at].iter().collect()
                }
            };
            found.push(Token { kind, text, line });
        }
    }
    found
}

struct Scanner {
    chars: Vec<char>,
    at: usize,
    line: usize,
}

impl Scanner {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn step(&mut self) {
        if self.peek(0) == Some('\n') {
            self.line += 1;
        }
        if self.at < self.chars.len() {
            self.at += 1;
        }
    }

    fn step_while(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&wanted) {
            self.step();
        }
    }

    /// Steps over the token that begins with `c`; `None` for white space.
    fn token(&mut self, c: char) -> Option<Kind> {
        match (c, self.peek(1)) {
            (c, _) if c.is_whitespace() => {
                self.step();
                None
            }
            ('/', Some('/')) => {
                self.step_while(|c| c != '\n');
                Some(Kind::Comment)
            }
            ('/', Some('*')) => {
                self.block_comment();
                Some(Kind::Comment)
            }
            ('"', _) => Some(self.quoted('"')),
            ('\'', _) => Some(self.char_or_lifetime()),
            (c, _) if c.is_ascii_digit() => Some(self.number()),
            (c, _) if is_word(c) => Some(self.word()),
            (':', Some(':')) => {
                self.step();
                self.step();
                Some(Kind::Mark)
            }
            _ => {
                self.step();
                Some(Kind::Mark)
            }
        }
    }

    /// Block comments nest (Rust reference, “Comments”).
    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while let Some(c) = self.peek(0) {
            match (c, self.peek(1)) {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                _ => {
                    self.step();
                    continue;
                }
            }
            self.step();
            self.step();
            if depth == 0 {
                return;
            }
        }
    }

    /// A string or character from its opening quote to the same quote unescaped.
    fn quoted(&mut self, quote: char) -> Kind {
        self.step();
        while let Some(c) = self.peek(0) {
            self.step();
            if c == '\\' {
                self.step();
            } else if c == quote {
                break;
            }
        }
        Kind::Literal
    }

    fn char_or_lifetime(&mut self) -> Kind {
        if self.peek(1) == Some('\\') || self.peek(2) == Some('\'') {
            return self.quoted('\'');
        }
        self.step();
        self.step_while(is_word);
        Kind::Literal
    }

    fn number(&mut self) -> Kind {
        self.step_while(is_word);
        if self.peek(0) == Some('.') && self.peek(1).is_some_and(|c| c.is_ascii_digit()) {
            self.step();
            self.step_while(is_word);
        }
        Kind::Literal
    }

    /// A word, or the literal of which it is the prefix: `b"…"`, `r#"…"#`, `b'…'`.
    fn word(&mut self) -> Kind {
        let start = self.at;
        self.step_while(is_word);
        let word: String = self.chars[start..self.at].iter().collect();
        match (word.as_str(), self.peek(0)) {
            ("b" | "c", Some('"')) => self.quoted('"'),
            ("b", Some('\'')) => self.quoted('\''),
            ("r" | "br" | "cr", Some('"' | '#')) => self.raw(),
            _ => Kind::Word,
        }
    }

    /// What follows the `r` of a raw string or of a raw identifier.
    fn raw(&mut self) -> Kind {
        let mut hashes = 0;
        while self.peek(hashes) == Some('#') {
            hashes += 1;
        }
        if self.peek(hashes) != Some('"') {
            self.step();
            self.step_while(is_word);
            return Kind::Word;
        }
        (0..=hashes).for_each(|_| self.step());
        while let Some(c) = self.peek(0) {
            self.step();
            if c == '"' && (0..hashes).all(|n| self.peek(n) == Some('#')) {
                (0..hashes).for_each(|_| self.step());
                break;
            }
        }
        Kind::Literal
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[test]
fn code_is_told_from_strings_and_comments() {
    let source = r###"
a /* b /* c */ "d" */ e // f
"g \" { h" 'i' '"' '\'' '\u{7d}' b'j' br#"k " { "# r"l" c"m" <'n> 1.5e3 0..2 r#type x::y
"###;
    let found = tokens(source);
    let of = |kind| -> Vec<&str> {
        let among = found.iter().filter(|token| token.kind == kind);
        among.map(|token| token.text.as_str()).collect()
    };
    assert_eq!(of(Kind::Word), ["a", "e", "r#type", "x", "y"]);
    assert_eq!(of(Kind::Mark), ["<", ">", ".", ".", "::"]);
    assert_eq!(of(Kind::Comment), [r#"/* b /* c */ "d" */"#, "// f"]);
    assert_eq!(of(Kind::Literal).len(), 13);
    assert_eq!(found.last().map(|token| token.line), Some(3));
}

#[test]
fn what_never_closes_ends_with_the_file() {
    for source in ["\"a", "/* a", "r#\"a\"", "'\\", "b'", "r#"] {
        assert!(!tokens(source).is_empty(), "{source}");
    }
}

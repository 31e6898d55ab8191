//! The files of the repository and what the rules ask of a Rust file: its tokens, its paths, its test code.

use crate::lexer::{Kind, Token, tokens};
use std::path::Path;
use std::{fs, io};

/// Folders that hold nothing written by hand: what is built, what is run, what git keeps.
const NOT_OURS: [&str; 3] = ["target", "var", ".git"];

/// A text file of the repository.
#[derive(Debug)]
pub struct TextFile {
    /// Its path from the root of the repository, with `/`.
    pub path: String,
    /// What it says.
    pub text: String,
}

/// A Rust file, cut into tokens.
#[derive(Debug)]
pub struct Source {
    /// Its path from the root of the repository, with `/`.
    pub path: String,
    /// What it says.
    pub text: String,
    /// Its comments.
    pub comments: Vec<Token>,
    /// Its other tokens.
    pub code: Vec<Token>,
    /// For every token of `code`: whether it is compiled for tests only, and how many inline modules are around it.
    around: Vec<(bool, usize)>,
}

/// A path as code names it, `use` groups taken apart: `use a::{b, c::d}` names `a::b` and `a::c::d`.
#[derive(Debug)]
pub struct Named {
    /// Its segments; `*` for a glob.
    pub segments: Vec<String>,
    /// The line of its first own segment.
    pub line: usize,
    /// Whether a `use` names it.
    pub imported: bool,
    /// Whether only tests name it.
    pub in_test: bool,
    /// How many inline modules (`mod x { … }`) are around it.
    pub inline_modules: usize,
}

/// All text files of the repository, in the order of their paths.
pub fn text_files() -> io::Result<Vec<TextFile>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    gather(root, root, &mut found)?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// All Rust files of the repository.
pub fn rust_files() -> io::Result<Vec<Source>> {
    let rust = text_files()?
        .into_iter()
        .filter(|file| file.path.ends_with(".rs"));
    Ok(rust
        .map(|file| Source::new(&file.path, &file.text))
        .collect())
}

fn gather(root: &Path, folder: &Path, found: &mut Vec<TextFile>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() && !NOT_OURS.iter().any(|name| entry.file_name() == *name) {
            gather(root, &path, found)?;
        } else if kind.is_file()
            && let Ok(text) = String::from_utf8(fs::read(&path)?)
        {
            let path = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            found.push(TextFile { path, text });
        }
    }
    Ok(())
}

impl Source {
    /// The file at `path` that says `text`.
    pub fn new(path: &str, text: &str) -> Self {
        let (comments, code): (Vec<Token>, Vec<Token>) = tokens(text)
            .into_iter()
            .partition(|token| token.kind == Kind::Comment);
        let all_test = ["tests/", "benches/"]
            .iter()
            .any(|folder| path.starts_with(folder))
            || path.contains("/tests/")
            || path.ends_with("tests.rs");
        let tests = test_code(&code).into_iter().map(|test| test || all_test);
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            around: tests.zip(inline_modules(&code)).collect(),
            comments,
            code,
        }
    }

    /// The text of the token at `at`; empty for a literal and behind the end.
    pub fn word(&self, at: usize) -> &str {
        self.code.get(at).map_or("", |token| token.text.as_str())
    }

    /// Whether the token at `at` is compiled for tests only.
    pub fn in_test(&self, at: usize) -> bool {
        self.around.get(at).is_some_and(|(test, _)| *test)
    }

    /// Every path that the code names, single words among them.
    pub fn names(&self) -> Vec<Named> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.code.len() {
            let continues = match at.checked_sub(1).map(|before| self.word(before)) {
                Some(".") => true,
                Some("::") => at >= 2 && (self.is_word(at - 2) || self.word(at - 2) == ">"),
                Some(_) | None => false,
            };
            // `use<'a>` in a type is no import.
            if self.word(at) == "use" && self.word(at + 1) != "<" {
                at = self.use_tree(at + 1, &[], &mut found);
            } else if self.is_word(at) && !continues {
                let mut segments = vec![self.word(at).to_owned()];
                let start = at;
                while self.word(at + 1) == "::" && self.is_word(at + 2) {
                    at += 2;
                    segments.push(self.word(at).to_owned());
                }
                found.push(self.named(segments, start, false));
                at += 1;
            } else {
                at += 1;
            }
        }
        found
    }

    /// Adds the leaves of the use tree at `at`, all below `prefix`; returns where the tree ends.
    fn use_tree(&self, mut at: usize, prefix: &[String], found: &mut Vec<Named>) -> usize {
        let start = at;
        let mut segments = prefix.to_vec();
        loop {
            match self.word(at) {
                "::" => at += 1,
                "as" => at += 2,
                "{" => {
                    at += 1;
                    while at < self.code.len() && self.word(at) != "}" {
                        at = self.use_tree(at, &segments, found).max(at + 1);
                        at += usize::from(self.word(at) == ",");
                    }
                    return at + 1;
                }
                word if word == "*" || self.is_word(at) => {
                    segments.push(word.to_owned());
                    at += 1;
                }
                _ => {
                    found.push(self.named(segments, start, true));
                    return at;
                }
            }
        }
    }

    fn is_word(&self, at: usize) -> bool {
        self.code
            .get(at)
            .is_some_and(|token| token.kind == Kind::Word)
    }

    fn named(&self, segments: Vec<String>, at: usize, imported: bool) -> Named {
        let (in_test, inline_modules) = self.around.get(at).copied().unwrap_or_default();
        let line = self.code.get(at).map_or(0, |token| token.line);
        Named {
            segments,
            line,
            imported,
            in_test,
            inline_modules,
        }
    }
}

/// For every token, how many `mod name { … }` are around it.
fn inline_modules(code: &[Token]) -> Vec<usize> {
    let mut open: Vec<bool> = Vec::new();
    let mut depth = 0;
    let mut found = Vec::with_capacity(code.len());
    for (at, token) in code.iter().enumerate() {
        if token.text == "{" {
            let module = at >= 2 && code[at - 2].text == "mod";
            depth += usize::from(module);
            open.push(module);
        } else if token.text == "}" {
            depth -= usize::from(open.pop().unwrap_or(false));
        }
        found.push(depth);
    }
    found
}

/// For every token, whether it belongs to an item under `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn test_code(code: &[Token]) -> Vec<bool> {
    let words: Vec<&str> = code.iter().map(|token| token.text.as_str()).collect();
    let mut found = vec![false; code.len()];
    for at in 0..words.len() {
        let (cfg, whole_file) = match words[at..] {
            ["#", "!", "[", "cfg", ..] => (at + 4, true),
            ["#", "[", "cfg", ..] => (at + 3, false),
            _ => continue,
        };
        if !matches!(
            words[cfg..],
            ["(", "test", ..] | ["(", "all", "(", "test", ..]
        ) {
            continue;
        }
        let end = if whole_file {
            words.len()
        } else {
            item_end(&words, cfg)
        };
        found[at..end].fill(true);
    }
    found
}

/// Where the item ends that follows the attribute whose arguments are at `from`: behind its `;` or its closing brace.
fn item_end(words: &[&str], from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, word) in words.iter().enumerate().skip(from) {
        match *word {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    words.len()
}

#[test]
fn use_groups_and_paths_are_taken_apart() {
    let source = Source::new(
        "src/a.rs",
        "pub use crate::{b, c::{self, d as e, f::*}};\nfn g() -> impl H + use<'_> { ::i::j(k.l::<m::N>(), <O as p::Q>::r) }",
    );
    let names: Vec<String> = source
        .names()
        .iter()
        .map(|name| name.segments.join("::"))
        .collect();
    for expected in [
        "crate::b",
        "crate::c::self",
        "crate::c::d",
        "crate::c::f::*",
        "i::j",
        "m::N",
        "p::Q",
        "k",
    ] {
        assert!(
            names.iter().any(|name| name == expected),
            "{expected} is not in {names:?}"
        );
    }
    for absent in ["l", "r", "b", "e"] {
        assert!(
            !names.iter().any(|name| name == absent),
            "{absent} is in {names:?}"
        );
    }
}

#[test]
fn test_code_ends_with_its_item() {
    let text = "a!();\n#[cfg(test)]\n#[path = \"x.rs\"]\nmod b;\nc!();\n#[cfg(all(test, unix))]\nmod d {\n fn e(f: [u8; 2]) { g!(); }\n}\nh!();\n#[cfg(not(test))]\nfn i() {}";
    let source = Source::new("src/a.rs", text);
    for (word, expected) in [
        ("a", false),
        ("b", true),
        ("c", false),
        ("d", true),
        ("g", true),
        ("h", false),
        ("i", false),
    ] {
        let at = source.code.iter().position(|token| token.text == word);
        assert_eq!(at.map(|at| source.in_test(at)), Some(expected), "{word}");
    }
    let inside = source
        .names()
        .into_iter()
        .find(|name| name.segments == ["g"]);
    assert_eq!(inside.map(|name| name.inline_modules), Some(1));
    let whole = Source::new("src/a.rs", "#![cfg(test)]\nfn b() {}");
    assert!(
        whole.in_test(8),
        "a file under an inner attribute is test code"
    );
}

//! What must not be left behind: unfinished code, silenced checks, panics on purpose, paths of somebody's machine.

use crate::source::{Source, TextFile};

/// Words in a comment that say the code is not finished.
const UNFINISHED: [&str; 3] = ["FIXME", "TODO", "XXX"];

/// Unfinished code and silenced checks in a file of ours that is shipped.
pub fn unfinished(source: &Source) -> Vec<String> {
    if !is_shipped(source) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for comment in &source.comments {
        let mut words = comment
            .text
            .split(|c: char| !c.is_alphanumeric() && c != '_');
        if let Some(word) = words.find(|word| UNFINISHED.contains(word)) {
            found.push((comment.line, word.to_owned()));
        }
    }
    for (at, token) in source.code.iter().enumerate() {
        let opening = |ahead| source.word(at + ahead) == "[";
        let attribute = match token.text.as_str() {
            "#" if opening(1) => source.word(at + 2),
            "#" if source.word(at + 1) == "!" && opening(2) => source.word(at + 3),
            _ => "",
        };
        match token.text.as_str() {
            "#" if matches!(attribute, "ignore" | "allow") => {
                found.push((token.line, format!("#[{attribute}]")))
            }
            name @ ("todo" | "unimplemented") if source.word(at + 1) == "!" => {
                found.push((token.line, format!("{name}!")))
            }
            _ => {}
        }
    }
    let path = &source.path;
    found
        .iter()
        .map(|(line, what)| format!("{path}:{line}: {what} is left behind"))
        .collect()
}

/// `unwrap` and `expect` in a file under `src`, test code aside.
pub fn panics(source: &Source) -> Vec<String> {
    let calls = source.code.iter().enumerate().filter(|(at, token)| {
        let called = matches!(token.text.as_str(), "unwrap" | "expect");
        let before = at.checked_sub(1).map_or("", |before| source.word(before));
        called
            && matches!(before, "." | "::")
            && source.path.starts_with("src/")
            && !source.in_test(*at)
    });
    calls
        .map(|(_, token)| {
            format!(
                "{}:{}: {} may panic; return the error",
                source.path, token.line, token.text
            )
        })
        .collect()
}

/// Absolute paths into the folders where people keep their work: they say nothing on another machine.
pub fn machine_paths(file: &TextFile) -> Vec<String> {
    let mut found = Vec::new();
    for (line, text) in file.text.lines().enumerate() {
        for folder in ["root", "home", "work"] {
            let needle = format!("/{folder}/");
            let absolute = |at: usize| {
                !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || "._-~*}".contains(c))
            };
            if text.match_indices(&needle).any(|(at, _)| absolute(at)) {
                found.push(format!(
                    "{}:{}: {needle} is a path of one machine",
                    file.path,
                    line + 1
                ));
            }
        }
    }
    found
}

fn is_shipped(source: &Source) -> bool {
    let folders = ["src/", "entity/src/", "migration/src/"];
    folders.iter().any(|folder| source.path.starts_with(folder))
}

#[test]
fn unfinished_code_and_silenced_checks_are_found() {
    let left = |text| unfinished(&Source::new("src/a.rs", text)).len();
    for text in [
        "fn f() { todo!() }",
        "fn f() { unimplemented!(\"x\") }",
        "// FIXME: later",
        "/// XXX",
        "/* TODO */",
        "#[test]\n#[ignore = \"slow\"]\nfn f() {}",
        "#[ignore]\nfn f() {}",
        "#[allow(dead_code)]\nfn f() {}",
        "#![allow(dead_code)]",
    ] {
        assert_eq!(left(text), 1, "{text}");
    }
    assert_eq!(
        left(
            "#[expect(dead_code, reason = \"x\")]\nfn f() { ignore(allow[0]); \"todo!() FIXME\"; } // a VTODO is read"
        ),
        0
    );
    assert_eq!(unfinished(&Source::new("tests/a.rs", "// FIXME")).len(), 0);
    assert_eq!(
        unfinished(&Source::new("migration/src/a.rs", "// FIXME")).len(),
        1
    );
}

#[test]
fn a_panic_on_purpose_is_found() {
    let panics = |path, text| panics(&Source::new(path, text)).len();
    assert_eq!(panics("src/a.rs", "fn f() { g().unwrap(); }"), 1);
    assert_eq!(panics("src/a.rs", "fn f() { g()\n.expect(\"x\"); }"), 1);
    assert_eq!(panics("src/a.rs", "fn f() { g.map(Option::unwrap) }"), 1);
    assert_eq!(
        panics(
            "src/a.rs",
            "fn f() { g().unwrap_or_default(); } // .unwrap()"
        ),
        0
    );
    assert_eq!(
        panics("src/a.rs", "#[expect(lint, reason = \"x\")]\nfn f() {}"),
        0
    );
    assert_eq!(
        panics(
            "src/a.rs",
            "#[cfg(test)]\nmod tests { fn f() { g().unwrap(); } }\nfn h() {}"
        ),
        0
    );
    assert_eq!(
        panics(
            "src/a.rs",
            "#[cfg(test)]\nmod tests { fn f() {} }\nfn h() { g().unwrap(); }"
        ),
        1
    );
    assert_eq!(panics("src/a/tests.rs", "fn f() { g().unwrap(); }"), 0);
    assert_eq!(panics("tests/a.rs", "fn f() { g().unwrap(); }"), 0);
}

#[test]
fn a_path_of_one_machine_is_found() {
    let paths = |text: String| {
        let path = "README.md".to_owned();
        machine_paths(&TextFile { path, text }).len()
    };
    for folder in ["root", "home", "work"] {
        assert_eq!(
            paths(format!("x\nsee /{folder}/somebody/file\n")),
            1,
            "{folder}"
        );
        assert_eq!(paths(format!("\"/{folder}/x\"")), 1, "{folder}");
        assert_eq!(
            paths(format!(
                "https://example.cn/{folder}/x ../{folder}/x $dir/{folder} x"
            )),
            0,
            "{folder}"
        );
    }
}

//! What `Cargo.lock` may hold. `cargo deny` looks up what is known of each dependency, where it is installed and can ask;
//! what must not come back whether it can or not is held here.

/// Crates that no build may have, and why.
const NEVER: [(&str, &str); 3] = [
    ("xml-rs", "it expands entities without bound"),
    ("openssl-sys", "the binary links no system library"),
    ("aws-lc-rs", "rustls runs on ring: one provider"),
];

/// Crates with the lowest version that they may have, and why.
const AT_LEAST: [(&str, [u64; 3], &str); 2] = [
    (
        "h2",
        [0, 4, 4],
        "before, heads without end filled the memory",
    ),
    (
        "tracing-subscriber",
        [0, 3, 20],
        "before, texts from outside could steer the terminal that shows the log",
    ),
];

/// What a lock file holds and may not.
pub fn violations(lock: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (name, version) in packages(lock) {
        for (never, why) in NEVER {
            if name == never {
                found.push(format!("Cargo.lock: {name} {version}: {why}"));
            }
        }
        for (known, least, why) in AT_LEAST {
            if name == known && parts(version) < least {
                let [major, minor, patch] = least;
                found.push(format!(
                    "Cargo.lock: {name} {version} is older than {major}.{minor}.{patch}: {why}"
                ));
            }
        }
    }
    found
}

/// Name and version of every package.
pub fn packages(lock: &str) -> Vec<(&str, &str)> {
    let value = |line: &str, key: &str| -> Option<(usize, usize)> {
        let rest = line.strip_prefix(key)?.strip_prefix(" = \"")?;
        let end = rest.strip_suffix('"')?;
        Some((line.len() - rest.len(), line.len() - rest.len() + end.len()))
    };
    let mut lines = lock.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        let Some((from, to)) = value(line, "name") else {
            continue;
        };
        let next = lines.next().unwrap_or_default();
        if let Some((first, last)) = value(next, "version") {
            found.push((&line[from..to], &next[first..last]));
        }
    }
    found
}

fn parts(version: &str) -> [u64; 3] {
    let bare = version.split(['-', '+']).next().unwrap_or_default();
    let mut numbers = bare.split('.').map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| numbers.next().unwrap_or(0))
}

/// Bad input H6: a dependency with a known fault, brought in through the lock file.
#[test]
fn a_planted_dependency_is_named() {
    let lock = |name: &str, version: &str| {
        format!("version = 4\n\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n")
    };
    assert_eq!(
        violations(&lock("xml-rs", "0.8.20")),
        ["Cargo.lock: xml-rs 0.8.20: it expands entities without bound"]
    );
    assert_eq!(violations(&lock("h2", "0.3.20")).len(), 1);
    assert_eq!(violations(&lock("tracing-subscriber", "0.3.19")).len(), 1);
    for (name, version) in [
        ("h2", "0.4.4"),
        ("h2", "1.0.0-beta.1"),
        ("h2o", "0.1.0"),
        ("xml", "1.0.0"),
    ] {
        assert_eq!(
            violations(&lock(name, version)),
            Vec::<String>::new(),
            "{name}"
        );
    }
}

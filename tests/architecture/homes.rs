//! What only certain places may name: a library has one home, the clock one reader, `domain` no world outside.

use crate::source::{Named, Source};

/// A name that a rule looks for.
enum Name {
    /// A crate, as the head of a path or of an import.
    Crate(&'static str),
    /// Segments one after the other, anywhere in a path.
    Path(&'static [&'static str]),
}

/// Names that, inside `within`, only the files below `homes` may use.
struct Home {
    names: &'static [Name],
    within: &'static str,
    homes: &'static [&'static str],
    because: &'static str,
}

const HOMES: [Home; 13] = [
    Home {
        names: &[
            Name::Crate("sea_orm"),
            Name::Crate("entity"),
            Name::Crate("migration"),
        ],
        within: "src/",
        homes: &["src/storage/"],
        because: "only src/storage knows the database",
    },
    Home {
        names: &[Name::Path(&["WriteTx"])],
        within: "src/",
        homes: &["src/storage/", "src/flow/"],
        because: "only a use case writes",
    },
    Home {
        names: &[Name::Crate("tokio_cron_scheduler")],
        within: "src/",
        homes: &["src/jobs/scheduler.rs"],
        because: "one file knows the scheduler",
    },
    Home {
        names: &[Name::Crate("lettre")],
        within: "src/",
        homes: &["src/mail/"],
        because: "only src/mail knows how mail is sent",
    },
    Home {
        names: &[Name::Crate("utoipa"), Name::Crate("utoipa_swagger_ui")],
        within: "src/",
        homes: &["src/http/"],
        because: "only src/http knows what the service looks like from outside",
    },
    Home {
        names: &[Name::Crate("governor"), Name::Crate("actix_multipart")],
        within: "src/",
        homes: &["src/http/kernel/"],
        because: "only the kernel bounds what clients send",
    },
    Home {
        names: &[Name::Crate("rustix")],
        within: "src/",
        homes: &["src/files/", "src/cage/inside.rs"],
        because: "only src/files opens files in folders that others can reach, only a cage bounds itself",
    },
    Home {
        names: &[Name::Path(&["process", "Command"])],
        within: "src/",
        homes: &["src/cage/"],
        because: "only src/cage starts programs",
    },
    Home {
        names: &[
            Name::Path(&["Utc", "now"]),
            Name::Path(&["Local", "now"]),
            Name::Path(&["SystemTime", "now"]),
        ],
        within: "src/",
        homes: &["src/clock.rs"],
        because: "time is an argument; ask Clock",
    },
    Home {
        names: &[Name::Crate("getrandom"), Name::Crate("rand")],
        within: "src/",
        homes: &["src/entropy.rs"],
        because: "randomness is an argument; ask Entropy",
    },
    Home {
        names: &[Name::Crate("hmac")],
        within: "src/",
        homes: &[
            "src/domain/mail_link.rs",
            "src/domain/session_mac.rs",
            "src/domain/webhook_signature.rs",
        ],
        because: "one file signs links, one the forms of sessions, one what webhooks send",
    },
    Home {
        names: &[Name::Crate("argon2")],
        within: "src/",
        homes: &["src/flow/passwords.rs"],
        because: "one file knows how passwords are kept",
    },
    Home {
        names: &[
            Name::Crate("hyper"),
            Name::Crate("hyper_util"),
            Name::Crate("http_body_util"),
        ],
        within: "src/",
        homes: &["src/webhook/"],
        because: "only src/webhook calls others",
    },
];

/// Steps outlive the entities: an entity follows the newest schema, a step the schema of its day.
const STEPS: Home = Home {
    names: &[Name::Crate("entity")],
    within: "migration/src/",
    homes: &[],
    because: "a released step must not change when an entity does",
};

/// What would make `domain` depend on where and when it runs.
const OUTSIDE_WORLD: [Name; 9] = [
    Name::Crate("tokio"),
    Name::Crate("tracing"),
    Name::Path(&["std", "fs"]),
    Name::Path(&["std", "io"]),
    Name::Path(&["std", "net"]),
    Name::Path(&["std", "env"]),
    Name::Path(&["std", "process"]),
    Name::Path(&["std", "thread"]),
    Name::Path(&["std", "time"]),
];

/// Macros that print.
const PRINTING: [&str; 5] = ["println", "print", "eprintln", "eprint", "dbg"];

/// Names used outside their home in a file under `src`.
pub fn strangers(source: &Source) -> Vec<String> {
    HOMES
        .iter()
        .flat_map(|home| away_from_home(source, home))
        .collect()
}

/// Entities named by a migration step.
pub fn entities_in_steps(source: &Source) -> Vec<String> {
    away_from_home(source, &STEPS)
}

/// What is impure in a file of `domain`, its tests aside: those may read samples from disk.
pub fn impurities(source: &Source) -> Vec<String> {
    if !source.path.starts_with("src/domain/") {
        return Vec::new();
    }
    let names = source.names();
    let named = names.iter().filter(|name| !name.in_test);
    let mut found: Vec<(usize, String)> = named
        .filter(|named| OUTSIDE_WORLD.iter().any(|name| name.is(named)))
        .map(|named| (named.line, named.segments.join("::")))
        .collect();
    for (at, token) in source.code.iter().enumerate() {
        let prints = PRINTING.contains(&token.text.as_str()) && source.word(at + 1) == "!";
        if (prints || token.text == "async") && !source.in_test(at) {
            found.push((token.line, token.text.clone()));
        }
    }
    let path = &source.path;
    let say =
        |(line, what)| format!("{path}:{line}: {what} does not belong in domain, which is pure");
    found.into_iter().map(say).collect()
}

fn away_from_home(source: &Source, home: &Home) -> Vec<String> {
    let path = &source.path;
    if !path.starts_with(home.within) || home.homes.iter().any(|place| path.starts_with(place)) {
        return Vec::new();
    }
    let names = source.names();
    let strange = names
        .iter()
        .filter(|named| home.names.iter().any(|name| name.is(named)));
    strange
        .map(|named| {
            let (line, what, because) = (named.line, named.segments.join("::"), home.because);
            format!("{path}:{line}: {what} may not be named here: {because}")
        })
        .collect()
}

impl Name {
    fn is(&self, named: &Named) -> bool {
        match self {
            Self::Crate(wanted) => {
                let head = named
                    .segments
                    .first()
                    .is_some_and(|segment| segment == wanted);
                head && (named.segments.len() > 1 || named.imported)
            }
            Self::Path(wanted) => named
                .segments
                .windows(wanted.len())
                .any(|segments| segments == *wanted),
        }
    }
}

#[test]
fn a_name_away_from_its_home_is_found() {
    for (path, text) in [
        ("src/flow/import_plan.rs", "use sea_orm::EntityTrait;"),
        (
            "src/flow/import_plan.rs",
            "fn f() -> entity::plan::Model {}",
        ),
        ("src/startup.rs", "use migration::{Migrator};"),
        ("src/startup.rs", "use entity as e;"),
        ("src/http/plans.rs", "use crate::storage::{Db, WriteTx};"),
        ("src/jobs/mod.rs", "use tokio_cron_scheduler::Job;"),
        (
            "src/flow/deliver_mail.rs",
            "fn f(message: lettre::Message) {}",
        ),
        ("src/flow/mod.rs", "fn f() { chrono::Utc::now(); }"),
        ("src/flow/mod.rs", "fn f() { let now = Local::now; }"),
        (
            "src/storage/db.rs",
            "fn f() { std::time::SystemTime::now(); }",
        ),
        ("src/domain/draw.rs", "use rand::{Rng};"),
        ("src/flow/mod.rs", "fn f() { getrandom::fill(&mut bytes); }"),
    ] {
        assert_eq!(
            strangers(&Source::new(path, text)).len(),
            1,
            "{path}: {text}"
        );
    }
    let found = strangers(&Source::new(
        "src/cli/mod.rs",
        "//! x\n\nuse lettre::Message;",
    ));
    assert_eq!(
        found,
        [
            "src/cli/mod.rs:3: lettre::Message may not be named here: only src/mail knows how mail is sent"
        ]
    );
}

#[test]
fn a_name_at_home_and_a_mere_likeness_pass() {
    for (path, text) in [
        (
            "src/storage/plans.rs",
            "use sea_orm::EntityTrait; use entity::plan;",
        ),
        ("src/jobs/scheduler.rs", "use tokio_cron_scheduler::Job;"),
        ("src/clock.rs", "fn f() { Utc::now(); }"),
        ("src/entropy.rs", "fn f() { getrandom::fill(&mut bytes); }"),
        (
            "src/flow/mod.rs",
            "//! Never Utc::now().\nfn f(entity: u8) { entity.max(1); self.clock.now(); \"lettre::Message\"; }",
        ),
        ("tests/it/main.rs", "use sea_orm::EntityTrait;"),
    ] {
        assert_eq!(
            strangers(&Source::new(path, text)),
            Vec::<String>::new(),
            "{path}: {text}"
        );
    }
}

#[test]
fn an_entity_in_a_step_is_found() {
    let step = |text| {
        entities_in_steps(&Source::new(
            "migration/src/m20261123_000001_plans.rs",
            text,
        ))
        .len()
    };
    assert_eq!(step("use entity::plan;"), 1);
    assert_eq!(step("fn f() { entity::plan::Entity::find(); }"), 1);
    assert_eq!(
        step("use sea_orm_migration::prelude::*; // not entity::plan"),
        0
    );
}

#[test]
fn an_impure_domain_is_found() {
    let domain = |text| impurities(&Source::new("src/domain/unit.rs", text)).len();
    for text in [
        "async fn f() {}",
        "use tokio::sync::Mutex;",
        "fn f() { tracing::info!(\"x\"); }",
        "use std::{collections::BTreeMap, fs};",
        "fn f() { std::env::var(\"X\"); }",
        "use std::net::IpAddr;",
        "use std::time::Instant;",
        "fn f() { println!(\"x\"); }",
    ] {
        assert_eq!(domain(text), 1, "{text}");
    }
    assert_eq!(
        domain("//! No async, no println!.\nuse std::fmt;\nfn f() { write!(out, \"std::fs\"); }"),
        0
    );
    assert_eq!(
        domain("#[cfg(test)]\nmod tests { fn f() { std::fs::read(\"x\"); println!(); } }"),
        0
    );
    assert_eq!(
        impurities(&Source::new("src/flow/mod.rs", "async fn f() {}")).len(),
        0
    );
}

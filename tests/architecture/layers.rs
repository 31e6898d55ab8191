//! Which layer may name which: one direction, from the edges down to `domain` (design §4).

use crate::source::{Named, Source};

/// Each layer and what it may use besides itself.
const LAYERS: [(&str, &[&str]); 16] = [
    ("domain", &[]),
    ("clock", &[]),
    ("crash_point", &[]),
    ("entropy", &["domain"]),
    ("documents", &["domain"]),
    ("cage", &["documents", "domain"]),
    ("files", &["documents"]),
    ("storage", &["domain"]),
    ("mail", &["domain"]),
    ("webhook", &["domain"]),
    ("config", &["domain", "mail", "webhook"]),
    ("telemetry", &["config"]),
    (
        "flow",
        &[
            "domain",
            "storage",
            "mail",
            "webhook",
            "documents",
            "files",
            "cage",
            "clock",
            "crash_point",
            "entropy",
            "config",
        ],
    ),
    ("jobs", &["flow", "clock", "domain"]),
    ("http", &["flow", "storage", "documents", "files", "domain"]),
    ("web", &["http", "flow", "domain"]),
];

/// The files that wire everything.
const WIRING: [&str; 5] = ["cli", "startup", "demo", "main", "lib"];

/// The forbidden arrows of a file under `src`.
pub fn violations(source: &Source) -> Vec<String> {
    let Some(inside) = source
        .path
        .strip_prefix("src/")
        .and_then(|path| path.strip_suffix(".rs"))
    else {
        return Vec::new();
    };
    let modules: Vec<&str> = inside.split('/').filter(|part| *part != "mod").collect();
    let layer = modules.first().copied().unwrap_or_default();
    if WIRING.contains(&layer) {
        return Vec::new();
    }
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
        return vec![format!(
            "{}: {layer} is no layer; give it its place in tests/architecture/layers.rs",
            source.path
        )];
    };
    let names = source.names();
    let arrows = names
        .iter()
        .filter_map(|name| Some((name, target(name, modules.len())?)));
    arrows
        .filter(|(_, target)| *target != layer && !allowed.contains(target))
        .map(|(name, target)| {
            let (path, line, named) = (&source.path, name.line, name.segments.join("::"));
            let may = if allowed.is_empty() {
                "nothing else of ours".to_owned()
            } else {
                allowed.join(", ")
            };
            format!(
                "{path}:{line}: {layer} → {target} is forbidden ({named}); {layer} may use {may}"
            )
        })
        .collect()
}

/// The name right below the crate's root to which a path leads; `None` where it leads elsewhere or stays in its layer.
fn target(name: &Named, file_depth: usize) -> Option<&str> {
    let ups = name
        .segments
        .iter()
        .take_while(|segment| *segment == "super")
        .count();
    let below_root = match name.segments.first()?.as_str() {
        "crate" | "duban" => 1,
        "super" if ups >= file_depth + name.inline_modules => ups,
        _ => return None,
    };
    name.segments.get(below_root).map(String::as_str)
}

#[test]
fn a_forbidden_arrow_is_named_with_file_line_and_direction() {
    let source = Source::new(
        "src/storage/plans.rs",
        "//! Plans.\nuse crate::domain::ids::PlanId;\nuse crate::flow::Ctx;\n",
    );
    assert_eq!(
        violations(&source),
        [
            "src/storage/plans.rs:3: storage → flow is forbidden (crate::flow::Ctx); storage may use domain"
        ]
    );
}

#[test]
fn every_way_to_name_a_layer_is_seen() {
    for (path, text) in [
        (
            "src/domain/unit.rs",
            "use crate::{domain::ids, storage::{db::Db}};",
        ),
        (
            "src/domain/unit.rs",
            "fn f() { crate::clock::Clock::System.now(); }",
        ),
        (
            "src/domain/plan/line.rs",
            "use super::super::super::mail::letter;",
        ),
        ("src/domain/mod.rs", "use super::config::Settings;"),
        (
            "src/domain/unit.rs",
            "#[cfg(test)] mod tests { use super::super::super::flow::Ctx; }",
        ),
        ("src/http/plans.rs", "use crate::jobs::JOBS;"),
        (
            "src/jobs/mod.rs",
            "impl From<crate::storage::StorageError> for JobError {}",
        ),
        ("src/mail/compose.rs", "use duban::config::Settings;"),
        ("src/config.rs", "use crate::*;"),
        ("src/helpers.rs", ""),
    ] {
        assert_eq!(
            violations(&Source::new(path, text)).len(),
            1,
            "{path}: {text}"
        );
    }
}

#[test]
fn allowed_arrows_pass() {
    for (path, text) in [
        (
            "src/domain/unit.rs",
            "use super::ids; use crate::domain::level;",
        ),
        (
            "src/domain/unit.rs",
            "#[cfg(test)] mod tests { use super::super::ids; use super::*; }",
        ),
        (
            "src/config.rs",
            "use crate::mail::Settings; #[cfg(test)] mod tests { use super::Settings; }",
        ),
        (
            "src/flow/mod.rs",
            "//! Not crate::jobs.\nuse crate::{clock::Clock, storage::Db}; const A: &str = \"crate::http\";",
        ),
        (
            "src/http/plans.rs",
            "use crate::storage::plans; use crate::flow::Ctx;",
        ),
        ("src/cli/mod.rs", "use crate::http; use crate::jobs;"),
        ("src/main.rs", "use duban::cli;"),
        ("tests/it/main.rs", "use duban::storage::Db;"),
    ] {
        assert_eq!(
            violations(&Source::new(path, text)),
            Vec::<String>::new(),
            "{path}: {text}"
        );
    }
}

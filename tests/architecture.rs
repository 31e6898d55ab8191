//! The rules of the source tree, read from the files themselves: which layer may name which, what has one home, how a
//! file looks, what may not be left behind. One test a rule here; each rule has a test beside it that shows it red.
//!
//! Only the standard library is used, so that these tests run even where the program does not compile.

#[path = "architecture/bad_inputs.rs"]
mod bad_inputs;
#[path = "architecture/homes.rs"]
mod homes;
#[path = "architecture/layers.rs"]
mod layers;
#[path = "architecture/leftovers.rs"]
mod leftovers;
#[path = "architecture/lexer.rs"]
mod lexer;
#[path = "architecture/locked.rs"]
mod locked;
#[path = "architecture/shape.rs"]
mod shape;
#[path = "architecture/source.rs"]
mod source;

use source::{Source, rust_files, text_files};
use std::io;
use std::sync::LazyLock;

/// The Rust files of the repository, read once for all rules.
static RUST_FILES: LazyLock<io::Result<Vec<Source>>> = LazyLock::new(rust_files);

/// Asserts that no Rust file of the repository breaks `rule`, and lists all that do.
fn holds(rule: impl Fn(&Source) -> Vec<String>) -> io::Result<()> {
    let files = RUST_FILES
        .as_ref()
        .map_err(|error| io::Error::new(error.kind(), error.to_string()))?;
    for folder in ["src/", "entity/src/", "migration/src/", "tests/"] {
        let seen = files.iter().any(|file| file.path.starts_with(folder));
        assert!(
            seen,
            "no Rust file was found under {folder}: the rules would hold of nothing"
        );
    }
    none(files.iter().flat_map(rule).collect());
    Ok(())
}

fn none(found: Vec<String>) {
    assert!(
        found.is_empty(),
        "{} found:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn layers_only_point_down() -> io::Result<()> {
    holds(layers::violations)
}

#[test]
fn what_has_one_home_is_named_only_there() -> io::Result<()> {
    holds(homes::strangers)
}

#[test]
fn domain_is_pure() -> io::Result<()> {
    holds(homes::impurities)
}

#[test]
fn migration_steps_name_no_entity() -> io::Result<()> {
    holds(homes::entities_in_steps)
}

#[test]
fn every_file_is_read_to_its_end() -> io::Result<()> {
    holds(shape::unbalanced)
}

#[test]
fn every_file_says_what_lives_in_it() -> io::Result<()> {
    holds(shape::headless)
}

#[test]
fn files_are_short() -> io::Result<()> {
    holds(shape::long_file)
}

#[test]
fn functions_are_short() -> io::Result<()> {
    holds(shape::long_functions)
}

#[test]
fn nothing_unfinished_or_silenced_is_shipped() -> io::Result<()> {
    holds(leftovers::unfinished)
}

#[test]
fn nothing_panics_on_purpose() -> io::Result<()> {
    holds(leftovers::panics)
}

#[test]
fn every_bad_input_has_its_test() -> io::Result<()> {
    none(bad_inputs::violations(&text_files()?));
    Ok(())
}

#[test]
fn no_dependency_is_known_to_be_bad() -> io::Result<()> {
    let files = text_files()?;
    let lock = files.iter().find(|file| file.path == "Cargo.lock");
    let lock = lock.map(|file| file.text.as_str()).unwrap_or_default();
    assert!(locked::packages(lock).len() > 100, "the lock was not read");
    none(locked::violations(lock));
    Ok(())
}

#[test]
fn no_path_of_one_machine_is_written_down() -> io::Result<()> {
    none(
        text_files()?
            .iter()
            .flat_map(leftovers::machine_paths)
            .collect(),
    );
    Ok(())
}

//! Office files that are hostile or hide something: macros, passwords, paths, too many parts.

use duban::files::check::check_file;
use duban::files::error::{Carried, FileProblem, RefusedKind};
use duban::files::kind::FileKind;

use crate::samples::{container, content_types, docx, office};

fn problem(bytes: &[u8]) -> FileProblem {
    match check_file("a.docx", bytes) {
        Ok(kind) => panic!("taken in as {kind:?}"),
        Err(error) => error.reason,
    }
}

fn with_parts(parts: &[(&str, &str)]) -> Vec<u8> {
    let types = content_types("wordprocessingml.document");
    let own = [
        ("[Content_Types].xml", types.as_str()),
        ("word/document.xml", "<x/>"),
    ];
    container(&[&own, parts].concat())
}

/// The file with every `from` replaced by `to`, which is as long.
fn patched(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut patched = bytes.to_vec();
    let places: Vec<usize> = (0..bytes.len() - from.len())
        .filter(|at| &bytes[*at..at + from.len()] == from)
        .collect();
    assert!(!places.is_empty(), "nothing to replace");
    for at in places {
        patched[at..at + from.len()].copy_from_slice(to);
    }
    patched
}

#[test]
fn macros_are_refused_by_part_and_by_type() {
    assert_eq!(
        problem(&with_parts(&[("word/VbaProject.bin", "x")])),
        FileProblem::Macros
    );
    let types = [
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        // The part may have any name: its type makes it run.
        "application/vnd.ms-office.vbaProject",
        "application/vnd.ms-office.VBAPROJECT",
    ];
    for kind in types {
        let types = format!(
            "{}<Override ContentType=\"{kind}\"/>",
            content_types("wordprocessingml.document")
        );
        let bytes = container(&[("[Content_Types].xml", &types), ("word/document.xml", "x")]);
        assert_eq!(problem(&bytes), FileProblem::Macros, "{kind}");
        // The same in UTF-16.
        let wide: String = types.chars().flat_map(|c| [c, '\0']).collect();
        let bytes = container(&[("[Content_Types].xml", &wide), ("word/document.xml", "x")]);
        assert_eq!(problem(&bytes), FileProblem::Macros, "{kind} in UTF-16");
        let coded = types
            .replace("vba", "&#118;ba")
            .replace("macro", "&#109;acro")
            .replace("VBA", "&#86;BA");
        let bytes = container(&[("[Content_Types].xml", &coded), ("word/document.xml", "x")]);
        assert!(
            matches!(problem(&bytes), FileProblem::Container(_)),
            "{kind} as numbers"
        );
    }
}

#[test]
fn a_zip_that_is_no_office_file_is_an_archive() {
    for bytes in [
        container(&[("word/document.xml", "x")]),
        container(&[
            ("[Content_Types].xml", "<Types/>"),
            ("word/document.xml", "x"),
        ]),
        container(&[(
            "[Content_Types].xml",
            &content_types("wordprocessingml.document"),
        )]),
        // A template is another kind of file.
        office("wordprocessingml.template", "word/document.xml"),
        container(&[]),
    ] {
        assert_eq!(problem(&bytes), FileProblem::Refused(RefusedKind::Archive));
    }
}

#[test]
fn an_office_file_of_two_kinds_is_refused() {
    let types = content_types("wordprocessingml.document") + &content_types("spreadsheetml.sheet");
    let bytes = container(&[
        ("[Content_Types].xml", &types),
        ("word/document.xml", "x"),
        ("xl/workbook.xml", "x"),
    ]);
    assert!(matches!(problem(&bytes), FileProblem::Container(_)));
}

#[test]
fn a_document_with_a_sheet_inside_is_a_document() {
    let bytes = with_parts(&[
        ("word/embeddings/sheet1.xlsx", "x"),
        ("word/media/图.png", "x"),
    ]);
    assert_eq!(check_file("a.docx", &bytes), Ok(FileKind::Docx));
}

#[test]
fn paths_twins_and_too_many_parts_are_refused() {
    for name in ["../../x", "/etc/x", "C:/aaaa", "..\\aaaa"] {
        let stand_in = "z".repeat(name.len());
        let bytes = patched(
            &with_parts(&[(&stand_in, "x")]),
            stand_in.as_bytes(),
            name.as_bytes(),
        );
        assert!(
            matches!(problem(&bytes), FileProblem::Container(_)),
            "{name}"
        );
    }
    let twins = patched(
        &with_parts(&[("word/one", "x"), ("word/two", "y")]),
        b"word/two",
        b"word/one",
    );
    assert!(matches!(problem(&twins), FileProblem::Container(_)));

    let names: Vec<String> = (0..2_001).map(|n| format!("word/{n}")).collect();
    let parts: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    let told = problem(&with_parts(&parts)).to_string();
    assert!(told.contains("部件太多"), "{told}");
}

#[test]
fn an_encrypted_part_is_refused() {
    let mut bytes = docx();
    let entry = bytes
        .windows(4)
        .position(|window| window == b"PK\x01\x02")
        .unwrap();
    bytes[entry + 8] |= 1;
    let told = problem(&bytes).to_string();
    assert!(told.contains("密码"), "{told}");
}

#[test]
fn data_before_and_behind_the_zip_is_refused() {
    let behind = [docx(), b"tail".to_vec()].concat();
    assert_eq!(problem(&behind), FileProblem::TwoFiles(Carried::Tail));
    let mut comment = docx();
    let length = comment.len();
    comment[length - 2] = 4;
    comment.extend(b"%PDF");
    assert_eq!(problem(&comment), FileProblem::TwoFiles(Carried::Tail));
    let twice = [docx(), docx()].concat();
    assert!(matches!(problem(&twice), FileProblem::Container(_)));
}

#[test]
fn a_table_of_contents_that_unpacks_to_too_much_is_refused() {
    let types = content_types("wordprocessingml.document") + &" ".repeat(1024 * 1024);
    let bytes = container(&[("[Content_Types].xml", &types), ("word/document.xml", "x")]);
    let told = problem(&bytes).to_string();
    assert!(told.contains("太大"), "{told}");
}

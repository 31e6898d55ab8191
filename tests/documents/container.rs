//! Containers whose headers lie: names, counts, flags. What unpacks to too much is in `hostile`.

use duban::documents::{ArchiveError, DocumentError};

use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use crate::files::{container, container_with, docx, read, refusal, relationships};

const TEXT: &str = "<w:p><w:r><w:t>正文</w:t></w:r></w:p>";

fn archive_refusal(bytes: &[u8]) -> ArchiveError {
    match refusal("a.docx", bytes) {
        DocumentError::Archive(error) => error,
        other => panic!("refused for another reason: {other}"),
    }
}

/// The file with every occurrence of `from` replaced; both must be equally long.
fn patched(bytes: &[u8], from: &[u8], to: &[u8], count: usize) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut patched = bytes.to_vec();
    let mut found = 0;
    for start in 0..bytes.len() - from.len() {
        if &bytes[start..start + from.len()] == from && found < count {
            patched[start..start + to.len()].copy_from_slice(to);
            found += 1;
        }
    }
    assert!(found > 0, "nothing to replace");
    patched
}

#[test]
fn names_that_lead_out_of_the_container_are_refused() {
    for name in [
        "../../x",
        "/etc/x",
        "a/../../x",
        "C:/x",
        "..\\x",
        "\\\\host\\x",
    ] {
        let bytes = patched(
            &container(&[(&"z".repeat(name.len()), "x")]),
            "z".repeat(name.len()).as_bytes(),
            name.as_bytes(),
            2,
        );
        let error = archive_refusal(&bytes);
        assert_eq!(error, ArchiveError::Suspicious("部件路径越界"), "{name}");
    }
}

#[test]
fn names_that_stand_twice_are_refused() {
    let exactly = patched(
        &container(&[("a/one", "x"), ("a/two", "y")]),
        b"a/two",
        b"a/one",
        2,
    );
    let by_case = container(&[("a/one", "x"), ("A/One", "y")]);
    for bytes in [exactly, by_case] {
        assert_eq!(
            archive_refusal(&bytes),
            ArchiveError::Suspicious("部件重名")
        );
    }
}

#[test]
fn a_local_header_with_another_name_is_refused() {
    let bytes = patched(&docx(TEXT), b"word/document.xml", b"word/0ocument.xml", 1);
    assert_eq!(
        archive_refusal(&bytes),
        ArchiveError::Suspicious("部件名前后不一致")
    );
}

#[test]
fn something_in_front_of_the_container_is_refused() {
    // Under a name of Word it must begin like a zip to come this far.
    let bytes = [&b"PK\x03\x04 and more"[..], &docx(TEXT)].concat();
    assert_eq!(
        archive_refusal(&bytes),
        ArchiveError::Suspicious("文件开头有多余的数据")
    );
}

#[test]
fn encrypted_entries_are_refused() {
    // General purpose flag, bit 0, in the local and in the central header.
    let bytes = container(&[("word/document.xml", "x")]);
    let local = patched(
        &bytes,
        b"PK\x03\x04\x14\0\0\0",
        b"PK\x03\x04\x14\0\x01\0",
        1,
    );
    let mut both = local.clone();
    let central = both.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    both[central + 8] |= 1;
    assert_eq!(archive_refusal(&both), ArchiveError::Encrypted);
}

#[test]
fn links_are_refused() {
    let bytes = container(&[("word/document.xml", "x")]);
    let mut link = bytes.clone();
    let central = link.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    // Made by Unix; mode 0120777 in the upper half of the external attributes.
    link[central + 5] = 3;
    link[central + 38..central + 42].copy_from_slice(&(0o120_777_u32 << 16).to_le_bytes());
    assert_eq!(
        archive_refusal(&link),
        ArchiveError::Suspicious("部件是链接")
    );
}

#[test]
fn too_many_entries_are_refused_whether_declared_or_not() {
    let names: Vec<String> = (0..2001).map(|index| format!("p{index}")).collect();
    let parts: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(
        archive_refusal(&container(&parts)),
        ArchiveError::TooManyEntries
    );
    // The same count declared over a small directory, plainly and in a ZIP64 record.
    let small = container(&[("a", "x")]);
    let end = small.len() - 22;
    let mut declared = small.clone();
    declared[end + 8..end + 12].copy_from_slice(&[0xFF; 4]);
    assert_eq!(archive_refusal(&declared), ArchiveError::TooManyEntries);
    let mut zip64 = small[..end].to_vec();
    zip64.extend(b"PK\x06\x06");
    zip64.extend([0; 20]);
    zip64.extend(u64::MAX.to_le_bytes().repeat(2));
    zip64.extend([0; 16]);
    let mut record = small[end..].to_vec();
    record[16..20].copy_from_slice(&[0xFF; 4]);
    zip64.extend(record);
    assert_eq!(archive_refusal(&zip64), ArchiveError::TooManyEntries);
}

#[test]
fn a_file_cut_short_or_damaged_is_broken() {
    let whole = docx(&TEXT.repeat(50));
    for length in [30, whole.len() / 2, whole.len() - 1] {
        assert_eq!(archive_refusal(&whole[..length]), ArchiveError::Broken);
    }
    // A letter changed in place still is XML; only the checksum tells.
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let stored = container_with(
        options,
        &[
            (
                "_rels/.rels",
                &relationships(&[("officeDocument", "word/d.xml")]),
            ),
            (
                "word/d.xml",
                "<d><body><p><r><t>text</t></r></p></body></d>",
            ),
        ],
    );
    assert_eq!(read("a.docx", &stored), ["1 text"]);
    let damaged = patched(&stored, b"text", b"tent", 1);
    assert_eq!(archive_refusal(&damaged), ArchiveError::Broken);
}

#[test]
fn macros_and_missing_parts_are_named() {
    let root = relationships(&[("officeDocument", "word/document.xml")]);
    let with_macros = container(&[("_rels/.rels", &root), ("word/vbaProject.bin", "x")]);
    assert_eq!(refusal("a.docx", &with_macros), DocumentError::Macros);
    let without_body = container(&[("_rels/.rels", &root)]);
    assert_eq!(
        refusal("a.docx", &without_body),
        DocumentError::MissingPart("word/document.xml".to_owned())
    );
}

#[test]
fn part_names_are_found_in_any_case() {
    let bytes = patched(&docx(TEXT), b"word/document.xml", b"Word/Document.XML", 9);
    assert_eq!(read("a.docx", &bytes), ["1 正文"]);
}

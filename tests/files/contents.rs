//! What is taken in, and why something is not: by the content, and by whether the name agrees. Containers that lie are in
//! `containers`.

use duban::files::check::check_file;
use duban::files::error::{Carried, FileProblem, RefusedKind};
use duban::files::kind::FileKind;
use proptest::prelude::*;

use crate::samples::{container, docx, exe, jpeg, pdf, png, png_chunk, pptx, xlsx};

fn problem(name: &str, bytes: &[u8]) -> FileProblem {
    match check_file(name, bytes) {
        Ok(kind) => panic!("{name} was taken in as {kind:?}"),
        Err(error) => error.reason,
    }
}

/// "填报说明" in GBK.
const GBK: &[u8] = b"\xcc\xee\xb1\xa8\xcb\xb5\xc3\xf7";

#[test]
fn a_file_is_taken_in_when_content_and_extension_agree() {
    let table: [(&str, Vec<u8>, FileKind); 12] = [
        ("a.pdf", pdf(), FileKind::Pdf),
        ("模板.DOCX", docx(), FileKind::Docx),
        ("台账.xlsx", xlsx(), FileKind::Xlsx),
        ("汇报.pptx", pptx(), FileKind::Pptx),
        ("a.png", png(1, 1), FileKind::Png),
        ("a.jpg", jpeg(1, 1), FileKind::Jpeg),
        ("a.JPEG", jpeg(4_000, 3_000), FileKind::Jpeg),
        ("a.txt", "填报说明".as_bytes().to_vec(), FileKind::Txt),
        ("a.csv", GBK.to_vec(), FileKind::Csv),
        (
            "a.csv",
            b"\xef\xbb\xbfa,b\r\n1,2\r\n".to_vec(),
            FileKind::Csv,
        ),
        ("a.txt", b"\xff\xfea\0b\0".to_vec(), FileKind::Txt),
        ("a.txt", b"MZ and BM are letters".to_vec(), FileKind::Txt),
    ];
    for (name, bytes, kind) in table {
        assert_eq!(check_file(name, &bytes), Ok(kind), "{name}");
    }
}

#[test]
fn the_extension_is_read_as_windows_would_read_it() {
    assert_eq!(check_file("a.pdf. ", &pdf()), Ok(FileKind::Pdf));
    // Shown in this order it would seem to end in ".pdf".
    let turned = check_file("a\u{202e}fdp.exe", &pdf()).unwrap_err();
    assert_eq!(turned.name, "afdp.exe");
    assert!(matches!(
        turned.reason,
        FileProblem::UnknownExtension { .. }
    ));
    assert_eq!(
        check_file("a.exe\0.pdf", &exe()).unwrap_err().name,
        "a.exe.pdf"
    );
}

#[test]
fn nothing_and_blanks_are_empty() {
    assert_eq!(problem("a.pdf", b""), FileProblem::Empty);
    assert_eq!(problem("a.txt", b" \r\n\t"), FileProblem::Empty);
    assert_eq!(problem("a.txt", b"\xef\xbb\xbf"), FileProblem::Empty);
}

/// Bad inputs E2 and E3: pages, programs and archives, whatever they are called.
#[test]
fn programs_markup_archives_and_old_office_are_refused_under_any_name() {
    let table: [(RefusedKind, Vec<u8>); 17] = [
        (RefusedKind::Program, exe()),
        (RefusedKind::Program, b"\x7fELF\x02\x01".to_vec()),
        (RefusedKind::Program, b"#!/bin/sh\n".to_vec()),
        (
            RefusedKind::Markup,
            b"<html><script>alert(1)</script>".to_vec(),
        ),
        (
            RefusedKind::Markup,
            b"\xef\xbb\xbf\n <!DOCTYPE html>".to_vec(),
        ),
        (
            RefusedKind::Markup,
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
        ),
        (RefusedKind::Markup, b"<?xml version='1.0'?><svg/>".to_vec()),
        (
            RefusedKind::Markup,
            b"name\n<ScRiPt>alert(1)</script>".to_vec(),
        ),
        (RefusedKind::Markup, b"\xff\xfe<\0h\0t\0m\0l\0>\0".to_vec()),
        (
            RefusedKind::OldOffice,
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0".to_vec(),
        ),
        (RefusedKind::Rtf, b"{\\rtf1 x}".to_vec()),
        (RefusedKind::Archive, container(&[("a.txt", "x")])),
        (RefusedKind::Archive, b"Rar!\x1a\x07\0".to_vec()),
        (RefusedKind::Archive, b"\x1f\x8b\x08".to_vec()),
        (RefusedKind::Ofd, container(&[("OFD.xml", "<ofd/>")])),
        (
            RefusedKind::OtherPicture,
            b"\0\0\0\x18ftypheic\0\0\0\0".to_vec(),
        ),
        (RefusedKind::Media, b"\0\0\0\x18ftypisom\0\0\0\0".to_vec()),
    ];
    for (refused, bytes) in table {
        let names: &[&str] = match refused {
            // As a text it is known for what it is; as anything else it is not what the name says.
            RefusedKind::Markup => &["a.txt", "a.csv"],
            RefusedKind::OldOffice
            | RefusedKind::Rtf
            | RefusedKind::Program
            | RefusedKind::OtherPicture
            | RefusedKind::Media => &["a.pdf", "a.docx", "a.txt", "a.exe", "a"],
            RefusedKind::Archive | RefusedKind::Ofd => &["a.pdf", "a.docx", "a.txt"],
        };
        for name in names {
            assert_eq!(
                problem(name, &bytes),
                FileProblem::Refused(refused),
                "{name}"
            );
        }
    }
    for name in ["a.html", "a.svg", "a.xml"] {
        let reason = problem(name, b"<html/>");
        assert!(
            matches!(reason, FileProblem::UnknownExtension { .. }),
            "{name}"
        );
    }
}

/// Bad input E3: content and extension that disagree.
#[test]
fn content_and_extension_that_disagree_are_refused() {
    let samples: [(&str, Vec<u8>, FileKind); 6] = [
        ("pdf", pdf(), FileKind::Pdf),
        ("docx", docx(), FileKind::Docx),
        ("xlsx", xlsx(), FileKind::Xlsx),
        ("pptx", pptx(), FileKind::Pptx),
        ("png", png(1, 1), FileKind::Png),
        ("jpg", jpeg(1, 1), FileKind::Jpeg),
    ];
    for (_, bytes, found) in &samples {
        for promised in FileKind::ALL.into_iter().filter(|kind| kind != found) {
            let name = format!("a.{}", promised.extension());
            let expected = FileProblem::Mismatch {
                promised,
                found: *found,
            };
            assert_eq!(problem(&name, bytes), expected);
        }
    }
    for (extension, _, promised) in samples {
        let reason = problem(&format!("a.{extension}"), "只是文字".as_bytes());
        assert_eq!(reason, FileProblem::NotAsPromised { promised });
    }
}

/// Bad input E10: a picture of 30,000 by 30,000.
#[test]
fn pictures_are_judged_by_the_size_in_their_header() {
    assert_eq!(check_file("a.png", &png(20_000, 5_000)), Ok(FileKind::Png));
    for (width, height) in [(30_000, 30_000), (20_001, 1), (1, 20_001), (10_001, 10_000)] {
        let expected = FileProblem::PictureTooLarge { width, height };
        assert_eq!(problem("a.png", &png(width, height)), expected);
        let sides = (
            u16::try_from(width).unwrap(),
            u16::try_from(height).unwrap(),
        );
        assert_eq!(problem("a.jpg", &jpeg(sides.0, sides.1)), expected);
    }
    assert_eq!(problem("a.png", &png(0, 5)), FileProblem::Incomplete);
    assert_eq!(problem("a.jpg", &jpeg(5, 0)), FileProblem::Incomplete);
}

#[test]
fn a_file_that_breaks_off_is_incomplete() {
    for (name, bytes) in [("a.png", png(9, 9)), ("a.jpg", jpeg(9, 9))] {
        for length in 8..bytes.len() {
            assert_eq!(
                problem(name, &bytes[..length]),
                FileProblem::Incomplete,
                "{name} {length}"
            );
        }
    }
    let whole = pdf();
    for length in 5..whole.len() - 1 {
        assert_eq!(
            problem("a.pdf", &whole[..length]),
            FileProblem::Incomplete,
            "{length}"
        );
    }
    let docx = docx();
    for length in 4..docx.len() {
        let reason = problem("a.docx", &docx[..length]);
        assert!(
            matches!(reason, FileProblem::Container(_)),
            "{length}: {reason:?}"
        );
    }
}

#[test]
fn a_picture_without_its_parts_is_incomplete() {
    let signature = b"\x89PNG\r\n\x1a\n".to_vec();
    let whole = png(9, 9);
    let (header, data, end) = (&whole[8..33], &whole[33..49], &whole[49..]);
    let wrong: [&[&[u8]]; 4] = [
        &[header, end],
        &[data, end],
        &[data, header, end],
        &[header, header, data, end],
    ];
    for parts in wrong {
        let bytes = [signature.clone(), parts.concat()].concat();
        assert_eq!(problem("a.png", &bytes), FileProblem::Incomplete);
    }
    // No frame between start and end.
    assert_eq!(
        problem("a.jpg", b"\xff\xd8\xff\xd9"),
        FileProblem::Incomplete
    );
}

#[test]
fn a_second_file_behind_the_first_is_refused() {
    let firsts = [
        ("a.pdf", pdf()),
        ("a.png", png(1, 1)),
        ("a.jpg", jpeg(1, 1)),
    ];
    for (name, first) in firsts {
        for (second, carried) in [
            (container(&[("a.txt", "x")]), Carried::Zip),
            (docx(), Carried::Zip),
            (b"\n<HTML><body>".to_vec(), Carried::Markup),
            (exe(), Carried::Program),
            (b"Rar!\x1a\x07\0".to_vec(), Carried::Zip),
        ] {
            let both = [first.clone(), second].concat();
            assert_eq!(
                problem(name, &both),
                FileProblem::TwoFiles(carried),
                "{name}"
            );
        }
    }
}

/// Bad input E3: a file that is a container as well.
#[test]
fn a_zip_is_found_however_it_is_hidden() {
    let zip = container(&[("a.txt", "x")]);
    let hidden = [
        // Offsets made right for the data in front, as in a program that unpacks itself.
        [pdf(), zip.clone(), pdf()].concat(),
        // Behind the end, and followed by filler.
        [pdf(), zip.clone(), vec![0; 500]].concat(),
        // In front of the end mark.
        [b"%PDF-1.7\n".as_slice(), &zip, b"\n%%EOF\n"].concat(),
    ];
    for bytes in hidden {
        assert_eq!(
            problem("a.pdf", &bytes),
            FileProblem::TwoFiles(Carried::Zip)
        );
    }
    // Between the parts of a picture, which itself is whole.
    let mut picture = png(1, 1);
    let end = picture.len() - 12;
    picture.splice(end..end, png_chunk(b"teXt", &zip));
    assert_eq!(
        problem("a.png", &picture),
        FileProblem::TwoFiles(Carried::Zip)
    );
}

#[test]
fn a_pdf_in_the_beginning_of_another_file_is_refused() {
    let mut picture = png(1, 1);
    picture.splice(33..33, png_chunk(b"teXt", &pdf()));
    assert_eq!(
        problem("a.png", &picture),
        FileProblem::TwoFiles(Carried::Pdf)
    );

    let types = crate::samples::content_types("wordprocessingml.document");
    let both = container(&[
        ("[Content_Types].xml", &types),
        ("word/a.pdf", "%PDF-1.7 %%EOF"),
    ]);
    assert_eq!(
        problem("a.docx", &both),
        FileProblem::TwoFiles(Carried::Pdf)
    );
}

#[test]
fn what_scanners_and_telephones_append_is_let_through() {
    let filled = [pdf(), vec![0; 4_096], b"\r\n".to_vec()].concat();
    assert_eq!(check_file("a.pdf", &filled), Ok(FileKind::Pdf));
    let stray = [pdf(), b"scanner 12".to_vec()].concat();
    assert_eq!(check_file("a.pdf", &stray), Ok(FileKind::Pdf));
    let much = [pdf(), vec![b'x'; 1_100]].concat();
    assert_eq!(
        problem("a.pdf", &much),
        FileProblem::TwoFiles(Carried::Tail)
    );

    let second_picture = [jpeg(9, 9), jpeg(3, 3)].concat();
    assert_eq!(check_file("a.jpg", &second_picture), Ok(FileKind::Jpeg));
    let film = [jpeg(9, 9), b"\0\0\0\x18ftypmp42".to_vec(), vec![7; 9_000]].concat();
    assert_eq!(check_file("a.jpg", &film), Ok(FileKind::Jpeg));
    // Not so behind a PNG: it is the rest of another picture.
    let rest = [png(1, 1), vec![7; 10]].concat();
    assert_eq!(
        problem("a.png", &rest),
        FileProblem::TwoFiles(Carried::Tail)
    );
}

#[test]
fn binary_data_is_no_text() {
    for bytes in [b"a\0b".as_slice(), b"\x01\x02\x03", b"\xff\xff\xff\xff"] {
        assert!(matches!(problem("a.txt", bytes), FileProblem::Encoding(_)));
    }
}

#[test]
fn messages_name_the_file_and_say_what_to_do() {
    let messages = [
        check_file("台账.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        check_file("照片.png", &png(30_000, 30_000)),
        check_file("a.rar", "x".as_bytes()),
        check_file("../a.pdf", &docx()),
    ]
    .map(|result| result.unwrap_err().to_string());
    assert_eq!(
        messages,
        [
            "「台账.xls」是旧格式（doc、xls、ppt、wps、et）或加了密码的 Office 文件，不能上传：请用 Word、Excel、PowerPoint 或 WPS 打开，另存为不加密的 docx、xlsx 或 pptx 后再上传",
            "「照片.png」的尺寸是 30000×30000 像素，太大：每边最多 20000，合计最多 10000 万像素。请缩小后再上传",
            "「a.rar」的扩展名（.rar）不在可以上传的范围内：请另存为 pdf、docx、xlsx、pptx、png、jpg、csv 或 txt 后再上传",
            "「a.pdf」的扩展名表示 PDF 文件，内容却是 Word 文件（docx）：请把文件名改回原来的，或另存为 PDF 文件后再上传",
        ]
    );
}

proptest! {
    #[test]
    fn any_bytes_under_any_name_get_an_answer(
        start in prop::sample::select(vec![pdf(), docx(), png(2, 2), jpeg(2, 2), Vec::new(), exe()]),
        extension in prop::sample::select(vec!["pdf", "docx", "xlsx", "png", "jpg", "txt", "x"]),
        cut in 0_usize..400,
        place in 0_usize..400,
        noise in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut bytes = start;
        bytes.truncate(cut);
        let place = place.min(bytes.len());
        bytes.splice(place..place, noise);
        let _ = check_file(&format!("a.{extension}"), &bytes);
    }

    #[test]
    fn one_changed_byte_of_a_picture_gets_an_answer(at in 0_usize..120, to in any::<u8>()) {
        for (name, mut bytes) in [("a.png", png(2, 2)), ("a.jpg", jpeg(2, 2))] {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = to;
            }
            let _ = check_file(name, &bytes);
        }
    }
}

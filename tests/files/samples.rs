//! Small files of each kind, and Office containers with any parts. Whole by the rules of their formats; no pictures to
//! look at.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A PDF with nothing on its page.
pub fn pdf() -> Vec<u8> {
    b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
        .to_vec()
}

/// A chunk of a PNG; its checksum is wrong, as nobody reads it.
pub fn png_chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length, kind.as_slice(), content, &[0; 4]].concat()
}

/// A PNG that states this size.
pub fn png(width: u32, height: u32) -> Vec<u8> {
    let header = [
        &width.to_be_bytes(),
        &height.to_be_bytes(),
        [8, 2, 0, 0, 0].as_slice(),
    ]
    .concat();
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        png_chunk(b"IHDR", &header),
        png_chunk(b"IDAT", b"data"),
        png_chunk(b"IEND", b""),
    ]
    .concat()
}

/// A JPEG that states this size, with coded data that holds an escaped FF and a restart mark.
pub fn jpeg(width: u16, height: u16) -> Vec<u8> {
    let frame = [
        b"\xff\xc0\x00\x0b\x08".as_slice(),
        &height.to_be_bytes(),
        &width.to_be_bytes(),
        b"\x01\x01\x11\x00",
    ]
    .concat();
    [
        b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".as_slice(),
        // A thumbnail inside a segment has an end mark of its own, which is not the picture's.
        b"\xff\xe1\x00\x0aExif\xff\xd8\xff\xd9",
        &frame,
        b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00",
        b"\x12\xff\x00\x34\xff\xd0\x56",
        b"\xff\xff\xd9",
    ]
    .concat()
}

/// A zip with these entries, not packed.
pub fn container(entries: &[(&str, &str)]) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, options).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// The table of contents of an Office file whose main part has the type `main_part`.
pub fn content_types(main_part: &str) -> String {
    format!(
        "<Types><Override PartName=\"/main.xml\" \
         ContentType=\"application/vnd.openxmlformats-officedocument.{main_part}.main+xml\"/></Types>"
    )
}

/// An Office file: its main part's type, and that part's name.
pub fn office(main_part: &str, part: &str) -> Vec<u8> {
    container(&[
        ("[Content_Types].xml", &content_types(main_part)),
        ("_rels/.rels", "<Relationships/>"),
        (part, "<main/>"),
    ])
}

/// A Word file.
pub fn docx() -> Vec<u8> {
    office("wordprocessingml.document", "word/document.xml")
}

/// An Excel file.
pub fn xlsx() -> Vec<u8> {
    office("spreadsheetml.sheet", "xl/workbook.xml")
}

/// A PowerPoint file.
pub fn pptx() -> Vec<u8> {
    office("presentationml.presentation", "ppt/presentation.xml")
}

/// A Windows program's beginning.
pub fn exe() -> Vec<u8> {
    [b"MZ\x90\0\x03\0\0\0".as_slice(), &[0; 120]].concat()
}

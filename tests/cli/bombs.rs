//! Files made to end whoever reads them, sent to the real service: it answers 422, stays the process that it was, and hardly
//! grows (bad inputs F1 to F9, F14; sizes as in the wild). What each reader does with them is in `tests/documents`.

use crate::place::{Place, Running, free_port};
use crate::rows::all_rows;
use crate::samples::with_small;
use std::io::{Cursor, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const MIB: usize = 1 << 20;
/// How much the service may grow by one such file.
const MOST_GROWTH: usize = 64 * MIB;

/// A part of a package: a beginning, something many times over, an end.
type Part<'a> = (&'a str, &'a str, (&'a str, usize), &'a str);

fn package(parts: &[Part]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, begin, (piece, times), end) in parts {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .expect("a part");
        writer.write_all(begin.as_bytes()).expect("begun");
        let at_once = (MIB / piece.len().max(1)).clamp(1, (*times).max(1));
        let block = piece.repeat(at_once);
        for _ in 0..times / at_once {
            writer.write_all(block.as_bytes()).expect("written");
        }
        let rest = piece.repeat(times % at_once);
        writer.write_all(rest.as_bytes()).expect("written");
        writer.write_all(end.as_bytes()).expect("ended");
    }
    writer.finish().expect("packed").into_inner()
}

fn links(targets: &[(&str, &str)]) -> String {
    let link = |(at, (kind, target)): (usize, &(&str, &str))| {
        let id = at + 1;
        format!(r#"<Relationship Id="r{id}" Type="{OFFICE}/{kind}" Target="{target}"/>"#)
    };
    let all: String = targets.iter().enumerate().map(link).collect();
    format!("<Relationships>{all}</Relationships>")
}

/// A Word file whose text is a beginning, something many times over, an end.
fn docx(begin: &str, many: (&str, usize), end: &str, more: &[Part]) -> Vec<u8> {
    let root = links(&[("officeDocument", "word/document.xml")]);
    let begin = format!(r#"<w:document xmlns:w="w"><w:body>{begin}"#);
    let end = format!("{end}</w:body></w:document>");
    let mut parts: Vec<Part> = vec![
        ("_rels/.rels", root.as_str(), ("", 0), ""),
        ("word/document.xml", begin.as_str(), many, end.as_str()),
    ];
    parts.extend_from_slice(more);
    package(&parts)
}

/// An Excel file of one sheet.
fn xlsx(begin: &str, many: (&str, usize), end: &str, strings: &str) -> Vec<u8> {
    let root = links(&[("officeDocument", "xl/workbook.xml")]);
    let of_book = links(&[
        ("worksheet", "worksheets/sheet1.xml"),
        ("sharedStrings", "sharedStrings.xml"),
    ]);
    let book =
        r#"<workbook><sheets><sheet name="表一" sheetId="1" r:id="r1"/></sheets></workbook>"#;
    let begin = format!("<worksheet><sheetData>{begin}");
    let end = format!("{end}</sheetData></worksheet>");
    package(&[
        ("_rels/.rels", root.as_str(), ("", 0), ""),
        ("xl/workbook.xml", book, ("", 0), ""),
        ("xl/_rels/workbook.xml.rels", of_book.as_str(), ("", 0), ""),
        (
            "xl/worksheets/sheet1.xml",
            begin.as_str(),
            many,
            end.as_str(),
        ),
        ("xl/sharedStrings.xml", strings, ("", 0), ""),
    ])
}

/// The running service, and somebody who may import.
struct Office {
    place: Place,
    running: Running,
    port: u16,
    token: String,
}

impl Office {
    fn open() -> Self {
        let place = with_small(1);
        place.import(&[]).done();
        let token = place.administrator();
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let env = [
            ("DUBAN__HTTP__LISTEN", listen.as_str()),
            ("DUBAN__LIMITS__TOKEN_PER_MINUTE", "100000"),
            ("DUBAN__LIMITS__ADDRESS_PER_MINUTE", "100000"),
        ];
        let mut running = place.start(&env, &["serve"]);
        running.wait_ready(port);
        Self {
            place,
            running,
            port,
            token,
        }
    }

    /// Status, head and body of the answer to a plan file, whole or as far as it is read.
    fn send(&self, name: &str, bytes: &[u8]) -> (u16, String) {
        let head = format!(
            "--BB\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
        );
        let body = [head.as_bytes(), bytes, b"\r\n--BB--\r\n"].concat();
        let head = format!(
            "POST /api/v1/plans HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {}\r\nContent-Type: multipart/form-data; boundary=BB\r\nContent-Length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        self.talk(&[head.as_bytes(), &body].concat())
    }

    fn get(&self, path: &str) -> (u16, String) {
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {}\r\n\r\n",
            self.token
        );
        self.talk(head.as_bytes())
    }

    fn talk(&self, request: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("connected");
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .expect("patience");
        stream.write_all(request).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|text| text.parse().ok());
        (status.expect("a status"), answer)
    }

    /// The most memory that the service has held since this was last asked, in bytes.
    fn peak(&self) -> usize {
        let of_process = format!("/proc/{}", self.running.id());
        let status = std::fs::read_to_string(format!("{of_process}/status")).expect("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|rest| rest.split_whitespace().next());
        let kilobytes: usize = peak.and_then(|text| text.parse().ok()).expect("a peak");
        std::fs::write(format!("{of_process}/clear_refs"), "5").expect("counted anew");
        kilobytes * 1024
    }

    /// Asserts that a file is refused with 422, that nothing was written, and that the service is the same and hardly
    /// larger.
    #[track_caller]
    fn refuses(&mut self, what: &str, name: &str, bytes: &[u8]) {
        let rows = all_rows(&self.place.database());
        self.peak();
        let before = self.peak();
        let (status, answer) = self.send(name, bytes);
        let grown = self.peak().saturating_sub(before);
        let told = answer.split("\"detail\":").nth(1).unwrap_or_default();
        println!(
            "{what}: {} bytes, grown by {} KiB: {told}",
            bytes.len(),
            grown / 1024
        );
        assert_eq!(status, 422, "{what}: {answer}");
        assert!(told.contains(name), "{what}: {answer}");
        assert!(grown < MOST_GROWTH, "{what}: grown by {} MiB", grown / MIB);
        assert!(self.running.runs(), "{what}: {}", self.running.logged());
        assert_eq!(all_rows(&self.place.database()), rows, "{what}");
    }
}

/// Bad input F1, F2, F3, F5, F9: little that becomes much. Also R16.
#[test]
fn a_service_survives_what_unpacks_to_too_much() {
    let mut office = Office::open();
    let row = "<row><c><v>0</v></c></row>";
    let sheet = xlsx("", (row, 512 * MIB / row.len()), "", "<sst/>");
    assert!(sheet.len() < 4 * MIB, "{}", sheet.len());
    office.refuses("F1", "sheet.xlsx", &sheet);

    let strings = r#"<sst count="4294967295" uniqueCount="4294967295"><si><t>a</t></si></sst>"#;
    let counted = r#"<row r="1"><c r="A1" t="s"><v>4294967294</v></c></row>"#;
    office.refuses("F2", "strings.xlsx", &xlsx(counted, ("", 0), "", strings));

    let corner = r#"<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#;
    office.refuses("F3", "corner.xlsx", &xlsx(corner, ("", 0), "", "<sst/>"));

    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..100_000 {
        let name = format!("word/{index}");
        let begun = writer.start_file(name, SimpleFileOptions::default());
        begun.expect("a part");
    }
    let entries = writer.finish().expect("packed").into_inner();
    office.refuses("F5 entries", "entries.docx", &entries);
    let blanks = " ".repeat(MIB);
    let filled = docx("<w:p><w:r><w:t>", (&blanks, 300), "</w:t></w:r></w:p>", &[]);
    office.refuses("F5 ratio", "blanks.docx", &filled);
    let mut nested = docx("<w:p/>", ("", 0), "", &[]);
    for _ in 0..10 {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let begun = writer.start_file("word/document.xml", SimpleFileOptions::default());
        begun.expect("a part");
        writer.write_all(&nested).expect("written");
        nested = writer.finish().expect("packed").into_inner();
    }
    office.refuses("F5 nested", "nested.docx", &nested);

    let deep = docx(
        "",
        ("<w:tbl><w:tr><w:tc>", 5_000),
        &"</w:tc></w:tr></w:tbl>".repeat(5_000),
        &[],
    );
    office.refuses("F9 deep", "deep.docx", &deep);
    let many = ("<w:tr><w:tc><w:p/></w:tc></w:tr>", 1_000_000);
    office.refuses(
        "F9 rows",
        "rows.docx",
        &docx("<w:tbl>", many, "</w:tbl>", &[]),
    );
    let macros = ("word/vbaProject.bin", "code", ("", 0), "");
    let held = "<w:p><w:r><w:t>正文</w:t></w:r></w:p>";
    office.refuses(
        "F9 macros",
        "macros.docx",
        &docx(held, ("", 0), "", &[macros]),
    );
    let object = (
        "word/embeddings/oleObject1.bin",
        "\u{1}OLE",
        ("x", 1_000),
        "",
    );
    office.refuses(
        "F9 object",
        "object.docx",
        &docx(held, ("", 0), "", &[object]),
    );
}

/// Bad input F4, F6, F7, F8: old containers, paths, document types.
#[test]
fn a_service_survives_what_leads_elsewhere() {
    let mut office = Office::open();
    let mut old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    old.resize(512, 0xff);
    office.refuses("F4", "old.xls", &old);

    let text = "<w:p><w:r><w:t>正文</w:t></w:r></w:p>";
    let stray = |name: &'static str| docx(text, ("", 0), "", &[(name, "x", ("", 0), "")]);
    office.refuses("F6 up", "up.docx", &stray("../../x"));
    office.refuses("F6 absolute", "absolute.docx", &stray("/etc/x"));
    office.refuses("F6 twice", "twice.docx", &stray("WORD/document.xml"));

    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("no waiting");
    let url = format!("http://{}/x", listener.local_addr().expect("an address"));
    let root = links(&[("officeDocument", "word/document.xml")]);
    let laughs: String = ('b'..='j')
        .zip('a'..='i')
        .map(|(one, of)| format!("<!ENTITY {one} \"{}\">", format!("&{of};").repeat(10)))
        .collect();
    for (what, begin) in [
        (
            "F7 file",
            "<!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>".to_owned(),
        ),
        (
            "F7 address",
            format!("<!DOCTYPE d [<!ENTITY x SYSTEM \"{url}\">]>"),
        ),
        (
            "F8",
            format!("<!DOCTYPE d [<!ENTITY a \"ha\"><!ENTITY x \"&j;\">{laughs}]>"),
        ),
    ] {
        let body = "<w:document><w:body><w:p><w:r><w:t>&x;</w:t></w:r></w:p></w:body></w:document>";
        let parts: [Part; 2] = [
            ("_rels/.rels", root.as_str(), ("", 0), ""),
            ("word/document.xml", begin.as_str(), ("", 0), body),
        ];
        let begun = Instant::now();
        office.refuses(what, "entities.docx", &package(&parts));
        assert!(begun.elapsed() < Duration::from_secs(10), "{what}");
    }
    let called = listener.accept();
    assert!(called.is_err(), "somebody was asked for an entity");
}

/// Bad input F14: four bombs at once. Each is answered, and whoever only reads hardly notices.
#[test]
fn a_service_with_four_bombs_answers_others() {
    let office = Office::open();
    // As much as a reader takes upon itself: it is at work for a while.
    let slow = docx("", ("<w:p><w:pPr/></w:p>", 190_000), "<w:p/>", &[]);
    let mut worst = Duration::MAX;
    for _ in 0..2 {
        let told = std::thread::scope(|scope| {
            let bombs: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| office.send("slow.docx", &slow)))
                .collect();
            let mut times = Vec::new();
            while times.len() < 100 || bombs.iter().any(|bomb| !bomb.is_finished()) {
                let begun = Instant::now();
                let (status, answer) = office.get("/api/v1/units");
                assert_eq!(status, 200, "{answer}");
                times.push(begun.elapsed());
                std::thread::sleep(Duration::from_millis(5));
            }
            times.sort_unstable();
            let p99 = times[times.len() * 99 / 100];
            worst = worst.min(p99);
            println!("{} reads, p99 {p99:?}", times.len());
            let told = bombs
                .into_iter()
                .map(|bomb| bomb.join().expect("an answer"));
            told.collect::<Vec<_>>()
        });
        for (status, answer) in told {
            assert!([422, 503].contains(&status), "{answer}");
            let must_wait = answer.to_lowercase().contains("\r\nretry-after: ");
            assert_eq!(must_wait, status == 503, "{answer}");
        }
        if worst < Duration::from_millis(300) {
            return;
        }
    }
    panic!("p99 of reads beside four bombs: {worst:?}");
}

//! Names that are shown, and the header of a download, from hostile names.

use duban::files::name::{MAX_NAME_CHARS, content_disposition, extension, shown_name};
use proptest::prelude::*;

/// Bad input E1: names that are paths, devices, or hide what they are.
#[test]
fn only_what_can_be_shown_and_saved_is_left_of_a_name() {
    let table = [
        ("方案.docx", "方案.docx"),
        ("../../etc/cron.d/x", "x"),
        ("C:\\Users\\张三\\台账.xlsx", "台账.xlsx"),
        ("a/", "a"),
        ("C:x", "C_x"),
        ("a.txt:stream", "a.txt_stream"),
        ("a\0.pdf", "a.pdf"),
        ("a\u{202e}gpj.exe", "agpj.exe"),
        ("\u{2067}a\u{2069}\u{200b}\u{feff}.pdf", "a.pdf"),
        ("a\"\r\nSet-Cookie: x=1.pdf", "a_  Set-Cookie_ x=1.pdf"),
        ("  a.pdf . ", "a.pdf"),
        (".htaccess", "htaccess"),
        ("a\u{3000}b.pdf", "a b.pdf"),
        ("con", "_con"),
        ("CON.txt", "_CON.txt"),
        ("nul .tar.gz", "_nul .tar.gz"),
        ("Com1.pdf", "_Com1.pdf"),
        ("lpt³", "_lpt³"),
        ("com10.pdf", "com10.pdf"),
        ("console.pdf", "console.pdf"),
        ("", "未命名文件"),
        ("..", "未命名文件"),
        ("/", "未命名文件"),
        ("\u{202e}\u{7}", "未命名文件"),
        ("a/..", "a"),
    ];
    for (given, shown) in table {
        assert_eq!(shown_name(given), shown, "{given:?}");
    }
}

/// Bad input E1: a name of 300 characters.
#[test]
fn a_long_name_is_cut_before_its_extension() {
    let shown = shown_name(&format!("{}.docx", "报".repeat(300)));
    assert_eq!(shown.chars().count(), MAX_NAME_CHARS);
    assert!(shown.ends_with("报.docx"));
    let shown = shown_name(&"x".repeat(300));
    assert_eq!(shown, "x".repeat(MAX_NAME_CHARS));
    // Too long for an extension.
    let shown = shown_name(&format!("{}.{}", "x".repeat(200), "y".repeat(50)));
    assert_eq!(shown.chars().count(), MAX_NAME_CHARS);
    // No blank is left where the cut is.
    let shown = shown_name(&format!("{} {}.pdf", "x".repeat(115), "y".repeat(100)));
    assert_eq!(shown, format!("{}.pdf", "x".repeat(115)));
}

#[test]
fn an_extension_is_short_and_in_lower_case() {
    assert_eq!(extension("a.B.PDF").as_deref(), Some("pdf"));
    for name in ["a", "a.", ".pdf", "a.12345678901234567"] {
        assert_eq!(extension(name), None, "{name}");
    }
}

/// Bad input E6: a name with line breaks and quotes.
#[test]
fn a_download_carries_the_name_for_old_and_new_programs() {
    let table = [
        (
            "a b.pdf",
            "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf",
        ),
        (
            "方案2.docx",
            "attachment; filename=\"__2.docx\"; filename*=UTF-8''%E6%96%B9%E6%A1%882.docx",
        ),
        (
            "方案.docx",
            "attachment; filename=\"file.docx\"; filename*=UTF-8''%E6%96%B9%E6%A1%88.docx",
        ),
        (
            "x\"\r\nSet-Cookie: a=b.pdf",
            "attachment; filename=\"x_  Set-Cookie_ a=b.pdf\"; filename*=UTF-8''x_%20%20Set-Cookie_%20a%3Db.pdf",
        ),
        (
            "50%'(a);b=c.txt",
            "attachment; filename=\"50_'(a);b=c.txt\"; filename*=UTF-8''50%25%27%28a%29%3Bb%3Dc.txt",
        ),
    ];
    for (name, header) in table {
        assert_eq!(content_disposition(name), header);
    }
}

/// The value of the parameter `filename*`, decoded.
fn decoded(header: &str) -> String {
    let (_, coded) = header.split_once("filename*=UTF-8''").unwrap();
    percent_encoding::percent_decode_str(coded)
        .decode_utf8()
        .unwrap()
        .into_owned()
}

/// Names with everything in them that matters to paths, headers, screens and Windows.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        "[.\\\\/ :\"'%;=\r\n\0\t]{0,8}",
        prop::sample::select(vec![
            "con", "NUL", "com1", "\u{202e}", "\u{feff}", "方案", ".pdf", "..", "\r\n\r\n", "x",
        ])
        .prop_map(str::to_owned),
        "[a报]{100,200}",
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_shown_name_is_safe_whatever_was_given(given in hostile()) {
        let shown = shown_name(&given);
        prop_assert!(!shown.is_empty());
        prop_assert!(shown.chars().count() <= MAX_NAME_CHARS);
        let unsafe_ones = ['/', '\\', ':', '"', '\u{202e}', '\u{feff}'];
        prop_assert!(!shown.contains(unsafe_ones));
        prop_assert!(!shown.chars().any(char::is_control));
        prop_assert!(!shown.starts_with(['.', ' ']) && !shown.ends_with(['.', ' ']));
        prop_assert_eq!(shown_name(&shown), shown);
    }

    #[test]
    fn a_header_is_one_line_of_ascii_with_two_names(given in hostile()) {
        let header = content_disposition(&given);
        prop_assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{:?}", header);
        // The quotes of the first name are the only ones.
        prop_assert_eq!(header.matches('"').count(), 2);
        prop_assert!(!header.contains('\\'));
        prop_assert_eq!(decoded(&header), shown_name(&given));
    }
}

//! The table of mail URLs, good and bad.

use super::*;
use proptest::prelude::*;
use secrecy::ExposeSecret as _;

fn settings(url: &str) -> Arc<SmtpSettings> {
    match Transport::from_url(url).expect(url) {
        Transport::Smtp(settings) => settings,
        other => panic!("{url} gave {other:?}"),
    }
}

fn refused(url: &str) -> MailUrlError {
    Transport::from_url(url).expect_err(url)
}

#[test]
fn smtp_urls_give_host_port_and_encryption() {
    let table = [
        ("smtps://smtp.example.cn", 465, Security::Implicit),
        ("smtps://smtp.example.cn:994", 994, Security::Implicit),
        (
            "smtps://smtp.example.cn?tls=required",
            465,
            Security::Implicit,
        ),
        ("SMTP://smtp.example.cn:587", 587, Security::Required),
        ("smtp://smtp.example.cn", 25, Security::Opportunistic),
        ("smtp://smtp.example.cn/?tls=none", 25, Security::None),
        (
            "smtp://smtp.example.cn:2525?tls=required",
            2525,
            Security::Required,
        ),
        ("smtp://127.0.0.1:2525", 2525, Security::None),
        ("smtp://[::1]:587", 587, Security::None),
        (
            "smtp://localhost?tls=opportunistic",
            25,
            Security::Opportunistic,
        ),
    ];
    for (url, port, security) in table {
        let settings = settings(url);
        assert_eq!(
            (settings.port, settings.security),
            (port, security),
            "{url}"
        );
    }
    assert_eq!(settings("smtp://[::1]:587").host, "::1");
}

#[test]
fn user_and_password_are_decoded() {
    let cases = [
        (
            "smtps://duban%40edu.cn:p%40ss%2Fw%25@smtp.edu.cn",
            "duban@edu.cn",
            "p@ss/w%",
        ),
        (
            "smtps://duban@edu.cn:secret@smtp.edu.cn",
            "duban@edu.cn",
            "secret",
        ),
        ("smtps://u:密码@smtp.edu.cn", "u", "密码"),
        ("smtp://u:p@127.0.0.1:25?tls=none", "u", "p"),
    ];
    for (url, user, password) in cases {
        let settings = settings(url);
        let login = settings.login.as_ref().expect(url);
        assert_eq!(login.user, user);
        assert_eq!(login.password.expose_secret(), password);
    }
}

#[test]
fn file_urls_give_absolute_and_relative_folders() {
    let cases = [
        ("file:///var/spool/mail", "/var/spool/mail"),
        ("file://localhost/var/mail", "/var/mail"),
        ("file://var/mail", "var/mail"),
        ("file:var/mail", "var/mail"),
        ("file:///a%20b/%E9%82%AE", "/a b/邮"),
    ];
    for (url, folder) in cases {
        match Transport::from_url(url).expect(url) {
            Transport::File(path) => assert_eq!(path, PathBuf::from(folder)),
            other => panic!("{url} gave {other:?}"),
        }
    }
}

#[test]
fn a_bad_url_names_the_part_at_fault() {
    use MailUrlError as E;
    let cases = [
        ("", E::Malformed),
        ("smtp.example.cn", E::Malformed),
        ("http://example.cn", E::UnknownScheme("http".to_owned())),
        ("smtp://", E::HostMissing),
        ("smtp:smtp.example.cn", E::Malformed),
        ("smtp://h:99999", E::Malformed),
        ("smtp://h?tls=maybe", E::UnknownTls("maybe".to_owned())),
        ("smtp://h?ssl=1", E::UnknownParameter("ssl".to_owned())),
        ("file:///x?fsync=1", E::UnknownParameter("fsync".to_owned())),
        ("smtps://h?tls=none", E::TlsContradicts("none")),
        ("smtp://h:465", E::ImplicitTlsPort),
        ("smtp://u:p@h?tls=none", E::PasswordInClear),
        ("smtp://u@h", E::LoginUnreadable),
        ("smtp://u:%FF@h", E::LoginUnreadable),
        ("smtp://h/inbox", E::UnexpectedPath),
        ("file:", E::FolderMissing),
        ("file://", E::FolderMissing),
        ("file:///a%00b", E::FolderMissing),
    ];
    for (url, error) in cases {
        assert_eq!(refused(url), error, "{url}");
    }
}

#[test]
fn a_transport_is_shown_without_user_and_password() {
    let cases = [
        ("smtps://u:p@smtp.example.cn", "smtps://smtp.example.cn:465"),
        ("smtp://u:p@[::1]:2525", "smtp://[::1]:2525"),
        ("file:///var/mail", "file:/var/mail"),
    ];
    for (url, shown) in cases {
        assert_eq!(Transport::from_url(url).expect(url).to_string(), shown);
    }
}

#[test]
fn debug_and_errors_never_show_the_password() {
    let shown = format!(
        "{:?}",
        Transport::from_url("smtps://u:hunter2@smtp.example.cn")
    );
    assert!(!shown.contains("hunter2"), "{shown}");
    let unescaped = [
        "smtp://u:hunter2#x@smtp.example.cn",
        "smtp://u:hunter2/x@smtp.example.cn",
        "smtp://u:pw?hunter2@smtp.example.cn",
        "smtp://u:pw?tls=hunter2@smtp.example.cn",
        "hunter2:smtp://u@h",
    ];
    for url in unescaped {
        let error = refused(url);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,60}", tail in "(smtp|smtps|file):\\PC{0,40}") {
        let _ = Transport::from_url(&text);
        let _ = Transport::from_url(&tail);
    }
}

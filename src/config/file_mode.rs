//! A configuration file with a password in it belongs to its owner alone.

use super::ConfigError;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Refuses a file that says a password and that everybody on the machine may read.
pub(super) fn check(path: &Path, text: &str) -> Result<(), ConfigError> {
    let Ok(about) = std::fs::metadata(path) else {
        // It has just been read; one that is gone since is read by nobody.
        return Ok(());
    };
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o004 == 0 || !about.is_file() || !says_a_password(text) {
        return Ok(());
    }
    let shown = path.display();
    Err(ConfigError::Unreadable(format!(
        "文件“{shown}”里有密码，而这台机器上的所有用户都能读取它（权限 {mode:o}）。请执行 chmod 600 {shown}，或把带密码的地址改用环境变量给出"
    )))
}

/// Whether a line that is no comment has an address with a password: `smtp://user:password@host`.
fn says_a_password(text: &str) -> bool {
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split_once("://"))
        .any(|(_, rest)| {
            let end = rest.find(['/', '"', '\'', '?', ' ']).unwrap_or(rest.len());
            let place = rest.get(..end).unwrap_or_default();
            let known = place.rsplit_once('@').map(|(who, _)| who);
            known.is_some_and(|who| {
                who.split_once(':')
                    .is_some_and(|(_, word)| !word.is_empty())
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_seen_in_addresses_alone() {
        for text in [
            "url = \"smtp://office:hush@mail.example.org:465\"",
            "[database]\nurl = 'postgres://duban:hush@db/duban'",
            "url=\"smtps://a%40b.example:h:u@mail.example.org?tls=required\"",
        ] {
            assert!(says_a_password(text), "{text}");
        }
        for text in [
            "",
            "url = \"sqlite://var/duban.db\"",
            "url = \"smtp://mail.example.org:25\"",
            "url = \"smtp://office@mail.example.org\"",
            "url = \"smtp://office:@mail.example.org\"",
            "# url = \"smtp://office:hush@mail.example.org\"",
            "from = \"office@bureau.example.org\"",
            "url = \"https://bureau.example.org:8443/x@y\"",
        ] {
            assert!(!says_a_password(text), "{text}");
        }
    }
}

//! Reading `DUBAN__MAIL__URL` (design §7): `smtp://user:pass@host:port?tls=required|opportunistic|none`, `smtps://…`,
//! `file:///folder`. The URL holds a password: neither it nor its parts ever get into an error or into `Debug`.

use std::path::PathBuf;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use url::{Host, Url};

use super::smtp_settings::{Security, SmtpLogin, SmtpSettings};
use super::transport::Transport;

/// Why a mail URL was refused; for the operator, without the URL itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailUrlError {
    /// No URL at all.
    #[error(
        "邮件地址（mail.url）不是有效的网址；请按 smtp://用户:密码@主机:端口 填写，密码中的 @ : / ? # % 等符号请写成 %XX"
    )]
    Malformed,
    /// Another scheme than the three.
    #[error("邮件地址（mail.url）以“{0}:”开头，无法识别；请使用 smtp://、smtps:// 或 file:///")]
    UnknownScheme(String),
    /// No host.
    #[error("邮件地址（mail.url）缺少服务器主机名，例如 smtp://smtp.example.cn:587")]
    HostMissing,
    /// A parameter that is not `tls`.
    #[error(
        "邮件地址（mail.url）中的参数“{0}”无法识别；目前只支持 tls=required、tls=opportunistic、tls=none"
    )]
    UnknownParameter(String),
    /// A value of `tls` that is none of the three.
    #[error("邮件地址（mail.url）中 tls=“{0}”无法识别；请填写 required、opportunistic 或 none")]
    UnknownTls(String),
    /// `smtps` and a `tls` that contradicts it.
    #[error("smtps:// 总是加密，不能与 tls={0} 同时使用；请删去该参数或改用 smtp://")]
    TlsContradicts(&'static str),
    /// `smtp` on the port of `smtps`.
    #[error("465 端口从一开始就加密，请把邮件地址（mail.url）的开头改为 smtps://")]
    ImplicitTlsPort,
    /// User or password is not UTF-8 after decoding, or only a password was given.
    #[error("邮件地址（mail.url）中的用户名或密码无法识别；请使用 %XX 写法（UTF-8）并同时填写两者")]
    LoginUnreadable,
    /// A password without encryption, over a network.
    #[error("tls=none 会明文传送密码，只允许用于本机；请改为 tls=required 或 smtps://")]
    PasswordInClear,
    /// A path that does not belong there.
    #[error("邮件地址（mail.url）的端口之后不应再有路径；密码中的 / 请写成 %2F")]
    UnexpectedPath,
    /// `file:` without folder, or one that is no text.
    #[error("邮件地址（mail.url）缺少目录，或目录无法识别；例如 file:///var/mail 或 file:var/mail")]
    FolderMissing,
}

impl Transport {
    /// The transport a URL describes.
    ///
    /// * `smtps://` encrypts from the start, port 465 by default.
    /// * `smtp://` has port 25 by default. Without `tls` it requires STARTTLS on port 587, uses none on this machine
    ///   (whose certificate is seldom one to check), and elsewhere uses it where offered.
    /// * `file:///a/b` is the folder `/a/b`; `file:a/b` and `file://a/b` are `a/b` under the working folder.
    ///
    /// # Errors
    /// A [`MailUrlError`] naming the part at fault.
    pub fn from_url(text: &str) -> Result<Self, MailUrlError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once(':').ok_or(MailUrlError::Malformed)?;
        match scheme.to_ascii_lowercase().as_str() {
            "file" => Ok(Self::File(folder(rest)?)),
            "smtp" | "smtps" => Ok(Self::Smtp(Arc::new(smtp(text)?))),
            other => Err(unknown_scheme(other)),
        }
    }
}

/// Names the scheme only where it can be one: else it may be part of a password.
fn unknown_scheme(scheme: &str) -> MailUrlError {
    let is_name = scheme.len() <= 12 && scheme.chars().all(|c| c.is_ascii_alphabetic());
    if is_name && !scheme.is_empty() {
        MailUrlError::UnknownScheme(scheme.to_owned())
    } else {
        MailUrlError::Malformed
    }
}

fn folder(rest: &str) -> Result<PathBuf, MailUrlError> {
    if let Some((_, query)) = rest.split_once('?') {
        return Err(MailUrlError::UnknownParameter(name_of(query)));
    }
    let path = match rest.strip_prefix("//") {
        // RFC 8089 §2: `localhost` stands for no host.
        Some(path) => path
            .strip_prefix("localhost")
            .filter(|path| path.starts_with('/'))
            .unwrap_or(path),
        None => rest,
    };
    let decoded = percent_decode_str(path).decode_utf8();
    let decoded = decoded.map_err(|_| MailUrlError::FolderMissing)?;
    if decoded.is_empty() || decoded.contains('\0') {
        return Err(MailUrlError::FolderMissing);
    }
    Ok(PathBuf::from(decoded.into_owned()))
}

fn smtp(text: &str) -> Result<SmtpSettings, MailUrlError> {
    let url = Url::parse(text).map_err(|_| MailUrlError::Malformed)?;
    let is_implicit = url.scheme() == "smtps";
    // A password with an unescaped # ends the URL early.
    if url.fragment().is_some() || url.cannot_be_a_base() {
        return Err(MailUrlError::Malformed);
    }
    if !matches!(url.path(), "" | "/") {
        return Err(MailUrlError::UnexpectedPath);
    }
    let host = match url.host() {
        Some(Host::Domain(name)) if !name.is_empty() => name.to_owned(),
        Some(Host::Ipv4(address)) => address.to_string(),
        Some(Host::Ipv6(address)) => address.to_string(),
        Some(Host::Domain(_)) | None => return Err(MailUrlError::HostMissing),
    };
    let port = url.port().unwrap_or(if is_implicit { 465 } else { 25 });
    let mut settings = SmtpSettings::new(host, port, Security::Implicit);
    settings.login = login(&url)?;
    let tls = tls_parameter(&url)?;
    settings.security = match (is_implicit, tls) {
        (true, None | Some(Security::Required)) => Security::Implicit,
        (true, Some(Security::None)) => return Err(MailUrlError::TlsContradicts("none")),
        (true, Some(_)) => return Err(MailUrlError::TlsContradicts("opportunistic")),
        (false, Some(security)) => security,
        (false, None) if port == 465 => return Err(MailUrlError::ImplicitTlsPort),
        (false, None) if settings.is_loopback() => Security::None,
        (false, None) if port == 587 => Security::Required,
        (false, None) => Security::Opportunistic,
    };
    let is_in_clear = settings.security == Security::None && !settings.is_loopback();
    if settings.login.is_some() && is_in_clear {
        return Err(MailUrlError::PasswordInClear);
    }
    if settings.is_loopback() {
        // The limit of messages a connection is there for providers, not for one's own relay.
        settings.messages_per_connection = 1000;
    }
    Ok(settings)
}

fn login(url: &Url) -> Result<Option<SmtpLogin>, MailUrlError> {
    let decode = |part: &str| {
        let decoded = percent_decode_str(part).decode_utf8();
        decoded
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| MailUrlError::LoginUnreadable)
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(MailUrlError::LoginUnreadable),
        (user, Some(password)) => Ok(Some(SmtpLogin {
            user: decode(user)?,
            password: SecretString::from(decode(password)?),
        })),
    }
}

fn tls_parameter(url: &Url) -> Result<Option<Security>, MailUrlError> {
    let mut tls = None;
    for (name, value) in url.query_pairs() {
        if name != "tls" {
            return Err(MailUrlError::UnknownParameter(name_of(&name)));
        }
        tls = Some(match &*value {
            "required" => Security::Required,
            "opportunistic" => Security::Opportunistic,
            "none" => Security::None,
            other => return Err(MailUrlError::UnknownTls(name_of(other))),
        });
    }
    Ok(tls)
}

/// The word at the start, short enough to show. A password with an unescaped `?` ends up here; of what is not a plain
/// word nothing is shown.
fn name_of(text: &str) -> String {
    let name = text.split(['=', '&', '@', '/']).next().unwrap_or_default();
    let is_plain = name.len() <= 16 && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let follows_password = text.contains('@');
    if is_plain && !follows_password {
        name.to_owned()
    } else {
        "…".to_owned()
    }
}

#[cfg(test)]
#[path = "mail_url_tests.rs"]
mod tests;

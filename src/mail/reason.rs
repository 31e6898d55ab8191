//! Why a delivery ended as it did: a stable code for programs, a Chinese sentence for the clerk, the server's own words.
//! Which reason a reply gets is decided in `outcome`.

use std::fmt;

use super::reply_text::presentable;

/// The step of a delivery at which something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Looking the host up and opening the connection.
    Connect,
    /// The server's first line and its answer to EHLO.
    Greeting,
    /// STARTTLS and the TLS handshake.
    Tls,
    /// AUTH.
    Login,
    /// MAIL FROM: the server judges our own address.
    Sender,
    /// RCPT TO: the server judges the recipient.
    Recipient,
    /// DATA: the server agrees to take the message.
    Data,
    /// The message is being written; its final dot has not left yet.
    Body,
    /// The final dot has left; only a reply tells whether the message was taken.
    FinalReply,
}

impl Stage {
    /// Whether the server has not been told of any mail yet: what goes wrong here concerns all of them alike.
    #[must_use]
    pub fn is_before_mail(self) -> bool {
        match self {
            Self::Connect | Self::Greeting | Self::Tls | Self::Login => true,
            Self::Sender | Self::Recipient | Self::Data | Self::Body | Self::FinalReply => false,
        }
    }

    /// The step's stable name in logs and in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Greeting => "greeting",
            Self::Tls => "tls",
            Self::Login => "login",
            Self::Sender => "sender",
            Self::Recipient => "recipient",
            Self::Data => "data",
            Self::Body => "body",
            Self::FinalReply => "final_reply",
        }
    }
}

/// What went wrong. The names from [`ReasonCode::as_str`] are relied on outside and only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReasonCode {
    /// No connection: name not found, refused, unreachable.
    ConnectionFailed,
    /// The connection broke before the message was complete.
    ConnectionLost,
    /// The server kept silent longer than the step allows (RFC 5321 §4.5.3.2).
    TimedOut,
    /// The server's answer is no SMTP reply, or not one that fits the step.
    ProtocolError,
    /// The server asks to try again later and gives no reason known here.
    TemporaryRefusal,
    /// Greylisting: the first try of an unknown sender is put off.
    Greylisted,
    /// The provider's limit on mails, recipients or connections.
    RateLimited,
    /// The recipient's mailbox is full, or the message exceeds a size limit.
    StorageExceeded,
    /// The recipient's address does not exist.
    UnknownRecipient,
    /// The recipient was refused for another reason.
    RecipientRefused,
    /// The message itself was refused, mostly as suspected spam.
    ContentRefused,
    /// Our own sender address was refused: it would be for every letter.
    SenderRefused,
    /// User name or password refused, or logging in is not possible.
    LoginFailed,
    /// A password would have to cross the network unencrypted.
    LoginNeedsTls,
    /// TLS is required and the server does not offer it.
    TlsUnavailable,
    /// The TLS handshake failed.
    TlsFailed,
    /// The server's certificate is not trusted, has run out or names another host.
    CertificateRefused,
    /// The message is no RFC 5322 text; nothing was sent.
    MessageMalformed,
    /// The final dot left and no reply came: the server may have taken the message.
    ReplyLost,
    /// The folder of the file transport cannot be written.
    FolderUnwritable,
    /// A file that the mail carries cannot be read.
    AttachmentUnreadable,
    /// The server had taken it, and later reported that it could not be delivered.
    Bounced,
}

impl ReasonCode {
    /// The stable name in the database, the API and the metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ConnectionFailed => "connection_failed",
            Self::ConnectionLost => "connection_lost",
            Self::TimedOut => "timed_out",
            Self::ProtocolError => "protocol_error",
            Self::TemporaryRefusal => "temporary_refusal",
            Self::Greylisted => "greylisted",
            Self::RateLimited => "rate_limited",
            Self::StorageExceeded => "storage_exceeded",
            Self::UnknownRecipient => "unknown_recipient",
            Self::RecipientRefused => "recipient_refused",
            Self::ContentRefused => "content_refused",
            Self::SenderRefused => "sender_refused",
            Self::LoginFailed => "login_failed",
            Self::LoginNeedsTls => "login_needs_tls",
            Self::TlsUnavailable => "tls_unavailable",
            Self::TlsFailed => "tls_failed",
            Self::CertificateRefused => "certificate_refused",
            Self::MessageMalformed => "message_malformed",
            Self::ReplyLost => "reply_lost",
            Self::FolderUnwritable => "folder_unwritable",
            Self::AttachmentUnreadable => "attachment_unreadable",
            Self::Bounced => "bounced",
        }
    }

    /// What happened and what to do, for the clerk; one sentence without full stop.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::ConnectionFailed => {
                "暂时连不上邮件服务器，系统会自动重试；若持续出现，请管理员核对服务器地址、端口和网络"
            }
            Self::ConnectionLost => "与邮件服务器的连接中断，邮件尚未送出，系统会自动重试",
            Self::TimedOut => "邮件服务器长时间没有应答，邮件尚未送出，系统会自动重试",
            Self::ProtocolError => {
                "邮件服务器的应答无法识别，系统会自动重试；若持续出现，请管理员核对服务器地址和端口"
            }
            Self::TemporaryRefusal => "邮件服务器请我们稍后再发，系统会自动重试",
            Self::Greylisted => {
                "对方服务器要求首次来信稍后重投（灰名单），系统会自动重试，无需处理"
            }
            Self::RateLimited => "发信数量或频率达到邮件服务商的上限，系统会稍后自动重试",
            Self::StorageExceeded => {
                "对方邮箱空间不足或邮件超过大小限制，系统会自动重试；请提醒收件人清理邮箱"
            }
            Self::UnknownRecipient => "对方服务器查无此邮箱，请核对该单位联络员的邮箱地址",
            Self::RecipientRefused => {
                "对方服务器拒收发往该邮箱的邮件，请核对邮箱地址，或请收件单位把发件地址加入白名单"
            }
            Self::ContentRefused => "对方服务器拒收这封邮件的内容，请收件单位把发件地址加入白名单",
            Self::SenderRefused => {
                "邮件服务器不接受我们的发件地址，已暂停发信；请管理员核对发件人与登录账号是否一致"
            }
            Self::LoginFailed => {
                "登录邮件服务器失败，已暂停发信；请管理员核对账号、密码（授权码）以及邮箱是否开通SMTP服务"
            }
            Self::LoginNeedsTls => {
                "邮件服务器不支持加密，为避免密码泄露没有登录，已暂停发信；请管理员改用 smtps:// 或 tls=required"
            }
            Self::TlsUnavailable => {
                "邮件服务器不支持所要求的加密连接，已暂停发信；请管理员核对端口和 tls 设置"
            }
            Self::TlsFailed => "与邮件服务器协商加密失败，已暂停发信；请管理员核对端口和 tls 设置",
            Self::CertificateRefused => {
                "邮件服务器的证书不可信、已过期或与主机名不符，已暂停发信；请管理员更新证书，或把签发机构加入系统信任列表"
            }
            Self::MessageMalformed => "邮件内容的格式不符合规定，没有发送，请联系管理员",
            Self::ReplyLost => {
                "邮件已发出但没有等到服务器的回执，对方可能已收到；系统会用同一编号补发一次"
            }
            Self::FolderUnwritable => "无法写入邮件存放目录，请管理员检查目录权限和磁盘空间",
            Self::AttachmentUnreadable => {
                "读不到邮件所带的附件，邮件没有发出；请管理员检查存放文件的文件夹，恢复文件后再次发送"
            }
            Self::Bounced => {
                "邮件发出后被退回，收件人没有收到；请核对该单位联络员的邮箱地址，改正后再次发送"
            }
        }
    }
}

/// A reason with the step and, where the server said something, its words (masked, at most 200 characters).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    code: ReasonCode,
    stage: Stage,
    reply_code: Option<u16>,
    detail: String,
}

impl Reason {
    /// A reason whose `detail` is shown to people: it is put on one line, addresses masked, cut to 200 characters.
    #[must_use]
    pub fn new(code: ReasonCode, stage: Stage, reply_code: Option<u16>, detail: &str) -> Self {
        Self {
            code,
            stage,
            reply_code,
            detail: presentable(detail),
        }
    }

    /// What went wrong.
    #[must_use]
    pub fn code(&self) -> ReasonCode {
        self.code
    }

    /// At which step.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// The server's three digits; `None` where it did not answer.
    #[must_use]
    pub fn reply_code(&self) -> Option<u16> {
        self.reply_code
    }

    /// The server's or the system's own words; may be empty.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// The advice, then the server's words in brackets.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.advice())?;
        match (self.reply_code, self.detail.as_str()) {
            (Some(code), "") => write!(f, "（服务器应答：{code}）"),
            (Some(code), detail) => write!(f, "（服务器应答：{code} {detail}）"),
            (None, "") => Ok(()),
            (None, detail) => write!(f, "（{detail}）"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_the_advice_and_the_masked_reply() {
        let reason = Reason::new(
            ReasonCode::UnknownRecipient,
            Stage::Recipient,
            Some(550),
            "5.1.1 <zhang@edu.example.cn>\r\nunknown",
        );
        assert_eq!(
            reason.to_string(),
            "对方服务器查无此邮箱，请核对该单位联络员的邮箱地址（服务器应答：550 5.1.1 <z***@edu.example.cn> unknown）"
        );
    }
}

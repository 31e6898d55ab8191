//! From composed words to the bytes of an RFC 5322 message: headers encoded (RFC 2047), text and HTML as alternatives,
//! marked as sent by a machine (RFC 3834). The same input gives the same bytes, so that a second try is the same mail.

use std::time::SystemTime;

use chrono::{DateTime, FixedOffset, Utc};
use lettre::message::header::{
    ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue,
};
use lettre::message::{Attachment, Body, Mailbox, Message, MultiPart, SinglePart};

use super::compose::{ComposeError, Composed};
use super::plain_text::clean;
use crate::domain::email_address::EmailAddress;

/// Between the parts. Neither base64 nor quoted-printable can contain `=_`.
const BOUNDARY: &str = "=_duban_alternative";

/// Between a letter and the files that come with it.
const FILES_BOUNDARY: &str = "=_duban_mixed";

/// The Date header's offset: China Standard Time.
const CHINA_OFFSET_SECONDS: i32 = 8 * 3600;

/// The longest name of a file, in characters.
const FILE_NAME_CHARS: usize = 120;

/// The longest display name, in characters.
const NAME_CHARS: usize = 60;

/// Who writes to whom, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageHead {
    /// The sender's address.
    pub from: EmailAddress,
    /// The sender's name: 市教育局督导办; may be empty.
    pub from_name: String,
    /// The one recipient.
    pub to: EmailAddress,
    /// The recipient's name; may be empty.
    pub to_name: String,
    /// Who gets the answers; `None`: the sender.
    pub reply_to: Option<EmailAddress>,
    /// With or without angle brackets, as fixed when the outbox row was made.
    pub message_id: String,
    /// When the letter was composed; written in China Standard Time.
    pub date_at: DateTime<Utc>,
}

/// RFC 3834 §5: no answering machine shall answer.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The same for Exchange servers.
#[derive(Clone)]
struct AutoResponseSuppress;

impl Header for AutoResponseSuppress {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("X-Auto-Response-Suppress")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "All".to_owned())
    }
}

/// A file that comes with a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enclosed<'a> {
    /// Its name; one that is not ASCII is encoded (RFC 2231).
    pub name: &'a str,
    /// Its media type.
    pub media_type: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
}

/// The whole message: ASCII, lines of at most 998 characters ending in CRLF.
///
/// # Errors
/// [`ComposeError::Address`] and [`ComposeError::MessageId`] for a head that cannot stand in a header.
pub fn build(head: &MessageHead, composed: &Composed) -> Result<Vec<u8>, ComposeError> {
    build_with_files(head, composed, &[])
}

/// The same, with files that come with it.
///
/// # Errors
/// As [`build`]; [`ComposeError::MediaType`].
pub fn build_with_files(
    head: &MessageHead,
    composed: &Composed,
    files: &[Enclosed<'_>],
) -> Result<Vec<u8>, ComposeError> {
    let mut builder = Message::builder()
        .from(mailbox(&head.from_name, &head.from)?)
        .to(mailbox(&head.to_name, &head.to)?)
        .subject(clean(&composed.subject, 200))
        // lettre would ask the clock, and writes UTC in any case: replaced below.
        .date(SystemTime::UNIX_EPOCH)
        .message_id(Some(message_id(&head.message_id)?))
        .header(AutoSubmitted)
        .header(AutoResponseSuppress);
    if let Some(reply_to) = &head.reply_to {
        builder = builder.reply_to(mailbox("", reply_to)?);
    }
    let parts = MultiPart::alternative()
        .boundary(BOUNDARY)
        .singlepart(part(ContentType::TEXT_PLAIN, &composed.text)?)
        .singlepart(part(ContentType::TEXT_HTML, &composed.html)?);
    let mut message = builder.multipart(with_files(parts, files)?)?;
    let date = china_date(head.date_at);
    let name = HeaderName::new_from_ascii_str("Date");
    message
        .headers_mut()
        .insert_raw(HeaderValue::dangerous_new_pre_encoded(
            name,
            date.clone(),
            date,
        ));
    Ok(message.formatted())
}

/// The letter alone, or followed by the files.
fn with_files(letter: MultiPart, files: &[Enclosed<'_>]) -> Result<MultiPart, ComposeError> {
    if files.is_empty() {
        return Ok(letter);
    }
    let mixed = MultiPart::mixed().boundary(FILES_BOUNDARY);
    files
        .iter()
        .try_fold(mixed.multipart(letter), |parts, file| {
            let name = clean(file.name, FILE_NAME_CHARS);
            let kind = ContentType::parse(file.media_type)
                .map_err(|_| ComposeError::MediaType(name.clone()))?;
            let bytes = file.bytes.to_vec();
            let body = Body::new_with_encoding(bytes, ContentTransferEncoding::Base64)
                .map_err(|_| lettre::error::Error::NonAsciiChars)?;
            Ok(parts.singlepart(Attachment::new(name).body(body, kind)))
        })
}

/// RFC 5322 §3.3, in the time people compare with their own clock.
fn china_date(at: DateTime<Utc>) -> String {
    const FORMAT: &str = "%a, %d %b %Y %H:%M:%S %z";
    match FixedOffset::east_opt(CHINA_OFFSET_SECONDS) {
        Some(offset) => at.with_timezone(&offset).format(FORMAT).to_string(),
        None => at.format(FORMAT).to_string(),
    }
}

fn mailbox(name: &str, address: &EmailAddress) -> Result<Mailbox, ComposeError> {
    let name = clean(name, NAME_CHARS);
    let parsed = address
        .as_str()
        .parse()
        .map_err(|_| ComposeError::Address(format!("{address:?}")))?;
    Ok(Mailbox::new((!name.is_empty()).then_some(name), parsed))
}

fn message_id(id: &str) -> Result<String, ComposeError> {
    let bare = id
        .strip_prefix('<')
        .and_then(|id| id.strip_suffix('>'))
        .unwrap_or(id);
    let is_plain = bare
        .chars()
        .all(|c| c.is_ascii_graphic() && !"<>()\\\",;:".contains(c));
    let has_domain = bare
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if !is_plain || !has_domain || bare.len() > 240 {
        return Err(ComposeError::MessageId(clean(id, 60)));
    }
    Ok(format!("<{bare}>"))
}

/// Chinese text is shortest in base64, and Latin text is readable in quoted-printable.
fn part(kind: ContentType, text: &str) -> Result<SinglePart, ComposeError> {
    let latin = text.bytes().filter(u8::is_ascii).count();
    let encoding = if latin * 10 > text.len() * 9 {
        ContentTransferEncoding::QuotedPrintable
    } else {
        ContentTransferEncoding::Base64
    };
    let body = Body::new_with_encoding(text.to_owned(), encoding)
        .map_err(|_| lettre::error::Error::NonAsciiChars)?;
    Ok(SinglePart::builder().header(kind).body(body))
}

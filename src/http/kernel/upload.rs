//! Multipart forms: text fields read into a type of the handler's, and files. All is held in memory, bounded by the
//! endpoint's limit; how much all uploads together may hold is bounded by the kernel.

use super::code::Code;
use super::field_errors::{Check, FieldCode, FieldErrors};
use super::problem::Problem;
use super::query_value::read_pairs;
use super::raw_body::{broken, too_large, too_slow};
use actix_multipart::{Field, Multipart, MultipartError};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use std::time::Duration;
use utoipa::ToSchema;

/// No upload over REST has more parts than this.
pub(super) const UPLOAD_PARTS: usize = 40;

/// What bounds a form.
#[derive(Debug, Clone, Copy)]
pub struct FormBounds<'a> {
    /// Bytes in all.
    pub bytes: usize,
    /// Parts: text fields and files.
    pub parts: usize,
    /// Its file parts.
    pub files: &'a [FilePart],
    /// It must have arrived by then.
    pub time: Duration,
}

/// Text fields in total are no longer than this; files may be as long as the endpoint's limit.
const TEXT_LIMIT: usize = 256 << 10;

/// A file of a form, as it was sent: neither name nor type can be believed.
#[derive(Debug, Clone)]
pub struct UploadedFile {
    /// Name of its form field.
    pub part: String,
    /// Its name as the client gave it; may hold anything.
    pub file_name: String,
    /// Its media type as the client gave it.
    pub media_type: Option<String>,
    /// Its content.
    pub bytes: Bytes,
}

/// The body of an upload endpoint: the form's text fields as `T`, and its files in the order of the form.
#[derive(Debug)]
pub struct Upload<T> {
    /// The text fields.
    pub fields: T,
    /// The files. A part that the endpoint does not name, or a second file of one part that may come once, was refused.
    pub files: Vec<UploadedFile>,
}

impl<T> Upload<T> {
    /// The first file of a part.
    pub fn file(&self, part: &str) -> Option<&UploadedFile> {
        self.files.iter().find(|file| file.part == part)
    }
}

/// A form without text fields.
#[derive(Debug, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoFields {}

impl Check for NoFields {}

/// A file part that an endpoint takes.
#[derive(Debug, Clone, Copy)]
pub struct FilePart {
    /// Name of the form field.
    pub name: &'static str,
    /// What it is, in Chinese.
    pub says: &'static str,
    /// How often it may come.
    pub count: FileCount,
}

/// How often a file part may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileCount {
    /// Exactly once.
    One,
    /// At most once.
    AtMostOne,
    /// Any number of times, within the limits of the form.
    Any,
}

/// A form as it arrived.
#[derive(Debug, Clone, Default)]
pub struct RawForm {
    /// Text fields.
    pub texts: Vec<(String, String)>,
    /// Files.
    pub files: Vec<UploadedFile>,
}

/// Reads a form within its bounds.
///
/// # Errors
/// 400 `invalid_multipart`, 408, 413, 422.
pub async fn read_form(form: Multipart, bounds: FormBounds<'_>) -> Result<RawForm, Problem> {
    let form = match tokio::time::timeout(bounds.time, read_parts(form, bounds)).await {
        Ok(form) => form?,
        Err(_) => return Err(too_slow(bounds.time)),
    };
    check_parts(&form, bounds.files)?;
    Ok(form)
}

/// Refuses a form whose files are not those that are wanted.
///
/// # Errors
/// 422.
pub(super) fn check_parts(form: &RawForm, parts: &[FilePart]) -> Result<(), Problem> {
    let mut errors = FieldErrors::default();
    for file in &form.files {
        if !parts.iter().any(|part| part.name == file.part) {
            errors.add(
                file.part.clone(),
                FieldCode::Unknown,
                "这里不收这个名称的文件",
            );
        }
    }
    for part in parts {
        let count = form
            .files
            .iter()
            .filter(|file| file.part == part.name)
            .count();
        match part.count {
            FileCount::One if count == 0 => errors.add(part.name, FieldCode::Missing, "请选择文件"),
            FileCount::One | FileCount::AtMostOne if count > 1 => {
                errors.add(part.name, FieldCode::Repeated, "只能有一个文件");
            }
            FileCount::One | FileCount::AtMostOne | FileCount::Any => {}
        }
    }
    match Problem::of_fields(errors) {
        Some(problem) => Err(problem),
        None => Ok(()),
    }
}

async fn read_parts(mut multipart: Multipart, bounds: FormBounds<'_>) -> Result<RawForm, Problem> {
    let limit = bounds.bytes;
    let mut form = RawForm::default();
    let (mut total, mut texts) = (0, 0);
    while let Some(field) = multipart.next().await {
        let mut field = field.map_err(|error| unreadable(&error))?;
        if form.texts.len() + form.files.len() == bounds.parts {
            let detail = format!("表单最多 {} 项，请减少后再提交。", bounds.parts);
            return Err(Problem::new(Code::BodyTooLarge, detail));
        }
        let part = field.name().unwrap_or_default().to_owned();
        let file_name = field
            .content_disposition()
            .and_then(|disposition| disposition.get_filename().map(str::to_owned));
        let room = match file_name {
            Some(_) => limit.saturating_sub(total),
            None => TEXT_LIMIT
                .saturating_sub(texts)
                .min(limit.saturating_sub(total)),
        };
        let bytes = read_field(&mut field, room, limit).await?;
        total += bytes.len();
        match file_name {
            Some(file_name) => form.files.push(UploadedFile {
                part,
                file_name,
                media_type: field.content_type().map(ToString::to_string),
                bytes,
            }),
            None => {
                texts += bytes.len();
                let text = String::from_utf8(bytes.into()).map_err(|_| {
                    let detail = "表单中的文字应为 UTF-8 编码。";
                    Problem::new(Code::InvalidMultipart, detail)
                })?;
                form.texts.push((part, text));
            }
        }
    }
    Ok(form)
}

async fn read_field(field: &mut Field, room: usize, limit: usize) -> Result<Bytes, Problem> {
    let mut whole = BytesMut::new();
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(|error| unreadable(&error))?;
        if whole.len() + chunk.len() > room {
            return Err(too_large(limit));
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

fn unreadable(error: &MultipartError) -> Problem {
    if let MultipartError::Payload(error) = error {
        return broken(error);
    }
    let detail = "表单数据无法读取，请按 multipart/form-data 重新提交，每一项都要有名称。";
    let mut problem = Problem::new(Code::InvalidMultipart, detail);
    problem.aside.cause = Some(error.to_string());
    problem
}

/// Reads the text fields as `T`. An unknown or repeated field is refused; an empty text counts as not given, as browsers
/// send it.
///
/// # Errors
/// 422.
pub fn read_fields<T: DeserializeOwned + Check>(form: &RawForm) -> Result<T, Problem> {
    let mut errors = FieldErrors::default();
    let given: Vec<_> = form
        .texts
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .cloned()
        .collect();
    let fields: Option<T> = read_pairs(&given, &mut errors);
    if let Some(fields) = &fields {
        fields.check(&mut errors);
    }
    match (Problem::of_fields(errors), fields) {
        (Some(problem), _) => Err(problem),
        (None, Some(fields)) => Ok(fields),
        (None, None) => Err(Problem::internal("a form that is neither right nor wrong")),
    }
}

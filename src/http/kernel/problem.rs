//! Errors as clients see them: RFC 9457 `application/problem+json`. What went wrong inside is kept beside, for the log
//! alone.

use super::code::{Code, refusal_status};
use super::field_errors::{FieldCode, FieldError, FieldErrors, MOST};
use crate::flow::FlowError;
use crate::flow::refusal::{Refusal, RefusalCode};
use crate::storage::StorageError;
use actix_web::http::{Method, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

/// Media type of every error.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What is told of a row that does not exist, or that the viewer may not see.
const NOT_FOUND: &str = "没有找到您请求的内容。请核对网址和编号。";

/// Seconds after which somebody who found no room tries again.
const BUSY_SECONDS: u64 = 5;

/// Whose code a problem carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemCode {
    /// The kernel's.
    Kernel(Code),
    /// A use case's.
    Refusal(RefusalCode),
}

/// Why a request is not granted.
#[derive(Debug)]
pub struct Problem {
    code: ProblemCode,
    detail: String,
    errors: Vec<FieldError>,
    pub(super) aside: Box<Aside>,
}

/// What is told beside the body, or not told at all. Boxed, as most results are no problem.
#[derive(Debug, Default)]
pub(super) struct Aside {
    /// Seconds after which to try again.
    pub retry_after: Option<u64>,
    /// Methods that the path knows.
    pub allow: Option<String>,
    /// Set: the row exists but is foreign; the audit row names it.
    pub hidden: Option<String>,
    /// Nothing was written, and the whole may succeed at the next try.
    pub is_transient: bool,
    /// For the log; never shown.
    pub cause: Option<String>,
}

impl Problem {
    /// A problem of the kernel's kinds; `detail` is courteous Chinese that says what to do.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code: ProblemCode::Kernel(code),
            detail: detail.into(),
            errors: Vec::new(),
            aside: Box::default(),
        }
    }

    /// There is no such row.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, NOT_FOUND)
    }

    /// The row exists, but not for this viewer: looks exactly like [`Problem::not_found`], and the kernel writes one audit
    /// row that names `target` (`task 0198…`).
    pub fn hidden(target: impl Into<String>) -> Self {
        let mut problem = Self::not_found();
        problem.aside.hidden = Some(target.into());
        problem
    }

    /// Wrong fields of a body; `None` where nothing is wrong.
    pub fn of_fields(errors: FieldErrors) -> Option<Self> {
        Self::of_errors(errors, Code::UnknownField, Code::InvalidField, "字段")
    }

    /// Wrong parameters of a query string; `None` where nothing is wrong.
    pub fn of_parameters(errors: FieldErrors) -> Option<Self> {
        let (unknown, invalid) = (Code::UnknownParameter, Code::InvalidParameter);
        Self::of_errors(errors, unknown, invalid, "查询参数")
    }

    fn of_errors(errors: FieldErrors, unknown: Code, invalid: Code, what: &str) -> Option<Self> {
        let errors = errors.into_vec();
        let first = errors.first()?;
        let code = if errors.iter().all(|error| error.code == FieldCode::Unknown) {
            unknown
        } else {
            invalid
        };
        let place = if first.path.is_empty() {
            String::new()
        } else {
            format!("{what}“{}”：", first.path)
        };
        let more = match errors.len() {
            1 => String::new(),
            count => format!("（共 {count} 处，见 errors）"),
        };
        let detail = format!("{place}{}。{more}", first.message.trim_end_matches('。'));
        let mut problem = Self::new(code, detail);
        problem.errors = errors;
        Some(problem)
    }

    /// A fault of ours: told as 500; `cause` goes to the log alone.
    pub fn internal(cause: impl Into<String>) -> Self {
        let mut problem = Self::new(
            Code::Internal,
            "系统内部出错，您的请求没有完成。请稍后再试；如仍不行，请把请求编号告诉管理员。",
        );
        problem.aside.cause = Some(cause.into());
        problem
    }

    pub(super) fn unavailable(cause: impl Into<String>) -> Self {
        let mut problem = Self::new(Code::Unavailable, "系统暂时不可用，请稍后再试。");
        problem.aside.cause = Some(cause.into());
        problem.aside.retry_after = Some(5);
        problem
    }

    pub(super) fn retry_after(mut self, seconds: u64) -> Self {
        self.aside.retry_after = Some(seconds);
        self
    }

    pub(super) fn method_not_allowed(method: &Method, allow: String) -> Self {
        // Only names of methods that we know: the client's own text is not repeated.
        let named = match method.as_str() {
            known
            @ ("GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "TRACE" | "CONNECT") => known,
            _ => "所用的请求方法",
        };
        let detail = format!("这个网址不支持 {named}，支持的方法：{allow}。");
        let mut problem = Self::new(Code::MethodNotAllowed, detail);
        problem.aside.allow = Some(allow);
        problem
    }

    /// The status it is answered with.
    pub fn status(&self) -> StatusCode {
        match self.code {
            ProblemCode::Kernel(code) => code.status(),
            ProblemCode::Refusal(code) => refusal_status(code.kind()).0,
        }
    }

    /// What happened and what to do, in courteous Chinese.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Wrong fields, one by one.
    pub fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// What its code says, in English.
    pub fn english(&self) -> &'static str {
        match self.code {
            ProblemCode::Kernel(code) => code.english(),
            ProblemCode::Refusal(code) => code.english(),
        }
    }

    /// Whose code, and which.
    pub fn code(&self) -> ProblemCode {
        self.code
    }

    /// The stable code as clients see it.
    pub fn code_str(&self) -> &'static str {
        match self.code {
            ProblemCode::Kernel(code) => code.as_str(),
            ProblemCode::Refusal(code) => code.as_str(),
        }
    }

    fn title(&self) -> &'static str {
        match self.code {
            ProblemCode::Kernel(code) => code.title(),
            ProblemCode::Refusal(code) => refusal_status(code.kind()).1,
        }
    }

    /// What the client reads: its `instance` is the path without the query string.
    pub(super) fn render(&self, instance: &str, request_id: &str) -> Vec<u8> {
        let json = ProblemJson {
            kind: format!("urn:duban:problem:{}", self.code_str()),
            title: self.title().to_owned(),
            status: self.status().as_u16(),
            detail: self.detail.clone(),
            code: self.code_str().to_owned(),
            errors: self.errors.clone(),
            instance: instance.chars().take(500).collect(),
            request_id: request_id.to_owned(),
        };
        serde_json::to_vec(&json).unwrap_or_default()
    }
}

impl From<FlowError> for Problem {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::Refused(refusal) => refusal.into(),
            FlowError::Storage(cause) => cause.into(),
            FlowError::Busy(detail) => {
                Self::new(Code::Unavailable, format!("{detail}。")).retry_after(BUSY_SECONDS)
            }
            FlowError::Files(cause) => Self::unavailable(format!("{cause:?}")),
            other => Self::internal(other.to_string()),
        }
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::BadPlace => bad_cursor(),
            other => {
                let mut problem = Self::unavailable(other.to_string());
                problem.aside.is_transient = other.is_transient();
                problem
            }
        }
    }
}

/// The 422 of a cursor that is none of this list.
pub fn bad_cursor() -> Problem {
    let detail =
        "游标已损坏，或不属于这个列表、这组筛选条件和排序。请去掉 cursor，从第一页重新开始。";
    Problem::new(Code::BadCursor, detail)
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        if refusal.code == RefusalCode::NotFound && refusal.fields.is_empty() {
            // In the words of a hidden row, so that nobody can tell one from the other.
            return Self::not_found();
        }
        let errors = refusal
            .fields
            .into_iter()
            .take(MOST)
            .map(|field| FieldError {
                path: field.path,
                code: FieldCode::Invalid,
                message: field.text,
            });
        Self {
            code: ProblemCode::Refusal(refusal.code),
            errors: errors.collect(),
            ..Self::new(Code::Internal, refusal.text)
        }
    }
}

/// A problem as JSON.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemJson {
    /// `urn:duban:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short title, always the same for one code.
    pub title: String,
    /// The status again.
    pub status: u16,
    /// What happened and what to do.
    pub detail: String,
    /// The stable code.
    pub code: String,
    /// Wrong fields, one by one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
    /// The path that was called.
    pub instance: String,
    /// What to tell the administrator; also in `X-Request-Id`.
    pub request_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_finds_no_room_is_told_when_to_try_again() {
        let told = Problem::from(FlowError::Busy("现在导入文件的人较多"));
        assert_eq!(told.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(told.aside.retry_after, Some(BUSY_SECONDS));
    }
}

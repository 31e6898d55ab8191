//! The stable codes of the kernel's own problems, with their statuses and titles. Refusals of use cases carry codes of
//! their own; here is only how their kinds are told in HTTP.

use crate::flow::refusal::RefusalKind;
use actix_web::http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $code:literal $status:ident $title:literal $english:literal;)+) => {
        /// A problem that the kernel itself finds. The code never changes its meaning (design §7).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as clients see it, in snake_case.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The status it is answered with.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// A short title in Chinese.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// The title in English, for the document.
            pub fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)+ }
            }
        }
    };
}

codes! {
    /// The body is no JSON: syntax, encoding, nesting, a key given twice, a number out of any range.
    InvalidJson "invalid_json" BAD_REQUEST "请求正文不是有效的 JSON" "The body is not valid JSON";
    /// The body is no readable multipart form.
    InvalidMultipart "invalid_multipart" BAD_REQUEST "表单数据无法读取" "The multipart form cannot be read";
    /// A body is needed and there is none.
    BodyRequired "body_required" BAD_REQUEST "缺少请求正文" "A body is required";
    /// The connection ended, or its framing broke, inside the body.
    BodyIncomplete "body_incomplete" BAD_REQUEST "请求正文不完整" "The body is incomplete";
    /// The query string is not percent-encoded UTF-8.
    InvalidEncoding "invalid_encoding" BAD_REQUEST "查询参数的编码有误" "The query string is badly encoded";
    /// No token, or none that is known.
    Unauthenticated "unauthenticated" UNAUTHORIZED "请先登录" "A valid token is required";
    /// The role may not do this.
    Forbidden "forbidden" FORBIDDEN "没有权限" "The role does not allow this";
    /// The token may only read.
    ReadOnlyToken "read_only_token" FORBIDDEN "令牌只能读取" "The token may only read";
    /// No such path or row, or none that the viewer may see.
    NotFound "not_found" NOT_FOUND "没有找到" "Not found";
    /// The path does not know this method.
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "不支持这种请求方法" "The method is not allowed here";
    /// The body did not arrive in time.
    BodyTimeout "body_timeout" REQUEST_TIMEOUT "请求正文接收超时" "The body did not arrive in time";
    /// The same Idempotency-Key is being worked on.
    RequestInProgress "request_in_progress" CONFLICT "同一请求正在处理" "The same request is in progress";
    /// The request with this Idempotency-Key was carried out, but its reply was lost.
    OutcomeUnknown "outcome_unknown" CONFLICT "上次请求的答复已丢失" "The reply to the first request was lost";
    /// If-Match names a state that is not ours, or not the viewer's.
    PreconditionFailed "precondition_failed" PRECONDITION_FAILED "内容已经变化" "The resource has changed";
    /// The body is larger than this path allows.
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE "请求正文过大" "The body is too large";
    /// Content-Type or Content-Encoding is none that this path takes.
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "请求正文的类型不支持" "The media type is not supported";
    /// A field of the body has a wrong type or value, or is missing.
    InvalidField "invalid_field" UNPROCESSABLE_ENTITY "字段的内容有误" "A field is invalid";
    /// The body has a field that this path does not know.
    UnknownField "unknown_field" UNPROCESSABLE_ENTITY "有不认识的字段" "A field is unknown";
    /// A parameter of the query string has a wrong value, is missing or comes twice.
    InvalidParameter "invalid_parameter" UNPROCESSABLE_ENTITY "查询参数有误" "A query parameter is invalid";
    /// The query string has a parameter that this path does not know.
    UnknownParameter "unknown_parameter" UNPROCESSABLE_ENTITY "有不认识的查询参数" "A query parameter is unknown";
    /// The cursor is damaged, or belongs to another list, filter, order or version.
    BadCursor "bad_cursor" UNPROCESSABLE_ENTITY "翻页游标无效" "The cursor is not valid here";
    /// The Idempotency-Key is not 1 to 128 visible ASCII characters.
    InvalidIdempotencyKey "invalid_idempotency_key" UNPROCESSABLE_ENTITY "Idempotency-Key 无效" "The Idempotency-Key is not valid";
    /// The Idempotency-Key was used for another request.
    IdempotencyKeyReused "idempotency_key_reused" UNPROCESSABLE_ENTITY "Idempotency-Key 已用于另一请求" "The Idempotency-Key was used for another request";
    /// If-Match is missing.
    PreconditionRequired "precondition_required" PRECONDITION_REQUIRED "缺少 If-Match" "If-Match is required";
    /// The headers are larger than any of ours need be.
    HeadersTooLarge "headers_too_large" REQUEST_HEADER_FIELDS_TOO_LARGE "请求头过大" "The headers are too large";
    /// Too many requests.
    RateLimited "rate_limited" TOO_MANY_REQUESTS "请求过于频繁" "Too many requests";
    /// A fault of ours.
    Internal "internal" INTERNAL_SERVER_ERROR "系统内部出错" "Internal error";
    /// The database, or something else we need, does not answer.
    Unavailable "unavailable" SERVICE_UNAVAILABLE "系统暂时不可用" "Temporarily unavailable";
    /// The answer took too long.
    TimedOut "timed_out" SERVICE_UNAVAILABLE "处理超时" "The answer took too long";
}

/// How a use case's refusal is told: status, and a title in Chinese.
pub fn refusal_status(kind: RefusalKind) -> (StatusCode, &'static str) {
    match kind {
        RefusalKind::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "内容不符合要求"),
        RefusalKind::Missing => (StatusCode::NOT_FOUND, "没有找到"),
        RefusalKind::Conflict => (StatusCode::CONFLICT, "当前状态不允许"),
        RefusalKind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "空间不足"),
        RefusalKind::Forbidden => (StatusCode::FORBIDDEN, "没有权限"),
        RefusalKind::Gone => (StatusCode::GONE, "已不再保留"),
        RefusalKind::Stale => (StatusCode::PRECONDITION_FAILED, "内容已经变化"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_and_statuses_are_errors() {
        let codes: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error());
        }
    }
}

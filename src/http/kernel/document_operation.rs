//! One endpoint as an operation of the document: everything here is derived from the handler's types, the action's rules
//! and the kernel's own codes.

use super::code::{Code, refusal_status};
use super::document_links::links;
use super::endpoint::{Endpoint, Examples, Verb};
use super::problem::PROBLEM_JSON;
use super::query::{Pairs, Parameter};
use super::query_value::MOST_VALUES;
use super::raw_body::BodyKind;
use super::reply::Shown;
use super::schemas::Schemas;
use super::write::LONGEST_KEY;
use crate::domain::access::Rows;
use crate::files::kind::FileKind;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{KnownFormat, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{
    ContentBuilder, Header, HeaderBuilder, ObjectBuilder, Ref, RefOr, Required, Response,
    ResponseBuilder, Schema,
};

/// The operation of an endpoint, linked to others of the table; its schemas are added to `schemas`.
pub(super) fn operation(
    endpoint: &Endpoint,
    table: &[Endpoint],
    schemas: &mut Schemas,
) -> Operation {
    let action = endpoint.action;
    let roles: Vec<&str> = action.roles().iter().map(|role| role.as_str()).collect();
    let rows = match action.rows() {
        Rows::Everyones => "everyones",
        Rows::Units => "units",
        Rows::OwnUnit => "own_unit",
        Rows::OwnUser => "own_user",
    };
    let extensions = ExtensionsBuilder::new()
        .add("x-action", action.as_str())
        .add("x-roles", json!(roles))
        .add("x-rows", rows)
        .add("x-summary-en", endpoint.english);
    let described = match endpoint.description {
        "" => endpoint.english.to_owned(),
        description => format!("{description}\n\n{}", endpoint.english),
    };
    let mut builder = OperationBuilder::new()
        .tag(endpoint.tag.name)
        .operation_id(Some(endpoint.operation))
        .summary(Some(endpoint.summary))
        .description(Some(described))
        .request_body(request_body(endpoint, schemas))
        .extensions(Some(extensions.build()));
    for parameter in parameters(endpoint, schemas) {
        builder = builder.parameter(parameter);
    }
    for status in &endpoint.statuses {
        let mut response = success(endpoint, status.as_u16(), schemas);
        let links = links(endpoint, status.as_u16(), table, schemas).into_iter();
        response.links = links.map(|(name, link)| (name, RefOr::T(link))).collect();
        builder = builder.response(status.as_str(), response);
    }
    if endpoint.verb == Verb::Get {
        let unchanged = ResponseBuilder::new()
            .description("内容没有变化")
            .header("ETag", text_header("与 200 相同"));
        builder = builder.response("304", unchanged.build());
    }
    for (status, codes) in codes(endpoint) {
        builder = builder.response(status.to_string(), problem(&codes));
    }
    builder.build()
}

fn parameters(endpoint: &Endpoint, schemas: &mut Schemas) -> Vec<ParameterBuilder> {
    let mut all = path_parameters(endpoint);
    (endpoint.shape.query)(schemas);
    all.extend(query_parameters(endpoint));
    let text = ObjectBuilder::new().schema_type(Type::String);
    let (name, required, says, schema) = match endpoint.verb {
        Verb::Get => (
            "If-None-Match",
            Required::False,
            "上次得到的 ETag，没有变化时答 304",
            text,
        ),
        Verb::Post => (
            "Idempotency-Key",
            Required::False,
            "1 至 128 个可见的 ASCII 字符；24 小时内同一请求只办一次",
            text.min_length(Some(1))
                .max_length(Some(LONGEST_KEY))
                .pattern(Some("^[!-~]+$")),
        ),
        Verb::Put | Verb::Patch | Verb::Delete => {
            ("If-Match", Required::True, "读取时得到的 ETag，或 *", text)
        }
    };
    all.push(
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(required)
            .description(Some(says))
            .schema(Some(schema)),
    );
    all
}

fn path_parameters(endpoint: &Endpoint) -> Vec<ParameterBuilder> {
    let parameter = |name: &'static str| {
        let is_id = name == "id" || name.ends_with("_id");
        let uuid = Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)).filter(|_| is_id);
        let example = endpoint
            .examples
            .params
            .iter()
            .find(|(known, _)| *known == name);
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(
                ObjectBuilder::new().schema_type(Type::String).format(uuid),
            ))
            .example(example.map(|(_, value)| Value::from(*value)))
    };
    endpoint.param_names().map(parameter).collect()
}

fn query_parameters(endpoint: &Endpoint) -> Vec<ParameterBuilder> {
    let examples = Pairs::parse(endpoint.examples.query).unwrap_or_default();
    let parameter = |mut parameter: Parameter| {
        let example = examples.get(&parameter.name);
        let example = example.map(|text| example_value(text, &parameter.schema));
        let required = if parameter.required {
            Required::True
        } else {
            Required::False
        };
        let is_list = match &mut parameter.schema {
            RefOr::T(Schema::Array(list)) => {
                (list.min_items, list.max_items) = (Some(1), Some(MOST_VALUES));
                true
            }
            RefOr::T(_) | RefOr::Ref(_) => false,
        };
        ParameterBuilder::new()
            .name(parameter.name)
            .parameter_in(ParameterIn::Query)
            .required(required)
            // Lists are written with commas.
            .explode(Some(false).filter(|_| is_list))
            .schema(Some(parameter.schema))
            .example(example)
    };
    (endpoint.shape.parameters)()
        .into_iter()
        .map(parameter)
        .collect()
}

/// The text of a query string as the schema's kind of value.
fn example_value(text: &str, schema: &RefOr<Schema>) -> Value {
    let texts = |kind: &SchemaType| match kind {
        SchemaType::Type(Type::Integer | Type::Number | Type::Boolean) => {
            serde_json::from_str(text).ok()
        }
        SchemaType::Type(_) | SchemaType::Array(_) | SchemaType::AnyValue => None,
    };
    let value = match schema {
        RefOr::T(Schema::Array(_)) => Some(text.split(',').collect()),
        RefOr::T(Schema::Object(object)) => texts(&object.schema_type),
        RefOr::T(_) | RefOr::Ref(_) => None,
    };
    value.unwrap_or_else(|| text.into())
}

fn request_body(endpoint: &Endpoint, schemas: &mut Schemas) -> Option<RequestBody> {
    let schema = (endpoint.shape.body)(schemas, &endpoint.files)?;
    let media_type = match endpoint.body_kind {
        BodyKind::Nothing => return None,
        BodyKind::Json => "application/json",
        BodyKind::Form => "multipart/form-data",
    };
    let Examples { body, .. } = &endpoint.examples;
    let content = ContentBuilder::new()
        .schema(Some(schema))
        .example(body.clone());
    let limit = endpoint.body_limit;
    let body = RequestBodyBuilder::new()
        .description(Some(format!("至多 {limit} 字节")))
        .required(Some(Required::True))
        .content(media_type, content.build());
    Some(body.build())
}

fn text_header(says: &str) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new()
        .schema(Some(text))
        .description(Some(says))
        .build()
}

fn success(endpoint: &Endpoint, status: u16, schemas: &mut Schemas) -> Response {
    let says = match status {
        201 => "已新建",
        202 => "已受理",
        204 => "已完成，没有内容",
        _ => "成功",
    };
    let mut response = ResponseBuilder::new()
        .description(says)
        .header("X-Request-Id", text_header("请求编号"));
    if endpoint.verb == Verb::Get {
        response = response.header(
            "ETag",
            text_header("强 ETag，内容、日期、权限或编码变化时改变"),
        );
    }
    if status == 201 {
        response = response.header("Location", text_header("新建内容的网址"));
    }
    if endpoint.verb == Verb::Post {
        let says = "为 true 时，这是同一 Idempotency-Key 先前的答复";
        response = response.header("Idempotency-Replayed", text_header(says));
    }
    match (endpoint.shape.reply)(schemas) {
        Shown::Nothing => {}
        Shown::Json(schema) => {
            let content = ContentBuilder::new().schema(Some(*schema)).build();
            response = response.content("application/json", content);
        }
        Shown::File => {
            let content = ContentBuilder::new()
                .schema(Some(ObjectBuilder::new().build()))
                .build();
            response = response
                .content(file_type(endpoint.path), content)
                .header("Content-Disposition", text_header("附件名，见 RFC 6266"))
                .header(
                    "Accept-Ranges",
                    text_header("none：文件总是整份下载，Range 请求头不起作用"),
                );
        }
    }
    response.build()
}

/// The media type of the file at a path, which its ending tells; of an attached file it may be any.
fn file_type(path: &str) -> &'static str {
    match path.rsplit_once('.') {
        Some((_, "html")) => "text/html",
        Some((_, extension)) => {
            FileKind::of_extension(extension).map_or("*/*", FileKind::media_type)
        }
        None => "*/*",
    }
}

/// The codes that an endpoint may answer with, by status.
fn codes(endpoint: &Endpoint) -> BTreeMap<u16, BTreeSet<&'static str>> {
    let mut by_status: BTreeMap<u16, BTreeSet<&'static str>> = BTreeMap::new();
    for code in kernel_codes(endpoint) {
        let status = code.status().as_u16();
        by_status.entry(status).or_default().insert(code.as_str());
    }
    for code in &endpoint.refusals {
        let status = refusal_status(code.kind()).0.as_u16();
        by_status.entry(status).or_default().insert(code.as_str());
    }
    by_status
}

fn kernel_codes(endpoint: &Endpoint) -> Vec<Code> {
    let mut codes = ALWAYS.to_vec();
    if endpoint.param_names().next().is_some() {
        codes.push(Code::NotFound);
    }
    let has = |name: &str| {
        (endpoint.shape.parameters)()
            .iter()
            .any(|one| one.name == name)
    };
    if has("cursor") {
        codes.push(Code::BadCursor);
    }
    if endpoint.action.writes() {
        codes.push(Code::ReadOnlyToken);
    }
    match endpoint.verb {
        Verb::Get => {}
        Verb::Post => codes.extend(OF_A_KEY),
        Verb::Put | Verb::Patch | Verb::Delete => {
            codes.extend([Code::PreconditionRequired, Code::PreconditionFailed]);
        }
    }
    match endpoint.body_kind {
        BodyKind::Nothing => {}
        BodyKind::Json => {
            codes.extend([Code::InvalidJson, Code::BodyRequired]);
            codes.extend(OF_A_BODY);
        }
        BodyKind::Form => {
            codes.push(Code::InvalidMultipart);
            codes.extend(OF_A_BODY);
        }
    }
    codes
}

/// What any operation may answer.
const ALWAYS: [Code; 10] = [
    Code::InvalidEncoding,
    Code::Unauthenticated,
    Code::Forbidden,
    Code::InvalidParameter,
    Code::UnknownParameter,
    Code::RateLimited,
    Code::HeadersTooLarge,
    Code::Internal,
    Code::Unavailable,
    Code::TimedOut,
];

/// What an operation that takes an Idempotency-Key may answer.
const OF_A_KEY: [Code; 4] = [
    Code::InvalidIdempotencyKey,
    Code::IdempotencyKeyReused,
    Code::RequestInProgress,
    Code::OutcomeUnknown,
];

/// What an operation that takes a body may answer.
const OF_A_BODY: [Code; 6] = [
    Code::BodyIncomplete,
    Code::BodyTimeout,
    Code::BodyTooLarge,
    Code::UnsupportedMediaType,
    Code::InvalidField,
    Code::UnknownField,
];

fn problem(codes: &BTreeSet<&'static str>) -> Response {
    let known = |code: &&str| Code::ALL.iter().find(|known| known.as_str() == *code);
    let says: Vec<String> = codes
        .iter()
        .map(|code| match known(code) {
            Some(known) => format!("`{code}` {}（{}）", known.title(), known.english()),
            None => format!("`{code}`"),
        })
        .collect();
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new()
        .description(says.join("；"))
        .content(PROBLEM_JSON, content.build())
        .extensions(Some(
            ExtensionsBuilder::new()
                .add("x-codes", json!(codes))
                .build(),
        ))
        .build()
}

//! The OpenAPI 3.1 document, made from the table. What one operation says is in `document_operation`.

use super::document_operation::operation;
use super::endpoint::{Endpoint, Verb};
use super::problem::ProblemJson;
use super::schemas::Schemas;
use std::collections::BTreeMap;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder,
    PathItem, PathsBuilder, ResponseBuilder, SecurityRequirement, Server,
};

/// Name of the security scheme.
pub(super) const TOKEN: &str = "token";

/// How to use the service, with examples that a test runs; the page at `/api/docs` shows it first.
const ABOUT: &str = include_str!("../guide.md");

/// The document of a table: the same for the same table.
pub fn document(endpoints: &[Endpoint]) -> OpenApi {
    let mut schemas = Schemas::default();
    schemas.of::<ProblemJson>();
    let mut paths = PathsBuilder::new().path(
        "/openapi.json",
        PathItem::new(HttpMethod::Get, own_operation()),
    );
    let mut tags = BTreeMap::from([("documents", "本接口的说明")]);
    for endpoint in endpoints {
        tags.insert(endpoint.tag.name, endpoint.tag.says);
        let operation = operation(endpoint, endpoints, &mut schemas);
        let item = PathItem::new(method(endpoint.verb), operation);
        paths = paths.path(endpoint.path, item);
    }
    let info = InfoBuilder::new()
        .title("督办 REST 接口")
        .description(Some(ABOUT))
        .version(env!("CARGO_PKG_VERSION"));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("用 duban user token 申请的令牌"));
    let components = ComponentsBuilder::new()
        .schemas_from_iter(schemas.into_map())
        .security_scheme(TOKEN, SecurityScheme::Http(bearer.build()));
    let tag =
        |(name, says): (&str, &str)| TagBuilder::new().name(name).description(Some(says)).build();
    OpenApiBuilder::new()
        .info(info.build())
        .servers(Some([Server::new("/api/v1")]))
        .paths(paths.build())
        .components(Some(components.build()))
        .security(Some([SecurityRequirement::new(
            TOKEN,
            Vec::<String>::new(),
        )]))
        .tags(Some(tags.into_iter().map(tag)))
        .build()
}

fn method(verb: Verb) -> HttpMethod {
    match verb {
        Verb::Get => HttpMethod::Get,
        Verb::Post => HttpMethod::Post,
        Verb::Put => HttpMethod::Put,
        Verb::Patch => HttpMethod::Patch,
        Verb::Delete => HttpMethod::Delete,
    }
}

/// The one operation that is not in the table: the document itself, which anybody may read.
fn own_operation() -> Operation {
    let any = ObjectBuilder::new().build();
    let content = ContentBuilder::new().schema(Some(any)).build();
    let response = ResponseBuilder::new()
        .description("本文档")
        .content("application/json", content);
    OperationBuilder::new()
        .tag("documents")
        .operation_id(Some("read_openapi"))
        .summary(Some("读取本文档"))
        .description(Some("Read this document"))
        .response("200", response.build())
        .security(SecurityRequirement::default())
        .build()
}

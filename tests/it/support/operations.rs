//! The service as its own document describes it: every operation, each with a request that it would take and the answers
//! that it promises.

use super::service::{BOUNDARY, Response, Service, form};
use duban::domain::user_role::UserRole;
use serde_json::Value;
use std::collections::BTreeMap;

/// The OpenAPI document.
pub struct Document(pub Value);

/// One operation of it.
#[derive(Debug, Clone)]
pub struct Operation {
    pub id: String,
    pub method: String,
    /// Below `/api/v1`, with names in braces.
    pub path: String,
    /// Codes of the roles that may call it.
    pub roles: Vec<String>,
    /// Whose rows it reaches.
    pub rows: String,
    /// Whether it is called without a token.
    pub is_public: bool,
    /// Names in the path, each with its example.
    pub params: Vec<(String, String)>,
    pub query: Vec<Parameter>,
    pub body: Option<Body>,
    /// The schema of each answer by its status; none where the answer is no JSON.
    pub answers: BTreeMap<u16, Option<Value>>,
}

/// A parameter of the query string.
#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: String,
    /// Resolved, without null.
    pub schema: Value,
    pub is_required: bool,
    pub example: Option<String>,
}

/// A body.
#[derive(Debug, Clone)]
pub struct Body {
    pub is_form: bool,
    pub schema: Value,
    pub example: Value,
    /// The most bytes.
    pub limit: usize,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Whole, from `/api` on, with its query.
    pub path: String,
    pub headers: Vec<String>,
    pub body: Vec<u8>,
}

impl Request {
    /// The same with another header.
    pub fn header(mut self, header: impl Into<String>) -> Self {
        self.headers.push(header.into());
        self
    }

    /// The same with other headers than those of that name.
    pub fn without(mut self, name: &str) -> Self {
        let prefix = format!("{}:", name.to_ascii_lowercase());
        self.headers
            .retain(|header| !header.to_ascii_lowercase().starts_with(&prefix));
        self
    }

    /// The same with another body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The same with a form in its body: text fields, and files by part, name and bytes.
    pub fn form(self, texts: &[(String, String)], files: &[(&str, &str, &[u8])]) -> Self {
        let texts: Vec<(&str, &str)> = texts
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        self.without("content-type")
            .header(format!(
                "Content-Type: multipart/form-data; boundary={BOUNDARY}"
            ))
            .body(form(&texts, files))
    }

    /// The same with more in its query string.
    pub fn query(mut self, more: &str) -> Self {
        let glue = match self.path.contains('?') {
            true => '&',
            false => '?',
        };
        self.path = format!("{}{glue}{more}", self.path);
        self
    }

    /// What a service answers to it.
    #[track_caller]
    pub fn sent(&self, service: &Service, token: &str) -> Response {
        let headers: Vec<&str> = self.headers.iter().map(String::as_str).collect();
        service.send(&self.method, &self.path, token, &headers, &self.body)
    }
}

impl Document {
    /// The document of a service.
    #[track_caller]
    pub fn of(service: &Service) -> Self {
        Self(service.get("", "/openapi.json").expect(200))
    }

    /// Every operation that needs a token, by path and method.
    pub fn closed_operations(&self) -> Vec<Operation> {
        let mut closed = self.operations();
        closed.retain(|operation| !operation.is_public);
        closed
    }

    /// Every operation, by path and method.
    pub fn operations(&self) -> Vec<Operation> {
        let paths = self.0["paths"].as_object().into_iter().flatten();
        let mut all = Vec::new();
        for (path, item) in paths {
            for (method, operation) in item.as_object().into_iter().flatten() {
                all.push(self.operation(path, method, operation));
            }
        }
        all
    }

    fn operation(&self, path: &str, method: &str, operation: &Value) -> Operation {
        let parameters = operation["parameters"].as_array();
        let of = |place: &'static str| {
            let all = parameters.into_iter().flatten();
            all.filter(move |one| one["in"] == place)
        };
        let roles = operation["x-roles"].as_array().into_iter().flatten();
        Operation {
            id: text(&operation["operationId"]),
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            roles: roles.map(text).collect(),
            rows: text(&operation["x-rows"]),
            is_public: operation["security"] == serde_json::json!([{}]),
            params: of("path")
                .map(|one| (text(&one["name"]), text(&one["example"])))
                .collect(),
            query: of("query")
                .map(|one| Parameter {
                    name: text(&one["name"]),
                    schema: self.resolved(&one["schema"]),
                    is_required: one["required"] == true,
                    example: one.get("example").map(text),
                })
                .collect(),
            body: self.body(&operation["requestBody"]),
            answers: answers(&operation["responses"]),
        }
    }

    fn body(&self, body: &Value) -> Option<Body> {
        let (kind, content) = body["content"].as_object()?.iter().next()?;
        let says = text(&body["description"]);
        let digits: String = says.chars().filter(char::is_ascii_digit).collect();
        Some(Body {
            is_form: kind == "multipart/form-data",
            schema: self.resolved(&content["schema"]),
            example: content["example"].clone(),
            limit: digits.parse().ok()?,
        })
    }

    /// A schema with its reference followed.
    pub fn followed<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => {
                let pointer = reference.trim_start_matches('#');
                self.followed(self.0.pointer(pointer).unwrap_or(&Value::Null))
            }
            None => schema,
        }
    }

    /// The same, without the choice of null.
    pub fn resolved(&self, schema: &Value) -> Value {
        let schema = self.followed(schema);
        for choice in ["oneOf", "anyOf", "allOf"] {
            let mut some = schema[choice]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|one| one["type"] != "null");
            if let (Some(only), None) = (some.next(), some.next()) {
                return self.resolved(only);
            }
        }
        schema.clone()
    }
}

impl Operation {
    /// Whether a role may call it.
    pub fn is_open_to(&self, role: UserRole) -> bool {
        self.roles.iter().any(|known| known == role.as_str())
    }

    /// A request as the document's example has it, with what must be in its query string.
    pub fn request(&self) -> Request {
        self.asking(|parameter| parameter.is_required)
    }

    /// The same with everything in its query string that has an example.
    pub fn full_request(&self) -> Request {
        self.asking(|parameter| parameter.example.is_some())
    }

    fn asking(&self, is_given: impl Fn(&Parameter) -> bool) -> Request {
        let mut path = format!("/api/v1{}", self.path);
        for (name, example) in &self.params {
            path = path.replace(&format!("{{{name}}}"), &in_address(example));
        }
        let mut request = Request {
            method: self.method.clone(),
            path,
            headers: Vec::new(),
            body: Vec::new(),
        };
        for parameter in self.query.iter().filter(|one| is_given(one)) {
            let example = parameter.example.as_deref().unwrap_or_default();
            request = request.query(&format!("{}={}", parameter.name, in_address(example)));
        }
        if self.needs_seen() {
            request = request.header("If-Match: *");
        }
        match &self.body {
            None => request,
            Some(body) if body.is_form => body.form(request, &body.texts(), b"x"),
            Some(body) => request
                .header("Content-Type: application/json")
                .body(body.example.to_string()),
        }
    }

    /// Whether it needs If-Match.
    pub fn needs_seen(&self) -> bool {
        matches!(self.method.as_str(), "PUT" | "PATCH" | "DELETE")
    }

    /// Whether it reads.
    pub fn reads(&self) -> bool {
        self.method == "GET"
    }

    /// Whether it takes a form.
    pub fn takes_form(&self) -> bool {
        self.body.as_ref().is_some_and(|body| body.is_form)
    }

    /// Whether its path names a row, or its query a contact.
    pub fn names_a_row(&self) -> bool {
        !self.params.is_empty() || self.path == "/reminders/why"
    }

    /// Whether such a status is a success that the document knows.
    pub fn succeeds_with(&self, status: u16) -> bool {
        (200..300).contains(&status) && self.answers.contains_key(&status)
    }
}

impl Body {
    /// The text fields of a form's example.
    pub fn texts(&self) -> Vec<(String, String)> {
        let fields = self.example.as_object().into_iter().flatten();
        fields
            .map(|(name, value)| (name.clone(), text(value)))
            .collect()
    }

    /// The names of a form's files that must be given.
    pub fn files(&self) -> Vec<String> {
        let required = self.schema["required"].as_array().into_iter().flatten();
        required
            .map(text)
            .filter(|name| {
                self.schema["properties"][name]
                    .get("contentMediaType")
                    .is_some()
            })
            .collect()
    }

    /// The request with a form of these fields, and of the files that it needs.
    pub fn form(&self, request: Request, texts: &[(String, String)], content: &[u8]) -> Request {
        let names = self.files();
        let files: Vec<(&str, &str, &[u8])> = names
            .iter()
            .map(|name| (name.as_str(), "a.txt", content))
            .collect();
        request.form(texts, &files)
    }
}

/// The schemas of answers by status.
fn answers(responses: &Value) -> BTreeMap<u16, Option<Value>> {
    let schema = |response: &Value| {
        let kinds = ["application/json", "application/problem+json"];
        kinds
            .iter()
            .find_map(|kind| response["content"][kind].get("schema").cloned())
    };
    let all = responses.as_object().into_iter().flatten();
    all.filter_map(|(status, response)| Some((status.parse().ok()?, schema(response))))
        .collect()
}

/// A text as it stands in an address; what is percent-encoded already stays.
fn in_address(text: &str) -> String {
    let encode = |byte: u8| match byte {
        byte if byte.is_ascii_graphic() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// The type of a schema, without null.
pub fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::Array(kinds) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str);
            kinds.find(|kind| *kind != "null").unwrap_or_default()
        }
        kind => kind.as_str().unwrap_or_default(),
    }
}

/// A value as it is written where everything is text; a list with commas.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

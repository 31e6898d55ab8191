//! The OpenAPI document as a client reads it: its operations with their examples, and whether an answer is what it promises.

use super::example_rows::Samples;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The document, resolved by hand.
pub struct Described {
    document: Value,
}

/// One operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Upper case.
    pub method: String,
    /// Below `/api/v1`, names in braces.
    pub path: String,
    pub id: String,
    pub roles: Vec<String>,
    pub rows: String,
    told: Value,
}

impl Described {
    /// What `/api/v1/openapi.json` says.
    pub fn new(document: Value) -> Self {
        Self { document }
    }

    /// Every operation that needs a token.
    pub fn operations(&self) -> Vec<Operation> {
        let mut all = Vec::new();
        for (path, item) in self.document["paths"].as_object().into_iter().flatten() {
            for (method, told) in item.as_object().into_iter().flatten() {
                if told["x-action"].is_null() {
                    continue;
                }
                let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
                all.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    id: text("operationId"),
                    roles: told["x-roles"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter_map(|role| Some(role.as_str()?.to_owned()))
                        .collect(),
                    rows: text("x-rows"),
                    told: told.clone(),
                });
            }
        }
        all
    }

    /// What is wrong with a JSON answer of that status, by the document.
    pub fn faults(&self, operation: &Operation, status: u16, body: &Value) -> Vec<String> {
        let content = &operation.told["responses"][status.to_string()]["content"];
        let kinds = ["application/json", "application/problem+json"];
        let schema = kinds
            .iter()
            .map(|kind| &content[kind]["schema"])
            .find(|schema| !schema.is_null());
        let mut faults = Vec::new();
        match schema {
            Some(schema) => self.check(schema, body, "", &mut faults),
            None => faults.push(format!("the document knows no answer {status}")),
        }
        faults
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => {
                let pointer = reference.trim_start_matches('#');
                self.resolve(self.document.pointer(pointer).unwrap_or(&Value::Null))
            }
            None => schema,
        }
    }

    fn check(&self, schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
        let schema = self.resolve(schema);
        for choice in ["oneOf", "anyOf"] {
            if let Some(options) = schema[choice].as_array() {
                let fits = options.iter().any(|option| {
                    let mut own = Vec::new();
                    self.check(option, value, path, &mut own);
                    own.is_empty()
                });
                if !fits {
                    faults.push(format!("{path}: fits none of {choice}: {value}"));
                }
                return;
            }
        }
        if !of_type(&schema["type"], value) {
            faults.push(format!("{path}: {value} is no {}", schema["type"]));
            return;
        }
        if let Some(choices) = schema["enum"].as_array()
            && !choices.contains(value)
        {
            faults.push(format!("{path}: {value} is none of {choices:?}"));
        }
        if let Some(object) = value.as_object() {
            self.check_object(schema, object, path, faults);
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            self.check(&schema["items"], item, &format!("{path}[{index}]"), faults);
        }
    }

    /// The properties of an object's schema, those of the parts that it is put together from among them.
    fn properties<'a>(&'a self, schema: &'a Value, all: &mut BTreeMap<&'a str, &'a Value>) {
        let schema = self.resolve(schema);
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.properties(part, all);
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            all.insert(name, property);
        }
    }

    /// The names that an object must have, likewise.
    fn required<'a>(&'a self, schema: &'a Value, all: &mut Vec<&'a str>) {
        let schema = self.resolve(schema);
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.required(part, all);
        }
        let names = schema["required"].as_array().into_iter().flatten();
        all.extend(names.filter_map(Value::as_str));
    }

    fn check_object(
        &self,
        schema: &Value,
        object: &Map<String, Value>,
        path: &str,
        faults: &mut Vec<String>,
    ) {
        let mut required = Vec::new();
        self.required(schema, &mut required);
        for name in required {
            if !object.contains_key(name) {
                faults.push(format!("{path}: {name} is missing"));
            }
        }
        let mut properties = BTreeMap::new();
        self.properties(schema, &mut properties);
        if properties.is_empty() && schema["additionalProperties"].is_null() {
            return;
        }
        for (name, value) in object {
            match properties.get(name.as_str()) {
                Some(property) => {
                    self.check(property, value, &format!("{path}.{name}"), faults);
                }
                None if schema["additionalProperties"].is_object() => {
                    let any = &schema["additionalProperties"];
                    self.check(any, value, &format!("{path}.{name}"), faults);
                }
                None => faults.push(format!("{path}.{name} is not in the document")),
            }
        }
    }
}

fn of_type(wanted: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    match wanted {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        _ => true,
    }
}

impl Operation {
    /// The path with the examples in the place of names, and the example of the query, real rows in them.
    pub fn place(&self, samples: &Samples) -> String {
        let mut path = self.path.clone();
        let mut query = Vec::new();
        for parameter in self.told["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap_or_default();
            let example = match &parameter["example"] {
                Value::Null => continue,
                Value::String(text) => text.clone(),
                Value::Array(items) => {
                    let items: Vec<String> = items.iter().map(plain).collect();
                    items.join(",")
                }
                other => other.to_string(),
            };
            let encoded = url::form_urlencoded::byte_serialize(samples.fill(&example).as_bytes())
                .collect::<String>()
                .replace('+', "%20");
            match parameter["in"].as_str() {
                Some("path") => path = path.replace(&format!("{{{name}}}"), &encoded),
                Some("query") => query.push(format!("{name}={encoded}")),
                _ => {}
            }
        }
        match query.is_empty() {
            true => path,
            false => format!("{path}?{}", query.join("&")),
        }
    }

    /// The example of the JSON body, real rows in it.
    pub fn body(&self, samples: &Samples) -> Option<Value> {
        let content = &self.told["requestBody"]["content"]["application/json"];
        let example = content.get("example")?;
        serde_json::from_str(&samples.fill(&example.to_string())).ok()
    }

    /// The schema of the form, where the body is one.
    pub fn is_upload(&self) -> bool {
        !self.told["requestBody"]["content"]["multipart/form-data"].is_null()
    }

    /// The statuses of success that the document knows.
    pub fn successes(&self) -> Vec<u16> {
        let statuses = self.told["responses"].as_object().into_iter().flatten();
        statuses
            .filter_map(|(status, _)| status.parse().ok())
            .filter(|status| (200..300).contains(status))
            .collect()
    }

    /// Whether its path names a row, or its query a contact.
    pub fn names_a_row(&self) -> bool {
        self.path.contains('{') || self.path == "/reminders/why"
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

//! Whether what a service answers is what its document promises.

use super::operations::{Document, Operation};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

impl Document {
    /// What is wrong with a JSON answer of that status.
    pub fn faults(&self, operation: &Operation, status: u16, body: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        match operation.answers.get(&status).and_then(Option::as_ref) {
            Some(schema) => self.check(schema, body, "", &mut faults),
            None => faults.push(format!("the document knows no answer {status}")),
        }
        faults
    }

    fn check(&self, schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
        let schema = self.followed(schema);
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
        let schema = self.followed(schema);
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.properties(part, all);
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            all.insert(name, property);
        }
    }

    /// The names that an object must have, likewise.
    fn required<'a>(&'a self, schema: &'a Value, all: &mut Vec<&'a str>) {
        let schema = self.followed(schema);
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

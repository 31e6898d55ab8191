//! The OpenAPI document and its page.

use crate::service::Service;
use crate::support::samples::{Runs, endpoints};
use duban::http::kernel::{faults, openapi_json};
use serde_json::{Value, json};

fn served(service: &Service) -> Value {
    service
        .send("GET", "/api/v1/openapi.json", "", &[], b"")
        .json()
}

#[test]
fn the_sample_table_has_no_faults() {
    assert_eq!(faults(&endpoints(&Runs::default())), Vec::<String>::new());
}

#[test]
fn faults_of_a_table_are_found() {
    let mut table = endpoints(&Runs::default());
    let first = table[0].clone().example_query("staet=open");
    let second = table[2]
        .clone()
        .example_body(serde_json::json!({"title": "", "weights": []}));
    table.extend([first, second]);
    let found = faults(&table).join("\n");
    for fault in [
        "operation id is taken",
        "method and path are taken",
        "example of the query",
        "example of the body",
    ] {
        assert!(found.contains(fault), "{fault}: {found}");
    }
}

#[test]
fn anybody_may_read_the_document_and_it_is_the_command_line_s() {
    let service = Service::start();
    let json = served(&service);
    let written: Value =
        serde_json::from_str(&openapi_json(&endpoints(&Runs::default())).unwrap()).unwrap();
    assert_eq!(json, written);
    assert_eq!(
        openapi_json(&endpoints(&Runs::default())).unwrap(),
        openapi_json(&endpoints(&Runs::default())).unwrap()
    );
    assert_eq!(json["openapi"], "3.1.0");
    assert_eq!(json["servers"][0]["url"], "/api/v1");
    assert!(json["info"].get("contact").is_none());
    assert_eq!(
        json["components"]["securitySchemes"]["token"]["scheme"],
        "bearer"
    );
}

#[test]
fn the_document_says_what_the_types_say() {
    let json = served(&Service::start());
    let list = &json["paths"]["/tasks"]["get"];
    let names: Vec<&str> = list["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    for name in [
        "plan_id",
        "state",
        "due_until",
        "as_of",
        "limit",
        "cursor",
        "sort",
        "If-None-Match",
    ] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    let sort = list["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "sort")
        .unwrap();
    assert_eq!(
        sort["schema"]["enum"],
        serde_json::json!(["number", "-number", "due_on", "-due_on"])
    );
    assert_eq!(list["x-roles"].as_array().unwrap().len(), 6);
    assert_eq!(
        (list["x-rows"].as_str(), list["x-action"].as_str()),
        (Some("units"), Some("read_tasks"))
    );
    assert!(
        list["responses"]["304"].is_object()
            && list["responses"]["200"]["headers"]["ETag"].is_object()
    );
    let create = &json["paths"]["/tasks"]["post"];
    assert_eq!(
        create["requestBody"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/NewTask"
    );
    assert!(
        create["responses"]["409"]["x-codes"]
            .as_array()
            .unwrap()
            .contains(&"taken".into())
    );
    assert!(create["responses"]["201"]["headers"]["Location"].is_object());
    let title = &json["components"]["schemas"]["NewTask"]["properties"]["title"];
    let title = title["$ref"]
        .as_str()
        .map_or(title, |_| &json["components"]["schemas"]["Line20"]);
    assert_eq!(
        (title["minLength"].as_u64(), title["maxLength"].as_u64()),
        (Some(1), Some(20))
    );
    assert_eq!(
        json["components"]["schemas"]["NewTask"]["additionalProperties"],
        false
    );
    let page = |path: &str| {
        let content =
            &json["paths"][path]["get"]["responses"]["200"]["content"]["application/json"];
        let name = content["schema"]["$ref"]
            .as_str()
            .unwrap()
            .rsplit('/')
            .next()
            .unwrap();
        json["components"]["schemas"][name]["properties"]["items"]["items"]["$ref"].clone()
    };
    assert_eq!(page("/tasks"), "#/components/schemas/TaskJson");
    assert_eq!(page("/audit-events"), "#/components/schemas/AuditEventJson");
    let form =
        &json["paths"]["/plans"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"];
    assert_eq!(form["required"], serde_json::json!(["file"]));
    assert!(form["properties"]["year"].is_object());
    let change = &json["paths"]["/tasks/{id}"]["patch"];
    assert!(change["responses"]["428"].is_object() && change["responses"]["412"].is_object());
}

#[test]
fn answers_link_to_the_operations_on_their_rows() {
    let json = served(&Service::start());
    let link = |path: &str, method: &str, status: &str, to: &str| {
        let link = &json["paths"][path][method]["responses"][status]["links"][to];
        assert!(link.is_null() || link["operationId"] == to, "{link}");
        link["parameters"].clone()
    };
    let made = "$response.body#/id";
    assert_eq!(
        link("/tasks", "post", "201", "get_task"),
        json!({ "id": made })
    );
    // What was just made has no ETag, and nobody changed it yet.
    let changed = json!({ "id": made, "If-Match": "*" });
    assert_eq!(link("/tasks", "post", "201", "change_task"), changed);
    let listed = json!({ "id": "$response.body#/items/0/id" });
    assert_eq!(link("/tasks", "get", "200", "get_task"), listed);
    let seen = json!({ "id": "$request.path.id", "If-Match": "$response.header.ETag" });
    assert_eq!(link("/tasks/{id}", "get", "200", "change_task"), seen);
    // Nothing leads to itself, from an upload that tells no id, or from a refusal.
    assert_eq!(link("/tasks/{id}", "get", "200", "get_task"), Value::Null);
    assert_eq!(
        json["paths"]["/plans"]["post"]["responses"]["201"].get("links"),
        None
    );
    assert_eq!(
        json["paths"]["/tasks"]["post"]["responses"]["422"].get("links"),
        None
    );
}

#[test]
fn every_reference_leads_somewhere() {
    fn references(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let json = served(&Service::start());
    let mut found = Vec::new();
    references(&json, &mut found);
    assert!(found.len() > 10);
    for reference in found {
        let pointer = reference
            .strip_prefix('#')
            .expect("a reference within the document");
        assert!(json.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn the_page_is_served_from_here_alone() {
    let service = Service::start();
    for path in ["/api/docs", "/api/docs/"] {
        let page = service.send("GET", path, "", &[], b"");
        assert_eq!(page.status, 200);
        let policy = page.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'self'")
                && !policy.contains("http")
                && !policy.contains("unsafe-eval")
        );
        let html = String::from_utf8_lossy(&page.body).into_owned();
        assert!(
            !html.contains("http://") && !html.contains("https://"),
            "{html}"
        );
        let links = html
            .split(['"'])
            .filter(|part| part.starts_with("/api/docs/"));
        let files: Vec<&str> = links.collect();
        assert_eq!(files.len(), 7, "{files:?}");
        for file in files {
            let response = service.send("GET", file, "", &["Accept-Encoding: gzip"], b"");
            assert_eq!(response.status, 200, "{file}");
            let known = format!("If-None-Match: {}", response.header("etag"));
            assert_eq!(
                service
                    .send("GET", file, "", &["Accept-Encoding: gzip", &known], b"")
                    .status,
                304
            );
        }
        assert!(!html.contains("\"index.css\"") && !html.contains("\"./"));
    }
    let script = service.send("GET", "/api/docs/swagger-initializer.js", "", &[], b"");
    assert!(String::from_utf8_lossy(&script.body).contains("/api/v1/openapi.json"));
}

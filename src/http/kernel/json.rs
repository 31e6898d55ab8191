//! Reading JSON bodies strictly: what is not JSON at all is 400 with its line and column, what is JSON of the wrong shape
//! is 422 with its path. A key given twice is 400 in every object: two readers might see two values (RFC 8259 §4).

use super::code::Code;
use super::field_errors::{Check, FieldCode, FieldErrors};
use super::problem::Problem;
use super::wording::{shortened, told};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

/// Reads a body of type `T`.
///
/// # Errors
/// 400 `body_required`, `invalid_json`; 422 `unknown_field`, `invalid_field`.
pub fn read<T: DeserializeOwned + Check>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        let detail = "请在请求正文中给出 JSON。";
        return Err(Problem::new(Code::BodyRequired, detail));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let detail = format!(
            "请求正文应为 UTF-8 编码，第 {} 个字节处有误。",
            error.valid_up_to() + 1
        );
        Problem::new(Code::InvalidJson, detail)
    })?;
    serde_json::from_str::<Strict>(text).map_err(|error| not_json(&error))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let value: T =
        serde_path_to_error::deserialize(&mut reader).map_err(|error| wrong_shape(&error))?;
    let mut errors = FieldErrors::default();
    value.check(&mut errors);
    match Problem::of_fields(errors) {
        Some(problem) => Err(problem),
        None => Ok(value),
    }
}

fn not_json(error: &serde_json::Error) -> Problem {
    let sentence = error.to_string();
    let why = match error.classify() {
        serde_json::error::Category::Eof => "正文在此处中断".to_owned(),
        serde_json::error::Category::Data => match sentence.split('`').nth(1) {
            Some(key) => format!("名称“{}”出现了两次", shortened(key)),
            None => "此处无法读取".to_owned(),
        },
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
            syntax(&sentence).to_owned()
        }
    };
    let detail = format!("第 {} 行第 {} 列：{why}。", error.line(), error.column());
    Problem::new(Code::InvalidJson, detail)
}

fn syntax(sentence: &str) -> &'static str {
    if sentence.starts_with("recursion limit") {
        "嵌套层次过深"
    } else if sentence.starts_with("trailing characters") {
        "JSON 结束之后还有多余的内容"
    } else if sentence.starts_with("number out of range") {
        "数字超出可以表示的范围"
    } else if sentence.contains("surrogate") || sentence.contains("escape") {
        "转义字符有误"
    } else {
        "不符合 JSON 语法"
    }
}

/// The 422 of a value that is JSON but not of the wanted type.
pub fn wrong_shape(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let mut errors = FieldErrors::default();
    let (path, code, message) = place(&error.path().to_string(), &error.inner().to_string());
    errors.add(path, code, message);
    Problem::of_fields(errors).unwrap_or_else(|| Problem::internal("a reading error without words"))
}

/// The place and words of a reading error: `path` as serde_path_to_error tells it, `sentence` as serde does.
pub fn place(path: &str, sentence: &str) -> (String, FieldCode, String) {
    let told = told(sentence);
    let base = path.trim_end_matches('?').trim_end_matches('.');
    let path = match &told.field {
        // Some readers have the field in the path already.
        Some(field) if base == field || base.ends_with(&format!(".{field}")) => base.to_owned(),
        Some(field) if base.is_empty() => field.clone(),
        Some(field) => format!("{base}.{field}"),
        None => base.to_owned(),
    };
    (path, told.code, told.message)
}

/// Any JSON value whose objects have no key twice. Numbers and strings are really read, so that one out of range, or a
/// lone surrogate, is found here.
struct Strict;

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Strict;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_str<E>(self, _: &str) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_unit<E>(self) -> Result<Strict, E> {
        Ok(Strict)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Strict, A::Error> {
        while items.next_element::<Strict>()?.is_some() {}
        Ok(Strict)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Strict, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            entries.next_value::<Strict>()?;
            if let Some(key) = keys.replace(key) {
                return Err(A::Error::custom(format_args!("duplicate key `{key}`")));
            }
        }
        Ok(Strict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Item {
        #[serde(rename = "percent")]
        _percent: u8,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Report {
        #[serde(rename = "items")]
        _items: Vec<Item>,
        #[serde(default, rename = "more")]
        _more: BTreeMap<String, serde_json::Value>,
    }

    impl Check for Report {}

    fn refused(body: &str) -> (&'static str, String) {
        let problem = read::<Report>(body.as_bytes()).expect_err("refused");
        let json: serde_json::Value =
            serde_json::from_slice(&problem.render("/", "1")).expect("a problem is JSON");
        let path = json["errors"][0]["path"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        (problem.code_str(), path)
    }

    #[test]
    fn what_is_no_json_is_400_and_what_has_the_wrong_shape_is_422_with_its_path() {
        let deep = format!(
            "{{\"more\":{{\"a\":{}{}}}}}",
            "[".repeat(10_000),
            "]".repeat(10_000)
        );
        for (body, code, path) in [
            ("", "body_required", ""),
            ("{", "invalid_json", ""),
            ("{\"items\":[]} x", "invalid_json", ""),
            ("{\"items\":[{\"percent\":NaN}]}", "invalid_json", ""),
            ("{\"items\":[{\"percent\":1e999}]}", "invalid_json", ""),
            ("{\"more\":{\"a\":1e999},\"items\":[]}", "invalid_json", ""),
            ("{\"items\":[],\"items\":[]}", "invalid_json", ""),
            (
                "{\"items\":[],\"more\":{\"a\":{\"b\":1,\"b\":2}}}",
                "invalid_json",
                "",
            ),
            (
                "{\"items\":[],\"more\":{\"a\":\"\\ud800\"}}",
                "invalid_json",
                "",
            ),
            (&deep, "invalid_json", ""),
            ("{}", "invalid_field", "items"),
            ("{\"items\":[{}]}", "invalid_field", "items[0].percent"),
            (
                "{\"items\":[{\"percent\":-1}]}",
                "invalid_field",
                "items[0].percent",
            ),
            (
                "{\"items\":[{\"percent\":9223372036854775808}]}",
                "invalid_field",
                "items[0].percent",
            ),
            (
                "{\"items\":[{\"percent\":1,\"role\":2}]}",
                "unknown_field",
                "items[0].role",
            ),
            ("{\"items\":[],\"role\":\"admin\"}", "unknown_field", "role"),
            ("[]", "invalid_field", ""),
            ("7", "invalid_field", ""),
        ] {
            let shown: String = body.chars().take(60).collect();
            assert_eq!(refused(body), (code, path.to_owned()), "{shown}");
        }
        assert!(read::<Report>(b"{\"items\":[{\"percent\":7}]}").is_ok());
        assert!(read::<Report>(b"{\"items\":[],\"more\":{\"\xc0\xaf\":1}}").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read::<Report>(&bytes);
        }
    }
}

//! What serde says of a value, in words for a clerk. serde tells its errors only as English text; the few sentences it
//! knows are fixed, and what is not among them is told without detail.

use super::field_errors::FieldCode;

/// What a reading error means: the fault, the name of the field where the sentence has one, and the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The kind of fault.
    pub code: FieldCode,
    /// A field that is missing, unknown or repeated inside the place of the error.
    pub field: Option<String>,
    /// Chinese, without a full stop.
    pub message: String,
}

/// Puts serde's `error` into words. Sentences that are Chinese already (our own types') are kept.
pub fn told(error: &str) -> Told {
    // serde_json adds the place, which the path tells better.
    let error = error
        .rsplit_once(" at line ")
        .map_or(error, |(sentence, _)| sentence);
    let field = |prefix: &str| Some(error.strip_prefix(prefix)?.split_once('`')?.0.to_owned());
    if let Some(name) = field("missing field `") {
        return Told {
            code: FieldCode::Missing,
            message: "必须填写".to_owned(),
            field: Some(name),
        };
    }
    if let Some(name) = field("unknown field `") {
        return Told {
            code: FieldCode::Unknown,
            message: "不认识这个名称，请删去或改正".to_owned(),
            field: Some(shortened(&name)),
        };
    }
    if let Some(name) = field("duplicate field `") {
        return Told {
            code: FieldCode::Repeated,
            message: "出现了两次，请只保留一次".to_owned(),
            field: Some(shortened(&name)),
        };
    }
    let (code, message) = value(error);
    Told {
        code,
        field: None,
        message,
    }
}

fn value(error: &str) -> (FieldCode, String) {
    if let Some(rest) = error.strip_prefix("unknown variant `") {
        let (given, choices) = rest.split_once('`').unwrap_or((rest, ""));
        return (FieldCode::NotAChoice, not_a_choice(given, choices));
    }
    if let Some(rest) = error.strip_prefix("invalid type: ") {
        let wanted = rest
            .rsplit_once(", expected ")
            .map_or("", |(_, wanted)| wanted);
        return (FieldCode::WrongType, wrong_type(wanted));
    }
    if let Some(rest) = error.strip_prefix("invalid value: ") {
        let wanted = rest
            .rsplit_once(", expected ")
            .map_or("", |(_, wanted)| wanted);
        return match is_integer(wanted) {
            true => (FieldCode::OutOfRange, "数值超出允许的范围".to_owned()),
            false => (FieldCode::Invalid, wrong_type(wanted)),
        };
    }
    if error.starts_with("invalid length") {
        return (FieldCode::OutOfRange, "项数不对".to_owned());
    }
    if error.starts_with("UUID parsing failed") {
        let text = "应为 UUID，例如 0198c1f2-7a10-7000-8000-000000000001";
        return (FieldCode::Invalid, text.to_owned());
    }
    if error
        .chars()
        .any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
    {
        return (FieldCode::Invalid, error.trim_end_matches('。').to_owned());
    }
    (FieldCode::Invalid, "值不符合要求".to_owned())
}

fn not_a_choice(given: &str, choices: &str) -> String {
    let choices: Vec<&str> = choices.split('`').skip(1).step_by(2).collect();
    match choices.is_empty() {
        true => format!("“{}”不在可选的值之内", shortened(given)),
        false => format!(
            "“{}”不在可选的值之内，可选：{}",
            shortened(given),
            choices.join("、")
        ),
    }
}

fn is_integer(wanted: &str) -> bool {
    let number = wanted.trim_start_matches(['u', 'i']);
    matches!(number, "8" | "16" | "32" | "64" | "128" | "size") || wanted.contains("nteger")
}

fn wrong_type(wanted: &str) -> String {
    let named = match wanted {
        wanted if is_integer(wanted) => "整数",
        "f32" | "f64" => "数字",
        "a boolean" => "true 或 false",
        "a string" | "a borrowed string" => "文本",
        "a sequence" => "数组",
        "null" | "unit" => "null",
        wanted if wanted.starts_with("struct ") || wanted == "a map" => "对象",
        wanted if wanted.contains("UUID") => "UUID",
        _ => return "类型不对".to_owned(),
    };
    format!("类型不对，应为{named}")
}

/// A client's text, short and on one line.
pub fn shortened(text: &str) -> String {
    let clean = |letter: char| !letter.is_control() && !super::text::is_hidden(letter);
    let short: String = text
        .chars()
        .filter(|letter| clean(*letter))
        .take(40)
        .collect();
    match text.chars().nth(40) {
        Some(_) => short + "…",
        None => short,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_of_serde_is_told_in_chinese() {
        for (error, code, field, message) in [
            (
                "missing field `title` at line 1 column 2",
                FieldCode::Missing,
                Some("title"),
                "必须填写",
            ),
            (
                "unknown field `role`, expected one of `a`, `b`",
                FieldCode::Unknown,
                Some("role"),
                "不认识这个名称，请删去或改正",
            ),
            (
                "invalid type: string \"x, expected y\", expected u8",
                FieldCode::WrongType,
                None,
                "类型不对，应为整数",
            ),
            (
                "invalid value: integer `-1`, expected u8",
                FieldCode::OutOfRange,
                None,
                "数值超出允许的范围",
            ),
            (
                "unknown variant `x`, expected one of `lead`, `other`",
                FieldCode::NotAChoice,
                None,
                "“x”不在可选的值之内，可选：lead、other",
            ),
            (
                "premature end of input",
                FieldCode::Invalid,
                None,
                "值不符合要求",
            ),
            ("最多 10 个字", FieldCode::Invalid, None, "最多 10 个字"),
        ] {
            let told = told(error);
            assert_eq!(
                (told.code, told.field.as_deref(), told.message.as_str()),
                (code, field, message)
            );
        }
    }
}

//! Query strings: strict. A parameter that is not known, or comes twice, is refused rather than left out of account: a
//! client that misspells a filter must not get everything.

use super::code::Code;
use super::field_errors::{FieldCode, FieldErrors};
use super::problem::Problem;
use super::query_value::read_pairs;
use super::schemas::{Schemas, properties};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

/// A query string taken apart, its values decoded, sorted by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs(pub Vec<(String, String)>);

impl Pairs {
    /// Takes a query string apart.
    ///
    /// # Errors
    /// 400 `invalid_encoding`.
    pub fn parse(query: &str) -> Result<Self, Problem> {
        let decode = |text: &str| {
            if !is_percent_encoded(text) {
                return None;
            }
            let spaced = text.replace('+', " ");
            let decoded = percent_decode_str(&spaced).decode_utf8().ok()?;
            (!decoded.contains('\0')).then(|| decoded.into_owned())
        };
        let mut pairs = Vec::new();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (Some(name), Some(value)) = (decode(name), decode(value)) else {
                let detail = "查询参数应为 UTF-8 并按百分号编码，且不含空字符，请检查网址。";
                return Err(Problem::new(Code::InvalidEncoding, detail));
            };
            pairs.push((name, value));
        }
        pairs.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(Self(pairs))
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        let pair = self.0.iter().find(|(known, _)| known == name)?;
        Some(&pair.1)
    }

    /// What a cursor is good for: the list and its filter, whatever the page, its size and its order.
    pub fn fingerprint(&self, operation: &str) -> [u8; 8] {
        let mut hash = Sha256::new();
        hash.update(operation);
        for (name, value) in &self.0 {
            if !matches!(name.as_str(), "limit" | "cursor" | "sort") {
                hash.update((name.len() as u64).to_be_bytes());
                hash.update(name);
                hash.update((value.len() as u64).to_be_bytes());
                hash.update(value);
            }
        }
        let mut first = [0; 8];
        for (to, from) in first.iter_mut().zip(hash.finalize()) {
            *to = from;
        }
        first
    }
}

fn is_percent_encoded(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let is_hex = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit());
            if !(is_hex(bytes.next()) && is_hex(bytes.next())) {
                return false;
            }
        }
    }
    true
}

/// A parameter as the document shows it.
pub struct Parameter {
    /// Name.
    pub name: String,
    /// Schema, without `null`.
    pub schema: RefOr<Schema>,
    /// Whether it must be given.
    pub required: bool,
}

/// What a handler wants of the query string: a struct of its own (`Deserialize`, `ToSchema`, fields optional), or a
/// [`List`](super::list::List) of one.
pub trait Query: Sized + 'static {
    /// Reads it for the operation of that id.
    ///
    /// # Errors
    /// 422 `unknown_parameter`, `invalid_parameter`, `bad_cursor`.
    fn read(pairs: &Pairs, operation: &'static str) -> Result<Self, Problem>;

    /// Its parameters, in a stable order.
    fn parameters() -> Vec<Parameter>;

    /// The schemas that its parameters refer to.
    fn collect(schemas: &mut Schemas);
}

impl<F: DeserializeOwned + ToSchema + 'static> Query for F {
    fn read(pairs: &Pairs, _: &'static str) -> Result<Self, Problem> {
        let mut errors = FieldErrors::default();
        let filter = read_filter(&pairs.0, &mut errors);
        match (Problem::of_parameters(errors), filter) {
            (Some(problem), _) => Err(problem),
            (None, Some(filter)) => Ok(filter),
            (None, None) => Err(Problem::internal("a query that is neither right nor wrong")),
        }
    }

    fn parameters() -> Vec<Parameter> {
        let (properties, required) = properties(&F::schema());
        let parameter = |(name, schema): (String, RefOr<Schema>)| Parameter {
            required: required.contains(&name),
            name,
            schema,
        };
        properties.into_iter().map(parameter).collect()
    }

    fn collect(schemas: &mut Schemas) {
        schemas.used_by::<F>();
    }
}

/// Reads the pairs that are the filter's own. What the filter does not know is refused here, so that a struct without
/// `deny_unknown_fields` cannot let it pass.
pub fn read_filter<F: Query + DeserializeOwned>(
    pairs: &[(String, String)],
    errors: &mut FieldErrors,
) -> Option<F> {
    let known = F::parameters();
    let is_unknown = |name: &str| !known.iter().any(|parameter| parameter.name == name);
    for (name, _) in pairs.iter().filter(|(name, _)| is_unknown(name)) {
        let message = "这里没有这个查询参数，请删去或改正";
        errors.add(super::wording::shortened(name), FieldCode::Unknown, message);
    }
    if errors.is_empty() {
        read_pairs(pairs, errors)
    } else {
        None
    }
}

/// No parameters at all.
#[derive(Debug, Clone, Copy, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoQuery {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bad_percent_encoding_is_refused() {
        for bad in ["a=%", "a=%2", "a=%zz", "a=%ff", "a=%c0%af", "%=1", "a=%00"] {
            assert!(Pairs::parse(bad).is_err(), "{bad}");
        }
        let pairs = Pairs::parse("b=%E5%8C%BA+1&a=&&c").expect("well encoded");
        assert_eq!(pairs.get("b"), Some("区 1"));
        assert_eq!(pairs.get("c"), Some(""));
    }

    #[test]
    fn the_fingerprint_tells_filters_apart_and_not_pages() {
        let of = |query: &str| {
            Pairs::parse(query)
                .expect("well encoded")
                .fingerprint("list")
        };
        assert_eq!(of("a=1&limit=3&cursor=x&sort=y&b=2"), of("b=2&a=1"));
        assert_ne!(of("a=1"), of("a=2"));
        assert_ne!(of("ab=1"), of("a=b1"));
    }

    proptest! {
        #[test]
        fn no_query_string_makes_it_panic(query in ".{0,80}") {
            if let Ok(pairs) = Pairs::parse(&query) {
                let _ = NoQuery::read(&pairs, "x");
            }
        }
    }
}

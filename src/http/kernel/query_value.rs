//! Reading pairs of names and texts (query strings, text fields of forms) into a type of the handler's: each text is read
//! as what the type wants of it. Lists are written with commas.

use super::field_errors::{FieldCode, FieldErrors};
use super::json::place;
use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeOwned, Deserializer, EnumAccess, Error as _, IntoDeserializer, VariantAccess,
    Visitor,
};
use serde::forward_to_deserialize_any;
use std::collections::HashSet;

/// A list has no more values than this.
pub(super) const MOST_VALUES: usize = 100;

/// Reads `pairs` as `T`; what is wrong is added to `errors`, and there is no value then.
pub fn read_pairs<T: DeserializeOwned>(
    pairs: &[(String, String)],
    errors: &mut FieldErrors,
) -> Option<T> {
    let mut names = HashSet::new();
    for (name, _) in pairs {
        if !names.insert(name.as_str()) {
            let message = "出现了两次，请只保留一次";
            errors.add(name.clone(), FieldCode::Repeated, message);
            return None;
        }
    }
    let values = pairs.iter().map(|(name, text)| (name.as_str(), Text(text)));
    match serde_path_to_error::deserialize(MapDeserializer::<_, Error>::new(values)) {
        Ok(value) => Some(value),
        Err(error) => {
            let (path, code, message) =
                place(&error.path().to_string(), &error.inner().to_string());
            errors.add(path, code, message);
            None
        }
    }
}

/// A text that is read as whatever is wanted.
#[derive(Clone, Copy)]
struct Text<'a>(&'a str);

impl<'a> IntoDeserializer<'a, Error> for Text<'a> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty, $wanted:literal;)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            // `+1` and ` 1` are not how a number is written here, though Rust would read the first.
            let is_plain = !self.0.starts_with('+');
            match self.0.parse::<$type>() {
                Ok(number) if is_plain => visitor.$visit(number),
                _ => Err(Error::custom($wanted)),
            }
        }
    )+};
}

impl<'de> Deserializer<'de> for Text<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(Error::custom("应为 true 或 false")),
        }
    }

    numbers! {
        deserialize_i8 visit_i8 i8, "应为允许范围内的整数";
        deserialize_i16 visit_i16 i16, "应为允许范围内的整数";
        deserialize_i32 visit_i32 i32, "应为允许范围内的整数";
        deserialize_i64 visit_i64 i64, "应为允许范围内的整数";
        deserialize_u8 visit_u8 u8, "应为允许范围内的非负整数";
        deserialize_u16 visit_u16 u16, "应为允许范围内的非负整数";
        deserialize_u32 visit_u32 u32, "应为允许范围内的非负整数";
        deserialize_u64 visit_u64 u64, "应为允许范围内的非负整数";
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0.parse::<f64>() {
            Ok(number) if number.is_finite() => visitor.visit_f64(number),
            _ => Err(Error::custom("应为数字")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.split(',').nth(MOST_VALUES).is_some() {
            return Err(Error::custom(format_args!("最多 {MOST_VALUES} 个值")));
        }
        visitor.visit_seq(SeqDeserializer::new(self.0.split(',').map(Text)))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> EnumAccess<'de> for Text<'de> {
    type Error = Error;
    type Variant = NoContent;

    fn variant_seed<S: serde::de::DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, NoContent), Error> {
        Ok((seed.deserialize(self)?, NoContent))
    }
}

/// Choices of a query have a name and nothing else.
struct NoContent;

impl<'de> VariantAccess<'de> for NoContent {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<S: serde::de::DeserializeSeed<'de>>(
        self,
        _: S,
    ) -> Result<S::Value, Error> {
        Err(Error::custom("值不符合要求"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("值不符合要求"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        Err(Error::custom("值不符合要求"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::kernel::day::Day;
    use serde::Deserialize;
    use uuid::Uuid;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Light {
        Green,
        Red,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        unit: Option<Uuid>,
        open: Option<bool>,
        light: Option<Vec<Light>>,
        year: Option<u16>,
        due: Option<Day>,
        text: Option<String>,
    }

    fn read(pairs: &[(&str, &str)]) -> Result<Filter, String> {
        let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        let pairs: Vec<_> = pairs.iter().map(own).collect();
        let mut errors = FieldErrors::default();
        let filter = read_pairs(&pairs, &mut errors);
        filter.ok_or_else(|| format!("{:?}", errors.into_vec()))
    }

    #[test]
    fn texts_are_read_as_what_is_wanted_of_them() {
        let filter = read(&[
            ("unit", "0198c1f2-7a10-7000-8000-000000000001"),
            ("open", "true"),
            ("light", "green,red"),
            ("year", "2026"),
            ("due", "2026-09-01"),
            ("text", "' OR 1=1--"),
        ])
        .expect("a right query");
        assert_eq!(filter.light, Some(vec![Light::Green, Light::Red]));
        assert_eq!(filter.text.as_deref(), Some("' OR 1=1--"));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_name() {
        for (name, text) in [
            ("unit", "1"),
            ("open", "yes"),
            ("light", "blue"),
            ("year", "-1"),
            ("year", "65536"),
            ("year", "+5"),
            ("year", ""),
            ("due", "2026-02-30"),
            ("nothing", "1"),
            ("light", "green,,red"),
        ] {
            let refusal = read(&[(name, text)]).expect_err(text);
            assert!(refusal.contains(&format!("path: \"{name}")), "{refusal}");
        }
        let twice = read(&[("year", "1"), ("year", "2")]).expect_err("twice");
        assert!(twice.contains("Repeated"), "{twice}");
    }
}

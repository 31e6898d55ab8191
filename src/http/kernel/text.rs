//! Texts of bodies: checked while they are read, so that a handler cannot get one that no database or page can bear.
//! Trimmed, never otherwise changed.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use std::borrow::Cow;
use std::ops::Deref;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// One line of 1 to `MAX` characters, trimmed. Control characters (NUL, line breaks, tabs) and characters that turn the
/// direction of writing (U+202A–202E, U+2066–2069) are refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Line<const MAX: usize>(String);

/// A text of 0 to `MAX` characters that may have line breaks and tabs, trimmed; `\r\n` becomes `\n`. Otherwise like
/// [`Line`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Prose<const MAX: usize>(String);

/// Whether the character turns the direction of writing (Unicode Bidi_Control embeddings, overrides and isolates).
pub fn is_hidden(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn refuse_hidden(text: &str, allowed: &[char]) -> Result<(), String> {
    let is_bad =
        |letter: &char| is_hidden(*letter) || (letter.is_control() && !allowed.contains(letter));
    match text.chars().find(is_bad) {
        Some(letter) => Err(format!(
            "含有不可见的控制字符（U+{:04X}），请删去",
            u32::from(letter)
        )),
        None => Ok(()),
    }
}

fn refuse_long(text: &str, max: usize) -> Result<(), String> {
    match text.chars().nth(max) {
        Some(_) => Err(format!("最多 {max} 个字，请缩短")),
        None => Ok(()),
    }
}

impl<const MAX: usize> Line<MAX> {
    /// Checks and trims a text.
    ///
    /// # Errors
    /// What is wrong with it, in Chinese.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("不能为空".to_owned());
        }
        refuse_long(text, MAX)?;
        refuse_hidden(text, &[])?;
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> Prose<MAX> {
    /// Checks and trims a text.
    ///
    /// # Errors
    /// What is wrong with it, in Chinese.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim().replace("\r\n", "\n");
        refuse_long(&text, MAX)?;
        refuse_hidden(&text, &['\n', '\t'])?;
        Ok(Self(text))
    }

    /// The text.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// What a line may hold. It is not said that blanks around it are trimmed before.
const LINE: &str = r"^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+$";
/// A line that stands in a list parted by bars.
const LISTED: &str = r"^[^|｜\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+$";
/// What a text may hold: line breaks and tabs, too.
const PROSE: &str =
    r"^([^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\r\n)*$";

macro_rules! texts {
    ($name:ident, $min:literal, $pattern:ident) => {
        impl<const MAX: usize> Deref for $name<MAX> {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl<'de, const MAX: usize> Deserialize<'de> for $name<MAX> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::new(&text).map_err(D::Error::custom)
            }
        }

        impl<const MAX: usize> PartialSchema for $name<MAX> {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .min_length(($min > 0).then_some($min))
                    .max_length(Some(MAX))
                    .pattern(Some($pattern))
                    .into()
            }
        }

        impl<const MAX: usize> ToSchema for $name<MAX> {
            fn name() -> Cow<'static, str> {
                Cow::Owned(format!("{}{MAX}", stringify!($name)))
            }
        }
    };
}

texts!(Line, 1, LINE);
texts!(Prose, 0, PROSE);

macro_rules! stricter {
    ($($(#[$doc:meta])* $name:ident $pattern:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name<const MAX: usize>;

        impl<const MAX: usize> PartialSchema for $name<MAX> {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .min_length(Some(1))
                    .max_length(Some(MAX))
                    .pattern(Some($pattern))
                    .into()
            }
        }

        impl<const MAX: usize> ToSchema for $name<MAX> {
            fn name() -> Cow<'static, str> {
                Cow::Owned(format!("{}{MAX}", stringify!($name)))
            }
        }
    )+};
}

stricter! {
    /// The schema of a [`Prose`] that must say something, which its body checks.
    Written PROSE;
    /// The schema of a [`Line`] without the bar that parts it from others, which its body checks.
    Listed LISTED;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_trimmed_and_counted_in_characters() {
        assert_eq!(
            &*Line::<4>::new(" 督办事项 ").expect("four characters"),
            "督办事项"
        );
        assert!(Line::<3>::new("督办事项").is_err());
        assert!(Line::<3>::new(" \u{3000} ").is_err());
    }

    #[test]
    fn hidden_characters_are_refused_and_prose_may_break_lines() {
        for bad in [
            "a\0b",
            "a\u{7f}b",
            "a\u{202e}b",
            "a\u{2066}b",
            "a\u{85}b",
            "a\u{1b}[0m",
        ] {
            assert!(Line::<9>::new(bad).is_err(), "{bad:?}");
            assert!(Prose::<9>::new(bad).is_err(), "{bad:?}");
        }
        assert!(Line::<9>::new("a\nb").is_err());
        assert_eq!(
            &*Prose::<9>::new("a\r\n\tb").expect("lines and tabs"),
            "a\n\tb"
        );
    }
}

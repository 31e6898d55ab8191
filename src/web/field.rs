//! The fields of forms, and what was typed into them.

use crate::http::kernel::upload::RawForm;
use crate::web::words::Words;
use chrono::NaiveDate;
use secrecy::SecretString;
use std::collections::HashMap;

/// Characters of a text at the most.
const MOST_TEXT: usize = 4_000;

/// Characters of an e-mail address at the most (RFC 5321 §4.5.3.1.3).
const MOST_EMAIL: usize = 254;

/// How a field is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// In words, with so many lines to begin with.
    Text {
        /// Lines.
        rows: u8,
    },
    /// 0 to 100.
    Percent,
    /// A number.
    Number,
    /// A day.
    Day,
    /// Files; whether several.
    Files {
        /// Several at once.
        many: bool,
    },
    /// A line of text.
    Line,
    /// An e-mail address.
    Email,
    /// A password: taken exactly as it was typed, however long, and never shown again.
    Password,
    /// One of some codes, each with its words; of an empty code, none.
    Choice(Vec<(String, String)>),
    /// Yes or no.
    Check,
}

/// A field as it is shown.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// Its name, also the id of its element.
    pub(super) name: String,
    /// What it is.
    pub(super) label: String,
    /// What to write.
    pub(super) hint: Option<String>,
    /// What is wrong with what was typed.
    pub(super) error: Option<String>,
    /// How it is filled in.
    pub(super) input: Input,
    /// What stands in it.
    pub(super) value: String,
    /// Whether it must not stay empty.
    pub(super) is_required: bool,
    /// Characters at the most.
    pub(super) most: usize,
    /// What browsers may fill it in with (HTML §4.10.18.7); where none is said, they do as they like.
    pub(super) autocomplete: Option<&'static str>,
    /// Where what it is about is shown.
    pub(super) href: Option<String>,
}

impl Field {
    /// An empty field.
    pub(super) fn new(name: impl Into<String>, label: String, input: Input) -> Self {
        let most = match input {
            Input::Email => MOST_EMAIL,
            _ => MOST_TEXT,
        };
        Self {
            name: name.into(),
            label,
            hint: None,
            error: None,
            input,
            value: String::new(),
            is_required: false,
            most,
            autocomplete: None,
            href: None,
        }
    }

    /// The same, to be filled in.
    pub(super) fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    /// The same, with what to write.
    pub(super) fn hinted(mut self, hint: String) -> Self {
        self.hint = (!hint.is_empty()).then_some(hint);
        self
    }

    /// The same, with this in it.
    pub(super) fn holding(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// The same, for so many characters at the most.
    pub(super) fn at_most(mut self, most: usize) -> Self {
        self.most = most;
        self
    }

    /// The same, with what browsers may fill it in with.
    pub(super) fn filled_with(mut self, autocomplete: &'static str) -> Self {
        self.autocomplete = Some(autocomplete);
        self
    }

    /// Puts what was typed back into it: never a password; a text whole, so that it can be made shorter; of anything else no
    /// more than there is room for.
    pub(super) fn retype(&mut self, typed: &Typed) {
        let text = typed.raw(&self.name);
        self.value = match self.input {
            Input::Password => String::new(),
            Input::Text { .. } => text,
            _ => text.chars().take(self.most).collect(),
        };
    }

    /// The same, with a link to what it is about.
    pub(super) fn leading_to(mut self, href: String) -> Self {
        self.href = Some(href);
        self
    }

    /// The ids of what explains it.
    pub(super) fn described_by(&self) -> Option<String> {
        let hint = self.hint.as_ref().map(|_| format!("{}-hint", self.name));
        let error = self.error.as_ref().map(|_| format!("{}-error", self.name));
        let both: Vec<String> = hint.into_iter().chain(error).collect();
        (!both.is_empty()).then(|| both.join(" "))
    }
}

/// What was typed, by the name of its field. Passwords may be among it: there is no way to print it all.
#[derive(Clone, Default)]
pub(super) struct Typed(HashMap<String, String>);

impl Typed {
    /// What was typed into a field, as it is.
    pub(super) fn raw(&self, name: &str) -> String {
        self.0.get(name).cloned().unwrap_or_default()
    }

    /// A password, exactly as it was typed.
    pub(super) fn secret(&self, name: &str) -> SecretString {
        self.raw(name).into()
    }

    /// The text fields of a form; of a repeated one the last.
    pub(super) fn of(form: &RawForm) -> Self {
        Self(form.texts.iter().cloned().collect())
    }

    /// What was typed into a field, without spaces around it; `None` for nothing. Line ends are LF: browsers send CR LF.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = self.0.get(name)?.replace("\r\n", "\n");
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

/// A field with what is wrong with it.
pub(super) type Wrong = (String, String);

/// Something that is wrong, as the head of a form lists it.
#[derive(Debug, Clone)]
pub(super) struct ErrorShown {
    /// The id of the field that it is about.
    pub(super) field: Option<String>,
    /// What is wrong.
    pub(super) text: String,
}

/// Puts what is wrong beside its field; the list of it all, in the order of the form.
pub(super) fn mark<'a>(
    fields: impl Iterator<Item = &'a mut Field>,
    wrong: Vec<Wrong>,
) -> Vec<ErrorShown> {
    let mut shown = Vec::new();
    let mut rest = wrong;
    for field in fields {
        let (mine, others): (Vec<Wrong>, Vec<Wrong>) =
            rest.into_iter().partition(|(name, _)| *name == field.name);
        rest = others;
        for (_, text) in mine {
            field.error.get_or_insert_with(|| text.clone());
            shown.push(ErrorShown {
                field: Some(field.name.clone()),
                text,
            });
        }
    }
    let whole = |(_, text)| ErrorShown { field: None, text };
    shown.extend(rest.into_iter().map(whole));
    shown
}

/// A text field; what is too long is put down as wrong.
pub(super) fn bounded(
    words: Words,
    typed: &Typed,
    name: &str,
    wrong: &mut Vec<Wrong>,
) -> Option<String> {
    let text = typed.text(name)?;
    if text.chars().count() > MOST_TEXT {
        let most = MOST_TEXT.to_string();
        wrong.push((
            name.to_owned(),
            words.fill("link.wrong.long", &[("most", &most)]),
        ));
    }
    Some(text)
}

/// A day as browsers send it, or as people write it.
pub(super) fn day_of(text: &str) -> Option<NaiveDate> {
    ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"]
        .into_iter()
        .find_map(|form| NaiveDate::parse_from_str(text, form).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_stays_but_for_passwords() {
        let typed = ["text", "email", "password"]
            .map(|name| (name.to_owned(), format!(" {}", "x".repeat(9_000))));
        let typed = Typed::of(&RawForm {
            texts: typed.into(),
            files: Vec::new(),
        });
        let shown = |name: &str, input| {
            let mut field = Field::new(name, String::new(), input);
            field.retype(&typed);
            field.value.len()
        };
        assert_eq!(shown("text", Input::Text { rows: 1 }), 9_001);
        assert_eq!(shown("text", Input::Line), MOST_TEXT);
        assert_eq!(shown("email", Input::Email), MOST_EMAIL);
        assert_eq!(shown("password", Input::Password), 0);
        let secret = typed.secret("password");
        assert_eq!(secrecy::ExposeSecret::expose_secret(&secret).len(), 9_001);
    }

    #[test]
    fn days_are_read_as_people_write_them() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 3);
        for text in ["2026-11-03", "2026/11/3", "2026年11月3日"] {
            assert_eq!(day_of(text), day, "{text}");
        }
        for text in ["2026-02-30", "11-03", "明天", ""] {
            assert_eq!(day_of(text), None, "{text}");
        }
    }
}

//! Pages with one form: signing in, setting a password. What was typed stays, but for passwords; what is wrong stands
//! beside its field.

use super::frame::Frame;
use super::words::Words;
use crate::http::kernel::upload::{FormBounds, RawForm};
use askama::Template;
use secrecy::SecretString;
use std::time::Duration;

/// What bounds a form.
pub(super) const BOUNDS: FormBounds<'static> = FormBounds {
    bytes: 64 << 10,
    parts: 20,
    files: &[],
    time: Duration::from_secs(30),
};

/// What is wrong: the field's name, empty for the whole, and what to do.
pub(super) type Wrong = (String, String);

/// What was typed.
pub(super) struct Typed(Vec<(String, String)>);

impl Typed {
    /// The fields of a form.
    pub(super) fn of(form: RawForm) -> Self {
        Self(form.texts)
    }

    /// What was typed into a field, without spaces around it.
    pub(super) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// A password, exactly as it was typed.
    pub(super) fn secret(&self, name: &str) -> SecretString {
        self.raw(name).into()
    }

    fn raw(&self, name: &str) -> &str {
        let found = self.0.iter().rfind(|(known, _)| known == name);
        found.map_or("", |(_, text)| text)
    }
}

/// How a field is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// In words.
    Text,
    /// With an address.
    Email,
    /// With a password, which is never shown again.
    Password,
    /// With a day.
    Day,
    /// By choosing one of these: what is sent, and what is shown.
    Choice(Vec<(String, String)>),
}

impl Input {
    /// Its type in HTML.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Text | Self::Choice(_) => "text",
            Self::Email => "email",
            Self::Password => "password",
            Self::Day => "date",
        }
    }
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
    /// What browsers may fill it in with (HTML §4.10.18.7).
    pub(super) autocomplete: &'static str,
}

impl Field {
    /// An empty field with the words of its name.
    pub(super) fn new(words: Words, name: &str, input: Input, autocomplete: &'static str) -> Self {
        Self {
            name: name.to_owned(),
            label: words.say(&format!("account.field.{name}")),
            hint: None,
            error: None,
            input,
            value: String::new(),
            autocomplete,
        }
    }

    /// With what to write.
    pub(super) fn hinted(mut self, hint: String) -> Self {
        self.hint = Some(hint);
        self
    }

    /// With what stands in it.
    pub(super) fn holding(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
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

/// A form as it is shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Form {
    /// Where it is sent.
    pub(super) action: String,
    /// What is sent with it.
    pub(super) hidden: Vec<(&'static str, String)>,
    /// Its fields.
    pub(super) fields: Vec<Field>,
    /// What its button says.
    pub(super) button: String,
    /// Another button: where that sends it, and what it says.
    pub(super) second: Option<(&'static str, String)>,
    /// What is wrong with no field in particular.
    pub(super) errors: Vec<String>,
}

impl Form {
    /// With what was typed, but for passwords.
    pub(super) fn typed(mut self, typed: &Typed) -> Self {
        for field in &mut self.fields {
            if field.input != Input::Password {
                field.value = typed.text(&field.name).chars().take(300).collect();
            }
        }
        self
    }

    /// With what is wrong, beside its field.
    pub(super) fn marked(mut self, wrong: Vec<Wrong>) -> Self {
        for (name, text) in wrong {
            match self.fields.iter_mut().find(|field| field.name == name) {
                Some(field) => field.error = Some(text),
                None => self.errors.push(text),
            }
        }
        self
    }

    /// Whether anything is wrong with it.
    pub(super) fn is_wrong(&self) -> bool {
        !self.errors.is_empty() || self.fields.iter().any(|field| field.error.is_some())
    }
}

/// A page with one form, or with none.
#[derive(Template)]
#[template(path = "account_form.html", config = "config/askama.toml")]
pub(super) struct FormPage {
    frame: Frame,
    says: Vec<String>,
    form: Option<Form>,
    next: Option<(String, String)>,
    foot: String,
}

impl FormPage {
    /// The page of a form; its title and what it says stand under `account.{key}`.
    pub(super) fn asking(words: Words, key: &str, says: Vec<String>, form: Form) -> Self {
        Self {
            form: Some(form),
            ..Self::saying(words, key, says)
        }
    }

    /// A page without form.
    pub(super) fn saying(words: Words, key: &str, says: Vec<String>) -> Self {
        Self {
            frame: Frame::new(words, words.say(&format!("account.{key}.title"))),
            says,
            form: None,
            next: None,
            foot: words.say("account.foot"),
        }
    }

    /// With a way on: where it leads, and what it says.
    pub(super) fn leading_to(mut self, path: &str, says: String) -> Self {
        self.next = Some((path.to_owned(), says));
        self
    }
}

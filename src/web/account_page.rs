//! `/account` as it looks: roles, name and language, password, signed-in browsers, who stands in.

use super::account_form::{Field, Form, Input, Typed, Wrong};
use super::frame::Frame;
use super::session::Visitor;
use super::set_password::password_fields;
use super::words::Words;
use crate::domain::local_time::LocalZone;
use crate::domain::locale::Locale;
use crate::flow::my_account::{DelegationSeen, MyAccount, RoleHeld};
use askama::Template;

/// A row with a button.
pub(super) struct Row {
    says: String,
    /// Where its button leads, and what it says; none where there is nothing to do.
    action: Option<(String, String)>,
}

/// The page.
#[derive(Template)]
#[template(path = "account.html", config = "config/askama.toml")]
pub(super) struct AccountPage {
    /// Around it.
    pub(super) frame: Frame,
    email: String,
    csrf: String,
    done: Option<String>,
    roles: Vec<String>,
    profile: Form,
    password: Form,
    password_says: Vec<String>,
    sessions: Vec<Row>,
    has_others: bool,
    delegations: Vec<Row>,
    delegation: Form,
}

/// Which of its forms was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Name and language.
    Profile,
    /// The password.
    Password,
    /// Who stands in.
    Delegation,
}

/// What came of a form that was sent.
pub(super) enum Outcome<'a> {
    /// None was sent.
    Nothing,
    /// It was carried out; the key of what is said then.
    Done(&'static str),
    /// It was refused; what was typed stays.
    Wrong(Part, &'a Typed, Vec<Wrong>),
}

impl AccountPage {
    /// The page of an account.
    pub(super) fn of(
        words: Words,
        visitor: &Visitor,
        account: &MyAccount,
        zone: LocalZone,
        outcome: Outcome<'_>,
    ) -> Self {
        let csrf = visitor.csrf();
        let mut profile = profile_form(words, account);
        let mut password = password_form(words, account);
        let mut delegation = delegation_form(words);
        for form in [&mut profile, &mut password, &mut delegation] {
            form.hidden.push(("csrf", csrf.clone()));
        }
        let mut done = None;
        match outcome {
            Outcome::Nothing => {}
            Outcome::Done(key) => done = Some(words.say(&format!("account.done.{key}"))),
            Outcome::Wrong(part, typed, wrong) => {
                let form = match part {
                    Part::Profile => &mut profile,
                    Part::Password => &mut password,
                    Part::Delegation => &mut delegation,
                };
                *form = form.clone().typed(typed).marked(wrong);
            }
        }
        let mine = |key: &str| words.say(&format!("account.mine.{key}"));
        let mut password_says = vec![mine("password_text")];
        match (account.is_fresh_by_link, account.user.has_password) {
            (true, _) => password_says.push(mine("password_by_link")),
            (false, false) => password_says.push(mine("password_none")),
            (false, true) => {}
        }
        Self {
            frame: Frame::new(words, mine("title")),
            email: account.user.email.clone(),
            csrf,
            done,
            roles: account.roles.iter().map(|one| role(words, one)).collect(),
            profile,
            password,
            password_says,
            sessions: sessions(words, visitor, account, zone),
            has_others: account.sessions.len() > 1,
            delegations: account
                .delegations
                .iter()
                .map(|one| delegation_row(words, one))
                .collect(),
            delegation,
        }
    }
}

fn role(words: Words, held: &RoleHeld) -> String {
    let name = words.say(&format!("account.role.{}", held.role.as_str()));
    let name = match &held.unit {
        Some(unit) => words.fill("account.mine.for_unit", &[("role", &name), ("unit", unit)]),
        None => name,
    };
    match &held.of {
        Some(of) => words.fill(
            "account.mine.delegated",
            &[("role", &name), ("address", of)],
        ),
        None => name,
    }
}

fn profile_form(words: Words, account: &MyAccount) -> Form {
    let name = account.user.name.clone().unwrap_or_default();
    let locale = account.user.locale.map_or("", Locale::tag);
    let mut choices = vec![(String::new(), words.say("account.mine.browsers"))];
    for locale in [Locale::ZhCn, Locale::En] {
        let says = words.say(&format!("account.locale.{}", locale.tag()));
        choices.push((locale.tag().to_owned(), says));
    }
    Form {
        action: "/account/profile".to_owned(),
        fields: vec![
            Field::new(words, "name", Input::Text, "name").holding(name),
            Field::new(words, "locale", Input::Choice(choices), "off").holding(locale),
        ],
        button: words.say("account.mine.profile_button"),
        ..Form::default()
    }
}

fn password_form(words: Words, account: &MyAccount) -> Form {
    let present = Field::new(words, "present", Input::Password, "current-password");
    let present = (!account.is_fresh_by_link && account.user.has_password).then_some(present);
    Form {
        action: "/account/password".to_owned(),
        fields: present.into_iter().chain(password_fields(words)).collect(),
        button: words.say("account.mine.password_button"),
        ..Form::default()
    }
}

fn delegation_form(words: Words) -> Form {
    let hint = words.say("account.hint.delegate");
    Form {
        action: "/account/delegations".to_owned(),
        fields: vec![
            Field::new(words, "delegate", Input::Email, "off").hinted(hint),
            Field::new(words, "from_on", Input::Day, "off"),
            Field::new(words, "until_on", Input::Day, "off"),
            Field::new(words, "reason", Input::Text, "off"),
        ],
        button: words.say("account.mine.delegation_button"),
        ..Form::default()
    }
}

fn sessions(words: Words, visitor: &Visitor, account: &MyAccount, zone: LocalZone) -> Vec<Row> {
    let rows = account.sessions.iter().map(|one| {
        let browser = match one.name.is_empty() {
            true => words.say("account.mine.unknown_browser"),
            false => one.name.clone(),
        };
        let at = zone.local(one.created_at).format("%Y-%m-%d %H:%M");
        let with = [("browser", &*browser), ("at", &*at.to_string())];
        let says = words.fill("account.mine.session", &with);
        match one.id == visitor.viewer.token_id {
            true => Row {
                says: format!("{says}{}", words.say("account.mine.this_one")),
                action: None,
            },
            false => Row {
                says,
                action: Some((
                    format!("/account/sessions/{}/end", one.id),
                    words.say("account.mine.end"),
                )),
            },
        }
    });
    rows.collect()
}

fn delegation_row(words: Words, seen: &DelegationSeen) -> Row {
    let key = match seen.is_given {
        true => "account.mine.delegation_given",
        false => "account.mine.delegation_held",
    };
    let one = &seen.delegation;
    let (from, until) = (words.day(one.from_on), words.day(one.until_on));
    let with = [
        ("from", &*from),
        ("until", &*until),
        ("address", &*seen.other),
        ("reason", &*one.reason),
    ];
    Row {
        says: words.fill(key, &with),
        action: Some((
            format!("/account/delegations/{}/end", one.id),
            words.say("account.mine.delegation_end"),
        )),
    }
}

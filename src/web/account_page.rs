//! `/account` as it looks: roles, name and language, password, signed-in browsers, who stands in.

use super::account::MOST_REASON;
use super::account_visit::account_field;
use super::field::{Input, Typed, Wrong};
use super::part::{Cell, Fact, Form, Page, Part, Row, RowButton};
use super::session::Visitor;
use super::set_password::{name_field, password_fields};
use super::visit::bare;
use super::words::Words;
use crate::domain::locale::Locale;
use crate::flow::my_account::{DelegationSeen, MyAccount, RoleHeld};

/// Which of its forms was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
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
    Done(&'a str),
    /// It was refused; what was typed stays.
    Wrong(Sent, &'a Typed, Vec<Wrong>),
}

/// The page of an account.
pub(super) fn account_page(
    words: Words,
    visitor: &Visitor,
    account: &MyAccount,
    outcome: Outcome<'_>,
) -> Page {
    let mine = |key: &str| words.say(&format!("account.mine.{key}"));
    let hidden = vec![("form".to_owned(), visitor.form_token())];
    let mut profile = profile_form(words, account);
    let mut password = password_form(words, account);
    let mut delegation = delegation_form(words);
    for form in [&mut profile, &mut password, &mut delegation] {
        form.hidden.clone_from(&hidden);
    }
    let mut done = None;
    match outcome {
        Outcome::Nothing => {}
        Outcome::Done(key) => done = words.known(&format!("account.done.{key}")),
        Outcome::Wrong(sent, typed, wrong) => {
            let form = match sent {
                Sent::Profile => &mut profile,
                Sent::Password => &mut password,
                Sent::Delegation => &mut delegation,
            };
            form.retype(typed);
            form.mark(wrong);
        }
    }
    let mut parts = vec![
        Part::Facts(facts(words, account)),
        Part::Heading(mine("profile")),
        Part::Form(profile),
        Part::Heading(mine("password")),
        Part::Text(mine("password_text")),
    ];
    match (account.is_fresh_by_link, account.user.has_password) {
        (true, _) => parts.push(Part::Text(mine("password_by_link"))),
        (false, false) => parts.push(Part::Text(mine("password_none"))),
        (false, true) => {}
    }
    parts.extend([
        Part::Form(password),
        Part::Heading(mine("sessions")),
        Part::Rows(sessions(words, visitor, account, &hidden)),
        Part::Heading(mine("delegation")),
        Part::Text(mine("delegation_text")),
    ]);
    let delegations: Vec<Row> = account
        .delegations
        .iter()
        .map(|one| delegation_row(words, one, &hidden))
        .collect();
    if !delegations.is_empty() {
        parts.push(Part::Rows(delegations));
    }
    parts.push(Part::Form(delegation));
    Page {
        done,
        foot: Some(words.say("account.foot")),
        ..bare(words, mine("title"), parts)
    }
}

fn facts(words: Words, account: &MyAccount) -> Vec<Fact> {
    let roles = account.roles.iter().map(|one| role(words, one)).collect();
    vec![
        Fact {
            label: words.say("account.field.email"),
            value: Cell::Text(account.user.email.clone()),
        },
        Fact {
            label: words.say("account.mine.roles"),
            value: Cell::Lines(roles),
        },
    ]
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
    let language = account_field(words, "locale", Input::Choice(choices), "off");
    Form {
        fields: vec![name_field(words).holding(name), language.holding(locale)],
        ..Form::posting("/account/profile", words.say("account.mine.profile_button"))
    }
}

fn password_form(words: Words, account: &MyAccount) -> Form {
    let present = account_field(words, "present", Input::Password, "current-password");
    let present = (!account.is_fresh_by_link && account.user.has_password).then_some(present);
    Form {
        fields: present.into_iter().chain(password_fields(words)).collect(),
        ..Form::posting(
            "/account/password",
            words.say("account.mine.password_button"),
        )
    }
}

fn delegation_form(words: Words) -> Form {
    let hint = words.say("account.hint.delegate");
    let field = |name: &str, input| account_field(words, name, input, "off");
    Form {
        fields: vec![
            field("delegate", Input::Email).hinted(hint),
            field("from_on", Input::Day),
            field("until_on", Input::Day),
            field("reason", Input::Line).at_most(MOST_REASON),
        ],
        ..Form::posting(
            "/account/delegations",
            words.say("account.mine.delegation_button"),
        )
    }
}

/// A button of these pages, whose words stand under `account.mine.{key}`.
fn button(words: Words, address: String, hidden: &[(String, String)], key: &str) -> RowButton {
    RowButton {
        address,
        hidden: hidden.to_vec(),
        text: words.say(&format!("account.mine.{key}")),
    }
}

/// The browsers that are signed in, each with the way to sign it out; at the end all but this one.
fn sessions(
    words: Words,
    visitor: &Visitor,
    account: &MyAccount,
    hidden: &[(String, String)],
) -> Vec<Row> {
    let rows = account.sessions.iter().map(|one| {
        let browser = match one.name.is_empty() {
            true => words.say("account.mine.unknown_browser"),
            false => one.name.clone(),
        };
        let at = words.moment(one.created_at);
        let with = [("browser", &*browser), ("at", &*at)];
        let says = words.fill("account.mine.session", &with);
        match one.id == visitor.viewer.token_id {
            true => Row {
                says: format!("{says}{}", words.say("account.mine.this_one")),
                button: Some(button(words, "/sign-out".to_owned(), hidden, "sign_out")),
            },
            false => Row {
                says,
                button: Some(button(
                    words,
                    format!("/account/sessions/{}/end", one.id),
                    hidden,
                    "end",
                )),
            },
        }
    });
    let all_others = (account.sessions.len() > 1).then(|| Row {
        says: words.say("account.mine.others"),
        button: Some(button(
            words,
            "/account/sessions/end".to_owned(),
            hidden,
            "end_others",
        )),
    });
    rows.chain(all_others).collect()
}

fn delegation_row(words: Words, seen: &DelegationSeen, hidden: &[(String, String)]) -> Row {
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
        button: Some(button(
            words,
            format!("/account/delegations/{}/end", one.id),
            hidden,
            "delegation_end",
        )),
    }
}

//! A browser: it keeps the one cookie it is given, and says where its forms come from.

use super::service::{BOUNDARY, Response, Service, form};
use super::town::Town;
use anyhow::Context;
use chrono::TimeDelta;
use duban::domain::access::Membership;
use duban::domain::email_address::EmailAddress;
use duban::domain::ids::{TokenId, UserId};
use duban::domain::token_kind::TokenKind;
use duban::domain::token_scope::TokenScope;
use duban::domain::user_role::UserRole;
use duban::flow::invite_user::{InvitationWay, invite_user};
use duban::flow::manage_users::{NewUser, create_or_extend_user};
use duban::flow::recognise_caller::{recognise_caller, token_hash};
use duban::storage::new_id;
use duban::storage::users::{self, StoredToken};
use std::cell::RefCell;

/// The address of somebody who signs up.
pub const LI: &str = "li@town.example.org";

/// A password that is one.
pub const PASSWORD: &str = "春风又绿江南岸2026";

/// The hidden fields that forms have.
const HIDDEN: [&str; 9] = [
    "form",
    "main",
    "once",
    "seen",
    "event",
    "held_file",
    "held_file_name",
    "held_units",
    "held_units_name",
];

/// A browser on a service.
pub struct Browser<'a> {
    service: &'a Service,
    /// The cookie as sent: `duban=…`.
    pub cookie: RefCell<Option<String>>,
}

impl<'a> Browser<'a> {
    /// One that was never used.
    pub fn new(service: &'a Service) -> Self {
        Self {
            service,
            cookie: RefCell::default(),
        }
    }

    /// Opens a page.
    #[track_caller]
    pub fn get(&self, path: &str) -> Response {
        let headers = self.cookie_header();
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        self.keep(self.service.send("GET", path, "", &headers, b""))
    }

    /// Sends a form of a page of the service.
    #[track_caller]
    pub fn post(&self, path: &str, texts: &[(&str, &str)]) -> Response {
        self.post_from(path, texts, &["Origin: http://x"])
    }

    /// The same, saying something else of where it comes from.
    #[track_caller]
    pub fn post_from(&self, path: &str, texts: &[(&str, &str)], headers: &[&str]) -> Response {
        let kind = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}");
        let own = self.cookie_header();
        let mut all = vec![kind.as_str()];
        all.extend(own.iter().map(String::as_str));
        all.extend_from_slice(headers);
        let body = form(texts, &[]);
        self.keep(self.service.send("POST", path, "", &all, &body))
    }

    /// Sends a form with the token of the session's forms.
    #[track_caller]
    pub fn send(&self, path: &str, texts: &[(&str, &str)]) -> Response {
        let token = hidden(&text(&self.get("/account")), "form");
        let mut all = vec![("form", token.as_str())];
        all.extend_from_slice(texts);
        self.post(path, &all)
    }

    /// Sends a form of a page, with the hidden fields that the page has, and with files.
    #[track_caller]
    pub fn submit(
        &self,
        path: &str,
        page: &str,
        texts: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Response {
        let hidden_fields: Vec<(&str, String)> = HIDDEN
            .into_iter()
            .map(|name| (name, hidden(page, name)))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let mut all: Vec<(&str, &str)> = hidden_fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .filter(|(name, _)| !texts.iter().any(|(given, _)| given == name))
            .collect();
        all.extend_from_slice(texts);
        let kind = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}");
        let own = self.cookie_header().unwrap_or_default();
        let headers = [kind.as_str(), own.as_str(), "Origin: http://x"];
        let body = form(&all, files);
        self.keep(self.service.send("POST", path, "", &headers, &body))
    }

    /// The session's text, empty without one.
    pub fn session(&self) -> String {
        let cookie = self.cookie.borrow();
        let text = cookie.as_deref().and_then(|one| one.split_once('='));
        text.map(|(_, text)| text.to_owned()).unwrap_or_default()
    }

    /// Whether somebody is signed in.
    #[track_caller]
    pub fn is_in(&self) -> bool {
        match self.get("/account").status {
            200 => true,
            303 => false,
            other => panic!("{other}"),
        }
    }

    fn cookie_header(&self) -> Option<String> {
        let cookie = self.cookie.borrow();
        cookie.as_ref().map(|cookie| format!("Cookie: {cookie}"))
    }

    fn keep(&self, response: Response) -> Response {
        let given = response.header("set-cookie").to_owned();
        if let Some(cookie) = given.split(';').next().filter(|one| !one.is_empty()) {
            let is_gone = given.contains("Max-Age=0");
            *self.cookie.borrow_mut() = (!is_gone).then(|| cookie.to_owned());
        }
        response
    }
}

/// A browser in which a user of that role, of a unit of that code, has signed in just now.
pub async fn signed_in<'a>(
    town: &Town,
    service: &'a Service,
    role: UserRole,
    unit: Option<&str>,
) -> anyhow::Result<Browser<'a>> {
    let token = service.token(role, unit).await?;
    let viewer = recognise_caller(&town.ctx, &token)
        .await?
        .context("a user")?;
    let text = format!("dubans_{}", town.ctx.entropy.seed()?);
    let now = town.ctx.now().at;
    let session = StoredToken {
        id: TokenId(new_id()),
        user_id: viewer.user_id,
        name: "Chrome · Windows".to_owned(),
        kind: TokenKind::Session,
        begun_by: None,
        hash: token_hash(&text),
        scope: TokenScope::Write,
        created_at: now,
        expires_at: now + TimeDelta::days(300),
        last_used_at: None,
        revoked_at: None,
    };
    let tx = town.ctx.write().await?;
    users::insert_token(&tx, &session).await?;
    tx.commit().await?;
    let browser = Browser::new(service);
    *browser.cookie.borrow_mut() = Some(format!("duban={text}"));
    Ok(browser)
}

/// A page as text.
pub fn text(response: &Response) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

/// What every page has to be.
#[track_caller]
pub fn is_whole(path: &str, response: &Response) {
    let page = text(response);
    assert_eq!(response.status, 200, "{path}: {page}");
    if !response.header("content-type").starts_with("text/html") {
        return;
    }
    for raw in [
        "web.page.",
        "web.col.",
        "web.act.",
        "web.code.",
        "web.part.",
        "web.word.",
        "%{",
    ] {
        assert!(!page.contains(raw), "{path} shows {raw}: {page}");
    }
    assert!(
        response.header("cache-control").contains("no-store"),
        "{path}"
    );
    let policy = response.header("content-security-policy");
    assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
    // Pages that were not made for browsers: a bulletin as printed, mails as read.
    let path_only = path.split('?').next().unwrap_or_default();
    if path_only.ends_with("/html") || path.starts_with("/bulletins") && path.ends_with("/preview")
    {
        return;
    }
    assert!(page.contains("<h1>"), "{path}");
    for inline in [" style=", " onclick", " onerror", "<style", "javascript:"] {
        assert!(!page.contains(inline), "{path} has {inline}");
    }
    let scripts = page.matches("<script").count();
    assert_eq!(
        scripts,
        page.matches("<script src=\"/assets/").count(),
        "{path}"
    );
}

/// The value of a hidden field of a page.
pub fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let rest = page.split(&start).nth(1).unwrap_or_default();
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// The path of the newest link of that kind that was mailed to an address.
pub async fn mailed_link(town: &Town, address: &str, kind: &str) -> anyhow::Result<String> {
    let mut mails = town.mails_to(address).await?;
    mails.sort_by_key(|mail| mail.id);
    let mut links = mails.iter().rev().filter_map(|mail| {
        let (_, rest) = mail.text_body.split_once(kind)?;
        let text: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
        Some(format!("{kind}{text}"))
    });
    links.next().context("no such link was mailed")
}

/// Makes a user with a password, by an invitation; the browser that it was set in stays signed in.
pub async fn signed_up(
    town: &Town,
    service: &Service,
    address: &str,
    role: UserRole,
    unit: Option<&str>,
    password: &str,
) -> anyhow::Result<UserId> {
    let unit_id = match unit {
        None => None,
        Some(code) => {
            let directory = town.ctx.units().await?;
            Some(directory.by_code(code).context("no such unit")?.id)
        }
    };
    let email = EmailAddress::parse(address).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let new = NewUser {
        email,
        name: None,
        roles: vec![Membership { role, unit_id }],
    };
    let user = create_or_extend_user(&town.ctx, new).await?;
    invite_user(&town.ctx, user.id, InvitationWay::Mailed).await?;
    let link = mailed_link(town, &user.address, "/invitation/").await?;
    let form = [("new_password", password), ("again", password)];
    let done = Browser::new(service).post(&link, &form);
    anyhow::ensure!(done.status == 303, "{}", text(&done));
    Ok(user.id)
}

/// The path of an address of the service.
pub fn path_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split_once('/')
        .map_or("/".to_owned(), |(_, path)| format!("/{path}"))
}

/// Signs in, answering the status.
#[track_caller]
pub fn sign_in(browser: &Browser<'_>, email: &str, password: &str) -> u16 {
    browser
        .post("/sign-in", &[("email", email), ("password", password)])
        .status
}

//! What a browser sends and gets: pages of somebody who signed in, and what every page must keep to.

use super::service::{Response, Service};
use anyhow::Context;
use duban::domain::token_kind::TokenKind;
use duban::domain::user_role::UserRole;
use duban::flow::recognise_caller::token_hash;
use entity::token::{ActiveModel, Column, Entity};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

/// A token of a user with that role, for a unit of that code, and a session of theirs beside it: [`signed_in`] tells its
/// cookie.
pub async fn visitor(
    service: &Service,
    role: UserRole,
    unit: Option<&str>,
) -> anyhow::Result<String> {
    let token = service.token(role, unit).await?;
    let db = &service.ctx.db;
    let bearer = Entity::find()
        .filter(Column::Hash.eq(token_hash(&token)))
        .one(db)
        .await?
        .context("the token")?;
    let session = ActiveModel {
        id: Set(Uuid::now_v7()),
        kind: Set("session".to_owned()),
        begun_by: Set(Some("password".to_owned())),
        hash: Set(token_hash(&session_of(&token))),
        ..bearer.into()
    };
    session.insert(db).await?;
    Ok(token)
}

/// The session beside a token.
fn session_of(token: &str) -> String {
    let letters = token.strip_prefix(TokenKind::Bearer.prefix());
    let letters = letters.unwrap_or_default();
    format!("{}{letters}", TokenKind::Session.prefix())
}

/// How a browser says who signed in.
pub fn signed_in(token: &str) -> String {
    format!("Cookie: duban={}", session_of(token))
}

/// A page, asked for by whoever signed in with this.
pub fn page(service: &Service, token: &str, path: &str) -> Response {
    service.send("GET", path, "", &[&signed_in(token)], b"")
}

/// A page that must be there, and must hold nothing that its policy forbids.
#[track_caller]
pub fn shown(service: &Service, token: &str, path: &str) -> String {
    let answer = page(service, token, path);
    let html = html(answer, 200);
    is_sound(&html);
    html
}

/// The page in an answer of that status.
#[track_caller]
pub fn html(answer: Response, status: u16) -> String {
    let html = String::from_utf8(answer.body).expect("UTF-8");
    assert_eq!(answer.status, status, "{html}");
    html
}

/// No script or style of its own, neither in HTML nor inside a drawing, and every drawing has its name.
#[track_caller]
pub fn is_sound(html: &str) {
    for tag in html.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        let name = tag.split_whitespace().next().unwrap_or_default();
        assert!(name != "style", "<{tag}>");
        assert!(
            name != "script" || tag.contains(" src=\"/assets/"),
            "<{tag}>"
        );
        for attribute in tag.split_whitespace().skip(1) {
            let attribute = attribute.to_ascii_lowercase();
            let is_bad = attribute.starts_with("style=") || attribute.starts_with("on");
            assert!(!is_bad || !attribute.contains('='), "<{tag}>");
        }
        if name == "svg" {
            assert!(
                tag.contains(" role=\"img\" ") && tag.contains(" aria-labelledby="),
                "<{tag}>"
            );
        }
    }
    assert!(!html.contains("javascript:"));
    assert_eq!(
        html.matches("<svg ").count(),
        html.matches("<title id=").count()
    );
}

/// Every link of a page below `main`, with its text.
pub fn links(html: &str) -> Vec<(String, String)> {
    let main = html.split_once("<main").map_or("", |(_, rest)| rest);
    let main = main.split_once("</main>").map_or(main, |(main, _)| main);
    let parts = main.split("<a ").skip(1).filter_map(|part| {
        let (tag, rest) = part.split_once('>')?;
        let href = tag.split_once("href=\"")?.1.split_once('"')?.0;
        let text = rest.split_once("</a>")?.0;
        let mut plain = String::new();
        let mut is_tag = false;
        for letter in text.chars() {
            match letter {
                '<' => is_tag = true,
                '>' => is_tag = false,
                letter if !is_tag => plain.push(letter),
                _ => {}
            }
        }
        let href = href.replace("&#38;", "&").replace("&amp;", "&");
        Some((href, plain.trim().to_owned()))
    });
    parts.collect()
}

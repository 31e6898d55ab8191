//! Pages behind the links of mails, as a browser opens and sends them.

use super::Town;
use super::service::{BOUNDARY, Response, Service, form};
use anyhow::Context;
use duban::domain::mail_link::LinkPurpose;
use duban::domain::obligation::ObligationKind;
use duban::flow::follow_link::{LinkFollowed, follow_link};
use duban::flow::issue_plan::CyclesAtIssue;
use std::collections::BTreeSet;

/// The links in what was mailed to a unit's contact, with what each is for.
pub async fn links(
    town: &Town,
    unit: &str,
) -> anyhow::Result<Vec<(ObligationKind, LinkPurpose, String)>> {
    let directory = town.ctx.units().await?;
    let unit = directory.by_code(unit).context("a unit")?;
    let contacts = duban::storage::contacts::present_of(&town.ctx.db, &[unit.id]).await?;
    let address = contacts.first().and_then(|one| one.address.clone());
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for mail in town.mails_to(&address.context("an address")?).await? {
        for rest in mail.text_body.split("/l/").skip(1) {
            let text: String = rest
                .chars()
                .take_while(|one| one.is_ascii_alphanumeric() || "-_".contains(*one))
                .collect();
            if !seen.insert(text.clone()) {
                continue;
            }
            if let LinkFollowed::Open(target) = follow_link(&town.ctx, &text).await?
                && target.asked.unit.id == unit.id
            {
                found.push((target.asked.obligation.kind, target.link.purpose, text));
            }
        }
    }
    Ok(found)
}

pub async fn link(
    town: &Town,
    unit: &str,
    kind: ObligationKind,
    purpose: LinkPurpose,
) -> anyhow::Result<String> {
    let all = links(town, unit).await?;
    let found = all
        .into_iter()
        .find(|(of, is_for, _)| *of == kind && *is_for == purpose);
    Ok(found.context("a link of that kind")?.2)
}

pub fn open(service: &Service, link: &str) -> Response {
    service.send("GET", &format!("/l/{link}"), "", &[], b"")
}

pub fn text(response: &Response) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

/// The value of a hidden field of a page.
pub fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let rest = page.split(&start).nth(1).unwrap_or_default();
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// The names of the fields of a page that end in an id of an assignment, by what they are for.
pub fn fields(page: &str, what: &str) -> Vec<String> {
    let start = format!("name=\"{what}-");
    let parts = page.split(&start).skip(1);
    parts
        .map(|rest| format!("{what}-{}", rest.split('"').next().unwrap_or_default()))
        .collect()
}

/// Sends the form of the page that was opened before.
pub fn send(
    service: &Service,
    link: &str,
    page: &str,
    texts: &[(&str, &str)],
    files: &[(&str, &str, &[u8])],
) -> Response {
    let (token, seen) = (hidden(page, "form"), hidden(page, "seen"));
    let mut whole = vec![("form", token.as_str()), ("seen", seen.as_str())];
    whole.extend_from_slice(texts);
    send_as_is(service, link, &whole, files)
}

pub fn send_as_is(
    service: &Service,
    link: &str,
    texts: &[(&str, &str)],
    files: &[(&str, &str, &[u8])],
) -> Response {
    let kind = format!("Content-Type: multipart/form-data; boundary={BOUNDARY}");
    service.send(
        "POST",
        &format!("/l/{link}"),
        "",
        &[&kind],
        &form(texts, files),
    )
}

/// A town whose plan was issued and mailed.
pub async fn issued(town: &Town) -> anyhow::Result<Service> {
    town.issue(CyclesAtIssue::On).await?;
    town.live("2026-03-09", "2026-03-10").await?;
    town.set("2026-03-10", "10:00")?;
    Service::start(town)
}

/// Later, when completion is asked for.
pub async fn due(town: &Town) -> anyhow::Result<Service> {
    let service = issued(town).await?;
    town.live("2026-03-11", "2026-03-31").await?;
    town.set("2026-03-31", "10:00")?;
    Ok(service)
}

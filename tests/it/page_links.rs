//! Every link of every page leads to a page, for each role, and looking changes nothing.

use crate::support::Town;
use crate::support::example_rows::{OWN, Samples};
use crate::support::service::Service;
use crate::support::state::state_hash;
use crate::support::web_browser::{Browser, is_whole, signed_in, text};
use duban::domain::user_role::UserRole;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

on_both!(every_link_of_every_page_leads_to_a_page,);

/// The addresses that a page links to on this host, without those that only put its rows in another order.
fn links(page: &str) -> Vec<String> {
    let parts = page.split("href=\"").skip(1);
    let all = parts.filter_map(|rest| rest.split('"').next());
    all.filter(|href| href.starts_with('/'))
        .map(|href| href.replace("&amp;", "&").replace("&#38;", "&"))
        .filter(|href| !href.contains("sort=") && !href.contains("cursor="))
        .collect()
}

/// Pages of one kind are alike: so many of each do.
const EACH: usize = 3;

/// An address without what tells it from others of its kind: ids, days and numbers.
fn kind_of(path: &str) -> String {
    let parts = path.split(['/', '?', '&', '=']).map(|part| {
        let is_number = |byte: u8| byte.is_ascii_digit() || byte == b'-';
        match part.len() == 36 || (!part.is_empty() && part.bytes().all(is_number)) {
            true => "{}",
            false => part,
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

/// Opens everything that can be reached from the first page, a few of each kind; how many pages there were.
fn crawl(browser: &Browser<'_>) -> usize {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut of_kind = BTreeMap::<String, usize>::new();
    let mut waiting = VecDeque::from([("/".to_owned(), String::new())]);
    while let Some((path, from)) = waiting.pop_front() {
        if !seen.insert(path.clone()) || path.starts_with("/assets/") {
            continue;
        }
        let opened = of_kind.entry(kind_of(&path)).or_default();
        *opened += 1;
        if *opened > EACH {
            continue;
        }
        let response = browser.get(&path);
        if response.status == 303 {
            waiting.push_back((response.header("location").to_owned(), path));
            continue;
        }
        assert_eq!(response.status, 200, "{path}, a link on {from}");
        is_whole(&path, &response);
        if response.header("content-type").starts_with("text/html") {
            let found = links(&text(&response)).into_iter();
            waiting.extend(found.map(|link| (link, path.clone())));
        }
    }

    of_kind.len()
}

async fn every_link_of_every_page_leads_to_a_page(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    Samples::of(town, &service).await?;
    let mut browsers = Vec::new();
    for (role, unit) in [
        (UserRole::Administrator, None),
        (UserRole::Supervisor, None),
        (UserRole::Leader, None),
        (UserRole::Auditor, None),
        (UserRole::UnitHead, Some("B2")),
        (UserRole::UnitContact, Some(OWN)),
    ] {
        browsers.push((role, signed_in(town, &service, role, unit).await?));
    }
    let before = state_hash(&town.ctx.db).await?;
    for (role, browser) in &browsers {
        let kinds = crawl(browser);
        let least = match role {
            UserRole::Administrator | UserRole::Supervisor => 90,
            _ => 40,
        };
        assert!(kinds >= least, "{}: {kinds}", role.as_str());
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

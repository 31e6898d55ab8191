//! Texts that sheets would take for formulas and browsers for markup, from the request that brings them in to every place
//! that shows them (bad inputs G1 and G2).

use crate::support::Town;
use crate::support::bulletin_desk::{Desk, path};
use crate::support::pages::{all, refused};
use crate::support::read_files::rows;
use crate::support::review::assignment;
use crate::support::service::Service;
use crate::support::state::state_hash;
use crate::support::town::UNITS;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use serde_json::{Value, json};
use std::io::{Cursor, Read};

on_both! {
    what_looks_like_a_formula_goes_out_as_text_and_comes_back,
    markup_is_shown_as_the_text_it_is,
}

const FORMULAS: [&str; 5] = [
    "=HYPERLINK(\"http://evil\")",
    "+1",
    "-1",
    "@SUM(A1:A9)",
    "=cmd|' /C calc'!A0",
];
const MARKUP: [&str; 4] = [
    "<img src=x onerror=alert(1)>",
    "</td><script>alert(1)</script>",
    "{{7*7}}${7*7}%{office}",
    "<a href=\"javascript:alert(1)\">点这里</a>",
];

/// A task by hand with this title and text.
fn made(service: &Service, office: &str, title: &str) -> Value {
    let body = json!({
        "origin": "instruction",
        "title": title,
        "text": title,
        "origin_note": "局长批示",
        "lead_units": ["教学科"],
        "responsible_units": ["S1"],
        "due_on": "2026-05-20",
    });
    service.post(office, "/tasks", &body).expect(201)
}

fn issue(service: &Service, office: &str, tasks: &[Value]) {
    let ids: Vec<&Value> = tasks.iter().map(|task| &task["id"]).collect();
    let body = json!({ "task_ids": ids });
    service.post(office, "/tasks/issue", &body).expect(200);
}

/// Asserts that no sheet of an Excel file has a formula or a link.
fn has_no_formula(bytes: &[u8]) -> anyhow::Result<()> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    let mut sheets = 0;
    for index in 0..archive.len() {
        let mut part = archive.by_index(index)?;
        let name = part.name()?.into_owned();
        let mut xml = String::new();
        part.read_to_string(&mut xml)?;
        assert!(!name.contains("externalLink"), "{name}");
        if name.starts_with("xl/worksheets/sheet") {
            sheets += 1;
            for tag in ["<f>", "<f ", "<hyperlink"] {
                assert!(!xml.contains(tag), "{tag} in {name}");
            }
        }
    }
    assert!(sheets > 0);
    Ok(())
}

/// Bad input G1: titles that look like formulas, in the ledger; control characters are refused or cut off.
async fn what_looks_like_a_formula_goes_out_as_text_and_comes_back(
    town: &Town,
) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    town.import_units(UNITS).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    for title in ["\0=1+1", "甲\t=1+1", "甲\n=1+1"] {
        let body = json!({ "origin": "instruction", "title": title, "lead_units": ["教学科"] });
        let request = || service.post(&office, "/tasks", &body);
        refused(&service, request, (422, "invalid_field", "title")).await?;
    }
    let tasks = FORMULAS.map(|title| made(&service, &office, title));
    let trimmed = made(&service, &office, "\t=1+1\r\n");
    assert_eq!(trimmed["title"], "=1+1");
    issue(&service, &office, &tasks);
    let ledger = format!(
        "/plans/{}/ledger",
        tasks[0]["plan_id"].as_str().unwrap_or_default()
    );
    let sheet = service.get(&office, &format!("{ledger}.xlsx")).body;
    has_no_formula(&sheet)?;
    let cells = rows(&sheet).concat();
    for title in FORMULAS {
        assert!(cells.iter().any(|cell| cell == title), "{title}: {cells:?}");
    }
    let before = state_hash(&town.ctx.db).await?;
    let files = [("file", "台账.xlsx", sheet.as_slice())];
    let back = service.upload(&office, &ledger, &[], &files).expect(200);
    assert_eq!(back["changes_total"], 0, "{back}");
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

/// Bad input G2: titles and reports that look like markup, in JSON, mails, the pages of official documents and sheets.
async fn markup_is_shown_as_the_text_it_is(town: &Town) -> anyhow::Result<()> {
    let desk = Desk::of(town).await?;
    let service = &desk.service;
    let id = assignment(service, &desk.office, "S1", "二(一)2")["id"].clone();
    let ask = town.ask("S1", ObligationKind::Complete).await?.id;
    let told = MARKUP.join("\n");
    let formula = FORMULAS[0];
    let body = json!({ "items": [{ "assignment_id": id, "percent": 40, "done": told, "problems": told, "next_steps": formula }] });
    let reports = format!("/obligations/{ask}/reports");
    let made_report = service.post(&desk.office, &reports, &body);
    assert_eq!(made_report.header("content-type"), "application/json");
    assert_eq!(made_report.header("x-content-type-options"), "nosniff");
    assert_eq!(made_report.expect(201)["items"][0]["done"], *told);
    // With the day's digests made, what is issued is told at once.
    town.set("2026-03-10", "08:30")?;
    town.run("remind").await?;
    town.set("2026-03-10", "10:00")?;
    let tasks = MARKUP.map(|title| made(service, &desk.office, title));
    issue(service, &desk.office, &tasks);
    let shown = all(service, &desk.office, "/tasks", 50);
    for title in MARKUP {
        assert!(shown.iter().any(|task| task["title"] == title), "{title}");
    }
    let mails = town.mails_to("s1@town.example.org").await?;
    let mail = mails.last().map(|mail| mail.html_body.clone());
    let mail = mail.unwrap_or_default();
    assert!(
        mail.contains("{{7*7}}") && mail.contains("onerror"),
        "{mail}"
    );
    let draft = desk.draft("2026-03-10");
    let page = desk.file(&draft["id"], "bulletin.html");
    let page = String::from_utf8(page)?;
    // The links of a mail are those to answer it; a bulletin has none.
    for link in mail.split("<a ").skip(1) {
        let ours = format!("href=\"{}/l/", town.ctx.settings.base_url);
        assert!(link.starts_with(&ours), "{link}");
    }
    let mail = mail.replace("<a href=\"http", "");
    for html in [mail, page] {
        for tag in ["<img", "<script", "<a ", "</td><s"] {
            assert!(!html.contains(tag), "{tag}: {html}");
        }
        assert!(!html.contains("49$49"), "nothing is worked out");
    }
    desk.approve(&draft["id"]).expect(200);
    desk.publish(&draft["id"]).expect(200);
    let annex = service.get(&desk.office, &path(&draft["id"], "/bulletin.xlsx"));
    has_no_formula(&annex.body)?;
    let cells = rows(&annex.body).concat();
    assert!(cells.iter().any(|cell| cell == formula), "{cells:?}");
    Ok(())
}

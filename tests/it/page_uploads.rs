//! Files that are sent with the forms of pages, by whoever has signed in or has the link of a mail. Bad input E1 to E4, E6, E7.

use crate::support::Town;
use crate::support::link_desk::{due, link, open, send};
use crate::support::pages::all;
use crate::support::service::{Response, Service};
use crate::support::state::{files_in, state_hash};
use crate::support::town::{PLAN, UNITS};
use crate::support::web_browser::{Browser, signed_in, text};
use duban::domain::mail_link::LinkPurpose;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use std::path::PathBuf;

on_both!(
    what_is_not_taken_in_leaves_nothing_and_loses_no_words,
    names_are_only_names,
    files_are_handed_out_to_whom_they_concern,
    a_plan_is_chosen_once,
);

/// The two ways to the form that brings evidence: behind a link, and on a page.
struct Ways<'a> {
    service: &'a Service,
    link: String,
    clerk: Browser<'a>,
    path: String,
}

impl<'a> Ways<'a> {
    async fn of(town: &Town, service: &'a Service) -> anyhow::Result<Self> {
        let ask = town.ask("S1", ObligationKind::Complete).await?.id;
        Ok(Self {
            service,
            link: link(town, "S1", ObligationKind::Complete, LinkPurpose::Evidence).await?,
            clerk: signed_in(town, service, UserRole::UnitContact, Some("S1")).await?,
            path: format!("/obligations/{ask}/evidence"),
        })
    }

    /// Sends a file both ways.
    fn send(&self, note: &str, name: &str, bytes: &[u8]) -> [Response; 2] {
        let page = text(&open(self.service, &self.link));
        let by_link = send(
            self.service,
            &self.link,
            &page,
            &[("note", note)],
            &[("files", name, bytes)],
        );
        let page = text(&self.clerk.get(&self.path));
        let on_page = self.clerk.submit(
            &self.path,
            &page,
            &[("note", note)],
            &[("files", name, bytes)],
        );
        [by_link, on_page]
    }
}

/// Bad inputs E2, E3 and E4: what a browser would run, programs under another name, one byte too many.
async fn what_is_not_taken_in_leaves_nothing_and_loses_no_words(town: &Town) -> anyhow::Result<()> {
    let service = due(town).await?;
    let ways = Ways::of(town, &service).await?;
    let before = state_hash(&town.ctx.db).await?;
    let files = files_in(&town.ctx.settings.files_folder);
    let large = vec![b'a'; (20 << 20) + 1];
    let cases: [(&str, &[u8]); 6] = [
        ("a.exe", b"MZ\x90\x00\x03"),
        ("a.pdf", b"MZ\x90\x00\x03"),
        ("a.html", b"<script>alert(1)</script>"),
        (
            "a.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        ),
        ("a.pdf", b"%PDF-1.7\nPK\x03\x04"),
        ("a.txt", &large),
    ];
    for (name, bytes) in cases {
        for answer in ways.send("现场照片见附件", name, bytes) {
            let page = text(&answer);
            assert!(
                [413, 422].contains(&answer.status),
                "{name}: {}",
                answer.status
            );
            assert!(!page.contains("<script>alert"), "{name}: {page}");
            assert!(page.contains("现场照片见附件"), "{name}: {page}");
        }
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    assert_eq!(files_in(&town.ctx.settings.files_folder), files);
    Ok(())
}

/// Bad inputs E1 and E6: names that are paths or headers, and names that hide what they are.
async fn names_are_only_names(town: &Town) -> anyhow::Result<()> {
    let service = due(town).await?;
    let ways = Ways::of(town, &service).await?;
    for (note, name) in [
        ("甲", "../../etc/cron.d/x.txt"),
        ("乙", "C:\\x\\con.txt"),
        ("丙", "<img src=x onerror=alert(1)>.txt"),
        ("丁", "x\u{202e}fdp.txt"),
    ] {
        for answer in ways.send(note, name, note.as_bytes()) {
            let page = text(&answer);
            assert!([200, 422].contains(&answer.status), "{name}: {page}");
            assert!(!page.contains("<img src=x"), "{name}: {page}");
        }
    }
    let office = signed_in(town, &service, UserRole::Supervisor, None).await?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let told = all(&service, &token, "/reports?unit_code=S1", 50);
    assert!(!told.is_empty());
    for report in &told {
        let page = text(&office.get(&format!(
            "/reports/{}",
            report["id"].as_str().unwrap_or_default()
        )));
        for raw in ["../", "C:\\", "<img src=x", "\u{202e}"] {
            assert!(!page.contains(raw), "{raw}: {page}");
        }
    }
    let inside = files_in(&town.ctx.settings.files_folder);
    assert!(!inside.is_empty());
    let names = |path: &PathBuf| path.display().to_string();
    for path in inside.iter().map(names) {
        assert!(!path.contains("cron") && !path.contains("con."), "{path}");
    }
    Ok(())
}

/// Bad inputs E2 and E7: a file is saved, never shown; the id of another unit's file is of none.
async fn files_are_handed_out_to_whom_they_concern(town: &Town) -> anyhow::Result<()> {
    let service = due(town).await?;
    let ways = Ways::of(town, &service).await?;
    for answer in ways.send("台账", "台账.txt", "甲,乙\n".as_bytes()) {
        assert_eq!(answer.status, 200, "{}", text(&answer));
    }
    let token = service.token(UserRole::Supervisor, None).await?;
    let told = all(&service, &token, "/reports?unit_code=S1", 1).remove(0);
    let detail = service
        .get(
            &token,
            &format!("/reports/{}", told["id"].as_str().unwrap_or_default()),
        )
        .expect(200);
    let mut files = detail["evidence"].as_array().cloned().unwrap_or_default();
    let items = detail["items"].as_array().cloned().unwrap_or_default();
    files.extend(
        items
            .iter()
            .flat_map(|item| item["evidence"].as_array().cloned().unwrap_or_default()),
    );
    let path = format!(
        "/attachments/{}/content",
        files[0]["id"].as_str().unwrap_or_default()
    );
    let own = ways.clerk.get(&path);
    assert_eq!((own.status, &*own.body), (200, "甲,乙\n".as_bytes()));
    assert!(own.header("content-disposition").starts_with("attachment"));
    assert_eq!(own.header("x-content-type-options"), "nosniff");
    assert!(own.header("content-security-policy").contains("sandbox"));
    let foreign = signed_in(town, &service, UserRole::UnitContact, Some("S2")).await?;
    assert_eq!(foreign.get(&path).status, 404);
    let stranger = Browser::new(&service);
    assert!([303, 404].contains(&stranger.get(&path).status));
    Ok(())
}

async fn a_plan_is_chosen_once(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = signed_in(town, &service, UserRole::Supervisor, None).await?;
    let path = "/plans/import";
    let before = state_hash(&town.ctx.db).await?;
    let page = text(&office.get(path));
    let files = [
        ("file", "行动方案.txt", PLAN.as_bytes()),
        ("units", "单位.csv", UNITS.as_bytes()),
    ];
    let read = text(&office.submit(path, &page, &[], &files));
    for name in ["已选择“行动方案.txt”", "已选择“单位.csv”"] {
        assert!(read.contains(name), "{read}");
    }
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    assert_eq!(files_in(&town.ctx.settings.files_folder).len(), 2);
    let refused = office.submit(path, &page, &[], &[]);
    assert_eq!(refused.status, 422);
    assert!(text(&refused).contains("请选择文件"), "{}", text(&refused));
    // Read once more with another units file: the one before goes, the plan stays.
    let others = [("units", "另一份.csv", UNITS.as_bytes())];
    let read = text(&office.submit(path, &read, &[("step", "check")], &others));
    assert!(read.contains("已选择“行动方案.txt”") && read.contains("已选择“另一份.csv”"));
    assert_eq!(files_in(&town.ctx.settings.files_folder).len(), 2);
    // A ticket that is none of ours is no file, whatever it looks like.
    let foreign = [("held_file", "../../etc/passwd.1.00")];
    let refused = office.submit(path, &read, &foreign, &[]);
    assert_eq!(refused.status, 422, "{}", text(&refused));
    let done = office.submit(path, &read, &[], &[]);
    assert_eq!(done.status, 303, "{}", text(&done));
    assert!(done.header("location").starts_with("/plans/"));
    // Sent a second time: it was imported, and is not again.
    let again = office.submit(path, &read, &[], &[]);
    assert_eq!(again.status, 303, "{}", text(&again));
    assert_eq!(again.header("location"), done.header("location"));
    let token = service.token(UserRole::Supervisor, None).await?;
    assert_eq!(all(&service, &token, "/plans", 10).len(), 1);
    Ok(())
}

//! Evidence of reports through REST: whose files may be named, who sees and downloads them, and that nothing of it goes away.

use crate::support::Town;
use crate::support::pages::{all, column, refused};
use crate::support::service::Service;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use serde_json::{Value, json};

on_both! {
    evidence_is_shown_and_read_by_whoever_reads_what_it_proves,
    files_of_others_are_refused_like_files_that_do_not_exist,
    the_office_names_its_own_files_and_the_units,
    evidence_alone_is_an_answer,
    what_is_evidence_stays_and_what_is_not_can_go,
    a_mirror_of_the_lead_unit_is_told_of_files_it_may_now_read
}

const NOBODY: &str = "0199f3a0-0000-7000-8000-00000000000c";

/// A text file attached by a caller; its id.
fn attached(service: &Service, token: &str, name: &str) -> String {
    let bytes = format!("佐证：{name}");
    let files = [("file", name, bytes.as_bytes())];
    let file = service
        .upload(token, "/attachments", &[], &files)
        .expect(201);
    file["id"].as_str().unwrap_or_default().to_owned()
}

/// Where S1 reports completion, and the assignment it reports.
async fn asked(town: &Town) -> anyhow::Result<(String, Value)> {
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let about = duban::storage::obligations::assignments_asked(&town.ctx.db, &[ask.id]).await?;
    let about = about.first().map(|(_, assignment)| json!(assignment));
    Ok((
        format!("/obligations/{}/reports", ask.id),
        about.unwrap_or_default(),
    ))
}

fn report(about: &Value, percent: u8, of_item: &[&str], of_all: &[&str]) -> Value {
    json!({
        "items": [{ "assignment_id": about, "percent": percent, "evidence": of_item }],
        "evidence": of_all,
    })
}

async fn evidence_is_shown_and_read_by_whoever_reads_what_it_proves(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let (path, about) = asked(town).await?;
    let photo = attached(&service, &school, "公示栏.txt");
    let list = attached(&service, &school, "清单.txt");
    let body = report(&about, 40, &[&photo], &[&list]);
    let made = service.post(&school, &path, &body).expect(201);
    assert_eq!(made["items"][0]["evidence"][0]["id"], *photo);
    assert_eq!(made["items"][0]["evidence"][0]["name"], "公示栏.txt");
    assert_eq!(made["evidence"][0]["id"], *list);
    // The next version has other files; the first keeps its own.
    let later: Vec<String> = (0..2)
        .map(|n| attached(&service, &school, &format!("照片{n}.txt")))
        .collect();
    let later: Vec<&str> = later.iter().map(String::as_str).collect();
    service
        .post(&school, &path, &report(&about, 60, &later, &[]))
        .expect(201);
    service
        .post(&school, &path, &report(&about, 80, &[], &[]))
        .expect(201);
    let first = format!("/reports/{}", made["id"].as_str().unwrap_or_default());
    assert_eq!(service.get(&school, &first).expect(200), made);
    let rows = all(&service, &school, "/assignments", 50);
    let row = rows.iter().find(|row| row["id"] == about);
    assert_eq!(row.map(|row| &row["evidence_count"]), Some(&json!(2)));
    // The lead unit reads it where it reads the report: at the assignment.
    let lead = service.token(UserRole::UnitContact, Some("B2")).await?;
    let assignment = format!("/assignments/{}", about.as_str().unwrap_or_default());
    let detail = service.get(&lead, &assignment).expect(200);
    assert_eq!(detail["reports"][0]["evidence"][0]["id"], *photo);
    assert_eq!(detail["reports"][1]["evidence"][1]["id"], later[1]);
    assert_eq!(detail["reports"][2]["evidence"], json!([]));
    for (role, unit, of_item, of_all) in [
        (UserRole::UnitContact, Some("S1"), 200, 200),
        (UserRole::UnitHead, Some("D1"), 200, 200),
        (UserRole::Supervisor, None, 200, 200),
        (UserRole::Leader, None, 200, 200),
        (UserRole::UnitContact, Some("B2"), 200, 404),
        (UserRole::UnitContact, Some("B3"), 404, 404),
        (UserRole::UnitContact, Some("S2"), 404, 404),
        (UserRole::UnitHead, Some("D2"), 404, 404),
    ] {
        let token = service.token(role, unit).await?;
        for (file, status) in [(&photo, of_item), (&list, of_all)] {
            let got = service.get(&token, &format!("/attachments/{file}/content"));
            assert_eq!(got.status, status, "{role:?} {unit:?}");
        }
    }
    Ok(())
}

/// Bad input E7: a file of another unit named as evidence.
async fn files_of_others_are_refused_like_files_that_do_not_exist(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let other = service.token(UserRole::UnitContact, Some("S2")).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let (path, about) = asked(town).await?;
    let own = attached(&service, &school, "a.txt");
    let foreign = attached(&service, &other, "b.txt");
    let bureaus = attached(&service, &office, "c.txt");
    let mut told = Vec::new();
    for id in [&*foreign, &*bureaus, NOBODY] {
        let bodies = [
            (report(&about, 50, &[&own, id], &[]), "items[0].evidence[1]"),
            (report(&about, 50, &[], &[id]), "evidence[0]"),
        ];
        for (body, field) in bodies {
            let answer = || service.post(&school, &path, &body);
            refused(&service, answer, (404, "not_found", field)).await?;
            let detail = answer().json()["detail"].clone();
            told.push(detail.as_str().unwrap_or_default().replace(id, "…"));
        }
    }
    told.dedup();
    assert_eq!(told.len(), 1, "nothing tells them apart: {told:?}");
    let many = vec![&*own; 21];
    let invalid = [
        (
            report(&about, 50, &many, &[]),
            "invalid_field",
            "items[0].evidence",
        ),
        (report(&about, 50, &[], &many), "invalid_field", "evidence"),
        (
            report(&about, 50, &[&own, &own], &[]),
            "invalid_value",
            "items[0].evidence[1]",
        ),
        (
            report(&about, 50, &[], &["x"]),
            "invalid_field",
            "evidence[0]",
        ),
    ];
    for (body, code, field) in invalid {
        let answer = || service.post(&school, &path, &body);
        refused(&service, answer, (422, code, field)).await?;
    }
    // In a bulk the place is told from its beginning, and nothing of the others is written.
    let ask = town.ask("S1", ObligationKind::Acknowledge).await?;
    let complete = town.ask("S1", ObligationKind::Complete).await?;
    let bulk = json!({ "reports": [
        { "obligation_id": ask.id, "evidence": [own] },
        { "obligation_id": complete.id, "items": [{ "assignment_id": about, "percent": 5, "evidence": [foreign] }] },
    ] });
    let answer = || service.post(&school, "/reports/bulk", &bulk);
    refused(
        &service,
        answer,
        (404, "not_found", "reports[1].items[0].evidence[0]"),
    )
    .await
}

async fn the_office_names_its_own_files_and_the_units(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let other = service.token(UserRole::UnitContact, Some("S2")).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let (path, about) = asked(town).await?;
    let units = attached(&service, &school, "a.txt");
    let bureaus = attached(&service, &office, "传真.txt");
    let foreign = attached(&service, &other, "b.txt");
    let answer = || service.post(&office, &path, &report(&about, 50, &[&foreign], &[]));
    refused(&service, answer, (404, "not_found", "items[0].evidence[0]")).await?;
    let made = service
        .post(
            &office,
            &path,
            &report(&about, 50, &[&bureaus, &units], &[]),
        )
        .expect(201);
    assert_eq!(made["items"][0]["evidence"][1]["id"], *units);
    // What the office has recorded for a unit, the unit may read.
    let content = format!("/attachments/{bureaus}/content");
    assert_eq!(service.get(&school, &content).status, 200);
    assert_eq!(service.get(&other, &content).status, 404);
    Ok(())
}

async fn evidence_alone_is_an_answer(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let (path, about) = asked(town).await?;
    let bare = json!({ "items": [{ "assignment_id": about }] });
    let answer = || service.post(&school, &path, &bare);
    refused(&service, answer, (422, "invalid_value", "items")).await?;
    let file = attached(&service, &school, "a.txt");
    let body = json!({ "items": [{ "assignment_id": about, "evidence": [file] }] });
    service.post(&school, &path, &body).expect(201);
    let assignment = format!("/assignments/{}", about.as_str().unwrap_or_default());
    let shown = service.get(&school, &assignment).expect(200);
    assert_eq!(
        (&shown["state"], &shown["evidence_count"]),
        (&json!("under_way"), &json!(1))
    );
    Ok(())
}

async fn what_is_evidence_stays_and_what_is_not_can_go(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let other = service.token(UserRole::UnitContact, Some("S2")).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let (path, about) = asked(town).await?;
    let proof = attached(&service, &school, "a.txt");
    let spare = attached(&service, &school, "b.txt");
    let template = attached(&service, &office, "c.txt");
    let of = |id: &str| format!("/attachments/{id}");
    let seen = service.get(&school, &of(&proof)).header("etag").to_owned();
    service
        .post(&school, &path, &report(&about, 50, &[], &[&proof]))
        .expect(201);
    let task = json!({ "origin": "collection", "title": "报表", "lead_units": ["教学科"], "responsible_units": ["S1"], "template_id": template });
    service.post(&office, "/tasks", &task).expect(201);
    let remove = |token: &str, id: &str, etag: &str| service.delete(token, &of(id), etag);
    refused(
        &service,
        || remove(&school, &proof, &seen),
        (412, "stale", ""),
    )
    .await?;
    for (token, id, wanted) in [
        (&school, &proof, (409, "in_use", "")),
        (&office, &proof, (409, "in_use", "")),
        (&office, &template, (409, "in_use", "")),
        (&other, &spare, (404, "not_found", "")),
        (&school, &template, (404, "not_found", "")),
    ] {
        refused(&service, || remove(token, id, "*"), wanted).await?;
    }
    assert_eq!(remove(&school, &spare, "*").status, 204);
    assert_eq!(service.get(&school, &of(&spare)).status, 404);
    let files = std::fs::read_dir(&town.ctx.settings.files_folder)?;
    let files = files.flat_map(|shard| std::fs::read_dir(shard?.path()));
    assert_eq!(files.flatten().count(), 2, "its bytes are gone as well");
    service.get(&school, &of(&proof)).expect(200);
    Ok(())
}

async fn a_mirror_of_the_lead_unit_is_told_of_files_it_may_now_read(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let lead = service.token(UserRole::UnitContact, Some("B2")).await?;
    let (path, about) = asked(town).await?;
    let file = attached(&service, &school, "a.txt");
    let feed = "/changes?resource=attachments";
    let before = service.get(&lead, feed).expect(200);
    assert_eq!(before["items"], json!([]), "not theirs to see yet");
    let next = before["next_cursor"].as_str().unwrap_or_default();
    service
        .post(&school, &path, &report(&about, 50, &[&file], &[]))
        .expect(201);
    let after = service
        .get(&lead, &format!("{feed}&cursor={next}"))
        .expect(200);
    let named = after["items"].as_array().cloned().unwrap_or_default();
    assert_eq!(column(&named, "id"), [file]);
    Ok(())
}

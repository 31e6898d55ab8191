//! `/attachments` through the service: what is taken in, who reads it, and that exactly what was attached comes back.

use crate::api_plans::paths;
use crate::support::Town;
use crate::support::service::{Response, Service};
use crate::support::state::state_hash;
use crate::support::town::UNITS;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const NOBODY: &str = "0199f3a0-0000-7000-8000-00000000000c";
const TABLE: &[u8] = "学校,人数\n东区第一小学,820\n".as_bytes();

fn attach(
    service: &Service,
    token: &str,
    texts: &[(&str, &str)],
    name: &str,
    bytes: &[u8],
) -> Response {
    service.upload(token, "/attachments", texts, &[("file", name, bytes)])
}

fn attached(service: &Service, token: &str, texts: &[(&str, &str)]) -> String {
    let file = attach(service, token, texts, "统计表.csv", TABLE).expect(201);
    file["id"].as_str().expect("an id").to_owned()
}

/// Every file below a folder.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => files_in(&path),
            false => vec![path],
        })
        .collect()
}

async fn what_is_attached_comes_back_as_a_download(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let response = attach(&service, &office, &[], "../../x/统计 表.csv", TABLE);
    let file = response.expect(201);
    let id = file["id"].as_str().expect("an id");
    assert_eq!(
        response.header("location"),
        format!("/api/v1/attachments/{id}")
    );
    assert_eq!(
        (&file["name"], &file["kind"]),
        (&json!("统计 表.csv"), &json!("csv"))
    );
    assert_eq!(file["size_bytes"], TABLE.len());
    assert_eq!(
        (&file["unit_id"], &file["uploaded_by"]),
        (&Value::Null, &json!("supervisor@example.org"))
    );
    assert_eq!(
        service
            .get(&office, &format!("/attachments/{id}"))
            .expect(200),
        file
    );
    let download = service.get(&office, &format!("/attachments/{id}/content"));
    assert_eq!((download.status, download.body.as_slice()), (200, TABLE));
    assert_eq!(download.header("content-type"), "text/csv");
    assert_eq!(download.header("x-content-type-options"), "nosniff");
    assert!(
        download
            .header("content-security-policy")
            .contains("sandbox")
    );
    let disposition = download.header("content-disposition");
    assert!(disposition.starts_with("attachment; "), "{disposition}");
    assert_eq!(files_in(&town.ctx.settings.files_folder).len(), 1);
    Ok(())
}

async fn what_is_not_taken_in_leaves_nothing(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.import_units(UNITS).await?;
    let before = state_hash(&town.ctx.db).await?;
    let cases: [(&str, &[u8]); 6] = [
        ("a.txt", b""),
        ("a.exe", b"MZ\x90\x00\x03"),
        ("a.pdf", b"MZ\x90\x00\x03"),
        ("a.docx", b"just text"),
        ("a.html", b"<script>alert(1)</script>"),
        ("a", b"text"),
    ];
    for (name, bytes) in cases {
        let refusal = attach(&service, &office, &[], name, bytes);
        assert_eq!(refusal.refused(422), "unreadable_file", "{name}");
        assert_eq!(paths(&refusal.json()), ["file"], "{name}");
    }
    // Just over the largest file, still inside the form; and over the form.
    let large = vec![b'a'; (20 << 20) + 1];
    assert_eq!(
        attach(&service, &office, &[], "a.txt", &large).refused(422),
        "unreadable_file"
    );
    let larger = vec![b'a'; (20 << 20) + (65 << 10)];
    assert_eq!(
        attach(&service, &office, &[], "a.txt", &larger).refused(413),
        "body_too_large"
    );
    let nowhere = attach(&service, &office, &[("unit_code", "Z9")], "a.txt", b"text");
    assert_eq!(nowhere.refused(422), "unknown_unit");
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    assert_eq!(
        files_in(&town.ctx.settings.files_folder),
        Vec::<PathBuf>::new()
    );
    Ok(())
}

async fn a_unit_attaches_for_itself_and_reads_its_own(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    town.import_units(UNITS).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let leader = service.token(UserRole::Leader, None).await?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let other = service.token(UserRole::UnitContact, Some("S4")).await?;
    let district = service.token(UserRole::UnitHead, Some("D1")).await?;
    let own = attached(&service, &school, &[]);
    let get = |token: &str, id: &str| service.get(token, &format!("/attachments/{id}"));
    assert_eq!(get(&school, &own).expect(200)["unit_code"], "S1");
    get(&district, &own).expect(200);
    get(&leader, &own).expect(200);
    let hidden = get(&other, &own);
    assert_eq!(hidden.refused(404), "not_found");
    assert_eq!(
        hidden.json()["detail"],
        get(&other, NOBODY).json()["detail"]
    );
    let content = service.get(&other, &format!("/attachments/{own}/content"));
    assert_eq!(content.refused(404), "not_found");
    let before = state_hash(&town.ctx.db).await?;
    let foreign = attach(&service, &school, &[("unit_code", "S4")], "a.csv", TABLE);
    assert_eq!(foreign.refused(404), "not_found");
    let below = attach(&service, &district, &[("unit_code", "S1")], "a.csv", TABLE);
    assert_eq!(below.refused(404), "not_found");
    assert_eq!(
        attach(&service, &leader, &[], "a.csv", TABLE).refused(403),
        "forbidden"
    );
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    let for_unit = attached(&service, &office, &[("unit_code", "S4")]);
    get(&other, &for_unit).expect(200);
    let bureaus = attached(&service, &office, &[]);
    assert_eq!(get(&other, &bureaus).refused(404), "not_found");
    Ok(())
}

async fn a_template_is_read_by_whoever_sees_its_task(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    town.issue(CyclesAtIssue::Off).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let other = service.token(UserRole::UnitContact, Some("S4")).await?;
    let template = attached(&service, &office, &[]);
    let task = json!({
        "origin": "collection",
        "title": "报送学生人数",
        "lead_units": ["教学科"],
        "responsible_units": ["S1"],
        "template_id": template,
    });
    let task = service.post(&office, "/tasks", &task).expect(201);
    assert_eq!(
        task["template"],
        json!({ "id": template, "name": "统计表.csv" })
    );
    let path = format!("/attachments/{template}/content");
    assert_eq!(
        service.get(&school, &path).refused(404),
        "not_found",
        "not issued"
    );
    let ids = json!({ "task_ids": [task["id"]] });
    service.post(&office, "/tasks/issue", &ids).expect(200);
    assert_eq!(service.get(&school, &path).body, TABLE);
    assert_eq!(service.get(&other, &path).refused(404), "not_found");
    Ok(())
}

async fn a_file_that_is_lost_or_damaged_is_not_handed_out(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let path = format!("/attachments/{}/content", attached(&service, &office, &[]));
    let [file] = &files_in(&town.ctx.settings.files_folder)[..] else {
        anyhow::bail!("one file is stored");
    };
    let mut bytes = std::fs::read(file)?;
    bytes[0] ^= 1;
    std::fs::write(file, &bytes)?;
    assert_eq!(service.get(&office, &path).refused(409), "file_lost");
    std::fs::remove_file(file)?;
    assert_eq!(service.get(&office, &path).refused(409), "file_lost");
    Ok(())
}

on_both!(
    what_is_attached_comes_back_as_a_download,
    what_is_not_taken_in_leaves_nothing,
    a_unit_attaches_for_itself_and_reads_its_own,
    a_template_is_read_by_whoever_sees_its_task,
    a_file_that_is_lost_or_damaged_is_not_handed_out,
);

//! `/attachments` through the service: what is taken in, who reads it, and that exactly what was attached comes back.

use crate::api_plans::paths;
use crate::support::Town;
use crate::support::service::{Response, Service};
use crate::support::state::{files_in, state_hash};
use crate::support::town::UNITS;
use duban::domain::user_role::UserRole;
use duban::flow::issue_plan::CyclesAtIssue;
use sea_orm::ActiveModelTrait;
use sea_orm::ActiveValue::Set;
use serde_json::{Value, json};
use std::path::PathBuf;

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

/// Bad inputs E1 and E2: a name that is a path, and a browser that is to save what it gets.
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

/// Bad inputs E2, E3 and E4: what a browser would run, programs under another name, one byte too many.
async fn what_is_not_taken_in_leaves_nothing(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    town.import_units(UNITS).await?;
    let before = state_hash(&town.ctx.db).await?;
    let cases: [(&str, &[u8]); 9] = [
        ("a.txt", b""),
        ("a.exe", b"MZ\x90\x00\x03"),
        ("a.pdf", b"MZ\x90\x00\x03"),
        ("a.docx", b"just text"),
        ("a.html", b"<script>alert(1)</script>"),
        (
            "a.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        ),
        ("a.txt", b"<!DOCTYPE html><script>alert(1)</script>"),
        ("a.pdf", b"%PDF-1.7\nPK\x03\x04"),
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

/// Bad input E7: the id of a file of another unit.
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

/// Bad input E1: names that are paths, devices, too long, or hide what they are. The file lies under a key of our own.
async fn a_name_decides_nothing_but_what_is_shown(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let long = format!("{}.txt", "报".repeat(300));
    for (given, shown) in [
        ("../../etc/cron.d/x.txt", "x.txt"),
        ("C:\\\\Windows\\\\x.txt", "x.txt"),
        ("/etc/passwd.txt", "passwd.txt"),
        ("con.txt", "_con.txt"),
        ("a\u{202e}gpj.txt", "agpj.txt"),
        (&long, &format!("{}.txt", "报".repeat(116))),
    ] {
        let file = attach(&service, &office, &[], given, TABLE).expect(201);
        assert_eq!(file["name"], shown, "{given}");
    }
    // A NUL is no name of a part at all.
    let broken = attach(&service, &office, &[], "a\0.txt", TABLE);
    assert_eq!(broken.refused(400), "invalid_multipart");
    let stored = files_in(&town.ctx.settings.files_folder);
    assert_eq!(stored.len(), 6);
    for path in stored {
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let key = stem.map(uuid::Uuid::try_parse);
        assert!(key.is_some_and(|key| key.is_ok()), "{path:?}");
    }
    Ok(())
}

/// Bad input E4: 1,001 parts, and a part that does not end.
async fn a_form_without_measure_is_refused(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let before = state_hash(&town.ctx.db).await?;
    let files = vec![("file", "a.txt", &b"text"[..]); 1_001];
    let texts = vec![("unit_code", "S1"); 1_000];
    for (texts, files) in [(&[][..], &files[..]), (&texts, &files[..1])] {
        let refusal = service.upload(&office, "/attachments", texts, files);
        assert_eq!(refusal.refused(413), "body_too_large");
        let told = refusal.json()["detail"].to_string();
        assert!(told.contains("最多 40 项"), "{told}");
    }
    let mut endless = format!(
        "POST /api/v1/attachments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {office}\r\nContent-Type: multipart/form-data; boundary=B\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    .into_bytes();
    let head = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n";
    endless.extend(format!("{:x}\r\n{head}\r\n", head.len()).as_bytes());
    for _ in 0..22 {
        endless.extend(b"100000\r\n");
        endless.extend(vec![b'a'; 0x10_0000]);
        endless.extend(b"\r\n");
    }
    assert_eq!(service.raw(&endless).refused(413), "body_too_large");
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    let left = files_in(&town.ctx.settings.files_folder);
    assert_eq!(left, Vec::<PathBuf>::new());
    Ok(())
}

/// Bad input E6: a name with a line break, brought into the database past every check, makes no header of its own.
async fn a_name_makes_no_header(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let id = attached(&service, &office, &[]);
    let row = entity::attachment::ActiveModel {
        id: Set(id.parse()?),
        name: Set("a\"\r\nSet-Cookie: x=1\r\n\r\n<script>.csv".to_owned()),
        ..Default::default()
    };
    row.update(&town.ctx.db).await?;
    let got = service.get(&office, &format!("/attachments/{id}/content"));
    assert_eq!((got.status, got.body.as_slice()), (200, TABLE));
    assert_eq!(got.header("set-cookie"), "");
    let disposition = got.header("content-disposition");
    assert!(
        disposition.starts_with("attachment; filename=\"a"),
        "{disposition}"
    );
    assert_eq!(disposition.matches('"').count(), 2, "{disposition}");
    Ok(())
}

/// Bad input E7: a file asked for by its hash, by where it lies, or by a path. All are answered like a file that does not
/// exist, to whom it belongs as well.
async fn a_file_is_found_by_its_id_alone(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    town.import_units(UNITS).await?;
    let school = service.token(UserRole::UnitContact, Some("S1")).await?;
    let other = service.token(UserRole::UnitContact, Some("S4")).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let id = attached(&service, &school, &[]);
    let file = service
        .get(&school, &format!("/attachments/{id}"))
        .expect(200);
    let hash = file["sha256"].as_str().unwrap_or_default();
    assert_eq!(hash.len(), 64);
    let [stored] = &files_in(&town.ctx.settings.files_folder)[..] else {
        anyhow::bail!("one file is stored");
    };
    let key = stored.file_stem().and_then(|stem| stem.to_str());
    let key = key.unwrap_or_default().to_owned();
    let inner = stored.strip_prefix(&town.ctx.settings.files_folder)?;
    let inner = inner.display().to_string();
    let before = state_hash(&town.ctx.db).await?;
    let nobody = service.get(&other, &format!("/attachments/{NOBODY}"));
    let guesses = [
        hash.to_owned(),
        hash[..32].to_owned(),
        format!("sha256:{hash}"),
        key,
        inner.clone(),
        inner.replace('/', "%2f"),
        format!("..%2f{}", inner.replace('/', "%2f")),
        format!("%2e%2e%2fattachments%2f{id}"),
        format!("../attachments/{id}"),
        format!("%2e%2e/attachments/{id}"),
        format!("{NOBODY}/../{id}"),
        format!("{NOBODY}/%2e%2e/{id}"),
        "..%2f..%2fetc%2fpasswd".to_owned(),
        "../../../../etc/passwd".to_owned(),
        "%E7%BB%9F%E8%AE%A1%E8%A1%A8.csv".to_owned(),
    ];
    for guess in guesses {
        for below in ["", "/content"] {
            let path = format!("/attachments/{guess}{below}");
            for token in [&school, &other, &office] {
                let got = service.get(token, &path);
                assert_eq!(got.refused(404), "not_found", "{path}");
                assert_eq!(got.json()["title"], nobody.json()["title"], "{path}");
            }
        }
    }
    for path in [
        format!("/attachments/{id}"),
        format!("/attachments/{id}/content"),
    ] {
        let foreign = service.get(&other, &path);
        assert_eq!(foreign.refused(404), "not_found");
        assert_eq!(foreign.json()["detail"], nobody.json()["detail"]);
    }
    let removed = service.delete(&other, &format!("/attachments/{id}"), "*");
    assert_eq!(removed.refused(404), "not_found");
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

/// Bad input E8: ranges by the thousand, inverted, or past the end. A file is handed out whole, as `Accept-Ranges` says.
async fn no_part_of_a_file_is_handed_out(town: &Town) -> anyhow::Result<()> {
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let path = format!(
        "/api/v1/attachments/{}/content",
        attached(&service, &office, &[])
    );
    let many = format!("bytes={}", vec!["0-"; 1_000].join(","));
    let ranges = [
        &many,
        "bytes=5-2",
        "bytes=0-0",
        "bytes=-5",
        "bytes=99999999-",
        "bytes=18446744073709551616-",
        "bytes=a-b",
        "lines=1-2",
        "",
    ];
    for range in ranges {
        let header = format!("Range: {range}");
        let got = service.send("GET", &path, &office, &[&header], b"");
        assert_eq!((got.status, got.body.as_slice()), (200, TABLE), "{range}");
        assert_eq!(got.header("accept-ranges"), "none");
        assert_eq!(got.header("content-range"), "");
        let head = service.send("HEAD", &path, &office, &[&header], b"");
        assert_eq!((head.status, head.header("accept-ranges")), (200, "none"));
        assert_eq!(head.header("content-length"), TABLE.len().to_string());
        // What is known needs no bytes at all, whatever part of it is asked for.
        let known = format!("If-None-Match: {}", got.header("etag"));
        let again = service.send("GET", &path, &office, &[&header, &known], b"");
        assert_eq!((again.status, again.body.len()), (304, 0), "{range}");
    }
    Ok(())
}

on_both!(
    a_name_decides_nothing_but_what_is_shown,
    a_form_without_measure_is_refused,
    a_name_makes_no_header,
    a_file_is_found_by_its_id_alone,
    no_part_of_a_file_is_handed_out,
    what_is_attached_comes_back_as_a_download,
    what_is_not_taken_in_leaves_nothing,
    a_unit_attaches_for_itself_and_reads_its_own,
    a_template_is_read_by_whoever_sees_its_task,
    a_file_that_is_lost_or_damaged_is_not_handed_out,
);

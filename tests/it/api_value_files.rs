//! Values of indicators filled in a sheet: the template that units are given, and what becomes of the file they send back.

use crate::support::Town;
use crate::support::filled_sheet::FilledSheet;
use crate::support::office::Office;
use crate::support::pages::{column, refused, wrong};
use crate::support::read_files::rows;
use crate::support::service::Response;
use crate::support::state::state_hash;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use serde_json::json;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

impl Office<'_> {
    /// The template of what a unit was asked last.
    async fn template(&self, unit: &str) -> anyhow::Result<FilledSheet> {
        let path = format!("{}/template.xlsx", self.asked(unit).await?);
        let given = self.service.get(&self.token, &path);
        assert_eq!(given.status, 200);
        Ok(FilledSheet::of(&given.body))
    }

    /// Sends a file as the answer of a unit.
    async fn send(&self, unit: &str, sheet: &FilledSheet) -> anyhow::Result<Response> {
        let path = format!("{}/reports/from-file", self.asked(unit).await?);
        let files = [("file", "监测填报.xlsx", sheet.bytes())];
        Ok(self.service.upload(&self.token, &path, &[], &files))
    }
}

/// An office that asks S1 for two indicators, the rate (row 2) and lessons (row 3), and other schools for the rate alone.
async fn asking(town: &Town) -> anyhow::Result<Office<'_>> {
    let mut office = Office::of(town).await?;
    office.add(json!({ "reporters": ["S1"] })).await?;
    office.open("2026-03-09").await?;
    Ok(office)
}

async fn a_filled_template_is_a_report(town: &Town) -> anyhow::Result<()> {
    let mut office = asking(town).await?;
    let rate = office.found("开齐率");
    office.tell("S1", &rate, json!(94.5)).await?;
    office.open("2026-09-14").await?;
    let asked = office.asked("S1").await?;
    let path = format!("{asked}/template.xlsx");
    let contact = office
        .service
        .token(UserRole::UnitContact, Some("S1"))
        .await?;
    let given = office.service.get(&contact, &path);
    assert_eq!(given.header("content-type"), XLSX);
    let name = given.header("content-disposition").to_owned();
    assert!(
        name.contains("filename*=UTF-8''%E7%9B%91%E6%B5%8B%E5%A1%AB%E6%8A%A52026-T1-"),
        "{name}"
    );
    let again = office.service.get(&contact, &path);
    assert_eq!(given.body, again.body, "the same bytes");
    assert_eq!(given.header("etag"), again.header("etag"));
    let table = rows(&given.body);
    assert_eq!(table.len(), 3);
    assert_eq!(
        &table[1][2..],
        ["课程开齐率", "不低于 95%", "%", "94.5", "", ""]
    );
    assert_eq!(&table[2][2..], ["听课", "不低于 20 节", "节", "", "", ""]);
    // Excel keeps what was typed as 96.5% as 0.965 in a cell of percentages; here the words are typed.
    let sheet = FilledSheet::of(&given.body);
    let sheet = sheet
        .text("G2", "96.5%")
        .number("G3", "20.300000000000001")
        .text("H3", "含线上");
    let upload = |token: &str| {
        let files = [("file", "监测填报.xlsx", sheet.bytes())];
        let texts = [("note", "已审核")];
        office
            .service
            .upload(token, &format!("{asked}/reports/from-file"), &texts, &files)
    };
    // Its district reads the request, but does not answer it.
    let district = office.service.token(UserRole::UnitHead, Some("D1")).await?;
    assert_eq!(office.service.get(&district, &path).status, 200);
    assert_eq!(upload(&district).refused(404), "not_found");
    let made = upload(&contact).expect(201);
    assert_eq!(made["note"], "已审核");
    let values = made["values"].as_array().cloned().unwrap_or_default();
    assert_eq!(column(&values, "value"), ["96.5", "20.3"]);
    assert_eq!(column(&values, "note"), ["null", "含线上"]);
    assert_eq!(column(&values, "trend"), ["rising", "no_earlier_value"]);
    let state = town.asked("S1", ObligationKind::Monitoring).await?;
    assert!(state.iter().all(|one| one.state.as_str() == "answered"));
    // What was told comes along in the next template; a row left empty, or taken out, tells nothing.
    let next = office.template("S1").await?;
    assert_eq!(&rows(next.bytes())[2][5..], ["", "20.3", "含线上"]);
    let made = office
        .send("S1", &next.cell("G3", "", "").cell("H3", "", ""))
        .await?;
    assert_eq!(made.expect(201)["values"].as_array().map(Vec::len), Some(1));
    Ok(())
}

/// Bad input F13: formulas with their results, errors, merged cells, moved columns and foreign ids in a filled template.
async fn a_cell_that_cannot_be_taken_is_named_and_nothing_is_kept(
    town: &Town,
) -> anyhow::Result<()> {
    let office = asking(town).await?;
    let empty = office.template("S1").await?;
    let good = empty.number("G2", "96").number("G3", "20");
    let ids = rows(empty.bytes());
    let formula = "<f>1+1</f><v>96</v>";
    let merged = "</sheetData><mergeCells count=\"1\"><mergeCell ref=\"G2:G3\"/></mergeCells>";
    let long = "长".repeat(1001);
    for (sheet, code, field) in [
        (good.text("G2", "合格"), "invalid_cell", "G2"),
        (good.text("G3", "20节"), "invalid_cell", "G3"),
        (good.text("G3", "20%"), "invalid_cell", "G3"),
        (good.number("G2", "100.5"), "invalid_cell", "G2"),
        (good.number("G2", "-1"), "invalid_cell", "G2"),
        (good.number("G3", "1e12"), "invalid_cell", "G3"),
        (good.number("G3", "0.1234567"), "invalid_cell", "G3"),
        (good.number("G3", "1e999"), "invalid_cell", "G3"),
        (good.number("G3", "NaN"), "invalid_cell", "G3"),
        (
            good.cell("G3", " t=\"b\"", "<v>1</v>"),
            "invalid_cell",
            "G3",
        ),
        (
            good.cell("G3", " t=\"e\"", "<v>#N/A</v>"),
            "invalid_cell",
            "G3",
        ),
        (good.cell("G3", "", formula), "invalid_cell", "G3"),
        (good.cell("G3", "", "<f>1+1</f>"), "invalid_cell", "G3"),
        // The result of an array formula: G3 alone looks typed.
        (
            good.cell("G2", "", "<f t=\"array\" ref=\"G2:G3\">A1</f><v>9</v>"),
            "invalid_cell",
            "G2",
        ),
        (
            good.cell("H2", " t=\"str\"", "<f>T(1)</f><v>x</v>"),
            "invalid_cell",
            "H2",
        ),
        (
            good.cell("G3", "", "").text("H3", "没有数"),
            "invalid_cell",
            "G3",
        ),
        (good.text("H3", &long), "invalid_cell", "H3"),
        (good.replaced("</sheetData>", merged), "invalid_cell", "G2"),
        (good.text("I2", "x"), "invalid_cell", "I2"),
        (good.number("G9", "5"), "invalid_cell", "A9"),
        (good.text("B3", "x"), "invalid_cell", "B3"),
        (good.text("B3", &ids[1][1]), "invalid_cell", "C3"),
        (good.text("B3", &ids[1][0]), "invalid_cell", "C3"),
        (good.text("C3", "课程开齐率"), "invalid_cell", "C3"),
        (
            good.text("B3", &ids[1][1]).text("C3", "课程开齐率"),
            "invalid_cell",
            "C3",
        ),
        (good.text("G1", "数值"), "invalid_cell", "G1"),
        (good.text("A3", &ids[1][1]), "foreign_item", "A3"),
        (
            good.edited("xl/workbook.xml", |xml| xml.replace("监测填报", "表一")),
            "invalid_cell",
            "A1",
        ),
        (
            good.replaced("<c r=\"H2\"", "<c r=\"G2\"><v>1</v></c><c r=\"H2\""),
            "invalid_cell",
            "G2",
        ),
        (
            good.replaced("<c r=\"G3\"", "<c r=\"G0\""),
            "invalid_cell",
            "G0",
        ),
        (empty.clone(), "invalid_value", "file"),
        (FilledSheet::of(b"PK\x03\x04"), "unreadable_file", "file"),
        (
            FilledSheet::of("课程开齐率,96".as_bytes()),
            "unreadable_file",
            "file",
        ),
        (
            FilledSheet::of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old"),
            "unreadable_file",
            "file",
        ),
        (
            good.edited("xl/worksheets/sheet1.xml", |xml| xml + &" ".repeat(4 << 20)),
            "unreadable_file",
            "file",
        ),
        (
            good.edited("xl/worksheets/sheet1.xml", |xml| {
                xml.replace("<worksheet", "<!DOCTYPE a><worksheet")
            }),
            "unreadable_file",
            "file",
        ),
    ] {
        let answer = office.send("S1", &sheet).await?;
        let told = answer.json().to_string();
        refused(&office.service, || answer, (422, code, field))
            .await
            .inspect_err(|_| eprintln!("{told}"))?;
    }
    // All that is wrong is told at once, each by its cell.
    let before = state_hash(&town.ctx.db).await?;
    let bad = good
        .number("G2", "101")
        .cell("G3", "", formula)
        .text("J7", "x");
    let problem = office.send("S1", &bad).await?.expect(422);
    assert_eq!(wrong(&problem), ["G3", "J7", "A7", "G2"], "{problem}");
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(
        detail.contains("G3：是公式") && detail.ends_with("（共 4 处）"),
        "{detail}"
    );
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    // The good one was good.
    office.send("S1", &good).await?.expect(201);
    Ok(())
}

async fn a_template_answers_only_what_it_was_made_for(town: &Town) -> anyhow::Result<()> {
    let mut office = asking(town).await?;
    let spring = office.template("S1").await?.number("G2", "96");
    let other = office.template("S2").await?.number("G2", "96");
    let foreign = (422, "foreign_item", "A2");
    let answer = office.send("S1", &other).await?;
    refused(&office.service, || answer, foreign).await?;
    office.open("2026-09-14").await?;
    let answer = office.send("S1", &spring).await?;
    refused(&office.service, || answer, foreign).await?;
    // An indicator that was renamed meanwhile is no longer what the sheet says.
    let autumn = office.template("S1").await?.number("G2", "96");
    let rate = office.found("开齐率");
    office.change(&rate, &json!({ "name": "国家课程开齐率" }));
    let answer = office.send("S1", &autumn).await?;
    refused(&office.service, || answer, (422, "invalid_cell", "C2")).await?;
    // An acknowledgement asks for no values.
    let asked = town.ask("S1", ObligationKind::Acknowledge).await?.id;
    let path = format!("/obligations/{asked}");
    let given = office
        .service
        .get(&office.token, &format!("{path}/template.xlsx"));
    assert_eq!(given.refused(409), "no_indicators");
    let files = [("file", "a.xlsx", autumn.bytes())];
    let answer = office.service.upload(
        &office.token,
        &format!("{path}/reports/from-file"),
        &[],
        &files,
    );
    refused(&office.service, || answer, (409, "no_indicators", "")).await
}

on_both! {
    a_filled_template_is_a_report,
    a_cell_that_cannot_be_taken_is_named_and_nothing_is_kept,
    a_template_answers_only_what_it_was_made_for,
}

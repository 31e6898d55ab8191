//! The task ledger as it comes back: whose rows may be edited, what is a conflict, what is refused by which cell.

use crate::support::Town;
use crate::support::filled_sheet::FilledSheet;
use crate::support::ledger_desk::{LedgerDesk, at, place, row_of, table};
use crate::support::pages::{refused, wrong};
use crate::support::state::state_hash;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use serde_json::json;

on_both! {
    a_cell_that_cannot_be_taken_is_named_and_nothing_is_kept,
    a_row_that_changed_here_since_is_a_conflict,
    everybody_sees_and_edits_their_own
}

/// Bad input F13: formulas, errors, days from 1904, merged cells, moved columns and foreign ids in a ledger.
async fn a_cell_that_cannot_be_taken_is_named_and_nothing_is_kept(
    town: &Town,
) -> anyhow::Result<()> {
    let desk = LedgerDesk::of(town).await?;
    let bytes = desk.export(&desk.office);
    let row = row_of(&bytes, "二(一)2", "东区第一小学");
    let other = row_of(&bytes, "二(一)2", "东区第二小学");
    let good = FilledSheet::of(&bytes).number(&at("实际进度", other), "60");
    desk.import(&desk.office, good.bytes(), false).expect(200);
    let bytes = desk.export(&desk.office);
    let cells = table(&bytes);
    // A good edit beside each bad one: it must not get through.
    let good = FilledSheet::of(&bytes).text(&at("备注", row), "好");
    let text = |header: &str, row: usize, text: &str| {
        (good.text(&at(header, row), text), place(header, row))
    };
    let long = "长".repeat(4001);
    let merged = format!(
        "</sheetData><mergeCells count=\"1\"><mergeCell ref=\"{}:{}\"/></mergeCells>",
        at("备注", row),
        at("备注", row + 1)
    );
    let sheets = [
        text("实际进度", row, "八成"),
        text("实际进度", row, "101"),
        text("实际进度", row, "-1"),
        text("实际进度", row, "0.8"),
        text("实际进度", other, "59"),
        (
            good.cell(&at("实际进度", other), "", ""),
            place("实际进度", other),
        ),
        (
            good.cell(&at("实际进度", row), "", "<f>40+40</f><v>80</v>"),
            place("实际进度", row),
        ),
        (
            good.cell(&at("进展情况", row), " t=\"str\"", "<f>T(1)</f><v>x</v>"),
            place("进展情况", row),
        ),
        (
            good.cell(&at("存在问题", row), " t=\"e\"", "<v>#N/A</v>"),
            place("存在问题", row),
        ),
        text("进展情况", row, &long),
        text("备注", row, &long[..1001 * 3]),
        // Not to be edited: words, days, numbers, what is worked out, where it stands.
        text("重点任务", row, "别的任务"),
        (
            good.number(&at("起始时间", row), "46000"),
            place("起始时间", row),
        ),
        (
            good.number(&at("序时进度", row), "1"),
            place("序时进度", row),
        ),
        text("完成状态", row, "亮绿灯"),
        text("办理状态", row, "已销号"),
        text("督办单号", row, "1号"),
        // Only some columns were sorted: the row shows another assignment.
        (
            good.text(&at("责任单位", row), "东区第二小学")
                .text(&at("联络员", row), "乙老师"),
            place("编号", row),
        ),
        // Ids that are none, foreign, or there twice; codes that are not theirs.
        text("分工编号", row, "1"),
        (
            good.text(&at("分工编号", row), &cells[other - 1][0]),
            place("分工编号", row),
        ),
        (
            good.text(&at("分工编号", row), &cells[other - 1][0])
                .text(&at("核对码", row), &cells[other - 1][1]),
            place("分工编号", other),
        ),
        (
            good.cell(&at("核对码", row), "", ""),
            place("分工编号", row),
        ),
        (good.text("Y90", "合计"), "分工台账!A90".to_owned()),
        (good.text("AA2", "x"), "分工台账!AA2".to_owned()),
        (good.text("AA1", "主管领导"), "分工台账!AA1".to_owned()),
        (
            good.text(&at("进展情况", 1), "进展"),
            format!("分工台账!{}", at("进展情况", 1)),
        ),
        (good.replaced("</sheetData>", &merged), place("备注", row)),
        (
            good.edited("xl/worksheets/sheet2.xml", |xml| {
                let start = xml.find("<c r=\"I2\"").expect("a cell");
                let end = start + xml[start..].find("</c>").expect("an end");
                format!("{}<c r=\"I2\"><v>46000</v>{}", &xml[..start], &xml[end..])
            }),
            "任务!I2".to_owned(),
        ),
    ];
    for (sheet, place) in sheets {
        let before = state_hash(&town.ctx.db).await?;
        let problem = desk.import(&desk.office, sheet.bytes(), false).expect(422);
        assert_eq!(problem["code"], "invalid_cell", "{place}: {problem}");
        assert!(wrong(&problem).contains(&place), "{place}: {problem}");
        assert_eq!(state_hash(&town.ctx.db).await?, before, "{place}");
    }
    // Days counted from 1904: all are four years off, and none is guessed.
    let from_1904 = good.edited("xl/workbook.xml", |xml| {
        xml.replace("<workbookPr ", "<workbookPr date1904=\"1\" ")
    });
    let problem = desk
        .import(&desk.office, from_1904.bytes(), false)
        .expect(422);
    assert_eq!(wrong(&problem), ["任务!I3"], "{problem}");
    let alone = from_1904.edited("xl/workbook.xml", |xml| {
        xml.replace("name=\"任务\"", "name=\"任务\" state=\"hidden\"")
    });
    let problem = desk.import(&desk.office, alone.bytes(), false).expect(422);
    assert!(wrong(&problem).contains(&place("起始时间", 2)), "{problem}");
    for (name, bytes, code) in [
        ("台账.xlsx", &b"PK\x03\x04"[..], "unreadable_file"),
        ("台账.csv", "编号,实际进度".as_bytes(), "unreadable_file"),
        (
            "台账.xlsx",
            include_bytes!("../../config/example/plan.txt"),
            "unreadable_file",
        ),
    ] {
        let request = || {
            let files = [("file", name, bytes)];
            desk.service.upload(&desk.office, &desk.path, &[], &files)
        };
        refused(&desk.service, request, (422, code, "file")).await?;
    }
    Ok(())
}

async fn a_row_that_changed_here_since_is_a_conflict(town: &Town) -> anyhow::Result<()> {
    let desk = LedgerDesk::of(town).await?;
    let sheet = desk.export(&desk.office);
    let row = row_of(&sheet, "二(一)2", "东区第一小学");
    let quiet = row_of(&sheet, "二(一)2", "东区第二小学");
    let school = desk
        .service
        .token(UserRole::UnitContact, Some("S1"))
        .await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let id = desk.assignment("S1", "二(一)2")["id"].clone();
    let id = id.as_str().unwrap_or_default();
    let told = json!({ "items": [{ "assignment_id": id, "percent": 40, "done": "过半" }] });
    town.set("2026-03-09", "11:30")?;
    let path = format!("/obligations/{}/reports", ask.id);
    desk.service.post(&school, &path, &told).expect(201);
    // What changed here and was not edited there is no conflict, and stays.
    let note = FilledSheet::of(&sheet).text(&at("备注", quiet), "已联系");
    let done = desk.import(&desk.office, note.bytes(), false).expect(200);
    assert_eq!(
        (&done["changes_total"], &done["conflicts"]),
        (&json!(1), &json!([]))
    );
    assert_eq!(desk.assignment("S1", "二(一)2")["percent"], 40);
    // What was edited is.
    let both = note.text(&at("下一步措施", row), "三月底完成");
    let tried = desk.import(&desk.office, both.bytes(), true).expect(200);
    let conflict = &tried["conflicts"][0];
    assert_eq!(conflict["assignment_id"], id);
    assert_eq!(conflict["row"], row);
    let changed: Vec<&str> = conflict["changed"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["column"].as_str())
        .collect();
    assert_eq!(changed, ["实际进度", "进展情况", "办理状态"]);
    assert_eq!(conflict["changed"][0]["now"], "40");
    assert_eq!(conflict["changed_at"], "2026-03-09T03:30:00Z");
    assert!(
        conflict["changed_by"]
            .as_str()
            .is_some_and(|by| by.contains('@'))
    );
    assert!(
        conflict["exported_change_no"]
            .as_i64()
            .is_some_and(|number| number > 0)
    );
    let change = &tried["changes"][0];
    assert_eq!(
        (&change["conflict"], &change["before"]),
        (&json!(true), &json!(""))
    );
    let request = || desk.import(&desk.office, both.bytes(), false);
    let place = place("实际进度", row);
    refused(&desk.service, request, (409, "ledger_conflict", &place)).await?;
    // Another row that is forced does not help; no id at all is told so.
    let other = desk.assignment("S2", "二(一)2")["id"].clone();
    let force = |ids: &str| desk.forced(&desk.office, both.bytes(), false, &[("force", ids)]);
    let request = || force(other.as_str().unwrap_or_default());
    refused(&desk.service, request, (409, "ledger_conflict", &place)).await?;
    assert_eq!(wrong(&force("第5行").expect(422)), ["force"]);
    let done = force(&format!("{}，{id}", other.as_str().unwrap_or_default())).expect(200);
    assert_eq!(
        (&done["reports"], &done["conflicts"][0]["forced"]),
        (&json!(1), &json!(true))
    );
    // Only what was edited is taken from the file.
    let now = desk.assignment("S1", "二(一)2");
    assert_eq!(now["percent"], 40);
    let last = now["reports"]
        .as_array()
        .and_then(|all| all.last())
        .cloned();
    assert_eq!(
        last.map(|one| one["next_steps"].clone()),
        Some(json!("三月底完成"))
    );
    Ok(())
}

async fn everybody_sees_and_edits_their_own(town: &Town) -> anyhow::Result<()> {
    let desk = LedgerDesk::of(town).await?;
    let whole = desk.export(&desk.office);
    let school = desk
        .service
        .token(UserRole::UnitContact, Some("S1"))
        .await?;
    let lead = desk
        .service
        .token(UserRole::UnitContact, Some("B2"))
        .await?;
    let units = |sheet: &[u8]| {
        let mut units: Vec<String> = table(sheet)[1..].iter().map(|row| row[7].clone()).collect();
        units.sort();
        units.dedup();
        units
    };
    assert_eq!(units(&desk.export(&school)), ["东区第一小学"]);
    // A lead sees who carries its tasks, but not their people, and edits its own.
    let led = desk.export(&lead);
    let row = row_of(&led, "二(一)2", "东区第一小学");
    let own = row_of(&led, "二(一)2", "教学科");
    let cells = table(&led);
    assert_eq!(
        (cells[row - 1][9].as_str(), cells[own - 1][9].as_str()),
        ("", "焦老师")
    );
    let request = || {
        let sheet = FilledSheet::of(&led).number(&at("实际进度", row), "10");
        desk.import(&lead, sheet.bytes(), false)
    };
    refused(
        &desk.service,
        request,
        (422, "invalid_cell", &place("实际进度", row)),
    )
    .await?;
    let sheet = FilledSheet::of(&led).number(&at("实际进度", own), "10");
    desk.import(&lead, sheet.bytes(), false).expect(200);
    // The office's sheet has rows that a school does not see.
    let problem = desk.import(&school, &whole, true).expect(422);
    assert_eq!(problem["code"], "invalid_cell");
    assert!(wrong(&problem).len() > 5, "{problem}");
    let leader = desk.service.token(UserRole::Leader, None).await?;
    assert_eq!(units(&desk.export(&leader)).len(), units(&whole).len());
    assert_eq!(desk.import(&leader, &whole, true).refused(403), "forbidden");
    // Another plan's rows.
    let body = json!({ "origin": "instruction", "title": "查一查食堂", "text": "查一查食堂", "origin_note": "局长批示", "lead_units": ["B2"], "responsible_units": ["各校"] });
    let made = desk.service.post(&desk.office, "/tasks", &body).expect(201);
    let other = made["plan_id"].as_str().unwrap_or_default();
    let path = format!("/plans/{other}/ledger?dry_run=true");
    let files = [("file", "台账.xlsx", whole.as_slice())];
    let problem = desk
        .service
        .upload(&desk.office, &path, &[], &files)
        .expect(422);
    assert_eq!(wrong(&problem)[0], place("编号", 2));
    let missing = format!("/plans/{}/ledger", uuid::Uuid::nil());
    let gone = desk.service.upload(&desk.office, &missing, &[], &files);
    assert_eq!(gone.refused(404), "not_found");
    Ok(())
}

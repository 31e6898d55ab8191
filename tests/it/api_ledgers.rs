//! The task ledger as a sheet: what it shows, and what becomes of it edited.

use crate::support::Town;
use crate::support::filled_sheet::FilledSheet;
use crate::support::ledger_desk::{COLUMNS, LedgerDesk, at, place, row_of, table};
use crate::support::pages::{all, refused};
use crate::support::state::state_hash;
use crate::support::town::day;
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::user_role::UserRole;
use duban::storage::changes;
use serde_json::{Value, json};

on_both! {
    a_ledger_that_comes_back_as_it_went_changes_nothing,
    edits_become_reports_of_their_units,
    a_note_is_kept_beside_its_assignment,
    a_new_due_day_is_more_time_given,
    a_ledger_is_filtered,
    what_was_sent_back_is_reported_again_by_ledger
}

async fn change_no(town: &Town) -> anyhow::Result<i64> {
    Ok(changes::span(&town.ctx.db).await?.newest)
}

/// Bad inputs F11 and G1: the same ledger again, with texts that look like formulas.
async fn a_ledger_that_comes_back_as_it_went_changes_nothing(town: &Town) -> anyhow::Result<()> {
    let desk = LedgerDesk::of(town).await?;
    // Something of everything: texts that look like formulas, more time, a row that was struck off.
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let id = desk.assignment("S1", "二(一)2")["id"].clone();
    let told = json!({ "items": [{ "assignment_id": id, "percent": 100, "done": "=HYPERLINK(\"http://evil\")", "problems": "@SUM(A1)", "next_steps": "-1\n\t+2 " }] });
    let path = format!("/obligations/{}/reports", ask.id);
    desk.service.post(&desk.office, &path, &told).expect(201);
    for event in ["accept", "close"] {
        let decisions = json!({ "decisions": [{ "assignment_id": id, "event": event }] });
        desk.service
            .post(&desk.office, "/assignment-events", &decisions)
            .expect(201);
    }
    let other = town.ask("S2", ObligationKind::Complete).await?;
    let wanted = json!({ "obligation_id": other.id, "reason": "设备未到", "progress": "一半", "expected_on": "2026-05-20" });
    let made = desk
        .service
        .post(&desk.office, "/extensions", &wanted)
        .expect(201);
    let path = format!(
        "/extensions/{}/decision",
        made["id"].as_str().unwrap_or_default()
    );
    let granted = json!({ "granted_on": "2026-05-20", "note": null });
    desk.service.post(&desk.office, &path, &granted).expect(200);

    let sheet = desk.export(&desk.office);
    assert_eq!(sheet, desk.export(&desk.office), "the same bytes");
    let cells = table(&sheet);
    assert_eq!(cells[0], COLUMNS);
    let closed = &cells[row_of(&sheet, "二(一)2", "东区第一小学") - 1];
    let shown = [14, 15, 16, 17, 19, 23].map(|column| closed[column].as_str());
    let wanted = [
        "100",
        "=HYPERLINK(\"http://evil\")",
        "@SUM(A1)",
        "-1\n\t+2",
        "已销号",
        "2026-03-09",
    ];
    assert_eq!(shown, wanted);
    let moved = &cells[row_of(&sheet, "二(一)2", "东区第二小学") - 1];
    let shown = [11, 12, 21].map(|column| moved[column].as_str());
    assert_eq!(shown, ["2026-05-20", "2026-04-30", "1"]);
    assert!(moved[18].ends_with("亮绿灯。"), "{}", moved[18]);
    // The lights of another day are others; nobody has edited them.
    town.set("2026-05-26", "10:00")?;
    let office = desk.service.token(UserRole::Supervisor, None).await?;
    let before = (state_hash(&town.ctx.db).await?, change_no(town).await?);
    let again = table(&desk.export(&office));
    assert_ne!(
        again[row_of(&sheet, "二(一)2", "东区第三小学") - 1],
        cells[row_of(&sheet, "二(一)2", "东区第三小学") - 1]
    );
    for dry_run in [true, false] {
        let done = desk.import(&office, &sheet, dry_run).expect(200);
        assert_eq!(done["rows"], cells.len() - 1);
        assert_eq!(done["changes_total"], 0, "{done}");
        assert_eq!(done["conflicts"], json!([]));
        assert_eq!(done["applied"], !dry_run);
    }
    let after = (state_hash(&town.ctx.db).await?, change_no(town).await?);
    assert_eq!(before, after);
    Ok(())
}

async fn edits_become_reports_of_their_units(town: &Town) -> anyhow::Result<()> {
    let desk = LedgerDesk::of(town).await?;
    let sheet = desk.export(&desk.office);
    let row = row_of(&sheet, "二(一)2", "东区第一小学");
    let edited = FilledSheet::of(&sheet)
        .number(&at("实际进度", row), "30")
        .text(&at("进展情况", row), "=1+1 已部署")
        .text(&at("存在问题", row), "人手不足");
    let before = state_hash(&town.ctx.db).await?;
    let tried = desk.import(&desk.office, edited.bytes(), true).expect(200);
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    let told: Vec<[String; 3]> = tried["changes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| {
            ["cell", "before", "after"]
                .map(|field| one[field].as_str().unwrap_or_default().to_owned())
        })
        .collect();
    let wanted = [
        [place("实际进度", row), String::new(), "30".to_owned()],
        [
            place("进展情况", row),
            String::new(),
            "=1+1 已部署".to_owned(),
        ],
        [place("存在问题", row), String::new(), "人手不足".to_owned()],
    ];
    assert_eq!(told, wanted);
    assert_eq!(
        (&tried["applied"], &tried["reports"]),
        (&json!(false), &json!(1))
    );
    let done = desk.import(&desk.office, edited.bytes(), false).expect(200);
    let counts =
        ["applied", "reports", "answered", "notes", "days_moved"].map(|field| done[field].clone());
    assert_eq!(
        counts,
        [json!(true), json!(1), json!(0), json!(0), json!(0)]
    );
    let told = desk.assignment("S1", "二(一)2");
    assert_eq!(
        (&told["percent"], &told["state"]),
        (&json!(30), &json!("under_way"))
    );
    let report = &told["reports"][0];
    assert_eq!(report["done"], "=1+1 已部署");
    assert_eq!(report["kind"], "complete");
    // It is asked on whether it is done: 30% in March is no answer to that.
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(ask.state, ObligationState::Open);
    let acknowledged = town.ask("S1", ObligationKind::Acknowledge).await?;
    assert_eq!(acknowledged.state, ObligationState::Open);
    // The same file once more: everything stands there already.
    let before = (state_hash(&town.ctx.db).await?, change_no(town).await?);
    let again = desk.import(&desk.office, edited.bytes(), false).expect(200);
    assert_eq!(
        (&again["changes_total"], &again["reports"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(
        before,
        (state_hash(&town.ctx.db).await?, change_no(town).await?)
    );
    // Done: by the unit itself, from its own sheet. A standing duty is told of under the acknowledgement.
    let school = desk
        .service
        .token(UserRole::UnitContact, Some("S1"))
        .await?;
    let own = desk.export(&school);
    let (row, duty) = (
        row_of(&own, "二(一)2", "东区第一小学"),
        row_of(&own, "二(二)3", "东区第一小学"),
    );
    let edited = FilledSheet::of(&own)
        .text(&at("实际进度", row), "100%")
        .text(&at("进展情况", duty), "已自查一次");
    let done = desk.import(&school, edited.bytes(), false).expect(200);
    assert_eq!(
        (&done["reports"], &done["answered"]),
        (&json!(2), &json!(1))
    );
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(ask.state, ObligationState::Answered);
    let told = desk.assignment("S1", "二(二)3");
    assert_eq!(told["reports"][0]["kind"], "acknowledge");
    assert_eq!(told["acknowledged_on"], Value::Null);
    let told = desk.assignment("S1", "二(一)2");
    assert_eq!(
        (&told["percent"], &told["state"]),
        (&json!(100), &json!("reported"))
    );
    // What was told before stays beside what is told now.
    let now = &table(&desk.export(&desk.office))[row_of(&sheet, "二(一)2", "东区第一小学") - 1];
    assert_eq!(now[15], "=1+1 已部署");
    Ok(())
}

async fn a_note_is_kept_beside_its_assignment(town: &Town) -> anyhow::Result<()> {
    let desk = LedgerDesk::of(town).await?;
    let sheet = desk.export(&desk.office);
    let row = row_of(&sheet, "二(一)1", "青石中学");
    let noted = FilledSheet::of(&sheet).text(&at("备注", row), "校长更换\n请联系戊老师");
    let done = desk.import(&desk.office, noted.bytes(), false).expect(200);
    assert_eq!((&done["notes"], &done["reports"]), (&json!(1), &json!(0)));
    let note = desk.assignment("S6", "二(一)1")["note"].clone();
    assert_eq!(note["text"], "校长更换\n请联系戊老师");
    let audit = desk.service.token(UserRole::Auditor, None).await?;
    let events = all(&desk.service, &audit, "/audit-events", 200);
    for action in ["note_assignments", "import_ledgers"] {
        assert!(
            events.iter().any(|event| event["action"] == action),
            "{action}"
        );
    }
    let with_note = desk.export(&desk.office);
    assert_eq!(table(&with_note)[row - 1][24], "校长更换\n请联系戊老师");
    let done = desk.import(&desk.office, &with_note, false).expect(200);
    assert_eq!(done["changes_total"], 0);
    let emptied = FilledSheet::of(&with_note).cell(&at("备注", row), "", "");
    let done = desk
        .import(&desk.office, emptied.bytes(), false)
        .expect(200);
    assert_eq!(done["notes"], 1);
    assert_eq!(desk.assignment("S6", "二(一)1")["note"], Value::Null);
    Ok(())
}

async fn a_new_due_day_is_more_time_given(town: &Town) -> anyhow::Result<()> {
    let desk = LedgerDesk::of(town).await?;
    let sheet = desk.export(&desk.office);
    let row = row_of(&sheet, "二(一)2", "东区第一小学");
    let cell = at("完成时限", row);
    let moved = |day: &str| FilledSheet::of(&sheet).text(&cell, day);
    for (day, status, code) in [
        // No later day, a Saturday, a day that is over, no day at all.
        ("2026-04-29", 422, "wrong_day"),
        ("2026-05-23", 422, "wrong_day"),
        ("2026-03-02", 422, "wrong_day"),
        ("5月底", 422, "invalid_cell"),
    ] {
        let request = || desk.import(&desk.office, moved(day).bytes(), false);
        refused(
            &desk.service,
            request,
            (status, code, &place("完成时限", row)),
        )
        .await?;
    }
    let standing = row_of(&sheet, "二(一)1", "东区第一小学");
    let request = || {
        let sheet = FilledSheet::of(&sheet).text(&at("完成时限", standing), "2026-06-30");
        desk.import(&desk.office, sheet.bytes(), false)
    };
    let standing = place("完成时限", standing);
    refused(&desk.service, request, (422, "invalid_cell", &standing)).await?;
    let school = desk
        .service
        .token(UserRole::UnitContact, Some("S1"))
        .await?;
    let own = desk.export(&school);
    let row = row_of(&own, "二(一)2", "东区第一小学");
    let request = || {
        let sheet = FilledSheet::of(&own).text(&at("完成时限", row), "2026-05-20");
        desk.import(&school, sheet.bytes(), false)
    };
    refused(
        &desk.service,
        request,
        (422, "invalid_cell", &place("完成时限", row)),
    )
    .await?;

    let before = town.mails_to("s1@town.example.org").await?.len();
    let done = desk
        .import(&desk.office, moved("2026年5月20日").bytes(), false)
        .expect(200);
    assert_eq!(
        (&done["days_moved"], &done["reports"]),
        (&json!(1), &json!(0))
    );
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(
        (ask.due_on, ask.first_due_on),
        (day("2026-05-20")?, day("2026-04-30")?)
    );
    assert_eq!(ask.due_revision, 1);
    assert_eq!(
        town.mails_to("s1@town.example.org").await?.len(),
        before + 1
    );
    let now = table(&desk.export(&desk.office));
    let shown = [11, 12, 21]
        .map(|column| now[row_of(&sheet, "二(一)2", "东区第一小学") - 1][column].clone());
    assert_eq!(shown, ["2026-05-20", "2026-04-30", "1"]);
    let again = desk
        .import(&desk.office, moved("2026-05-20").bytes(), false)
        .expect(200);
    assert_eq!(again["changes_total"], 0);
    // Somebody has asked for more: that is decided first.
    let wanted = json!({ "obligation_id": ask.id, "reason": "设备未到", "progress": "一半", "expected_on": "2026-06-10" });
    desk.service
        .post(&desk.office, "/extensions", &wanted)
        .expect(201);
    let sheet = desk.export(&desk.office);
    let row = row_of(&sheet, "二(一)2", "东区第一小学");
    let request = || {
        let sheet = FilledSheet::of(&sheet).text(&at("完成时限", row), "2026-06-03");
        desk.import(&desk.office, sheet.bytes(), false)
    };
    refused(
        &desk.service,
        request,
        (409, "extension_pending", &place("完成时限", row)),
    )
    .await
}

async fn a_ledger_is_filtered(town: &Town) -> anyhow::Result<()> {
    let desk = LedgerDesk::of(town).await?;
    let count_of = |token: &str, query: &str| {
        let given = desk.service.get(token, &format!("/ledger.xlsx?{query}"));
        assert_eq!(given.status, 200, "{query}");
        table(&given.body).len() - 1
    };
    let whole = table(&desk.export(&desk.office)).len() - 1;
    let count = |query: &str| count_of(&desk.office, query);
    assert_eq!(count(""), whole);
    assert_eq!(count("unit_code=S1"), 3);
    assert_eq!(count("unit_code=S1&lead_unit_code=B2"), 2);
    assert_eq!(count("light=green"), whole);
    assert_eq!(count("light=red"), 0);
    assert_eq!(count("state=issued"), whole);
    assert_eq!(count("state=closed"), 0);
    assert_eq!(count(&format!("plan_id={}", town.plan().await?.id)), whole);
    let unknown = desk.service.get(&desk.office, "/ledger.xlsx?unit_code=X");
    assert_eq!(unknown.refused(422), "unknown_unit");
    town.set("2026-05-12", "10:00")?;
    let office = desk.service.token(UserRole::Supervisor, None).await?;
    assert!(count_of(&office, "light=red") >= 6);
    // Filtered rows come back like all others.
    let given = desk.service.get(&office, "/ledger.xlsx?unit_code=S1");
    let row = row_of(&given.body, "二(一)1", "东区第一小学");
    let edited = FilledSheet::of(&given.body).number(&at("实际进度", row), "5");
    let done = desk.import(&office, edited.bytes(), false).expect(200);
    assert_eq!(
        (&done["rows"], &done["changes_total"]),
        (&json!(3), &json!(1))
    );
    Ok(())
}

async fn what_was_sent_back_is_reported_again_by_ledger(town: &Town) -> anyhow::Result<()> {
    let desk = LedgerDesk::of(town).await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?;
    let id = desk.assignment("S1", "二(一)2")["id"].clone();
    let told = json!({ "items": [{ "assignment_id": id, "percent": 100, "done": "已完成" }] });
    let path = format!("/obligations/{}/reports", ask.id);
    desk.service.post(&desk.office, &path, &told).expect(201);
    let back = json!({ "decisions": [{ "assignment_id": id, "event": "return", "reason": "缺公示照片", "due_on": "2026-03-20" }] });
    desk.service
        .post(&desk.office, "/assignment-events", &back)
        .expect(201);
    let sheet = desk.export(&desk.office);
    let row = row_of(&sheet, "二(一)2", "东区第一小学");
    let edited = FilledSheet::of(&sheet)
        .number(&at("实际进度", row), "90")
        .text(&at("进展情况", row), "正在补照片");
    let done = desk.import(&desk.office, edited.bytes(), false).expect(200);
    assert_eq!(
        (&done["reports"], &done["answered"]),
        (&json!(1), &json!(1))
    );
    let now = desk.assignment("S1", "二(一)2");
    assert_eq!(
        (&now["percent"], &now["state"]),
        (&json!(90), &json!("under_way"))
    );
    let again = town.ask("S1", ObligationKind::Complete).await?;
    assert_eq!(again.state, ObligationState::Answered);
    // What was struck off is not reported any more.
    let closed =
        json!({ "decisions": [{ "assignment_id": id, "event": "pause", "reason": "停课" }] });
    desk.service
        .post(&desk.office, "/assignment-events", &closed)
        .expect(201);
    let sheet = desk.export(&desk.office);
    let request = || {
        let sheet = FilledSheet::of(&sheet).number(&at("实际进度", row), "95");
        desk.import(&desk.office, sheet.bytes(), false)
    };
    refused(
        &desk.service,
        request,
        (422, "invalid_cell", &place("实际进度", row)),
    )
    .await
}

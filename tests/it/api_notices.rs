//! Notices through REST: approved, numbered, objected to, returned, closed, raised by hand.

use crate::support::Town;
use crate::support::notice_office::{NoticeOffice, path, text};
use crate::support::pages::{all, column};
use crate::support::state::state_hash;
use duban::domain::ids::NoticeId;
use duban::domain::notice::Approval;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::issue_notices::{Approver, Approving, approve_notices};
use duban::storage::notices;
use serde_json::{Value, json};
use uuid::Uuid;

on_both! {
    a_red_one_is_closed_by_a_person,
    an_objection_is_made_once_and_in_time,
    numbers_have_no_gaps_whoever_approves_at_once,
    a_refused_step_leaves_no_trace,
    one_matter_one_notice_by_hand_too,
    what_is_decided_of_a_notice_is_told_once,
}

async fn a_red_one_is_closed_by_a_person(town: &Town) -> anyhow::Result<()> {
    let office = NoticeOffice::on_the_third_day(town).await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?.id;
    let lead = office.service.token(UserRole::Leader, None).await?;
    // The yellow draft gives way.
    let withdraw = json!({ "event": "withdraw", "reason": "直接发红色" });
    office.decide(&office.newest("S1"), &withdraw);
    let body = json!({ "obligation_id": ask, "rung": "red", "reason": "影响全局" });
    let draft = office
        .service
        .post(&office.token, "/notices", &body)
        .expect(201);
    assert_eq!(draft["origin"], "hand");
    let ids = json!({ "ids": [draft["id"]], "demand": "请校长三日内当面说明。", "issue": false });
    let approved = office
        .service
        .post(&lead, "/notices/approvals", &ids)
        .expect(200);
    assert_eq!(
        (
            &approved["notices"][0]["state"],
            &approved["notices"][0]["number"]
        ),
        (&json!("approved"), &Value::Null)
    );
    let red = office.decide(&draft, &json!({ "event": "issue" }));
    assert_eq!(red["demand"], "请校长三日内当面说明。");
    town.answer(ask).await?;
    let red = office.get(&red);
    assert_eq!(
        (&red["state"], &red["cleared_on"]),
        (&json!("issued"), &json!("2026-05-08"))
    );
    office.answer(&red["obligation_id"]);
    assert_eq!(office.get(&red)["state"], "answered");
    let mails = town.mails_to("s1@town.example.org").await?.len();
    let back = json!({ "event": "return", "reason": "没有说明原因", "due_on": "2026-05-15" });
    let returned = office.decide(&red, &back);
    assert_eq!(
        (&returned["state"], &returned["answer_by"]),
        (&json!("issued"), &json!("2026-05-15"))
    );
    let told = town.mails_to("s1@town.example.org").await?;
    assert_eq!(told.len(), mails + 1);
    let said = |mail: &entity::mail::Model| mail.text_body.contains("没有说明原因");
    assert!(told.iter().any(said));
    office.answer(&red["obligation_id"]);
    let closed = office.decide(&red, &json!({ "event": "close" }));
    assert_eq!(closed["state"], "closed");
    let steps = column(closed["steps"].as_array().expect("steps"), "event");
    assert_eq!(
        steps,
        [
            "raise", "approve", "issue", "clear", "answer", "return", "answer", "close"
        ]
    );
    town.live("2026-05-09", "2026-05-20").await?;
    assert_eq!(office.of("S1").len(), 2);
    Ok(())
}

async fn an_objection_is_made_once_and_in_time(town: &Town) -> anyhow::Result<()> {
    let office = NoticeOffice::on_the_third_day(town).await?;
    let (one, other) = (office.newest("S1"), office.newest("S5"));
    office.approve(&[&one, &other]);
    let school = office
        .service
        .token(UserRole::UnitContact, Some("S1"))
        .await?;
    let object = |token: &str, notice: &Value| {
        let path = format!("{}/objection", path(notice));
        let body = json!({ "reason": "材料已于四月交区教育局" });
        office.service.post(token, &path, &body)
    };
    assert_eq!(object(&school, &other).refused(404), "not_found");
    let seen = object(&school, &one).expect(200);
    assert_eq!(
        (&seen["objection"], &seen["state"]),
        (&json!("pending"), &json!("issued"))
    );
    assert_eq!(object(&school, &one).refused(409), "out_of_order");
    // While it waits, nothing is raised.
    town.live("2026-05-09", "2026-05-13").await?;
    town.set("2026-05-13", "10:00")?;
    assert_eq!(office.of("S1").len(), 1);
    assert_eq!(office.of("S5").len(), 2);
    assert_eq!(object(&office.token, &other).refused(409), "due_day_passed");
    let mails = town.mails_to("s1@town.example.org").await?.len();
    let reject = json!({ "event": "reject", "reason": "未见材料", "due_on": "2026-05-18" });
    let stands = office.decide(&one, &reject);
    assert_eq!(
        (&stands["objection"], &stands["answer_by"]),
        (&json!("rejected"), &json!("2026-05-18"))
    );
    let told = town.mails_to("s1@town.example.org").await?;
    assert_eq!(told.len(), mails + 1);
    let words = &told[mails].text_body;
    assert!(
        told[mails].subject.contains("异议未予采纳") && words.contains("未见材料"),
        "{words}"
    );
    // Upheld, a notice is taken back, and the ladder lets the matter rest.
    let third = office.newest("S4");
    office.approve(&[&third]);
    object(&office.token, &third).expect(200);
    let upheld = office.decide(&third, &json!({ "event": "uphold", "reason": "情况属实" }));
    assert_eq!(
        (&upheld["objection"], &upheld["state"]),
        (&json!("upheld"), &json!("withdrawn"))
    );
    town.live("2026-05-14", "2026-05-20").await?;
    assert_eq!(office.get(&third)["state"], "withdrawn");
    assert_eq!(office.newest("S4")["id"], third["id"]);
    Ok(())
}

async fn numbers_have_no_gaps_whoever_approves_at_once(town: &Town) -> anyhow::Result<()> {
    let office = NoticeOffice::on_the_third_day(town).await?;
    let id = |unit: &str| -> anyhow::Result<NoticeId> {
        Ok(NoticeId(text(&office.newest(unit)["id"]).parse::<Uuid>()?))
    };
    let other = town.another().await?;
    let by = |name| Approver {
        name,
        is_leader: false,
    };
    let issue = Approving {
        issue: true,
        ..Approving::default()
    };
    // Of two who approve one notice one wins, the other is told who did.
    let (same, units) = (
        [id("S1")?],
        [[id("S2")?], [id("S3")?], [id("S4")?], [id("S5")?]],
    );
    let (first, second) = tokio::join!(
        approve_notices(&town.ctx, by("one@town.example.org"), &same, &issue),
        approve_notices(&other, by("two@town.example.org"), &same, &issue),
    );
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    let lost = first.err().or(second.err()).map(|error| error.to_string());
    assert!(lost.is_some_and(|text| text.contains("@town.example.org")));
    let [a, b, c, d] = &units;
    // One of these fails after others have taken numbers.
    let failing = [id("S6")?, same[0]];
    let (a, b, c, d, failed) = tokio::join!(
        approve_notices(&town.ctx, by("one"), a, &issue),
        approve_notices(&other, by("two"), b, &issue),
        approve_notices(&town.ctx, by("one"), c, &issue),
        approve_notices(&other, by("two"), d, &issue),
        approve_notices(&other, by("two"), &failing, &issue),
    );
    for done in [a, b, c, d] {
        done?;
    }
    assert!(failed.is_err());
    let issued: Vec<NoticeId> = units.iter().flatten().chain(&same).copied().collect();
    let mut serials: Vec<i32> = notices::with_ids(&town.ctx.db, &issued)
        .await?
        .into_iter()
        .filter_map(|one| Some(one.number?.serial))
        .collect();
    serials.sort_unstable();
    assert_eq!(serials, [1, 2, 3, 4, 5]);
    assert_eq!(office.newest("S6")["state"], "drafted");
    Ok(())
}

/// Bad input B11: steps of a notice out of order.
async fn a_refused_step_leaves_no_trace(town: &Town) -> anyhow::Result<()> {
    let office = NoticeOffice::on_the_third_day(town).await?;
    let (draft, issued) = (office.newest("S1"), office.newest("S5"));
    office.approve(&[&issued]);
    let school = office
        .service
        .token(UserRole::UnitContact, Some("S5"))
        .await?;
    let answered = town.ask("S6", ObligationKind::Complete).await?.id;
    town.answer(answered).await?;
    let before = state_hash(&town.ctx.db).await?;
    let post = |path: &str, body: &Value| office.service.post(&office.token, path, body);
    let decide = |notice: &Value, body: Value| post(&format!("{}/decision", path(notice)), &body);
    for (notice, body, status, code) in [
        (
            &draft,
            json!({ "event": "close", "reason": "x" }),
            409,
            "out_of_order",
        ),
        (&draft, json!({ "event": "issue" }), 409, "out_of_order"),
        (&draft, json!({ "event": "withdraw" }), 422, "invalid_value"),
        (&issued, json!({ "event": "close" }), 422, "invalid_value"),
        (
            &issued,
            json!({ "event": "raise", "reason": "x" }),
            409,
            "out_of_order",
        ),
        (
            &issued,
            json!({ "event": "clear", "reason": "x" }),
            422,
            "invalid_value",
        ),
        (
            &issued,
            json!({ "event": "uphold", "reason": "x" }),
            409,
            "out_of_order",
        ),
        (
            &issued,
            json!({ "event": "return", "reason": "x", "due_on": "2026-05-15" }),
            409,
            "out_of_order",
        ),
        (
            &issued,
            json!({ "event": "withdraw", "reason": "x", "due_on": "2026-05-15" }),
            422,
            "invalid_value",
        ),
    ] {
        assert_eq!(decide(notice, body.clone()).refused(status), code, "{body}");
    }
    let approvals = |ids: Value| post("/notices/approvals", &json!({ "ids": ids }));
    let both = approvals(json!([draft["id"], issued["id"]]));
    assert_eq!(both.refused(409), "out_of_order");
    assert_eq!(both.json()["errors"][0]["path"], "ids[1]");
    let twice = approvals(json!([draft["id"], draft["id"]]));
    assert_eq!(twice.refused(422), "invalid_value");
    assert_eq!(approvals(json!([])).status, 422);
    let raise = |body: Value| post("/notices", &body);
    let yellow = |about: &str, id: Value| json!({ about: id, "rung": "yellow", "reason": "x" });
    let unknown = "0199f3a0-0000-7000-8000-0000000000ff";
    assert_eq!(
        raise(yellow("obligation_id", json!(unknown))).refused(404),
        "not_found"
    );
    let settled = raise(yellow("obligation_id", json!(answered)));
    assert_eq!(settled.refused(409), "obligation_settled");
    let own = office.get(&issued)["obligation_id"].clone();
    assert_eq!(
        raise(yellow("obligation_id", own)).refused(422),
        "invalid_value"
    );
    assert_eq!(raise(json!({ "rung": "red", "reason": "x" })).status, 422);
    // Units answer, and decide nothing.
    for (path, body) in [
        (
            "/notices/approvals".to_owned(),
            json!({ "ids": [draft["id"]] }),
        ),
        (
            format!("{}/decision", path(&issued)),
            json!({ "event": "close", "reason": "x" }),
        ),
    ] {
        let refused = office.service.post(&school, &path, &body);
        assert_eq!(refused.refused(403), "forbidden", "{path}");
    }
    // Where a leader has to approve, the office cannot.
    let strict = town.under(|settings| settings.notices.yellow.approval = Approval::Leader);
    let id = [NoticeId(text(&draft["id"]).parse()?)];
    let by = |is_leader| Approver {
        name: "某人",
        is_leader,
    };
    let refused = approve_notices(&strict, by(false), &id, &Approving::default()).await;
    assert!(refused.is_err_and(|error| error.to_string() == "黄色督办单须由局领导批准"));
    assert_eq!(before, state_hash(&town.ctx.db).await?);
    approve_notices(&strict, by(true), &id, &Approving::default()).await?;
    Ok(())
}

async fn one_matter_one_notice_by_hand_too(town: &Town) -> anyhow::Result<()> {
    let office = NoticeOffice::on_the_third_day(town).await?;
    let tasks = all(&office.service, &office.token, "/tasks", 50);
    let task = tasks
        .iter()
        .find(|task| task["number"] == "二(二)4")
        .map(|task| task["id"].clone())
        .expect("the task");
    let wanted = json!({ "task_id": task, "unit_code": "B3", "rung": "yellow", "reason": "会议议定", "answer_workdays": 5 });
    let raise = |body: &Value| office.service.post(&office.token, "/notices", body);
    let mut foreign = wanted.clone();
    foreign["unit_code"] = json!("S1");
    assert_eq!(raise(&foreign).refused(422), "invalid_value");
    let draft = raise(&wanted).expect(201);
    let again = raise(&wanted);
    assert_eq!(again.refused(409), "taken");
    assert!(text(&again.json()["detail"]).contains("一事一单"));
    let path_of = |kind: &str| format!("{}/notice.{kind}", path(&draft));
    let file = |kind: &str| office.service.get(&office.token, &path_of(kind));
    let html = String::from_utf8_lossy(&file("html").body).into_owned();
    assert!(
        html.contains("送审稿") && html.contains("建设信息平台"),
        "{html}"
    );
    let issued = office.approve(&[&draft])[0].clone();
    assert_eq!(
        issued["answer_by"], "2026-05-14",
        "five workdays, 9 May being one"
    );
    let docx = file("docx");
    assert_eq!(
        docx.header("content-disposition").contains("docx"),
        docx.status == 200
    );
    let html = String::from_utf8_lossy(&file("html").body).into_owned();
    for wanted in [
        "〔2026〕督字第1号",
        "安全科",
        "会议议定",
        "2026年5月14日前",
        "督导室",
    ] {
        assert!(html.contains(wanted), "{wanted}: {html}");
    }
    // What happens later does not change what was issued.
    let red = json!({ "task_id": task, "unit_code": "B3", "rung": "red", "reason": "仍未推进" });
    let red = raise(&red).expect(201);
    assert_eq!(red["earlier_id"], issued["id"]);
    office.approve(&[&red]);
    assert_eq!(office.get(&issued)["state"], "closed");
    assert_eq!(file("docx").body, docx.body);
    // Settled, it may come up again.
    let close = json!({ "event": "close", "reason": "已部署" });
    office.decide(&red, &close);
    raise(&wanted).expect(201);
    let filtered = format!("/notices?task_id={}&state=closed&rung=red", text(&task));
    assert_eq!(all(&office.service, &office.token, &filtered, 50).len(), 1);
    let filtered = "/notices?issued_from=2026-05-08&issued_to=2026-05-08";
    assert_eq!(all(&office.service, &office.token, filtered, 1).len(), 2);
    Ok(())
}

async fn what_is_decided_of_a_notice_is_told_once(town: &Town) -> anyhow::Result<()> {
    let office = NoticeOffice::on_the_third_day(town).await?;
    let (one, other, third) = (
        office.newest("S1"),
        office.newest("S5"),
        office.newest("S6"),
    );
    let draft = office.newest("S2");
    let withdraw = json!({ "event": "withdraw", "reason": "材料已经收到" });
    let before = town.mails().await?.len();
    office.decide(&draft, &withdraw);
    assert_eq!(
        town.mails().await?.len(),
        before,
        "nobody has met the draft"
    );
    office.approve(&[&one, &other, &third]);
    office.decide(&one, &withdraw);
    let object = |notice: &Value| {
        let path = format!("{}/objection", path(notice));
        let body = json!({ "reason": "情况有出入" });
        office.service.post(&office.token, &path, &body).expect(200)
    };
    object(&third);
    office.decide(&third, &json!({ "event": "uphold", "reason": "情况属实" }));
    let objected = object(&other);
    office.answer(&objected["obligation_id"]);
    let reject = json!({ "event": "reject", "reason": "未见材料" });
    assert_eq!(office.decide(&other, &reject)["state"], "answered");
    for (address, subject, reason, next) in [
        ("s1@", "已经撤回", "材料已经收到", "仍请尽快填报"),
        ("s6@", "异议已经采纳", "情况属实", "不需要再答复"),
        ("s5@", "异议未予采纳", "未见材料", "目前不需要再做什么"),
    ] {
        let mut told = town.mails_to(&format!("{address}town.example.org")).await?;
        told.retain(|mail| mail.subject.contains(subject));
        let [mail] = told.as_slice() else {
            panic!("{address} {told:?}");
        };
        let words = mail.text_body.replace('\n', "");
        assert!(
            words.contains(reason) && words.contains(next) && words.contains("督字第"),
            "{words}"
        );
    }
    Ok(())
}

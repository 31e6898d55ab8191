//! The ladder in a town: what is drafted on which day, what is issued by itself, and what an answer makes of it.

use crate::support::Town;
use crate::support::notice_office::{NoticeOffice, path, text};
use crate::support::pages::{all, column};
use crate::support::service::Service;
use crate::support::town::{day, run_in};
use duban::domain::ids::MailId;
use duban::domain::notice::Approval;
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::user_role::UserRole;
use duban::flow::raise_notices::raise_notices;
use duban::storage::mail_files;
use serde_json::{Value, json};

on_both! {
    a_silent_school_gets_a_yellow_and_then_a_red_notice,
    the_answer_to_the_matter_closes_a_yellow_one_and_lets_a_draft_lapse,
    a_red_draft_overtakes_a_yellow_one_that_nobody_approved,
    what_the_rules_issue_is_told_by_the_digest_first_of_all,
    two_instances_raise_each_notice_once,
    a_light_is_a_matter_until_it_is_green_again,
}

async fn a_silent_school_gets_a_yellow_and_then_a_red_notice(town: &Town) -> anyhow::Result<()> {
    let office = NoticeOffice::on_the_third_day(town).await?;
    let school = office
        .service
        .token(UserRole::UnitContact, Some("S1"))
        .await?;
    let draft = office.newest("S1");
    assert_eq!(
        (&draft["rung"], &draft["state"], &draft["overdue_workdays"]),
        (&json!("yellow"), &json!("drafted"), &json!(3))
    );
    assert_eq!(
        draft["reason"],
        "应于2026年4月30日前填报，已逾期 3 个工作日仍未填报，达到发黄色督办单的条件（逾期 3 个工作日）"
    );
    let told = office.get(&draft);
    let days = column(told["reminders"].as_array().expect("reminders"), "on");
    assert_eq!(
        days,
        ["2026-03-09", "2026-04-28", "2026-04-30", "2026-05-06"]
    );
    assert_eq!(told["light"]["light"], "red", "{told}");
    // A draft is the office's own.
    let seen = office.service.get(&school, &path(&draft));
    assert_eq!(seen.refused(404), "not_found");
    assert!(all(&office.service, &school, "/notices", 50).is_empty());

    let before = town.mails_to("s1@town.example.org").await?.len();
    let yellow = office.approve(&[&draft])[0].clone();
    assert_eq!(
        (&yellow["number"], &yellow["state"], &yellow["answer_by"]),
        (
            &json!("〔2026〕督字第1号"),
            &json!("issued"),
            &json!("2026-05-12")
        )
    );
    let mails = town.mails_to("s1@town.example.org").await?;
    assert_eq!(mails.len(), before + 1, "told at once");
    let mail = &mails[before];
    assert!(
        mail.subject.contains("〔2026〕督字第1号黄色督办单"),
        "{}",
        mail.subject
    );
    let id = MailId(mail.id);
    let files = mail_files::of_mails(&town.ctx.db, &[id]).await?;
    assert_eq!(
        files[&id][0].name,
        "〔2026〕督字第1号黄色督办单（东区第一小学）.docx"
    );
    town.run("deliver").await?;
    office.service.get(&school, &path(&yellow)).expect(200);

    // It is chased like everything else, and on the seventh workday followed by a red one.
    town.live("2026-05-09", "2026-05-12").await?;
    let ask = town.ask("S1", ObligationKind::Notice).await?;
    let stages: Vec<String> = town
        .ledger(ask.id)
        .await?
        .iter()
        .map(|one| one.key.stage.to_string())
        .collect();
    assert_eq!(stages, ["notice", "due-2", "due-0"]);
    assert_eq!(office.of("S1").len(), 1);
    town.live("2026-05-13", "2026-05-13").await?;
    town.set("2026-05-13", "10:00")?;
    let draft = office.newest("S1");
    assert_eq!(
        (&draft["rung"], &draft["earlier_id"]),
        (&json!("red"), &yellow["id"])
    );
    assert!(text(&draft["reason"]).ends_with("黄色督办单逾期没有答复"));
    assert_eq!(
        office.get(&yellow)["state"],
        "issued",
        "until the red one is"
    );
    let red = office.approve(&[&draft])[0].clone();
    assert_eq!(red["number"], "〔2026〕督字第2号");
    let yellow = office.get(&yellow);
    assert_eq!(yellow["state"], "closed");
    let asks = town.asked("S1", ObligationKind::Notice).await?;
    let states: Vec<ObligationState> = asks.iter().map(|one| one.state).collect();
    assert_eq!(states, [ObligationState::Open, ObligationState::Withdrawn]);
    town.live("2026-05-14", "2026-06-05").await?;
    assert_eq!(office.of("S1").len(), 2, "and nothing more");
    Ok(())
}

async fn the_answer_to_the_matter_closes_a_yellow_one_and_lets_a_draft_lapse(
    town: &Town,
) -> anyhow::Result<()> {
    let office = NoticeOffice::on_the_third_day(town).await?;
    let issued = office.approve(&[&office.newest("S1")])[0].clone();
    let before = town.mails_to("s1@town.example.org").await?.len();
    town.answer(town.ask("S1", ObligationKind::Complete).await?.id)
        .await?;
    let closed = office.get(&issued);
    assert_eq!(
        (&closed["state"], &closed["cleared_on"]),
        (&json!("closed"), &json!("2026-05-08"))
    );
    assert_eq!(
        town.ask("S1", ObligationKind::Notice).await?.state,
        ObligationState::Withdrawn
    );
    let draft = office.newest("S5");
    town.answer(town.ask("S5", ObligationKind::Complete).await?.id)
        .await?;
    let lapsed = office.get(&draft);
    assert_eq!(
        (&lapsed["state"], &lapsed["number"]),
        (&json!("withdrawn"), &Value::Null)
    );
    let steps = column(lapsed["steps"].as_array().expect("steps"), "event");
    assert_eq!(steps, ["raise", "clear"]);
    // What is withdrawn otherwise is found by the next run.
    let other = office.newest("S2");
    let ask = town.ask("S2", ObligationKind::Complete).await?;
    let item = format!("/obligations/{}", ask.id);
    let item =
        office.service.get(&office.token, &item).expect(200)["items"][0]["assignment_id"].clone();
    let pause =
        json!({ "decisions": [{ "assignment_id": item, "event": "pause", "reason": "测试" }] });
    office
        .service
        .post(&office.token, "/assignment-events", &pause)
        .expect(201);
    assert_eq!(office.get(&other)["state"], "drafted");
    town.live("2026-05-09", "2026-05-13").await?;
    assert_eq!(office.get(&other)["state"], "withdrawn");
    let mails = town.mails_to("s1@town.example.org").await?;
    assert_eq!(mails.len(), before, "whoever has answered is not chased");
    for unit in ["S1", "S2", "S5"] {
        assert_eq!(office.of(unit).len(), 1, "{unit}");
    }
    Ok(())
}

async fn a_red_draft_overtakes_a_yellow_one_that_nobody_approved(
    town: &Town,
) -> anyhow::Result<()> {
    let office = NoticeOffice::on_the_third_day(town).await?;
    let yellow = office.newest("S1");
    town.live("2026-05-09", "2026-05-13").await?;
    let red = office.newest("S1");
    assert_eq!(
        (&red["rung"], &red["state"]),
        (&json!("red"), &json!("drafted"))
    );
    assert!(text(&red["reason"]).ends_with("黄色督办单没有发出，直接升为红色"));
    let yellow = office.get(&yellow);
    assert_eq!(yellow["state"], "withdrawn");
    assert_eq!(yellow["steps"][1]["event"], "supersede");
    // Where nobody was there to raise a yellow one, a row says that it was passed over.
    town.live("2026-05-27", "2026-05-27").await?;
    let late = office.of("D1");
    let told: Vec<(&str, &str)> = late
        .iter()
        .map(|one| (text(&one["rung"]), text(&one["state"])))
        .collect();
    assert_eq!(told.len(), 2, "{late:?}");
    assert!(told.contains(&("red", "drafted")) && told.contains(&("yellow", "withdrawn")));
    Ok(())
}

async fn what_the_rules_issue_is_told_by_the_digest_first_of_all(
    town: &Town,
) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    town.live("2026-05-06", "2026-05-07").await?;
    let auto = town.under(|settings| settings.notices.yellow.approval = Approval::Auto);
    town.set("2026-05-08", "08:30")?;
    run_in(&auto, "remind").await?;
    let mails = town.mails_to("s1@town.example.org").await?;
    let today: Vec<_> = mails
        .iter()
        .filter(|mail| mail.local_on == day("2026-05-08").unwrap_or_default())
        .collect();
    assert_eq!(today.len(), 1, "one mail a day");
    let body = &today[0].text_body;
    let place = |words: &str| body.find(words).unwrap_or(usize::MAX);
    assert!(
        place("黄色督办单") < place("报送《青石市校园安全与课堂质量提升方案》任务完成情况\n"),
        "{body}"
    );
    assert_eq!(today[0].asks, 2);
    let id = MailId(today[0].id);
    let files = mail_files::of_mails(&town.ctx.db, &[id]).await?;
    assert_eq!(files[&id].len(), 1);
    // The account of the address names it.
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let why = "/reminders/why?address=s1@town.example.org&on=2026-05-08";
    let told = service.get(&office, why).expect(200).to_string();
    assert!(
        told.contains("已就此于2026年5月8日发出〔2026〕督字第"),
        "{told}"
    );
    Ok(())
}

async fn two_instances_raise_each_notice_once(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    town.set("2026-05-08", "08:30")?;
    let other = town.another().await?;
    let (one, two) = tokio::join!(raise_notices(&town.ctx), raise_notices(&other),);
    let raised = one?.done + two?.done;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let rows = all(&service, &office, "/notices", 50);
    assert_eq!(rows.len(), raised);
    let mut units = column(&rows, "unit_code");
    units.sort();
    units.dedup();
    assert_eq!(units, ["B2", "S1", "S2", "S3", "S4", "S5", "S6"]);
    assert_eq!(rows.len(), 7);
    Ok(())
}

/// The lead of a task that lasts until the end of 2027 reports 2 per cent, and falls behind by ten points in May.
async fn a_light_is_a_matter_until_it_is_green_again(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let token = service.token(UserRole::Supervisor, None).await?;
    let ask = town.ask("B3", ObligationKind::Acknowledge).await?.id;
    let path = format!("/obligations/{ask}");
    let items = service.get(&token, &path).expect(200)["items"].clone();
    let item = items
        .as_array()
        .into_iter()
        .flatten()
        .find(|item| item["task_number"] == "二(二)4")
        .map(|item| item["assignment_id"].clone())
        .expect("the part");
    let report = |token: &str, percent: u8| {
        let body = json!({ "items": [{ "assignment_id": item, "percent": percent }] });
        let path = format!("/obligations/{ask}/reports");
        service.post(token, &path, &body).expect(201);
    };
    report(&token, 2);
    town.live("2026-05-15", "2026-05-15").await?;
    let office = NoticeOffice::with_new_token(town).await?;
    assert!(office.of("B3").is_empty(), "less than ten points behind");
    town.live("2026-06-01", "2026-06-01").await?;
    let draft = office.newest("B3");
    assert_eq!(
        (&draft["rung"], &draft["state"]),
        (&json!("yellow"), &json!("drafted"))
    );
    let light = office.get(&draft)["light"].clone();
    assert!(text(&light["text"]).contains("亮黄灯"), "{light}");
    town.live("2026-06-02", "2026-06-02").await?;
    assert_eq!(office.of("B3").len(), 1);
    town.set("2026-06-02", "14:00")?;
    report(&office.token, 60);
    town.live("2026-06-03", "2026-06-03").await?;
    assert_eq!(office.get(&draft)["state"], "withdrawn", "green again");
    town.live("2027-12-20", "2027-12-20").await?;
    let office = NoticeOffice::with_new_token(town).await?;
    let again = office.of("B3");
    let red: Vec<&Value> = again.iter().filter(|one| one["rung"] == "red").collect();
    assert_eq!(
        red.len(),
        1,
        "a year later it lags by more than thirty: {again:?}"
    );
    Ok(())
}

//! Two people who decide the same thing at the same instant, each through an instance of their own: one wins, and the
//! other is told who did what (bad input B12 and what is like it).

use crate::api_appraisals::{appraise, live_a_year};
use crate::support::Town;
use crate::support::at_once::{at_once, beside, one_holds};
use crate::support::bulletin_desk::{Desk, path};
use crate::support::filled_sheet::FilledSheet;
use crate::support::ledger_desk::{LedgerDesk, at, row_of, table};
use crate::support::notice_office::{self, NoticeOffice, text};
use crate::support::pages::all;
use crate::support::review::{Review, decision};
use crate::support::service::Service;
use crate::support::state::state_hash;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use entity::{assignment_event, audit_event};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

on_both! {
    of_fifty_pairs_who_accept_at_once_one_each_holds,
    of_two_reports_of_a_closed_task_one_holds,
    of_two_who_split_a_task_one_does,
    of_two_who_ask_for_more_time_one_is_heard,
    of_two_who_approve_a_bulletin_one_does,
    of_who_publishes_and_who_sends_back_one_holds,
    of_two_who_draft_a_bulletin_of_one_day_one_does,
    of_two_decisions_about_a_notice_one_holds,
    of_two_who_raise_a_notice_one_does,
    of_two_decisions_about_an_objection_one_holds,
    of_two_ledgers_with_the_same_cell_one_holds,
}

/// Who of two callers is named in what the other is told.
fn names(told: &str, who: &str) {
    assert!(told.contains(who), "{who} is not named: {told}");
}

/// Bad input B12: fifty times a report is accepted by the lead unit and by the office at the same instant.
async fn of_fifty_pairs_who_accept_at_once_one_each_holds(town: &Town) -> anyhow::Result<()> {
    const PAIRS: u64 = 50;
    let it = Review::of(town).await?;
    let beside = beside(town).await?;
    let accept = decision(&it.id, "accept", None, None);
    let send = |service: &Service, token: &str| service.post(token, "/assignment-events", &accept);
    let by = ["supervisor@example.org", "unit-contact-b2@example.org"];
    for _ in 0..PAIRS {
        it.report(100).expect(201);
        let answers = at_once(|| send(&it.service, &it.office), || send(&beside, &it.lead));
        let (won, told) = one_holds(&answers, 201, "out_of_order");
        names(&told, by[won]);
        names(&told, "2026年3月9日");
        assert_eq!(it.state(), "accepted");
        it.decide(&it.lead, "return", Some("再核"), Some("2026-03-16"))
            .expect(201);
    }
    let accepted = assignment_event::Entity::find()
        .filter(assignment_event::Column::Event.eq("accept"))
        .count(&town.ctx.db)
        .await?;
    assert_eq!(accepted, PAIRS);
    let audited = audit_event::Entity::find()
        .filter(audit_event::Column::Action.eq("decide_assignments"))
        .filter(audit_event::Column::Outcome.eq("done"))
        .filter(audit_event::Column::Target.eq("复核通过"))
        .count(&town.ctx.db)
        .await?;
    assert_eq!(audited, PAIRS);
    Ok(())
}

async fn of_two_reports_of_a_closed_task_one_holds(town: &Town) -> anyhow::Result<()> {
    let it = Review::of(town).await?;
    let beside = beside(town).await?;
    let task = task(&it, "二(一)2");
    let path = format!("/tasks/{task}/completions");
    let told = json!({ "summary": "各校均已公示" });
    let answers = at_once(
        || it.service.post(&it.lead, &path, &told),
        || beside.post(&it.office, &path, &told),
    );
    let (won, told) = one_holds(&answers, 201, "out_of_order");
    names(
        &told,
        ["unit-contact-b2@example.org", "supervisor@example.org"][won],
    );
    assert_eq!(all(&it.service, &it.office, "/completions", 50).len(), 1);
    Ok(())
}

async fn of_two_who_split_a_task_one_does(town: &Town) -> anyhow::Result<()> {
    let it = Review::of(town).await?;
    let beside = beside(town).await?;
    let second = it.service.token(UserRole::Administrator, None).await?;
    let path = format!("/tasks/{}/split", task(&it, "二(一)2"));
    let parts = |title: &str| {
        let part = |n: u8| json!({ "title": format!("{title}{n}"), "lead_units": ["教学科"], "responsible_units": ["S1"] });
        json!({ "reason": "分学段推进", "parts": [part(1), part(2)] })
    };
    let (one, two) = (parts("甲"), parts("乙"));
    let answers = at_once(
        || it.service.post(&it.office, &path, &one),
        || beside.post(&second, &path, &two),
    );
    let (won, told) = one_holds(&answers, 201, "out_of_order");
    names(
        &told,
        ["supervisor@example.org", "administrator@example.org"][won],
    );
    let tasks = all(&it.service, &it.office, "/tasks", 50);
    let made: Vec<&Value> = tasks
        .iter()
        .filter(|one| !one["split_from"].is_null())
        .collect();
    assert_eq!(made.len(), 2, "{made:?}");
    let title = ["甲", "乙"][won];
    assert!(
        made.iter()
            .all(|one| text(&one["title"]).starts_with(title))
    );
    Ok(())
}

async fn of_two_who_ask_for_more_time_one_is_heard(town: &Town) -> anyhow::Result<()> {
    let it = Review::of(town).await?;
    let beside = beside(town).await?;
    let ask = town.ask("S1", ObligationKind::Complete).await?.id;
    let wanted = |day: &str| json!({ "obligation_id": ask, "reason": "设备未到", "progress": "场地已备好", "expected_on": day });
    let (one, two) = (wanted("2026-05-20"), wanted("2026-05-29"));
    let answers = at_once(
        || it.service.post(&it.school, "/extensions", &one),
        || beside.post(&it.office, "/extensions", &two),
    );
    let (won, told) = one_holds(&answers, 201, "extension_pending");
    names(&told, ["unit-contact-s1@", "supervisor@"][won]);
    names(&told, ["2026-05-20", "2026-05-29"][won]);
    assert_eq!(all(&it.service, &it.office, "/extensions", 50).len(), 1);
    Ok(())
}

async fn of_two_who_approve_a_bulletin_one_does(town: &Town) -> anyhow::Result<()> {
    let desk = Desk::of(town).await?;
    let beside = beside(town).await?;
    let leader = desk.service.token(UserRole::Leader, None).await?;
    let made = desk.draft("2026-03-10");
    let path = path(&made["id"], "/approval");
    let answers = at_once(
        || desk.service.post(&desk.office, &path, &json!({})),
        || beside.post(&leader, &path, &json!({})),
    );
    let (won, told) = one_holds(&answers, 200, "out_of_order");
    let by = ["supervisor@example.org", "leader@example.org"][won];
    names(&told, &format!("{by} 于 2026年3月10日 10:00 已审定"));
    assert_eq!(desk.get(&made["id"])["approved_by"], by);
    Ok(())
}

async fn of_who_publishes_and_who_sends_back_one_holds(town: &Town) -> anyhow::Result<()> {
    let desk = Desk::of(town).await?;
    let beside = beside(town).await?;
    let leader = desk.service.token(UserRole::Leader, None).await?;
    let made = desk.draft("2026-03-10");
    desk.approve(&made["id"]).expect(200);
    let mails = town.mails().await?.len();
    let back = json!({ "reason": "请补充主要做法" });
    let answers = at_once(
        || desk.publish(&made["id"]),
        || beside.post(&leader, &path(&made["id"], "/return"), &back),
    );
    let (won, told) = one_holds(&answers, 200, "out_of_order");
    let now = desk.get(&made["id"]);
    let sent = town.mails().await?.len() - mails;
    if won == 0 {
        names(
            &told,
            "supervisor@example.org 于 2026年3月10日 10:00 已印发",
        );
        assert_eq!((&now["state"], sent), (&json!("published"), 9));
    } else {
        names(&told, "曾被退回修改：请补充主要做法");
        assert_eq!((&now["state"], sent), (&json!("draft"), 0));
    }
    Ok(())
}

async fn of_two_who_draft_a_bulletin_of_one_day_one_does(town: &Town) -> anyhow::Result<()> {
    let desk = Desk::of(town).await?;
    let beside = beside(town).await?;
    let second = desk.service.token(UserRole::Administrator, None).await?;
    let body = json!({ "plan_id": desk.plan, "as_of": "2026-03-10" });
    let answers = at_once(
        || desk.service.post(&desk.office, "/bulletins", &body),
        || beside.post(&second, "/bulletins", &body),
    );
    let (won, told) = one_holds(&answers, 201, "bulletin_pending");
    names(
        &told,
        ["supervisor@example.org", "administrator@example.org"][won],
    );
    assert_eq!(all(&desk.service, &desk.office, "/bulletins", 50).len(), 1);
    Ok(())
}

async fn of_two_decisions_about_a_notice_one_holds(town: &Town) -> anyhow::Result<()> {
    let office = NoticeOffice::on_the_third_day(town).await?;
    let beside = beside(town).await?;
    let second = office.service.token(UserRole::Administrator, None).await?;
    let issued = office.newest("S5");
    office.approve(&[&issued]);
    let path = format!("{}/decision", notice_office::path(&issued));
    let withdraw = json!({ "event": "withdraw", "reason": "发错单位" });
    let close = json!({ "event": "close", "reason": "已当面督办" });
    let answers = at_once(
        || office.service.post(&office.token, &path, &withdraw),
        || beside.post(&second, &path, &close),
    );
    let (won, told) = one_holds(&answers, 200, "out_of_order");
    names(
        &told,
        ["supervisor@example.org", "administrator@example.org"][won],
    );
    names(&told, "2026年5月8日");
    assert_eq!(office.get(&issued)["state"], ["withdrawn", "closed"][won]);
    Ok(())
}

async fn of_two_who_raise_a_notice_one_does(town: &Town) -> anyhow::Result<()> {
    let office = NoticeOffice::on_the_third_day(town).await?;
    let beside = beside(town).await?;
    let second = office.service.token(UserRole::Administrator, None).await?;
    let tasks = all(&office.service, &office.token, "/tasks", 50);
    let task = tasks.iter().find(|task| task["number"] == "二(二)4");
    let task = task.map(|task| task["id"].clone()).unwrap_or_default();
    let wanted =
        json!({ "task_id": task, "unit_code": "B3", "rung": "yellow", "reason": "会议议定" });
    let answers = at_once(
        || office.service.post(&office.token, "/notices", &wanted),
        || beside.post(&second, "/notices", &wanted),
    );
    let (_, told) = one_holds(&answers, 201, "taken");
    names(&told, "一事一单");
    assert_eq!(office.of("B3").len(), 1);
    Ok(())
}

async fn of_two_decisions_about_an_objection_one_holds(town: &Town) -> anyhow::Result<()> {
    live_a_year(town).await?;
    let service = Service::start(town)?;
    let beside = beside(town).await?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let second = service.token(UserRole::Administrator, None).await?;
    let school = service.token(UserRole::UnitContact, Some("S3")).await?;
    let objections = format!("{}/objections", appraise(&service, &office, &[]));
    let reason = json!({ "reason": "系统故障期间已线下报送" });
    let raised = service.post(&school, &objections, &reason).expect(201);
    let path = format!("{objections}/{}/decision", text(&raised["id"]));
    let upheld = json!({ "upheld": true, "points": 2.5, "note": "回执属实" });
    let dismissed = json!({ "upheld": false, "note": "未见回执" });
    let answers = at_once(
        || service.post(&office, &path, &upheld),
        || beside.post(&second, &path, &dismissed),
    );
    let (won, told) = one_holds(&answers, 200, "out_of_order");
    names(
        &told,
        ["supervisor@example.org", "administrator@example.org"][won],
    );
    Ok(())
}

async fn of_two_ledgers_with_the_same_cell_one_holds(town: &Town) -> anyhow::Result<()> {
    let desk = LedgerDesk::of(town).await?;
    let beside = beside(town).await?;
    let second = desk.service.token(UserRole::Administrator, None).await?;
    let bytes = desk.export(&desk.office);
    let row = row_of(&bytes, "二(一)2", "东区第一小学");
    let with = |text: &str| FilledSheet::of(&bytes).text(&at("备注", row), text);
    let (one, two) = (with("已联系甲老师"), with("已联系乙老师"));
    let files = [("file", "台账.xlsx", two.bytes())];
    let answers = at_once(
        || desk.import(&desk.office, one.bytes(), false),
        || beside.upload(&second, &desk.path, &[], &files),
    );
    let (won, told) = one_holds(&answers, 200, "ledger_conflict");
    names(
        &told,
        ["supervisor@example.org", "administrator@example.org"][won],
    );
    let now = table(&desk.export(&desk.office))[row - 1][24].clone();
    assert_eq!(now, ["已联系甲老师", "已联系乙老师"][won]);
    // The loser may try again, is told the same, and nothing moves.
    let before = state_hash(&town.ctx.db).await?;
    let lost = [one.bytes(), two.bytes()][1 - won];
    let again = desk.import(&desk.office, lost, false);
    assert_eq!(again.refused(409), "ledger_conflict");
    assert_eq!(state_hash(&town.ctx.db).await?, before);
    Ok(())
}

/// The id of a task, by its number.
fn task(it: &Review, number: &str) -> String {
    let tasks = all(&it.service, &it.office, "/tasks", 50);
    let task = tasks.into_iter().find(|task| task["number"] == number);
    text(&task.unwrap_or_default()["id"]).to_owned()
}

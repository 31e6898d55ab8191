//! Findings that are withdrawn, and what is put right late: who is told, and what counts no more.

use crate::api_findings::found;
use crate::support::Town;
use crate::support::checks::{Checks, text};
use crate::support::pages::column;
use crate::support::service::Service;
use crate::support::town::day;
use duban::domain::obligation::{ObligationKind, ObligationState};
use duban::domain::user_role::UserRole;
use duban::storage::findings;
use duban::storage::reminders::Addressee;
use serde_json::{Value, json};

on_both! {
    what_is_withdrawn_is_asked_no_more,
    what_is_put_right_late_is_told_to_the_lead
}

async fn what_is_withdrawn_is_asked_no_more(town: &Town) -> anyhow::Result<()> {
    let checks = Checks::prepare(town, &json!({})).await?;
    let round = checks.open().await?;
    let photo = checks.photo(None);
    let (path, ask) = found(&checks, &photo);
    let school = checks.contact("S5").await?;
    let withdrawal = format!("{path}/withdrawal");
    let body = json!({ "reason": "该通道不是消防通道" });
    let post = |token: &str, body: &Value| checks.service.post(token, &withdrawal, body);
    assert_eq!(post(&school, &body).refused(403), "forbidden");
    assert_eq!(
        post(&checks.office(), &json!({ "reason": " " })).status,
        422
    );
    let shown = post(&checks.office(), &body).expect(200);
    assert_eq!(shown["state"], "withdrawn");
    let steps = shown["steps"].as_array().cloned().unwrap_or_default();
    assert_eq!(column(&steps, "event"), ["withdraw"]);
    assert_eq!(steps[0]["reason"], "该通道不是消防通道");
    let again = post(&checks.office(), &body);
    assert_eq!(again.refused(409), "out_of_order");
    let detail = text(&again.json()["detail"]);
    assert!(detail.contains("supervisor@example.org"), "{detail}");
    let mut told = town.mails_to("s5@town.example.org").await?;
    told.retain(|mail| mail.subject.contains("问题已经撤销"));
    assert_eq!(told.len(), 1);
    assert!(told[0].text_body.contains("该通道不是消防通道"));
    // The other one is reported before it is withdrawn: that it was late counts no more either.
    let other = checks.rows("/findings?unit_code=S5&state=open")[0].clone();
    checks.at("2026-04-21").await?;
    let report = json!({ "items": [], "note": "已补记" });
    let reports = format!("/obligations/{}/reports", text(&other["obligation_id"]));
    checks.post(&reports, &report).expect(201);
    let late = format!("/findings/{}/withdrawal", text(&other["id"]));
    checks.post(&late, &body).expect(200);
    let refused = checks.post(&format!("/obligations/{ask}/reports"), &report);
    assert_eq!(refused.refused(409), "obligation_withdrawn");
    let asked = town.asked("S5", ObligationKind::Rectify).await?;
    let first = asked.iter().find(|one| one.id.to_string() == ask);
    let first = first.expect("what asks");
    assert_eq!(first.state, ObligationState::Withdrawn);
    let reminded = town.ledger(first.id).await?.len();
    town.live("2026-04-21", "2026-04-25").await?;
    assert_eq!(town.ledger(first.id).await?.len(), reminded);
    let tally = checks
        .service
        .get(&checks.office(), &format!("/rounds/{}", round.id))
        .expect(200);
    assert_eq!(tally["inspections"]["findings_open"], 0);
    let then = |until| findings::of_days(&town.ctx.db, None, until, until);
    assert_eq!(then(day("2026-04-10")?).await?.len(), 1, "as of that day");
    assert_eq!(then(day("2026-04-21")?).await?.len(), 0);
    let asks = findings::withdrawn_by(&town.ctx.db, day("2026-04-21")?).await?;
    assert_eq!(asks.len(), 2);
    Ok(())
}

async fn what_is_put_right_late_is_told_to_the_lead(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let ask = town.ask("S5", ObligationKind::Complete).await?.id;
    let shown = service.get(&office, &format!("/obligations/{ask}"));
    let own = shown.expect(200)["items"][0]["assignment_id"].clone();
    let plan = town.plan().await?.id;
    let raise = |about: Value| {
        let mut body = json!({ "unit_code": "S5", "text": "危险品没有双人双锁", "rectify_by": "2026-03-16", "reason": "测试" });
        for (key, value) in about.as_object().into_iter().flatten() {
            body[key] = value.clone();
        }
        service.post(&office, "/findings", &body).expect(201)["obligation_id"].clone()
    };
    let of_task = text(&raise(json!({ "assignment_id": own })));
    let of_no_task = text(&raise(json!({ "plan_id": plan })));
    town.live("2026-03-10", "2026-03-20").await?;
    let asked = town.asked("S5", ObligationKind::Rectify).await?;
    let mut copied = Vec::new();
    for one in &asked {
        for told in town.ledger(one.id).await? {
            if told.key.addressee == Addressee::LeadCopy {
                let told = format!("{} {}", told.key.stage, told.made_on);
                copied.push((one.id.to_string(), told));
            }
        }
    }
    assert_eq!(copied, [(of_task, "over+3 2026-03-19".to_owned())]);
    assert!(asked.iter().any(|one| one.id.to_string() == of_no_task));
    let mails = town.mails_to("jiaoxue@town.example.org").await?;
    let told = mails
        .iter()
        .find(|mail| mail.text_body.contains("问题整改"));
    let words = told.map(|mail| mail.text_body.replace('\n', ""));
    let words = words.expect("a copy");
    assert!(
        words.contains("二(一)2") && words.contains("最长逾期3个工作日"),
        "{words}"
    );
    Ok(())
}

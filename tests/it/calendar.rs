//! A calendar that arrives later: what rested on a provisional day is planned anew, told again, and nothing else moves.

use crate::support::Town;
use crate::support::review::decision;
use crate::support::service::Service;
use crate::support::town::day;
use duban::domain::cycle_kind::CycleKind;
use duban::domain::obligation::ObligationKind;
use duban::domain::user_role::UserRole;
use duban::flow::FlowError;
use duban::flow::import_calendar::import_calendar;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::open_round_by_hand::open_round_by_hand;
use duban::storage::marks;
use duban::storage::reminders::{ReminderState, StoredReminder};
use serde_json::json;

/// 2027 as it might be announced: Saturdays 9 and 16 January are worked for the days around Spring Festival.
const YEAR_2027: &str = r#"{"holidays":{"2027-01-01":"New Year's Day,元旦,1","2027-02-05":"Spring Festival,春节,4",
"2027-02-06":"Spring Festival,春节,4","2027-02-07":"Spring Festival,春节,4","2027-02-08":"Spring Festival,春节,4"},
"workdays":{"2027-01-09":"Spring Festival,春节,4","2027-01-16":"Spring Festival,春节,4"}}"#;

fn told(ledger: &[StoredReminder]) -> Vec<String> {
    let one = |one: &StoredReminder| {
        format!(
            "{} {} {} {}",
            one.key.due_revision,
            one.key.stage,
            one.made_on,
            one.state.as_str()
        )
    };
    ledger.iter().map(one).collect()
}

async fn provisional_due_days_are_planned_anew(town: &Town) -> anyhow::Result<()> {
    town.set("2026-12-31", "19:00")?;
    town.issue(CyclesAtIssue::On).await?;
    town.dawn("2027-01-04").await?;
    town.set("2027-01-04", "08:30")?;
    town.run("remind").await?;
    let check = town.ask("S6", ObligationKind::SpotCheck).await?;
    assert_eq!(
        (check.due_on, check.provisional, check.due_revision),
        (day("2027-01-18")?, true, 0)
    );
    let before = town.mails_to("s6@town.example.org").await?;
    assert!(
        before[0].text_body.contains("2027年1月18日"),
        "{}",
        before[0].text_body
    );

    let imported = import_calendar(&town.ctx, "2027.json", YEAR_2027.as_bytes()).await?;
    assert_eq!(imported.years.iter().copied().collect::<Vec<_>>(), [2027]);
    assert!(imported.moved > 0);
    let moved = town.ask("S6", ObligationKind::SpotCheck).await?;
    assert_eq!(
        (moved.due_on, moved.provisional, moved.due_revision),
        (day("2027-01-15")?, false, 1)
    );
    assert_eq!(
        moved.first_due_on,
        day("2027-01-18")?,
        "the first due day stays on record"
    );
    let round = &town.rounds(CycleKind::SpotCheck).await?[0];
    assert_eq!(
        (round.due_on, round.provisional),
        (Some(day("2027-01-15")?), false)
    );
    let mails = town.mails_to("s6@town.example.org").await?;
    assert!(
        mails
            .iter()
            .all(|mail| !mail.text_body.contains("2027年1月18日") || mail.state == "suppressed"),
        "{mails:?}"
    );

    town.set("2027-01-04", "08:31")?;
    town.run("deliver").await?;
    town.live("2027-01-05", "2027-01-05").await?;
    let last = town
        .mails_to("s6@town.example.org")
        .await?
        .pop()
        .expect("told again");
    assert_eq!(
        (last.local_on, last.state.as_str()),
        (day("2027-01-05")?, "sent")
    );
    assert!(
        last.text_body.contains("2027年1月15日"),
        "{}",
        last.text_body
    );
    assert!(
        !last.text_body.contains("此前已提醒"),
        "a reminder that never left is none"
    );
    assert_eq!(
        told(&town.ledger(check.id).await?),
        [
            "0 notice 2027-01-04 cancelled",
            "1 notice 2027-01-05 mailed"
        ]
    );
    let again = import_calendar(&town.ctx, "2027.json", YEAR_2027.as_bytes()).await?;
    assert_eq!(again.moved, 0, "what is settled does not move");
    Ok(())
}

async fn what_is_settled_or_answered_stays(town: &Town) -> anyhow::Result<()> {
    town.set("2026-12-31", "19:00")?;
    town.issue(CyclesAtIssue::On).await?;
    town.live("2027-01-04", "2027-01-04").await?;
    let check = town.ask("S6", ObligationKind::SpotCheck).await?;
    town.answer(check.id).await?;
    import_calendar(&town.ctx, "2027.json", YEAR_2027.as_bytes()).await?;
    let after = town.ask("S6", ObligationKind::SpotCheck).await?;
    assert_eq!((after.due_on, after.due_revision), (check.due_on, 0));
    assert!(
        town.ledger(check.id)
            .await?
            .iter()
            .all(|one| one.state == ReminderState::Mailed)
    );
    Ok(())
}

async fn a_day_that_a_person_set_moves_with_no_calendar(town: &Town) -> anyhow::Result<()> {
    town.set("2026-12-31", "19:00")?;
    town.issue(CyclesAtIssue::On).await?;
    town.set("2027-01-04", "09:00")?;
    let plan = town.plan().await?;
    open_round_by_hand(&town.ctx, &plan, CycleKind::Dispatch, None, Some("测试")).await?;
    let asked = town.ask("B2", ObligationKind::Dispatch).await?;
    assert!(asked.provisional);
    let service = Service::start(town)?;
    let office = service.token(UserRole::Supervisor, None).await?;
    let path = format!("/obligations/{}", asked.id);
    let about = service.get(&office, &path).expect(200)["items"][0]["assignment_id"].clone();
    let report = json!({ "items": [{ "assignment_id": about, "percent": 50 }] });
    let reports = format!("{path}/reports");
    service.post(&office, &reports, &report).expect(201);
    let back = decision(&about, "return", Some("请补充"), Some("2027-01-20"));
    service
        .post(&office, "/assignment-events", &back)
        .expect(201);
    let set = town.ask("B2", ObligationKind::Dispatch).await?;
    assert_eq!((set.due_on, set.provisional), (day("2027-01-20")?, false));
    assert_eq!(
        service.get(&office, &path).expect(200)["provisional"],
        false
    );
    import_calendar(&town.ctx, "2027.json", YEAR_2027.as_bytes()).await?;
    let after = town.ask("B2", ObligationKind::Dispatch).await?;
    assert_eq!(
        (after.due_on, after.due_revision),
        (set.due_on, set.due_revision)
    );
    Ok(())
}

async fn a_broken_calendar_file_changes_nothing(town: &Town) -> anyhow::Result<()> {
    for bytes in [
        &b"{"[..],
        b"",
        br#"{"holidays":{"2027-02-30":"x"}}"#,
        b"school_year,term,level,starts_on,ends_on\n2026,9,primary,2026-09-01,2027-01-22\n",
    ] {
        let told = import_calendar(&town.ctx, "x", bytes).await;
        assert!(matches!(told, Err(FlowError::Refused(_))), "{told:?}");
    }
    assert_eq!(marks::calendar_revision(&town.ctx.db).await?, 0);
    Ok(())
}

async fn an_imported_calendar_reaches_every_instance_and_the_next_rounds(
    town: &Town,
) -> anyhow::Result<()> {
    let other = town.another().await?;
    other.calendar().await?;
    import_calendar(&town.ctx, "2027.json", YEAR_2027.as_bytes()).await?;
    let terms = "school_year,term,level,starts_on,ends_on\n2026,2,primary,2027-03-01,2027-07-09\n";
    assert_eq!(
        import_calendar(&town.ctx, "terms.csv", terms.as_bytes())
            .await?
            .terms,
        1
    );
    for ctx in [&town.ctx, &other] {
        let calendar = ctx.calendar().await?;
        assert!(calendar.holidays.is_workday(day("2027-01-09")?));
        assert!(!calendar.holidays.is_workday(day("2027-02-05")?));
        let primary = [duban::domain::level::Level::Primary];
        assert!(
            calendar
                .terms
                .vacation_at(&primary, day("2027-02-26")?)
                .is_some()
        );
        assert!(
            calendar
                .terms
                .vacation_at(&primary, day("2027-07-08")?)
                .is_none()
        );
    }
    Ok(())
}

on_both! {
    provisional_due_days_are_planned_anew,
    what_is_settled_or_answered_stays,
    a_day_that_a_person_set_moves_with_no_calendar,
    a_broken_calendar_file_changes_nothing,
    an_imported_calendar_reaches_every_instance_and_the_next_rounds,
}

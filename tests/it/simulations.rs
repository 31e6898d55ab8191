//! A year lived through on a copy: the rounds of 2026 on their days, the same again for the same seed, and the original
//! untouched.

use crate::support::Town;
use crate::support::town::{MONDAY, day};
use duban::domain::cycle_kind::CycleKind;
use duban::flow::FlowError;
use duban::flow::issue_plan::CyclesAtIssue;
use duban::flow::simulate::{Behaviour, Simulated, SimulationWanted, simulate};
use duban::storage::Db;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;

async fn simulated(town: &Town, to: &str, behaviour: Behaviour) -> anyhow::Result<Simulated> {
    let wanted = SimulationWanted {
        behaviour,
        ..SimulationWanted::of(day("2026-01-01")?, day(to)?)
    };
    Ok(simulate(&town.ctx, wanted).await?)
}

/// Rows of every table, and what marks say.
async fn contents(db: &Db) -> anyhow::Result<BTreeMap<String, i64>> {
    let backend = db.get_database_backend();
    let tables = match backend {
        DbBackend::Sqlite => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        }
        _ => {
            "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
        }
    };
    let mut counts = BTreeMap::new();
    for row in db
        .query_all_raw(Statement::from_string(backend, tables))
        .await?
    {
        let table: String = row.try_get_by_index(0)?;
        let count = Statement::from_string(backend, format!("SELECT count(*) FROM \"{table}\""));
        let count = db
            .query_one_raw(count)
            .await?
            .expect("a count")
            .try_get_by_index(0)?;
        counts.insert(table, count);
    }
    Ok(counts)
}

async fn the_rounds_of_2026_open_on_their_days(town: &Town) -> anyhow::Result<()> {
    town.issue_on_monday().await?;
    let before = (contents(&town.ctx.db).await?, town.mails().await?);
    assert!(before.0.len() > 15, "{:?}", before.0);
    let told = simulated(town, "2026-12-31", Behaviour::Silent).await?;
    assert_eq!(
        (contents(&town.ctx.db).await?, town.mails().await?),
        before,
        "the original is untouched"
    );
    assert_eq!(town.taken().len(), 9, "nothing was sent");

    let of = |kind| told.rounds.iter().filter(move |round| round.cycle == kind);
    let counts = [
        CycleKind::SpotCheck,
        CycleKind::Dispatch,
        CycleKind::Bulletin,
        CycleKind::Appraisal,
    ]
    .map(|kind| of(kind).count());
    assert_eq!(counts, [12, 6, 3, 1]);
    let days = |kind, period: &str| {
        let round = of(kind)
            .find(|round| round.period == period)
            .expect("the period has a round");
        (
            round.opens_on.to_string(),
            round.due_on.map(|due| due.to_string()).unwrap_or_default(),
        )
    };
    let dates = |opens: &str, due: &str| (opens.to_owned(), due.to_owned());
    assert_eq!(
        days(CycleKind::SpotCheck, "2026-01"),
        dates("2026-01-04", "2026-01-16")
    );
    assert_eq!(
        days(CycleKind::SpotCheck, "2026-10"),
        dates("2026-10-08", "2026-10-21")
    );
    assert_eq!(days(CycleKind::Dispatch, "2026-B1").0, "2026-02-24");
    assert_eq!(days(CycleKind::Appraisal, "2025Y"), dates("2026-09-01", ""));
    let in_order = told
        .rounds
        .windows(2)
        .all(|two| two[0].opens_on <= two[1].opens_on);
    assert!(in_order && told.mails.windows(2).all(|two| two[0].at <= two[1].at));
    let calendar = town.ctx.calendar().await?;
    let mut seen = HashSet::new();
    for mail in &told.mails {
        assert!(calendar.holidays.is_workday(mail.on), "{mail:?}");
        assert!(
            seen.insert((mail.on, &mail.to)),
            "two mails a day: {mail:?}"
        );
    }
    assert_eq!(told.held, []);
    Ok(())
}

async fn the_same_again_for_the_same_seed_and_not_for_another(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let silent = simulated(town, "2026-04-30", Behaviour::Silent).await?;
    assert_eq!(
        simulated(town, "2026-04-30", Behaviour::Silent).await?,
        silent
    );
    let one = simulated(town, "2026-04-30", Behaviour::Seeded(1)).await?;
    assert_eq!(
        simulated(town, "2026-04-30", Behaviour::Seeded(1)).await?,
        one
    );
    let two = simulated(town, "2026-04-30", Behaviour::Seeded(2)).await?;
    assert_ne!(one.mails, two.mails);
    assert!(
        one.mails.len() < silent.mails.len(),
        "who answers is chased less"
    );
    assert!(one.answers["answered"] > 0);
    assert_eq!(
        one.rounds.len(),
        silent.rounds.len(),
        "rounds do not hang on answers"
    );
    Ok(())
}

async fn a_simulation_does_not_hang_on_what_has_happened(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let fresh = simulated(town, "2026-02-28", Behaviour::Silent).await?;
    town.set(MONDAY, "10:00")?;
    town.issue(CyclesAtIssue::On).await?;
    town.live("2026-03-10", "2026-04-01").await?;
    assert_eq!(
        simulated(town, "2026-02-28", Behaviour::Silent).await?,
        fresh
    );
    Ok(())
}

async fn it_is_told_how_far_it_has_come(town: &Town) -> anyhow::Result<()> {
    town.import().await?;
    let told = Mutex::new(Vec::new());
    let wanted = SimulationWanted {
        on_day: &|number, day| told.lock().expect("days").push((number, day)),
        ..SimulationWanted::of(day("2026-02-27")?, day("2026-03-01")?)
    };
    simulate(&town.ctx, wanted).await?;
    let days = [
        (1, day("2026-02-27")?),
        (2, day("2026-02-28")?),
        (3, day("2026-03-01")?),
    ];
    assert_eq!(told.into_inner().expect("days"), days);
    Ok(())
}

async fn an_impossible_stretch_is_refused(town: &Town) -> anyhow::Result<()> {
    for (from, to) in [("2026-02-01", "2026-01-31"), ("2026-01-01", "2029-12-31")] {
        let told = simulate(&town.ctx, SimulationWanted::of(day(from)?, day(to)?)).await;
        assert!(matches!(told, Err(FlowError::Refused(_))), "{from} {to}");
    }
    Ok(())
}

on_both! {
    the_rounds_of_2026_open_on_their_days,
    the_same_again_for_the_same_seed_and_not_for_another,
    a_simulation_does_not_hang_on_what_has_happened,
    it_is_told_how_far_it_has_come,
    an_impossible_stretch_is_refused,
}
